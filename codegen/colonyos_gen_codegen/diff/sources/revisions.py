"""The schema of a git revision, wherever it lay then."""

from __future__ import annotations

import io
import re
import subprocess
import tarfile
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from colonyos_gen_codegen.diff.problem import NoRelease, SourceError

MANIFEST = "colonyos.yaml"
_TAGS = "v[0-9]*"
_RELEASE = re.compile(r"v?(\d+\.\d+\.\d+)")
_VERSION = re.compile(r"""^__version__ = ["'](\d+\.\d+\.\d+)""", re.MULTILINE)


class _Git:
    """A repository, read by `git`."""

    def __init__(self, top: Path) -> None:
        self.top = top

    def run(self, *arguments: str) -> bytes | None:
        """What git prints, or None if it fails."""
        return _git(self.top, *arguments)

    def text(self, *arguments: str) -> str | None:
        """The same as text."""
        out = self.run(*arguments)
        return None if out is None else out.decode("utf-8", "replace").strip()


@contextmanager
def checked_out(
    revision: str, which: str, argument: str, near: Sequence[Path]
) -> Generator[tuple[Path, str, str | None]]:
    """A folder with the schema at `revision`, or `revision:folder`, for a while; its path in the repository; its version.

    Raises:
        SourceError: There is no such revision, or no schema in it.
    """
    repositories = _repositories(near)
    name, _, wanted = revision.partition(":")
    found = next((git for git in repositories if _commit(git, name)), None)
    if not repositories:
        problem = f"no such folder or file, and {_shown(near)} is in no git repository"
        raise SourceError(which, argument, problem, "name a folder, a document or a wheel")
    if found is None:
        problem = f"no such folder or file, nor a revision of the repository in {repositories[0].top}"
        raise SourceError(which, argument, problem, "see `git tag` and `git log` for revisions")
    inside = _place(found, name, wanted.strip("/"), near)
    if inside is None:
        where = f"{wanted or 'any folder'} of that revision has {MANIFEST} with types/ and rpc/ beside it"
        raise SourceError(
            which, argument, f"no schema: not even {where}", "name REVISION:FOLDER, or another revision"
        )
    packed = found.run("archive", "--format=tar", f"{name}:{inside}" if inside else name)
    assert packed is not None
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            archive.extractall(folder, filter="data")
        yield Path(folder), f"{inside}/" if inside else "", _version(found, name)


def last_release(near: Sequence[Path]) -> str:
    """The last tag like v1.2.3 before what is checked out, which may be a release itself.

    Raises:
        NoRelease: There is none.
    """
    for git in _repositories(near):
        here = git.text("describe", "--tags", "--abbrev=0", "--exact-match", "--match", _TAGS, "HEAD")
        start = "HEAD^" if here else "HEAD"
        tag = git.text("describe", "--tags", "--abbrev=0", "--match", _TAGS, start)
        if tag:
            return tag
    raise NoRelease


def _repositories(near: Sequence[Path]) -> list[_Git]:
    tops: dict[Path, None] = {}
    for place in near:
        top = _git(place, "rev-parse", "--show-toplevel") if place.is_dir() else None
        if top:
            tops[Path(top.decode().strip())] = None
    return [_Git(top) for top in tops]


def _commit(git: _Git, name: str) -> bool:
    return not name.startswith("-") and bool(
        git.text("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
    )


def _place(git: _Git, name: str, wanted: str, near: Sequence[Path]) -> str | None:
    """The folder of the schema at a revision: as asked for, where it lies now, or else where there is one."""
    listed = git.run("ls-tree", "-r", "-z", "--name-only", name) or b""
    files = set(listed.decode("utf-8", "replace").split("\0"))
    folders = {str(PurePosixPath(file).parent) for file in files if PurePosixPath(file).name == MANIFEST}
    usable = {
        "" if folder == "." else folder
        for folder in folders
        if any(file.startswith("rpc/" if folder == "." else f"{folder}/rpc/") for file in files)
    }
    if wanted:
        return wanted if wanted in usable else None
    for place in near:
        if place.resolve().is_relative_to(git.top.resolve()):
            here = place.resolve().relative_to(git.top.resolve()).as_posix()
            if here in usable:
                return here
    own = [folder for folder in usable if "tests" not in PurePosixPath(folder).parts] or list(usable)
    return min(own, key=lambda folder: (folder.count("/"), folder), default=None)


def _version(git: _Git, name: str) -> str | None:
    """The release that a revision is, by its name, or else the version that the package says it has there."""
    tagged = _RELEASE.fullmatch(name)
    if tagged:
        return tagged[1]
    text = git.text("show", f"{name}:colonyos_gen/_version.py") or ""
    said = _VERSION.search(text)
    return said[1] if said else None


def _git(place: Path, *arguments: str) -> bytes | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(place), *arguments], capture_output=True, check=False, stdin=subprocess.DEVNULL
        )
    except OSError:  # there is no git
        return None
    return done.stdout if done.returncode == 0 else None


def _shown(near: Sequence[Path]) -> str:
    return str(near[0]) if near else "this folder"
