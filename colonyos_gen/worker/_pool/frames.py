"""What goes through the pipe between a worker and a process of its pool: tuples, whole or not at all.

From worker to child they are pickled, as all of it is the package's own. What a child sends is marshalled: a result or an
error of a user's function arrives as plain values, and reading it runs nobody's code.
"""

from __future__ import annotations

import asyncio
import marshal
import pickle
import socket
import struct
from typing import Any, TypeAlias

Message: TypeAlias = tuple[Any, ...]

_HEAD = struct.Struct("!Q")


def for_child(message: Message) -> bytes:
    """The frame of a message of the worker."""
    return _framed(pickle.dumps(message, pickle.HIGHEST_PROTOCOL))


def for_worker(message: Message) -> bytes:
    """The frame of a message of a child. Raises ValueError if something in it is no plain value."""
    return _framed(marshal.dumps(message))


async def read_from_child(reader: asyncio.StreamReader) -> Message:
    """The next message of a child. Raises EOFError or OSError if there is none any more."""
    (size,) = _HEAD.unpack(await reader.readexactly(_HEAD.size))
    message: Message = marshal.loads(await reader.readexactly(size))
    return message


def read_from_worker(pipe: socket.socket) -> Message:
    """The next message of the worker. Raises EOFError or OSError if there is none any more."""
    (size,) = _HEAD.unpack(_exactly(pipe, _HEAD.size))
    message: Message = pickle.loads(_exactly(pipe, size))
    return message


def _framed(payload: bytes) -> bytes:
    return _HEAD.pack(len(payload)) + payload


def _exactly(pipe: socket.socket, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        part = pipe.recv(min(size - len(parts), 1 << 20))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)
