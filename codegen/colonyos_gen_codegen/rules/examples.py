"""Rules about the recorded examples."""

from __future__ import annotations

from typing import Any

from colonyos_gen_codegen.rules.conformance import Mismatches, mismatches
from colonyos_gen_codegen.rules.registry import Problems, rule
from colonyos_gen_codegen.schema.loader import Pointer
from colonyos_gen_codegen.schema.outline import (
    Outline,
    Part,
    examples_file,
    examples_of,
    msgtype_of,
    reply_schema,
)


@rule("MESSAGE_HAS_EXAMPLE", "Every registered message has an example with request and reply.")
def message_has_example(outline: Outline) -> Problems:
    for message in outline.registered:
        if not any(examples_of(outline, message)):
            under = f"'{msgtype_of(message)}' in {examples_file(message)}"
            yield message.at(), f"{message.name} needs an example under {under}"


@rule("EXAMPLE_MATCHES", "The request and the reply of an example are what the message says they are.")
def example_matches(outline: Outline) -> Problems:
    for message in outline.messages:
        for document, place, entry in examples_of(outline, message):
            found: dict[str, Mismatches] = {
                "request": mismatches(outline, message.document, message.data, entry["request"], "request"),
                "reply": _in_reply(outline, message, entry["reply"]),
            }
            for side, problems in found.items():
                for pointer, reason in problems:
                    where = document.position((*place, side, *pointer))
                    yield where, f"{_path(side, pointer)} {reason}"


def _in_reply(outline: Outline, message: Part, reply: Any) -> Mismatches:
    schema = reply_schema(message)
    if schema is not None:
        yield from mismatches(outline, message.document, schema, reply, "reply")
    elif reply != {}:
        yield (), f"must be {{}}, since {message.name} has no result"


def _path(side: str, pointer: Pointer) -> str:
    """How to reach a value in code: reply[0].spec.args."""
    return side + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in pointer)
