"""What is granted to those who call: how much of it, from how many, and whose."""
