"""Rules about the manifest: it agrees with the messages, and holds nothing they do not use."""

from __future__ import annotations

from colonyos_gen_codegen.rules.errors import error_name
from colonyos_gen_codegen.rules.registry import Problems, rule
from colonyos_gen_codegen.schema.outline import Outline, msgtype_of


@rule("UNREGISTERED_AGREES", "`unregistered` in the manifest lists the messages with x-registered: false.")
def unregistered_agrees(outline: Outline) -> Problems:
    listed = outline.manifest.data["unregistered"]
    silent = [message for message in outline.messages if not message.data.get("x-registered", True)]
    actual = {msgtype_of(message): message for message in silent}
    for index, msgtype in enumerate(listed):
        if msgtype not in actual:
            position = outline.manifest.at("unregistered", index)
            yield position, f"no message '{msgtype}' has x-registered: false"
    for msgtype, message in actual.items():
        if msgtype not in listed:
            yield message.at("x-registered"), f"'{msgtype}' is missing under `unregistered` of the manifest"


@rule("MANIFEST_ENTRY_USED", "Some message uses every role and shared error, and some error every code.")
def manifest_entry_used(outline: Outline) -> Problems:
    manifest = outline.manifest
    errors: set[str] = set()
    roles: set[str] = set()
    codes = {error.data["code"] for key in ("errors", "envelope_errors") for error in manifest.parts(key)}
    for message in outline.messages:
        roles.update(message.data.get("x-roles", []))
        errors.update(error_name(entry) for entry in message.data.get("x-errors", []))
        codes.update(error.data.get("code") for error in message.parts("x-errors"))
        codes.update(message.data.get("x-reply", {}).get(key) for key in ("when-null", "when-empty"))
    for key, used in (("roles", roles), ("codes", codes), ("errors", errors)):
        for name in manifest.data[key]:
            if name not in used:
                yield manifest.at(key, name), f"nothing uses '{name}' of {key}; use it or remove it"
