"""A server to which anything may be sent, and everything that must hold whatever that was."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
import tempfile
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
from colonyos_gen_wire import errors
from colonyos_gen_wire.codec import decode_reply, encode
from colonyos_gen_wire.constants import ERROR_PAYLOADTYPE, HEALTH_PATH
from colonyos_gen_wire.errors.shared import NOT_A_MEMBER, UNKNOWN_COLONY
from colonyos_gen_wire.method import ErrorSpec, Method, Via
from colonyos_gen_wire.methods import METHODS
from colonyos_gen_wire.types.common import ProcessState
from colonyos_gen_wire.types.envelope import Failure, RPCReplyMsg

from colonyos_gen.server import ManualClock, Server
from colonyos_gen.server._caller import refusal
from colonyos_gen.server._front.envelope import read_envelope
from colonyos_gen.server._store.records import Records
from colonyos_gen.server._store.tables import Table
from tests.server.kit.lab import Lab, envelope
from tests.server.kit.socket_lab import line

from .furnished import Furnished

PATIENCE_S = 60
_BLINK_S = 0.05
"""After this long, a request that may wait is taken to do so."""
_OWN = tuple(
    each for each in vars(refusal).values() if isinstance(each, ErrorSpec) and each is not refusal.FAULT
)
_GENERAL = tuple(each for each in vars(errors).values() if isinstance(each, ErrorSpec))
_OUTSIDER = (NOT_A_MEMBER, UNKNOWN_COLONY)
_STRICTER = {
    # The real server answers outsiders with an empty 200.
    "getprocesshistmsg": _OUTSIDER,
    "getcolonystatsmsg": _OUTSIDER,
    # The real server admits them.
    "subscribeprocessmsg": _OUTSIDER,
}


@dataclass(frozen=True)
class Shot:
    """A request, and who signs it."""

    signer: str
    msgtype: str
    payload: bytes


class Complaints(logging.Handler):
    """Errors and tracebacks in the log."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.ERROR or record.exc_info:
            self.found.append(self.format(record))


class Target:
    """A server that goes on from where the furnished one ended."""

    def __init__(self, lab: Lab, clock: ManualClock, furnished: Furnished) -> None:
        self._lab = lab
        self._clock = clock
        self._keys = furnished.keys
        self.succeeded: set[str] = set()
        """Messages that were carried out, or are."""

    async def take(self, shot: Shot) -> None:
        """Send a request, and check the answer, if there is to be one."""
        body = envelope(self._keys[shot.signer], shot.msgtype, shot.payload)
        method = METHODS.get(shot.msgtype)
        if method is not None and method.transport is Via.WEBSOCKET:
            await self._listen(method, body)
            return
        posting = asyncio.create_task(self._lab.post(body))
        if method is not None and method.waits is not None:
            for _ in range(3):
                done, _pending = await asyncio.wait({posting}, timeout=_BLINK_S)
                if done:
                    break
                self._clock.advance(10)
            else:
                # It asks for a longer wait than there is time for.
                posting.cancel()
                await asyncio.wait({posting})
                return
        status, reply = await asyncio.wait_for(posting, PATIENCE_S)
        self.check(method, status, reply)

    async def take_raw(self, body: bytes) -> None:
        """Send any bytes, and check the answer."""
        status, reply = await asyncio.wait_for(self._lab.post(body), PATIENCE_S)
        try:
            method = METHODS.get(read_envelope(body).payloadtype)
        except refusal.Refusal:
            method = None
        self.check(method, status, reply)

    async def is_alive(self) -> None:
        """Wait until the server has let some time pass, and answers."""
        async with self._lab.session.get(self._lab.server.url + HEALTH_PATH) as response:
            assert response.status == 200

    async def _listen(self, method: Method[Any, Any], body: bytes) -> None:
        async with line(self._lab) as connection:
            await connection.socket.send_bytes(body)
            await connection.settle()
            if not connection.inbox:
                self.succeeded.add(method.msgtype)
            for _ in range(2):
                while connection.inbox:
                    frame = await connection.frame()
                    if frame.type is aiohttp.WSMsgType.BINARY:
                        self.check(method, None, frame.data)
                    else:
                        assert frame.type is aiohttp.WSMsgType.CLOSE, frame
                self._clock.advance(10)
                await connection.settle()

    def check(self, method: Method[Any, Any] | None, status: int | None, body: bytes) -> None:
        """A reply of this message, or a refusal that is written down somewhere; the envelope agrees with the status."""
        reply = msgspec.json.decode(body, type=RPCReplyMsg)
        if not reply.error:
            assert method is not None or reply.payloadtype in {each.payloadtype for each in METHODS.values()}
            assert status in (None, 200)
            if method is not None:
                assert reply.payloadtype == method.payloadtype
                decode_reply(method, reply.payload or b"", strict=True)
                self.succeeded.add(method.msgtype)
            return
        failure = msgspec.json.decode(reply.payload or b"", type=Failure)
        assert reply.payloadtype == ERROR_PAYLOADTYPE
        assert status in (None, failure.status)
        assert failure.message.strip()
        own = () if method is None else (*method.errors, *_STRICTER.get(method.msgtype, ()))
        assert any(each.matches(failure.status, failure.message) for each in (*own, *_OWN, *_GENERAL)), (
            f"{method and method.msgtype}: undocumented {failure.status} {failure.message}"
        )


