"""Replies compared with the schema, key by key: what a tolerant decode passes over is found here."""
