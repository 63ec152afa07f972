"""What held, for people and for machines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from xml.etree import ElementTree

Verdict = Literal["held", "failed", "unsupported"]
VERDICTS: tuple[Verdict, ...] = ("held", "failed", "unsupported")


@dataclass(frozen=True)
class Result:
    """What became of one vector."""

    id: str
    op: str
    verdict: Verdict
    told: str = ""
    """How it failed."""


def counts(results: Sequence[Result]) -> dict[str, dict[str, int]]:
    """How many of each op held, failed and were unsupported, in the order in which they came."""
    table: dict[str, dict[str, int]] = {}
    for result in results:
        row = table.setdefault(result.op, dict.fromkeys(VERDICTS, 0))
        row[result.verdict] += 1
    return table


def as_text(results: Sequence[Result]) -> str:
    """A line for each failure, and a table by op."""
    table = counts(results)
    rows = [["op", *VERDICTS, "of"]]
    rows += [
        [op, *(str(row[verdict]) for verdict in VERDICTS), str(sum(row.values()))]
        for op, row in table.items()
    ]
    total = [sum(row[verdict] for row in table.values()) for verdict in VERDICTS]
    rows.append(["all", *map(str, total), str(sum(total))])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [f"{result.id}: {result.told}" for result in results if result.verdict == "failed"]
    for row in rows:
        numbers = "  ".join(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
        lines.append(f"{row[0].ljust(widths[0])}  {numbers}")
    return "\n".join(lines) + "\n"


def as_json(results: Sequence[Result]) -> str:
    """Counts, and what did not hold."""
    others = [
        {"id": result.id, "op": result.op, "verdict": result.verdict, "told": result.told}
        for result in results
        if result.verdict != "held"
    ]
    return json.dumps({"counts": counts(results), "others": others}, ensure_ascii=False, indent=1) + "\n"


def as_junit(results: Sequence[Result]) -> str:
    """JUnit's XML: a suite for each op, in which what is unsupported is skipped."""
    suites = ElementTree.Element("testsuites", name="conformance")
    for op, row in counts(results).items():
        suite = ElementTree.SubElement(
            suites,
            "testsuite",
            name=op,
            tests=str(sum(row.values())),
            failures=str(row["failed"]),
            skipped=str(row["unsupported"]),
        )
        for result in results:
            if result.op != op:
                continue
            case = ElementTree.SubElement(suite, "testcase", classname=op, name=result.id)
            if result.verdict == "failed":
                ElementTree.SubElement(case, "failure", message=_printable(result.told))
            elif result.verdict == "unsupported":
                ElementTree.SubElement(case, "skipped")
    return ElementTree.tostring(suites, encoding="unicode") + "\n"


def _printable(text: str) -> str:
    """Without what XML has no way to write."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


FORMATS = {"text": as_text, "json": as_json, "junit": as_junit}
