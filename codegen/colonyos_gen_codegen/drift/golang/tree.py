"""The Go files of a folder, or of a revision of a git repository, without a work tree."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from colonyos_gen_codegen.drift.surface import DriftError

_ASIDE = {"vendor", "testdata", "node_modules", "examples", "client"}
"""Folders without a part of the server: what others wrote, what shows how, and what calls it."""
_SYSTEMS = {
    "aix", "android", "darwin", "dragonfly", "freebsd", "illumos", "ios", "js", "netbsd", "openbsd", "plan9", "solaris",
    "wasip1", "windows",
}  # fmt: skip
_MACHINES = {
    "386",
    "arm",
    "arm64",
    "loong64",
    "mips",
    "mips64",
    "ppc64",
    "ppc64le",
    "riscv64",
    "s390x",
    "wasm",
}
_HELD = re.compile(r"linux|unix|amd64|gc|cgo|go1\.\d+")
"""Build tags that hold for a server as it is mostly built."""
_CONSTRAINT = re.compile(rb"^//go:build (.+)$", re.MULTILINE)
_WORD = re.compile(r"&&|\|\||!|\(|\)|[\w.]+")


@dataclass
class Tree:
    """The text of each file by its path, and what could not be had."""

    label: str
    files: dict[str, bytes] = field(default_factory=dict[str, bytes])
    notes: list[str] = field(default_factory=list[str])
    lacking: list[str] = field(default_factory=list[str])
    """The paths of the files that could not be had."""


def read_tree(source: str) -> Tree:
    """The Go files and `go.mod` of `source`: DIR, or DIR@REVISION.

    Raises:
        DriftError: There is no such folder or revision, it has no Go files, or git is missing.
    """
    folder, at, revision = source.rpartition("@")
    if Path(source).is_dir():
        tree = _of_folder(Path(source))
    elif at and Path(folder).is_dir():
        tree = _of_revision(Path(folder), revision)
    else:
        raise DriftError(
            f"{source} is not a folder; name a checkout of the server, or DIR@TAG of its repository"
        )
    if not any(path.endswith(".go") for path in tree.files):
        bare = (Path(source) / "HEAD").is_file()
        hint = (
            f"it is a bare repository: name a revision, {source}@TAG"
            if bare
            else "name the root of a checkout"
        )
        raise DriftError(f"{source} has no Go sources; {hint}")
    return tree


def _of_folder(root: Path) -> Tree:
    tree = Tree(str(root))
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in _ASIDE and name[0] not in "._")
        for name in sorted(names):
            path = (Path(folder) / name).relative_to(root).as_posix()
            if not _wanted(path):
                continue
            try:
                _add(tree, path, (Path(folder) / name).read_bytes())
            except OSError as error:
                tree.notes.append(f"{path} passed over: {error.strerror}")
                tree.lacking.append(path)
    return tree


def _of_revision(root: Path, revision: str) -> Tree:
    if shutil.which("git") is None:
        raise DriftError(f"reading {root}@{revision} needs git, which is not installed")
    tree = Tree(f"{root}@{revision}")
    missing = f"{root} has no revision {revision}; `git -C {root} tag` lists its tags"
    if revision.startswith("-"):  # which git would take for an option
        raise DriftError(missing)
    try:
        listing = _git(root, "ls-tree", "-r", "-z", "--full-tree", f"{revision}^{{tree}}", "--")
    except _GitError as error:
        unknown = "object name" in str(error)
        raise DriftError(missing if unknown else f"git cannot read {root}: {error}") from error
    blobs: dict[str, str] = {}
    for line in listing.decode("utf-8", "replace").split("\0"):
        about, _, path = line.partition("\t")
        if about.split()[1:2] == ["blob"] and _wanted(path):
            blobs[path] = about.split()[2]
    asked = "".join(f"{blob}\n" for blob in blobs.values()).encode()
    answer = _git(root, "cat-file", "--batch", given=asked)
    at = 0
    for path in blobs:
        head, _, _ = answer[at : at + 200].partition(b"\n")
        at += len(head) + 1
        words = head.split()
        if len(words) != 3:
            tree.notes.append(f"{path} passed over: its text is not in this repository")
            tree.lacking.append(path)
            continue
        _add(tree, path, answer[at : at + int(words[2])])
        at += int(words[2]) + 1
    return tree


class _GitError(Exception):
    """What git says when it refuses."""


def _git(root: Path, *words: str, given: bytes = b"") -> bytes:
    """What git says; it never asks anybody else for what is missing."""
    done = subprocess.run(
        ["git", "-C", str(root), *words],
        input=given,
        capture_output=True,
        check=False,
        env={**os.environ, "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"},
    )
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
        raise _GitError(said.removeprefix("fatal: ") or f"it ended with {done.returncode}")
    return done.stdout


def _wanted(path: str) -> bool:
    pure = PurePosixPath(path)
    if any(part in _ASIDE or part[0] in "._" for part in pure.parts[:-1]):
        return False
    if pure.name == "go.mod":
        return True
    if pure.suffix != ".go" or pure.name.endswith("_test.go") or pure.name[0] in "._":
        return False
    endings = pure.stem.split("_")[1:]
    return not (set(endings[-1:]) & (_SYSTEMS | _MACHINES) or set(endings[-2:-1]) & _SYSTEMS)


def _add(tree: Tree, path: str, text: bytes) -> None:
    head = text.partition(b"\npackage ")[0] if not text.startswith(b"package ") else b""
    constraint = _CONSTRAINT.search(head)
    if constraint is None or _holds(constraint[1].decode("utf-8", "replace")):
        tree.files[path] = text


def _holds(constraint: str) -> bool:
    """Whether a file with this build constraint belongs to a server as it is mostly built."""
    words = _WORD.findall(constraint)

    def either() -> bool:
        value = both()
        while words[:1] == ["||"]:
            words.pop(0)
            value = both() or value
        return value

    def both() -> bool:
        value = one()
        while words[:1] == ["&&"]:
            words.pop(0)
            value = one() and value
        return value

    def one() -> bool:
        if not words:
            return False
        word = words.pop(0)
        if word == "!":
            return not one()
        if word == "(":
            value = either()
            words[:1] = []
            return value
        return _HELD.fullmatch(word) is not None

    return either()
