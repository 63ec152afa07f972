"""How long the messages and the checks of a server with very many processes hold its event loop."""
