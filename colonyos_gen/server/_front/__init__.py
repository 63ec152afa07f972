"""What stands between the network and the handlers: from bytes to a request, and from a reply to bytes."""
