"""A server with very much of one thing: large workflows, and ten thousand of what there are a few of elsewhere."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from colonyos_gen_wire.codec import encode
from colonyos_gen_wire.constants import APPROVED
from colonyos_gen_wire.method import Method
from colonyos_gen_wire.methods import METHODS
from colonyos_gen_wire.types.attribute import Attribute
from colonyos_gen_wire.types.common import ProcessState
from colonyos_gen_wire.types.cron import Cron
from colonyos_gen_wire.types.executor import Executor
from colonyos_gen_wire.types.file import File
from colonyos_gen_wire.types.log import Log
from colonyos_gen_wire.types.process import Conditions, FunctionSpec
from colonyos_gen_wire.types.workflow import WorkflowSpec
from msgspec.structs import replace

from colonyos_gen.crypto import PrivateKey
from colonyos_gen.server import Server
from colonyos_gen.server._clock import moment
from colonyos_gen.server._processes import lifecycle
from colonyos_gen.server._store.records import Records
from tests.bench.loop_held import crowd
from tests.bench.loop_held.crowd import BIG, TYPE, Crowd
from tests.bench.loop_held.stretches import Stretches, signed

NODES = 5000
LOGS = 100_000
MANY = 10_000
SUBSCRIPTIONS = 1000
WIDE = "wide"
"""The executor type of the nodes."""


def furnish(records: Records, people: Crowd) -> None:
    """Add to a crowd very much that belongs to one thing."""
    now_ns = time.time_ns()
    now = moment(now_ns)
    in_state = {
        state: next(
            process for process in records.processes_in_state.find((BIG, state)) if not process.processgraphid
        )
        for state in (ProcessState.SUCCESS, ProcessState.RUNNING)
    }
    laden = in_state[ProcessState.RUNNING]
    attributes = [
        replace(each, attributeid=lifecycle.attribute_id(each))
        for each in (Attribute.new(BIG, laden.processid, f"key-{number}", "value") for number in range(MANY))
    ]
    records.processes.put(replace(laden, attributes=attributes))
    for number in range(LOGS):
        records.logs.put(
            Log(
                processid=in_state[ProcessState.SUCCESS].processid,
                colonyname=BIG,
                executorname="worker-0",
                message=f"line {number}",
                timestamp=now_ns + number,
            )
        )
    plan = encode(WorkflowSpec(colonyname=BIG, functionspecs=[_node(0, 0)])).decode()
    for number in range(MANY):
        executor = Executor.new(f"one-of-many-{number}", f"{number + 10**8:064x}", TYPE, BIG)
        records.executors.put(replace(executor, state=APPROVED, lastheardfromtime=now))
        file = File(fileid=f"many-{number}", colonyname=BIG, label="/data/1", name=f"f-{number}", added=now)
        records.files.put(replace(file, sequencenr=10**6 + number))
        records.crons.put(
            Cron(
                cronid=f"many-{number}",
                name=f"many-{number}",
                interval=3600,
                colonyname=BIG,
                initiatorid=people.user.id,
                initiatorname="user-0",
                workflowspec=plan,
                nextrun=moment(now_ns + 10**13),
            )
        )
    large = encode(workflow(fans_out=True)).decode()
    about: dict[str, Any] = {"colonyname": BIG, "initiatorid": people.user.id, "initiatorname": "user-0"}
    records.crons.put(
        Cron(
            cronid="large",
            name="large",
            interval=10**6,
            workflowspec=large,
            nextrun=moment(now_ns + 10**13),
            **about,
        )
    )


def workflow(*, fans_out: bool) -> WorkflowSpec:
    """A root with very many children, or with very many before a last one."""
    return WorkflowSpec(
        colonyname=BIG, functionspecs=[_node(number, NODES, fans_out=fans_out) for number in range(NODES)]
    )


def _node(number: int, count: int, *, fans_out: bool = True) -> FunctionSpec:
    parents = ["n0"] if fans_out and number else []
    if not fans_out and number == count - 1:
        parents = [f"n{parent}" for parent in range(count - 1)]
    conditions = Conditions(colonyname=BIG, executortype=WIDE, dependencies=parents)
    return FunctionSpec(nodename=f"n{number}", funcname="work", args=[number], conditions=conditions)


@dataclass
class Large:
    """Goes through the lives of large workflows, and of a process with very many attributes."""

    server: Server
    people: Crowd
    rows: list[tuple[str, str, Stretches]] = field(default_factory=list[tuple[str, str, Stretches]])

    async def live(self) -> None:
        """Do everything that can be done to them."""
        people, worker = self.people, PrivateKey.generate()
        crowd.records_of(self.server).executors.put(
            replace(Executor.new("wide-0", worker.id, WIDE, BIG), state=APPROVED)
        )
        for fans_out in (True, False):
            kind = "fan-out" if fans_out else "fan-in"
            for end in ("close", "fail", "cancel"):
                graph = await self._ask(
                    f"submit {kind}", "submit_workflow", people.user, spec=workflow(fans_out=fans_out)
                )
                about = {"processgraphid": graph["processgraphid"]}
                await self._ask(f"get {kind}", "get_processgraph", people.user, **about)
                await self._ask(
                    f"list with {kind}", "get_processgraphs", people.user, colonyname=BIG, state=0, count=100
                )
                if end != "cancel":
                    assigned = await self._ask(
                        f"assign of {kind}", "assign", worker, colonyname=BIG, timeout=5
                    )
                    await self._ask(f"{end} in {kind}", end, worker, processid=assigned["processid"])
                if end != "fail":
                    await self._ask(f"cancel {kind}", "cancel_processgraph", people.user, **about)
                await self._ask(f"remove {kind}", "remove_processgraph", people.user, **about)
        await self._ask("run cron with fan-out", "run_cron", people.user, cronid="large")
        await self._laden()

    async def _laden(self) -> None:
        """What is done to the process that has very many attributes."""
        laden = max(crowd.records_of(self.server).processes, key=lambda process: len(process.attributes))
        worker = next(key for key in self.people.executors if key.id == laden.assignedexecutorid)
        about: dict[str, Any] = {"processid": laden.processid}
        added = Attribute.new(BIG, laden.processid, "one-more", "value")
        await self._ask("add_attribute to many", "add_attr", worker, attribute=added)
        await self._ask("get_process with many attributes", "get_process", self.people.user, **about)
        await self._ask(
            "get_processes with many attributes", "get_processes", self.people.user,
            colonyname=BIG, state=1, count=100, executortype="", label="", initiator="",
        )  # fmt: skip
        await self._ask("close with many attributes", "close", worker, **about)
        await self._ask("remove with many attributes", "remove_process", self.people.user, **about)

    async def _ask(self, what: str, name: str, key: PrivateKey, **fields: Any) -> Any:
        method = _method(name)
        body = signed(method, {"msgtype": method.msgtype, **fields}, key)
        with Stretches() as stretches:
            answer = await asyncio.create_task(self.server.answer(body))
            await asyncio.sleep(0.3)
        reply = json.loads(b64decode(json.loads(answer.body)["payload"]))
        self.rows.append(
            (what, "200" if answer.status == 200 else f"{answer.status} {reply['message']}", stretches)
        )
        return reply


def _method(name: str) -> Method[Any, Any]:
    return next(method for method in METHODS.values() if method.name == name)


async def subscribed(server: Server, people: Crowd) -> Sequence[asyncio.Task[None]]:
    """Very many subscriptions to what becomes of processes."""

    async def take(_: bytes) -> None:
        pass

    method = _method("subscribe_processes")
    fields = {"msgtype": method.msgtype, "colonyname": BIG, "executortype": TYPE, "state": 0, "timeout": 3600}
    body = signed(method, fields, people.executors[0])

    async def listen() -> None:
        with contextlib.suppress(ConnectionResetError):  # the server is stopped at the end
            await server.direct.subscribe(body, take)

    tasks = [asyncio.create_task(listen()) for _ in range(SUBSCRIPTIONS)]
    await asyncio.sleep(1)
    return tasks
