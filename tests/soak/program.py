"""All chosen parts one after the other, and what is left at the end."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from colonyos_gen import RPCError
from tests.soak.ground import Ground
from tests.soak.parts import PARTS, Outcome, Run, Scale
from tests.soak.vitals import Vitals

ANSWER_S = 2.0
"""A server that is well answers sooner, however loaded the machine is by its own work."""
_WARM_CALLS = 300
_SPARE = 96 * 2**20
"""Bytes that a server may hold more at the end than when it was warm, beside a half of that: its collector is lazy."""
_SETTLE_S = 180.0
_LOOK_S = 2.0


@dataclass
class Report:
    """What became of all parts, and of the server."""

    outcomes: list[Outcome] = field(default_factory=list[Outcome])
    answers: list[float | None] = field(default_factory=list[float | None])
    """Seconds in which the server answered after each part; None if it did not."""
    seen: list[Vitals | None] = field(default_factory=list[Vitals | None])
    """How the server was after each part."""
    before: Vitals | None = None
    after: Vitals | None = None
    wrong: list[str] = field(default_factory=list[str])
    """What was not as it should be, at the end."""
    known: list[str] = field(default_factory=list[str])
    """What is not as it should be, and cannot be helped."""

    @property
    def sound(self) -> bool:
        """Whether all was as it should be."""
        return not self.wrong and not any(outcome.wrong for outcome in self.outcomes)

    def table(self) -> list[str]:
        """The report in lines."""
        lines = [
            f"{'part':20} {'done':>7} {'runs':>7} {'seconds':>8} {'a second':>9} {'answers in':>11}  server"
        ]
        for outcome, answer, seen in zip(self.outcomes, self.answers, self.seen, strict=True):
            pace = outcome.done / outcome.seconds if outcome.seconds else 0.0
            answered = "not" if answer is None else f"{answer * 1e3:.0f} ms"
            lines.append(
                f"{outcome.name:20} {outcome.done:7,} {outcome.runs:7,} {outcome.seconds:8.0f} {pace:9.1f} {answered:>11}"
                f"  {seen or ''}{'  WRONG' if outcome.wrong else ''}"
            )
        if self.before is not None:
            lines += [f"warm:  {self.before}", f"after: {self.after or 'gone'}"]
        for outcome in self.outcomes:
            lines += [f"{outcome.name}: {each}" for each in outcome.wrong]
        lines += [*self.wrong, *(f"known: {each}" for each in self.known)]
        lines.append("sound" if self.sound else "NOT SOUND")
        return lines


async def soak(ground: Ground, names: Sequence[str], scale: Scale) -> Report:
    """Run the parts of these names. It goes on after errors, and ends when the server is gone."""
    report = Report()
    if ground.look() is not None:
        warm = await Run(
            PARTS["64-in-flight"], ground, replace(scale, calls=min(scale.calls, _WARM_CALLS))
        ).run()
        report.wrong += [f"warming up: {each}" for each in warm.wrong]
        report.before = ground.look()
    for name in names:
        print(f"{name} begins", file=sys.stderr, flush=True)
        report.outcomes.append(await Run(PARTS[name], ground, scale).run())
        report.answers.append(await _answer(ground, report, name))
        report.seen.append(ground.look())
        if report.answers[-1] is None or not ground.alive:
            break
    if report.before is not None:
        report.after = await _settled(ground, report.before)
        report.wrong += left(report.before, report.after)
    report.wrong += ground.complaints()
    known = set[str]().union(*(PARTS[name].known for name in names))
    for hazard, count in sorted(ground.hazards().items()):
        (report.known if hazard in known else report.wrong).append(f"hazard {hazard}: {count} times")
    return report


async def _answer(ground: Ground, report: Report, name: str) -> float | None:
    try:
        seconds = await ground.answers_after()
    except RPCError as error:
        gone = "does not answer" if ground.alive else "is gone"
        report.wrong.append(f"after {name} the server {gone}: {error}")
        return None
    if seconds > ANSWER_S:
        report.wrong.append(f"after {name} the server answers after {seconds:.1f} s")
    return seconds


async def _settled(ground: Ground, before: Vitals) -> Vitals | None:
    """How the server is once it is back where it was, or has had its time for that."""
    end = time.monotonic() + _SETTLE_S
    while (now := ground.look()) is not None and left(before, now) and time.monotonic() < end:
        await asyncio.sleep(_LOOK_S)
    return now


def left(before: Vitals, after: Vitals | None) -> list[str]:
    """What the server has kept."""
    if after is None:
        return ["at the end the server is gone"]
    found: list[str] = []
    if after.memory > before.memory * 1.5 + _SPARE:
        found.append(f"the server has kept memory: {before}, then {after}")
    if after.connections > before.connections:
        found.append(f"the server has kept connections: {before}, then {after}")
    return found
