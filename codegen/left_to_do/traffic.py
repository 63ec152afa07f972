"""Recorded traffic that lacks what the schema has: messages without an example, and fields that came later."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

from codegen.left_to_do.item import Item
from codegen.left_to_do.project import Project
from codegen.model import Service, Type
from codegen.schema.loader import Schema


class Later(NamedTuple):
    """A field that came with a later release than the first."""

    struct: str
    wire: str
    since: str

    def __str__(self) -> str:
        return f"'{self.wire}' of {self.struct}, which is there since {self.since}"


def without_example(service: Service, schema: Schema) -> Iterator[Item]:
    """The messages that have no recorded example yet."""
    for message in service.messages:
        if message.registered and not message.examples:
            place = message.struct.position
            what = f"record an example of {message.msgtype}, under that key in examples/{message.domain}.json"
            yield Item(schema.root / place.file, place.line, what)


def older_examples(service: Service, schema: Schema) -> Iterator[Item]:
    """For each field that came with a later release and that no example has, the first one that lacks it."""
    present: set[Later] = set()
    lacking: dict[Later, Item] = {}
    for message in service.messages:
        for example in message.examples:
            path, line = schema.root / example.position.file, example.position.line
            for found, is_there in later(service, message.reply.type, example.reply):
                if is_there:
                    present.add(found)
                elif found not in lacking:
                    lacking[found] = Item(path, line, f"record it anew: it lacks {found}")
    yield from (item for found, item in lacking.items() if found not in present)


def older_recordings(service: Service, project: Project) -> Iterator[Item]:
    """For each field that came with a later release, the first recording that lacks it, and how many do."""
    if not any(field.since for struct in service.structs for field in struct.fields):
        return
    replies = {message.msgtype: message.reply.type for message in service.messages}
    lacking: dict[Later, dict[Path, str]] = {}
    for path in project.recordings:
        for msgtype, payload in _replies(path):
            for found, is_there in later(service, replies.get(msgtype), payload):
                if not is_there:
                    lacking.setdefault(found, {}).setdefault(path, msgtype)
    for found, paths in lacking.items():
        path, msgtype = next(iter(paths.items()))
        others = f", as in {len(paths) - 1} more of these files" if len(paths) > 1 else ""
        yield Item(path, _line_of(path, msgtype), f"record it anew: a reply lacks {found}{others}")


def later(service: Service, type_: Type | None, value: Any) -> Iterator[tuple[Later, bool]]:
    """The fields in `value`, at any depth, that came with a later release, each with whether it is there."""
    if type_ is None or value is None:
        return
    if type_.kind == "struct" and isinstance(value, dict):
        entries = cast("dict[str, Any]", value)
        for field in service.struct(type_.name).fields:
            if field.since is not None and not field.omit_empty:
                yield Later(type_.name, field.wire, field.since), field.wire in entries
            yield from later(service, field.type, entries.get(field.wire))
    elif type_.kind == "list" and isinstance(value, list):
        for item in cast("Sequence[Any]", value):
            yield from later(service, type_.item, item)
    elif type_.kind == "map" and isinstance(value, dict):
        for item in cast("dict[str, Any]", value).values():
            yield from later(service, type_.item, item)


def _replies(path: Path) -> Iterator[tuple[str, Any]]:
    """The message type and payload of each successful reply in a recording."""
    recording: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    entries: list[dict[str, Any]] = [
        *recording.get("exchanges", []),
        *(event["exchange"] for event in recording.get("events", []) if event["type"] == "rpc"),
    ]
    for entry in entries:
        reply: dict[str, Any] | None = entry.get("reply")
        if reply is not None and not reply.get("error"):
            yield entry.get("msgtype") or "", reply.get("payload")


def _line_of(path: Path, msgtype: str) -> int:
    """The line of the first message of a type."""
    text = path.read_text(encoding="utf-8")
    return text.count("\n", 0, max(0, text.find(f'"msgtype": "{msgtype}"'))) + 1
