"""Generator of everything under `generated/`, from the declarative protocol description under `schema/`."""
