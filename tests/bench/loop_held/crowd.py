"""A server with a hundred thousand processes, and everything else that comes with them, put straight into its tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from colonyos_gen_wire.codec import encode
from colonyos_gen_wire.constants import APPROVED
from colonyos_gen_wire.types.attribute import Attribute
from colonyos_gen_wire.types.blueprint import (
    Blueprint,
    BlueprintDefinition,
    BlueprintDefinitionNames,
    BlueprintDefinitionSpec,
    BlueprintHandlerSpec,
    BlueprintMetadata,
)
from colonyos_gen_wire.types.colony import Colony
from colonyos_gen_wire.types.common import ProcessState
from colonyos_gen_wire.types.cron import Cron
from colonyos_gen_wire.types.executor import Executor
from colonyos_gen_wire.types.file import File
from colonyos_gen_wire.types.function import Function
from colonyos_gen_wire.types.generator import Generator
from colonyos_gen_wire.types.location import Location
from colonyos_gen_wire.types.log import Log
from colonyos_gen_wire.types.process import Conditions, FunctionSpec, Process
from colonyos_gen_wire.types.snapshot import Snapshot
from colonyos_gen_wire.types.user import User
from colonyos_gen_wire.types.workflow import ProcessGraph, WorkflowSpec
from msgspec.structs import replace

from colonyos_gen.crypto import PrivateKey
from colonyos_gen.server import Server
from colonyos_gen.server._clock import moment
from colonyos_gen.server._processes import lifecycle
from colonyos_gen.server._store.records import BlueprintVersion, PackedArgument, Records
from colonyos_gen.server._store.sqlite_journal import SqliteJournal
from colonyos_gen.server._store.tables import Change, Table

BIG, SMALL, TYPE = "big", "small", "worker"
EXECUTORS = 100
MEMBERS = 10
"""Of a workflow."""
_STATES = [ProcessState.SUCCESS] * 5 + [
    ProcessState.FAILED,
    ProcessState.CANCELLED,
    ProcessState.WAITING,
    ProcessState.WAITING,
    ProcessState.RUNNING,
]


class Crowd:
    """Whoever signs for the crowd, and when its first process was submitted.

    Nine of ten processes are of one colony and one user; every tenth of its hundreds is a workflow.
    """

    def __init__(self, count: int, now_ns: int) -> None:
        self.count = count
        self.server, self.colony, self.user, self.small, self.lonely = (
            PrivateKey.generate() for _ in range(5)
        )
        self.executors = [PrivateKey.generate() for _ in range(EXECUTORS)]
        self._now_ns = now_ns

    def fill(self, records: Records) -> None:
        """Put everything into tables."""
        self._people(records)
        for start in range(0, self.count, 100):
            if start % 1000 == 0:
                for first in range(start, start + 100, MEMBERS):
                    self._workflow(records, first)
            else:
                for number in range(start, start + 100):
                    colonyname = SMALL if number % 10 == 3 else BIG
                    self._process(records, number, colonyname, "")
        self._things(records)

    def _people(self, records: Records) -> None:
        for name, owner, worker, keys in (
            (BIG, self.colony, "worker", self.executors),
            (SMALL, self.small, "other", [self.lonely]),
        ):
            records.colonies.put(Colony(colonyid=owner.id, name=name))
            for number, key in enumerate(keys):
                executor = Executor.new(f"{worker}-{number}", key.id, TYPE, name)
                records.executors.put(replace(executor, state=APPROVED))
        for number in range(self.count // 100):
            identity = self.user.id if number == 0 else f"{number:064x}"
            records.users.put(User(colonyname=BIG, userid=identity, name=f"user-{number}"))

    def _process(self, records: Records, number: int, colonyname: str, graph: str, node: str = "") -> Process:
        state = _STATES[number // 2 % 10]
        submitted_ns = self._now_ns - (self.count - number) * 1_000_000
        function = FunctionSpec(
            nodename=node,
            funcname="work",
            args=[number, "text"],
            label=f"label-{number % 50}",
            channels=["out"],
            maxexectime=3600,
            maxwaittime=-1 if number % 4 else 86400,
            env={"NUMBER": str(number)} if number % 5 == 0 else {},
            conditions=Conditions(colonyname=colonyname, executortype=TYPE),
        )
        process = lifecycle.submitted(function, self.user.id, "user-0", submitted_ns)
        process = replace(process, processgraphid=graph)
        executor = self.executors[number % EXECUTORS] if colonyname == BIG else self.lonely
        time = moment(submitted_ns + 1_000_000)
        if state not in (ProcessState.WAITING, ProcessState.CANCELLED):
            process = lifecycle.assigned(process, executor.id, time)
            attribute = Attribute.new(colonyname, process.processid, "key", "value")
            attribute = replace(attribute, attributeid=lifecycle.attribute_id(attribute))
            process = replace(process, attributes=[*process.attributes, attribute])
            records.logs.put(
                Log(
                    processid=process.processid,
                    colonyname=colonyname,
                    executorname=f"worker-{number % EXECUTORS}",
                    message=f"line {number}",
                    timestamp=submitted_ns,
                )
            )
        if state is ProcessState.SUCCESS:
            process = lifecycle.closed(process, ["result", number], time)
        elif state is ProcessState.FAILED:
            process = lifecycle.failed(process, ["reason"], time)
        elif state is ProcessState.CANCELLED:
            process = lifecycle.cancelled(process, time)
        return records.processes.put(process)

    def _workflow(self, records: Records, first: int) -> None:
        state = _STATES[first // 2 % 10] if first % 20 else ProcessState.WAITING
        graph = ProcessGraph(
            processgraphid=lifecycle.new_id(),
            initiatorid=self.user.id,
            initiatorname="user-0",
            colonyname=BIG,
            state=state,
            submissiontime=moment(self._now_ns - (self.count - first) * 1_000_000),
        )
        records.processgraphs.put(graph)
        root = self._process(records, first, BIG, graph.processgraphid, "node-0")
        children = [
            self._process(records, number, BIG, graph.processgraphid, f"node-{number - first}")
            for number in range(first + 1, first + MEMBERS)
        ]
        for child in children:
            records.processes.put(replace(child, parents=[root.processid]))
        records.processes.put(replace(root, children=[child.processid for child in children]))

    def _things(self, records: Records) -> None:
        few = self.count // 100
        work = encode(WorkflowSpec(colonyname=BIG, functionspecs=[_node()])).decode()
        for number in range(self.count // 5):
            file = File(fileid=f"file-{number}", colonyname=BIG, label=f"/data/{number % few}", name="a.txt")
            records.files.put(replace(file, sequencenr=number + 1, added=moment(self._now_ns)))
        now = moment(self._now_ns)
        for number in range(few):
            records.functions.put(
                Function(
                    functionid=f"function-{number}",
                    executorname=f"worker-{number % EXECUTORS}",
                    colonyname=BIG,
                    funcname="work" if number < EXECUTORS else f"work-{number}",
                )
            )
            records.locations.put(Location(locationid=f"{number}", name=f"place-{number}", colonyname=BIG))
            records.snapshots.put(
                Snapshot(
                    snapshotid=f"s-{number}", colonyname=BIG, label="/data", name=f"s-{number}", added=now
                )
            )
            about: dict[str, Any] = {
                "initiatorid": self.user.id,
                "initiatorname": "user-0",
                "colonyname": BIG,
            }
            records.crons.put(
                Cron(cronid=f"c-{number}", name=f"c-{number}", interval=3600, workflowspec=work, **about)
            )
            records.generators.put(
                Generator(
                    generatorid=f"g-{number}", name=f"g-{number}", trigger=100, workflowspec=work, **about
                )
            )
            for place in range(10):
                argument = PackedArgument(f"a-{number}-{place}", f"g-{number}", "argument")
                records.packed.put(argument)
            self._blueprint(records, number)

    def _blueprint(self, records: Records, number: int) -> None:
        definition = BlueprintDefinition(
            blueprintdefinitionid=f"d-{number}",
            metadata=BlueprintMetadata(name=f"kind-{number}", colonyname=BIG),
            spec=BlueprintDefinitionSpec(
                names=BlueprintDefinitionNames(kind=f"Kind{number}"),
                handler=BlueprintHandlerSpec(executorType=TYPE, functionName="light"),
            ),
        )
        records.definitions.put(definition)
        place = BlueprintMetadata(name=f"lamp-{number}", colonyname=BIG, generation=1)
        records.blueprints.put(
            Blueprint(blueprintid=f"b-{number}", kind="Kind0", metadata=place, spec={"on": True})
        )
        records.blueprint_versions.put(
            BlueprintVersion(
                historyid=f"h-{number}",
                blueprintid="b-0",
                kind="Kind0",
                namespace=BIG,
                name="lamp-0",
                generation=number,
                spec={"on": True},
                status={},
                timestamp=moment(self._now_ns),
                changedby=self.user.id,
                changetype="update",
            )
        )


def _node() -> FunctionSpec:
    return FunctionSpec(
        nodename="one", funcname="work", conditions=Conditions(colonyname=BIG, executortype=TYPE)
    )


def tables(records: Records) -> list[Table[Any]]:
    """The tables among the attributes of the records."""
    found: list[Any] = list(vars(records).values())
    return [each for each in found if isinstance(each, Table)]


def write(records: Records, file: Path) -> None:
    """Write everything into a file for `Server(db=…)`."""
    journal = SqliteJournal(file)
    for table in tables(records):
        changes = [Change(table.name, table.key(row), row) for row in table]
        for start in range(0, len(changes), 5000):
            journal.write(changes[start : start + 5000])
    journal.close()


def records_of(server: Server) -> Records:
    """The tables of a server."""
    return server._records  # pyright: ignore[reportPrivateUsage] # filled here without a million requests
