"""Makes files: templates, the formatter, and what is written, compared and removed under `generated/`."""
