"""Function specs from JSON files, as the `colonies` command line reads them."""

from __future__ import annotations

from pathlib import Path

import msgspec
from colonyos_gen_wire import FunctionSpec
from colonyos_gen_wire.codec import decode


def read_function_specs(path: Path) -> list[FunctionSpec]:
    """The specs of `path`, which holds one function spec or a list of them.

    Deadlines of 0 become -1, no limit, as on the command line: the server would take 0 for a deadline long past.

    Raises:
        ValueError: The file is not such JSON; the message names the file and the place.
        OSError: The file cannot be read.
    """
    content = path.read_bytes()
    try:
        many = isinstance(msgspec.json.decode(content), list)
        specs: list[FunctionSpec] = (
            decode(list[FunctionSpec], content) if many else [decode(FunctionSpec, content)]
        )
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is not a function spec or a list of them: {error}") from error
    for spec in specs:
        spec.maxwaittime = spec.maxwaittime or -1
        spec.maxexectime = spec.maxexectime or -1
    return specs
