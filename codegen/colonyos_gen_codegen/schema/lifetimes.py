"""Since and until which server release the things of a schema are there, by the names that tell them apart."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from colonyos_gen_codegen.schema.findings import Position
from colonyos_gen_codegen.schema.outline import Outline, Part, fields_of

Release = tuple[int, ...]
"""The numbers of a release, which sort as releases do."""


def release_of(text: Any) -> Release | None:
    """The release that `text` names, such as v1.9.12; None if it names none."""
    found = re.fullmatch(r"v(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)", str(text), re.ASCII)
    return tuple(map(int, found.groups())) if found else None


def recorded(manifest: dict[str, Any]) -> Release:
    """The release that everything was recorded from."""
    return release_of(manifest["server"]["version"]) or ()


def baseline(manifest: dict[str, Any]) -> str:
    """The release that has all that says no x-since: the oldest that is told apart, or else the recorded one."""
    server = manifest["server"]
    return str(server.get("releases", [server["version"]])[0])


def is_later(since: Any, manifest: dict[str, Any]) -> bool:
    """Whether `since` is a release after the one that everything was recorded from."""
    found = release_of(since)
    return found is not None and found > recorded(manifest)


def is_there(data: dict[str, Any], release: Release) -> bool:
    """Whether a server of that release has what `data` describes."""
    since, until = release_of(data.get("x-since")), release_of(data.get("x-until"))
    return (since is None or since <= release) and (until is None or release <= until)


class Named(NamedTuple):
    """A thing with a lifetime of its own."""

    name: str
    """Unique in its schema: `AddUserMsg`, `User.email`, `ProcessState=WAITING`, `AddUserMsg!invalid_json`, `!no_member`."""
    position: Position
    is_dated: bool
    """Whether it says since when it is there, or is a part of something that does."""


def named(outline: Outline) -> Iterator[Named]:
    """All messages, types, fields, values of enums and errors."""
    for part in [*outline.types, *outline.messages]:
        dated = "x-since" in part.data
        yield Named(part.name, part.at(), dated)
        for field in fields_of(part):
            yield Named(f"{part.name}.{field.name}", field.at(), dated or "x-since" in field.data)
        for index, member in enumerate(part.data.get("x-enum-names", [])):
            is_dated = dated or member in part.data.get("x-enum-since", {})
            yield Named(f"{part.name}={member}", part.at("x-enum-names", index), is_dated)
        yield from _errors(part, "x-errors", dated)
    yield from _errors(outline.manifest, "envelope_errors", False)
    for error in outline.manifest.parts("errors"):
        yield Named(f"!{error.name}", error.at(), "x-since" in error.data)


def _errors(part: Part, key: str, dated: bool) -> Iterator[Named]:
    for index, entry in enumerate(part.data.get(key, [])):
        if isinstance(entry, str):
            name, is_dated = entry, dated
        else:
            name, is_dated = entry.get("name") or entry["use"], dated or "x-since" in entry
        owner = part.name if part.pointer else ""
        yield Named(f"{owner}!{name}", part.at(key, index), is_dated)
