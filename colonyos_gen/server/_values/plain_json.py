"""JSON that can be stored and sent back."""

from __future__ import annotations

import msgspec

_LEVELS_OF_REPLIES = 64
"""More than any reply puts around a value of the caller."""

_skip = msgspec.json.Decoder(msgspec.Raw).decode
"""Reads without making anything of it."""


def plain_json(text: bytes) -> object:
    """`text` as plain Python values. Raises ValueError for anything else than one JSON document."""
    try:
        if text.count(b"[") + text.count(b"{") > _LEVELS_OF_REPLIES:
            # What can be read but, inside a reply, no longer be written must not get into a table.
            _skip(b"[" * _LEVELS_OF_REPLIES + text + b"]" * _LEVELS_OF_REPLIES)
        return msgspec.json.decode(text)
    except RecursionError:
        raise ValueError("JSON is nested too deeply") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ValueError(str(error)) from None
