"""The HTTP side: which paths there are, and what surrounds an envelope.

Every message is posted to one path. The rest is small: a liveness check, what browsers need in order to call from
another site, and the answers of the real server's HTTP library to everything else.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

from aiohttp import HttpVersion11, hdrs, web
from aiohttp.typedefs import Handler, Middleware
from colonyos_gen_wire import errors
from colonyos_gen_wire.constants import API_PATH, HEALTH_PATH, PUBSUB_PATH

from colonyos_gen.server._caller.presence import watch_caller
from colonyos_gen.server._caller.refusal import BODY_TOO_LARGE, BODY_TOO_SLOW, TOO_BUSY, Refusal
from colonyos_gen.server._front.bounds.reading import read_body
from colonyos_gen.server._front.bounds.room import Room, Share
from colonyos_gen.server._front.dispatch import Dispatcher
from colonyos_gen.server._front.pubsub import Pubsub
from colonyos_gen.server._front.slow_senders import Connections
from colonyos_gen.server._quirks import STRICT, Quirks
from colonyos_gen.server.hazards._arrival import note_arrival

DEFAULT_BODY_LIMIT = 64 * 1024**2
"""Largest request body in bytes. The real server has no limit; this one should not be filled up by accident."""

_LOOK = 100
"""What is looked at of a body, and of a header."""
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET,POST,PUT,PATCH,DELETE,HEAD,OPTIONS",
    "Access-Control-Allow-Headers": "Origin,Content-Length,Content-Type",
    "Access-Control-Max-Age": "43200",
}


def make_app(
    dispatcher: Dispatcher,
    connections: Connections,
    *,
    body_limit: int,
    room: Room,
    request_timeout: float,
    idle_timeout: float,
    middlewares: Sequence[Middleware] = (),
    quirks: Quirks = STRICT,
) -> web.Application:
    """The aiohttp application that serves `dispatcher`, with `middlewares` around every request.

    Its requests must come through `connections`. A body may have `body_limit` bytes, if there is `room`, and take about
    `request_timeout` seconds, and a WebSocket may go without a subscription for `idle_timeout` seconds.
    """
    pubsub = Pubsub(dispatcher, connections, idle_timeout, quirks)
    front = _Front(
        dispatcher, pubsub, connections, body_limit, room, request_timeout, has_middlewares=bool(middlewares)
    )

    async def note(request: web.Request, handler: Handler) -> web.StreamResponse:
        served = connections.begin(request)
        try:
            return await handler(request)
        except web.HTTPNotFound:  # of a target that is no path, such as an asterisk
            return _not_found()
        finally:
            if served is not None:
                served.answered()

    def noted(handler: Handler) -> Handler:
        """Without middlewares of others, what the library puts around them is left out too."""
        return handler if middlewares else functools.partial(note, handler=handler)

    app = web.Application(
        client_max_size=body_limit, middlewares=(web.middleware(note), *middlewares) if middlewares else ()
    )
    # The first is found at once; everything else is looked at.
    app.router.add_post(API_PATH, noted(front.call), expect_handler=_expect)
    app.router.add_route("*", "/{path:.*}", noted(front.handle), expect_handler=_expect)
    app.on_response_prepare.append(_finish_headers)

    async def stop(app: web.Application) -> None:
        del app
        await pubsub.close()

    app.on_shutdown.append(stop)
    return app


class _Front:
    def __init__(
        self,
        dispatcher: Dispatcher,
        pubsub: Pubsub,
        connections: Connections,
        body_limit: int,
        room: Room,
        request_timeout: float,
        *,
        has_middlewares: bool,
    ) -> None:
        self._dispatcher = dispatcher
        self._pubsub = pubsub
        self._connections = connections
        self._body_limit = body_limit
        self._room = room
        self._request_timeout = request_timeout
        self._has_middlewares = has_middlewares

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """The answer to any request."""
        match request.method, request.path:
            case "POST", path if path == API_PATH:
                return await self.call(request)
            case "GET", path if path == HEALTH_PATH:
                return web.Response(status=200, content_type="text/plain", charset="utf-8")
            case "OPTIONS", _ if hdrs.ORIGIN in request.headers:
                return web.Response(status=204, headers=_CORS)
            case "POST", path if path == API_PATH + "/":
                return web.Response(status=307, headers={hdrs.LOCATION: API_PATH})
            case "GET", path if path in (HEALTH_PATH + "/", PUBSUB_PATH + "/"):
                return _moved(path[:-1])
            case "GET", path if path == PUBSUB_PATH:
                return await self._pubsub.serve(request)
            case _:
                return _not_found()

    async def call(self, request: web.Request) -> web.Response:
        """The answer to an envelope."""
        transport = request.transport
        watch_caller(lambda: transport is None or transport.is_closing())
        with self._room.share(request.remote or "") as share:
            try:
                answer = await self._dispatcher.answer(await self._body_of(request, share), share.give_back)
            except Refusal as refusal:
                answer = self._dispatcher.rendering.refusal(refusal)
        response = web.Response(
            status=answer.status, body=answer.body, content_type="text/plain", charset="utf-8"
        )
        if not answer.body:
            del response.headers[hdrs.CONTENT_TYPE]
        if answer.status == TOO_BUSY.status:
            response.headers[hdrs.RETRY_AFTER] = "1"
            response.force_close()  # what comes next is the body that there is no room for
        return response

    async def _body_of(self, request: web.Request, share: Share) -> bytes | bytearray:
        try:
            body = await read_body(request, self._request_timeout, share, keep=self._has_middlewares)
        except web.HTTPRequestEntityTooLarge:
            raise Refusal(BODY_TOO_LARGE, limit=self._body_limit) from None
        except web.RequestPayloadError:
            raise Refusal(errors.MALFORMED_ENVELOPE, detail="the request body cannot be decoded") from None
        except TimeoutError:
            raise Refusal(BODY_TOO_SLOW) from None
        encoding = request.headers.get(hdrs.CONTENT_ENCODING)
        if encoding is not None and not body[:_LOOK].lstrip().startswith(b"{"):
            name = encoding[:_LOOK].encode("ascii", "backslashreplace").decode("ascii")
            detail = f"the body is compressed ({name}), and read as it comes, which is no JSON"
            raise Refusal(errors.MALFORMED_ENVELOPE, detail=detail)
        note_arrival(self._connections.arrival(request))
        return body


async def _expect(request: web.Request) -> web.Response | None:
    """What a client is told that waits before it sends its body."""
    if request.headers[hdrs.EXPECT].lower() != "100-continue":
        return web.Response(status=417, text="417 Expectation Failed")
    if request.version >= HttpVersion11:
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # which counts the answer only
    return None


def _not_found() -> web.Response:
    return web.Response(status=404, body=b"404 page not found", content_type="text/plain")


def _moved(path: str) -> web.Response:
    text = f'<a href="{path}">Moved Permanently</a>.\n\n'
    headers = {hdrs.LOCATION: path}
    return web.Response(status=301, text=text, content_type="text/html", headers=headers)


async def _finish_headers(request: web.BaseRequest, response: web.StreamResponse) -> None:
    response.headers.pop(hdrs.SERVER, None)  # which names the library, and its version
    if hdrs.ORIGIN in request.headers:
        response.headers.setdefault(hdrs.ACCESS_CONTROL_ALLOW_ORIGIN, "*")
