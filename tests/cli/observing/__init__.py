"""`colonyos-gen schema drift` with servers that run, and with recordings of them."""
