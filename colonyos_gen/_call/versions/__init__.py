"""What a client finds out about the release of its server."""
