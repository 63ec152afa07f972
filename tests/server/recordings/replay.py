"""Playing a recorded conversation again, against another server.

A recording holds the requests that somebody sent to the real server, and its replies. Ids that the server makes, and
times, are different each time. So ids are translated as they come up: the first reply that mentions one tells what it
is called here. Of times only "set or not" is compared.

The clock of the server under test follows the time stamps of the recording, so that pauses and long polls take no real
time.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import aiohttp
from colonyos_gen_wire.constants import API_PATH, RELEASES
from colonyos_gen_wire.fields import FIELDS

from colonyos_gen.crypto import PrivateKey
from colonyos_gen.server import ManualClock, Server

from .orders import JSON, UNSET, arranged, id_of, items, rank, unended_last

RECORDINGS = Path(__file__).parents[2] / "golden" / "rpc"


PATIENCE_S = 30
"""How long to wait for what has to come."""
_TURNS = 100
"""Turns of the event loop in which all is done that is to be done at a moment."""
_LONG_MS = 200
"""From here on a reply has waited for something, and not just been computed."""

_ID = re.compile(r"\b[0-9a-f]{64}\b")
_NANOSECONDS = re.compile(r"\b[0-9]{19}\b")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(Z|[+-][0-9:]+)")
_ANY_VALUE = {"prioritytime", "timestamp", "sequencenr", "historyid", "buildversion", "buildtime"}
_RUN_FIGURES = {"minwaittime", "maxwaittime", "avgwaittime", "minexectime", "maxexectime", "avgexectime"}
_NOTHING: set[str] = set()
_SETS = (".fileids", ".processids", ".children", ".edges")
"""Lists that the real server keeps in no particular order, compared as sets once the ids in them are known."""
_LATER = {
    field.wire for fields in FIELDS.values() for field in fields if field.since not in (None, *RELEASES)
}
"""Keys that came with a later release than the recorded one."""
_UNORDERED = {
    "getcoloniesmsg",
    "getcronsmsg",
    "getexecutorsmsg",
    "getfilelabelsmsg",
    "getfilesmsg",
    "getfunctionsmsg",
    "getgeneratorsmsg",
    "getlocationsmsg",
    "getusersmsg",
    "searchlogsmsg",
}


@dataclass
class Reply:
    """What came back for one exchange."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict[str, str])


@dataclass
class Outcome:
    """How one exchange went: what was different."""

    step: int
    msgtype: str
    differences: list[str]


def recordings() -> list[str]:
    """Names of all recordings."""
    return sorted(path.stem for path in RECORDINGS.glob("*.json"))


def load(name: str) -> dict[str, JSON]:
    """One recording."""
    return cast("dict[str, JSON]", json.loads((RECORDINGS / f"{name}.json").read_text()))


Running = tuple[dict[str, JSON], "asyncio.Task[Reply]"]
"""An exchange under way."""


