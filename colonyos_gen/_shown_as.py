"""The names of public exceptions in tracebacks: where programs import them from, not where they are written."""

from __future__ import annotations


def shown_as(package: str, *exceptions: type[BaseException]) -> None:
    """Let exceptions be shown, and pickled, as those of a package that exports them."""
    for each in exceptions:
        each.__module__ = package
