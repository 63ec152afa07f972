"""What a worker is: its key, its registration, its machine; how it starts anew and ends."""
