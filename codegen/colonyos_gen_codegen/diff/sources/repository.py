"""A git repository, read by `git`."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path


class NoGit(Exception):
    """There is no program called `git`."""


class Repository:
    """One that a place lies in, bare or not.

    Raises:
        NoGit: By every method.
    """

    def __init__(self, top: Path) -> None:
        self.top = top

    def run(self, *arguments: str) -> bytes | None:
        """What git prints, or None if it fails."""
        return _git(self.top, *arguments)

    def text(self, *arguments: str) -> str | None:
        """The same as text."""
        out = self.run(*arguments)
        return None if out is None else out.decode("utf-8", "replace").strip()

    def commit(self, name: str) -> str | None:
        """The full name of a commit, if there is one called so."""
        return (
            None
            if name.startswith("-")
            else self.text("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}") or None
        )

    @property
    def is_shallow(self) -> bool:
        """Whether it was cloned without all of its history, and perhaps without its tags."""
        return self.text("rev-parse", "--is-shallow-repository") == "true"

    def inside(self, place: Path) -> str | None:
        """The path of `place` in the work tree, "." for its top; None if it is not in there."""
        here, top = place.resolve(), self.top.resolve()
        return here.relative_to(top).as_posix() if here.is_relative_to(top) else None


def repositories(near: Sequence[Path]) -> list[Repository]:
    """Those that the places lie in, the first place first.

    Raises:
        NoGit: There is no program called `git`.
    """
    tops: dict[Path, None] = {}
    for place in near:
        if not place.is_dir():
            continue
        top = _git(place, "rev-parse", "--show-toplevel") or _git(place, "rev-parse", "--absolute-git-dir")
        if top:
            tops[Path(top.decode().strip())] = None
    return [Repository(top) for top in tops]


def _git(place: Path, *arguments: str) -> bytes | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(place), *arguments], capture_output=True, check=False, stdin=subprocess.DEVNULL
        )
    except FileNotFoundError as error:
        raise NoGit from error
    return done.stdout if done.returncode == 0 else None
