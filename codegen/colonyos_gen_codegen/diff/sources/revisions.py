"""The schema of a git revision, wherever it lay then."""

from __future__ import annotations

import io
import re
import tarfile
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from colonyos_gen_codegen.diff.problem import SourceError
from colonyos_gen_codegen.diff.sources.repository import NoGit, Repository, repositories

MANIFEST = "colonyos.yaml"
_RELEASE = re.compile(r"v?(\d+\.\d+\.\d+)")
_VERSION = re.compile(r"""^__version__ = ["'](\d+\.\d+\.\d+)""", re.MULTILINE)


def is_one(argument: str, near: Sequence[Path]) -> bool:
    """Whether the nearest repository has a revision that is called so."""
    try:
        found = repositories(near)
    except NoGit:
        return False
    return bool(found) and found[0].commit(argument.partition(":")[0]) is not None


@contextmanager
def checked_out(
    revision: str, which: str, argument: str, near: Sequence[Path]
) -> Generator[tuple[Path, str, str | None]]:
    """A folder with the schema at `revision`, or `revision:folder`, for a while; its path in the repository; its version.

    Raises:
        SourceError: There is no such revision, or no schema in it.
    """
    name, _, wanted = revision.partition(":")
    try:
        there = repositories(near)
    except NoGit:
        problem = "no such folder or file, and without git, which is not installed, there are no revisions"
        raise SourceError(which, argument, problem, "name a folder, a document or a wheel") from None
    if not there:
        problem = f"no such folder or file, and {_shown(near)} is in no git repository"
        raise SourceError(which, argument, problem, "name a folder, a document or a wheel")
    found = there[0]  # never that of somebody else, which may have such a revision too
    if not found.commit(name):
        problem = f"no such folder or file, nor a revision of the repository in {found.top}"
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


def _place(git: Repository, name: str, wanted: str, near: Sequence[Path]) -> str | None:
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
        if wanted.startswith("./"):  # as git has it: from here
            wanted = PurePosixPath(git.inside(Path.cwd()) or ".", wanted).as_posix()
        return wanted if wanted in usable else None
    for place in near:
        here = git.inside(place)
        if here in usable:
            return here
    own = [folder for folder in usable if "tests" not in PurePosixPath(folder).parts] or list(usable)
    return min(own, key=lambda folder: (folder.count("/"), folder), default=None)


def _version(git: Repository, name: str) -> str | None:
    """The release that a revision is, by its name, or else the version that the package says it has there."""
    tagged = _RELEASE.fullmatch(name)
    if tagged:
        return tagged[1]
    text = git.text("show", f"{name}:colonyos_gen/_version.py") or ""
    said = _VERSION.search(text)
    return said[1] if said else None


def _shown(near: Sequence[Path]) -> str:
    return str(near[0]) if near else "this folder"
