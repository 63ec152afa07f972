"""Asks a server that runs for all that can be had without harm."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from typing import Any

from colonyos_gen_codegen.drift import Access, DriftError, Observed
from colonyos_gen_codegen.model import Service
from colonyos_gen_wire import methods as rpc
from colonyos_gen_wire.method import Method, Role, Signer
from colonyos_gen_wire.methods import METHODS

from colonyos_gen._call.aiohttp_transport import AiohttpTransport
from colonyos_gen._call.network.address import shown
from colonyos_gen._drift.comparing import release_of
from colonyos_gen.cli.observing.asking import Asker, Refused
from colonyos_gen.cli.observing.colony import PREFIX, Colony
from colonyos_gen.cli.observing.described import Forms, forms_of
from colonyos_gen.cli.observing.plain import list_in, text_in
from colonyos_gen.cli.observing.reading import read_colony, read_server
from colonyos_gen.cli.observing.tally import Tally
from colonyos_gen.cli.observing.tour import tour
from colonyos_gen.config import Config, ConfigError
from colonyos_gen.crypto import InvalidKeyError, PrivateKey
from colonyos_gen.errors import RPCError

_CHANGES: dict[Method[Any, Any], set[str]] = {
    rpc.identity.CHANGE_SERVER_ID: {"serverid"},
    rpc.identity.CHANGE_COLONY_ID: {"colonyname", "colonyid"},
    rpc.identity.CHANGE_EXECUTOR_ID: {"colonyname", "executorid"},
    rpc.identity.CHANGE_USER_ID: {"colonyname", "userid"},
}
"""Changes of identities, with what they take."""
_NOWHERE = "schema-drift-nowhere"
_HARM = (
    "it leaks a connection of the server (identity_change_leaks_connection); only asked for by somebody unknown,"
    " who is refused"
)
_WRITES = "it writes, and there is no key of the server's owner to make a colony for that"


class _Keys:
    """Those that the environment has, by role."""

    def __init__(self, access: Access) -> None:
        self.server = _key(access.server_key)
        self.colony = _key(access.colony_key)
        self.member = _key(access.member_key)

    @property
    def inside(self) -> list[Signer]:
        """Those that may read in a colony."""
        return [key for key in (self.member, self.colony) if key is not None]


def observe(service: Service, access: Access) -> Observed:
    """Try the messages of `service` on a server.

    Raises:
        DriftError: A key is none, the address is none, or nothing answers there.
        KeyboardInterrupt: It was told to stop, and has removed what it made.
    """
    keys = _Keys(access)
    try:
        config = Config.from_env(
            {**os.environ, access.server_key: "", access.colony_key: "", access.member_key: ""}
        )
        transport = AiohttpTransport(access.url, ca_file=config.ca_file, insecure=config.insecure)
    except (ConfigError, ValueError) as error:
        raise DriftError(f"--server {shown(access.url)}: {error}") from None
    forms = forms_of(service)
    colonyname = access.colonyname or config.colonyname
    try:
        return asyncio.run(_Visit(transport, forms, keys, colonyname, shown(access.url)).observed())
    except asyncio.CancelledError:  # by a signal
        raise KeyboardInterrupt from None


def _key(variable: str) -> PrivateKey | None:
    text = os.environ.get(variable, "").strip()
    try:
        return PrivateKey.parse(text) if text else None
    except InvalidKeyError as error:
        problem = str(error)
    finally:
        del text
    raise DriftError(f"{variable}: {problem}")


class _Visit:
    def __init__(
        self, transport: AiohttpTransport, forms: Forms, keys: _Keys, colonyname: str | None, url: str
    ) -> None:
        self._forms = forms
        self._keys = keys
        self._colonyname = colonyname
        self._url = url
        self._transport = transport
        self._tally = Tally(forms)
        self._asker = Asker(transport, forms, self._tally)
        self._notes: list[str] = []

    async def observed(self) -> Observed:
        task = asyncio.current_task()
        with contextlib.suppress(
            NotImplementedError, RuntimeError, ValueError
        ):  # where there are none, or in a thread
            if task is not None:
                asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        try:
            await self._meet()
            if self._colonyname and self._keys.inside:
                await read_colony(self._asker, self._colonyname, self._keys.inside)
            if self._keys.server is not None:
                await self._in_a_colony(self._keys.server)
            await self._unregistered()
        finally:
            await self._transport.close()
        observed = self._tally.observed(self._url, "server")
        observed.notes = self._notes
        observed.untried = self._untried()
        return observed

    async def _meet(self) -> None:
        """Ask for the version, without which there is no server, and read what needs no colony."""
        try:
            said = await self._asker.ask(rpc.server.GET_VERSION, None, buildversion="", buildtime="")
        except Refused as error:
            if isinstance(error.__cause__, RPCError):
                raise DriftError(str(error)) from None
            said = None
        version = text_in(said, "buildversion")
        self._tally.release = version if release_of(version) else ""
        if not self._tally.release:
            self._notes.append(
                f"the server does not say which release it is (it says {version!r}); it is taken for"
                f" {self._forms.version}, as the schema is"
            )
        await read_server(self._asker, self._keys.server)

    async def _in_a_colony(self, server_key: Signer) -> None:
        left = list_in(await self._asker.attempt(rpc.colony.GET_COLONIES, server_key))
        for each in left:
            if text_in(each, "name").startswith(PREFIX):
                self._notes.append(
                    f"colony {text_in(each, 'name')} is left of a run that was killed, or of one that runs"
                )
        colony = Colony(self._asker, server_key)
        print(f"colony {colony.name} is made to try things in, and removed at the end", file=sys.stderr)
        try:
            await colony.make()
            await tour(colony)
            await self._as_nobody(PrivateKey.generate())
        except Refused as error:
            self._notes.append(f"there is no colony to try things in: {error}")
        finally:
            remains = await colony.remove()
            if remains:
                self._notes.append(remains)
                print(remains, file=sys.stderr)

    async def _as_nobody(self, nobody: Signer) -> None:
        """Ask for what does harm with a key that nobody knows: whether the message is known can be seen of the refusal."""
        for method, names in _CHANGES.items():
            if self._is_known(method.msgtype):
                fields = {name: _NOWHERE if name == "colonyname" else nobody.id for name in names}
                await self._asker.attempt(method, nobody, **fields)

    async def _unregistered(self) -> None:
        """Ask for what the schema knows by name only: it is another server that answers."""
        key = self._keys.member or self._keys.colony or self._keys.server
        for reply in self._forms.replies.values():
            if not reply.registered and key is not None and reply.msgtype.startswith("get"):
                with contextlib.suppress(Refused):
                    await self._asker.ask_for(reply.msgtype, key, colonyname=_NOWHERE)

    def _is_known(self, msgtype: str) -> bool:
        reply = self._forms.replies.get(msgtype)
        return reply is not None and reply.registered

    def _untried(self) -> dict[str, str]:
        """Why there was no answer, by message type."""
        found: dict[str, str] = {}
        for msgtype, reply in self._forms.replies.items():
            if not reply.registered or self._tally.read[msgtype]:
                continue
            method = METHODS.get(msgtype)
            failure = self._asker.failures.get(msgtype)
            if failure and self._forms.unknown_in(self._tally.refusals.get(msgtype, "")) == msgtype:
                since = f", and came with {reply.since}" if reply.since else ""
                found[msgtype] = f"the server does not know it{since}"
            elif method in _CHANGES and self._keys.server is not None:
                found[msgtype] = _HARM
            elif failure:
                found[msgtype] = f"it was refused: {failure}"
            elif method is None:
                found[msgtype] = "this package has no call for it"
            elif method.roles == (Role.SERVER_OWNER,):
                found[msgtype] = "it takes the key of the server's owner"
            elif self._keys.server is None and method.idempotency.value != "read":
                found[msgtype] = _WRITES
            elif not self._keys.inside and self._keys.server is None:
                found[msgtype] = "it takes a key of a member or of the owner of a colony"
            elif not self._colonyname and self._keys.server is None:
                found[msgtype] = "no colony was named; give --colony or COLONIES_COLONY_NAME"
            else:
                found[msgtype] = "there is nothing of its kind to read"
        return found
