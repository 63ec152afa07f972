"""Keys that the server would ignore without a word, and what was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

import msgspec
from colonyos_gen_wire.fields import FIELDS
from colonyos_gen_wire.shape import ListOf, MapOf, Shape, StructOf

from colonyos_gen.spec_lint._json_tree import Node

_LIKENESS = 0.6
"""How much of a key must agree with a known one for a suggestion, from 0 to 1."""


def key_problems(node: Node, shape: Shape, root: type[msgspec.Struct]) -> Iterator[tuple[int, str, str]]:
    """Offset, rule and message for the keys of `node` and of everything in it."""
    if isinstance(shape, ListOf):
        for item in node.items:
            yield from key_problems(item, shape.item, root)
    elif isinstance(shape, MapOf):
        for member in node.members:
            yield from key_problems(member.node, shape.item, root)
    elif isinstance(shape, StructOf):
        # The server ignores the case of keys.
        known = {field.wire.lower(): field.shape for field in FIELDS[shape.type]}
        seen: set[str] = set()
        for member in node.members:
            folded = member.key.lower()
            if folded not in known:
                yield member.offset, "KEY_IS_KNOWN", _unknown(member.key, shape.type, root)
                continue
            if folded in seen:
                yield member.offset, "KEY_UNIQUE", f"'{member.key}' is there already; the last one counts"
            seen.add(folded)
            yield from key_problems(member.node, known[folded], root)


def did_you_mean(name: str, choices: list[str]) -> str:
    """The end of a message: a question for the choice that is most like `name`; empty if none is."""
    plain = {_plain(choice): choice for choice in choices}
    close = difflib.get_close_matches(_plain(name), list(plain), n=1, cutoff=_LIKENESS)
    return f"; did you mean '{plain[close[0]]}'?" if close else ""


def _unknown(key: str, type_: type[msgspec.Struct], root: type[msgspec.Struct]) -> str:
    message = f"the server ignores '{key}'"
    own = [field.wire for field in FIELDS[type_]]
    if _plain(key) in own:
        return f"{message}; did you mean '{_plain(key)}'?"
    for path, wire in _elsewhere(root, ""):
        if wire == _plain(key):
            return f"{message} here; '{wire}' belongs to {path}"
    return message + did_you_mean(key, own)


def _elsewhere(type_: type[msgspec.Struct], path: str) -> Iterator[tuple[str, str]]:
    """The keys of a type and of the objects in it, those of lists excepted, with the path of their object."""
    for field in FIELDS[type_]:
        yield f"'{path}'" if path else "the function spec", field.wire
    for field in FIELDS[type_]:
        if isinstance(field.shape, StructOf):
            yield from _elsewhere(field.shape.type, f"{path}.{field.wire}" if path else field.wire)


def _plain(key: str) -> str:
    return key.lower().replace("-", "").replace("_", "")
