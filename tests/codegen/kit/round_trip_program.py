"""Program: round trips with whatever `colonyos_gen_wire` comes first on the path, which must lie in the folder given.

Reads `{msgtype: [payload, ...]}` from standard input, prints what went wrong, and exits with 1 if anything did. It is run in
a process of its own, since the package under test has the same name as the one of this repository.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

import msgspec

PACKAGE = "colonyos_gen_wire"


def problems(given: dict[str, list[Any]]) -> Iterator[str]:
    """What is wrong with the package."""
    from tests.wire.kit.comparing import differences

    codec: Any = import_module(f"{PACKAGE}.codec")
    check: Any = import_module(f"{PACKAGE}.checks").check
    methods: Any = import_module(f"{PACKAGE}.methods").METHODS
    fields: Any = import_module(f"{PACKAGE}.fields").FIELDS
    for msgtype, payloads in given.items():
        method = methods[msgtype]
        shape = codec.shape_of(method.response)
        for payload in payloads:
            text = json.dumps(payload).encode()
            value = codec.decode_reply(method, text, strict=True)
            for name, written in {
                "encode": codec.encode(value),
                "encode_reply": codec.encode_reply(method.response, value),
            }.items():
                lines = differences(shape, payload, json.loads(written))
                # What was absent becomes its default, which need not be the zero that is expected here.
                yield from (f"{msgtype} {name}: {line}" for line in lines if ": added " not in line)
                if codec.decode_reply(method, written, strict=True) != value:
                    yield f"{msgtype} {name}: {payload} became {written.decode()}"
            request = method.request(thing=value)
            check(request)
            if codec.decode_request(method, json.loads(codec.encode(request))) != request:
                yield f"{msgtype}: {request!r} is not what it was"
    for type_ in fields:
        yield from untouched(type_, codec, [field for field in fields[type_] if field.name])


def untouched(type_: Any, codec: Any, known: list[Any]) -> Iterator[str]:
    """What is wrong with an instance that has nothing set, if there may be one."""
    try:
        value = type_()
    except TypeError as error:
        if "Missing required argument" not in str(error):
            yield f"{type_.__name__}: {error}"
        return
    written = codec.encode(value)
    if codec.decode(type_, written, strict=True) != value or type_() != value:
        yield f"{type_.__name__}: {value!r} became {written.decode()}"
    missing = {field.wire for field in known} - set(json.loads(written))
    if missing:
        yield f"{type_.__name__}: {missing} are not written"
    if msgspec.json.decode(b"{}", type=type_ if not value.__struct_config__.tag else dict) != value and not (
        value.__struct_config__.tag
    ):
        yield f"{type_.__name__}: absent keys do not give {value!r}"
    assert repr(value)


def main() -> int:
    package = import_module(PACKAGE)
    folder = Path(sys.argv[1]).resolve()
    assert Path(str(package.__file__)).resolve().is_relative_to(folder), package.__file__
    for module in walk_packages(package.__path__, f"{PACKAGE}."):
        import_module(module.name)
    found = list(problems(json.load(sys.stdin)))
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
