"""The contents of an encrypted key file: JSON, with the key under scrypt and AES-256-GCM.

    {
      "format": "colonyos-key",
      "version": 1,
      "identity": "<64 hexadecimal characters>",
      "scrypt": {"n": 65536, "r": 8, "p": 2, "salt": "<hexadecimal>"},
      "aes256gcm": {"nonce": "<hexadecimal>", "text": "<hexadecimal>", "tag": "<hexadecimal>"}
    }

The identity is public, so that keys can be listed without their passphrases. It and all the other fields go into the tag:
none of them can be changed unnoticed. A passphrase counts in its Unicode form NFC, so that it opens the file from every
keyboard.
"""

from __future__ import annotations

import os
import re
import unicodedata
from typing import TYPE_CHECKING, Annotated, Final, Literal

import msgspec

from colonyos_gen.crypto import InvalidKeyError, PrivateKey

if TYPE_CHECKING:
    from Crypto.Cipher._mode_gcm import GcmMode

FORMAT: Final = "colonyos-key"
MAX_MEMORY = 256 * 1024 * 1024
"""Bytes that the scrypt parameters of a file may ask for. Ours ask for 64 MiB."""
MAX_WORK = 8 * MAX_MEMORY
"""Bytes that scrypt may go through in all, so that a file cannot keep us busy for minutes."""

_LIBRARY = "key files with a passphrase need pycryptodome; install it with: pip install 'colonyos-gen[keys]'"
_NOT_HEX = re.compile(r"[^0-9a-f]")


class MalformedError(ValueError):
    """The text is not such JSON; the message names the field."""


class RefusedError(ValueError):
    """The tag does not fit: another passphrase, or another text."""


class Scrypt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much the derivation costs whoever tries passphrases: 128 * n * r bytes of memory, p times over."""

    n: Annotated[int, msgspec.Meta(ge=2)]
    r: Annotated[int, msgspec.Meta(ge=1)]
    p: Annotated[int, msgspec.Meta(ge=1)]
    salt: str


class Ciphertext(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What AES-256-GCM made of the 32 bytes of the key."""

    nonce: str
    text: str
    tag: str


class Sealed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An encrypted key."""

    format: Literal["colonyos-key"]
    version: int
    identity: str
    scrypt: Scrypt
    aes256gcm: Ciphertext


def seal(key: PrivateKey, passphrase: str, *, n: int = 65536, r: int = 8, p: int = 2) -> bytes:
    """The contents of a file for `key`. With the default costs it takes about half a second and 64 MiB.

    Raises:
        ValueError: The passphrase is empty, or no text.
        ImportError: pycryptodome is not installed.
    """
    scrypt = Scrypt(n, r, p, os.urandom(32).hex())
    nonce = os.urandom(12)
    draft = Sealed(FORMAT, 1, key.id, scrypt, Ciphertext(nonce.hex(), "", ""))
    cipher = _cipher(draft, passphrase)
    text, tag = cipher.encrypt_and_digest(bytes.fromhex(key.hex()))
    whole = msgspec.structs.replace(draft, aes256gcm=Ciphertext(nonce.hex(), text.hex(), tag.hex()))
    return msgspec.json.format(msgspec.json.encode(whole), indent=2) + b"\n"


def parse(content: bytes) -> Sealed:
    """Read the contents of a file, and check every field of it.

    Raises:
        MalformedError: Something is missing, superfluous, out of range, or of a version that is not known.
    """
    try:
        sealed = msgspec.json.decode(content, type=Sealed)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise MalformedError(str(error)) from None
    if sealed.version != 1:
        raise MalformedError(f"its version is {sealed.version}, and only version 1 is known here")
    scrypt, box = sealed.scrypt, sealed.aes256gcm
    for name, value, low, high in (
        ("identity", sealed.identity, 32, 32),
        ("scrypt.salt", scrypt.salt, 16, 64),
        ("aes256gcm.nonce", box.nonce, 12, 12),
        ("aes256gcm.text", box.text, 32, 32),
        ("aes256gcm.tag", box.tag, 16, 16),
    ):
        if len(value) % 2 or not 2 * low <= len(value) <= 2 * high or _NOT_HEX.search(value):
            size = f"{2 * low}" if low == high else f"{2 * low} to {2 * high}"
            raise MalformedError(f"{name} must be {size} lower-case hexadecimal characters")
    if scrypt.n & (scrypt.n - 1):
        raise MalformedError("scrypt.n must be a power of 2")
    memory = 128 * scrypt.n * scrypt.r
    if memory > MAX_MEMORY or memory * scrypt.p > MAX_WORK or 128 * scrypt.r * scrypt.p > MAX_MEMORY:
        raise MalformedError(
            f"scrypt.n, r and p ask for more than {MAX_MEMORY // 2**20} MiB, or for more work than such a file may"
        )
    return sealed


def unseal(sealed: Sealed, passphrase: str) -> PrivateKey:
    """The key. Takes as long as the parameters of the file say.

    Raises:
        RefusedError: The passphrase is another one, or a field has been changed.
        ValueError: The passphrase is empty, or no text.
        ImportError: pycryptodome is not installed.
    """
    box = sealed.aes256gcm
    cipher = _cipher(sealed, passphrase)
    key = None
    try:
        secret = cipher.decrypt_and_verify(bytes.fromhex(box.text), bytes.fromhex(box.tag))
        key = PrivateKey(secret)
    except InvalidKeyError:
        pass
    except ValueError:
        raise RefusedError from None
    if key is None or key.id != sealed.identity:
        raise MalformedError("the key in it is not that of its identity")
    return key


def _cipher(sealed: Sealed, passphrase: str) -> GcmMode:
    try:
        from Crypto.Cipher import AES
        from Crypto.Protocol.KDF import scrypt as derive
    except ImportError as error:
        raise ImportError(_LIBRARY) from error
    scrypt = sealed.scrypt
    secret = derive(_bytes_of(passphrase), bytes.fromhex(scrypt.salt), 32, scrypt.n, scrypt.r, scrypt.p)
    cipher = AES.new(secret, AES.MODE_GCM, nonce=bytes.fromhex(sealed.aes256gcm.nonce))
    public = (sealed.format, sealed.version, sealed.identity, scrypt.n, scrypt.r, scrypt.p, scrypt.salt)
    cipher.update(msgspec.json.encode(public))
    return cipher


def _bytes_of(passphrase: str) -> bytes:
    if not passphrase:
        raise ValueError("the passphrase is empty; give None to keep a key without one")
    problem = False
    try:
        # Bytes that are no UTF-8 come out of the environment in this form, and go back into what they were.
        encoded = unicodedata.normalize("NFC", passphrase).encode(errors="surrogateescape")
    except UnicodeEncodeError:
        problem, encoded = True, b""
    # Raised out of the handler: the error of the codec holds the passphrase.
    if problem:
        raise ValueError("the passphrase holds half of a surrogate pair, which is no text")
    return encoded
