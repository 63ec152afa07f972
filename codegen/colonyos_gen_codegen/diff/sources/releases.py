"""The release that a schema is compared with if nobody names one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from colonyos_gen_codegen.diff.problem import NoRelease, SourceError
from colonyos_gen_codegen.diff.sources.repository import NoGit, Repository, repositories

_LIKE_A_RELEASE = "v[0-9]*.[0-9]*.[0-9]*"
_RELEASE = re.compile(r"v\d+\.\d+\.\d+")


def last_release(which: str, argument: str, new: str, near: Sequence[Path]) -> str:
    """The last tag like v1.2.3 before `new`, which may be a release itself.

    A release is not compared with itself: its own tag is passed over where `new` is exactly what was tagged.

    Raises:
        NoRelease: There is none, in a repository with all of its history.
        SourceError: There is no repository, or one without its history, so nobody can tell.
    """
    try:
        found = repositories(near)
        if not found:
            problem = f"{near[0] if near else 'this folder'} is in no git repository"
            raise SourceError(which, argument, problem, "name the release: a folder, a document or a wheel")
        return _last(found[0], which, argument, new)
    except NoGit:
        raise SourceError(
            which, argument, "git is not installed", "install it, or name the release"
        ) from None


def _last(repository: Repository, which: str, argument: str, new: str) -> str:
    revision = None if Path(new).is_dir() else repository.commit(new.partition(":")[0])
    start = revision or "HEAD"
    passed_over: list[str] = []
    while True:
        excluded = [f"--exclude={tag}" for tag in passed_over]
        tag = repository.text(
            "describe", "--tags", "--abbrev=0", "--match", _LIKE_A_RELEASE, *excluded, start
        )
        if not tag:
            break
        if _RELEASE.fullmatch(tag) and not (
            repository.commit(tag) == repository.commit(start)
            and (revision or _is_as_committed(repository, new))
        ):
            return tag
        passed_over.append(tag)
    if repository.is_shallow:
        problem = f"{repository.top} was cloned without its history, so its last release is not known"
        raise SourceError(which, argument, problem, "run `git fetch --tags --unshallow`")
    raise NoRelease


def _is_as_committed(repository: Repository, new: str) -> bool:
    """Whether nothing was changed since the commit in what is compared: a folder, or a file."""
    inside = repository.inside(Path(new))
    return inside is not None and repository.text("status", "--porcelain", "--", inside) == ""
