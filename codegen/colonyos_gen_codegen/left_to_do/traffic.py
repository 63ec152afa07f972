"""Recorded traffic that is not what the schema says: no example of a message, fields that came later, names, types."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from pathlib import Path
from typing import Any, NamedTuple, cast

from colonyos_gen_codegen.left_to_do.item import Item, shown
from colonyos_gen_codegen.left_to_do.project import Project
from colonyos_gen_codegen.model import Scalar, Service, Type
from colonyos_gen_codegen.schema.findings import Position
from colonyos_gen_codegen.schema.lifetimes import is_later
from colonyos_gen_codegen.schema.loader import Schema

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
            file = shown(schema.root / f"examples/{message.domain}.json")
            what = f"record an example of {message.msgtype}, under that key in {file}"
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


def of_gone_messages(gone: Set[str], project: Project) -> Iterator[Item]:
    """The files that have exchanges of messages which are gone, or facts about them or types that are gone with them."""
    for path in project.golden if gone else ():
        recording: object = json.loads(path.read_text(encoding="utf-8"))
        known = cast("dict[str, Any]", recording) if isinstance(recording, dict) else {}
        sent = Counter(entry.get("msgtype") for entry in _entries(known))
        facts = {**known.get("messages", {}), **known.get("types", {})}
        for msgtype in sorted(gone):
            if count := sent[msgtype]:
                what = f"take out {count} exchange{'s' * (count > 1)} of {msgtype}, which is gone"
                yield Item(path, _line_of(path, msgtype), what)
            if msgtype in facts:
                what = f"take out what is said of {msgtype}, which is gone"
                yield Item(path, _line_at(path, f'"{msgtype}": '), what)


def without_since(service: Service, schema: Schema, project: Project) -> Iterator[Item]:
    """The fields that the recorded release had not, by what is known of it, and that do not say since when they are there.

    A rule finds those that replies always have; what may be left out of a request no recording can tell.
    """
    for path in project.golden:
        recording: object = json.loads(path.read_text(encoding="utf-8"))
        known: object = (
            cast("dict[str, Any]", recording).get("types") if isinstance(recording, dict) else None
        )
        facts = cast("dict[str, Any]", known) if isinstance(known, dict) else {}
        for struct in (*service.structs, *(message.struct for message in service.messages)):
            for field in struct.fields if struct.name in facts else ():
                if not is_later(field.since, service.manifest) and field.wire not in facts[struct.name]:
                    place = field.position
                    what = f"say since when {struct.name} has '{field.wire}' (x-since): {shown(path)} has not"
                    yield Item(schema.root / place.file, place.line, what)


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
            elif is_later(field.since, service.manifest) and not field.omit_empty:
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
    for entry in _entries(json.loads(path.read_text(encoding="utf-8"))):
        reply: dict[str, Any] | None = entry.get("reply")
        if reply is None or reply.get("error"):
            continue
        payload = reply.get("payload")
        if not str(payload).startswith(_LEFT_OUT):
            yield entry.get("msgtype") or "", payload


def _entries(recording: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Everything that was sent in a recording, with its reply if it has one of its own."""
    yield from recording.get("exchanges", [])
    for event in recording.get("events", []):
        if event["type"] in {"rpc", "ws_send"}:
            yield event.get("exchange", event)


def _line_of(path: Path, msgtype: str) -> int:
    """The line of the first message of a type."""
    return _line_at(path, f'"msgtype": "{msgtype}"')


def _line_at(path: Path, text: str) -> int:
    content = path.read_text(encoding="utf-8")
    return content.count("\n", 0, max(0, content.find(text))) + 1
