"""How programs come to a session."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from colonyos_gen_wire.method import Key

from colonyos_gen._client.client import settings
from colonyos_gen._client.sync_client import Client
from colonyos_gen._tracebacks import short_traceback
from colonyos_gen.config import Config
from colonyos_gen.notebook import register
from colonyos_gen.session._sync_session import Session

_ROLES = ("server", "colony", "member")


@short_traceback
def connect(
    colonyname: str | None = None,
    *,
    url: str | None = None,
    keys: Mapping[str, Key | None] | None = None,
    environ: Mapping[str, str] | None = None,
    **client_options: Any,
) -> Session:
    """A session with a colony, on the server and with the keys that the environment names, or the arguments.

        with connect() as session:                          # or: session = connect()
            print(session.call("greet", "world", to="greeter"))

        async with connect() as session:
            print(await session.call("greet", "world", to="greeter"))

    Nothing is sent before the first call. In a notebook, processes, executors, statistics and workflows are shown as tables
    and pictures from then on; for lists of them, call `colonyos_gen.notebook.register`.

    Args:
        colonyname: Name of the colony; None for `COLONIES_COLONY_NAME`.
        url: Address of the server; None for that of the environment (see `Config.from_env`).
        keys: Private keys by role: `server`, `colony`, `member`. If given, those of the environment do not count.
        environ: Variables to read instead of the environment.
        client_options: Further arguments of `Client`, such as `timeout=10`.

    Raises:
        ConfigError: A variable holds something that cannot be used; the message names it.
        InvalidKeyError: A key is not a private key.
        ValueError: There is no such role, or the url is not one.
    """
    config = Config.from_env() if environ is None else Config.from_env(environ)
    options = settings(config)
    if url is not None:
        options["url"] = url
    if keys is not None:
        unknown = sorted(set(keys) - set(_ROLES))
        if unknown:
            raise ValueError(f"keys are for the roles {', '.join(_ROLES)}; there is no {unknown[0]!r}")
        options |= {f"{role}_key": keys.get(role) for role in _ROLES}
    options |= client_options
    register(lists=False)
    return Session(Client(**options), colonyname or config.colonyname, owned=True)
