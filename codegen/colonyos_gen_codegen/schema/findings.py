"""What the loader and the rules have to say about a schema, and where."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Position:
    """A place in a schema file; `line` and `column` count from 1, and `file` is relative to the schema folder."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, order=True)
class Finding:
    """One violation of one rule; prints as `file:line:col RULE_ID message`."""

    position: Position
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.position} {self.rule} {self.message}"


class SchemaError(Exception):
    """The schema cannot be used: it breaks rules, or cannot be read at all."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__("\n".join(str(finding) for finding in findings))
        self.findings = findings
