"""What a worker tells the server about a process: its log, its channels, its children, its end."""
