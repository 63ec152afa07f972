"""What can be wrong with a key file.

    InvalidKeyError
    └── KeyFileError
        ├── DamagedKeyFileError     it is not a key file, or not any more
        ├── ExposedKeyFileError     others can read it
        ├── PassphraseNeededError   it is encrypted, and no passphrase was given
        └── WrongPassphraseError    the passphrase does not open it

A file that is missing, that exists already or that may not be read is an `OSError`, as with any other file.
"""

from __future__ import annotations

from pathlib import Path

from colonyos_gen.crypto import InvalidKeyError


class KeyFileError(InvalidKeyError):
    """The file cannot be used as a key. Neither the message nor anything else in the error holds a key or passphrase.

    Attributes:
        path: The file.
        problem: What is wrong with it, and what to do.
    """

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(path, problem)
        self.path = path
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}"


class DamagedKeyFileError(KeyFileError):
    """The file is not a key file, or something in it is missing, out of range or superfluous; `problem` names it."""


class ExposedKeyFileError(KeyFileError):
    """Others than its owner can read the file. It is not used before somebody has looked into that."""


class PassphraseNeededError(KeyFileError):
    """The file is encrypted, and no passphrase was given."""


class WrongPassphraseError(KeyFileError):
    """The passphrase does not open the file: it is another one, or the encrypted part has been changed.

    The two look the same, by the nature of authenticated encryption.
    """
