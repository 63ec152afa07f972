"""Processes, from their submission to their end, with whoever runs them or follows them."""
