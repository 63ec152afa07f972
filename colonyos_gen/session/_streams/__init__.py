"""Items that come one after another: lines of a log, pieces of text, states of a workflow, progress."""
