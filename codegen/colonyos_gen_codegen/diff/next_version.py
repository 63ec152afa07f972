"""The next version, as Semantic Versioning wants it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from colonyos_gen_codegen.diff.comparing import Report

_VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)(?:[-+].*)?")


@dataclass(frozen=True)
class Next:
    """Which part of a version changes, what it becomes if the old one is known, and why."""

    part: str
    """`major`, `minor`, `patch` or `none`."""
    version: str | None
    reason: str

    def __str__(self) -> str:
        if self.part == "none":
            return f"next version: none is needed ({self.reason})"
        return f"next version: {self.version or f'the next {self.part}'} ({self.reason})"


def next_version(report: Report, current: str | None) -> Next:
    """What comes after `current`. Before 1.0.0 a breaking change needs the next minor version only, and others a patch.

    Raises:
        ValueError: `current` is no version.
    """
    numbers = parsed(current) if current is not None else None
    early = numbers is not None and numbers[0] == 0
    count = len(report.breaking)
    if count:
        many = f"{count} change{'s' if count != 1 else ''}"
        part, reason = ("minor" if early else "major"), f"breaking: {many}"
    elif report.changes:
        part, reason = ("patch" if early else "minor"), "nothing breaks, and something changed"
    elif report.words:
        part, reason = "patch", "words only"
    else:
        return Next("none", None, "nothing changed")
    if early:
        reason += "; before 1.0.0 the minor version counts as the major one"
    if numbers is None:
        return Next(part, None, f"{reason}; which one that is depends on the version of OLD: --version")
    return Next(part, _after(numbers, part), reason)


def parsed(version: str) -> tuple[int, int, int]:
    """The numbers of a version. Raises `ValueError` if it is none."""
    found = _VERSION.fullmatch(version)
    if found is None:
        raise ValueError(f"{version!r} is no version such as 1.2.3")
    return int(found[1]), int(found[2]), int(found[3])


def _after(numbers: tuple[int, int, int], part: str) -> str:
    major, minor, patch = numbers
    if part == "major":
        return f"{major + 1}.0.0"
    return f"{major}.{minor + 1}.0" if part == "minor" else f"{major}.{minor}.{patch + 1}"
