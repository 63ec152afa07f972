"""Which of the keys at hand is the worker's own."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

from colonyos_gen_wire import Executor
from colonyos_gen_wire.method import Key

from colonyos_gen._client.client import AsyncClient
from colonyos_gen.config import Config, ConfigError
from colonyos_gen.crypto import PrivateKey
from colonyos_gen.errors import DeniedError, NotFoundError
from colonyos_gen.keys import passphrase_from_env
from colonyos_gen.worker._life.key_file import OwnKey, default_name, from_file, from_folder, given
from colonyos_gen.worker._life.registration import no_such_colony
from colonyos_gen.worker._taking.availability import Availability

_logger = logging.getLogger("colonyos_gen.worker")


async def find_identity(
    client: AsyncClient,
    availability: Availability,
    config: Config,
    environ: Mapping[str, str],
    colonyname: str,
    executortype: str,
    *,
    name: str | None,
    prvkey: PrivateKey | None,
    keyfile: Path | None,
) -> OwnKey:
    """The worker's key and name: from the arguments, else from COLONIES_PRVKEY, else from a file that is kept for it.

    The variable may hold the key of a user instead, since it is the one that users are told to set. Then the worker is
    given a key of its own.

    Raises:
        RegistrationError: There is no such colony.
        ConfigError: The key in the environment is that of another executor, another worker has the key file, or that can
            be neither read nor written.
        InvalidKeyError: The key file is damaged.
    """
    name = name or config.executorname
    if prvkey is not None:
        return given(environ, colonyname, name or default_name(executortype), prvkey)
    if keyfile is not None:
        try:
            return from_file(keyfile, name or default_name(executortype), passphrase_from_env(environ))
        except OSError as error:
            raise ConfigError(
                f"the worker's key in {keyfile} can be neither read nor made ({error.strerror or error}); "
                "give keyfile=… another path, or its user the right to it"
            ) from error
    key = config.member_key
    if key is not None:
        rows = await _executors(client, availability, colonyname, key)
        if rows is None:  # nobody's key so far
            return given(environ, colonyname, name or default_name(executortype), key)
        row = next((each for each in rows if each.executorid == key.id), None)
        if row is not None:
            _require_same(row, name, executortype)
            return given(environ, colonyname, row.executorname, key)
        _logger.info("COLONIES_PRVKEY is the key of a user; the worker has a key of its own")
    return from_folder(environ, colonyname, name, executortype)


async def _executors(
    client: AsyncClient, availability: Availability, colonyname: str, key: PrivateKey
) -> list[Executor] | None:
    """The executors of the colony, as its members see them; None if `key` is not a member's."""
    try:
        return await availability.insist(lambda: client.get_executors(colonyname, prvkey=key))
    except DeniedError:
        return None
    except NotFoundError:
        raise no_such_colony(colonyname) from None


def _require_same(row: Executor, name: str | None, executortype: str) -> None:
    if name not in (None, row.executorname) or row.executortype != executortype:
        wanted = f"{name or 'a worker'} of type {executortype!r}"
        raise ConfigError(
            f"COLONIES_PRVKEY is the key of {row.executorname}, an executor of type {row.executortype!r}, and so not of "
            f"{wanted}; unset it, or give the worker its own with prvkey=… or keyfile=…"
        )


def private_key(key: Key, parameter: str) -> PrivateKey:
    """A key that was given as `parameter`. Raises TypeError, and InvalidKeyError for a text that is none."""
    if isinstance(key, PrivateKey):
        return key
    if isinstance(key, str):
        try:
            return PrivateKey.parse(key)
        finally:
            del key  # which those who print the variables of a traceback would show
    raise TypeError(f"{parameter} is of type {type(key).__name__}; it must be a str or a PrivateKey")
