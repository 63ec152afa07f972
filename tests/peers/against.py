"""Run the tests of a peer: `python -m tests.peers.against SUITE PYTHON [ARGUMENT ...]`.

SUITE is a folder beside this file. PYTHON has what its requirements.txt lists, while the interpreter that runs this has
colonyos_gen. The server is the one that the environment names, else `colonyos-gen serve` runs for as long as the tests.
The arguments go to pytest.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path

from colonyos_gen import Config
from colonyos_gen.cli.env_file import read_env_file
from colonyos_gen.config import server_is_set


@contextlib.contextmanager
def served() -> Generator[dict[str, str]]:
    """The embedded server as a process of its own; yields the variables that lead to it."""
    with tempfile.TemporaryDirectory() as folder:
        env_file = Path(folder) / "serve.env"
        command = [
            sys.executable,
            "-m",
            "colonyos_gen.cli",
            "serve",
            "--port",
            "0",
            "--env-file",
            str(env_file),
        ]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            try:
                assert server.stdout is not None
                if not any(line.startswith("Stop it") for line in server.stdout):
                    raise RuntimeError("the server ended instead of serving")
                yield dict(read_env_file(env_file))
            finally:
                server.terminate()


def main(suite: str, python: str, *arguments: str) -> int:
    """Returns the exit code of pytest."""
    with contextlib.ExitStack() as stack:
        if server_is_set():
            config = Config.from_env()
            variables = {"COLONIES_SERVER_HOST": config.host, "COLONIES_SERVER_PORT": str(config.port)}
            variables["COLONIES_SERVER_TLS"] = "true" if config.tls else "false"
        else:
            variables = stack.enter_context(served())
        # Nothing of this project may be found by the other interpreter.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        command = [python, "-m", "pytest", *arguments]
        folder = Path(__file__).parent / suite
        return subprocess.run(command, cwd=folder, env=environment | variables, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
