"""What workers and those who watch them agree on, and no server knows: readers of streams, lines that tell progress."""
