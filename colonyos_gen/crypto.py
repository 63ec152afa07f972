"""Keys, identities and signatures.

A ColonyOS identity is a secp256k1 key pair. There is no login: every request carries a signature, and the
server recovers the sender's identity from it.

- A private key is 32 bytes, written as 64 hexadecimal characters.
- An identity (id) is the SHA3-256 of the public key, written as 64 lower-case hexadecimal characters.
- A signature is written as 130 hexadecimal characters: r (32 bytes), s (32 bytes), v (1 byte).

`PrivateKey` holds a parsed key; the plain functions take and return text.

    key = PrivateKey.generate()
    signature = key.sign("hello")
    assert recid("hello", signature) == key.id
"""

import hmac
import re
from functools import lru_cache

# On 100 B to 1 kB hashlib takes 0.6 to 2.5 us, pycryptodome 4.0 to 6.3 us.
from hashlib import sha3_256
from typing import NoReturn, SupportsIndex, final

import coincurve
from colonyos_gen_wire.constants import SIGNATURE_HEX_LENGTH

__all__ = [
    "InvalidKeyError",
    "InvalidSignatureError",
    "PrivateKey",
    "gen_hash",
    "gen_id",
    "gen_prvkey",
    "gen_signature",
    "recid",
]

CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
HALF_ORDER = CURVE_ORDER // 2
_KEY_DIGITS = 64
PARSED_KEYS = 256

# bytes.fromhex skips white space and int() takes digits of any script; the server takes neither.
_NOT_HEX = re.compile(r"[^0-9a-fA-F]")


class InvalidKeyError(ValueError):
    """The text is not a private key.

    The message says what is wrong, and never quotes the text: it may be a real key with a slip in it.
    """


class InvalidSignatureError(ValueError):
    """The text is not a signature that a ColonyOS server accepts."""


@final
class PrivateKey:
    """A private key, parsed and checked.

    Make one with `PrivateKey.parse` or `PrivateKey.generate`. Keys are immutable, safe to share between
    threads, hashable, and equal if they hold the same number.

    The key itself comes out of `hex()` only. It is not in `repr()`, and pickling is refused, so that it does
    not end up in a log, a cache or a task queue by accident.
    """

    __slots__ = ("_id", "_key")

    _id: str | None
    _key: coincurve.PrivateKey

    def __init__(self, secret: bytes) -> None:
        """Take the 32 bytes of a private key, most significant byte first.

        Raises:
            InvalidKeyError: `secret` is not 32 bytes long, is zero, or is not below the order of the curve.
        """
        problem = ""
        if len(secret) != _KEY_DIGITS // 2:
            problem = f"private key has {len(secret)} bytes; expected {_KEY_DIGITS // 2}"
        # Checked here, not by catching coincurve's error, which would keep frames with the key alive.
        elif not 0 < int.from_bytes(secret, "big") < CURVE_ORDER:
            problem = "private key is zero or too large; it must be below the order of secp256k1"
        if problem:
            del secret  # which those who print the variables of a traceback would show
            raise InvalidKeyError(problem)
        self._key = coincurve.PrivateKey(secret)
        self._id = None

    @classmethod
    def parse(cls, key: "str | PrivateKey") -> "PrivateKey":
        """Read a private key from its 64 hexadecimal characters, in either case.

        A `PrivateKey` is returned as it is, so a function can accept both forms. The keys parsed last are
        kept, which makes parsing the same text again almost free.

        Raises:
            InvalidKeyError: the text has another length, holds a character that is not hexadecimal, or is
                zero or not below the order of the curve.
            TypeError: `key` is neither text nor a `PrivateKey`.
        """
        if isinstance(key, PrivateKey):
            return key
        try:
            return _parse_key(key)
        finally:
            del key  # which those who print the variables of a traceback would show

    @classmethod
    def generate(cls) -> "PrivateKey":
        """Make a new key from the operating system's random source."""
        return cls(coincurve.PrivateKey().secret)

    @property
    def id(self) -> str:
        """The identity that belongs to this key: 64 lower-case hexadecimal characters."""
        # Two threads may both compute it; they compute the same text.
        if self._id is None:
            self._id = _identify(self._key.public_key)
        return self._id

    def sign(self, message: bytes | str) -> str:
        """Sign `message` and return the signature: 130 hexadecimal characters.

        Text is signed as UTF-8. The same key and message always give the same signature (RFC 6979).

        Raises:
            UnicodeEncodeError: the text holds half of a surrogate pair.
        """
        data = message.encode() if isinstance(message, str) else message
        # The type of the one argument that is not given here comes from cffi, which has none.
        sign = self._key.sign_recoverable  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        return sign(sha3_256(data).digest(), hasher=None).hex()

    def hex(self) -> str:
        """Export the private key: 64 lower-case hexadecimal characters. Whoever has them can sign as you."""
        return self._key.secret.hex()

    def __repr__(self) -> str:
        return f"<PrivateKey of id {self.id[:8]}...>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PrivateKey):
            return NotImplemented
        return hmac.compare_digest(self._key.secret, other._key.secret)

    def __hash__(self) -> int:
        return hash(self.id)

    def __copy__(self) -> "PrivateKey":
        return self

    def __deepcopy__(self, memo: object) -> "PrivateKey":
        return self

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError(
            "a PrivateKey cannot be pickled, so that the key is not stored or sent unnoticed; "
            "if it must travel, send key.hex() and read it with PrivateKey.parse"
        )


