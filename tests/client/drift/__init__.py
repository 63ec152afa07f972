"""Replies that are otherwise than the schema says, and what a client does about them."""
