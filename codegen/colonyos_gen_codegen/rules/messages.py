"""Rules about messages: who may send them, how often, and what comes back."""

from __future__ import annotations

from colonyos_gen_codegen.rules.errors import error_name
from colonyos_gen_codegen.rules.registry import Problems, rule
from colonyos_gen_codegen.schema.outline import Outline, fields_of, is_struct, msgtype_of


@rule("MSGTYPE_UNIQUE", "No two messages have the same msgtype.")
def msgtype_unique(outline: Outline) -> Problems:
    seen: dict[str, str] = {}
    for message in outline.messages:
        msgtype = msgtype_of(message)
        if msgtype in seen:
            position = message.at("properties", "msgtype", "const")
            yield position, f"'{msgtype}' is the msgtype of {seen[msgtype]} already"
        seen.setdefault(msgtype, message.name)


@rule("MESSAGE_HAS_SIGNER", "Every registered message names the roles of the manifest that may sign it.")
def message_has_signer(outline: Outline) -> Problems:
    known = outline.manifest.data["roles"]
    for message in outline.registered:
        roles = message.data.get("x-roles", [])
        if not roles:
            yield message.at(), f"{message.name} needs x-roles: who may sign it?"
        for index, role in enumerate(roles):
            if role not in known:
                yield message.at("x-roles", index), f"the manifest has no role '{role}'"


@rule("MESSAGE_HAS_IDEMPOTENCY", "Every registered message says what a repetition does.")
def message_has_idempotency(outline: Outline) -> Problems:
    known = outline.manifest.data["idempotency"]
    for message in outline.registered:
        value = message.data.get("x-idempotency")
        if value is None:
            yield message.at(), f"{message.name} needs x-idempotency: may it be repeated?"
        elif value not in known:
            yield message.at("x-idempotency"), f"'{value}' is not one of {', '.join(known)}"


@rule(
    "UNSAFE_WHEN_FITS",
    "x-unsafe-when names a boolean or text property of a message that is not unsafe anyway.",
)
def unsafe_when_fits(outline: Outline) -> Problems:
    for message in outline.messages:
        wire = message.data.get("x-unsafe-when")
        if wire is None:
            continue
        kinds = {each.name: outline.resolved(each).data.get("type") for each in fields_of(message)}
        if kinds.get(wire) not in ("boolean", "string"):
            yield message.at("x-unsafe-when"), f"{message.name} has no boolean or text property '{wire}'"
        if message.data.get("x-idempotency") == "unsafe":
            yield message.at("x-unsafe-when"), f"{message.name} is unsafe whatever '{wire}' is"


@rule("WAITS_FITS", "x-waits names a property that is a number of seconds.")
def waits_fits(outline: Outline) -> Problems:
    for message in outline.messages:
        wire = message.data.get("x-waits")
        if wire is not None and message.data["properties"].get(wire, {}).get("x-unit") != "seconds":
            yield message.at("x-waits"), f"{message.name} has no property '{wire}' with x-unit: seconds"


@rule("ABOUT_FITS", "x-about names a required property that is an object, and an error of the message.")
def about_fits(outline: Outline) -> Problems:
    for message in outline.messages:
        about = message.data.get("x-about")
        if about is None:
            continue
        structs = {each.name for each in fields_of(message) if is_struct(outline.resolved(each).data)}
        if about["field"] not in structs.intersection(message.data["required"]):
            position = message.at("x-about", "field")
            yield position, f"{message.name} has no required property '{about['field']}' that is an object"
        if about["missing"] not in map(error_name, message.data.get("x-errors", [])):
            yield message.at("x-about", "missing"), f"{message.name} has no error '{about['missing']}'"


@rule("STREAM_FITS_TRANSPORT", "A stream of replies comes over the WebSocket, and nothing else does.")
def stream_fits_transport(outline: Outline) -> Problems:
    for message in outline.registered:
        stream = message.data["x-reply"].get("stream", False)
        if stream and message.data["x-transport"] == "http":
            yield message.at("x-reply", "stream"), f"{message.name} goes over HTTP, which answers once"
        if not stream and message.data["x-transport"] == "websocket":
            yield message.at("x-transport"), f"{message.name} streams, so x-reply needs stream: true"


@rule("PAYLOADTYPE_KNOWN", "The payloadtype of a reply is a msgtype or one under reply_only of the manifest.")
def payloadtype_known(outline: Outline) -> Problems:
    known = {msgtype_of(message) for message in outline.messages} | set(outline.manifest.data["reply_only"])
    for message in outline.messages:
        name = message.data.get("x-reply", {}).get("payloadtype")
        if name is not None and name not in known:
            yield message.at("x-reply", "payloadtype"), f"'{name}' is no msgtype, and not under reply_only"
    error = outline.manifest.data["envelope"]["error_payloadtype"]
    if error not in outline.manifest.data["reply_only"]:
        yield outline.manifest.at("envelope", "error_payloadtype"), f"'{error}' is not under reply_only"
