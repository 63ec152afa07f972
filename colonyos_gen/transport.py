"""The connection pool under a client, on aiohttp."""

from __future__ import annotations

import asyncio
import re
import ssl
from types import TracebackType

import aiohttp
from colonyos_gen_wire.constants import API_PATH, PUBSUB_PATH

from colonyos_gen.errors import ConnectionFailedError, RPCTimeoutError, UnexpectedReplyError, closed_error

IDLE_SECONDS = 30.0
"""How long an unused connection is kept; servers drop theirs after 120 s, and a race with that would be ambiguous."""

CONNECT_SECONDS = 10.0
"""How long establishing a connection may take."""

_USER_INFO = re.compile(r"://[^/@]*@")


class Transport:
    """Posts request bodies to one server, and opens WebSockets to it.

    Connections are pooled and kept alive; how many there are is the business of who posts. It belongs to the event loop of
    its first use.
    """

    def __init__(self, url: str, *, ca_file: str | None, insecure: bool, max_reply_bytes: int) -> None:
        self.url = url
        self.shown_url: str = _USER_INFO.sub("://", url)
        """The address without the name and password that may stand in it."""
        self._ssl = _ssl_context(ca_file, insecure) if url.startswith("https:") else True
        self._max_reply_bytes = max_reply_bytes
        self._session: aiohttp.ClientSession | None = None
        self._closed = False

    async def post(self, body: bytes, *, method: str, timeout: float) -> tuple[int, bytes]:
        """Status and body of the reply.

        Args:
            body: The request envelope.
            method: Name of the call, for errors.
            timeout: Seconds for everything: connecting, sending, and receiving the whole reply.

        Raises:
            ConnectionFailedError: With `sent` False only if nothing can have reached the server.
            RPCTimeoutError: Time was up.
            UnexpectedReplyError: The reply exceeds the size limit.
        """
        session = self._open()
        try:
            async with asyncio.timeout(timeout):
                async with session.post(self.url + API_PATH, data=body, allow_redirects=False) as response:
                    return response.status, await self._read(response, method)
        except aiohttp.ClientError as error:  # first, because some of them are TimeoutErrors as well
            raise self._connection_error(error, method) from error
        except TimeoutError as error:
            raise RPCTimeoutError(f"no reply within {timeout:g} s", method=method) from error

    async def websocket(self, *, method: str, timeout: float) -> aiohttp.ClientWebSocketResponse:
        """A WebSocket for one subscription, opened within `timeout` seconds.

        Nothing happens on it by itself: servers do not answer pings while entries of a channel are subscribed to.

        Raises:
            ConnectionFailedError: With a `status` if there is a server that refuses WebSockets.
        """
        session = self._open()
        url = "ws" + self.url.removeprefix("http") + PUBSUB_PATH
        try:
            async with asyncio.timeout(timeout):
                return await session.ws_connect(
                    url, heartbeat=None, autoping=False, autoclose=False, max_msg_size=self._max_reply_bytes
                )
        except aiohttp.WSServerHandshakeError as error:
            failure = self._connection_error(error, method, sent=False)
            failure.status = error.status
            raise failure from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise self._connection_error(error, method, sent=False) from error

    def require_open(self) -> None:
        """Raise RPCError if the client is closed."""
        if self._closed:
            raise closed_error()

    async def close(self) -> None:
        """Close every connection. Calls under way fail with `ConnectionFailedError`."""
        self._closed = True
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def __aenter__(self) -> Transport:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    def _open(self) -> aiohttp.ClientSession:
        self.require_open()
        if self._session is None:
            connector = aiohttp.TCPConnector(
                limit=0, keepalive_timeout=IDLE_SECONDS, ssl=self._ssl, ttl_dns_cache=60
            )
            timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS)
            self._session = aiohttp.ClientSession(
                connector=connector,
                timeout=timeout,
                auto_decompress=True,
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"Content-Type": "application/json"},
                skip_auto_headers=("Accept", "User-Agent", "Accept-Encoding"),
            )
        return self._session

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

    def _connection_error(self, error: Exception, method: str, *, sent: bool = True) -> ConnectionFailedError:
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
            f"{self.shown_url}: {reason}", method=method, sent=sent and not never_sent
        )


def _ssl_context(ca_file: str | None, insecure: bool) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca_file)
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
