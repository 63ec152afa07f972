"""JSON that can be stored and sent back. Broken characters are replaced, and faults told, as on the real server."""

from __future__ import annotations

import msgspec

from colonyos_gen.server._values.go_json import TOO_DEEP, mended, require_json

_UNREADABLE = "the text is not JSON that can be kept"

_LEVELS_OF_REPLIES = 64
"""More than any reply puts around a value of the caller."""

_skip = msgspec.json.Decoder(msgspec.Raw).decode
"""Reads without making anything of it."""


def plain_json(text: bytes) -> object:
    """`text` as plain Python values. Raises ValueError for anything else than one JSON document."""
    try:
        return _read(text)
    except RecursionError:
        raise ValueError(TOO_DEEP) from None
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return _read_mended(text)


def _read(text: bytes) -> object:
    _look_into(text)
    return msgspec.json.decode(text)


def _read_mended(text: bytes) -> object:
    try:
        return _read(mended(text))
    except RecursionError:
        raise ValueError(TOO_DEEP) from None
    except (msgspec.MsgspecError, UnicodeDecodeError):
        require_json(text)
        raise ValueError(_UNREADABLE) from None


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
