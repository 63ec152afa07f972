"""How the recordings fared, for the table at the end, and what may differ from them."""

from __future__ import annotations

from typing import NamedTuple

from .replay import Outcome

MODES = ("strict", "v1.9")
"""The servers that the recordings are played against, by their quirks."""


ABOUT_NULLS = "nulls_in_"
"""In the names of recordings that show what is null, which a strict server does not follow."""


def plays(recordings: list[str]) -> list[tuple[str, str]]:
    """Each recording with the mode of each server that it is played against."""
    return [
        (name, mode) for name in recordings for mode in MODES if mode == "v1.9" or ABOUT_NULLS not in name
    ]


class Reason(NamedTuple):
    """Why a step does not go as recorded."""

    text: str
    quirk: str = ""
    """The flag with which it does; without one it never does."""

    def __str__(self) -> str:
        return f"{self.text} [{self.quirk}]" if self.quirk else self.text


class Row(NamedTuple):
    """One recording, in one mode."""

    name: str
    mode: str
    verdict: str
    """Passed, failed or skipped."""
    same: int
    """Exchanges that went as recorded."""
    different: int
    """Exchanges that did not."""
    remarks: tuple[str, ...] = ()


ROWS: list[Row] = []


def judge(name: str, mode: str, outcomes: list[Outcome], different: dict[int, Reason]) -> None:
    """Note how a recording went, and fail unless exactly the steps of `different` went differently that have to in `mode`."""
    expected = {step: reason for step, reason in different.items() if mode == "strict" or not reason.quirk}
    found = {outcome.step: outcome.differences for outcome in outcomes if outcome.differences}
    unexpected = {step: differences for step, differences in found.items() if step not in expected}
    unnecessary = expected.keys() - found.keys()
    verdict = "failed" if unexpected or unnecessary else "passed"
    remarks = tuple(sorted({str(reason) for reason in expected.values()}))
    ROWS.append(Row(name, mode, verdict, len(outcomes) - len(found), len(found), remarks))
    assert unexpected == {}
    assert unnecessary == set(), "these steps no longer differ; take them out of DIFFERENT"


def table() -> list[str]:
    """The lines of the table: of each recording and mode, how many steps went as recorded, and how many did not."""
    lines = [f"{'recording':<32}{'server':<8}{'verdict':<9}{'same':>5}{'differ':>8}  why"]
    for row in sorted(ROWS):
        start = f"{row.name:<32}{row.mode:<8}{row.verdict:<9}{row.same:>5}{row.different:>8}"
        lines += [f"{start}  {'; '.join(row.remarks)}".rstrip()]
    for mode in MODES:
        rows = [row for row in ROWS if row.mode == mode]
        verdicts = [row.verdict for row in rows]
        counts = ", ".join(
            f"{verdicts.count(verdict)} {verdict}" for verdict in ("passed", "failed", "skipped")
        )
        same, different = sum(row.same for row in rows), sum(row.different for row in rows)
        lines.append(f"{'all':<32}{mode:<8}{'':<9}{same:>5}{different:>8}  {counts}")
    return lines
