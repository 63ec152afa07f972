"""Functions of a program, offered to a colony."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from colonyos_gen_wire import Executor
from colonyos_gen_wire.method import Key

from colonyos_gen._arguments import require_choice, with_options
from colonyos_gen._call.intercepting import around_runs
from colonyos_gen._client.client import AsyncClient, settings
from colonyos_gen._secrets import Hidden, Secrets
from colonyos_gen._tracebacks import short_tracebacks
from colonyos_gen.config import Config, ConfigError, executor_type
from colonyos_gen.interceptors import Interceptor
from colonyos_gen.worker._given import CLIENT_OPTIONS, require_worker
from colonyos_gen.worker._life.hardware import capabilities
from colonyos_gen.worker._life.health import Health
from colonyos_gen.worker._life.identity import find_identity, private_key
from colonyos_gen.worker._life.key_file import OwnKey
from colonyos_gen.worker._life.own_log import LogFormat
from colonyos_gen.worker._life.program import EXIT_ANEW, EXIT_CONFIGURATION, run_as_program
from colonyos_gen.worker._offering import Offering
from colonyos_gen.worker._pool.child_process import ProgramError
from colonyos_gen.worker._pool.hooks import Pool
from colonyos_gen.worker._pool.places import found
from colonyos_gen.worker._running.hung import HungError
from colonyos_gen.worker._running.invoking import Invoker
from colonyos_gen.worker._service import OnStop, Service
from colonyos_gen.worker._taking.assignment import POLL_S
from colonyos_gen.worker._taking.availability import Availability
from colonyos_gen.worker._taking.ledger import Ledger
from colonyos_gen.worker._taking.stopping import StoppedError, unless_stopped
from colonyos_gen.worker._telling.own_calls import OwnCalls

WATCHED_POLL_S = 1
"""Seconds of a long poll where code is watched, since starting anew waits for it."""

MAX_IN_FLIGHT = 8
"""Requests that a worker has under way, its long poll apart: fewer than others, since there are many workers."""

_logger = logging.getLogger("colonyos_gen.worker")


@short_tracebacks
class Worker(Offering):
    """An executor: it offers functions to a colony, and runs the processes that ask for them.

        worker = Worker("math", concurrency=4)

        @worker.function
        def add(a: int, b: int) -> int:
            return a + b

        worker.run()

    The server and the keys come from the environment, see `Config`. The worker registers itself, if the key of the colony
    owner is there; without it, the log says what the owner has to do, and the worker goes on once that is done.

    A process ends exactly once. What the function returns becomes the output: None is no output, a tuple is one output for
    each element, anything else is one output. An exception fails the process, with a short traceback. The arguments of
    the process are bound by the function's signature, and converted to the annotated types; those that do not fit fail
    the process. When a process is cancelled, passes its deadline or is taken back by the server, its function is told:
    coroutines by `asyncio.CancelledError`, others by `Context.cancelled`.

    Args:
        executortype: Type of the executor, to which functions are sent; None for COLONIES_EXECUTOR_TYPE.
        name: Name of the executor; None for COLONIES_EXECUTOR_NAME, else the type and the name of this machine (and a
            number, if several workers of a type run on it).
        concurrency: How many processes are run at the same time.
        colonyname: Name of the colony; None for COLONIES_COLONY_NAME.
        keyfile: File with the worker's own key, made if there is none. Without it and `prvkey` the key is that in
            COLONIES_PRVKEY, unless it is a user's, else it is kept in the folder of `colonyos_gen.keys`.
        prvkey: The worker's own key. Two workers that have the same notice each other, and leave alone what the other runs;
            but what the server assigns to either of them unnoticed, as a reply got lost, is left to its deadline.
        colony_key: Key of the colony owner, used to add and approve the worker; None for COLONIES_COLONY_PRVKEY.
        locationname: Location of the executor; processes may ask for one.
        grace: Seconds that running functions get to end when the worker is to end; `on_stop` says what comes then.
        heartbeat: Seconds after which a busy worker tells the server that it lives. The server forgets executors after
            600 s of silence, and gives their processes to others.
        hung_after: Seconds after which a function that was told to stop is taken for one that never will. Its slot is lost
            then; when none is left, the worker ends.
        on_stop: What becomes of processes whose functions have not ended when `grace` is over. `"leave"`: those with a
            `maxexectime` and retries left stay RUNNING, until the server gives them to another worker; the rest is failed.
            `"fail"`: all are failed.
        pool: `"process"` runs functions that are not async in processes instead of threads: `concurrency` of them, which are
            kept between calls. They import the program, so it needs a main guard, and its functions are defined at the top
            of a module. A process is killed, with those that it has started, when the time of its function is up or
            nobody wants its result; a function that asks for the context is told a second before.
        environ: Environment variables to use instead of those of this process.
        interceptors: What comes around the runs of processes, and around the worker's own calls, the outermost first (see
            `colonyos_gen.interceptors`).
        client_options: Further arguments of `AsyncClient`, such as `url`, `timeout`, or `max_in_flight`, which is 8 here.

    Raises:
        InvalidKeyError: A key is not one.
        ValueError: An argument is out of range; the message names it.
        TypeError: An argument is of a wrong type, or there is no such argument.
        ConfigError: There is no type, neither here nor in the environment.
    """

    @with_options(*CLIENT_OPTIONS)
    def __init__(
        self,
        executortype: str | None = None,
        *,
        name: str | None = None,
        concurrency: int = 1,
        colonyname: str | None = None,
        keyfile: str | Path | None = None,
        prvkey: Key | None = None,
        colony_key: Key | None = None,
        locationname: str = "",
        grace: float = 30.0,
        heartbeat: float = 60.0,
        hung_after: float = 60.0,
        on_stop: OnStop = "leave",
        pool: Pool = "thread",
        environ: Mapping[str, str] | None = None,
        interceptors: Sequence[Interceptor] = (),
        **client_options: Any,
    ) -> None:
        environ = None if environ is None else Hidden(environ)
        try:
            self._prvkey = None if prvkey is None else private_key(prvkey, "prvkey")
            self._colony_key = None if colony_key is None else private_key(colony_key, "colony_key")
        finally:
            del prvkey, colony_key  # which those who print the variables of a traceback would show
        if executortype is None:
            executortype = executor_type(os.environ if environ is None else environ)
        require_worker(
            texts={
                "executortype": executortype,
                "name": name,
                "colonyname": colonyname,
                "locationname": locationname,
            },
            concurrency=concurrency,
            keyfile=keyfile,
            grace=grace,
            heartbeat=heartbeat,
            hung_after=hung_after,
            on_stop=on_stop,
            pool=pool,
            client_options=client_options,
        )
        around_runs(interceptors)  # so that what is no interceptor is noticed now
        super().__init__(executortype)
        self.name: str | None = name
        """Name of the executor; None until it runs, if it was not given."""
        self._concurrency = concurrency
        self._colonyname = colonyname
        self._keyfile = None if keyfile is None else Path(keyfile)
        self._locationname = locationname
        self._grace = grace
        self._heartbeat = heartbeat
        self._hung_after = hung_after
        self._on_stop: OnStop = on_stop
        self._pool: Pool = pool
        self._environ: Hidden | None = environ
        self._interceptors = tuple(interceptors)
        self._client_options: dict[str, Any] = client_options
        self._poll = POLL_S
        self._running = threading.Lock()
        self._stop: Callable[[str], None] | None = None
        self._service: Service | None = None

    def run(self, *, watch: bool = False, log_format: LogFormat = "text") -> None:
        """Work until SIGINT or SIGTERM. Where an event loop runs already, as in notebooks, use `serve`.

        The first signal lets running functions end, within `grace` seconds; the second fails their processes at once.
        In another thread than the main one there are no signals; `stop` ends it. Where the program has set up no
        logging, the lines of the logger `colonyos_gen` go to standard error; other loggers are left alone.

        Args:
            watch: Start the program anew when a file of it has changed, once running functions have ended. For
                development.
            log_format: `"json"` writes those lines as JSON objects instead, one each (see `JsonFormatter`).

        Raises:
            ValueError: `log_format` is another word.
            SystemExit: With code 78, after one line in the log, where `serve` would raise ConfigError, InvalidKeyError,
                RegistrationError, an RPCError that is `misdirected`, or PoolError as it lacks a main guard or a file:
                something has to be set up in another way. With code 75, so that a supervisor starts it anew: HungError,
                or a RuntimeError, as a function has cancelled the tasks of the worker itself. With code 1, after the
                reason in the log, for another RPCError, another PoolError, and what `on_start` raises. Another thread
                than the main one gets these exceptions.
            RuntimeError: An event loop is running in this thread.
        """
        require_choice("log_format", log_format, ("text", "json"))
        found.before_running()
        self._poll = WATCHED_POLL_S if watch else POLL_S
        told: dict[type[Exception], int] = {HungError: EXIT_ANEW, ProgramError: EXIT_CONFIGURATION}
        run_as_program(self.serve, self.stop, watch=watch, log_format=log_format, told=told)

    async def serve(
        self, *, environ: Mapping[str, str] | None = None, ready: Callable[[], object] | None = None
    ) -> None:
        """Work until `stop`, for programs with an event loop of their own.

        A server that does not answer, or fails (5xx), is tried again and again. Until it has first answered, a page, redirect
        or proxy in its place, or a certificate that is not trusted, ends the worker; afterwards that is tried again as well.
        An executor that was removed is registered again; without the owner's key, or when it was rejected, it waits for that.

        Cancelled, it ends without `grace`: what runs is failed or left to the server (`on_stop`), which takes a moment.

        Args:
            environ: Environment variables to use for this run.
            ready: Called once the worker is registered and approved.

        Raises:
            ConfigError: The environment does not say which colony, or holds something that cannot be used.
            InvalidKeyError: The worker's key cannot be used.
            RegistrationError: The worker cannot be an executor of the colony; the message says why.
            RPCError: Something else than a ColonyOS server answers, or it refuses what a worker has to ask.
            RuntimeError: The worker runs already.
            PoolError: The processes of a pool cannot be started; the program may lack a main guard or a file.
            HungError: Every slot was lost to a function that does not end.
        """
        found.before_serving()
        if not self._running.acquire(blocking=False):
            raise RuntimeError("the worker runs already")
        try:
            await self._serve(self._variables(environ), ready)
        finally:
            self._stop = self._service = None
            self._running.release()

    def stop(self, reason: str = "stop was called") -> None:
        """Let the worker end: it takes nothing more, and what runs gets `grace` seconds. The second call ends it at once.

        May be called from any thread. Does nothing if the worker does not run.
        """
        stop = self._stop
        if stop is not None:
            stop(reason)

    @property
    def is_running(self) -> bool:
        """Whether it works at this moment."""
        return self._running.locked()

    @property
    def health(self) -> Health:
        """How it is at this moment, for supervisors: slots that are busy or hung, and when the server was last heard from.

        May be asked from any thread. An idle worker hears from the server every 10 seconds, one whose slots are all busy
        every `heartbeat` seconds.
        """
        service = self._service
        if service is None:
            return Health(slots=self._concurrency, busy=0, hung=0, heard_s=None, draining=False)
        return service.health

    def _variables(self, environ: Mapping[str, str] | None) -> Mapping[str, str]:
        if environ is None:
            environ = os.environ if self._environ is None else self._environ
        return Hidden(environ)

    async def _serve(self, environ: Mapping[str, str], ready: Callable[[], object] | None) -> None:
        loop = asyncio.get_running_loop()
        stopped: list[str] = []
        stopping = asyncio.Event()
        service: Service | None = None

        def stop_here(reason: str) -> None:
            if service is None:
                stopped.append(reason)
                stopping.set()
            else:
                service.stop(reason)

        def stop(reason: str) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(stop_here, reason)

        self._stop = stop
        calls = OwnCalls(self._interceptors, self.executortype, stop_here)
        for each in self._offers.values():
            _ = each.binder  # so that annotations that mean nothing are told now
        config = Config.from_env(environ)
        colonyname = self._colonyname or config.colonyname
        if not colonyname:
            raise ConfigError(
                "there is no colony to work for; set COLONIES_COLONY_NAME, or give colonyname=…"
            )
        try:
            own = await unless_stopped(stopping, self._find_own(config, environ, colonyname, calls))
        except StoppedError:
            await calls.end()
            calls.raise_exit()
            return
        except BaseException:  # a cancellation, too, leaves no interceptor running
            await calls.end()
            raise
        try:
            slots = self._slots(self._pool, self._by_key(), self._concurrency)
        except BaseException:
            own.release()
            await calls.end()
            raise
        ledger = Ledger(own.lives, own.name)
        try:
            calls.name = own.name
            await unless_stopped(stopping, slots.begin())
            async with self._client(config, own, calls.for_client) as client:
                service = await self._make(client, config, environ, own, ledger, colonyname, Invoker(slots))
                self._service = service
                for reason in stopped:
                    service.stop(reason)
                self.name = own.name
                await service.serve(self._grace, ready)
        except StoppedError:
            calls.raise_exit()
            return
        finally:
            await slots.close()
            ledger.end()
            own.release()
            await calls.end()
        _logger.info("%s: ended", own.name)
        calls.raise_exit()

    async def _find_own(
        self, config: Config, environ: Mapping[str, str], colonyname: str, calls: OwnCalls
    ) -> OwnKey:
        options: dict[str, Any] = settings(config) | self._client_options
        async with AsyncClient(**options, interceptors=calls.for_client) as client:
            return await find_identity(
                client,
                Availability(self.executortype, client.url),
                config,
                environ,
                colonyname,
                self.executortype,
                name=self.name,
                prvkey=self._prvkey,
                keyfile=self._keyfile,
            )

    def _client(self, config: Config, own: OwnKey, interceptors: Sequence[Interceptor]) -> AsyncClient:
        colony_key = self._colony_key or config.colony_key
        given = settings(config)
        own_part: dict[str, Any] = {
            "server_key": None,
            "member_key": own.key,
            "colony_key": colony_key,
            "max_in_flight": min(MAX_IN_FLIGHT, given["max_in_flight"]),
        }
        options: dict[str, Any] = given | own_part | self._client_options
        return AsyncClient(**options, interceptors=interceptors)

    async def _make(
        self,
        client: AsyncClient,
        config: Config,
        environ: Mapping[str, str],
        own: OwnKey,
        ledger: Ledger,
        colonyname: str,
        invoker: Invoker,
    ) -> Service:
        colony_key = self._colony_key or config.colony_key
        me = Executor.new(own.name, own.key.id, self.executortype, colonyname)
        me.locationname = self._locationname
        me.capabilities = await asyncio.to_thread(capabilities, environ)
        names = ", ".join([*self._offers, *(f"blueprints of kind {kind}" for kind in self._handlers)])
        _logger.info("%s in colony %s at %s: %s", own.name, colonyname, client.url, names or "no functions")
        return Service(
            client,
            Availability(own.name, client.url),
            me,
            self._offers,
            self._handlers,
            invoker,
            concurrency=self._concurrency,
            heartbeat=self._heartbeat,
            hung_after=self._hung_after,
            on_stop=self._on_stop,
            poll=self._poll,
            ledger=ledger,
            locked=own.lock is not None,
            may_add=colony_key is not None,
            interceptors=self._interceptors,
            secrets=Secrets(own.key, colony_key, environ=environ),
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.executortype!r}, name={self.name!r})"
