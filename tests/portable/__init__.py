"""Tools of other people read the documents, and what they make reads what was recorded: `nox -s portable`."""
