"""The clients: asynchronous, and synchronous on an event loop of their own."""
