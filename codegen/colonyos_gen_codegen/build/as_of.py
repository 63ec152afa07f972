"""The schema as of one server release: without what came later, or was gone before."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, cast

from colonyos_gen_codegen.schema.lifetimes import is_there, recorded, release_of
from colonyos_gen_codegen.schema.loader import Schema
from colonyos_gen_codegen.schema.outline import (
    Json,
    Outline,
    Part,
    examples_file,
    fields_of,
    msgtype_of,
    reply_schema,
)

IsThere = Callable[[Json], bool]
_MEMBERS = ("enum", "x-enum-names", "x-enum-descriptions", "x-enum-colours")


class UnknownReleaseError(Exception):
    """The schema knows nothing of that server release; says which it knows."""


def known_releases(schema: Schema) -> list[str]:
    """The releases that the schema tells apart, oldest first; what is announced for later ones included."""
    server, outline = schema.manifest.data["server"], Outline(schema)
    later: set[str] = {
        part.data["x-since"]
        for part in [*outline.fields, *outline.types, *outline.messages]
        if (release_of(part.data.get("x-since")) or ()) > recorded(schema.manifest.data)
    }
    return [
        *server.get("releases", [server["version"]]),
        *sorted(later, key=lambda each: release_of(each) or ()),
    ]


def named_release(schema: Schema, text: str) -> str:
    """The release that `text` names, with or without its v. Raises UnknownReleaseError if the schema does not know it."""
    known = known_releases(schema)
    name = text if text.startswith("v") else f"v{text}"
    if name not in known:
        raise UnknownReleaseError(f"the schema knows no server release {text!r}; it knows {', '.join(known)}")
    return name


def as_of(schema: Schema, release: str | None = None) -> Schema:
    """`schema` as a server of that release has it; without one, with all but what the recorded one has no more.

    `schema` must be without findings, and stays as it is.
    """
    newest, wanted = recorded(schema.manifest.data), release_of(release) or ()

    def there(data: Json) -> bool:
        if release is not None:
            return is_there(data, wanted)
        until = release_of(data.get("x-until"))
        return until is None or until >= newest

    documents = {
        name: replace(document, data=copy.deepcopy(document.data))
        for name, document in schema.documents.items()
    }
    pruned = replace(schema, documents=documents)
    _Pruning(pruned, there, errors=release is not None).prune()
    if release is not None:
        server = pruned.manifest.data["server"]
        server["version"] = release
        if "releases" in server:
            server["releases"] = [each for each in server["releases"] if (release_of(each) or ()) <= wanted]
    return pruned


class _Pruning:
    """Takes out of a schema what is not there, and whatever else speaks of it."""

    def __init__(self, schema: Schema, there: IsThere, *, errors: bool) -> None:
        self._prunes_errors = errors
        """Without it, clients know those of older servers as well."""
        self._schema = schema
        self._there = there
        self._outline = Outline(schema)
        self._gone: dict[tuple[str, str], set[str]] = {}
        """By type and message: the wire names of fields that are not there."""

    def prune(self) -> None:
        """Change the schema that it was made with."""
        outline, there = self._outline, self._there
        for part in [*outline.structs, *outline.messages]:
            gone = {field.name for field in fields_of(part) if not there(field.data)}
            if gone:
                self._gone[part.key] = gone
        for message in outline.messages:
            self._examples(message)
        for part in [*outline.structs, *outline.messages]:
            self._uses(part)
        for part in [*outline.structs, *outline.messages]:
            for wire in self._gone.get(part.key, ()):
                del part.data["properties"][wire]
        for part in outline.enums:
            self._members(part.data)
        if self._prunes_errors:
            self._errors()
        for part in [*outline.types, *outline.messages]:
            if not there(part.data):
                del part.document.data["$defs"][part.name]
        documents = self._schema.documents
        for name in [name for name in documents if name.startswith(("types/", "rpc/"))]:
            if not documents[name].data["$defs"]:
                del documents[name]

    def _lasts(self, owner: Part, path: str) -> bool:
        """Whether all fields on a path of wire names from `owner` are there."""
        inside: Part | None = owner
        for wire in path.split("."):
            if inside is None:
                return True
            if wire in self._gone.get(inside.key, ()):
                return False
            field = inside.data["properties"].get(wire)
            inside = None if field is None else self._struct_in(inside, field)
        return True

    def _struct_in(self, owner: Part, schema: Json) -> Part | None:
        """The struct that a value of `schema`, which stands in the file of `owner`, is or has inside."""
        while "$ref" not in schema:
            inner = (
                schema.get("anyOf", [None])[0] or schema.get("items") or schema.get("additionalProperties")
            )
            if not isinstance(inner, dict):
                return None
            schema = cast("Json", inner)
        found = self._outline.target(owner.document, schema["$ref"])
        if found is None or "properties" in found.data or "x-enum-names" in found.data:
            return found if found is not None and "properties" in found.data else None
        return self._struct_in(found, found.data)

    def _uses(self, part: Part) -> None:
        """Take out of a type or message what speaks of fields that are not there."""
        data, gone = part.data, self._gone.get(part.key, set[str]())

        def kept(entries: list[Any]) -> list[Any]:
            return [entry for entry in entries if self._entry_lasts(part, entry)]

        if "required" in data:
            data["required"] = [wire for wire in data["required"] if wire not in gone]
        for key in ("x-new", "x-options", "x-hazard"):
            if key in data:
                data[key] = kept(data[key])
        form = data.get("x-file", {})
        if "fill" in form:
            form["fill"] = kept(form["fill"])
        if form.get("list") in gone:
            del form["list"]
        if "unset-zero" in form:
            form["unset-zero"] = [wire for wire in form["unset-zero"] if wire not in gone]
        for key in ("x-unsafe-when", "x-waits"):
            if data.get(key) in gone:
                del data[key]
        if data.get("x-about", {}).get("field") in gone:
            del data["x-about"]
        data_methods = [method for method in data.get("x-methods", []) if self._there(method)]
        if data_methods:
            data["x-methods"] = data_methods
        for method in data_methods:
            for key in ("parameters", "keywords"):
                method[key] = [entry for entry in method.get(key, []) if self._parameter_lasts(part, entry)]
        for field in fields_of(part):
            inner = self._struct_in(part, field.data) if "$ref" in field.data else None
            for wire in self._gone.get(inner.key, ()) if inner is not None else ():
                field.data.get("properties", {}).pop(wire, None)

    def _entry_lasts(self, part: Part, entry: str | Json) -> bool:
        if isinstance(entry, str):
            return entry not in self._gone.get(part.key, ())
        return self._there(entry) and ("field" not in entry or self._lasts(part, entry["field"]))

    def _parameter_lasts(self, part: Part, entry: str | Json) -> bool:
        gone = self._gone.get(part.key, set[str]())
        if isinstance(entry, str):
            return entry not in gone
        struct = self._struct_in(part, entry["type"])
        inner = self._gone.get(struct.key, set[str]()) if struct is not None else set[str]()
        entry["fields"] = {a: b for a, b in entry["fields"].items() if a not in inner and b not in gone}
        return bool(entry["fields"])

    def _members(self, data: Json) -> None:
        """Take values that are not there out of an enum."""
        gone = {
            name
            for name in data["x-enum-names"]
            if not self._there(
                {
                    "x-since": data.get("x-enum-since", {}).get(name),
                    "x-until": data.get("x-enum-until", {}).get(name),
                }
            )
        }
        keep = [index for index, name in enumerate(data["x-enum-names"]) if name not in gone]
        for key in _MEMBERS:
            if key in data:
                data[key] = [data[key][index] for index in keep]
        if "x-enum-final" in data:
            data["x-enum-final"] = [name for name in data["x-enum-final"] if name not in gone]

    def _errors(self) -> None:
        manifest = self._schema.manifest.data
        shared = {name for name, error in manifest["errors"].items() if not self._there(error)}
        manifest["errors"] = {name: error for name, error in manifest["errors"].items() if name not in shared}
        manifest["envelope_errors"] = [error for error in manifest["envelope_errors"] if self._there(error)]
        for message in self._outline.messages:
            if "x-errors" in message.data:
                message.data["x-errors"] = [
                    entry
                    for entry in message.data["x-errors"]
                    if (
                        entry not in shared
                        if isinstance(entry, str)
                        else self._there(entry) and entry.get("use") not in shared
                    )
                ]

    def _examples(self, message: Part) -> None:
        document = self._schema.documents.get(examples_file(message))
        if document is None:
            return
        msgtype = msgtype_of(message)
        if not self._there(message.data):
            document.data.pop(msgtype, None)
            return
        schema = reply_schema(message)
        for entry in document.data.get(msgtype, []):
            self._strip_struct(message, entry["request"])
            if schema is not None:
                self._strip(message, schema, entry["reply"])

    def _strip(self, owner: Part, schema: Json, value: Any) -> None:
        """Take fields that are not there out of a recorded value."""
        if "anyOf" in schema:
            schema = schema["anyOf"][0]
        target = self._outline.target(owner.document, schema["$ref"]) if "$ref" in schema else None
        if target is not None and "properties" in target.data:
            self._strip_struct(target, value)
        elif target is not None:
            self._strip(target, target.data, value)
        elif isinstance(value, list) and "items" in schema:
            for item in cast("Sequence[Any]", value):
                self._strip(owner, schema["items"], item)
        elif isinstance(value, dict) and isinstance(schema.get("additionalProperties"), dict):
            for item in cast("Json", value).values():
                self._strip(owner, schema["additionalProperties"], item)

    def _strip_struct(self, struct: Part, value: Any) -> None:
        if not isinstance(value, dict):
            return
        value = cast("Json", value)
        for wire in self._gone.get(struct.key, ()):
            value.pop(wire, None)
        for field in fields_of(struct):
            if field.name in value:
                self._strip(struct, field.data, value[field.name])
