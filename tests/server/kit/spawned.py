"""Server processes, seen from the process that starts them."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any


class ServerProcess:
    """A process that is ready to become a server, and then is one; see `server_process`.

    Starting the interpreter takes longer than starting the server. Make the object early to have that done in time.
    """

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.server.kit.server_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.url = ""

    @property
    def pid(self) -> int:
        """Id of the process."""
        return self._process.pid

    def serve(self, **options: Any) -> str:
        """Start the server with arguments of `Server`, and return its URL as soon as it answers."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(options) + "\n")
        self._process.stdin.flush()
        port = self._process.stdout.readline()
        if not port:
            raise RuntimeError("the server process ended instead of serving")
        self.url = f"http://127.0.0.1:{int(port)}"
        return self.url

    def kill(self) -> None:
        """End the process on the spot; it cannot prevent that, or notice it."""
        self._process.kill()
        self._process.communicate()

    def stop(self) -> None:
        """Let the server stop by itself, and wait until it has."""
        self._process.communicate()
        if self._process.returncode:
            raise RuntimeError(f"the server process ended with {self._process.returncode}")
