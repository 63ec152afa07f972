"""A server, a worker and whoever calls, each in a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from colonyos_gen_wire import Colony, User

from colonyos_gen import Client, Config, PrivateKey
from colonyos_gen.testing._environment import Environment

ROOT = Path(__file__).parents[2]
_LAST_WORDS_S = 20.0


class Child:
    """A program of this package, spoken to by lines."""

    def __init__(self, module: str, *arguments: object, environ: dict[str, str] | None = None) -> None:
        paths = os.pathsep.join([str(ROOT), str(ROOT / "generated" / "python")])
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"tests.bench.{module}", *map(json.dumps, arguments)],
            env=os.environ | (environ or {}) | {"PYTHONPATH": paths},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    @property
    def pid(self) -> int:
        """Id of the process."""
        return self._process.pid

    def hear(self) -> str:
        """The next line that it prints. Raises RuntimeError if it has ended instead."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._process.args!r} ended with {self._process.wait()}")
        return line.strip()

    def tell(self, text: str = "") -> None:
        """Write it a line."""
        assert self._process.stdin is not None
        self._process.stdin.write(text + "\n")
        self._process.stdin.flush()

    def ask(self) -> int:
        """What it has counted."""
        self.tell()
        return int(self.hear())

    def stop(self) -> None:
        """End its input, and wait until it has ended."""
        try:
            self._process.communicate(timeout=_LAST_WORDS_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()


class Stand:
    """A colony on a server, with a worker whose function does nothing."""

    def __init__(self, environ: Environment, server: Child | None, worker: Child, pid: int | None) -> None:
        self._environ = environ
        self._server = server
        self._worker = worker
        self.pid: int | None = pid
        """Process of the server, where it is known."""

    def cycles(self, seconds: float, clients: int, *, read: bool = False) -> float:
        """Cycles a second by hand."""
        options = {"seconds": seconds, "clients": clients, "read": read}
        return float(self._one_line(Child("by_hand", options, environ=self._environ)))

    def calls(self, calls: int, flight: int) -> dict[str, Any]:
        """What so many calls took; `requests` of all sides are counted by the server, or by those who send them."""
        caller = Child(
            "caller",
            {"calls": calls, "flight": flight, "counting": self._server is None},
            environ=self._environ,
        )
        caller.hear()
        counting = self._server or self._worker
        before = counting.ask()
        caller.tell()
        figures: dict[str, Any] = json.loads(self._one_line(caller))
        figures["requests"] = (counting.ask() - before + figures["sent"]) / calls
        figures["rate"] = calls / figures["seconds"]
        return figures

    def waiting(self, processes: int, seconds: float) -> dict[str, Any]:
        """What it takes to wait for so many processes."""
        options = {"waiting": processes, "seconds": seconds, "pid": self.pid}
        caller = Child("caller", options, environ=self._environ)
        caller.hear()
        caller.tell()
        figures: dict[str, Any] = json.loads(self._one_line(caller))
        return figures

    @staticmethod
    def _one_line(child: Child) -> str:
        try:
            return child.hear()
        finally:
            child.stop()


@contextlib.contextmanager
def stand(*, real: bool) -> Generator[Stand]:
    """A stand on an embedded server of its own, or on the server that the environment names.

    A real server needs COLONIES_SERVER_PRVKEY, for a colony of its own. COLONIES_SERVER_PID tells its process.
    """
    with contextlib.ExitStack() as stack:
        server: Child | None = None
        if real:
            config = Config.from_env()
            owner, url = config.server_key, config.url
            if owner is None:
                raise RuntimeError("COLONIES_SERVER_PRVKEY is needed to make a colony for the figures")
            told = os.environ.get("COLONIES_SERVER_PID")
            pid = int(told) if told else None
        else:
            owner = PrivateKey.generate()
            server = Child("servers.counting")
            stack.callback(server.stop)
            server.tell(owner.hex())
            url, pid = f"http://127.0.0.1:{server.hear()}", server.pid
        colonyname, colony_key, user_key = f"bench-{os.urandom(4).hex()}", *_two_keys()
        client = stack.enter_context(Client(url, server_key=owner, colony_key=colony_key))
        client.add_colony(Colony(colonyid=colony_key.id, name=colonyname))
        if real:
            stack.callback(client.remove_colony, colonyname)
        client.add_user(User(colonyname=colonyname, userid=user_key.id, name="caller"))
        where = urlsplit(url)
        environ = Environment.of(
            where.hostname or "",
            where.port or 0,
            colonyname,
            colony_key=colony_key,
            member_key=user_key,
        )
        worker = Child("noop_worker", server is None, environ=environ.without_member_key())
        stack.callback(worker.stop)
        worker.hear()
        yield Stand(environ, server, worker, pid)


def _two_keys() -> tuple[PrivateKey, PrivateKey]:
    return PrivateKey.generate(), PrivateKey.generate()
