"""Time: what waits for it, how often, and how it is written."""
