"""What the HTTP library has to say.

It logs requests that are no HTTP as errors, with a traceback, and so it does with clients that vanish. These are mistakes of
whoever sent them, who gets a 400 if still there; the log of the server is for its own.
"""

from __future__ import annotations

import logging

from aiohttp import web
from aiohttp.http import HttpProcessingError

logger: logging.Logger = logging.getLogger(__name__)


_THEIRS = (HttpProcessingError, web.RequestPayloadError, ConnectionError)


def _is_ours(record: logging.LogRecord) -> bool:
    return not (record.exc_info and isinstance(record.exc_info[1], _THEIRS))


logger.addFilter(_is_ours)
