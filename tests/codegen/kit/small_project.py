"""A project with the small schema, and what the generator says when it is run there."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from colonyos_gen_codegen.cli import main

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Run:
    """One run of the generator."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Project:
    """A copy of the small schema, and the folder that is generated from it."""

    root: Path

    @property
    def schema(self) -> Path:
        return self.root / "schema"

    @property
    def out(self) -> Path:
        return self.root / "out"

    def run(self, command: str, *arguments: str | Path) -> Run:
        """Run one command on this project, by the function that the program is."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                code: object = main(self._line(command, *arguments))
            except SystemExit as usage:
                code = usage.code
        assert isinstance(code, int)
        return Run(code, out.getvalue(), err.getvalue())

    def run_program(
        self, command: str, *arguments: str | Path, cwd: Path = ROOT, seed: str = "random"
    ) -> Run:
        """Run one command on this project, as a process of its own."""
        run = subprocess.run(
            [sys.executable, "-m", "codegen", *self._line(command, *arguments)],
            cwd=cwd,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        return Run(run.returncode, run.stdout, run.stderr)

    def _line(self, command: str, *arguments: str | Path) -> list[str]:
        folders = (
            ["--schema", self.schema] if command == "lint" else ["--schema", self.schema, "--out", self.out]
        )
        return [command, *map(str, (*folders, *arguments))]

    def edit(self, file: str, old: str, new: str) -> None:
        """Replace text in a file of the schema or of the output."""
        path = self.root / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    def state(self) -> dict[str, tuple[int, bytes]]:
        """Time of change and content of every file of the output."""
        paths = [path for path in self.out.rglob("*") if path.is_file()]
        return {
            path.relative_to(self.out).as_posix(): (path.stat().st_mtime_ns, path.read_bytes())
            for path in paths
        }

    def contents(self) -> dict[str, bytes]:
        """Content of every file of the output."""
        return {path: content for path, (_, content) in self.state().items()}
