"""The project that hand-written code and recordings belong to, if the output is that of one."""

from __future__ import annotations

import ast
import functools
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, cast

from colonyos_gen_codegen.left_to_do.parsing import parse

Node = TypeVar("Node", bound=ast.AST)
PACKAGE = "colonyos_gen_wire"


@dataclass(frozen=True)
class Module:
    """One file of hand-written Python."""

    path: Path
    tree: ast.Module

    @functools.cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """All nodes of the tree: it is gone through several times, and walking takes longer than parsing."""
        return tuple(ast.walk(self.tree))

    def by_kind(self, kind: type[Node]) -> Sequence[Node]:
        """The nodes of one kind."""
        return cast("Sequence[Node]", self._kinds.get(kind, ()))

    @property
    def functions(self) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
        """The functions and methods."""
        return [*self.by_kind(ast.FunctionDef), *self.by_kind(ast.AsyncFunctionDef)]

    @functools.cached_property
    def _kinds(self) -> dict[type[ast.AST], list[ast.AST]]:
        kinds: dict[type[ast.AST], list[ast.AST]] = {}
        for node in self.nodes:
            kinds.setdefault(type(node), []).append(node)
        return kinds

    @functools.cached_property
    def bound(self) -> frozenset[str]:
        """The names that something else than an import binds somewhere: assignments, parameters, patterns, definitions."""
        return frozenset(name for node in self.nodes if (name := bound_by(node)) is not None)

    @functools.cached_property
    def names(self) -> frozenset[str]:
        """The names that the module imports and reads."""
        imported = (node.name.rpartition(".")[2] for node in self.by_kind(ast.alias))
        read = (node.id for node in self.by_kind(ast.Name))
        return frozenset((*imported, *read, *(node.attr for node in self.by_kind(ast.Attribute))))

    @functools.cached_property
    def keywords(self) -> frozenset[str]:
        """The names in its calls and patterns."""
        given = (node.arg for node in self.by_kind(ast.keyword) if node.arg is not None)
        matched = (name for node in self.by_kind(ast.MatchClass) for name in node.kwd_attrs)
        return frozenset((*given, *matched))


@dataclass(frozen=True)
class Project:
    """A checkout of this project, or of a copy of it."""

    root: Path

    def handlers(self, domain: str) -> Path:
        """The module with the handlers of a domain, at any depth below the folder of domains, or where it should be."""
        server = self.root / "colonyos_gen/server"
        folders = sorted([*server.glob("**/_domains"), *server.glob("**/domains")])
        found = [path for folder in folders for path in sorted(folder.rglob(f"{domain}.py"))]
        return found[0] if found else (folders[0] if folders else server) / f"{domain}.py"

    @property
    def recordings(self) -> list[Path]:
        """The files of recorded traffic."""
        return sorted([*self.root.glob("tests/golden/rpc/*.json"), *self.root.glob("tests/golden/ws/*.json")])

    @property
    def golden(self) -> list[Path]:
        """The files with all that is known of real servers, recorded traffic included."""
        return sorted(self.root.glob("tests/golden/**/*.json"))

    def committed(self, out: Path) -> dict[str, str]:
        """The generated files that are not as they were committed, as they were; none where there is no git."""
        changed = self._git(
            "diff", "--name-only", "--no-renames", "--relative", "HEAD", "--", str(out)
        ).splitlines()
        folder = out.resolve().relative_to(self.root)
        return {
            Path(path).relative_to(folder).as_posix(): self._git("show", f"HEAD:./{path}") for path in changed
        }

    def _git(self, *arguments: str) -> str:
        try:
            done = subprocess.run(
                ["git", "-C", str(self.root), *arguments], capture_output=True, encoding="utf-8", check=True
            )
        except (OSError, subprocess.CalledProcessError):
            return ""
        return done.stdout

    def modules(self) -> Iterator[Module]:
        """The hand-written code, without what cannot be read as Python."""
        for folder in ("colonyos_gen", "examples", "tests"):
            for path in sorted((self.root / folder).rglob("*.py")):
                if not any(part.startswith(".") for part in path.relative_to(self.root).parts):
                    try:
                        yield _module(path, path.read_text(encoding="utf-8"))
                    except (SyntaxError, UnicodeDecodeError):
                        continue


def bound_by(node: ast.AST) -> str | None:
    """The name that a node binds by itself, other than by an import."""
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.arg(arg=name):
            return name
        case ast.ExceptHandler(name=name) | ast.MatchAs(name=name) | ast.MatchStar(name=name):
            return name
        case ast.MatchMapping(rest=name):
            return name
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return name
        case _:
            return None


@functools.lru_cache(maxsize=2000)
def _module(path: Path, text: str) -> Module:
    """A module as it is; read once by programs, such as tests, that generate again and again."""
    return Module(path, parse(text))


def project_around(out: Path) -> Project | None:
    """The project whose `generated/` is `out`; None if there is no hand-written code beside it."""
    root = out.resolve().parent
    return Project(root) if (root / "colonyos_gen").is_dir() else None
