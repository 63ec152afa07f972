"""Makes generated Python look and behave like Python: ruff formats it, and it must compile."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

LINE_LENGTH = 110


class FormatError(Exception):
    """A target rendered text that is not Python, or the formatter failed."""


def format_files(files: Mapping[str, str]) -> dict[str, str]:
    """`files` with every Python text formatted. All of them go through one run of ruff."""
    done = {path: text if text.endswith("\n") or not text else text + "\n" for path, text in files.items()}
    python = {path: text for path, text in done.items() if path.endswith(".py")}
    for path, text in python.items():
        _compile(path, text)
    with tempfile.TemporaryDirectory(prefix="codegen-") as folder:
        for path, text in python.items():
            target = Path(folder, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        common = [
            "--isolated",
            "--no-cache",
            "--quiet",
            "--no-respect-gitignore",  # wherever the folder for temporary files is
            "--config",
            "exclude=[]",
            "--line-length",
            str(LINE_LENGTH),
            "--target-version",
            "py311",
        ]
        _ruff(["check", "--select", "I001,F401", "--fix-only", *common, folder])
        _ruff(["format", *common, folder])
        for path in python:
            done[path] = Path(folder, path).read_text(encoding="utf-8")
    return done


def _compile(path: str, text: str) -> None:
    try:
        compile(text, path, "exec", dont_inherit=True)
    except SyntaxError as error:
        line = text.splitlines()[error.lineno - 1] if error.lineno else ""
        message = (
            f"generated/{path}:{error.lineno}: not Python: {error.msg}: {line.strip()!r}; mend the template"
        )
        raise FormatError(message) from error


def _ruff(arguments: list[str]) -> None:
    beside = Path(sys.executable).with_name("ruff")
    program = str(beside) if beside.exists() else shutil.which("ruff")
    if program is None:
        raise FormatError("ruff is not installed; install the extra: pip install 'colonyos-gen[codegen]'")
    run = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise FormatError(
            f"ruff {arguments[0]} failed on generated code: {run.stderr.strip() or run.stdout.strip()}"
        )
