"""`colonyos-gen serve`: the embedded server as a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import signal
from collections.abc import Generator
from pathlib import Path

from colonyos_gen_wire import Colony, User

from colonyos_gen import AsyncClient, Config, PrivateKey
from colonyos_gen.server import Server
from colonyos_gen.server.embedded import is_loopback


async def serve(
    host: str, port: int, *, colonyname: str | None, env_file: Path | None, allow_reregister: bool
) -> None:
    """Run until SIGINT or SIGTERM.

    The variables that others need to use the server, new keys included, go into `env_file`, readable by its owner only; it
    is removed at the end. Keys are never printed.
    """
    key, identity = Config.from_env().server_key, os.environ.get("COLONIES_SERVER_ID") or None
    made = key is None and identity is None
    if made:
        key = PrivateKey.generate()
    server = Server(
        host=host,
        port=port,
        server_key=key,
        server_id=identity if key is None else None,
        allow_remote=True,
        reregister=allow_reregister,
    )
    stopping = asyncio.Event()
    async with server:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            with contextlib.suppress(NotImplementedError):  # Windows has no signal handlers on loops
                loop.add_signal_handler(number, stopping.set)
        print(f"ColonyOS server on {server.url}, owned by {server.server_id}", flush=True)
        if not is_loopback(host):
            print(
                "It can be reached from other machines, without TLS: requests can be read and replayed on the way."
            )
        variables = {"COLONIES_SERVER_HOST": server.host}
        variables |= {"COLONIES_SERVER_PORT": str(server.port), "COLONIES_TLS": "false"}
        if made and key is not None:
            variables["COLONIES_SERVER_PRVKEY"] = key.hex()
        if colonyname is not None:
            if key is None:
                raise ValueError("--colony needs the key of the server owner: set COLONIES_SERVER_PRVKEY")
            variables |= await _found(server, key, colonyname)
        path = env_file or Path.home() / ".colonyos-gen" / f"serve-{server.port}.env"
        with _written(path, variables):
            print(f"To use it from another shell:  source {shlex.quote(str(path))}", flush=True)
            print("Stop it with Ctrl-C.", flush=True)
            await stopping.wait()
        print("Stopped.", flush=True)


async def _found(server: Server, owner: PrivateKey, colonyname: str) -> dict[str, str]:
    """Make a colony with one user, and return the variables that stand for them."""
    colony_key, user_key = PrivateKey.generate(), PrivateKey.generate()
    async with AsyncClient(server.url, server_key=owner, colony_key=colony_key) as client:
        await client.add_colony(Colony(colonyid=colony_key.id, name=colonyname))
        await client.add_user(User(colonyname=colonyname, userid=user_key.id, name="user"))
    return {
        "COLONIES_COLONY_NAME": colonyname,
        "COLONIES_COLONY_PRVKEY": colony_key.hex(),
        "COLONIES_PRVKEY": user_key.hex(),
    }


@contextlib.contextmanager
def _written(path: Path, variables: dict[str, str]) -> Generator[None]:
    """The file of export lines, for as long as the block lasts."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.writelines(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())
    try:
        yield
    finally:
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
