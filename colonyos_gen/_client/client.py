"""The asynchronous client."""

from __future__ import annotations

import inspect
import logging
import os
import weakref
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

import msgspec
from colonyos_gen_wire.constants import DEFAULT_PORT, MAX_OPEN_DATABASE_CONNECTIONS
from colonyos_gen_wire.method import Key, Method
from colonyos_gen_wire.stubs_async import AsyncStubs

from colonyos_gen._arguments import require_message, require_seconds, with_options
from colonyos_gen._call.envelope import Opening
from colonyos_gen._call.guarded import guarded
from colonyos_gen._call.network.address import shown
from colonyos_gen._call.pipeline import Pipeline
from colonyos_gen._call.signers import Keyring
from colonyos_gen._client.options import require_values
from colonyos_gen._client.subscriptions import AsyncSubscriptions
from colonyos_gen._drift.choices import OnDrift
from colonyos_gen._secrets import Hidden
from colonyos_gen._streams.stream import AsyncStream
from colonyos_gen._tracebacks import short_tracebacks
from colonyos_gen._waiting.watchers import Watchers, watchers
from colonyos_gen.config import DEFAULT_MAX_IN_FLIGHT, Config, ConfigError
from colonyos_gen.interceptors import Interceptor
from colonyos_gen.transport import MAX_REPLY_BYTES, Transport

ReqT = TypeVar("ReqT", bound=msgspec.Struct)
RespT = TypeVar("RespT")

DEFAULT_URL = f"http://localhost:{DEFAULT_PORT}"
DEFAULT_TIMEOUT = 30.0
"""Seconds that a call may take, unless the client or the call says otherwise."""

_MAY_FREEZE = (
    "max_in_flight is %d: more than %d requests that read at once, of all programs together, freeze a ColonyOS server for "
    "good, until it is restarted. Give fewer (COLONIES_MAX_IN_FLIGHT or max_in_flight), or have its operator raise "
    'COLONIES_DB_MAX_OPEN_CONNS first; see "Keep the server alive" in the README'
)

_logger = logging.getLogger("colonyos_gen")


