"""Text, values and types as GitHub Markdown shows them as they are meant."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any, cast

from colonyos_gen_codegen.model import Reply, Scalar, Type, lifetimes
from colonyos_gen_codegen.model.lifetimes import Lasting

_SCALARS = {
    Scalar.STRING: "text",
    Scalar.INTEGER: "integer",
    Scalar.NUMBER: "number",
    Scalar.BOOLEAN: "boolean",
    Scalar.TIME: "time",
    Scalar.BYTES: "bytes",
    Scalar.ANY: "any JSON",
}
_CODE_SPAN = re.compile(r"(`+[^`]*`+)")


def text(prose: str) -> str:
    """`prose` with the characters escaped that would become markup, except inside code spans."""
    parts = _CODE_SPAN.split(prose)
    return "".join(part if part.startswith("`") else _escape(part) for part in parts)


def _escape(part: str) -> str:
    part = part.replace("&", "&amp;").replace("<", "&lt;")
    return re.sub(r"([*\[\]\\])", r"\\\1", part)


def cell(prose: str) -> str:
    """`prose` for a table cell, which ends at a bar."""
    return text(prose).replace("|", "\\|").replace("\n", " ")


def code(source: str) -> str:
    """`source` as a code span, fit for a table cell too."""
    fence = "``" if "`" in source else "`"
    padding = " " if "`" in source else ""
    return f"{fence}{padding}{source}{padding}{fence}".replace("|", "\\|")


def html(prose: str) -> str:
    """`prose` inside an HTML tag, where GitHub reads no Markdown."""
    escaped = prose.replace("&", "&amp;").replace("<", "&lt;")
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escaped)


def fenced_json(data: Any) -> str:
    """`data` as a code block; lists and objects that are short stay on one line."""
    return f"```json\n{_compact(data, '')}\n```"


def _compact(data: Any, margin: str, width: int = 88) -> str:
    flat = json.dumps(data, ensure_ascii=False)
    fits = len(flat) + len(margin) <= width
    inner = margin + "  "
    if isinstance(data, dict):
        members = cast("dict[str, Any]", data)
        if not members or (
            fits and not any(item and isinstance(item, dict | list) for item in members.values())
        ):
            return flat
        lines = [
            f"{json.dumps(key, ensure_ascii=False)}: {_compact(item, inner)}" for key, item in members.items()
        ]
        opening, closing = "{", "}"
    elif isinstance(data, list) and data and not fits:
        lines = [_compact(item, inner) for item in cast("Sequence[Any]", data)]
        opening, closing = "[", "]"
    else:
        return flat
    return f"{opening}\n{inner}" + f",\n{inner}".join(lines) + f"\n{margin}{closing}"


def neutral(type_: Type, named: Callable[[str], str] = str) -> str:
    """The type in words of no language; `named` writes the names of structs and enums."""
    if type_.kind == "list":
        assert type_.item is not None
        words = f"list of {neutral(type_.item, named)}"
    elif type_.kind == "map":
        assert type_.item is not None
        words = f"map of text to {neutral(type_.item, named)}"
    elif type_.kind == "scalar":
        words = "64-bit integer" if type_.int64 else _SCALARS[type_.scalar]
    else:
        words = named(type_.name)
    return f"{words} or null" if type_.optional else words


def result(reply: Reply, named: Callable[[str], str] = str) -> str:
    """What a call gives back."""
    if reply.type is None:
        return "nothing"
    words = neutral(reply.type, named)
    return f"stream of {words}" if reply.stream else words


def lifetime(part: Lasting) -> list[str]:
    """Which server releases have it, and whether to avoid it, in sentences; none for what is always there."""
    return [f"**{words}**" if words == "Deprecated." else cell(words) for words in lifetimes.lifetime(part)]
