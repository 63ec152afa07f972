"""Hours of work in minutes, on a real server: `python -m tests.soak`. It must bear them, and end every process once."""
