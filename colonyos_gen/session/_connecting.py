"""How programs come to a session."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, cast

from colonyos_gen_wire.method import Key, Signer

from colonyos_gen._arguments import require_str, with_options
from colonyos_gen._call.signers import parse
from colonyos_gen._client.client import OPTIONS, settings
from colonyos_gen._client.sync_client import Client
from colonyos_gen._secrets import Hidden
from colonyos_gen._tracebacks import short_traceback
from colonyos_gen.config import Config
from colonyos_gen.notebook import register
from colonyos_gen.session._sync_session import Session

_ROLES = ("server", "colony", "member")


@short_traceback
@with_options(*OPTIONS)
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
        TypeError: An argument is of a wrong type, or there is no such argument.
    """
    environ = Hidden(os.environ if environ is None else environ)
    try:
        require_str("colonyname", colonyname)
        config = Config.from_env(environ)
        given = {} if keys is None else _by_parameter(keys)
        client_options = {"url": config.url if url is None else url} | given | client_options
        client = Client(**(settings(config) | client_options))
    finally:
        del keys, client_options  # which those who print the variables of a traceback would show
    register(lists=False)
    return Session(client, colonyname or config.colonyname, owned=True)


def _by_parameter(keys: Mapping[str, Key | None]) -> dict[str, Signer | None]:
    if not isinstance(cast("object", keys), Mapping):
        kind = type(keys).__name__
        del keys
        raise TypeError(
            f"keys is of type {kind}; it must be a mapping of roles to keys, such as {{'member': …}}"
        )
    unknown = sorted(set(keys) - set(_ROLES))
    try:
        if not unknown:
            return {f"{role}_key": _signer(keys.get(role), f"{role}_key") for role in _ROLES}
    finally:
        del keys
    raise ValueError(f"keys are for the roles {', '.join(_ROLES)}; there is no {unknown[0]!r}")


def _signer(key: Key | None, parameter: str) -> Signer | None:
    try:
        return None if key is None else parse(key, parameter)
    finally:
        del key