class Replay:
    """One recording, played against a server. With `zero_times`, those must be in the same zone as in the recording."""

    def __init__(
        self, recording: dict[str, JSON], server: Server, clock: ManualClock, *, zero_times: bool = False
    ) -> None:
        self._zero_times = zero_times
        self._actors = recording["actors"]
        self._exchanges = _numbered(recording["exchanges"])
        self._server = server
        self._clock = clock
        self._start_ns = clock.now_ns()
        self._names: dict[str, str] = {}
        self._moments: dict[str, str] = {}
        self._known = {actor["id"] for actor in self._actors.values()} | {"0" * 64}
        for actor in self._actors.values():
            if actor["prvkey"] is None:
                self._names[actor["id"]] = server.server_id

    async def play(self) -> list[Outcome]:
        """Play every exchange, and tell how each went."""
        outcomes: dict[int, Outcome] = {}
        running: list[Running] = []
        async with aiohttp.ClientSession(auto_decompress=False) as session:
            for exchange in self._exchanges:
                if "sleep_ms" in exchange:
                    self._move(exchange.get("t_ms", self._elapsed_ms()) + exchange["sleep_ms"])
                    continue
                for earlier, task in await self._ended_before(exchange, running):
                    running.remove((earlier, task))
                    outcomes[earlier["step"]] = await self._finish(earlier, task)
                self._move(exchange["t_ms"])
                if exchange.get("async"):
                    running.append((exchange, await self._begin(session, exchange)))
                else:
                    task = asyncio.ensure_future(self._send(session, exchange))
                    outcomes[exchange["step"]] = await self._finish(exchange, task)
            for earlier, task in running:
                outcomes[earlier["step"]] = await self._finish(earlier, task)
        return [outcomes[step] for step in sorted(outcomes)]

    async def _ended_before(self, exchange: dict[str, JSON], running: list[Running]) -> list[Running]:
        """What is to be over before `exchange`."""
        return [pair for pair in running if pair[0]["t_ms"] + pair[0]["dur_ms"] <= exchange["t_ms"]]

    def _waiting(self) -> int:
        """How many executors wait, for a process or for the end of a pause."""
        gate = self._server._pause_gate  # pyright: ignore[reportPrivateUsage]
        return self._server.listeners + gate.waiters

    async def _begin(self, session: aiohttp.ClientSession, exchange: dict[str, JSON]) -> asyncio.Task[Reply]:
        """Send a request whose reply is not waited for. It has to arrive before the next one is sent."""
        waiting = self._waiting()
        task = asyncio.ensure_future(self._send(session, exchange))
        while self._waiting() == waiting and not task.done():
            await asyncio.sleep(0.001)
        return task

    def _elapsed_ms(self) -> float:
        """Where the recording has got to."""
        return (self._clock.now_ns() - self._start_ns) / 1_000_000

    def _move(self, t_ms: float) -> None:
        target = self._start_ns + round(t_ms * 1_000_000)
        self._clock.advance(max(0, target - self._clock.now_ns()) / 1e9)

    async def _finish(self, exchange: dict[str, JSON], task: asyncio.Task[Reply]) -> Outcome:
        """Wait for a reply. Time passes meanwhile only if it took time in the recording, whatever this machine needs; or if
        somebody waits here for a process who did not there, as that is a difference, and not the end of the recording.
        """
        patient = exchange.get("dur_ms", 0) < _LONG_MS
        for _ in range(PATIENCE_S if patient else 2000):
            if patient:
                await asyncio.wait([task], timeout=1)
            else:
                await self._turns(task)
            if task.done():
                break
            if not patient or self._waiting():
                self._clock.advance(0.1)
        else:
            task.cancel()
            return Outcome(exchange["step"], exchange["msgtype"], ["a reply -> none"])
        if not patient:
            # What is late now makes everything late that follows.
            end_ns = self._start_ns + round((exchange["t_ms"] + exchange["dur_ms"]) * 1_000_000)
            self._start_ns += max(0, self._clock.now_ns() - end_ns)
        return self._compare(exchange, task.result())

    async def _turns(self, task: asyncio.Task[Reply]) -> None:
        """Let the server, which runs on the same loop, do what it has to do, however long that takes here."""
        for _ in range(_TURNS):
            if task.done():
                return
            await asyncio.sleep(0)

    async def _send(self, session: aiohttp.ClientSession, exchange: dict[str, JSON]) -> Reply:
        http: dict[str, JSON] = exchange.get("http") or {"method": "POST", "path": API_PATH, "headers": {}}
        async with session.request(
            http["method"],
            self._server.url + http["path"],
            data=self._body(exchange),
            headers=http["headers"],
            allow_redirects=False,
        ) as response:
            return Reply(response.status, await response.read(), dict(response.headers))

    def _body(self, exchange: dict[str, JSON]) -> bytes | None:
        if exchange.get("raw_request_b64") is not None:
            return base64.b64decode(exchange["raw_request_b64"])
        raw = exchange.get("raw_request")
        if raw is None and exchange.get("raw_request_len"):
            payload = json.dumps(_unfold(exchange["request_payload"]), separators=(",", ":"))
            return self._sign(exchange, payload.encode())
        if raw is None:
            return None
        if exchange.get("verbatim") or exchange.get("http"):
            return str(raw).encode()
        envelope = json.loads(raw)
        return self._sign(exchange, base64.b64decode(envelope["payload"]))

    def _sign(self, exchange: dict[str, JSON], payload: bytes) -> bytes:
        text = self._renamed(payload.decode())
        text = _NANOSECONDS.sub(lambda found: self._moments.get(found[0], found[0]), text)
        encoded = base64.b64encode(text.encode()).decode()
        prvkey = self._actors[exchange["as"]]["prvkey"]
        key = self._server.server_key if prvkey is None else PrivateKey.parse(prvkey)
        assert key is not None
        payloadtype = exchange.get("payloadtype", exchange["msgtype"])
        return json.dumps(
            {"payloadtype": payloadtype, "payload": encoded, "signature": key.sign(encoded)}
        ).encode()

    def _compare(self, exchange: dict[str, JSON], got: Reply) -> Outcome:
        msgtype = exchange.get("payloadtype", exchange["msgtype"]) or ""
        return Outcome(exchange["step"], msgtype, list(self._differences(exchange, msgtype, got)))

    def _differences(self, exchange: dict[str, JSON], msgtype: str, got: Reply) -> Iterator[str]:
        if got.status != exchange["http_status"]:
            yield f"status: {exchange['http_status']} -> {got.status} {excerpt(got.body)}"
            return
        allowed = exchange.get("reply_access_control_allow_origin")
        if allowed is not None and got.headers.get("Access-Control-Allow-Origin") != allowed:
            yield f"allowed origin: {allowed} -> {got.headers.get('Access-Control-Allow-Origin')}"
        if exchange["reply"] is None:
            recorded = (exchange["raw_reply"] or "").encode()
            if got.body != recorded:
                yield f"body: {excerpt(recorded)} -> {excerpt(got.body)}"
            return
        if trailing := exchange.get("reply_trailing_text"):
            yield f"trailing text: {trailing[:60]!r} -> nothing"
        envelope = json.loads(got.body)
        for key in ("payloadtype", "error"):
            if envelope[key] != exchange["reply"][key]:
                yield f"{key}: {exchange['reply'][key]!r} -> {envelope[key]!r}"
        payload = json.loads(base64.b64decode(envelope["payload"]))
        recorded = exchange["reply"]["payload"]
        if "reply_processid" in exchange:
            # Too large to be recorded.
            self._names.setdefault(exchange["reply_processid"], payload["processid"])
            if abs(len(got.body) / exchange["raw_reply_len"] - 1) > 0.01:
                yield f"length of the body: {exchange['raw_reply_len']} -> {len(got.body)}"
            return
        if exchange["reply"]["error"] and str(recorded["message"]).startswith("pq: "):
            return
        if exchange.get("loose"):
            if type(payload) is not type(recorded) and None not in (payload, recorded):
                yield f"kind: {recorded!r} -> {payload!r}"
            return
        if msgtype == "getprocessesmsg" and isinstance(recorded, list) and isinstance(payload, list):
            recorded = unended_last(items(recorded), self._names)
            payload = unended_last(items(payload), {})
        yield from self._unequal("", recorded, payload, unordered=msgtype in _UNORDERED)

    def _unequal(self, path: str, recorded: JSON, got: JSON, *, unordered: bool = False) -> Iterator[str]:
        if isinstance(recorded, dict) and isinstance(got, dict):
            yield from self._unequal_objects(
                path, cast("dict[str, JSON]", recorded), cast("dict[str, JSON]", got)
            )
        elif isinstance(recorded, list) and isinstance(got, list) and len(items(recorded)) == len(items(got)):
            ours, theirs = items(recorded), items(got)
            if path.endswith(".nodes") and all("position" in node for node in (*ours, *theirs)):
                ours, theirs = arranged(ours), arranged(theirs)
            if unordered or path.endswith(("attributes", ".nodes")):
                ours, theirs = sorted(ours, key=rank), sorted(theirs, key=rank)
            elif path.endswith(_SETS) and self._knows(ours):
                ours = sorted(ours, key=lambda each: self._renamed(id_of(each)))
                theirs = sorted(theirs, key=id_of)
            for index, (one, other) in enumerate(zip(ours, theirs, strict=True)):
                yield from self._unequal(f"{path}[{index}]", one, other)
        elif isinstance(recorded, str) and isinstance(got, str):
            if path.endswith(".workflowspec"):
                # Where the server has written the text itself, the order of its keys is its own.
                yield from self._unequal(f"{path}()", json.loads(recorded), json.loads(got))
            elif not self._same_text(recorded, got):
                yield f"{path}: {recorded[:80]!r} -> {got[:80]!r}"
        elif recorded != got or isinstance(recorded, bool) is not isinstance(got, bool):
            yield f"{path}: {excerpt(recorded)} -> {excerpt(got)}"

    def _unequal_objects(self, path: str, recorded: dict[str, JSON], got: dict[str, JSON]) -> Iterator[str]:
        if recorded.keys() != got.keys() - (_LATER - recorded.keys()):
            yield f"{path} keys: missing {recorded.keys() - got.keys()}, new {got.keys() - recorded.keys()}"
        free = _ANY_VALUE | (_RUN_FIGURES if "functionid" in recorded else _NOTHING)
        for key in recorded.keys() & got.keys():
            if key == "timestamp":
                self._moments.setdefault(str(recorded[key]), str(got[key]))
            if key not in free:
                yield from self._unequal(f"{path}.{key}", recorded[key], got[key])
            elif isinstance(recorded[key], str) is not isinstance(got[key], str):
                yield f"{path}.{key}: {recorded[key]!r} -> {got[key]!r}"

    def _same_text(self, recorded: str, got: str) -> bool:
        if _TIME.fullmatch(recorded) and _TIME.fullmatch(got):
            if self._zero_times and recorded.startswith(UNSET):
                return recorded == got
            return recorded.startswith(UNSET) == got.startswith(UNSET)
        if _ID.fullmatch(recorded) and recorded not in self._known and _ID.fullmatch(got):
            return self._names.setdefault(recorded, got) == got
        return self._renamed(recorded) == got

    def _knows(self, items: list[JSON]) -> bool:
        return all(found in self._names for item in items for found in _ID.findall(id_of(item)))

    def _renamed(self, text: str) -> str:
        """`text` with the ids of today in the place of those in the recording."""
        return _ID.sub(lambda found: self._names.get(found[0], found[0]), text)


