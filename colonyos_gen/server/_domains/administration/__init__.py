"""Handlers of the messages about colonies, and about who and what there is in them."""