@contextlib.asynccontextmanager
async def target(furnished: Furnished, *, minutes: float = 2) -> AsyncGenerator[Target]:
    """A target. At the end, time passes, and then everything is checked that a server must be after any requests.

    No error has been logged; the server answers; its tables fit together; the file holds exactly them; and another
    server starts on the file.
    """
    complaints = Complaints()
    logging.getLogger().addHandler(complaints)
    folder = Path(tempfile.mkdtemp())
    try:
        file = folder / "server.db"
        file.write_bytes(furnished.content)
        clock = ManualClock(datetime(2026, 1, 1, 0, 1, tzinfo=UTC))
        options: dict[str, Any] = {"server_key": furnished.keys["server"], "db": file, "clock": clock}
        options["request_timeout"] = 10 * PATIENCE_S
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
            async with Server(**options) as server:
                made = Target(Lab(server, session), clock, furnished)
                yield made
                clock.advance(minutes=minutes)
                await made.is_alive()
                records = server._records  # pyright: ignore[reportPrivateUsage]
                check_records(records)
            async with Server(**options) as again:
                check_same(rows_of(again._records), rows_of(records))  # pyright: ignore[reportPrivateUsage]
                clock.advance(2)
        assert complaints.found == [], "\n".join(complaints.found)
    finally:
        logging.getLogger().removeHandler(complaints)
        shutil.rmtree(folder)


def rows_of(records: Records) -> dict[str, dict[str, bytes]]:
    """Every row as JSON, by the name of its table and its key."""
    tables: dict[str, Any] = {
        name: table for name, table in vars(records).items() if isinstance(table, Table)
    }
    return {name: {table.key(row): encode(row) for row in table} for name, table in tables.items()}


def check_same(stored: dict[str, dict[str, bytes]], known: dict[str, dict[str, bytes]]) -> None:
    """What a file holds is what its server knew."""
    for table, rows in known.items():
        assert stored[table].keys() == rows.keys(), f"rows of {table} are missing, or too many"
        for key, row in rows.items():
            # A 0 may have become a 0.0, which is the same number.
            same = msgspec.json.decode(stored[table][key]) == msgspec.json.decode(row)
            assert same, f"{table}: {row!r} became {stored[table][key]!r}"


def check_records(records: Records) -> None:
    """What holds between the tables at any time."""
    for process in records.processes:
        running = process.state is ProcessState.RUNNING
        assert process.isassigned == running or process.state is not ProcessState.WAITING, process
        if running:
            assert process.isassigned
            assert process.assignedexecutorid
        if process.processgraphid:
            graph = records.processgraphs.get(process.processgraphid)
            assert graph is not None, f"{process.processid} belongs to no workflow"
        assert all(process.processid in records.processes[each].children for each in process.parents)
        assert all(process.processid in records.processes[each].parents for each in process.children)
    for argument in records.packed:
        assert records.generators.get(argument.generatorid) is not None, "an argument of no generator"
    _check_colonies(records)


def _check_colonies(records: Records) -> None:
    scoped: Iterable[Any] = [
        row
        for table in (
            records.executors,
            records.users,
            records.functions,
            records.processgraphs,
            records.files,
            records.snapshots,
            records.locations,
            records.crons,
            records.generators,
        )
        for row in table
    ]
    for row in scoped:
        assert records.colonies.get(row.colonyname) is not None, f"{row} belongs to no colony"
    for process in records.processes:
        assert records.colonies.get(process.spec.conditions.colonyname) is not None
