"""What is left of the server when messages are gone from the schema, told by a process that never imports it otherwise.

For each message, a fork removes from `colonyos_gen_wire` what would not be generated without it, starts the server and makes
calls; a line of JSON tells what came of it.
"""

from __future__ import annotations

import asyncio
import base64
import importlib
import json
import logging
import os
import sys
import traceback
from collections.abc import Iterator
from types import MappingProxyType, ModuleType
from typing import Any, get_args

import msgspec
from colonyos_gen_wire import errors, hazards, methods, requests, types
from colonyos_gen_wire.method import ErrorSpec, Method

import colonyos_gen.crypto

AnyMethod = Method[Any, Any]

_SLOW = ("aiohttp.web", "colonyos_gen_wire.fields")
"""What the server imports, and what does not depend on the messages."""


def remove(gone: AnyMethod) -> None:
    """Take out what is only there for this message: descriptors, requests, errors, types and hazards."""
    left = [method for method in methods.METHODS.values() if method is not gone]
    methods.METHODS = MappingProxyType({method.msgtype: method for method in left})
    needed = {kind for method in left for kind in closure(method.request, method.response)}
    unneeded = closure(gone.request, gone.response) - needed
    kept = [error for method in left for error in method.errors]
    for module in submodules(methods, requests, errors, types):
        for name, value in list(vars(module).items()):
            if (
                value is gone
                or (isinstance(value, type) and value in unneeded)
                or (
                    isinstance(value, ErrorSpec)
                    and module is not errors
                    and not any(value is e for e in kept)
                )
            ):
                delattr(module, name)
    for name, value in list(vars(hazards).items()):
        if isinstance(value, hazards.Hazard) and value.messages == (gone.msgtype,):
            delattr(hazards, name)


def submodules(*packages: ModuleType) -> Iterator[ModuleType]:
    """The packages, and the modules in them."""
    for package in packages:
        yield package
        yield from [value for value in vars(package).values() if isinstance(value, ModuleType)]


def closure(*kinds: Any) -> set[type]:
    """The types that the names of a message lead to."""
    found: set[type] = set()
    waiting = list(kinds)
    while waiting:
        kind = waiting.pop()
        waiting += get_args(kind)
        if (
            not isinstance(kind, type)
            or kind in found
            or not kind.__module__.startswith("colonyos_gen_wire.")
        ):
            continue
        found.add(kind)
        if issubclass(kind, msgspec.Struct):
            waiting += [field.type for field in msgspec.structs.fields(kind)]
    return found


async def calls(gone: AnyMethod) -> dict[str, Any]:
    """What a server says to a call that is left, and to the one that is gone."""
    from colonyos_gen.server import Server

    still = "getcoloniesmsg" if gone.msgtype != "getcoloniesmsg" else "getstatisticsmsg"
    key = colonyos_gen.crypto.PrivateKey.generate()
    async with Server(server_key=key, hazards="notice") as server:
        answer = await server.answer(envelope(key, {"msgtype": still}))
        unknown = await server.answer(envelope(key, {"msgtype": gone.msgtype}))
    return {"left": answer.status, "unknown": opened(unknown.body)}


def envelope(key: colonyos_gen.crypto.PrivateKey, payload: dict[str, Any]) -> bytes:
    """A signed request."""
    text = base64.b64encode(json.dumps(payload).encode()).decode()
    return json.dumps(
        {"payloadtype": payload["msgtype"], "payload": text, "signature": key.sign(text)}
    ).encode()


def opened(body: bytes) -> Any:
    """The payload of a reply."""
    return json.loads(base64.b64decode(json.loads(body)["payload"]))


class Log(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


def tell(gone: AnyMethod) -> dict[str, Any]:
    """What happens without this message."""
    log = Log()
    logging.getLogger().addHandler(log)
    try:
        remove(gone)
        return {**asyncio.run(calls(gone)), "logged": log.messages}
    except BaseException:
        return {"failed": traceback.format_exc()}


def main() -> None:
    """Do it for each of the messages that are named, or for all."""
    for name in _SLOW:
        importlib.import_module(name)
    for method in [methods.METHODS[name] for name in sys.argv[1:]] or methods.METHODS.values():
        if (child := os.fork()) == 0:
            print(json.dumps({"gone": method.msgtype, **tell(method)}), flush=True)
            os._exit(0)
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
