"""The transport over sockets: a pool of connections, and WebSockets, on aiohttp."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, Literal

import aiohttp
from colonyos_gen_wire.constants import API_PATH, CHANNEL_MAX_MESSAGE_BYTES, PUBSUB_PATH
from colonyos_gen_wire.method import Method

from colonyos_gen._call.envelope import open_reply
from colonyos_gen._call.network.forks import socket_without_forks
from colonyos_gen._call.network.request_body import RequestBody
from colonyos_gen._call.network.way import Way
from colonyos_gen.errors import ConnectionFailedError, UnexpectedReplyError, closed_error, other_loop_error
from colonyos_gen.transport import MAX_REPLY_BYTES, Connection, Transport

IDLE_SECONDS = 30.0
"""How long an unused connection is kept; servers drop theirs after 120 s, and a race with that would be ambiguous."""

CONNECT_SECONDS = 10.0
"""How long establishing a connection may take."""

_LARGEST_ENTRY = CHANNEL_MAX_MESSAGE_BYTES * 16 // 9 + 64 * 1024
"""Bytes of a frame with the largest entry of a channel in it: in base64 twice, with some room around."""

_BLOCKED_S = 0.05
"""Seconds without a request after which the event loop may not have run for long enough to miss the end of a connection."""
_ROUNDS = 6
"""Rounds of the event loop after which it has seen all ends; those of TLS take several."""


class AiohttpTransport(Transport):
    """Posts request bodies to one server, and opens WebSockets to it.

    Connections are pooled and kept alive; how many there are is the business of who posts. It belongs to the event loop of
    its first use, until it is closed or that loop is. Redirects are not followed: a signed request is for the server that it
    was sent to.

    Args:
        url: Address of the server, such as `https://colonies.example.com:443`, with a name and password if a gateway wants
            them.
        ca_file: File with the certificates to trust instead of the system's (PEM).
        insecure: Do not verify certificates at all. Only for tests.
        max_reply_bytes: Largest reply that is read, in bytes. A frame of a subscription can have a quarter of that, or what
            the largest entry of a channel takes if that is more.
        proxy: Address of an HTTP proxy to go through, with a name and password if it wants them; empty for none. None for
            that of the environment: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, also in small letters. For this
            machine there is none then.

    Raises:
        ConfigError: A variable that names a proxy has no address of one.
        ValueError: The url or the proxy is not one.
    """

    def __init__(
        self,
        url: str,
        *,
        ca_file: str | None = None,
        insecure: bool = False,
        max_reply_bytes: int = MAX_REPLY_BYTES,
        proxy: str | None = None,
    ) -> None:
        self._way = Way.to(url, proxy)
        self._server = self._way.server
        self._passwords: dict[str, str] = {}
        """Headers of each request. As headers of all of a session the proxy would get those that are for the server."""
        self._for_tunnels: dict[str, str] = {}
        if self._server.authorization:
            self._passwords["Authorization"] = self._server.authorization
        if (way := self._way.proxy) is not None and way.authorization:
            of_proxy = self._for_tunnels if self._server.is_https else self._passwords
            of_proxy["Proxy-Authorization"] = way.authorization
        self._ssl = _ssl_context(ca_file, insecure) if self._way.has_tls else True
        self._max_reply_bytes = max_reply_bytes
        self._max_frame_bytes = max(min(max_reply_bytes, _LARGEST_ENTRY), max_reply_bytes // 4)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._connector: aiohttp.TCPConnector | None = None
        self._posting: aiohttp.ClientSession | None = None
        self._subscribing: aiohttp.ClientSession | None = None
        """Apart, because what stops redirects of WebSockets would cost every request something."""
        self._closing: asyncio.Task[None] | None = None
        self._answered = False
        """Whether it has ever got a reply."""
        self._looked_at = 0.0
        """When the event loop has last had the time to see which connections the peer has closed, on its clock."""

    @property
    def url(self) -> str:
        """Address of the server, without the name and password."""
        return self._server.url

    async def post(
        self, body: bytes, *, method: Method[Any, Any], headers: Mapping[str, str] | None, timeout: float
    ) -> tuple[int, bytes]:
        loop = asyncio.get_running_loop()
        session = self._posting if self._loop is loop else None
        payload = RequestBody(body)
        try:
            async with asyncio.timeout(timeout):
                if session is None:
                    session = self._open()
                elif loop.time() - self._looked_at > _BLOCKED_S:
                    await _see_what_was_closed()
                    if session.closed:  # by another task, meanwhile
                        raise closed_error()
                async with session.post(
                    self._server.url + API_PATH,
                    data=payload,
                    headers=self._with_passwords(headers),
                    allow_redirects=False,
                    proxy_headers=self._for_tunnels,
                ) as response:
                    content = await self._read(response, method.name)
        except aiohttp.ClientError as error:  # first, because some of them are TimeoutErrors as well
            raise self._way.failure(error, method, sent=payload.sent, answered=self._answered) from error
        except TimeoutError as error:
            raise self._way.late(method, timeout, sent=payload.sent) from error
        finally:
            self._looked_at = loop.time()
        self._answered = True
        if response.status != 200 or content[:1] != b"{":
            self._way.require_reply(method, response.status, response.headers, content, API_PATH)
        return response.status, content

    async def connect(
        self, *, method: Method[Any, Any], headers: Mapping[str, str] | None, timeout: float
    ) -> Connection:
        # Nothing happens on it by itself: servers do not answer pings while entries of a channel are subscribed to.
        is_here = self._loop is asyncio.get_running_loop()
        session = (self._subscribing if is_here else None) or self._open_for_subscriptions()
        try:
            async with asyncio.timeout(timeout):
                socket = await session.ws_connect(
                    self._server.url + PUBSUB_PATH,  # http, not ws: proxies may not know ws
                    headers=self._with_passwords(headers),
                    proxy_headers=self._for_tunnels,
                    heartbeat=None,
                    autoping=False,
                    autoclose=False,
                    max_msg_size=self._max_frame_bytes,
                    decode_text=False,
                )
        except aiohttp.WSServerHandshakeError as error:
            failure = self._way.failure(error, method, sent=False, answered=self._answered)
            failure.status = error.status
            raise failure from error
        except _RedirectedError as redirect:
            response = redirect.response
            self._way.require_reply(method, response.status, response.headers, redirect.body, PUBSUB_PATH)
            open_reply(method, response.status, redirect.body)
            raise AssertionError("a redirect was taken for a reply") from redirect
        except UnexpectedReplyError as error:
            error.method = method.name
            raise
        except (aiohttp.ClientError, TimeoutError) as error:
            raise self._way.failure(error, method, sent=False, answered=self._answered) from error
        return _WebSocket(socket, method.name)

    async def close(self) -> None:
        connector, sessions = self._let_go()
        for session in sessions:
            await session.close()
        if connector is not None:
            await connector.close()

    def _with_passwords(self, headers: Mapping[str, str] | None) -> Mapping[str, str] | None:
        if not self._passwords or not headers:
            return headers or self._passwords
        given = {name.lower() for name in headers}
        return {
            **headers,
            **{name: each for name, each in self._passwords.items() if name.lower() not in given},
        }

    def _let_go(self) -> tuple[aiohttp.TCPConnector | None, list[aiohttp.ClientSession]]:
        connector, self._connector = self._connector, None
        sessions = [each for each in (self._posting, self._subscribing) if each is not None]
        self._posting = self._subscribing = self._loop = None
        return connector, sessions

    def _open(self) -> aiohttp.ClientSession:
        self._posting = self._session()
        return self._posting

    def _open_for_subscriptions(self) -> aiohttp.ClientSession:
        trace = aiohttp.TraceConfig()
        trace.on_request_redirect.append(self._stop_there)
        self._subscribing = self._session(trace)
        return self._subscribing

    def _session(self, *traces: aiohttp.TraceConfig) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            if self._loop is not None and not self._loop.is_closed():
                raise other_loop_error()
            # Nobody can close anything properly any more on a loop that is closed.
            connector, sessions = self._let_go()
            for session in sessions:
                session.detach()
            if connector is not None:
                self._closing = loop.create_task(connector.close())
        if self._connector is None:
            self._loop = loop
            self._connector = aiohttp.TCPConnector(
                limit=0,
                keepalive_timeout=IDLE_SECONDS,
                ssl=self._ssl,
                ttl_dns_cache=60,
                socket_factory=socket_without_forks,
            )
        return aiohttp.ClientSession(
            connector=self._connector,
            connector_owner=False,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS),
            auto_decompress=True,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"Content-Type": "application/json"},
            skip_auto_headers=("Accept", "User-Agent", "Accept-Encoding"),
            trace_configs=list(traces),
            proxy=None if self._way.proxy is None else self._way.proxy.url,
        )

    async def _stop_there(
        self,
        session: aiohttp.ClientSession,
        context: SimpleNamespace,
        redirect: aiohttp.TraceRequestRedirectParams,
    ) -> None:
        del session, context
        try:
            raise _RedirectedError(redirect.response, await self._read(redirect.response, ""))
        finally:
            redirect.response.close()

    async def _read(self, response: aiohttp.ClientResponse, method: str) -> bytes:
        length = response.content_length
        compressed = "Content-Encoding" in response.headers  # then the length is not that of what comes out
        if length is not None and length <= self._max_reply_bytes and not compressed:
            return await response.read()
        chunks: list[bytes] = []
        size = 0
        async for chunk in response.content.iter_any():
            size += len(chunk)
            if size > self._max_reply_bytes:
                response.close()
                break
            chunks.append(chunk)
        if size > self._max_reply_bytes or (length or 0) > self._max_reply_bytes:
            message = f"the reply is larger than {self._max_reply_bytes} bytes; raise max_reply_bytes or ask for less"
            raise UnexpectedReplyError(message, method=method, status=response.status)
        return b"".join(chunks)


async def _see_what_was_closed() -> None:
    """Let the event loop read what has arrived while the program kept it from running: ends of connections."""
    for _ in range(_ROUNDS):
        await asyncio.sleep(0)


class _WebSocket(Connection):
    """While nobody waits in `receive`, at most one buffer is read (128 KiB, or one frame if that is larger)."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse[Literal[False]], method: str) -> None:
        self._socket = socket
        self._method = method
        self._loop = asyncio.get_running_loop()
        self._heard_at = self._loop.time()

    @property
    def heard_at(self) -> float:
        return self._heard_at

    async def send(self, body: bytes) -> None:
        try:
            await self._socket.send_str(body.decode())
        except (aiohttp.ClientError, ConnectionError) as error:
            raise ConnectionFailedError(str(error), method=self._method, sent=False) from error

    async def receive(self) -> bytes:
        while True:
            message: Any = await self._socket.receive()
            self._heard_at = self._loop.time()
            if message.type is aiohttp.WSMsgType.TEXT or message.type is aiohttp.WSMsgType.BINARY:
                data: str | bytes = message.data
                return data.encode() if isinstance(data, str) else data
            if message.type is aiohttp.WSMsgType.PING:
                await self._socket.pong(message.data)
            elif message.type is not aiohttp.WSMsgType.PONG:
                self.drop()
                raise self._broken(message.data)

    async def ping(self) -> None:
        with contextlib.suppress(aiohttp.ClientError, ConnectionError):
            await self._socket.ping()

    def drop(self) -> None:
        # Without the closing handshake, to which the server does not answer during a subscription. aiohttp has no public way.
        response = self._socket._response  # pyright: ignore[reportPrivateUsage]
        connection = response.connection
        if connection is not None and connection.transport is not None:
            connection.transport.abort()
        response.close()

    def _broken(self, data: object) -> ConnectionFailedError | UnexpectedReplyError:
        if isinstance(data, aiohttp.WebSocketError):
            remedy = "; raise max_reply_bytes" if data.code == aiohttp.WSCloseCode.MESSAGE_TOO_BIG else ""
            return UnexpectedReplyError(f"a frame that cannot be read: {data}{remedy}", method=self._method)
        return ConnectionFailedError("the server ended the connection", method=self._method)


class _RedirectedError(Exception):
    def __init__(self, response: aiohttp.ClientResponse, body: bytes) -> None:
        super().__init__(response.status)
        self.response = response
        self.body = body


def _ssl_context(ca_file: str | None, insecure: bool) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca_file)
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
