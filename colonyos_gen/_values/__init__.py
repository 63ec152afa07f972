"""Values of Python programs as JSON, and back: the same for arguments, results, workflows and streams."""
