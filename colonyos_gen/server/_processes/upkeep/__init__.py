"""What is done to many rows unasked, in pieces: what ended long ago is forgotten, and what was of an old identity follows."""
