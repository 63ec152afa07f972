"""Reads a schema: its files with the position of every value, and whether they have the shape that they must have."""
