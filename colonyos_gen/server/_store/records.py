"""The tables of the server, and the ways in which handlers look rows up."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
from colonyos_gen_wire.types.blueprint import Blueprint, BlueprintDefinition
from colonyos_gen_wire.types.colony import Colony
from colonyos_gen_wire.types.common import ExecutorState, ProcessState
from colonyos_gen_wire.types.cron import Cron
from colonyos_gen_wire.types.executor import Executor
from colonyos_gen_wire.types.file import File
from colonyos_gen_wire.types.function import Function
from colonyos_gen_wire.types.generator import Generator
from colonyos_gen_wire.types.location import Location
from colonyos_gen_wire.types.log import Log
from colonyos_gen_wire.types.process import Process
from colonyos_gen_wire.types.snapshot import Snapshot
from colonyos_gen_wire.types.user import User
from colonyos_gen_wire.types.workflow import ProcessGraph

from colonyos_gen.server._store.latest_first import InTurn, LatestFirst
from colonyos_gen.server._store.reactive_table import ReactiveTable
from colonyos_gen.server._store.sole import Sole
from colonyos_gen.server._store.tables import Index, Store, Table

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def scoped(colonyname: str, name: str) -> str:
    """Key of something that has a unique name inside its colony; names hold no colons."""
    return f"{colonyname}:{name}"


def colony_of(process: Process) -> str:
    """Name of the colony that a process belongs to."""
    return process.spec.conditions.colonyname


def _turn(process: Process) -> int | datetime:
    """The order in which those that wait will be served, and in which others have started."""
    return process.prioritytime if process.state is ProcessState.WAITING else process.starttime or _LONG_AGO


class ServerOwner(msgspec.Struct, frozen=True):
    """Who owns the server, once that has been changed."""

    serverid: str


class Succession(msgspec.Struct, frozen=True):
    """A change of identity that rows are still to follow."""

    colonyname: str
    name: str
    """Of the member who has changed."""
    old: str
    new: str
    assigned: bool
    """Whether what is assigned to the old identity follows too."""


class PackedArgument(msgspec.Struct, frozen=True):
    """An argument in the queue of a generator."""

    argumentid: str
    generatorid: str
    arg: str


class Pause(msgspec.Struct, frozen=True):
    """A colony in which nothing is assigned for the time being."""

    colonyname: str


class BlueprintVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A generation of a blueprint, with the names of the entry of its history."""

    historyid: str
    blueprintid: str
    kind: str
    namespace: str
    name: str
    generation: int
    spec: dict[str, Any] | None
    """None where the blueprint was sent without one."""
    status: dict[str, Any]
    timestamp: datetime
    changedby: str
    changetype: str


