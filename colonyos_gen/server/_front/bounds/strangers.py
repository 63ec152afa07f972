"""What is read for those whom nobody here knows, and what for nobody.

Whoever makes a key can sign, and access is only checked once a request has been made of a payload, which can take a thousand
times as long as sending it. So of somebody who neither owns anything here nor is a user or executor of any colony, only so
much is read that it does not matter. The rest is refused as what they ask for would be: with status 403.
"""

from __future__ import annotations

import base64
import re
from functools import cache
from typing import Any

from colonyos_gen_wire.fields import FIELDS
from colonyos_gen_wire.method import Method
from colonyos_gen_wire.shape import ListOf, MapOf, Shape, StructOf

from colonyos_gen.server._caller.refusal import TOO_MANY_OBJECTS, TOO_MUCH_OF_A_STRANGER, Refusal

_NO_LOOK = 1024
"""Characters up to which a payload may hold anything."""
MOST_CHARACTERS = 64 * 1024
"""Characters of a payload that is read whoever has sent it."""
MOST_PARTS = 200
"""Objects and lists in it."""
MOST_OBJECTS = 500_000
"""Objects that anybody may send in a message whose type has lists of objects, such as workflows."""
_not_base64 = re.compile(r"[^A-Za-z0-9+/]+")


def needs_a_look(payload: str | memoryview) -> bool:
    """Whether it matters who has signed this payload."""
    return len(payload) > _NO_LOOK


def require_short(payload: str | memoryview, signer: str) -> None:
    """Refuse a payload of somebody unknown that would be work to parse."""
    if len(payload) > MOST_CHARACTERS:
        raise _too_much(signer)


def require_simple(payload: str | memoryview, signer: str) -> None:
    """Refuse a payload of somebody unknown that would be work to make a request of."""
    if _parts(payload) > MOST_PARTS:
        raise _too_much(signer)


def _too_much(signer: str) -> Refusal:
    return Refusal(TOO_MUCH_OF_A_STRANGER, identity=signer, most=MOST_CHARACTERS, parts=MOST_PARTS)


def require_few_objects(method: Method[Any, Any], payload: str | memoryview) -> None:
    """Refuse a payload, whosoever it is, of which a request could be made that fills the memory."""
    if _holds_lists_of_structs(method) and (count := _text(payload).count(b"{")) > MOST_OBJECTS:
        raise Refusal(TOO_MANY_OBJECTS, count=count, most=MOST_OBJECTS, message=method.msgtype)


@cache
def _holds_lists_of_structs(method: Method[Any, Any]) -> bool:
    todo: list[Shape] = [StructOf(method.request)]
    for each in todo:  # which grows
        if isinstance(each, ListOf | MapOf):
            if isinstance(each.item, StructOf):
                return True
            todo.append(each.item)
        elif isinstance(each, StructOf):
            todo += [field.shape for field in FIELDS[each.type] if field.shape not in todo]
    return False


def _parts(payload: str | memoryview) -> int:
    text = _text(payload)
    return text.count(b"{") + text.count(b"[")


def _text(payload: str | memoryview) -> bytes:
    # Flaws are left out instead of judged: what comes before them is the same in whatever way they are.
    digits = _not_base64.sub("", payload if isinstance(payload, str) else str(payload, "ascii"))
    return base64.b64decode(digits[: len(digits) // 4 * 4])
