"""Recorded traffic that is not what the schema says: no example of a message, fields that came later, names, types."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

from codegen.left_to_do.item import Item
from codegen.left_to_do.project import Project
from codegen.model import Scalar, Service, Type
from codegen.schema.findings import Position
from codegen.schema.loader import Schema

_JSON: dict[Scalar, tuple[type, ...]] = {
    Scalar.STRING: (str,),
    Scalar.TIME: (str,),
    Scalar.BYTES: (str,),
    Scalar.INTEGER: (int,),
    Scalar.NUMBER: (int, float),
    Scalar.BOOLEAN: (bool,),
}
"""What JSON has in the place of a scalar."""

_LEFT_OUT = "(omitted, "
"""How the payload begins of a reply that is too large to be kept."""


class Misfit(NamedTuple):
    """Something of recorded traffic that the schema says otherwise."""

    struct: str
    wire: str
    what: str

    def __str__(self) -> str:
        return self.what


def without_example(service: Service, schema: Schema) -> Iterator[Item]:
    """The messages that have no recorded example yet."""
    for message in service.messages:
        if message.registered and not message.examples:
            place = message.struct.position
            what = f"record an example of {message.msgtype}, under that key in examples/{message.domain}.json"
            yield Item(schema.root / place.file, place.line, what)


def older_examples(service: Service, schema: Schema) -> Iterator[Item]:
    """For each way in which examples do not fit the schema, the first one, and how many more there are.

    They are valid, so all that there can be is that they lack fields of a later release.
    """
    found: dict[Misfit, list[Position]] = {}
    for message in service.messages:
        for example in message.examples:
            for misfit in {*misfits(service, message.reply.type, example.reply)}:
                found.setdefault(misfit, []).append(example.position)
    for misfit, (first, *others) in found.items():
        more = f", as {len(others)} more do" if others else ""
        yield Item(schema.root / first.file, first.line, f"record it anew: it {misfit}{more}")


def older_recordings(service: Service, project: Project) -> Iterator[Item]:
    """For each way in which recorded replies do not fit the schema, the first, and how many more files have it."""
    replies = {message.msgtype: message.reply.type for message in service.messages}
    found: dict[Misfit, dict[Path, str]] = {}
    for path in project.recordings:
        for msgtype, payload in _replies(path):
            for misfit in misfits(service, replies.get(msgtype), payload):
                found.setdefault(misfit, {}).setdefault(path, msgtype)
    for misfit, paths in found.items():
        path, msgtype = next(iter(paths.items()))
        others = f", as in {len(paths) - 1} more of these files" if len(paths) > 1 else ""
        yield Item(path, _line_of(path, msgtype), f"record it anew: a reply {misfit}{others}")


def misfits(
    service: Service, type_: Type | None, value: Any, of: tuple[str, str] = ("", "")
) -> Iterator[Misfit]:
    """How `value` differs from what the schema says, at any depth; `of` is the struct and the field that it is in."""
    if type_ is None or value is None:
        return
    if type_.kind == "struct" and isinstance(value, dict):
        struct, entries = service.struct(type_.name), cast("dict[str, Any]", value)
        for name in entries.keys() - {field.wire for field in struct.fields} - {"msgtype"}:
            yield Misfit(struct.name, name, f"has '{name}', which {struct.name} has not")
        for field in struct.fields:
            if field.wire in entries:
                yield from misfits(service, field.type, entries[field.wire], (struct.name, field.wire))
            elif field.since is not None and not field.omit_empty:
                what = f"lacks '{field.wire}' of {struct.name}, which is there since {field.since}"
                yield Misfit(struct.name, field.wire, what)
    elif type_.kind == "list" and isinstance(value, list):
        for item in cast("Sequence[Any]", value):
            yield from misfits(service, type_.item, item, of)
    elif type_.kind == "map" and isinstance(value, dict):
        for item in cast("dict[str, Any]", value).values():
            yield from misfits(service, type_.item, item, of)
    elif not _fits(service, type_, value):
        place = "{1!r} of {0}".format(*of) if of[0] else "payload"
        yield Misfit(*of, f"has {_shown(value)} as {place}, which the schema has otherwise")


def _fits(service: Service, type_: Type, value: Any) -> bool:
    """Whether a value that is no object and no list can be what the schema says."""
    if type_.kind == "enum":
        return value in {member.value for member in service.enum(type_.name).members}
    if type_.kind != "scalar":
        return False
    kinds = _JSON.get(type_.scalar)
    return kinds is None or (isinstance(value, kinds) and isinstance(value, bool) == (kinds == (bool,)))


def _shown(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _replies(path: Path) -> Iterator[tuple[str, Any]]:
    """The message type and payload of each successful reply in a recording."""
    recording: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    entries: list[dict[str, Any]] = [
        *recording.get("exchanges", []),
        *(event["exchange"] for event in recording.get("events", []) if event["type"] == "rpc"),
    ]
    for entry in entries:
        reply: dict[str, Any] | None = entry.get("reply")
        if reply is None or reply.get("error"):
            continue
        payload = reply.get("payload")
        if not str(payload).startswith(_LEFT_OUT):
            yield entry.get("msgtype") or "", payload


def _line_of(path: Path, msgtype: str) -> int:
    """The line of the first message of a type."""
    text = path.read_text(encoding="utf-8")
    return text.count("\n", 0, max(0, text.find(f'"msgtype": "{msgtype}"'))) + 1