@short_tracebacks
class AsyncClient(AsyncSubscriptions, AsyncStubs):
    """Makes signed calls to a ColonyOS server; every function of the protocol is a method.

        async with AsyncClient.from_env() as client:
            process = await client.submit(FunctionSpec.new("echo", "cli", "dev"))

    Keys are given once, by role, and the schema says which of them a call needs; `prvkey=` on a call takes precedence.
    A client keeps one pool of connections and may be used by any number of tasks of one event loop; once that is closed,
    the next one may take over, as with a second `asyncio.run`. Cancelling a task
    cancels its call: the connection is dropped, and the server may or may not have carried out the request.

    Calls that only read, or that may be repeated without harm, are repeated when the connection fails. Any other call is
    sent at most once: it is repeated only if the request provably never left this machine.

    A program has at most 16 requests under way at one server, long polls apart, all its clients together, because some
    hundred freeze a ColonyOS server for good. The others wait for their turn, one client after the other, and their time
    counts. When calls time out and nothing else is answered, all of them slow down together until the server answers again.

    One client for all of a program is best: what it reads tells all who wait over it. Several read for their own waits each.

    Args:
        url: Address of the server, such as `https://colonies.example.com:443`.
        server_key: Key of the server owner.
        colony_key: Key of the colony owner.
        member_key: Key of an executor or user of the colony.
        timeout: Seconds that a call may take in all, repetitions included. Long polls get the time they ask for on top.
        retries: How often a call that may be repeated is repeated.
        ca_file: File with the certificates to trust instead of the system's (PEM).
        insecure: Do not verify certificates at all. Only for tests: anyone in between can read and replay requests.
        proxy: Address of an HTTP proxy to go through, with a name and password if it wants them; empty for none. None for
            that of the environment of this process: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, also in small letters.
            Servers on this machine are spoken to directly then.
        max_reply_bytes: Largest reply that is read, in bytes.
        pool_size: Long polls that are under way at the same time.
        max_in_flight: Other requests of this client that are under way at the same time, at most `pool_size`. All clients of
            the program for the same server share what the most generous of them allows: one that is made with 16, as by
            default, lifts all to 16. Above 16, see the README's chapter "Keep the server alive" first; above 100, what
            freezes a server, the logger `colonyos_gen` gets a warning.
        strict: Refuse replies that hold fields the schema does not know, instead of ignoring those fields.
        on_drift: What is done about a reply that is otherwise than the schema says: a key that is unknown, missing or null, a
            value of another type, a number that its enum does not have. "warn", as by default, takes the reply as far as it
            is understood, and tells the logger `colonyos_gen` once for each path and process. That looks at the first,
            second, fourth, … reply to each message, then at one in 512, and at 32 elements of a list, so that calls cost
            no more. "raise" looks at all of every reply, and raises `UnexpectedReplyError`; what was asked for has been
            done then. "ignore" looks at none.
        transport: What carries requests and replies, instead of sockets (see `colonyos_gen.transport`). Then `url`,
            `ca_file`, `insecure`, `proxy` and `max_reply_bytes` are not used. It serves one client at a time, and is closed
            with it.
        interceptors: What comes around calls, the outermost first (see `colonyos_gen.interceptors`).

    Raises:
        InvalidKeyError: A key is not a private key.
        TypeError: A key is neither text nor something that signs, another argument is of a wrong type, or there is no such
            argument.
        ConfigError: A variable that names a proxy has no address of one.
        ValueError: The url or the proxy is not one, or a number is too small or too large.
    """

    @with_options()
    def __init__(
        self,
        url: str = DEFAULT_URL,
        *,
        server_key: Key | None = None,
        colony_key: Key | None = None,
        member_key: Key | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        retries: int = 3,
        ca_file: str | None = None,
        insecure: bool = False,
        proxy: str | None = None,
        max_reply_bytes: int = MAX_REPLY_BYTES,
        pool_size: int = 100,
        max_in_flight: int = DEFAULT_MAX_IN_FLIGHT,
        strict: bool = False,
        on_drift: OnDrift = "warn",
        transport: Transport | None = None,
        interceptors: Sequence[Interceptor] = (),
    ) -> None:
        try:
            self._keys = Keyring(server=server_key, colony=colony_key, member=member_key)
        finally:
            del (
                server_key,
                colony_key,
                member_key,
            )  # which those who print the variables of a traceback would show
        require_values(
            {
                "timeout": timeout,
                "retries": retries,
                "ca_file": ca_file,
                "insecure": insecure,
                "max_reply_bytes": max_reply_bytes,
                "pool_size": pool_size,
                "max_in_flight": max_in_flight,
                "strict": strict,
                "on_drift": on_drift,
            }
        )
        if max_in_flight > MAX_OPEN_DATABASE_CONNECTIONS:
            _logger.warning(_MAY_FREEZE, max_in_flight, MAX_OPEN_DATABASE_CONNECTIONS)
        if transport is None:
            # Loads the HTTP library, which is not felt before a client is made.
            from colonyos_gen._call.aiohttp_transport import AiohttpTransport

            transport = AiohttpTransport(
                url, ca_file=ca_file, insecure=insecure, max_reply_bytes=max_reply_bytes, proxy=proxy
            )
        else:
            transport = guarded(transport)
        self._pipeline = Pipeline(
            transport,
            self._keys,
            timeout=timeout,
            retries=retries,
            pool_size=pool_size,
            max_in_flight=max_in_flight,
            opening=Opening(transport.url, strict=strict, on_drift=on_drift),
            interceptors=interceptors,
        )
        self._watchers = watchers[self] = Watchers(self._pipeline)
        self._streams = weakref.WeakSet[AsyncStream[Any]]()

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None, **options: Any) -> Self:
        """A client for the server, and with the keys, that the environment names (see `Config`).

        `options` are those of the constructor, and win over the environment.

        Raises:
            ConfigError: A variable holds something that cannot be used; the message names it.
        """
        environ = Hidden(os.environ if environ is None else environ)
        try:
            return cls(**(settings(Config.from_env(environ)) | options))
        finally:
            options.clear()  # for those who print the variables of a traceback

    @property
    def url(self) -> str:
        """Address of the server, without the name and password that it was given with."""
        return shown(self._pipeline.url)

    @property
    def timeout(self) -> float:
        """Seconds that a call may take in all, unless it is told otherwise."""
        return self._pipeline.timeout

    def identity(self, role: Literal["server", "colony", "member"]) -> str:
        """The identity of the key that this client holds for a role. Raises MissingKeyError if it holds none."""
        return self._keys.identity(role)

    @property
    def trouble(self) -> str:
        """What is known of a server that has stopped answering; empty while it answers, or before two calls timed out."""
        return self._pipeline.trouble

    async def call(
        self,
        method: Method[ReqT, RespT],
        request: ReqT,
        /,
        *,
        prvkey: Key | None = None,
        rpc_timeout: float | None = None,
        hazardous: bool = False,
    ) -> RespT:
        """Check, sign and send `request`, and return its decoded reply. The methods of this client all come down to it.

        Args:
            method: The message, from `colonyos_gen_wire.methods`.
            request: Its request.
            prvkey: Key to sign with, instead of the client's own.
            rpc_timeout: Seconds that the call may take in all, instead of the client's timeout.
            hazardous: Whether to send what may harm the server, and is refused otherwise (see `Method.unconfirmed`).

        Raises:
            InvalidRequestError: An argument or the request is not what it must be; nothing was sent.
            RPCError: The call failed; see `colonyos_gen.errors` for what the subclasses mean.
        """
        require_message(method, request)
        require_seconds(method.name, "rpc_timeout", rpc_timeout)
        pipeline = self._pipeline
        return await pipeline.call(method, request, pipeline.lane, prvkey, rpc_timeout, hazardous=hazardous)

    async def close_connections(self) -> None:
        """Close the connections of this client; it cannot be used afterwards. (`close` closes a process.)

        Streams end with `Ended.CLOSED`; other calls under way fail with an `RPCError`.
        """
        await self._close_streams()
        self._watchers.close()
        await self._pipeline.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close_connections()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({shown(self.url)!r}, {self._keys!r})"


def settings(config: Config) -> dict[str, Any]:
    """The constructor arguments of a client that `config` stands for.

    Raises:
        ConfigError: There are no certificates where `config` says.
    """
    if config.tls and config.ca_file is not None:
        import ssl  # which not everybody needs

        try:
            ssl.create_default_context(cafile=config.ca_file)
        except OSError as error:
            raise ConfigError(
                f"COLONIES_CA_FILE is {config.ca_file!r}: {error.strerror or error}; give a PEM file with certificates"
            ) from None
    return {
        "url": config.url,
        "server_key": config.server_key,
        "colony_key": config.colony_key,
        "member_key": config.member_key,
        "ca_file": config.ca_file,
        "insecure": config.insecure,
        "max_in_flight": config.max_in_flight,
        "on_drift": config.on_drift,
    }


OPTIONS = tuple(name for name in inspect.signature(AsyncClient.__init__).parameters if name != "self")
"""The names of what a client is made of."""
