"""Rules about what the recorded server did not have yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

from colonyos_gen_codegen.rules.registry import Problems, rule
from colonyos_gen_codegen.schema.findings import Position
from colonyos_gen_codegen.schema.lifetimes import baseline, is_later, named, release_of
from colonyos_gen_codegen.schema.loader import Document, Pointer
from colonyos_gen_codegen.schema.outline import Json, Outline, Part, examples_of, fields_of, reply_schema

Key = tuple[str, str, str]
"""The file, struct and wire name of a field."""


@rule(
    "FIELD_HAS_SINCE",
    "A field that all recorded replies lack, though the server writes it always, says since which release it is there.",
)
def field_has_since(outline: Outline) -> Problems:
    recorded = _Recorded(outline)
    for message in outline.messages:
        schema = reply_schema(message)
        for document, pointer, entry in examples_of(outline, message):
            if schema is not None:
                recorded.look(message.document, schema, entry["reply"], document, (*pointer, "reply"))
    for key, (position, where) in recorded.lacking.items():
        if key not in recorded.present:
            yield (
                position,
                f"the reply recorded at {where} lacks '{key[2]}' of {key[1]}, and so do the others; say since which release "
                "it is there with x-since, or that it is left out when empty with x-omit-empty",
            )


@rule(
    "SINCE_IS_LATER",
    "x-since is a release vX.Y.Z after the oldest of the manifest, which has all that says nothing else, and one that the"
    " manifest names unless it is newer than all; x-until is no release before it, and both name values that there are.",
)
def since_is_later(outline: Outline) -> Problems:
    manifest = outline.manifest.data
    version, releases = manifest["server"]["version"], manifest["server"].get("releases")
    for key, text in (("version", version), *(("releases", each) for each in releases or ())):
        if release_of(text) is None:
            yield outline.manifest.at("server", key), f"'{text}' is not a release such as v1.9.12"
            return
    if releases and (
        releases != sorted(releases, key=lambda each: release_of(each) or ()) or releases[-1] != version
    ):
        yield outline.manifest.at("server", "releases"), f"must go from old to new, and end with {version}"
        return
    for document in outline.schema.documents.values():
        if document.file.startswith("examples/"):
            continue
        for pointer, text in _lifetimes(document.data, ()):
            problem = _problem_of(str(pointer[-1]), text, baseline(manifest), releases)
            if problem:
                yield document.position(pointer), problem
    for part in [*outline.types, *outline.messages, *outline.fields]:
        since, until = (release_of(part.data.get(key)) for key in ("x-since", "x-until"))
        if since and until and until < since:
            yield part.at("x-until"), f"{part.data['x-until']} is before {part.data['x-since']}, its x-since"
    for part in outline.enums:
        for key in ("x-enum-since", "x-enum-until"):
            for name, text in part.data.get(key, {}).items():
                place = part.at(key, name)
                if name not in part.data["x-enum-names"]:
                    yield place, f"{part.name} has no value '{name}'"
                elif problem := _problem_of(key.replace("enum-", ""), text, baseline(manifest), releases):
                    yield place, problem


@rule(
    "NEW_HAS_SINCE",
    "What the names of the baseline lack, be it a message, type, field, value of an enum or error, says since when it is"
    " there.",
)
def new_has_since(outline: Outline) -> Problems:
    document = outline.schema.documents.get("baseline.json")
    if document is None:
        return
    known, release = set(document.data["names"]), document.data["release"]
    if release != baseline(outline.manifest.data):
        yield (
            document.position(("release",)),
            f"must be {baseline(outline.manifest.data)}, as in the manifest",
        )
        return
    for name, position, is_dated in named(outline):
        if not is_dated and name not in known:
            yield (
                position,
                f"{name} is not among what {release} had (baseline.json): say since which release it is there with x-since",
            )


def _problem_of(key: str, text: Any, oldest: str, releases: list[str] | None) -> str | None:
    found, first = release_of(text), release_of(oldest)
    if found is None or first is None:
        return f"'{text}' is not a release such as v1.9.12"
    if key == "x-since" and found <= first:
        why = "the oldest of the manifest" if releases else "whose traffic is recorded"
        return f"{text} is not after {oldest}, {why}; leave x-since out"
    newest = release_of(releases[-1]) if releases else None
    if releases and text not in releases and newest is not None and found < newest:
        return f"there is no release {text}; known are {', '.join(releases)}, and later ones"
    return None


def _lifetimes(data: Any, at: Pointer) -> Iterator[tuple[Pointer, Any]]:
    """Every x-since and x-until inside, with its place."""
    if isinstance(data, dict):
        for key, value in cast("Json", data).items():
            if key in ("x-since", "x-until") and not isinstance(value, dict):
                yield (*at, key), value
            else:
                yield from _lifetimes(value, (*at, key))
    elif isinstance(data, list):
        for index, item in enumerate(cast("Sequence[Any]", data)):
            yield from _lifetimes(item, (*at, index))


class _Recorded:
    """Which fields recorded replies have, and which they lack without a reason. Required ones are reported elsewhere."""

    def __init__(self, outline: Outline) -> None:
        self._outline = outline
        self.present: dict[Key, Position] = {}
        """By field: where one has it."""
        self.lacking: dict[Key, tuple[Position, Position]] = {}
        """By field: where it stands in the schema, and where a reply lacks it."""

    def look(self, document: Document, schema: Json, value: Any, reply: Document, at: Pointer) -> None:
        """Look through `value`, which stands at a place of `reply`, and whose `schema` stands in `document`."""
        if "anyOf" in schema:
            schema = schema["anyOf"][0]
        struct = self._outline.target(document, schema["$ref"]) if "$ref" in schema else None
        if isinstance(value, list) and "items" in schema:
            for index, item in enumerate(cast("Sequence[Any]", value)):
                self.look(document, schema["items"], item, reply, (*at, index))
        elif isinstance(value, dict) and struct is not None:
            self.look_at(struct, cast("Json", value), reply, at)
        elif isinstance(value, dict) and isinstance(schema.get("additionalProperties"), dict):
            for key, item in cast("Json", value).items():
                self.look(document, schema["additionalProperties"], item, reply, (*at, key))

    def look_at(self, struct: Part, value: Json, reply: Document, at: Pointer) -> None:
        """Look through the fields of a `struct`."""
        required = struct.data.get("required", [])
        for field in fields_of(struct):
            key = (*struct.key, field.name)
            if field.name in value:
                self.present.setdefault(key, reply.position((*at, field.name)))
                self.look(struct.document, field.data, value[field.name], reply, (*at, field.name))
            elif (
                field.name not in required
                and "x-omit-empty" not in field.data
                and not self._is_told_otherwise(field.data)
            ):
                self.lacking.setdefault(key, (field.at(), reply.position(at)))

    def _is_told_otherwise(self, field: Json) -> bool:
        """Whether x-since says that the recorded server had it not, or is wrong, which another rule reports."""
        manifest = self._outline.manifest.data
        since, oldest = release_of(field.get("x-since")), release_of(baseline(manifest))
        wrong = "x-since" in field and (since is None or oldest is None or since <= oldest)
        return wrong or is_later(field.get("x-since"), manifest)
