"""Measures the client against the hand-rolled minimum, in the same run: `python -m tests.bench`. Figures, not verdicts."""
