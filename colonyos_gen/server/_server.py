"""The server as an object: put together, started and stopped."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, tzinfo
from types import TracebackType
from typing import TYPE_CHECKING

from aiohttp.typedefs import Middleware
from colonyos_gen_wire.constants import (
    CLEANUP_PERIOD_S,
    CRON_CHECK_PERIOD_MS,
    GENERATOR_CHECK_PERIOD_MS,
    ID_LENGTH,
    RELEASE_PERIOD_S,
    SERVER_VERSION,
    STALE_EXECUTOR_S,
)
from colonyos_gen_wire.hazards import Hazard

from colonyos_gen.crypto import PrivateKey
from colonyos_gen.server._caller.access import Access
from colonyos_gen.server._caller.identities import is_identity
from colonyos_gen.server._caller.published_keys import require_own_keys
from colonyos_gen.server._clock import Clock, SystemClock
from colonyos_gen.server._domains.address import Address, is_loopback
from colonyos_gen.server._domains.loading import Parts, load
from colonyos_gen.server._front.as_version import AsVersion
from colonyos_gen.server._front.direct import Direct
from colonyos_gen.server._front.dispatch import Dispatcher
from colonyos_gen.server._front.http import DEFAULT_BODY_LIMIT
from colonyos_gen.server._front.listening import Bounds, Listening
from colonyos_gen.server._front.rendering import Answer, Rendering
from colonyos_gen.server._front.slow_senders import IDLE_TIMEOUT_S, REQUEST_TIMEOUT_S
from colonyos_gen.server._processes.channel_access import ChannelAccess
from colonyos_gen.server._processes.channels import ChannelStore
from colonyos_gen.server._processes.checker import Checker
from colonyos_gen.server._processes.events import ProcessEvents
from colonyos_gen.server._processes.pausing import PauseGate
from colonyos_gen.server._processes.scheduler import Scheduler
from colonyos_gen.server._processes.upkeep.retention import Retention
from colonyos_gen.server._quirks import STRICT, Quirks
from colonyos_gen.server._store.records import Records
from colonyos_gen.server._store.sqlite_journal import SqliteJournal
from colonyos_gen.server._store.tables import Journal, Store
from colonyos_gen.server._time.periodic import Periodic
from colonyos_gen.server._time.zero_time import zone_of
from colonyos_gen.server._workflows.crons import CronStarter
from colonyos_gen.server._workflows.generators import GeneratorStarter
from colonyos_gen.server._workflows.workflows import Workflows
from colonyos_gen.server.hazards import Hazards, Mode
from colonyos_gen.server.hazards._watch import HazardWatch

if TYPE_CHECKING:
    from typing import Self


class Server:
    """A ColonyOS server inside this process.

        async with Server() as server:
            print(server.url, server.server_key.hex())

    Nobody but the owner of `server_key` can make colonies on it. Give `server_key` to use a key of yours, or only
    `server_id` if the key is not to be known here; with neither, the server makes a key. With a `clock` of your own,
    time passes as you say; see `colonyos_gen.server._clock`.

    Args:
        host: Address to listen on. Anything but this machine itself needs `allow_remote`, and keys of one's own: those that
            ColonyOS is published with are refused there.
        port: Port to listen on; 0 picks a free one, see `port` and `url`.
        server_key: Private key of the server owner.
        server_id: Identity of the server owner.
        clock: What the server takes for time.
        reregister: Whether adding an executor under a name in use takes the name over, instead of being refused.
        stale_after: Seconds of silence after which an executor that has called assign is unregistered.
        body_limit: Largest request body in bytes.
        bodies_limit: Bytes of request bodies that may be under way at once, half of them from one address, unless that is
            this machine, but always one of the largest; small bodies do not count. None for twice `body_limit`. Who comes
            when there is no room waits, for up to `request_timeout` seconds, and then gets status 429, unread; so does a body
            that stands still while others wait.
        connections_limit: Connections that may be open at once, half of them from one address, unless that is this machine.
            One more closes that which has been without a request for longest, or gets status 429. None for 10,000, or as
            many as the system allows files to this program, less some for others.
        request_timeout: Seconds that the headers of a request may take to arrive, and then its body, of which every
            10,000 bytes get another second. The real server gives headers 10 s and bodies all the time in the world.
        idle_timeout: Seconds that a connection stays open without a request or a subscription.
        allow_remote: Whether other machines may reach the server.
        db: File to keep everything in, so that a server that is started on it later goes on where this one ended; it
            is made if there is none. None keeps everything in memory. The file belongs to the server from here to
            `stop`. It holds no keys, so give `server_key` or `server_id` too if the owner is to stay the same. An owner
            who has changed identity is in the file, and counts.
        journal: Where rows are kept instead of a file, for a store of your own.
        quirks: Oddities of the real server to imitate: a `Quirks`, "v1.9", or names of flags with commas between them; see
            `colonyos_gen.server._quirks`.
        zone: Time zone of the server, or its name: the zone of times in replies, and of cron expressions that name none.
        middlewares: aiohttp middlewares around every request, such as the faults of the testing kit. One that reads the body
            itself reads it past `bodies_limit` and `request_timeout`; `body_limit` still holds.
        retention: Seconds after which processes and workflows that have ended are forgotten, with their logs and attributes;
            None keeps them for ever.
        hazards: What happens when requests meet that would harm the real server: "notice" counts them in `hazards` and warns,
            "act" also ends the server, or lets it stand still, as the real one would, "refuse" answers with status 400 and
            does nothing else, and "off" does nothing; see
            `colonyos_gen.server.hazards`.
        as_version: Server release to answer as, such as "1.9.7": its version, and without the messages, fields and values of
            enums that came later; see `colonyos_gen.server._front.as_version`.

    Raises:
        ValueError: The arguments do not go together.
        JournalError: The file `db` cannot be used.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        server_key: PrivateKey | str | None = None,
        server_id: str | None = None,
        clock: Clock | None = None,
        reregister: bool = False,
        stale_after: float = STALE_EXECUTOR_S,
        body_limit: int = DEFAULT_BODY_LIMIT,
        bodies_limit: int | None = None,
        connections_limit: int | None = None,
        request_timeout: float = REQUEST_TIMEOUT_S,
        idle_timeout: float = IDLE_TIMEOUT_S,
        allow_remote: bool = False,
        db: str | os.PathLike[str] | None = None,
        journal: Journal | None = None,
        quirks: Quirks | str = STRICT,
        zone: tzinfo | str = UTC,
        middlewares: Sequence[Middleware] = (),
        retention: float | None = None,
        hazards: Mode = "notice",
        as_version: str = SERVER_VERSION,
    ) -> None:
        try:
            key = None if server_key is None else PrivateKey.parse(server_key)
        finally:
            del server_key  # which those who print the variables of a traceback would show
        if not allow_remote and not is_loopback(host):
            raise ValueError(
                f"{host} can be reached from other machines; pass allow_remote=True if it is meant to"
            )
        if key is None and server_id is None:
            key = PrivateKey.generate()
        if server_id is not None and not is_identity(server_id):
            raise ValueError(
                f"{server_id!r} is no identity; expected {ID_LENGTH} lower-case hexadecimal characters"
            )
        if key is not None and server_id not in (None, key.id):
            raise ValueError("server_id is not the identity of server_key; give one of them")
        self._bounds = Bounds(
            body_limit=body_limit,
            bodies_limit=bodies_limit,
            connections_limit=connections_limit,
            request_timeout=request_timeout,
            idle_timeout=idle_timeout,
        )
        if db is not None and journal is not None:
            raise ValueError("give db or journal, not both")
        if retention is not None and not retention > 0:
            raise ValueError(f"retention is {retention!r}; give a number of seconds above 0, or None")
        quirks = Quirks.parse(quirks) if isinstance(quirks, str) else quirks
        zone = zone_of(zone)
        release = AsVersion(as_version)
        self._key = key
        self._quirks = quirks
        self._host = host
        self._port = port
        self._middlewares = middlewares
        self._listening: Listening | None = None

        clock = SystemClock() if clock is None else clock
        self._file = None if db is None else SqliteJournal(db)
        self._store = store = Store(self._file or journal)
        try:
            self._records = records = Records(
                store, one_executor_per_identity=quirks.one_executor_per_identity
            )
        except BaseException:  # nobody can close a server that was never made
            if self._file is not None:
                self._file.close()
            raise
        access = Access(records, key.id if key is not None else server_id or "", quirks)
        self._access = access
        if not is_loopback(host):
            try:
                require_own_keys(access.server_id, records)
            except ValueError:
                if self._file is not None:
                    self._file.close()
                raise
        self._address = Address()
        self._scheduler = Scheduler(records.processes, clock, quirks)
        self._watch = HazardWatch(records, access, clock, self._scheduler, hazards)
        self._watch.on_death = self._die
        self._death = asyncio.Event()
        self._pause_gate = PauseGate(records.paused, clock)
        self._checker = Checker(records, store, clock, stale_after=stale_after, quirks=quirks)
        channels = ChannelAccess(records, access, ChannelStore(records.processes, clock, quirks))
        events = ProcessEvents(records, clock, quirks, self._scheduler.turns)
        workflows = Workflows(records, clock, quirks)
        self._crons = CronStarter(records, store, workflows, clock, zone, quirks)
        self._generators = GeneratorStarter(records, store, workflows, clock)
        self._retention = Retention(records, store, clock, retention, quirks) if retention else None
        self._periodic = Periodic(clock, store)
        parts = Parts(
            records=records,
            access=access,
            clock=clock,
            store=store,
            quirks=quirks,
            address=self._address,
            scheduler=self._scheduler,
            silence=self._checker.silence,
            pause_gate=self._pause_gate,
            workflows=workflows,
            crons=self._crons,
            channels=channels,
            events=events,
            reregister=reregister,
            version=release.version,
        )
        rendering = Rendering(quirks, zone, release)
        self._dispatcher = Dispatcher(load(parts), access, store, self._watch, rendering)
        self.direct: Direct = Direct(self._dispatcher)
        """The way in for requests of this program; see `colonyos_gen.testing.InProcessTransport`."""

    @property
    def server_key(self) -> PrivateKey | None:
        """Private key of the server owner; None if only the identity is known, also because it was changed."""
        return self._key if self._key is not None and self._key.id == self.server_id else None

    @property
    def server_id(self) -> str:
        """Identity of the server owner."""
        return self._access.server_id

    @property
    def host(self) -> str:
        """Address that the server listens on."""
        return self._host

    @property
    def port(self) -> int:
        """Port that the server listens on; 0 before it has started, unless a port was asked for."""
        return self._port

    @property
    def url(self) -> str:
        """Base URL for clients."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    @property
    def hazards(self) -> Hazards:
        """What was noticed of requests that would have harmed the real server; see `colonyos_gen.server.hazards`."""
        return self._watch.noticed

    @property
    def died(self) -> Hazard | None:
        """What has ended the server, with `hazards="act"`; `start` brings it back."""
        return self._watch.died

    @property
    def frozen(self) -> Hazard | None:
        """What has made the server stand still, with `hazards="act"`; `stop` and `start` bring it back."""
        return self._watch.frozen

    async def death(self) -> Hazard:
        """Wait until something has ended the server, with `hazards="act"`, and return what. May be cancelled."""
        while self._watch.died is None:
            await self._death.wait()
        return self._watch.died

    async def start(self) -> None:
        """Listen, and return when requests are answered.

        Raises OSError if the port is taken, or if another server has used the file in the meantime.
        """
        if self._watch.died is not None:
            await self.stop()
        if self._listening is not None:
            raise RuntimeError("the server is running already")
        self._watch.restart()
        self._death.clear()
        if self._file is not None:
            self._file.open()
        try:
            await self._listen()
        except BaseException:
            if self._file is not None:
                self._file.close()
            raise
        self.direct.open()
        self._address.host, self._address.port = self._host, self._port
        self._scheduler.open()
        self._pause_gate.open()
        self._checker.start()
        self._store.pieces.go_on()
        self._periodic.start(self._checker.check_deadlines, RELEASE_PERIOD_S)
        self._periodic.start(self._checker.check_executors, CLEANUP_PERIOD_S)
        self._periodic.start(self._crons.check, CRON_CHECK_PERIOD_MS / 1000)
        self._periodic.start(self._generators.check, GENERATOR_CHECK_PERIOD_MS / 1000)
        if self._retention:
            self._periodic.start(self._retention.check, self._retention.period)

    async def _listen(self) -> None:
        self._listening = await Listening.on(
            self._host,
            self._port,
            self._dispatcher,
            self._bounds,
            middlewares=self._middlewares,
            quirks=self._quirks,
        )
        self._port = self._listening.port

    @property
    def listeners(self) -> int:
        """How many executors wait for a process."""
        return self._scheduler.waiters

    def dismiss(self, colonyname: str, executorname: str) -> None:
        """Tell an executor whose long poll is under way that there is no process for it."""
        self._scheduler.dismiss(colonyname, executorname)

    def listeners_stay(self, others: Iterable[tuple[str, str]] = ()) -> AbstractContextManager[None]:
        """Within the block, executors whose long poll is under way at its start do not count as silent.

        Nor do `others`, given by the names of colony and executor. Whoever skips time needs it: they would have polled on
        and on, but get no turn to.
        """
        names = [(offer.colonyname, offer.executorname) for offer in self._scheduler.offers()]
        found = (self._records.executor(*each) for each in {*names, *others})
        return self._checker.sparing([executor for executor in found if executor is not None])

    async def answer(self, body: bytes) -> Answer:
        """The answer to a request, without a network in between."""
        return await self._dispatcher.answer(body)

    async def stop(self) -> None:
        """Stop listening. Executors that wait for a process are told that there is none.

        Rows stay; `start` goes on with them, on the same port. The file is let go of meanwhile.
        """
        listening, self._listening = self._listening, None
        if listening is None:
            return
        self._periodic.stop()
        self.direct.close()
        if self._watch.frozen is not None:
            listening.die()
        self._watch.stop()
        self._scheduler.close()
        self._pause_gate.close()
        await listening.close()
        self._dispatcher.close()
        try:
            await self._store.close()
        finally:
            if self._file is not None:
                self._file.close()

    def _die(self) -> None:
        """Do what the end of the process would do to everybody else."""
        self._death.set()
        self._periodic.stop()
        self.direct.close()
        if self._listening is not None:
            self._listening.die()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.stop()
