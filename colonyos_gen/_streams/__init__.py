"""Items that a server pushes, or that are read instead: entries of a channel, states of a process, processes."""
