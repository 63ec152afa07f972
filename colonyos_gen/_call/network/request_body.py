"""What is known of whether a request has left."""

from __future__ import annotations

import aiohttp
from aiohttp.abc import AbstractStreamWriter


class RequestBody(aiohttp.BytesPayload):
    """A request, and whether any of it has left."""

    sent = False

    async def write(self, writer: AbstractStreamWriter) -> None:
        self._note(writer)
        await super().write(writer)

    async def write_with_length(self, writer: AbstractStreamWriter, content_length: int | None) -> None:
        self._note(writer)
        await super().write_with_length(writer, content_length)

    def _note(self, writer: AbstractStreamWriter) -> None:
        transport = getattr(writer, "transport", None)  # on one that is closed, writing fails
        self.sent = transport is not None and not transport.is_closing()
