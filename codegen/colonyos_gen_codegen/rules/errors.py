"""Rules about the errors that messages may be answered with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from colonyos_gen_codegen.rules.registry import Problems, rule
from colonyos_gen_codegen.schema.findings import Position
from colonyos_gen_codegen.schema.outline import Outline, Part

_PLACEHOLDER = re.compile(r"\{[a-z][a-z0-9_]*\}")


@rule("ERROR_RESOLVES", "A shared error that a message names is in the manifest.")
def error_resolves(outline: Outline) -> Problems:
    shared = outline.manifest.data["errors"]
    for _, position, entry in _entries(outline):
        name = entry if isinstance(entry, str) else entry.get("use")
        if name is not None and name not in shared:
            yield position, f"the manifest has no error '{name}'"


@rule("ERROR_ACTION_FITS", "A shared error is given an action exactly if its text holds {action}.")
def error_action_fits(outline: Outline) -> Problems:
    shared = outline.manifest.data["errors"]
    for _, position, entry in _entries(outline):
        if isinstance(entry, str):
            if entry in shared and "{action}" in shared[entry]["text"]:
                yield position, f"the text of '{entry}' holds {{action}}; write {{use: {entry}, action: ...}}"
        elif entry.get("use") in shared and "{action}" not in shared[entry["use"]]["text"]:
            yield position, f"the text of '{entry['use']}' holds no {{action}}; write just its name"


@rule("ERROR_NAME_UNIQUE", "No two errors of a message, or of the envelope, have the same name.")
def error_name_unique(outline: Outline) -> Problems:
    seen: dict[str, set[str]] = {}
    for owner, position, entry in _entries(outline):
        name = error_name(entry)
        if name in seen.setdefault(owner, set()):
            yield position, f"{owner} has an error '{name}' already"
        seen[owner].add(name)
    names: set[str] = set()
    for error in outline.manifest.parts("envelope_errors"):
        if error.data["name"] in names:
            yield error.at("name"), f"the envelope has an error '{error.data['name']}' already"
        names.add(error.data["name"])


@rule("ERROR_IS_DISTINCT", "Two errors of a message with the same status and text have the same code.")
def error_is_distinct(outline: Outline) -> Problems:
    shared = outline.manifest.data["errors"]
    seen: dict[tuple[str, int, str], tuple[str, str]] = {}
    for owner, position, entry in _entries(outline):
        name = error_name(entry)
        error = shared.get(name) if isinstance(entry, str) or "use" in entry else entry
        if error is None:
            continue
        text = error["text"]
        if not isinstance(entry, str) and "use" in entry:
            text = text.replace("{action}", entry["action"])
        key = (owner, error["status"], _PLACEHOLDER.sub("{}", text))
        code, other = seen.setdefault(key, (error["code"], name))
        if code != error["code"]:
            yield (
                position,
                f"'{name}' is told from '{other}' neither by status nor by text, yet differs in code",
            )


@rule("ERROR_CODE_KNOWN", "Every error code is one of the manifest.")
def error_code_known(outline: Outline) -> Problems:
    known = outline.manifest.data["codes"]
    for error in _written(outline):
        if error.data["code"] not in known:
            yield error.at("code"), f"the manifest has no code '{error.data['code']}'"
    for message in outline.messages:
        for key in ("when-null", "when-empty"):
            code = message.data.get("x-reply", {}).get(key)
            if code is not None and code not in known:
                yield message.at("x-reply", key), f"the manifest has no code '{code}'"


@rule("ERROR_PLACEHOLDERS", "Braces in the text of an error enclose a lower_snake_case name.")
def error_placeholders(outline: Outline) -> Problems:
    for error in _written(outline):
        if re.search(r"[{}]", _PLACEHOLDER.sub("", error.data["text"])):
            yield error.at("text"), "the braces must pair up around lower_snake_case names"


def error_name(entry: Any) -> str:
    """The name of an error that a message lists."""
    return str(entry if isinstance(entry, str) else entry.get("use") or entry.get("name"))


def _entries(outline: Outline) -> Iterator[tuple[str, Position, Any]]:
    """The errors that messages list, each with the name of its message."""
    for message in outline.messages:
        for index, entry in enumerate(message.data.get("x-errors", [])):
            yield message.name, message.at("x-errors", index), entry


def _written(outline: Outline) -> Iterator[Part]:
    """The errors that are written out, in the manifest or in a message."""
    yield from outline.manifest.parts("errors")
    yield from outline.manifest.parts("envelope_errors")
    for message in outline.messages:
        yield from (error for error in message.parts("x-errors") if "use" not in error.data)
