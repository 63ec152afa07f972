"""Clients of others against the embedded server."""
