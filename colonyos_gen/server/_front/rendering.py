"""How replies are written: the zone of their times, and the forms that refusals have."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import Any, NamedTuple, cast, get_args

import msgspec
from colonyos_gen_wire.codec import encode_reply
from colonyos_gen_wire.errors import NUL_REFUSED
from colonyos_gen_wire.errors import log as log_errors
from colonyos_gen_wire.errors import process as process_errors
from colonyos_gen_wire.methods import process, workflow
from colonyos_gen_wire.shape import Leaf
from colonyos_gen_wire.types.blueprint import Blueprint, BlueprintDefinition
from colonyos_gen_wire.types.channel import ChannelEntry
from colonyos_gen_wire.types.process import Process
from colonyos_gen_wire.types.snapshot import Snapshot
from msgspec.structs import replace

from colonyos_gen.server._caller.access import AnyMethod
from colonyos_gen.server._caller.refusal import NO_ANSWER, Refusal
from colonyos_gen.server._front.as_version import AsVersion
from colonyos_gen.server._front.envelope import LongEnvelope, write_failure, write_reply
from colonyos_gen.server._processes.matching import ANY_EXECUTOR
from colonyos_gen.server._quirks import STRICT, Quirks
from colonyos_gen.server._store.pieces import in_pieces
from colonyos_gen.server._time.go_time import Fresh, go_time
from colonyos_gen.server._time.zero_time import IN_UTC, zero_time

_AS_SENT = (Blueprint, BlueprintDefinition)
"""Types that the real server keeps as JSON, with the times of whoever has sent them, in his zone."""
_ASSIGN = "assign"
"""Its times are of the moment. A name, so that the server can do without the message."""
_NEW_SNAPSHOT = "create_snapshot"
"""Its time is in UTC, until it is read again. A name, so that the server can do without the message."""
_GET_FILE = "get_file"
_HISTORY = "get_blueprint_history"
"""Its times are marked with the wrong zone. A name, so that the server can do without the message."""
_LOGS = "get_logs"
"""Other lists are refused once. A name, as above."""
_OUTSIDERS = ("not_a_member", "unknown_colony", "empty_colony_name")
"""How access is refused; an error of another name says that the message has looked for the colony by itself."""
LONG = 100
"""Rows of a reply that are written in one turn of the event loop."""
_MANY = 5000
"""Rows of a reply whose text takes long to be put together."""
_SHORTEST_POWER = 1e21
"""Doubles from here on are written with an exponent."""

_Write = Callable[[Leaf, Any], Any]
_encode = msgspec.json.Encoder().encode


class Answer(NamedTuple):
    """What goes back to the caller."""

    status: int
    body: bytes


class Rendering:
    """Writes what handlers return, and what they refuse.

    Times that are set are written in `zone`; those that are not, in UTC, unless `quirks` say something else.
    """

    def __init__(self, quirks: Quirks = STRICT, zone: tzinfo = UTC, release: AsVersion | None = None) -> None:
        self._quirks = quirks
        self.release: AsVersion = release or AsVersion()
        """The server release that is shown."""
        self.rounds_numbers: bool = quirks.lossy_numbers
        """Whether numbers inside of JSON values come back rounded, instead of being refused."""
        self._plain = _writer(quirks, zone, IN_UTC)
        self._stored = _writer(quirks, zone, zero_time(zone)) if quirks.zoned_zero_times else self._plain
        self._as_sent = _writer(quirks, None, IN_UTC)
        self._utc = _writer(quirks, UTC, IN_UTC)
        self._history = _mislabelled(self._stored, zone) if quirks.local_history_times else self._stored

    def item(self, method: AnyMethod, item: object) -> bytes:
        """The envelope of a reply to `method`, or of one item of it, if it is a stream."""
        payload = encode_reply(
            method.response,
            self._shown(method, item),
            write=self._writer_of(method),
            null_when_empty=method.null_when_empty,
            nulls_as_sent=self._quirks.nulls_as_sent,
        )
        return write_reply(method.payloadtype, self.release.written(method.response, payload))

    async def long_list(self, method: AnyMethod, rows: list[object]) -> bytes:
        """The envelope of a reply with very many rows, made in pieces."""
        write, row_type, nulls = self._writer_of(method), _kind_of(method), self._quirks.nulls_as_sent
        envelope = LongEnvelope(method.payloadtype)
        between = b"["
        async for piece in in_pieces(rows, LONG):
            written = [
                self.release.written(
                    row_type,
                    encode_reply(row_type, self._shown(method, row), write=write, nulls_as_sent=nulls),
                )
                for row in piece
            ]
            envelope.add(between + b",".join(written))
            between = b","
        envelope.add(b"]")
        # Others go on while many megabytes are copied, as Python lets them.
        return await asyncio.to_thread(envelope.body) if len(rows) > _MANY else envelope.body()

    def refusal(self, refusal: Refusal, method: AnyMethod | None = None) -> Answer:
        """The answer that tells the caller of a refusal; by the handler of `method`, if that is given."""
        quirks, body = self._quirks, write_failure(refusal.status, refusal.message)
        if quirks.empty_500 and refusal.spec is NO_ANSWER:
            return Answer(500, b"")
        if method is None:
            return Answer(refusal.status, body)
        if quirks.empty_200 and method.when_empty is not None and refusal.spec.name in _OUTSIDERS:
            return Answer(200, b"")
        if quirks.null_for_refused_file and method.when_null is not None and _by_database(refusal):
            return Answer(200, write_reply(method.payloadtype, b"null"))
        if quirks.two_envelopes and _is_said_twice(method, refusal):
            return Answer(refusal.status, body + write_failure(500, refusal.message))
        if quirks.forwarded_assign and method is process.ASSIGN:
            return Answer(200, body)
        return Answer(refusal.status, body)

    def _shown(self, method: AnyMethod, item: object) -> object:
        """What a reply to `method` has in the place of `item`."""
        if self._quirks.go_times:
            item = _with_fresh_times(method, item)
        hides = self._quirks.star_matches_nobody and _kind_of(method) is Process
        return _without_star(item) if hides else item

    def _writer_of(self, method: AnyMethod) -> _Write:
        if method.name == _HISTORY:
            return self._history
        if _kind_of(method) in _AS_SENT:
            return self._as_sent
        if method.name == _NEW_SNAPSHOT and self._quirks.go_times:
            return self._utc
        if self._plain is self._stored:
            return self._stored
        # The real server answers the submission of a workflow with an object that was never stored.
        return self._plain if method is workflow.SUBMIT_WORKFLOW else self._stored


def _kind_of(method: AnyMethod) -> Any:
    """The type of a reply, or of what it lists."""
    return (get_args(method.response) or (method.response,))[0]


def _with_fresh_times(method: AnyMethod, item: object) -> object:
    """With nanoseconds in the times that the real server has not read from its database."""
    if _kind_of(method) is ChannelEntry and isinstance(item, list):
        return [_fresh(method, each) for each in cast("list[object]", item)]
    return _fresh(method, item)


def _fresh(method: AnyMethod, item: object) -> object:
    match item:
        case ChannelEntry(timestamp=datetime() as time):
            return replace(item, timestamp=Fresh.of(time))
        case Process(starttime=datetime() as time) if method.name == _ASSIGN:
            return replace(item, starttime=Fresh.of(time))
        case Snapshot(added=datetime() as time) if method.name == _NEW_SNAPSHOT:
            return replace(item, added=Fresh.of(time))
        case _:
            return item


def _without_star(item: object) -> object:
    """Processes for the executor `*`, which none is called, are shown as those for any."""
    if isinstance(item, list):
        return [_without_star(each) for each in cast("list[object]", item)]
    if isinstance(item, Process) and item.spec.conditions.executornames == [ANY_EXECUTOR]:
        conditions = replace(item.spec.conditions, executornames=[])
        return replace(item, spec=replace(item.spec, conditions=conditions))
    return item


def _by_database(refusal: Refusal) -> bool:
    return refusal.spec in (NUL_REFUSED, process_errors.SUBMIT_DATABASE_REFUSED)


def _is_said_twice(method: AnyMethod, refusal: Refusal) -> bool:
    if method.name == _GET_FILE:
        return refusal.spec is NUL_REFUSED
    return refusal.spec is log_errors.ADD_LOG_NUL_CHARACTER or (
        refusal.spec is log_errors.GET_LOGS_NEGATIVE_LIMIT and method.name == _LOGS
    )


def _writer(quirks: Quirks, zone: tzinfo | None, unset: str) -> _Write:
    """Without a zone, each time is written in its own."""

    def write(leaf: Leaf, value: Any) -> Any:
        if leaf is Leaf.TIME:
            if value is None or value.year <= 1:
                return unset
            shown = value if zone is None or value.tzinfo is zone else _in_zone(value, zone)
            return go_time(shown) if quirks.go_times else shown
        if leaf is Leaf.ANY and quirks.lossy_numbers:
            return as_doubles(value)
        return value

    return write


def _mislabelled(write: _Write, zone: tzinfo) -> _Write:
    def write_local(leaf: Leaf, value: Any) -> Any:
        if leaf is Leaf.TIME and value is not None:
            return write(leaf, _in_zone(value, zone).replace(tzinfo=UTC))
        return write(leaf, value)

    return write_local


def _in_zone(time: datetime, zone: tzinfo) -> datetime:
    try:
        return time.astimezone(zone)
    except OverflowError:
        return time


def as_doubles(value: Any) -> Any:
    """`value`, plain JSON, with all numbers in it rounded to doubles and written as Go writes those."""
    if value is None or isinstance(value, str | bool):
        return value
    return json.loads(_encode(value), parse_int=_as_double, parse_float=_as_double)


def _as_double(text: str) -> int | float:
    number = float(text)
    if math.isinf(number):
        return int(text)
    if not number.is_integer() or abs(number) >= _SHORTEST_POWER:
        return number
    return int(Decimal(repr(number)))
