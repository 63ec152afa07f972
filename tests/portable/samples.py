"""Recorded replies and requests, each with the name of its type."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from tests.portable.running import Row, ToolError

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = ROOT / "generated/colonyos.schema.json"
OPENRPC = ROOT / "generated/openrpc.json"
REPLIES, REQUESTS = 300, 100
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)")


@dataclass(frozen=True)
class Sample:
    """Recorded values: of a reply or request that is an object one, of a list all its elements."""

    kind: str
    type: str
    """The definition that each of the values is of."""
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Precision:
    """What values of a language hold; a difference below that is none."""

    digits: int = 9
    """Digits of a second's fraction."""
    doubles: bool = False
    """Whether all numbers are doubles, which hold integers up to 2^53 exactly."""


EXACT = Precision()


def samples() -> list[Sample]:
    """300 replies and 100 requests, spread over all message types."""
    document = json.loads(SCHEMA.read_text())
    replies = list(_spread(_recorded(document, "reply"), REPLIES))
    requests = list(_spread(_recorded(document, "request"), REQUESTS))
    if (len(replies), len(requests)) != (REPLIES, REQUESTS):
        raise SystemExit(f"{len(replies)} replies and {len(requests)} requests are recorded: too few")
    return replies + requests


def _recorded(document: dict[str, Any], kind: str) -> dict[str, list[Sample]]:
    found: dict[str, list[Sample]] = {}
    for file in sorted((ROOT / "tests/golden/rpc").glob("*.json")):
        for exchange in json.loads(file.read_text())["exchanges"]:
            reply: dict[str, Any] = exchange.get("reply") or {}
            message: dict[str, Any] = document["x-messages"].get(exchange.get("msgtype"), {})
            if reply.get("error") or "payload" not in reply or "reply" not in message:
                continue  # a refused request may be one that breaks the schema
            value: Any = reply["payload"] if kind == "reply" else exchange.get("request_payload")
            schema: dict[str, Any] = message[kind]
            values: list[Any] = [value]
            if "items" in schema:  # the elements, since the tools name structs only
                values, schema = list(value or []), schema["items"]
            if "$ref" not in schema or not values or not all(isinstance(each, dict) for each in values):
                continue
            if kind == "request" and cast("dict[str, Any]", value).get("msgtype") != exchange["msgtype"]:
                continue
            name = str(schema["$ref"]).rpartition("/")[2]
            found.setdefault(exchange["msgtype"], []).append(Sample(kind, name, tuple(values)))
    return found


def _spread(found: dict[str, list[Sample]], count: int) -> Iterator[Sample]:
    turns = max(map(len, found.values()))
    order = [each[turn] for turn in range(turns) for each in found.values() if turn < len(each)]
    yield from order[:count]


def lost(before: Any, after: Any, precision: Precision = EXACT, path: str = "$") -> Iterator[str]:
    """What is not there any more; the same instant and empty for absent are the same."""
    if isinstance(before, dict):
        members = cast("dict[str, Any]", before)
        other = cast("dict[str, Any]", after if isinstance(after, dict) else {})
        for key, value in members.items():
            if not _empty(value) or key in other:
                yield from lost(value, other.get(key), precision, f"{path}.{key}")
    elif isinstance(before, list) and isinstance(after, list):
        one, two = cast("Sequence[Any]", before), cast("Sequence[Any]", after)
        if len(one) != len(two):
            yield f"{path}: {len(one)} elements became {len(two)}"
        for index, (first, second) in enumerate(zip(one, two, strict=False)):
            yield from lost(first, second, precision, f"{path}[{index}]")
    elif not (_empty(before) and _empty(after)) and not _same(before, after, precision):
        yield f"{path}: {before!r} became {after!r}"


def _empty(value: Any) -> bool:
    return value in (None, "", [], {}, 0, False) or value == "0001-01-01T00:00:00Z"


def _same(before: Any, after: Any, precision: Precision) -> bool:
    if isinstance(before, bool) or isinstance(after, bool):
        return before is after  # True is 1 for Python
    if isinstance(before, int | float) and isinstance(after, int | float):
        return float(before) == float(after) if precision.doubles else before == after
    if isinstance(before, str) and isinstance(after, str) and before != after:
        one, two = _instant(before), _instant(after)
        finest: int = 10 ** (9 - precision.digits)
        return one is not None and two is not None and abs(one - two) < finest
    return bool(before == after)


def _instant(text: str) -> int | None:
    """Nanoseconds since the Unix epoch, if the text is a time."""
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    seconds = datetime.fromisoformat(match[1] + match[3].replace("Z", "+00:00")) - _EPOCH
    return (seconds.days * 86400 + seconds.seconds) * 10**9 + int((match[2] or "").ljust(9, "0"))


def type_names(file: Path, pattern: str, samples: list[Sample]) -> dict[str, str]:
    """Of each definition the type that a tool made, which may write it in other capitals; raises `ToolError` for none."""
    there = {name.lower(): name for name in re.findall(pattern, file.read_text(), re.M)}
    gone = {sample.type for sample in samples if sample.type.lower() not in there}
    if gone:
        raise ToolError(f"no type for {', '.join(sorted(gone))}")
    return {sample.type: there[sample.type.lower()] for sample in samples}


def given(samples: list[Sample]) -> str:
    """What a program reads: a line for each value, with its type."""
    lines = (json.dumps({"type": s.type, "value": value}) for s in samples for value in s.values)
    return "\n".join(lines) + "\n"


def graded(row: Row, samples: list[Sample], output: str, precision: Precision = EXACT) -> Row:
    """The row, with what a program wrote: a line for each value, as it read it, or a text that says why not."""
    answers = iter([json.loads(line) for line in output.splitlines()])
    wrong: dict[int, str] = {}
    for index, sample in enumerate(samples):
        for value in sample.values:
            answer = next(answers, "no answer")
            problems = [answer] if isinstance(answer, str) else list(lost(value, answer, precision))
            if problems:
                wrong.setdefault(index, f"{sample.type} {problems[0]}")
    return counted(row, samples, wrong, extra=len(list(answers)))


def counted(row: Row, samples: list[Sample], wrong: dict[int, str], extra: int = 0) -> Row:
    """The row, with how many samples are not `wrong`."""
    of_kind = {kind: [i for i, s in enumerate(samples) if s.kind == kind] for kind in ("reply", "request")}
    right = {kind: f"{len(set(each) - set(wrong))} of {len(each)}" for kind, each in of_kind.items()}
    row.replies, row.requests = right["reply"], right["request"]
    row.failed = "; ".join([*dict.fromkeys(wrong.values())][:5])
    if extra:
        row.failed = f"{extra} answers too many; {row.failed}"
    return row