class Records:
    """Every table with its indexes."""

    def __init__(self, store: Store, *, one_executor_per_identity: bool = False) -> None:
        self.store: Store = store
        self._one_executor = one_executor_per_identity
        self.colonies: Table[Colony] = store.table("colonies", Colony, lambda colony: colony.name)
        self.colonies_by_id: Index[Colony] = self.colonies.index(lambda colony: (colony.colonyid,))

        self.executors: Table[Executor] = store.table(
            "executors", Executor, lambda executor: scoped(executor.colonyname, executor.executorname)
        )
        self.executors_by_id: Index[Executor] = self.executors.index(lambda executor: (executor.executorid,))
        self.executors_of_colony: Index[Executor] = self.executors.index(
            lambda executor: (executor.colonyname,)
        )

        self.users: Table[User] = store.table("users", User, lambda user: scoped(user.colonyname, user.name))
        self.users_of_colony: Index[User] = self.users.index(lambda user: (user.colonyname,))
        self.users_by_id: Index[User] = self.users.index(lambda user: ((user.colonyname, user.userid),))
        self.users_anywhere: Index[User] = self.users.index(lambda user: (user.userid,))

        self.functions: Table[Function] = store.table(
            "functions", Function, lambda function: function.functionid
        )
        self.functions_of_colony: Index[Function] = self.functions.index(
            lambda function: (function.colonyname,)
        )
        self.functions_of_executor: Index[Function] = self.functions.index(
            lambda function: ((function.colonyname, function.executorname),)
        )

        self.processes: ReactiveTable[Process] = ReactiveTable(
            store, "processes", Process, lambda process: process.processid
        )
        self.processes_of_colony: Index[Process] = self.processes.index(lambda process: (colony_of(process),))
        self.processes_in_state: Index[Process] = self.processes.index(
            lambda process: ((colony_of(process), process.state), process.state)
        )
        self.ended_processes: LatestFirst[Process] = LatestFirst(
            self.processes,
            lambda process: (colony_of(process), process.state) if process.state.is_final else None,
            lambda process: process.endtime or _LONG_AGO,
        )
        self.active_processes: InTurn[Process] = InTurn(
            self.processes,
            lambda process: None if process.state.is_final else (colony_of(process), process.state),
            _turn,
        )
        self.running_processes: Index[Process] = self.processes.index(
            lambda process: (
                ((colony_of(process), process.assignedexecutorid),)
                if process.state is ProcessState.RUNNING
                else ()
            )
        )
        self.process_of_attribute: Sole[Process] = Sole(
            self.processes, lambda process: [attribute.attributeid for attribute in process.attributes]
        )

        self.members_of_graph: Index[Process] = self.processes.index(
            lambda process: (process.processgraphid,) if process.processgraphid else ()
        )
        self.members_in_state: Index[Process] = self.processes.index(
            lambda process: ((process.processgraphid, process.state),) if process.processgraphid else ()
        )

        self.processgraphs: Table[ProcessGraph] = store.table(
            "processgraphs", ProcessGraph, lambda graph: graph.processgraphid
        )
        self.processgraphs_of_colony: Index[ProcessGraph] = self.processgraphs.index(
            lambda graph: (graph.colonyname,)
        )
        self.processgraphs_in_state: Index[ProcessGraph] = self.processgraphs.index(
            lambda graph: ((graph.colonyname, graph.state),)
        )

        self.latest_processgraphs: InTurn[ProcessGraph] = InTurn(
            self.processgraphs,
            lambda graph: (graph.colonyname, graph.state),
            lambda graph: graph.submissiontime or _LONG_AGO,
        )

        # Timestamps are unique, see the handlers of logs.
        self.logs: Table[Log] = store.table("logs", Log, lambda log: str(log.timestamp))
        self.logs_of_colony: Index[Log] = self.logs.index(lambda log: (log.colonyname,))
        self.logs_of_process: Index[Log] = self.logs.index(
            lambda log: (log.processid,) if log.processid else ()
        )
        self.logs_of_executor: Index[Log] = self.logs.index(lambda log: ((log.colonyname, log.executorname),))

        self.files: Table[File] = store.table("files", File, lambda file: file.fileid)
        self.files_of_colony: Index[File] = self.files.index(lambda file: (file.colonyname,))
        self.files_of_label: Index[File] = self.files.index(lambda file: ((file.colonyname, file.label),))
        self.files_by_name: Index[File] = self.files.index(
            lambda file: ((file.colonyname, file.label, file.name),)
        )

        self.snapshots: Table[Snapshot] = store.table(
            "snapshots", Snapshot, lambda snapshot: snapshot.snapshotid
        )
        self.snapshots_of_colony: Index[Snapshot] = self.snapshots.index(
            lambda snapshot: (snapshot.colonyname,)
        )
        self.snapshots_by_name: Index[Snapshot] = self.snapshots.index(
            lambda snapshot: ((snapshot.colonyname, snapshot.name),)
        )

        self.locations: Table[Location] = store.table(
            "locations", Location, lambda location: scoped(location.colonyname, location.name)
        )
        self.locations_of_colony: Index[Location] = self.locations.index(
            lambda location: (location.colonyname,)
        )

        self.crons: Table[Cron] = store.table("crons", Cron, lambda cron: cron.cronid)
        self.crons_of_colony: Index[Cron] = self.crons.index(lambda cron: (cron.colonyname,))
        self.crons_by_name: Index[Cron] = self.crons.index(lambda cron: ((cron.colonyname, cron.name),))

        self.generators: Table[Generator] = store.table(
            "generators", Generator, lambda generator: generator.generatorid
        )
        self.generators_of_colony: Index[Generator] = self.generators.index(
            lambda generator: (generator.colonyname,)
        )
        self.generators_by_name: Index[Generator] = self.generators.index(
            lambda generator: ((generator.colonyname, generator.name),)
        )
        self.packed: Table[PackedArgument] = store.table(
            "packed", PackedArgument, lambda argument: argument.argumentid
        )
        self.packed_of_generator: Index[PackedArgument] = self.packed.index(
            lambda argument: (argument.generatorid,)
        )

        self.definitions: Table[BlueprintDefinition] = store.table(
            "blueprint_definitions", BlueprintDefinition, lambda definition: definition.blueprintdefinitionid
        )
        self.definitions_of_colony: Index[BlueprintDefinition] = self.definitions.index(
            lambda definition: (definition.metadata.colonyname,)
        )
        self.blueprints: Table[Blueprint] = store.table(
            "blueprints", Blueprint, lambda blueprint: blueprint.blueprintid
        )
        self.blueprints_of_colony: Index[Blueprint] = self.blueprints.index(
            lambda blueprint: (blueprint.metadata.colonyname,)
        )
        self.blueprints_of_kind: Index[Blueprint] = self.blueprints.index(
            lambda blueprint: ((blueprint.metadata.colonyname, blueprint.kind),)
        )
        self.blueprints_by_name: Index[Blueprint] = self.blueprints.index(
            lambda blueprint: ((blueprint.metadata.colonyname, blueprint.metadata.name),)
        )
        self.blueprint_versions: Table[BlueprintVersion] = store.table(
            "blueprint_versions", BlueprintVersion, lambda version: version.historyid
        )
        self.versions_of_blueprint: Index[BlueprintVersion] = self.blueprint_versions.index(
            lambda version: (version.blueprintid,)
        )
        self.versions_of_colony: Index[BlueprintVersion] = self.blueprint_versions.index(
            lambda version: (version.namespace,)
        )

        self.successions: Table[Succession] = store.table(
            "successions", Succession, lambda change: f"{change.colonyname}:{change.name}:{change.new}"
        )
        self.paused: Table[Pause] = store.table("paused", Pause, lambda pause: pause.colonyname)
        self.server_owner: Table[ServerOwner] = store.table("server_owner", ServerOwner, lambda _: "")

    def executor(self, colonyname: str, name: str) -> Executor | None:
        """The executor with this name, in any state."""
        return self.executors.get(scoped(colonyname, name))

    def user(self, colonyname: str, name: str) -> User | None:
        """The user with this name."""
        return self.users.get(scoped(colonyname, name))

    def executor_of(self, colonyname: str, identity: str, *, approved: bool = True) -> Executor | None:
        """The executor of a colony that has this identity; an APPROVED one, unless any state will do."""
        for executor in self.executors_by_id.each(identity):
            if executor.colonyname == colonyname and (
                not approved or executor.state is ExecutorState.APPROVED
            ):
                return executor
            if self._one_executor:
                break
        return None

    def acting_executor(self, colonyname: str, identity: str, *, approved: bool = True) -> Executor | None:
        """The executor that this identity is taken for in a colony.

        With one executor for each identity that is its first one, in whatever colony and state.
        """
        if self._one_executor:
            return self.executors_by_id.first(identity)
        return self.executor_of(colonyname, identity, approved=approved)

    def added_executor(self, executor: Executor) -> Executor:
        """What the addition of `executor` is answered with: it, or the first of its identity in its colony."""
        if self._one_executor:
            for row in self.executors_by_id.find(executor.executorid):
                if row.colonyname == executor.colonyname:
                    return row
        return executor

    def executors_alike(self, executor: Executor, *, everywhere: bool = False) -> list[Executor]:
        """`executor`, and with one for each identity all that share its identity, in its colony or `everywhere`."""
        if not self._one_executor:
            return [executor]
        if everywhere:
            return self.executors_by_id.find(executor.executorid)
        return self.executors_with(executor.colonyname, executor.executorid)

    def executors_with(self, colonyname: str, identity: str) -> list[Executor]:
        """All executors of a colony that have this identity, in any state."""
        return [row for row in self.executors_by_id.find(identity) if row.colonyname == colonyname]

    def user_of(self, colonyname: str, identity: str) -> User | None:
        """The user of a colony that has this identity."""
        return self.users_by_id.first((colonyname, identity))

    def name_of(self, colonyname: str, identity: str) -> str:
        """The name of the member of a colony that has this identity; an executor comes before a user."""
        executor = self.acting_executor(colonyname, identity)
        if executor is not None:
            return executor.executorname
        user = self.user_of(colonyname, identity)
        return "" if user is None else user.name

    def is_known(self, colonyname: str, identity: str) -> bool:
        """Whether the owner of a colony, or a user or an executor, in any state, of it has this identity."""
        colony = self.colonies.get(colonyname)
        if colony is not None and colony.colonyid == identity:
            return True
        executor = self.executor_of(colonyname, identity, approved=False)
        return executor is not None or self.user_of(colonyname, identity) is not None

    def is_known_anywhere(self, identity: str) -> bool:
        """Whether it is that of the owner, a user or an executor, in any state, of some colony."""
        indexes = (self.executors_by_id, self.users_anywhere, self.colonies_by_id)
        return any(index.count(identity) for index in indexes)

    def cron(self, colonyname: str, name: str) -> Cron | None:
        """The cron with this name."""
        return self.crons_by_name.first((colonyname, name))

    def generator(self, colonyname: str, name: str) -> Generator | None:
        """The generator with this name."""
        return self.generators_by_name.first((colonyname, name))

    def remove_generator(self, generator: Generator) -> None:
        """Remove a generator and its queue."""
        self.packed.remove_all(self.packed_of_generator.snapshot(generator.generatorid))
        self.generators.remove(generator)

    def blueprint(self, colonyname: str, name: str) -> Blueprint | None:
        """The blueprint with this name."""
        return self.blueprints_by_name.first((colonyname, name))

    def file(self, colonyname: str, fileid: str) -> File | None:
        """The revision of a file in a colony that has this id."""
        file = self.files.get(fileid)
        return file if file is not None and file.colonyname == colonyname else None

    def revisions(self, colonyname: str, label: str, name: str) -> list[File]:
        """The revisions of a file, the latest last."""
        return sorted(self.files_by_name.find((colonyname, label, name)), key=lambda file: file.sequencenr)

    def latest_files(self, colonyname: str, label: str) -> list[File]:
        """The latest revision of every file that has exactly this label."""
        found = self.files_of_label.find((colonyname, label))
        files = sorted(found, key=lambda file: file.sequencenr)
        return list({file.name: file for file in files}.values())

    def location(self, colonyname: str, name: str) -> Location | None:
        """The location with this name."""
        return self.locations.get(scoped(colonyname, name))
