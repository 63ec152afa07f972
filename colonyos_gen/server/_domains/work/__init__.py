"""Handlers of the messages about work: processes, workflows, and what goes with them."""
