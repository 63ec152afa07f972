"""What the HTTP library has to say, to the log and to clients.

It tells clients what in their bytes displeases its parser, with excerpts as Python writes them; here they read the status
and its name, as on the real server. It logs requests that are no HTTP as errors, with a traceback, and so it does with
clients that vanish. These are mistakes of whoever sent them, who gets a 400 if still there; the log of the server is for its
own.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from http import HTTPStatus

from aiohttp import web
from aiohttp.http import HttpProcessingError

logger: logging.Logger = logging.getLogger(__name__)


_THEIRS = (HttpProcessingError, web.RequestPayloadError, ConnectionError)


def _is_ours(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    return not (isinstance(error, _THEIRS) or _is_late_end(record, error))


def _is_late_end(record: logging.LogRecord, error: BaseException | None) -> bool:
    """Whether a handler has ended at the very moment at which the library, stopping, gave up waiting for it.

    It then tells a future that has been cancelled. What the handlers of this server raise is logged in other words.
    """
    return isinstance(error, asyncio.InvalidStateError) and record.msg == "Unhandled exception"


logger.addFilter(_is_ours)


class _NoProtocols(logging.Filter):
    """Leaves out what strangers write into the protocols that they offer for a WebSocket."""

    def filter(self, record: logging.LogRecord) -> bool:
        return "Client protocols" not in str(record.msg)


_web_sockets = logging.getLogger("aiohttp.websocket")
_web_sockets.addFilter(_NoProtocols())


class _PlainErrors(web.RequestHandler):
    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        super().handle_error(request, status, exc, message)
        answer = web.Response(status=status, text=f"{status} {HTTPStatus(status).phrase}")
        answer.force_close()
        return answer


def plain_errors(server: web.Server) -> Callable[[], web.RequestHandler]:
    """What makes the connections of a server of the library, which tell clients nothing in its own words."""

    def make() -> web.RequestHandler:
        handler = server()
        # There is no other place for it: the server makes its handlers itself.
        handler.__class__ = _PlainErrors
        return handler

    return make
