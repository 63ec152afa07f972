"""Identities in files.

    from colonyos_gen.keys import load_key, save_key

    save_key("me.key", PrivateKey.generate(), passphrase="correct horse battery staple")
    key = load_key("me.key", passphrase="correct horse battery staple")

On the command line it is `colonyos-gen keys`.
"""

from colonyos_gen._tracebacks import shown_as
from colonyos_gen.keys._errors import (
    DamagedKeyFileError,
    ExposedKeyFileError,
    KeyFileError,
    PassphraseNeededError,
    WrongPassphraseError,
)
from colonyos_gen.keys._folder import key_folder, key_path
from colonyos_gen.keys._key_file import (
    KeyEntry,
    list_keys,
    load_key,
    load_or_create_key,
    read_identity,
    save_key,
)
from colonyos_gen.keys._passphrase import passphrase_from_env

shown_as(
    __name__,
    DamagedKeyFileError,
    ExposedKeyFileError,
    KeyFileError,
    PassphraseNeededError,
    WrongPassphraseError,
)

__all__ = [
    "DamagedKeyFileError",
    "ExposedKeyFileError",
    "KeyEntry",
    "KeyFileError",
    "PassphraseNeededError",
    "WrongPassphraseError",
    "key_folder",
    "key_path",
    "list_keys",
    "load_key",
    "load_or_create_key",
    "passphrase_from_env",
    "read_identity",
    "save_key",
]
