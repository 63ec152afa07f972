"""What values must be, and how they are read."""
