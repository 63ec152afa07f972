"""How Go spells things: names in its letters, comments, literals and types."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import cache

from colonyos_gen_codegen.model import Limit, Scalar, Type
from colonyos_gen_codegen.output.render import wrap

_WORDS = frozenset(
    """
    access from active added alg all allocated allocations annotations api append approve args assigned assign assignments
    attr attribute attributes available avg backends background blueprint blueprints bucket build by cancel cancelled
    capabilities change changed channel checker checksum child children close cluster colonies colony colour color
    commission cores count cpu create created cron crons data days deadline definition definitions dependencies dir dirs
    edges email encryption end enum env error errors exec executor executors expression failed file files first flow
    force fs func function functions gen generation generator generators get gpu graph graphs handler hardware heard
    history hist host id ids image in info initiator input insecure interval is items keep key keys kind kwargs label
    labels last latest limit list local location locations log logs max mem member message messages metadata mib min
    model mount msg name names network next nodes node number object on out output owner pack parent parents paused
    payload peer per period phone plural port prev previous priority process processes project projects properties
    protocol queue read reconcile ref reg register relay remove removed rename report request require resolve result
    retries role root run running search sec seconds secret sender sequence server set short since singular size snapshot
    snapshots software source spec specs start state statistics status storage submission submit subscribe successful
    sync target targets text time timeout timestamp tls trigger type types unregistered update updated used user users
    value values version wait waiting walltime wall when workflow workflows for conflicts after seq nr in reply to
    colony name is
    """.split()  # noqa: SIM905
)
"""What names on the wire are made of, where nothing in them shows where a word begins."""

_INITIALISMS = {
    "api",
    "cpu",
    "gpu",
    "html",
    "http",
    "https",
    "id",
    "ip",
    "json",
    "rpc",
    "tls",
    "ui",
    "url",
    "uuid",
    "os",
}
_PLURALS = {"ids": "IDs", "urls": "URLs"}

_TAKEN = frozenset(
    """
    break case chan const continue default defer else fallthrough for func go goto if import interface map package range
    return select struct switch type var
    any append bool byte cap clear close comparable complex copy delete error false float64 imag int int64 iota len make
    max min new nil panic print println real recover rune string true uint
    c ctx opts r v context errors iter json regexp time call do missing refused subscribe read written open parse field
    """.split()  # noqa: SIM905
)
"""Keywords, predeclared names, and those that the generated functions use themselves."""

_SCALARS = {
    Scalar.STRING: "string",
    Scalar.INTEGER: "int64",
    Scalar.NUMBER: "float64",
    Scalar.BOOLEAN: "bool",
    Scalar.TIME: "time.Time",
    Scalar.BYTES: "[]byte",
    Scalar.ANY: "any",
}
_READERS = {
    Scalar.STRING: "readText",
    Scalar.INTEGER: "readInteger",
    Scalar.NUMBER: "readNumber",
    Scalar.BOOLEAN: "readBoolean",
    Scalar.TIME: "readTime",
    Scalar.BYTES: "readBytes",
    Scalar.ANY: "readAny",
}


@cache
def words(name: str) -> tuple[str, ...]:
    """The words of a name, in lower case: `maxwaittime` has three."""
    parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z][a-z]+|[a-z]+|\d+", name)
    found: list[str] = []
    for part in parts:
        if part.isdigit() and found:
            found[-1] += part
        else:
            found += _split(part.lower())
    return tuple(found) or ("empty",)


def _split(text: str) -> list[str]:
    """`text` in as few known words as possible; as it is, if they do not make it up."""
    best: list[list[str] | None] = [list[str](), *([None] * len(text))]
    for end in range(1, len(text) + 1):
        for start in range(end):
            before = best[start]
            if before is None or text[start:end] not in _WORDS:
                continue
            here = best[end]
            if here is None or len(before) + 1 < len(here):
                best[end] = [*before, text[start:end]]
    return best[-1] or [text]


def exported(name: str) -> str:
    """A name for everybody: `colonyname` is ColonyName."""
    return "".join(_capital(word) for word in words(name))


def local(name: str) -> str:
    """The name of a parameter: `colonyname` is colonyName, and `type` is typeValue."""
    first, *rest = words(name)
    spelled = _PLURALS.get(first, first).lower() + "".join(_capital(word) for word in rest)
    return f"{spelled}Value" if spelled in _TAKEN or spelled[0].isdigit() else spelled


def _capital(word: str) -> str:
    if word in _INITIALISMS:
        return word.upper()
    return _PLURALS.get(word, word[:1].upper() + word[1:])


def comment(text: str, indent: str = "", deprecated: bool = False) -> str:
    """A doc comment. It has a line for every line, so that nothing in `text` can end it."""
    plain = " ".join(text.replace("``", '"').replace("''", '"').split())
    lines: list[str] = []
    for line in wrap(plain, 116 - len(indent) * 4).split("\n"):
        # A line that begins like an item of a list or a heading would be set as one by gofmt.
        if lines and re.match(r"([-*+•#]|\d+[.)])(\s|$)", line):
            lines[-1] += f" {line}"
        else:
            lines.append(line)
    if deprecated:
        lines += ["", "Deprecated: the protocol still has it, for older programs only."]
    return "\n".join(f"{indent}// {line}".rstrip() for line in lines)


def text(value: str) -> str:
    """A string literal."""
    if "\\" in value and "`" not in value and value.isprintable():
        return f"`{value}`"
    # What JSON escapes, Go reads the same way, but for characters beyond 16 bits, which need no escape.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\x7f").replace("\ufeff", "\\ufeff")


def pattern(limit: Limit) -> str:
    """The pattern of a limit as a literal; `$` must not match before a last line end."""
    assert limit.pattern is not None
    return text(limit.pattern[:-1] + r"\z")


def spelled(type_: Type) -> str:
    """A type in Go."""
    if type_.kind in {"list", "map"}:
        assert type_.item is not None
        return f"{'[]' if type_.kind == 'list' else 'map[string]'}{spelled(type_.item)}"
    name = type_.name if type_.kind in {"struct", "enum"} else _SCALARS[type_.scalar]
    return f"*{name}" if is_pointer(type_) else name


def is_pointer(type_: Type) -> bool:
    """Whether the value may be absent as a whole, and Go has no other word for that."""
    plain = type_.kind == "scalar" and type_.scalar in {Scalar.TIME, Scalar.ANY, Scalar.BYTES}
    return type_.optional and type_.kind not in {"list", "map"} and not plain


def reader(type_: Type) -> str:
    """The function that reads a value of a type."""
    if type_.kind in {"list", "map"}:
        assert type_.item is not None
        inner = f"{type_.kind}Of({reader(type_.item)})"
        return f"orEmpty(nil, {inner})" if type_.optional else inner
    if type_.kind == "struct":
        inner = f"read{type_.name}"
    elif type_.kind == "enum":
        inner = f"readEnum[{type_.name}]"
    else:
        inner = _READERS[type_.scalar]
        if type_.optional and type_.scalar is Scalar.BYTES:
            return f"orEmpty(nil, {inner})"
    return f"pointerTo({inner})" if is_pointer(type_) else inner


def is_collection(type_: Type) -> bool:
    """Whether nil stands for something empty, which is not written as null."""
    if type_.optional:
        return False
    return type_.kind in {"list", "map"} or (type_.kind == "scalar" and type_.scalar is Scalar.BYTES)


def unique(name: str, taken: Iterable[str], suffixes: Iterable[str]) -> str:
    """`name`, with the first of the suffixes behind it that makes it differ from those that are taken."""
    known = set(taken)
    return next(found for suffix in ("", *suffixes) if (found := name + suffix) not in known)
