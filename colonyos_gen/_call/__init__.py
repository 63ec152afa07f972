"""One call: checked, signed, sent, opened and repeated, for sockets and in one process alike."""
