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
        _look_into(text)
        return msgspec.json.decode(text)
    except RecursionError:
        raise ValueError("JSON is nested too deeply") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ValueError(str(error)) from None


def is_shallow(text: bytes) -> bool:
    """Whether `text`, if it is JSON at all, is nested no deeper than `plain_json` takes it."""
    try:
        _look_into(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _look_into(text: bytes) -> None:
    if text.count(b"[") + text.count(b"{") > _LEVELS_OF_REPLIES:
        # What can be read but, inside a reply, no longer be written must not get into a table.
        _skip(b"[" * _LEVELS_OF_REPLIES + text + b"]" * _LEVELS_OF_REPLIES)
