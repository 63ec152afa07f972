"""Handlers of the messages about what is kept: files, snapshots and blueprints."""
