"""Removal as a procedure: cancel, wait for the answer, read that it is over, let it settle, remove.

Most requests that end a real server are removals of what somebody else is busy with. Everything here goes by the generated
client, one step after the other; `session` offers it.
"""
