"""The tables of the server, and the ways in which handlers look rows up."""

from __future__ import annotations

from colonyos_gen_wire.types.colony import Colony
from colonyos_gen_wire.types.common import ExecutorState, ProcessState
from colonyos_gen_wire.types.executor import Executor
from colonyos_gen_wire.types.function import Function
from colonyos_gen_wire.types.log import Log
from colonyos_gen_wire.types.process import Process
from colonyos_gen_wire.types.user import User

from colonyos_gen.server.store import Store


def scoped(colonyname: str, name: str) -> str:
    """Key of something that has a unique name inside its colony; names hold no colons."""
    return f"{colonyname}:{name}"


def colony_of(process: Process) -> str:
    """Name of the colony that a process belongs to."""
    return process.spec.conditions.colonyname


class Records:
    """Every table with its indexes."""

    def __init__(self, store: Store) -> None:
        self.colonies = store.table("colonies", Colony, lambda colony: colony.name)

        self.executors = store.table(
            "executors", Executor, lambda executor: scoped(executor.colonyname, executor.executorname)
        )
        self.executors_by_id = self.executors.index(lambda executor: (executor.executorid,))
        self.executors_of_colony = self.executors.index(lambda executor: (executor.colonyname,))

        self.users = store.table("users", User, lambda user: scoped(user.colonyname, user.name))
        self.users_of_colony = self.users.index(lambda user: (user.colonyname,))
        self.users_by_id = self.users.index(lambda user: ((user.colonyname, user.userid),))

        self.functions = store.table("functions", Function, lambda function: function.functionid)
        self.functions_of_colony = self.functions.index(lambda function: (function.colonyname,))
        self.functions_of_executor = self.functions.index(
            lambda function: ((function.colonyname, function.executorname),)
        )

        self.processes = store.table("processes", Process, lambda process: process.processid)
        self.processes_of_colony = self.processes.index(lambda process: (colony_of(process),))
        self.processes_in_state = self.processes.index(
            lambda process: ((colony_of(process), process.state), process.state)
        )
        self.running_processes = self.processes.index(
            lambda process: (
                ((colony_of(process), process.assignedexecutorid),)
                if process.state is ProcessState.RUNNING
                else ()
            )
        )
        self.process_of_attribute = self.processes.index(
            lambda process: tuple(attribute.attributeid for attribute in process.attributes)
        )

        # Timestamps are unique, see `domains.log`.
        self.logs = store.table("logs", Log, lambda log: str(log.timestamp))
        self.logs_of_colony = self.logs.index(lambda log: (log.colonyname,))
        self.logs_of_process = self.logs.index(lambda log: (log.processid,) if log.processid else ())
        self.logs_of_executor = self.logs.index(lambda log: ((log.colonyname, log.executorname),))

    def executor(self, colonyname: str, name: str) -> Executor | None:
        """The executor with this name, in any state."""
        return self.executors.get(scoped(colonyname, name))

    def user(self, colonyname: str, name: str) -> User | None:
        """The user with this name."""
        return self.users.get(scoped(colonyname, name))

    def executor_of(self, colonyname: str, identity: str, *, approved: bool = True) -> Executor | None:
        """The executor of a colony that has this identity; an APPROVED one, unless any state will do."""
        for executor in self.executors_by_id.find(identity):
            if executor.colonyname == colonyname and (
                not approved or executor.state is ExecutorState.APPROVED
            ):
                return executor
        return None

    def user_of(self, colonyname: str, identity: str) -> User | None:
        """The user of a colony that has this identity."""
        return self.users_by_id.first((colonyname, identity))
