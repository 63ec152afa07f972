"""Blueprints: what is known of them, whether they are valid, and the work that brings them about."""
