"""`colonyos-gen serve`: the embedded server as a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import signal
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from colonyos_gen_wire import Colony, User
from colonyos_gen_wire.constants import SERVER_VERSION
from colonyos_gen_wire.hazards import Hazard

from colonyos_gen import AlreadyExistsError, AsyncClient, Config, ConfigError, PrivateKey
from colonyos_gen._secrets import Hidden
from colonyos_gen.cli.env_file import look_at, read_env_file, require_ours, written
from colonyos_gen.cli.garbage import looked_through_at_leisure
from colonyos_gen.server import Server
from colonyos_gen.server._caller.identities import is_identity
from colonyos_gen.server._domains.address import is_loopback
from colonyos_gen.server._front.bounds.crowd import MOST_CONNECTIONS
from colonyos_gen.server._front.bounds.files import allow_more_files
from colonyos_gen.server.hazards import Mode

_OWNER_KEY = "COLONIES_SERVER_PRVKEY"
_OWNER_ID = "COLONIES_SERVER_ID"
_COLONY = "COLONIES_COLONY_NAME"
_COLONY_KEY = "COLONIES_COLONY_PRVKEY"
_USER_KEY = "COLONIES_PRVKEY"
_RETENTION = "COLONIES_RETENTION"
_RETENTION_POLICY = "COLONIES_RETENTION_POLICY"
_USER = "user"
_TAKES_LONG = 20 * 2**20
"""Bytes of a file that takes some time to be read."""


async def serve(
    host: str,
    port: int,
    *,
    colonyname: str | None,
    env_file: Path | None,
    allow_reregister: bool,
    db: Path | None = None,
    quirks: str = "strict",
    zone: str = "UTC",
    retention: float | None = None,
    hazards: Mode = "notice",
    as_version: str = SERVER_VERSION,
) -> Hazard | None:
    """Run until SIGINT or SIGTERM; or, with `hazards` "act", until a hazard has ended the server, which is returned.

    The variables that others need to use the server, new keys included, go into `env_file`, readable by its owner only. It
    is removed at the end; with `db`, it stays beside the file with the rows, and the next run uses the same keys. Keys are
    never printed.

    Raises:
        ConfigError: A variable holds something that cannot be used, the key of the server owner is needed, or `env_file`
            is not one of this server; it is never overwritten then.
        OSError: The port is taken, or the file `db` cannot be used.
        ValueError: There are no such `quirks`, no such `zone`, or no such release as `as_version`.
    """
    if db is not None:
        env_file = env_file or db.with_name(db.name + ".env")
    kept = _kept(env_file, db, colonyname) if db is not None and env_file is not None else Hidden({})
    if db is None and env_file is not None:
        require_ours(
            env_file, look_at(env_file), None
        )  # again when it is written, but nobody is to wait for that
    key, identity, variables = _owner(kept)
    if colonyname is not None and key is None and kept.get(_COLONY) != colonyname:
        raise ConfigError(f"--colony needs the key of the server owner: set {_OWNER_KEY}")
    if db is not None and db.exists() and db.stat().st_size > _TAKES_LONG:
        print(f"Reading {db}, {db.stat().st_size / 2**20:.0f} MB ...", flush=True)
    server = Server(
        host=host,
        port=port,
        server_key=key,
        server_id=identity,
        allow_remote=True,
        reregister=allow_reregister,
        db=db,
        quirks=quirks,
        zone=zone,
        retention=_retention() if retention is None else retention,
        hazards=hazards,
        as_version=as_version,
    )
    allow_more_files(2 * MOST_CONNECTIONS)
    stopping = asyncio.Event()
    async with looked_through_at_leisure(), server:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            with contextlib.suppress(NotImplementedError):  # Windows has no signal handlers on loops
                loop.add_signal_handler(number, stopping.set)
        print(f"ColonyOS server on {server.url}, owned by {server.server_id}", flush=True)
        if not is_loopback(host):
            print(
                "It can be reached from other machines, without TLS: requests can be read and replayed on the way."
            )
        variables |= {"COLONIES_SERVER_HOST": server.host}
        variables |= {"COLONIES_SERVER_PORT": str(server.port), "COLONIES_TLS": "false"}
        variables |= _colony(kept, colonyname)
        path = (env_file or Path.home() / ".colonyos-gen" / f"serve-{server.port}.env").absolute()
        with written(path, variables, None if db is None else db.absolute()):
            # The keys are in the file before the colony is on the server, so neither can be without the other.
            if colonyname is not None and key is not None:
                await _found(server, key, variables)
            if db is not None:
                print(f"Everything is kept in {db}, and the keys in {path}.", flush=True)
            else:
                print(
                    _forgotten(
                        _OWNER_KEY if key is not None else _OWNER_ID,
                        new_owner=_OWNER_KEY in variables,
                        new_colony=_COLONY_KEY in variables,
                    ),
                    flush=True,
                )
            print(f"To use it from another shell:  source {shlex.quote(str(path))}", flush=True)
            print("Stop it with Ctrl-C.", flush=True)
            await _first(stopping.wait(), server.death())
        print("Stopped.", flush=True)
        return server.died


def _retention() -> float | None:
    """Seconds after which the environment wants to have forgotten what has ended, by the variables of the real server."""
    if os.environ.get(_RETENTION, "").strip() != "true":
        return None
    text = os.environ.get(_RETENTION_POLICY, "").strip()
    if not text.isascii() or not text.isdecimal() or int(text) == 0:
        raise ConfigError(
            f"{_RETENTION} is true, and {_RETENTION_POLICY} is {text!r}; "
            "give the seconds after which what has ended is forgotten, a whole number above 0"
        )
    return float(text)


def _forgotten(given: str, *, new_owner: bool, new_colony: bool) -> str:
    """What a server that keeps nothing says to those who had one before it; `given` names its owner, who is not new."""
    new = [*(["server owner"] if new_owner else []), *(["colony owner and user"] if new_colony else [])]
    news = f"the keys of {', '.join(new)} are new" if new_colony else "it knows no colony yet"
    if new_owner and not new_colony:
        news = f"the key of the server owner is new, and {news}"
    if not new_owner:
        news += f"; the server owner is still the one whom {given} names"
    refused = "Shells, clients and workers with keys of an earlier run are refused"
    if not new_owner:
        refused += ", except for what the server owner's key signs"
    remedy = "start them again with those of this one" if new_colony else "add their colony and them again"
    return f"Nothing is kept, as there is no --db: {news}.\n{refused}; {remedy}."


async def _first(*works: Coroutine[Any, Any, object]) -> None:
    """Wait until one of them is done, and give the others up."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


