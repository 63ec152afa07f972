"""Two answers to the same request, compared: ids are translated as they come up, and times need only be about the same."""

from __future__ import annotations

import base64
import itertools
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from .difference import JSON, MISSING, Difference, short
from .excuses import BY_TIME, IDS, NEAR_S, SETS, SPANS, UNORDERED

_ID = re.compile(r"\b[0-9a-f]{64}\b")
_NANOSECONDS = re.compile(r"\b[0-9]{19}\b")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})"
)
_UNSET = ("0000-", "0001-")


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    body: bytes


class Comparison:
    """Compares the answers of one conversation.

    Args:
        people: Identities, which both servers know by the same text.
        zone_is_ours: Whether both servers write unset times in the same zone.
    """

    def __init__(self, people: set[str], *, zone_is_ours: bool) -> None:
        self._people = people
        self._zone_is_ours = zone_is_ours
        self._there: dict[str, str] = {}
        """Ids and moments of the real server, by those of ours."""
        self._here: dict[str, str] = {}

    def there(self, text: str) -> str:
        """`text` with what the real server has in the place of our ids and moments."""
        text = _ID.sub(lambda found: self._there.get(found[0], found[0]), text)
        return _NANOSECONDS.sub(lambda found: self._there.get(found[0], found[0]), text)

    def differences(self, msgtype: str, real: Answer, ours: Answer) -> Iterator[Difference]:
        """Every place in which the answers differ."""
        if real.status != ours.status:
            yield Difference(msgtype, "status", _told(real), _told(ours))
            return
        if not real.body or not ours.body:
            if real.body != ours.body:
                yield Difference(msgtype, "body", _told(real), _told(ours))
            return
        theirs, rest = _first(real.body)
        mine, own_rest = _first(ours.body)
        if bool(rest.strip()) is not bool(own_rest.strip()):
            yield Difference(msgtype, "body", rest[:80], own_rest[:80])
        for key in ("payloadtype", "error"):
            if theirs.get(key) != mine.get(key):
                yield Difference(msgtype, key, theirs.get(key), mine.get(key))
        wanted, got = (json.loads(base64.b64decode(each["payload"])) for each in (theirs, mine))
        if theirs.get("error") and mine.get("error"):
            if self.there(str(got["message"])) != wanted["message"]:
                yield Difference(msgtype, "text", wanted["message"], got["message"])
            return
        yield from self._unequal(msgtype, "", wanted, got)

    def _unequal(self, msgtype: str, path: str, real: JSON, ours: JSON) -> Iterator[Difference]:
        if isinstance(real, dict) and isinstance(ours, dict):
            yield from self._objects(
                msgtype, path, cast("dict[str, JSON]", real), cast("dict[str, JSON]", ours)
            )
        elif isinstance(real, list) and isinstance(ours, list):
            listed: list[JSON] = real  # pyright: ignore[reportUnknownVariableType]
            others: list[JSON] = ours  # pyright: ignore[reportUnknownVariableType]
            yield from self._lists(msgtype, path, listed, others)
        elif isinstance(real, str) and isinstance(ours, str):
            if (
                path.endswith(".workflowspec")
                and real != ours
                and real.startswith("{")
                and ours.startswith("{")
            ):
                yield from self._unequal(msgtype, f"{path}()", json.loads(real), json.loads(ours))
                if not self._same_text(path, real, ours):
                    yield Difference(msgtype, f"{path} as text", real, ours)
            elif not self._same_text(path, real, ours):
                yield Difference(msgtype, path, real, ours)
        elif isinstance(real, bool) is not isinstance(ours, bool) or not self._same_number(path, real, ours):
            yield Difference(msgtype, path, real, ours)

    def _objects(
        self, msgtype: str, path: str, real: dict[str, JSON], ours: dict[str, JSON]
    ) -> Iterator[Difference]:
        for key in sorted(real.keys() | ours.keys()):
            if key not in ours:
                yield Difference(msgtype, f"{path}.{key}", real[key], MISSING)
            elif key not in real:
                yield Difference(msgtype, f"{path}.{key}", MISSING, ours[key])
        for key in real:
            if key in ours:
                yield from self._unequal(msgtype, f"{path}.{key}", real[key], ours[key])

    def _lists(self, msgtype: str, path: str, real: list[JSON], ours: list[JSON]) -> Iterator[Difference]:
        if len(real) != len(ours):
            yield Difference(
                msgtype,
                f"{path}[]",
                f"{len(real)} items: {short(real)}",
                f"{len(ours)} items: {short(ours)}",
            )
            return
        if msgtype == "getprocessesmsg" and not path:
            real, ours = _unended_last(real, self._rank_there), _unended_last(ours, self._rank_here)
        if msgtype in BY_TIME and not path:
            waiting = msgtype == "getprocesshistmsg"  # those are in the order of submission too
            real = _members_by_rank(real, self._rank_there, waiting=waiting)
            ours = _members_by_rank(ours, self._rank_here, waiting=waiting)
        if path.endswith(IDS) and msgtype != "submitworkflowspecmsg":
            if all(each in self._there for each in ours) and {self._there[each] for each in ours} != set(
                real
            ):
                yield Difference(msgtype, path, real, ours)
            return
        if (msgtype in UNORDERED and not path) or path.endswith(SETS):
            real = sorted(real, key=self._rank_there)
            ours = sorted(ours, key=self._rank_here)
        for index, (one, other) in enumerate(zip(real, ours, strict=True)):
            yield from self._unequal(msgtype, f"{path}[{index}]", one, other)

    def _rank_there(self, item: JSON) -> str:
        text = _ID.sub(
            lambda found: found[0] if self._is_met(found[0]) else "id", json.dumps(item, sort_keys=True)
        )
        return _timeless(text)

    def _rank_here(self, item: JSON) -> str:
        text = _ID.sub(
            lambda found: self._there.get(found[0], found[0] if found[0] in self._people else "id"),
            json.dumps(item, sort_keys=True),
        )
        return _timeless(text)

    def _is_met(self, theirs: str) -> bool:
        return theirs in self._here or theirs in self._people

    def _same_text(self, path: str, real: str, ours: str) -> bool:
        if path.endswith(".historyid"):
            return _UUID.fullmatch(real) is not None and _UUID.fullmatch(ours) is not None
        if real != ours and _TIME.fullmatch(real) and _TIME.fullmatch(ours):
            if real.startswith(_UNSET) or ours.startswith(_UNSET):
                return (
                    real == ours if self._zone_is_ours else real.startswith(_UNSET) == ours.startswith(_UNSET)
                )
            return abs((_moment(real) - _moment(ours)).total_seconds()) < NEAR_S
        if _ID.fullmatch(real) and _ID.fullmatch(ours) and real != ours and ours not in self._people:
            self._here.setdefault(real, ours)
            return self._there.setdefault(ours, real) == real
        return self.there(ours) == real

    def _same_number(self, path: str, real: JSON, ours: JSON) -> bool:
        if real == ours:
            return type(real) is type(ours) or path.endswith(SPANS)
        if not isinstance(real, int | float) or not isinstance(ours, int | float):
            return False
        if path.endswith((".timestamp", ".prioritytime")):
            self._there.setdefault(str(ours), str(real))
            return abs(real - ours) < NEAR_S * 1e9
        return path.endswith(SPANS) and abs(real - ours) < NEAR_S


