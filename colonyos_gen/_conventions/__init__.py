"""What programs agree on, and no call says: streams, lines of progress, colours of a drawing, names that are meant."""