def _numbered(exchanges: list[dict[str, JSON]]) -> list[dict[str, JSON]]:
    """`exchanges`, with what may be left out of them."""
    made: list[dict[str, JSON]] = []
    t_ms = 0.0
    for step, exchange in enumerate(exchanges, 1):
        t_ms = exchange.get("t_ms", t_ms)
        if "sleep_ms" in exchange:
            made.append({"t_ms": t_ms, **exchange})
            t_ms += exchange["sleep_ms"]
        else:
            made.append(
                {"step": step, "t_ms": t_ms, "dur_ms": 0, "http_status": 200, "reply": None, **exchange}
            )
    return made


def _unfold(value: JSON) -> JSON:
    """Long texts and lists are recorded as `{"$repeat": [item, count]}`."""
    if isinstance(value, dict):
        entries = cast("dict[str, JSON]", value)
        if "$repeat" in entries:
            item, count = entries["$repeat"]
            return item * count if isinstance(item, str) else [item] * count
        return {key: _unfold(item) for key, item in entries.items()}
    if isinstance(value, list):
        return [_unfold(item) for item in items(value)]
    return value


def excerpt(value: JSON) -> str:
    """What a message says, in short."""
    text = value.decode(errors="replace") if isinstance(value, bytes) else json.dumps(value)
    try:
        envelope = json.loads(text)
        text = base64.b64decode(envelope["payload"]).decode()
    except (ValueError, KeyError, TypeError):
        pass
    return text if len(text) < 160 else f"{text[:160]}..."
