"""A value compared with its form: every key that is not known, is missing, or holds something else."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, Literal, NamedTuple, TypeAlias

from colonyos_gen._drift.forms import Expected, Form

FindingKind: TypeAlias = Literal["unknown", "missing", "mistyped", "enum"]

_is_time = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d(:\d\d)?)", re.ASCII).fullmatch
_MOST_DEPTH = 200
"""Structs within structs that are looked into."""


class Finding(NamedTuple):
    """One place where a value is not as its form."""

    kind: FindingKind
    path: str
    """Keys with dots between; `[]` for any element of a list, `{}` for any value of a map."""
    owner: str
    """Struct, or enum, that it is about; empty for a reply as a whole."""
    key: str
    """Key in the struct; empty for what is in none."""
    expected: str
    """What the form says; empty for what it does not know."""
    found: str
    """What there is, in words: a type, never the value; of an enum the number."""
    value: Any
    """What there is. Not for texts that people see: it may be a secret."""


def release_of(text: str) -> tuple[int, ...] | None:
    """`v1.9.12`, with or without the v, as numbers; None for what is no release, such as a commit."""
    found = re.fullmatch(r"v?(\d+)\.(\d+)\.(\d+)", text.strip(), re.ASCII)
    return tuple(map(int, found.groups())) if found else None


def findings(
    form: Form,
    value: Any,
    *,
    release: tuple[int, ...] | None = None,
    most: int | None = None,
    sent: Any = None,
) -> list[Finding]:
    """What is not as `form` in `value`, which is plain JSON.

    Args:
        form: What it must look like.
        value: What was answered.
        release: The server's. Keys that came later may be missing; those that came later than the first release may be
            missing as well where it is not known.
        most: How many elements of each list or map are looked at; None for all.
        sent: What the request had of the same form, if it is answered with that: a key is missing, too, which the server
            leaves out when it is empty, and which was sent with something in it.
    """
    return list(_Walk(release, most).value(form, value, "", "", "", sent))


class _Walk:
    def __init__(self, release: tuple[int, ...] | None, most: int | None) -> None:
        self._release = release
        self._most = most
        self._depth = 0

    def value(
        self, form: Form, value: Any, path: str, owner: str, key: str, sent: Any = None
    ) -> Iterator[Finding]:
        kind = form.kind
        plain: Any = value  # whatever is found out of it below
        if kind == "any":
            return
        if value is None:
            if not form.null:
                yield Finding("mistyped", path, owner, key, told(form), "null", None)
        elif kind == "struct" and isinstance(value, dict):
            yield from self._struct(form, plain, path, sent)
        elif kind == "list" and isinstance(value, list) and form.item:
            for item in islice(plain, self._most):
                yield from self.value(form.item, item, f"{path}[]", owner, key)
        elif kind == "map" and isinstance(value, dict) and form.item:
            for item in islice(plain.values(), self._most):
                yield from self.value(form.item, item, f"{path}{{}}", owner, key)
        elif not _fits(kind, value):
            yield Finding("mistyped", path, owner, key, told(form), kind_of(plain), plain)
        elif form.values and value not in form.values:
            yield Finding("enum", path, form.name, key, form.name, str(plain), plain)

    def _struct(self, form: Form, value: dict[str, Any], path: str, sent: Any) -> Iterator[Finding]:
        if self._depth >= _MOST_DEPTH:
            return
        self._depth += 1
        dot = f"{path}." if path else ""
        known = form.fields
        plain: Any = sent
        given: dict[str, Any] = plain if isinstance(sent, dict) else {}
        for key, item in value.items():
            expected = known.get(key)
            if expected is not None:
                yield from self.value(expected.form, item, dot + key, form.name, key, given.get(key))
            elif key != "msgtype" or not form.msgtype:
                yield Finding("unknown", dot + key, form.name, key, "", kind_of(item), item)
            elif item != form.msgtype:
                yield Finding("mistyped", dot + key, form.name, key, repr(form.msgtype), kind_of(item), item)
        if len(value) < len(known) or known.keys() - value.keys():
            for key, expected in known.items():
                if key not in value and self._must_be_there(expected, given.get(key)):
                    what = told(expected.form) + (f" since {expected.since}" if expected.since else "")
                    yield Finding("missing", dot + key, form.name, key, what, "nothing", None)
        self._depth -= 1

    def _must_be_there(self, expected: Expected, sent: Any) -> bool:
        if not expected.always and not sent:
            return False
        if expected.since is None:
            return True
        return self._release is not None and self._release >= (release_of(expected.since) or ())


def told(form: Form) -> str:
    """A form in words, such as `list of Process`."""
    if form.item:
        return f"{form.kind} of {told(form.item)}"
    return form.name or form.kind


def kind_of(value: Any) -> str:
    """The type of a JSON value in words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    for type_, word in (
        (str, "string"),
        (int, "integer"),
        (float, "number"),
        (list, "list"),
        (dict, "object"),
    ):
        if isinstance(value, type_):
            return word
    return type(value).__name__


def _fits(kind: str, value: Any) -> bool:
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "boolean":
        return isinstance(value, bool)
    if not isinstance(value, str):
        return False
    if kind == "time":
        return _is_time(value) is not None
    return kind == "string" or (kind == "bytes" and _is_base64(value))


def _is_base64(text: str) -> bool:
    try:
        binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        return text == ""
    return True
