"""A server file with something of everything in it, and the ids and names of what there is."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import msgspec
from colonyos_gen_wire.method import Role
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
from colonyos_gen_wire.types.process import Process
from colonyos_gen_wire.types.user import User
from colonyos_gen_wire.types.workflow import WorkflowSpec

from colonyos_gen import AsyncClient, PrivateKey
from colonyos_gen.server import ManualClock, Server
from colonyos_gen.server._store.records import Records
from colonyos_gen.server._store.sqlite_journal import SqliteJournal
from colonyos_gen.server._store.tables import Store, Table
from tests.server.kit.lab import COLONY, TYPE, spec
from tests.server.kit.stored import node, text

OTHER = "other-colony"
KEYS = ("server", "colony", "executor", "user", "pending", "other colony", "other executor", "stranger")
SIGNERS = {
    Role.NONE: "stranger",
    Role.ANY_KEY: "executor",
    Role.SERVER_OWNER: "server",
    Role.COLONY_OWNER: "colony",
    Role.EXECUTOR_APPROVED: "executor",
    Role.EXECUTOR_ANY_STATE: "pending",
    Role.USER: "user",
    Role.ASSIGNED_EXECUTOR: "executor",
    Role.INITIATOR: "user",
}
"""Which of the keys plays a role."""
_ALIASES = {
    "processid": ["targetid", "parentprocessid", "childprocessid"],
    "processgraphid": ["targetprocessgraphid", "prevprocessgraphid"],
    "executorname": ["executornames"],
    "blueprint.name": ["blueprintname"],
    "generator.name": ["generatorname"],
    "location.name": ["locationname"],
    "channel.name": ["channelname"],
    "nodename": ["dependencies"],
}
"""Fields that hold what others are called."""


@dataclass
class Furnished:
    """A file for `Server(db=…)`, in which everything has its place."""

    content: bytes
    keys: dict[str, PrivateKey]
    known: dict[str, list[Any]]
    """Ids and names by the field that has them, and names by `domain.name`."""


async def furnish(folder: Path) -> Furnished:
    """Start a server on a file, fill it, and stop it again."""
    keys = {name: PrivateKey.generate() for name in KEYS}
    file = folder / "furnished.db"
    async with (
        Server(server_key=keys["server"], db=file, clock=ManualClock()) as server,
        AsyncClient(server.url, server_key=keys["server"], colony_key=keys["colony"]) as client,
    ):
        await _people(client, keys)
        await _processes(client, keys)
        await _things(client, keys)
    journal = SqliteJournal(file)
    known = _known(Records(Store(journal)))
    journal.close()
    return Furnished(file.read_bytes(), keys, known)


async def _people(client: AsyncClient, keys: dict[str, PrivateKey]) -> None:
    for name, owner, worker in (
        (OTHER, keys["other colony"], keys["other executor"]),
        (COLONY, keys["colony"], keys["executor"]),
    ):
        await client.add_colony(Colony(colonyid=owner.id, name=name))
        await client.add_executor(Executor.new("worker", worker.id, TYPE, name), prvkey=owner)
        await client.approve_executor(name, "worker", prvkey=owner)
    await client.add_executor(Executor.new("pending", keys["pending"].id, TYPE, COLONY))
    await client.add_user(User(colonyname=COLONY, userid=keys["user"].id, name="ada"))
    await client.add_location(Location(name="hall", colonyname=COLONY))


async def _processes(client: AsyncClient, keys: dict[str, PrivateKey]) -> None:
    user, worker = keys["user"], keys["executor"]

    async def taken(priority: int) -> Process:
        await client.submit(spec(channels=["c"], priority=priority), prvkey=user)
        return await client.assign(COLONY, 10, prvkey=worker)

    closed, failed, running = await taken(3), await taken(2), await taken(1)
    await client.close(closed.processid, output=["done"], prvkey=worker)
    await client.fail(failed.processid, errors=["no"], prvkey=worker)
    attribute = Attribute.new(COLONY, running.processid, "key", "value")
    await client.add_attr(attribute, prvkey=worker)
    await client.add_log(Log(processid=running.processid, message="a line"), prvkey=worker)
    await client.channel_append(running.processid, "c", 1, b"x", prvkey=worker)
    cancelled = await client.submit(spec(), prvkey=user)
    await client.cancel_process(cancelled.processid, prvkey=user)
    workflow = WorkflowSpec(colonyname=COLONY, functionspecs=[node("one", priority=5), node("two", "one")])
    await client.submit_workflow(workflow, prvkey=worker)
    await client.assign(COLONY, 10, prvkey=worker)
    await client.submit_workflow(workflow, prvkey=user)
    await client.submit(spec(env={"A": "1"}, label="a", maxwaittime=3600), prvkey=user)
    foreign = spec()
    foreign.conditions.colonyname = OTHER
    await client.submit(foreign, prvkey=keys["other executor"])


async def _things(client: AsyncClient, keys: dict[str, PrivateKey]) -> None:
    user, worker = keys["user"], keys["executor"]
    await client.add_function(Function(executorname="worker", colonyname=COLONY, funcname="f"), prvkey=worker)
    every_hour = Cron(colonyname=COLONY, name="hourly", workflowspec=text(), cronexpression="0 0 * * * *")
    await client.add_cron(every_hour, prvkey=user)
    generator = Generator(colonyname=COLONY, name="batch", workflowspec=text(), trigger=3)
    made = await client.add_generator(generator, prvkey=user)
    await client.pack_generator(made.generatorid, "argument", prvkey=user)
    definition = BlueprintDefinition(
        metadata=BlueprintMetadata(name="lamp", colonyname=COLONY),
        spec=BlueprintDefinitionSpec(
            names=BlueprintDefinitionNames(kind="Lamp"),
            handler=BlueprintHandlerSpec(executorType=TYPE, functionName="light"),
        ),
    )
    await client.add_blueprint_definition(definition)
    unused = BlueprintDefinition(metadata=BlueprintMetadata(name="desk", colonyname=COLONY))
    await client.add_blueprint_definition(unused)
    place = BlueprintMetadata(name="lamp-1", colonyname=COLONY, generation=1)
    await client.add_blueprint(Blueprint(kind="Lamp", metadata=place, spec={"on": True}), prvkey=user)
    await client.add_file(File(colonyname=COLONY, label="/data", name="a.txt"), prvkey=user)
    await client.create_snapshot(COLONY, "/data", "first", prvkey=user)


def _known(records: Records) -> dict[str, list[Any]]:
    known: dict[str, dict[Any, None]] = defaultdict(dict)
    tables: list[Any] = [table for table in vars(records).values() if isinstance(table, Table)]
    for row in (row for table in tables for row in table):
        _collect(msgspec.to_builtins(row), known)
    named: dict[str, Any] = {
        "colony": records.colonies,
        "user": records.users,
        "file": records.files,
        "snapshot": records.snapshots,
        "location": records.locations,
        "cron": records.crons,
        "generator": records.generators,
    }
    for domain, table in named.items():
        for row in table:
            known[f"{domain}.name"][row.name] = None
    known["blueprint.name"] = dict.fromkeys(["lamp", "lamp-1", "lamp-2", "desk"])
    for field in ("colony.name", "user.name", "location.name", "generator.name", "executorname", "funcname"):
        known[field]["new"] = None
    known["channel.name"] = known["subscription.name"] = {"c": None}
    running = [each.processid for each in records.processes if each.state is ProcessState.RUNNING]
    for domain in ("attribute", "channel", "log", "subscription"):
        known[f"{domain}.processid"] = known[f"{domain}.targetid"] = dict.fromkeys(running)
    for field, others in _ALIASES.items():
        for other in others:
            known[other] = {**known[other], **known[field]}
    listed = {field: list(values) for field, values in known.items()}
    for field in ("colonyname", "namespace", "targetcolonyname"):
        listed[field] = [COLONY] * 5 + [OTHER]
    listed["processid"] += running * 3
    for member in records.processes:
        if member.processid in running and member.processgraphid:
            listed["workflow.parentprocessid"] = [member.processid]
            listed["workflow.childprocessid"] = ["", *member.children]
            listed["workflow.processgraphid"] = [member.processgraphid] * 3 + listed["processgraphid"]
    return listed


def _collect(value: Any, known: dict[str, dict[Any, None]], field: str = "") -> None:
    """Note every text by the field that has it, unless it is a time."""
    if isinstance(value, dict):
        for key, inner in cast("dict[str, Any]", value).items():
            _collect(inner, known, key)
    elif isinstance(value, list):
        listed: list[Any] = value  # pyright: ignore[reportUnknownVariableType]
        for inner in listed:
            _collect(inner, known, field)
    elif isinstance(value, str) and value and "T00:" not in value:
        known[field][value] = None
