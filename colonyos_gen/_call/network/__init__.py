"""Where requests go: addresses, proxies, and what is said of something else that answers."""
