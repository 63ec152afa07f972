"""What the real server says of signatures that lead to nobody: its library finds the first flaw in this order."""

from __future__ import annotations

from colonyos_gen_wire import errors

from colonyos_gen.crypto import CURVE_ORDER, HALF_ORDER, InvalidSignatureError, recid
from colonyos_gen.server._caller.refusal import Refusal

_FIELD_PRIME = 2**256 - 2**32 - 977
_SHIFT = 27
"""What the library adds to v, in one byte."""
_LARGEST_V = 7


def not_hex(character: str) -> str:
    """What is said of the first character of a signature that is no digit. Go looks at single bytes."""
    byte = character.encode()[0]
    return f"invalid byte: U+{byte:04X}" + (f" '{chr(byte)}'" if chr(byte).isprintable() else "")


def unrecoverable(payload: bytes | memoryview, signature: str) -> Refusal:
    """Why nobody can have made `signature`, 130 hexadecimal digits, of `payload`."""
    raw = bytearray.fromhex(signature)
    r, s, v = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:64], "big"), raw[64]
    if v > _LARGEST_V:
        code = (v + _SHIFT) % 256
        first, last = _SHIFT, _SHIFT + _LARGEST_V
        flaw = f"public key recovery code {code} is not in the valid range [{first}, {last}]"
    elif r >= CURVE_ORDER:
        flaw = "R >= group order"
    elif not r:
        flaw = "R is 0"
    elif s >= CURVE_ORDER:
        flaw = "S >= group order"
    elif not s:
        flaw = "S is 0"
    elif v & 2 and r >= _FIELD_PRIME - CURVE_ORDER:
        flaw = "signature R + N >= P"
    elif s > HALF_ORDER and _leads_somewhere(payload, raw):
        return Refusal(errors.SIGNATURE_HIGH_S)
    else:
        flaw = "not for a valid curve point"
    return Refusal(errors.SIGNATURE_UNRECOVERABLE, detail=f"invalid signature: {flaw}")


def _leads_somewhere(payload: bytes | memoryview, raw: bytearray) -> bool:
    """The real server recovers first and looks at s afterwards. Recovery fares the same for any valid s."""
    raw[32:64] = (1).to_bytes(32, "big")
    try:
        recid(payload, raw.hex())
    except InvalidSignatureError:
        return False
    return True