def _unended_last(processes: list[JSON], rank: Callable[[JSON], str]) -> list[JSON]:
    """`processes` with those in order that have no end time although they have ended: nothing says which comes first."""
    unended = [each for each in processes if each["state"] > 1 and each["endtime"].startswith(_UNSET)]
    return [each for each in processes if each not in unended] + sorted(unended, key=rank)


def _members_by_rank(processes: list[JSON], rank: Callable[[JSON], str], *, waiting: bool) -> list[JSON]:
    """`processes` with neighbours of one workflow in a fixed order; only those that have ended, or also those `waiting`."""

    def workflow_of(process: JSON) -> str:
        return str(process["processgraphid"]) if waiting or process["state"] > 1 else ""

    arranged: list[JSON] = []
    for key, group in itertools.groupby(processes, workflow_of):
        members = list(group)
        # By name first, since lists inside of them have no order either.
        arranged += (
            sorted(members, key=lambda each: (each["spec"]["nodename"], rank(each))) if key else members
        )
    return arranged


def _timeless(text: str) -> str:
    return _NANOSECONDS.sub("0", _TIME.sub("time", text))


def _moment(text: str) -> datetime:
    found = _TIME.fullmatch(text)
    assert found is not None
    zone = "+00:00" if found[3] == "Z" else found[3]
    return datetime.fromisoformat(found[1] + (found[2] or ".0")[:7] + zone).astimezone(UTC)


def _first(body: bytes) -> tuple[dict[str, JSON], str]:
    """The first JSON value of a body, and what follows it."""
    text = body.decode()
    value, end = json.JSONDecoder().raw_decode(text)
    return value, text[end:]


def opened(answer: Answer) -> JSON:
    """The payload, if there is one."""
    if not answer.body:
        return None
    envelope, _ = _first(answer.body)
    return json.loads(base64.b64decode(envelope["payload"]))


def _told(answer: Answer) -> str:
    try:
        return f"{answer.status} {json.dumps(opened(answer))[:300]}"
    except (ValueError, KeyError, TypeError):
        return f"{answer.status} {answer.body[:200]!r}"
