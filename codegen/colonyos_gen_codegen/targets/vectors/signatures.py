"""Keys that are for tests and nothing else, and what is signed with them."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import coincurve

from colonyos_gen_codegen.targets.vectors.samples import TEXT, text_of

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
"""Of the curve."""
KEYS = (
    hashlib.sha3_256(b"a test key of colonyos_gen, number 1").hexdigest(),
    hashlib.sha3_256(b"a test key of colonyos_gen, number 2").hexdigest(),
    hashlib.sha3_256(b"a test key of colonyos_gen, number 3").hexdigest(),
)
"""They open nothing: whoever reads this has them."""


def identity_of(key: str) -> str:
    """The hash of the hexadecimal text of the uncompressed public key."""
    public = coincurve.PrivateKey(bytes.fromhex(key)).public_key.format(compressed=False)
    return hashlib.sha3_256(public.hex().encode()).hexdigest()


def signature_of(payload: str, key: str) -> str:
    """r, s and the recovery id over the hash of `payload`."""
    digest = hashlib.sha3_256(payload.encode()).digest()
    # The type of the one argument that is not given here comes from cffi, which has none.
    sign = coincurve.PrivateKey(bytes.fromhex(key)).sign_recoverable  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return sign(digest, hasher=None).hex()


def sign(msgtype: str, text: str, key: str) -> str:
    """The envelope of a request."""
    payload = base64.b64encode(text.encode()).decode()
    return text_of({"payloadtype": msgtype, "payload": payload, "signature": signature_of(payload, key)})


def signatures() -> list[dict[str, Any]]:
    """Identities of keys, and whose a signature is."""
    invalid: dict[str, Any] = {"error": {"kind": "invalid"}}
    edges = {"one": f"{1:064x}", "the largest": f"{ORDER - 1:064x}", "in capitals": KEYS[0].upper()}
    keys = {**{f"key {index}": key for index, key in enumerate(KEYS, 1)}, **edges}
    no_keys = {
        "zero": "0" * 64,
        "the order of the curve": f"{ORDER:064x}",
        "too large": "f" * 64,
        "too short": KEYS[0][:-1],
        "too long": f"{KEYS[0]}0",
        "not hexadecimal": "g" * 64,
        "empty": "",
    }
    made = [
        {"id": f"identity/{what}", "op": "identity", "key": key, "expect": {"identity": identity_of(key)}}
        for what, key in keys.items()
    ]
    made += [
        {"id": f"identity/wrong: {what}", "op": "identity", "key": key, "expect": invalid}
        for what, key in no_keys.items()
    ]
    payloads = {
        "an object": base64.b64encode(b"{}").decode(),
        "letters": base64.b64encode(text_of({"text": TEXT}).encode()).decode(),
        "nothing": "",
        "what is no base64": "hello",
    }
    for index, (what, payload) in enumerate(payloads.items()):
        key = KEYS[index % len(KEYS)]
        signature = signature_of(payload, key)
        identity = identity_of(key)
        made.append(_recover(what, payload, signature, {"identity": identity}))
        made.append(_recover(f"{what}, in capitals", payload, signature.upper(), {"identity": identity}))
    payload = payloads["an object"]
    signature = signature_of(payload, KEYS[0])
    other = signature_of(payloads["letters"], KEYS[0])
    r, s, v = signature[:64], int(signature[64:128], 16), int(signature[128:], 16)
    broken = {
        "empty": "",
        "too short": signature[:-2],
        "too long": f"{signature}00",
        "not hexadecimal": f"g{signature[1:]}",
        "high s": f"{r}{ORDER - s:064x}{v ^ 1:02x}",
        "s of zero": f"{r}{0:064x}{v:02x}",
        "r of zero": f"{'0' * 64}{s:064x}{v:02x}",
        "r beyond the order": f"{ORDER:064x}{s:064x}{v:02x}",
        "27 added to v": f"{signature[:128]}{v + 27:02x}",
    }
    made += [_recover(f"wrong: {what}", payload, text, invalid) for what, text in broken.items()]
    made.append(
        _recover("of another text: somebody else", payload, other, {"identity": _recovered(payload, other)})
    )
    return made


def _recover(what: str, payload: str, signature: str, expect: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": f"recover/{what}",
        "op": "recover",
        "payload": payload,
        "signature": signature,
        "expect": expect,
    }


def _recovered(payload: str, signature: str) -> str:
    digest = hashlib.sha3_256(payload.encode()).digest()
    public = coincurve.PublicKey.from_signature_and_message(bytes.fromhex(signature), digest, hasher=None)
    return hashlib.sha3_256(public.format(compressed=False).hex().encode()).hexdigest()
