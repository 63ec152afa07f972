"""The port of a server, from the moment it listens to the end of the last connection."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Middleware

from colonyos_gen.server._front import http_log
from colonyos_gen.server._front.bounds.crowd import MOST_CONNECTIONS
from colonyos_gen.server._front.bounds.files import files_allowed
from colonyos_gen.server._front.bounds.room import Room
from colonyos_gen.server._front.dispatch import Dispatcher
from colonyos_gen.server._front.http import DEFAULT_BODY_LIMIT, make_app
from colonyos_gen.server._front.slow_senders import IDLE_TIMEOUT_S, REQUEST_TIMEOUT_S, Connections
from colonyos_gen.server._quirks import STRICT, Quirks

logger: logging.Logger = logging.getLogger(__name__)

_SHUTDOWN_S = 0.5
_LAST_S = 5.0
"""How long all connections together may take to end."""
_BACKLOG = 1024
"""Connections that may wait to be accepted."""
_AT_ONCE = 8
"""Connections that are accepted at once, before those that are too many have been closed."""
_OTHER_FILES = 64
"""Files that are left for everything else, besides an eighth of what is allowed."""


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """What is granted to those who call; see the arguments of `Server`."""

    body_limit: int = DEFAULT_BODY_LIMIT
    bodies_limit: int | None = None
    connections_limit: int | None = None
    request_timeout: float = REQUEST_TIMEOUT_S
    idle_timeout: float = IDLE_TIMEOUT_S

    def __post_init__(self) -> None:
        if self.bodies_limit is not None and self.bodies_limit < self.body_limit:
            raise ValueError(
                f"bodies_limit is {self.bodies_limit}, too little for one body of body_limit, {self.body_limit} bytes"
            )
        if self.connections_limit is not None and self.connections_limit < 1:
            raise ValueError(f"connections_limit is {self.connections_limit}; there must be at least 1")

    def connections(self) -> int:
        """How many there may be: as was said, or as many as the system has files for."""
        if self.connections_limit is not None:
            return self.connections_limit
        files = files_allowed()
        return (
            MOST_CONNECTIONS
            if files is None
            else max(1, min(MOST_CONNECTIONS, files - files // 8 - _OTHER_FILES))
        )

    def room(self) -> Room:
        """Room for the bodies of requests."""
        most = 2 * self.body_limit if self.bodies_limit is None else self.bodies_limit
        return Room(most, max(self.body_limit, most // 2))


def _lengthen_line(listening: asyncio.Server) -> None:
    """Let more wait than are accepted at once, for which asyncio has one number."""
    if sys.platform != "win32":
        for each in listening.sockets:
            with socket.socket(fileno=os.dup(each.fileno())) as same:
                same.listen(_BACKLOG)


class Listening:
    """A port on which requests are answered, or are no more."""

    def __init__(
        self, runner: web.AppRunner, listening: asyncio.Server, connections: Connections, room: Room
    ) -> None:
        self.runner: web.AppRunner = runner
        self.connections: Connections = connections
        self.room: Room = room
        self._listening = listening

    @classmethod
    async def on(
        cls,
        host: str,
        port: int,
        dispatcher: Dispatcher,
        bounds: Bounds,
        *,
        middlewares: Sequence[Middleware] = (),
        quirks: Quirks = STRICT,
    ) -> Listening:
        """Listen. Raises OSError if the port is taken."""
        connections = Connections(bounds.request_timeout, bounds.connections())
        room = bounds.room()
        app = make_app(
            dispatcher,
            connections,
            body_limit=bounds.body_limit,
            room=room,
            request_timeout=bounds.request_timeout,
            idle_timeout=bounds.idle_timeout,
            middlewares=middlewares,
            quirks=quirks,
        )
        # A caller who hangs up during a long poll ends the handler, so that it takes no process for nobody.
        runner = web.AppRunner(
            app,
            access_log=None,
            logger=http_log.logger,
            handler_cancellation=True,
            auto_decompress=False,  # as on the real server: a few megabytes could become gigabytes
            keepalive_timeout=bounds.idle_timeout,
            shutdown_timeout=_SHUTDOWN_S,
            handle_signals=False,
        )
        await runner.setup()
        assert runner.server is not None
        protocol = http_log.plain_errors(runner.server)
        try:
            listening = await asyncio.get_running_loop().create_server(
                lambda: connections.accept(protocol()), host, port, backlog=_AT_ONCE
            )
            _lengthen_line(listening)
        except BaseException:
            await runner.cleanup()
            raise
        return cls(runner, listening, connections, room)

    @property
    def port(self) -> int:
        """The port, also where 0 was asked for."""
        port: int = self._listening.sockets[0].getsockname()[1]
        return port

    def die(self) -> None:
        """Take no more connections, and break those that there are."""
        self._listening.close()
        self.connections.abort()

    async def close(self) -> None:
        """Take no more connections, and end those that there are: in order if they let themselves be ended so."""
        self._listening.close()
        try:
            async with asyncio.timeout(_LAST_S):
                await self.runner.cleanup()
        except Exception as error:  # of a connection, which must not keep the others
            logger.warning("connections are broken off, as they did not end in order: %r", error)
        finally:
            self.connections.abort()
