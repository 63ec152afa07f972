"""Where things of a picture stand: layers, places, lines, and alike tasks in one box."""
