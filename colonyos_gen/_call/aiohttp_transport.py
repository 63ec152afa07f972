"""The transport over sockets: a pool of connections, and WebSockets, on aiohttp."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import aiohttp
from colonyos_gen_wire.constants import API_PATH, PUBSUB_PATH
from colonyos_gen_wire.method import Method

from colonyos_gen._call.address import shown
from colonyos_gen._call.envelope import open_reply
from colonyos_gen.errors import ConnectionFailedError, RPCTimeoutError, UnexpectedReplyError
from colonyos_gen.transport import MAX_REPLY_BYTES, Connection, Transport

IDLE_SECONDS = 30.0
"""How long an unused connection is kept; servers drop theirs after 120 s, and a race with that would be ambiguous."""

CONNECT_SECONDS = 10.0
"""How long establishing a connection may take."""


class AiohttpTransport(Transport):
    """Posts request bodies to one server, and opens WebSockets to it.

    Connections are pooled and kept alive; how many there are is the business of who posts. It belongs to the event loop of
    its first use, until it is closed. Redirects are not followed: a signed request is for the server that it was sent to.

    Args:
        url: Address of the server, such as `https://colonies.example.com:443`.
        ca_file: File with the certificates to trust instead of the system's (PEM).
        insecure: Do not verify certificates at all. Only for tests.
        max_reply_bytes: Largest reply that is read, in bytes.

    Raises:
        ValueError: The url is not one.
    """

    def __init__(
        self,
        url: str,
        *,
        ca_file: str | None = None,
        insecure: bool = False,
        max_reply_bytes: int = MAX_REPLY_BYTES,
    ) -> None:
        if not str(url).startswith(("http://", "https://")):
            raise ValueError(f"url is {url!r}; it must start with http:// or https://")
        self._url = url.rstrip("/")
        self._ssl = _ssl_context(ca_file, insecure) if url.startswith("https:") else True
        self._max_reply_bytes = max_reply_bytes
        self._connector: aiohttp.TCPConnector | None = None
        self._posting: aiohttp.ClientSession | None = None
        self._subscribing: aiohttp.ClientSession | None = None
        """Apart, because what stops redirects of WebSockets would cost every request something."""

    @property
    def url(self) -> str:
        return self._url

    async def post(
        self, body: bytes, *, method: Method[Any, Any], headers: Mapping[str, str] | None, timeout: float
    ) -> tuple[int, bytes]:
        session = self._posting or self._open()
        try:
            async with asyncio.timeout(timeout):
                async with session.post(
                    self._url + API_PATH, data=body, headers=headers, allow_redirects=False
                ) as response:
                    return response.status, await self._read(response, method.name)
        except aiohttp.ClientError as error:  # first, because some of them are TimeoutErrors as well
            raise self._connection_error(error, method) from error
        except TimeoutError as error:
            raise RPCTimeoutError(f"no reply within {timeout:g} s", method=method.name) from error

    async def connect(
        self, *, method: Method[Any, Any], headers: Mapping[str, str] | None, timeout: float
    ) -> Connection:
        # Nothing happens on it by itself: servers do not answer pings while entries of a channel are subscribed to.
        session = self._subscribing or self._open_for_subscriptions()
        url = "ws" + self._url.removeprefix("http") + PUBSUB_PATH
        try:
            async with asyncio.timeout(timeout):
                socket = await session.ws_connect(
                    url,
                    headers=headers,
                    heartbeat=None,
                    autoping=False,
                    autoclose=False,
                    max_msg_size=self._max_reply_bytes,
                )
        except aiohttp.WSServerHandshakeError as error:
            failure = self._connection_error(error, method, sent=False)
            failure.status = error.status
            raise failure from error
        except _RedirectedError as redirected:
            open_reply(method, redirected.status, redirected.body)
            raise AssertionError("a redirect was taken for a reply") from redirected
        except UnexpectedReplyError as error:
            error.method = method.name
            raise
        except (aiohttp.ClientError, TimeoutError) as error:
            raise self._connection_error(error, method, sent=False) from error
        return _WebSocket(socket, method.name)

    async def close(self) -> None:
        connector, self._connector = self._connector, None
        sessions = self._posting, self._subscribing
        self._posting = self._subscribing = None
        for session in sessions:
            if session is not None:
                await session.close()
        if connector is not None:
            await connector.close()

    def _open(self) -> aiohttp.ClientSession:
        self._posting = self._session()
        return self._posting

    def _open_for_subscriptions(self) -> aiohttp.ClientSession:
        trace = aiohttp.TraceConfig()
        trace.on_request_redirect.append(self._stop_there)
        self._subscribing = self._session(trace)
        return self._subscribing

    def _session(self, *traces: aiohttp.TraceConfig) -> aiohttp.ClientSession:
        if self._connector is None:
            self._connector = aiohttp.TCPConnector(
                limit=0, keepalive_timeout=IDLE_SECONDS, ssl=self._ssl, ttl_dns_cache=60
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
        )

    async def _stop_there(
        self,
        session: aiohttp.ClientSession,
        context: SimpleNamespace,
        redirect: aiohttp.TraceRequestRedirectParams,
    ) -> None:
        del session, context
        try:
            raise _RedirectedError(redirect.response.status, await self._read(redirect.response, ""))
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

    def _connection_error(
        self, error: Exception, method: Method[Any, Any], *, sent: bool = True
    ) -> ConnectionFailedError:
        never_sent = isinstance(
            error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError | aiohttp.InvalidURL
        )
        cause = error
        if isinstance(error, aiohttp.ClientConnectorCertificateError):  # has no os_error, unlike its base
            cause = error.certificate_error
        elif isinstance(error, aiohttp.ClientConnectorError):
            cause = error.os_error
        reason = str(cause) or type(cause).__name__
        return ConnectionFailedError(
            f"{shown(self._url)}: {reason}", method=method.name, sent=sent and not never_sent
        )


class _WebSocket(Connection):
    """While nobody waits in `receive`, at most one buffer is read (128 KiB, or one frame if that is larger)."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, method: str) -> None:
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
            return UnexpectedReplyError(f"a frame that cannot be read: {data}", method=self._method)
        return ConnectionFailedError("the server ended the connection", method=self._method)


class _RedirectedError(Exception):
    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


def _ssl_context(ca_file: str | None, insecure: bool) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca_file)
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
