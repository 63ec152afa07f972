"""Objects in which a key comes more than once, perhaps in another case, read as the real server reads them.

Go puts the values into the field one after the other. So the last one counts, but objects are laid over each other, and
the items of lists, each over the one in its place; null changes neither a text, a number, a time nor an object that is no
pointer. A value of the wrong type is a fault although
another follows it.
"""

from __future__ import annotations

import itertools
import json
from typing import Any, TypeAlias, TypeVar, cast

import msgspec
from colonyos_gen_wire.codec import encode
from colonyos_gen_wire.exact import read_exact
from colonyos_gen_wire.fields import FIELDS
from colonyos_gen_wire.method import Method
from colonyos_gen_wire.shape import Leaf, MapOf, Property, Shape, StructOf

from colonyos_gen.server._values.exact_integers import may_be_inexact, overflows
from colonyos_gen.server._values.go_json import has_many_tokens, members, mended
from colonyos_gen.server._values.plain_json import plain_json

ReqT = TypeVar("ReqT", bound=msgspec.Struct)
_Document: TypeAlias = "dict[str, Any]"

_MOST_BYTES = 100_000
"""In longer texts the last value of a key in one case counts: looking for others would take more than a millisecond."""
_KINDS: dict[Leaf, Any] = {
    Leaf.STRING: str,
    Leaf.INTEGER: int,
    Leaf.NUMBER: (int, float),
    Leaf.BOOLEAN: bool,
    Leaf.TIME: str,
}
"""What null does not change, and what is no fault there."""


def read_at_once(method: Method[ReqT, Any], text: bytes) -> ReqT | None:
    """What `read_exact` makes of a text; None also if a key comes twice or an integer has too many bits, which it cannot
    tell.
    """
    request = read_exact(method, text)
    if request is not None and may_be_inexact(text) and overflows(request):
        return None
    # A text that our encoder would have written has no key twice, and that is known soonest.
    if request is None or (len(text) <= _MOST_BYTES and encode(request) != text and repeats_keys(text)):
        return None
    return request


def read_document(method: Method[Any, Any], text: bytes) -> object:
    """The JSON value in a payload, with each key once. Raises ValueError if there is none."""
    try:
        document = plain_json(text)
    except ValueError:
        if (read := _without_unread(StructOf(method.request), text)) == text:
            raise
        text = read
        document = plain_json(text)
    if text.lstrip()[:1] == b"{" and repeats_keys(text):
        pairs: Any = json.loads(_decoded(text), object_pairs_hook=_Pairs)
        return _merged(StructOf(method.request), None, pairs, is_pointer=False, about=_about(method))
    return document


def repeats_keys(text: bytes) -> bool:
    """Whether a key comes twice in an object of this JSON text, in whatever case. Long texts are not searched."""
    if len(text) > _MOST_BYTES:
        return False
    objects: list[list[tuple[str, Any]]] = []
    try:
        json.loads(_decoded(text), object_pairs_hook=objects.append)
    except RecursionError:
        return False
    return any(len({key.lower() for key, _ in pairs}) < len(pairs) for pairs in objects if len(pairs) > 1)


def _without_unread(shape: StructOf, text: bytes) -> bytes:
    """`text` without the keys that nobody reads, in which Go takes what no value can hold. Raises `NotJSON`."""
    if has_many_tokens(text):
        return text
    fields: dict[bytes, Property] = {field.wire.encode(): field for field in FIELDS[shape.type]}
    kept: list[bytes] = []
    found = list(members(text))
    for key, value in found:
        field = fields.get(key[1:-1].lower())
        if field is not None and isinstance(field.shape, StructOf) and value.startswith(b"{"):
            value = _without_unread(field.shape, value)
        if field is not None or key.lower() == b'"msgtype"' or b"\\" in key:
            kept.append(key + b":" + value)
    return b"{" + b",".join(kept) + b"}" if found else text


class _Pairs(list[tuple[str, Any]]):
    """An object as it is written."""


def _decoded(text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError:
        return mended(text).decode()


def _about(method: Method[Any, Any]) -> str:
    return "" if method.about is None else method.about.key


def _merged(shape: Shape, old: Any, value: Any, *, is_pointer: bool, about: str = "") -> Any:
    """What a field of `shape` that holds `old` has when `value` was put into it; `about` is a key in it that is a pointer."""
    if isinstance(shape, StructOf):
        if value is None:
            return None if is_pointer else old
        if not isinstance(value, _Pairs) or not isinstance(old, dict | None):
            return value if isinstance(old, dict | None) else old
        return _laid_over(shape.type, cast("_Document", old or {}), value, about)
    if isinstance(shape, Leaf) and shape in _KINDS:
        if old is not None and (value is None or not _fits(shape, old)):
            return old
        return value
    if isinstance(shape, MapOf) and isinstance(value, _Pairs):
        entries = {key: _merged(shape.item, None, item, is_pointer=True) for key, item in value}
        return cast("_Document", old) | entries if isinstance(old, dict) else entries
    if isinstance(value, list) and not isinstance(value, _Pairs) and not isinstance(shape, Leaf | MapOf):
        items: list[Any] = value  # pyright: ignore[reportUnknownVariableType]
        before: list[Any] = old if isinstance(old, list) else []  # pyright: ignore[reportUnknownVariableType]
        olds = itertools.chain(before, itertools.repeat(None))
        return [
            _merged(shape.item, each, item, is_pointer=False) for each, item in zip(olds, items, strict=False)
        ]
    return _plain(value)


def _laid_over(type_: type[msgspec.Struct], old: _Document, pairs: _Pairs, about: str) -> _Document:
    fields: dict[str, Property] = {field.wire.lower(): field for field in FIELDS[type_]}
    made = dict(old)
    for key, value in pairs:
        field = fields.get(key.lower())
        if field is None:
            name = "msgtype" if key.lower() == "msgtype" else key
            made[name] = (
                _merged(Leaf.STRING, made.get(name), value, is_pointer=False)
                if name == "msgtype"
                else _plain(value)
            )
            continue
        is_pointer = field.wire == about or getattr(field.shape, "optional", False)
        made[field.wire] = _merged(field.shape, made.get(field.wire), value, is_pointer=is_pointer)
    return made


def _fits(shape: Leaf, value: Any) -> bool:
    return isinstance(value, _KINDS[shape]) and (shape is Leaf.BOOLEAN or not isinstance(value, bool))


def _plain(value: Any) -> Any:
    if isinstance(value, _Pairs):
        return {key: _plain(item) for key, item in value}
    if isinstance(value, list):
        return [_plain(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    return value
