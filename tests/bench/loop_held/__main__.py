"""How long each message, and each periodic check, holds the event loop of a server with 100,000 processes.

`python -m tests.bench.loop_held [PROCESSES] [--file] [--lopsided]` prints the longest stretch of each. Every request goes
through the whole server, without a socket; a stretch is what one callback of the event loop takes, whatever it is for. CPU
time of the loop's thread is what counts on a busy machine; the time by the clock, in which it also waits for the disk and
for other programs, is beside it.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import gc
import itertools
import json
import tempfile
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from colonyos_gen_wire.method import Method, Role, Via
from colonyos_gen_wire.methods import METHODS
from colonyos_gen_wire.types.common import ProcessState

from colonyos_gen.cli.garbage import looked_through_at_leisure
from colonyos_gen.crypto import PrivateKey
from colonyos_gen.server import Server
from tests.bench.loop_held import crowd, lopsided
from tests.bench.loop_held.crowd import BIG, TYPE, Crowd
from tests.bench.loop_held.stretches import Stretches, signed
from tests.server.fuzz.schema_document import SCHEMA

PROCESSES = 100_000
LIMIT_MS = 50.0
_LAST = ("reject_executor", "remove_executor", "remove_all_snapshots", "change_executor_id", "change_user_id")
_VERY_LAST = (
    "remove_all_processgraphs",
    "remove_all_processes",
    "change_colony_id",
    "remove_colony",
    "change_server_id",
)


class Asking:
    """Makes requests for every message from the schema, and from what there is."""

    def __init__(self, people: Crowd, server: Server) -> None:
        self._people = people
        self._server = server
        self._records = crowd.records_of(server)
        self._document: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
        self._numbers = itertools.count()
        self._adding = self._new_executor = False
        in_state: dict[ProcessState, list[Any]] = defaultdict(list)
        members: dict[ProcessState, list[Any]] = defaultdict(list)
        for process in self._records.processes:
            if process.spec.conditions.colonyname == BIG:
                (members if process.processgraphid else in_state)[process.state].append(process)
        self._in_state = {state: iter(found) for state, found in in_state.items()}
        self._running_members = iter(members[ProcessState.RUNNING])
        self._executors = {key.id: key for key in people.executors}

    def requests(self, method: Method[Any, Any]) -> Iterator[tuple[str, bytes]]:
        """What is said of it, and the body, for every variant of a message that looks at different rows."""
        self._new_executor = method.name == "add_executor"
        self._adding = method.name.startswith("add_") and method.name not in ("add_log", "add_executor_log")
        for what, fields in self._variants(method):
            message = self._document["x-messages"][method.msgtype]
            payload = self._value(message["request"], "", fields)
            payload |= {name: value for name, value in fields.items() if name in payload}
            payload["msgtype"] = method.msgtype
            key = fields.get("signer") or self._key(method)
            yield what, signed(method, payload, key)

    def _key(self, method: Method[Any, Any]) -> PrivateKey:
        people = self._people
        if Role.SERVER_OWNER in method.roles:
            return people.server
        if method.roles == (Role.COLONY_OWNER,):
            return people.colony
        if Role.USER in method.roles:
            return people.user
        return people.executors[0]

    def _variants(self, method: Method[Any, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        name = method.name
        if name in ("get_processes", "get_processgraphs", "get_process_history"):
            for state in (0, 1, 2, 3, 4):
                common = {"state": state, "count": 100, "seconds": 10**6, "executortype": "", "label": ""}
                common |= {"initiator": "", "executorid": ""}
                yield f"state {state}", common
                if name == "get_processes":
                    yield f"state {state}, of a type", common | {"executortype": "rare"}
                    yield f"state {state}, of an initiator", common | {"initiator": "user-1"}
                    yield f"state {state}, of a label", common | {"label": "label-7"}
        elif name in ("remove_all_processes", "remove_all_processgraphs"):
            for state in (0, 2, 3, 4, -1):
                yield f"state {state}", {"state": state}
        elif name == "get_logs":
            process = next(self._in_state[ProcessState.SUCCESS]).processid
            for latest in (False, True):
                common = {"processid": process, "executorname": "", "count": 100, "latest": latest}
                yield f"process, latest {latest}", common
                yield f"executor, latest {latest}", common | {"executorname": "worker-0", "processid": ""}
        elif name == "submit":
            yield "", {"priority": 0}
        elif name == "search_logs":
            for text in ("line", "nothing"):
                yield f"of {text}", {"text": text, "days": 10, "count": 100}
        elif name in ("get_files", "create_snapshot"):
            for label in ("/data", "/data/1", "/"):
                yield f"under {label}", {"label": label}
        elif name == "get_file_labels":
            for exact in (False, True):
                yield f"exact {exact}", {"name": "/data", "exact": exact}
        elif name == "get_functions":
            for executor in ("", "worker-0"):
                yield f"of {executor or 'all'}", {"executorname": executor}
        else:
            yield "", self._about(method)

    def _about(self, method: Method[Any, Any]) -> dict[str, Any]:
        """Values for a message that is about one process, or changes one thing."""
        name = method.name
        fields: dict[str, Any] = {}
        if not name.startswith("add_") and method.domain in _NAMES:
            fields["name"] = _NAMES[method.domain]
        if name in ("get_blueprint_definition", "remove_blueprint_definition"):
            fields["name"] = "kind-7"
        if name == "get_user_by_id":
            fields["userid"] = self._people.user.id
        if name == "get_executor_by_id":
            fields["executorid"] = self._people.executors[0].id
        if Role.ASSIGNED_EXECUTOR in method.roles or name == "add_child":
            running = self._running_members if name == "add_child" else self._in_state[ProcessState.RUNNING]
            process = next(running)
            fields |= {"processid": process.processid, "targetid": process.processid}
            fields |= {"parentprocessid": process.processid, "processgraphid": process.processgraphid}
            fields |= {"signer": self._executors[process.assignedexecutorid], "childprocessid": ""}
        elif name in ("cancel_process", "remove_process", "subscribe_process", "get_process"):
            fields["processid"] = next(self._in_state[ProcessState.WAITING]).processid
        if method.domain == "identity":
            fields["signer"] = {
                "change_user_id": self._people.user,
                "change_executor_id": self._people.executors[1],
            }.get(name, self._key(method))
        if name in (
            "assign",
            "add_function",
            "remove_function",
            "update_executor",
            "report_allocations",
            "add_executor_log",
        ):
            fields["signer"] = self._people.executors[0]
        return fields

    def _value(self, schema: dict[str, Any], field: str, fields: dict[str, Any]) -> Any:
        schema = self._resolved(schema)
        if field in fields:
            return fields[field]
        if "const" in schema:
            return schema["const"]
        if "anyOf" in schema and "x-enum-values" not in schema:
            return self._value(schema["anyOf"][0], field, fields)
        kinds = schema.get("type", "object")
        kind = kinds if isinstance(kinds, str) else next(each for each in kinds if each != "null")
        if kind == "object":
            return {key: self._value(each, key, fields) for key, each in schema.get("properties", {}).items()}
        if kind == "array":
            return []
        if kind == "boolean":
            return False
        if kind in ("integer", "number"):
            return {"count": 100, "timeout": 1, "interval": 60, "trigger": 5}.get(field, 0)
        return self._text(field, schema)

    def _resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        if "$ref" not in schema:
            return schema
        name = schema["$ref"].rpartition("/")[2]
        named = self._document["$defs"][name]
        return {
            **schema,
            **named,
            "properties": {**schema.get("properties", {}), **named.get("properties", {})},
        }

    def _text(self, field: str, schema: dict[str, Any]) -> str:
        number = next(self._numbers)
        fixed = {
            "colonyname": BIG,
            "targetcolonyname": BIG,
            "colony_name": BIG,
            "namespace": BIG,
            "executortype": TYPE,
            "executorname": "new" if self._new_executor else "worker-0",
            "channelname": "out",
            "blueprintname": "lamp-2",
            "location": "",
            "locationname": "",
            "kind": "Kind0",
            "cronid": "c-0",
            "generatorid": "g-0",
            "generatorname": "g-0",
            "functionid": "function-0",
            "blueprintid": "b-0",
            "fileid": "file-7",
            "snapshotid": "s-0",
            "label": "/data/1",
            "funcname": "work",
        }
        if field in fixed and not (self._adding and field in _OWN):
            return fixed[field]
        if field == "attributeid":
            return next(each.attributes[0].attributeid for each in self._records.processes if each.attributes)
        if field == "processgraphid":
            return next(iter(self._records.processgraphs)).processgraphid
        if field == "processid":
            return next(iter(self._records.processes)).processid
        if field in ("colonyid", "executorid", "userid", "serverid"):
            return f"{number + 10**9:064x}"
        if schema.get("format") == "date-time":
            return "0001-01-01T00:00:00Z"
        if field in ("cpu", "mem", "storage", "availablecpu", "availablemem"):
            return ""
        if field == "workflowspec":
            return next(iter(self._records.crons)).workflowspec
        return f"new-{number}" if field == "name" else ""


_OWN = ("functionid", "blueprintid", "cronid", "generatorid", "fileid", "executorid")
"""What is to be new of something that is added."""
_NAMES = {
    "channel": "out",
    "location": "place-1",
    "snapshot": "s-1",
    "user": "user-3",
    "file": "a.txt",
    "blueprint": "lamp-2",
}


async def every_message(server: Server, people: Crowd) -> list[tuple[str, str, Stretches]]:
    """What every message takes, readers first and removals last."""
    asking = Asking(people, server)
    rows: list[tuple[str, str, Stretches]] = []
    for method in sorted(METHODS.values(), key=_order):
        for what, body in asking.requests(method):
            with Stretches() as stretches:
                status = await asyncio.create_task(_answered(server, method, body))
                await asyncio.sleep(0.02)
            gc.collect(0)
            rows.append((f"{method.name} {what}".strip(), status, stretches))
    return rows


def _order(method: Method[Any, Any]) -> tuple[int, int, str]:
    if method.name in _VERY_LAST:
        return 5, _VERY_LAST.index(method.name), method.name
    if method.name in _LAST:
        return 4, _LAST.index(method.name), method.name
    kinds = ("get", "search", "resolve", "channel_read", "subscribe")
    if method.name.startswith(kinds):
        return 0, 0, method.name
    return (3 if method.name.startswith(("remove", "reject")) else 2), 0, method.name


async def _answered(server: Server, method: Method[Any, Any], body: bytes) -> str:
    if method.transport is Via.HTTP:
        answer = await server.answer(body)
        if answer.status == 200:
            return "200"
        failure = json.loads(base64.b64decode(json.loads(answer.body)["payload"]))
        return f"{answer.status} {failure['message']}"

    async def take(_: bytes) -> None:
        pass

    with contextlib.suppress(ConnectionResetError):  # its time is over
        await server.direct.subscribe(body, take)
    return "ended"


async def checks(server: Server, people: Crowd) -> list[tuple[str, str, Stretches]]:
    """What the periodic checks take, with many deadlines behind them."""
    del people
    rows: list[tuple[str, str, Stretches]] = []
    for name, check in server_checks(server):
        with Stretches() as stretches:
            asyncio.get_running_loop().call_soon(check)
            await asyncio.sleep(0.5)
        rows.append((name, "", stretches))
    return rows


def server_checks(server: Server) -> list[tuple[str, Callable[[], object]]]:
    """The checks, ready to be made by the event loop."""
    periodic = server._periodic  # pyright: ignore[reportPrivateUsage]
    return [
        (f"check: {check.__qualname__}", partial(periodic.make, check))
        for check in periodic._timers  # pyright: ignore[reportPrivateUsage]
    ]


async def measure(count: int, file: Path | None, *, much: bool) -> list[tuple[str, str, Stretches]]:
    """Fill a server, and measure; `much` of single things if that is asked for."""
    people = Crowd(count, time.time_ns())
    server = Server(server_key=people.server, hazards="off")
    records = crowd.records_of(server)
    people.fill(records)
    if much:
        lopsided.furnish(records, people)
    records.store.commit()
    if file is not None:
        crowd.write(records, file)
        server = Server(server_key=people.server, hazards="off", db=file)
    del records
    # As `colonyos-gen serve` runs it.
    async with looked_through_at_leisure(), server:
        rows = await checks(server, people)
        if much:
            subscriptions = await lopsided.subscribed(server, people)
            large = lopsided.Large(server, people)
            await large.live()
            rows += large.rows
            assert not any(each.done() for each in subscriptions)
        rows += await every_message(server, people)
    gc.unfreeze()
    with Stretches() as stretches:
        asyncio.get_running_loop().call_soon(gc.collect)
        await asyncio.sleep(0.1)
    rows.append(("(collection of garbage, with everything tracked)", "", stretches))
    return rows


def table(rows: list[tuple[str, str, Stretches]], *, everything: bool) -> Iterator[str]:
    """Lines to print: those that take long, or all."""
    yield f"{'longest stretch of the loop':60} {'CPU ms':>8} {'clock ms':>9}"
    for name, status, stretches in sorted(rows, key=lambda row: -row[2].cpu):
        refused = "" if status in ("", "200", "ended") else f"  [{status[:60]}]"
        if everything or refused or stretches.cpu * 1e3 > LIMIT_MS / 5:
            yield f"{name[:60]:60} {stretches.cpu * 1e3:8.1f} {stretches.wall * 1e3:9.1f}{refused}"


async def show(
    count: int = PROCESSES, *, file: bool = False, everything: bool = False, much: bool = False
) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        rows = await measure(count, Path(folder, "crowd.db") if file else None, much=much)
    added = ", and very much of single things" if much else ""
    print(f"\n{count:,} processes{added}, {'with a file' if file else 'in memory'}")
    print("\n".join(table(rows, everything=everything)), flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser("python -m tests.bench.loop_held", description=__doc__)
    parser.add_argument("processes", type=int, nargs="?", default=PROCESSES)
    parser.add_argument("--file", action="store_true", help="with an SQLite file")
    parser.add_argument("--all", action="store_true", help="every message, however short it takes")
    parser.add_argument(
        "--lopsided", action="store_true", help="with large workflows, and 10,000 of other things"
    )
    options = parser.parse_args()
    awaited: Awaitable[None] = show(
        options.processes, file=options.file, everything=options.all, much=options.lopsided
    )
    asyncio.run(awaited)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