def gen_prvkey() -> str:
    """Make a new random private key: 64 hexadecimal characters."""
    return PrivateKey.generate().hex()


def gen_id(private_key: str | PrivateKey) -> str:
    """Return the identity of a private key: 64 lower-case hexadecimal characters.

    Raises:
        InvalidKeyError: `private_key` is not a private key.
    """
    return PrivateKey.parse(private_key).id


def gen_signature(message: bytes | str, private_key: str | PrivateKey) -> str:
    """Sign `message` and return the signature: 130 hexadecimal characters (r, s, v).

    What is signed is the SHA3-256 of the message, text being taken as UTF-8. For a request to the server the
    message is the base64 text of the payload, not the JSON inside it.

    Raises:
        InvalidKeyError: `private_key` is not a private key.
    """
    return PrivateKey.parse(private_key).sign(message)


def gen_hash(message: bytes | str) -> str:
    """Return the SHA3-256 of `message`, text being taken as UTF-8: 64 lower-case hexadecimal characters."""
    return sha3_256(message.encode() if isinstance(message, str) else message).hexdigest()


def recid(message: bytes | memoryview | str, signature: str) -> str:
    """Return the identity that signed `message`, as the server would see it.

    There is no separate answer for a wrong signature: one made for another message or changed on the way
    usually still leads to an identity, only not to the one you expect. Compare it.

    Raises:
        InvalidSignatureError: the server would refuse `signature`, whoever sent it: wrong length, not
            hexadecimal, r or s out of range, s in the upper half, v above 7, or no key fits.
    """
    if len(signature) != SIGNATURE_HEX_LENGTH:
        raise InvalidSignatureError(
            f"signature has {len(signature)} characters; expected {SIGNATURE_HEX_LENGTH} hexadecimal characters"
        )
    if wrong := _NOT_HEX.search(signature):
        raise InvalidSignatureError(f"signature is not hexadecimal at character {wrong.start() + 1}")
    raw = bytes.fromhex(signature)
    r, s, v = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:64], "big"), raw[64]
    if v > 7:
        raise InvalidSignatureError(f"signature has v = {v}; expected 0 to 7 (27 is not added to it)")
    if not 0 < r < CURVE_ORDER:
        raise InvalidSignatureError("signature has an r that is zero or not below the order of secp256k1")
    if not 0 < s <= HALF_ORDER:
        raise InvalidSignatureError("signature has an s that is zero or over half the order of secp256k1")
    data = message.encode() if isinstance(message, str) else message
    # The server takes the third bit of v for "compressed key", which does not change the identity.
    compact = raw[:64] + bytes((v & 3,))
    try:
        public_key = coincurve.PublicKey.from_signature_and_message(
            compact, sha3_256(data).digest(), hasher=None
        )
    except ValueError:
        raise InvalidSignatureError("signature does not lead to a public key") from None
    return _identify(public_key)


def _identify(public_key: coincurve.PublicKey) -> str:
    # The server hashes the hexadecimal text of the uncompressed key, not its bytes.
    return sha3_256(public_key.format(compressed=False).hex().encode()).hexdigest()


@lru_cache(maxsize=PARSED_KEYS)
def _parse_key(key: object) -> PrivateKey:
    if not isinstance(key, str):
        raise TypeError(f"private key must be text or a PrivateKey, not {type(key).__name__}")
    if problem := _problem_of(key):
        del key  # as above
        raise InvalidKeyError(problem)
    try:
        return PrivateKey(bytes.fromhex(key))
    finally:
        del key


def _problem_of(key: str) -> str:
    if key[:2] in ("0x", "0X"):
        return f"private key starts with 0x; write its {_KEY_DIGITS} hexadecimal characters alone"
    if key != key.strip():
        return "private key has white space around it; remove it"
    if len(key) != _KEY_DIGITS:
        return f"private key has {len(key)} characters; expected {_KEY_DIGITS} hexadecimal characters"
    if wrong := _NOT_HEX.search(key):
        return f"private key is not hexadecimal at character {wrong.start() + 1}"
    return ""
