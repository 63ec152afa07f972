"""Which of a client's keys signs a call."""

from __future__ import annotations

from typing import Any, Literal

from colonyos_gen_wire.method import Key, Method, Role, Signer

from colonyos_gen.crypto import InvalidKeyError, PrivateKey
from colonyos_gen.errors import MissingKeyError

_HOW_TO_GIVE = {
    "server": "the server owner's key: server_key=… or COLONIES_SERVER_PRVKEY",
    "colony": "the colony owner's key: colony_key=… or COLONIES_COLONY_PRVKEY",
    "member": "the key of an executor or user: member_key=… or COLONIES_PRVKEY",
}


def parse(key: Key, parameter: str = "prvkey") -> Signer:
    """A signer from 64 hexadecimal characters, or `key` itself when it already signs.

    Raises:
        InvalidKeyError: The text is not a private key.
        TypeError: It is neither text nor something that signs.

    The messages name `parameter` and never contain the key.
    """
    if isinstance(key, str):
        try:
            return PrivateKey.parse(key)
        except InvalidKeyError as error:
            raise InvalidKeyError(f"{parameter}: {error}") from None
        finally:
            del key  # which those who print the variables of a traceback would show
    if not (hasattr(key, "sign") and hasattr(key, "id")):
        kind = type(key).__name__
        raise TypeError(
            f"{parameter} is of type {kind}; it must be a str of 64 hexadecimal characters, or a PrivateKey"
        )
    return key


class Keyring:
    """The keys that a client was given once, by role."""

    def __init__(
        self, *, server: Key | None = None, colony: Key | None = None, member: Key | None = None
    ) -> None:
        self._signers: dict[str, Signer] = {}
        try:
            if server is not None:
                self._signers["server"] = parse(server, "server_key")
            if colony is not None:
                self._signers["colony"] = parse(colony, "colony_key")
            if member is not None:
                self._signers["member"] = parse(member, "member_key")
        finally:
            del server, colony, member  # as above

    def identity(self, role: Literal["server", "colony", "member"]) -> str:
        """The identity of the key of a role. Raises MissingKeyError if there is none, ValueError for another role."""
        if role not in _HOW_TO_GIVE:
            raise ValueError(f"role is {role!r}; it must be {' or '.join(map(repr, _HOW_TO_GIVE))}")
        if role not in self._signers:
            raise MissingKeyError(f"there is no key for this role; give {_HOW_TO_GIVE[role]}")
        return self._signers[role].id

    def pick(self, method: Method[Any, Any]) -> Signer | None:
        """The signer for `method`: the first of its roles that this keyring holds a key for; None where nobody signs.

        Raises:
            MissingKeyError: The keyring has no fitting key; the message says how to give one.
        """
        for role in method.roles:
            if role is Role.NONE:
                return None
            signer = self._signers.get(role.key)
            if signer is not None:
                return signer
        wanted = " or ".join(_HOW_TO_GIVE[key] for key in dict.fromkeys(role.key for role in method.roles))
        held = ", ".join(self._signers) or "none"
        raise MissingKeyError(
            f"no key to sign with (the client holds: {held}); give {wanted}, or prvkey=…", method=method.name
        )

    def __repr__(self) -> str:
        return f"Keyring({', '.join(f'{role}={signer.id[:8]}…' for role, signer in self._signers.items())})"