def _kept(env_file: Path, db: Path, colonyname: str | None) -> Hidden:
    """What an earlier run has kept. The keys of its colony must not be overwritten by those of another."""
    found = look_at(env_file)
    if found is not None and found.process and not found.live:  # of a server that kept nothing
        return Hidden({})
    if found is None or not (
        found.live and found.kept_for == db.absolute()
    ):  # where the database is what is in use
        require_ours(env_file, found, db.absolute())
    kept = read_env_file(env_file)
    if colonyname is not None and kept.get(_COLONY, colonyname) != colonyname:
        raise ConfigError(
            f"{env_file} holds the keys of the colony {kept[_COLONY]!r}; name another file with --env-file"
        )
    return kept


def _owner(kept: Hidden) -> tuple[PrivateKey | None, str | None, Hidden]:
    """Key and identity of the server owner as far as they are known, and the variables to hand on.

    What the environment says comes first, then what an earlier run has kept. With neither, a key is made.
    """
    key, identity = Config.from_env().server_key, os.environ.get(_OWNER_ID, "").strip() or None
    if identity is not None and not is_identity(identity):
        raise ConfigError(f"{_OWNER_ID} is {identity!r}; expected 64 lower-case hexadecimal characters")
    if key is not None and identity not in (None, key.id):
        raise ConfigError(f"{_OWNER_ID} is not the identity of the key in {_OWNER_KEY}; set one of them")
    if key is not None or identity is not None:
        return key, identity, Hidden({})
    key = Config.from_env({_OWNER_KEY: kept.get(_OWNER_KEY, "")}).server_key or PrivateKey.generate()
    return key, None, Hidden({_OWNER_KEY: key.hex()})


def _colony(kept: Hidden, colonyname: str | None) -> Hidden:
    """The variables that stand for a colony and its user: those of an earlier run, or new ones."""
    if colonyname in (None, kept.get(_COLONY)):
        return Hidden({name: kept[name] for name in (_COLONY, _COLONY_KEY, _USER_KEY) if name in kept})
    return Hidden(
        {
            _COLONY: colonyname or "",
            _COLONY_KEY: PrivateKey.generate().hex(),
            _USER_KEY: PrivateKey.generate().hex(),
        }
    )


async def _found(server: Server, owner: PrivateKey, variables: Hidden) -> None:
    """Make the colony that `variables` stand for, with one user, unless an earlier run has done so."""
    config = Config.from_env(variables)
    name, colony_key, user_key = config.colonyname, config.colony_key, config.member_key
    if name is None or colony_key is None or user_key is None:
        raise ConfigError(f"the keys of the colony {variables[_COLONY]!r} are incomplete")
    async with AsyncClient(server.url, server_key=owner, colony_key=colony_key) as client:
        ids = {colony.name: colony.colonyid for colony in await client.get_colonies()}
        if name not in ids:
            await client.add_colony(Colony(colonyid=colony_key.id, name=name))
        elif ids[name] != colony_key.id:
            raise ConfigError(f"there is a colony {name!r} already, with another key; leave --colony out")
        with contextlib.suppress(AlreadyExistsError):
            await client.add_user(User(colonyname=name, userid=user_key.id, name=_USER))
