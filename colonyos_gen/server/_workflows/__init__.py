"""Workflows, and what starts them: crons and generators."""
