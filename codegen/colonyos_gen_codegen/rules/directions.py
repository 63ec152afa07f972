"""Rules about who sends a struct."""

from __future__ import annotations

from colonyos_gen_codegen.rules.registry import Problems, rule
from colonyos_gen_codegen.schema.outline import Outline, Part, fields_of, is_struct, reply_schema, walk

_WHERE = {"both": "requests and replies", "request": "requests only", "reply": "replies only"}


@rule("DIRECTION_FITS", "x-direction says where a struct occurs: in requests, in replies, or in both.")
def direction_fits(outline: Outline) -> Problems:
    requests: list[Part] = [field for message in outline.messages for field in fields_of(message)]
    replies = [message.inside("x-reply", "schema") for message in outline.messages if reply_schema(message)]
    manifest = outline.manifest
    requests.append(manifest.inside("envelope", "request"))
    replies += [manifest.inside("envelope", "reply"), manifest.inside("envelope", "error")]
    replies += manifest.parts("reply_only")
    sent, received = _reached(outline, requests), _reached(outline, replies)
    for struct in outline.structs:
        is_sent, is_received = struct.key in sent, struct.key in received
        found = "both" if is_sent and is_received else "request" if is_sent else "reply"
        if (is_sent or is_received) and struct.data["x-direction"] != found:
            yield (
                struct.at("x-direction"),
                f"{struct.name} occurs in {_WHERE[found]}, so this must be {found}",
            )


def _reached(outline: Outline, roots: list[Part]) -> set[tuple[str, str]]:
    """The structs inside the values that `roots` describe."""
    reached: set[tuple[str, str]] = set()
    pending = list(roots)
    while pending:
        for value in walk(pending.pop()):
            target = outline.target(value.document, value.data["$ref"]) if "$ref" in value.data else None
            if target is not None and target.key not in reached:
                reached.add(target.key)
                pending += fields_of(target) if is_struct(target.data) else []
    return reached
