"""Rules about descriptions: everything a user meets is described, in more words than its own name."""

from __future__ import annotations

from colonyos_gen_codegen.rules.registry import Problems, rule
from colonyos_gen_codegen.schema.outline import Outline, Part, msgtype_of


@rule("TYPE_HAS_DESCRIPTION", "Every type has a description that says more than its name.")
def type_has_description(outline: Outline) -> Problems:
    for item in outline.types:
        if not _says_something(item, item.name):
            yield item.at(), f"{item.name} needs a description that says more than its name"


@rule("FIELD_HAS_DESCRIPTION", "Every field has a description that says more than its name.")
def field_has_description(outline: Outline) -> Problems:
    for field in outline.fields:
        if not _says_something(field, field.name):
            yield field.at(), f"the field '{field.name}' needs a description that says more than its name"


@rule("MESSAGE_HAS_DESCRIPTION", "Every message has a description that says more than its name.")
def message_has_description(outline: Outline) -> Problems:
    for message in outline.messages:
        if not _says_something(message, message.name, msgtype_of(message)):
            yield message.at(), f"{message.name} needs a description that says more than its name"


@rule("ERROR_HAS_DESCRIPTION", "Every error says when it occurs.")
def error_has_description(outline: Outline) -> Problems:
    errors = [*outline.manifest.parts("errors"), *outline.manifest.parts("envelope_errors")]
    errors += [error for message in outline.messages for error in message.parts("x-errors")]
    for error in errors:
        if "use" not in error.data and not str(error.data.get("when", "")).strip():
            yield error.at(), f"'{error.data.get('name', error.name)}' needs `when`: when does it occur?"


def _says_something(part: Part, *names: str) -> bool:
    text = str(part.data.get("description", "")).strip().rstrip(".").lower()
    return text != "" and text not in [name.lower() for name in names]
