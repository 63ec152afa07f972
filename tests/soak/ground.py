"""The server that is to bear it."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import AsyncGenerator
from pathlib import Path
from urllib.parse import urlsplit

from colonyos_gen import AsyncClient, Config, PrivateKey
from colonyos_gen.server._thread import ServerThread
from tests.soak import vitals
from tests.soak.vitals import Vitals

_PROBE_S = 15.0
_PROBES = 3
_PANICS = ("panic:", "fatal error:", "DATA RACE")


class Ground:
    """A server, seen from outside: where it is, who owns it, and how it is.

    Args:
        url: Address.
        server_key: Key of its owner.
        pid: Its process, if that is known.
        log: The file that it logs to, if that is known.
        embedded: The server itself, if it is one of ours, in this process.
    """

    def __init__(
        self,
        url: str,
        server_key: PrivateKey,
        *,
        pid: int | None,
        log: Path | None,
        embedded: ServerThread | None,
    ) -> None:
        self.url = url
        self.server_key = server_key
        self._pid = pid
        self._log = log
        self._log_start = log.stat().st_size if log is not None else 0
        self._embedded = embedded
        self.folder: Path = Path(tempfile.mkdtemp(prefix="soak-"))
        """Where workers leave their lines and logs."""

    @property
    def place(self) -> tuple[str, int]:
        """Host and port of the server."""
        parts = urlsplit(self.url)
        return parts.hostname or "", parts.port or 0

    @property
    def alive(self) -> bool:
        """Whether the server's process runs, as far as that can be told."""
        return self._pid is None or vitals.is_alive(self._pid)

    def look(self) -> Vitals | None:
        """What it holds; None where that cannot be told."""
        return None if self._pid is None else vitals.look(self._pid, self.place[1])

    async def answers_after(self) -> float:
        """Seconds that a read of the database takes, the least of a few. Raises RPCError if there is no answer."""
        taken: list[float] = []
        async with AsyncClient(self.url, server_key=self.server_key, timeout=_PROBE_S, retries=0) as client:
            for _ in range(_PROBES):
                started = time.perf_counter()
                await client.get_colonies()
                taken.append(time.perf_counter() - started)
        return min(taken)

    def complaints(self) -> list[str]:
        """What the server's log says of crashes and races."""
        found: list[str] = []
        if self._log is not None:
            with self._log.open(encoding="utf-8", errors="replace") as lines:
                lines.seek(self._log_start)
                found += [line.strip() for line in lines if any(each in line for each in _PANICS)]
        return found

    def hazards(self) -> dict[str, int]:
        """How often an embedded server has noticed what a real one would not bear, by name."""
        return {} if self._embedded is None else dict(self._embedded.server.hazards.counts)

    def clear(self) -> None:
        """Remove what the workers have left."""
        shutil.rmtree(self.folder, ignore_errors=True)


@contextlib.asynccontextmanager
async def ground(
    *, embedded: bool, pid: int | None = None, log: Path | None = None
) -> AsyncGenerator[Ground]:
    """The server that the environment names, or an embedded one that has the oddities of a real one.

    Raises ValueError if the environment does not name the server and its owner's key.
    """
    if embedded:
        owner = PrivateKey.generate()
        with ServerThread(server_key=owner, quirks="v1.9") as thread:
            yield Ground(thread.url, owner, pid=None, log=None, embedded=thread)
        return
    config = Config.from_env()
    if config.server_key is None or not os.environ.get("COLONIES_SERVER_HOST"):
        raise ValueError("set COLONIES_SERVER_HOST and COLONIES_SERVER_PRVKEY, or take --embedded")
    told = os.environ.get("COLONIES_SERVER_PID")
    pid = pid if pid is not None or not told else int(told)
    yield Ground(config.url, config.server_key, pid=pid, log=log, embedded=None)
