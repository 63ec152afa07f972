"""How a report is written: for a terminal, for programs, for pull requests, and for the readers of a changelog."""

from __future__ import annotations

from collections.abc import Callable

from colonyos_gen_codegen.diff.comparing import Report
from colonyos_gen_codegen.diff.formats import as_github, as_json, as_markdown, as_text
from colonyos_gen_codegen.diff.next_version import Next

FORMATS: dict[str, Callable[[Report, Next, bool], str]] = {
    "text": as_text.write,
    "json": as_json.write,
    "github": as_github.write,
    "markdown": as_markdown.write,
}
"""By name: what writes a report, with the next version, and with changes of words if they are asked for."""

__all__ = ["FORMATS"]
