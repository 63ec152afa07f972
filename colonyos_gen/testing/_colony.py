"""A server with one colony on it."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import tempfile
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from datetime import datetime
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

import msgspec
from colonyos_gen_wire import Colony, Executor, FunctionSpec, User, WorkflowSpec
from colonyos_gen_wire.hazards import Hazard
from colonyos_gen_wire.method import Method
from colonyos_gen_wire.methods import colony, executor, user
from colonyos_gen_wire.requests.colony import AddColonyMsg
from colonyos_gen_wire.requests.executor import AddExecutorMsg, ApproveExecutorMsg
from colonyos_gen_wire.requests.user import AddUserMsg
from colonyos_gen_wire.submission import Submittable, Submitting

from colonyos_gen._call.envelope import open_reply
from colonyos_gen._call.pipeline import sealed
from colonyos_gen._call.signers import Keyring
from colonyos_gen._client.client import AsyncClient
from colonyos_gen._client.sync_client import Client
from colonyos_gen._tracebacks import short_tracebacks
from colonyos_gen.crypto import PrivateKey
from colonyos_gen.server._clock import OffsetClock, moment
from colonyos_gen.server._server import Server
from colonyos_gen.server._thread import ServerThread
from colonyos_gen.server.hazards import Hazards
from colonyos_gen.session._async_session import AsyncSession
from colonyos_gen.session._handles.sync_process import ProcessHandle
from colonyos_gen.session._handles.sync_workflow import WorkflowHandle
from colonyos_gen.session._sync_session import Session
from colonyos_gen.testing._clients import Clients
from colonyos_gen.testing._environment import Environment
from colonyos_gen.testing._faults import Faults
from colonyos_gen.testing._in_process import InProcessTransport
from colonyos_gen.testing._members import LocalExecutor, LocalUser
from colonyos_gen.testing._passed_on import (
    executor_fields,
    require_numbers,
    require_start,
    require_worker,
    server_options,
)
from colonyos_gen.testing._under_way import UnderWay
from colonyos_gen.testing._worker_thread import RunningWorker, WorkerThread
from colonyos_gen.transport import Transport

if TYPE_CHECKING:
    from colonyos_gen.worker import Worker

ReqT = TypeVar("ReqT", bound=msgspec.Struct)
RespT = TypeVar("RespT")


@short_tracebacks
class LocalColony(Submitting[ProcessHandle, WorkflowHandle]):
    """A colony on a server of its own, for a test, with `with` or `async with`.

        with LocalColony() as colony:
            worker = colony.add_executor("greeter")
            ...

    `client` and `aclient` hold the keys of the server owner, the colony owner and a user, and so may do everything that is
    not an executor's business. Executors have clients of their own. Asynchronous clients belong to the event loop in which
    they are asked for, and are closed with it.

    The server runs on a thread of its own and keeps everything in memory. All methods may be called from any thread, and
    from coroutines: none of them waits for anything but the server in this process.

    Args:
        name: Name of the colony.
        start: Time at which the colony's clock starts, with a time zone; None for now. It goes on by itself.
        sockets: Whether the colony's own clients go over sockets. Without, calls are faster (see `InProcessTransport`), and
            `faults` are not to be had, as they happen where requests come in through sockets. Workers, subprocesses and
            other clients use sockets in either case.
        options: Further arguments of `colonyos_gen.server.Server`, such as `reregister=True`, `stale_after=60` or
            `hazards="act"`. `middlewares` are inside of what makes calls go wrong. Clock and owner are its own.

    Raises:
        TypeError: There is no such option, or `start` is not a time with a time zone.
        ValueError: The options do not go together.
    """

    def __init__(
        self, name: str = "dev", *, start: datetime | None = None, sockets: bool = True, **options: Any
    ) -> None:
        require_start(start)
        passed_on = server_options(options)
        self.name: str = name
        """Name of the colony."""
        self.server_key: PrivateKey = PrivateKey.generate()
        """Key of the server owner."""
        self.colony_key: PrivateKey = PrivateKey.generate()
        """Key of the colony owner."""
        self.user_key: PrivateKey = PrivateKey.generate()
        """Key of the user as whom `client` acts in the colony."""
        self._under_way = UnderWay()
        self._faults = Faults(self._on_server, self._under_way)
        self._sockets = sockets
        self._clock = OffsetClock(start)
        passed_on["middlewares"] = [self._under_way.meet, *passed_on.get("middlewares", ())]
        self._thread = ServerThread(server_key=self.server_key, clock=self._clock, **passed_on)
        self._clients: list[Clients] = []
        self._session: Session | None = None
        self._making = threading.Lock()
        self._asessions: dict[AsyncClient, AsyncSession] = {}
        self._keys: tempfile.TemporaryDirectory[str] | None = None
        self._workers: dict[WorkerThread, str] = {}
        self._numbers = itertools.count(1)
        self._entered = False

    @property
    def faults(self) -> Faults:
        """Makes calls go wrong. Raises RuntimeError if the colony was made without sockets."""
        if not self._sockets:
            raise RuntimeError("faults meet what comes through sockets; make the colony with sockets=True")
        return self._faults

    @property
    def url(self) -> str:
        """Base URL of the server."""
        return self._thread.url

    @property
    def server(self) -> Server:
        """The server, on a thread of its own; for `InProcessTransport`, and for what it shows in its properties."""
        return self._thread.server

    @property
    def client(self) -> Client:
        """A client with the keys of the server owner, the colony owner and a user."""
        return self._own.client

    @property
    def aclient(self) -> AsyncClient:
        """The same for coroutines, one for each event loop. Raises RuntimeError outside of one."""
        return self._own.aclient

    @property
    def session(self) -> Session:
        """A session with this colony, with the client of `client`."""
        with self._making:
            if self._session is None:
                self._session = Session(self.client, self.name)
            return self._session

    @property
    def asession(self) -> AsyncSession:
        """The same for coroutines, one for each event loop. Raises RuntimeError outside of one."""
        client = self.aclient
        if client not in self._asessions:
            self._asessions[client] = AsyncSession(client, self.name)
        return self._asessions[client]

    def _submit(
        self,
        what: str | FunctionSpec | WorkflowSpec | Submittable,
        args: Sequence[Any],
        to: str | None,
        options: Mapping[str, Any],
    ) -> ProcessHandle | WorkflowHandle:
        given = options if to is None else {**options, "to": to}
        if isinstance(what, str | FunctionSpec):
            return self.session.submit(what, *args, **given)
        return self.session.submit(what, *args, **given)

    def _call(
        self,
        funcname: str,
        args: Sequence[Any],
        to: str | None,
        timeout: float | None,
        returns: Any,
        options: Mapping[str, Any],
    ) -> Any:
        return self.session.call(funcname, *args, to=to, timeout=timeout, returns=returns, **options)

    @property
    def now(self) -> datetime:
        """The time in the colony."""
        return moment(self._clock.now_ns())

    @property
    def waiting(self) -> int:
        """How many executors wait for a process, that is, whose assign is under way at this moment."""

        async def count() -> int:
            return self._thread.server.listeners

        return self._thread.wait_for(count())

    @property
    def hazards(self) -> Hazards:
        """What was noticed of requests that would have harmed the real server; see `colonyos_gen.server.hazards`."""
        return self._thread.server.hazards

    @property
    def died(self) -> Hazard | None:
        """What has ended the server of a colony made with `hazards="act"`; `restart` brings it back."""
        return self._thread.server.died

    @property
    def frozen(self) -> Hazard | None:
        """What has made the server of a colony made with `hazards="act"` stand still; `restart` brings it back."""
        return self._thread.server.frozen

    def environment(self) -> Environment:
        """The COLONIES_* variables with all keys, for a subprocess: `env=os.environ | colony.environment()`."""
        server = self._thread.server
        return Environment.of(
            server.host,
            server.port,
            self.name,
            server_key=self.server_key,
            colony_key=self.colony_key,
            member_key=self.user_key,
        )

    def add_executor(
        self, executortype: str, name: str | None = None, *, approve: bool = True, **fields: Any
    ) -> LocalExecutor:
        """Register an executor and approve it.

        Args:
            executortype: Type of the executor, to which functions are sent.
            name: Name of the executor; None for the type and a number.
            approve: Whether to approve it; otherwise it stays PENDING.
            fields: Further fields of `Executor`, such as `locationname="here"`.

        Raises:
            TypeError: There is no such field, or the colony decides it itself.
            RPCError: The server refuses it, such as for a name that is taken.
        """
        passed_on = executor_fields(fields)
        name = f"{executortype}-{next(self._numbers)}" if name is None else name
        key = PrivateKey.generate()
        row = msgspec.structs.replace(Executor.new(name, key.id, executortype, self.name), **passed_on)
        self._ask(executor.ADD_EXECUTOR, AddExecutorMsg(executor=row), self.colony_key)
        if approve:
            request = ApproveExecutorMsg(colonyname=self.name, executorname=name)
            self._ask(executor.APPROVE_EXECUTOR, request, self.colony_key)
        made = LocalExecutor(self._thread.server, self.name, name, key, executortype, self._transport)
        self._clients.append(made.clients)
        return made

    def worker(self, worker: Worker) -> contextlib.AbstractContextManager[Worker]:
        """Run `worker` for as long as a `with` block lasts: it is ready for processes at its start, and has ended after it.

            with colony.worker(worker):
                colony.client.submit(FunctionSpec.new("add", worker.executortype, colony.name))

        It runs in a thread, gets a key of its own, and is approved at once, whatever the environment says. Running functions
        get the worker's `grace` at the end. Skipping time does not make it fall silent, as it would have gone on telling that
        it lives.

        Raises what the worker raises, such as TypeError for annotations that mean nothing, or for what is no worker.
        """
        require_worker(worker)
        if self._keys is None:
            self._keys = tempfile.TemporaryDirectory(prefix="colonyos-gen-")
        environ = self.environment().without_member_key() | {"COLONIES_KEYS": self._keys.name}

        def dismiss(name: str) -> None:
            self._on_server(lambda: self._thread.server.dismiss(self.name, name))

        return RunningWorker(worker, environ, self._workers, dismiss)

    def add_user(self, name: str | None = None) -> LocalUser:
        """Add a user, called `name`, or by a name of the colony's choice. Raises RPCError if the name is taken."""
        name = f"user-{next(self._numbers)}" if name is None else name
        key = PrivateKey.generate()
        self._add_user(name, key)
        made = LocalUser(self._thread.server, self.name, name, key, self._transport)
        self._clients.append(made.clients)
        return made

    def advance(self, seconds: float = 0, *, minutes: float = 0, hours: float = 0) -> None:
        """Move the colony's time on, and run what falls due on the way: deadlines, long polls and the like, in order.

        It takes no real time, and timeouts of clients, being real time, are not affected. Executors that have called
        assign and then been silent for 600 seconds (`stale_after`) are unregistered, as on any server, also if the
        seconds were skipped; except those whose assign is waiting at this moment, as they would have called again.
        """
        require_numbers(seconds=seconds, minutes=minutes, hours=hours)
        workers = [(self.name, each) for each in list(self._workers.values())]

        def move() -> None:
            with self._thread.server.listeners_stay(workers):
                self._clock.advance(seconds, minutes=minutes, hours=hours)

        self._on_server(move)

    def restart(self) -> None:
        """Restart the server as if it had been killed: connections break, records stay, and so does the port."""
        with self.outage():
            pass

    @contextlib.contextmanager
    def outage(self) -> Generator[None]:
        """Take the server away for as long as the block lasts: connections break, and new ones are refused."""
        self._thread.wait_for(self._vanish())
        try:
            yield
        finally:
            self._thread.wait_for(self._thread.server.start())

    def _on_server(self, action: Callable[[], None]) -> None:
        self._thread.run(action)

    async def _vanish(self) -> None:
        self._under_way.cut()
        await self._thread.server.stop()

    def _forget_keys(self) -> None:
        if self._keys is not None:
            self._keys.cleanup()

    @property
    def _own(self) -> Clients:
        if not self._clients:
            raise RuntimeError("the colony is there inside of its with block only")
        return self._clients[0]

    def _ask(self, method: Method[ReqT, RespT], request: ReqT, key: PrivateKey) -> RespT:
        """Make a call past the network, so that no fault that is meant for others meets it."""
        body, signer = sealed(method, request, Keyring(), key)
        answer = self._thread.wait_for(self._thread.server.answer(body))
        return open_reply(method, answer.status, answer.body, signer=signer)

    def _add_user(self, name: str, key: PrivateKey) -> None:
        row = User(colonyname=self.name, userid=key.id, name=name)
        self._ask(user.ADD_USER, AddUserMsg(user=row), self.colony_key)

    def _open(self) -> None:
        if self._entered:
            raise RuntimeError("a colony is entered once; make another one")
        self._entered = True
        self._thread.start()
        try:
            row = Colony(colonyid=self.colony_key.id, name=self.name)
            self._ask(colony.ADD_COLONY, AddColonyMsg(colony=row), self.server_key)
            self._add_user("user", self.user_key)
        except BaseException:
            self._thread.stop()
            raise
        own = Clients(
            self.url,
            server_key=self.server_key,
            colony_key=self.colony_key,
            member_key=self.user_key,
            transport=self._transport,
        )
        self._clients.append(own)

    @property
    def _transport(self) -> Callable[[], Transport] | None:
        """Makes what carries the requests of the colony's own clients; None for sockets."""
        return None if self._sockets else partial(InProcessTransport, self._thread)

    def __enter__(self) -> Self:
        self._open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for each in self._clients:
            each.close()
        self._thread.stop()
        self._forget_keys()

    async def __aenter__(self) -> Self:
        self._open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for each in self._clients:
            await each.aclose()
        # Requests of other tasks of this loop may still be under way; they must get their turn to end.
        await asyncio.to_thread(self._thread.stop)
        self._forget_keys()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, {self.url!r})"
