"""`colonyos-gen keys`: make, list and carry keys. Neither keys nor passphrases are taken from the command line."""

from __future__ import annotations

import argparse
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from colonyos_gen_wire.terminal import visible

from colonyos_gen._log import shown
from colonyos_gen.config import ConfigError

if TYPE_CHECKING:
    from colonyos_gen.crypto import PrivateKey

_DESCRIPTION = """\
Identities in files. A key is what you sign with; its identity is what a colony knows you by. Keys are kept in
~/.config/colonyos/keys, or in the folder that COLONIES_KEYS names, each in a file that only you can read.
"""
_EPILOG = """\
KEY is a name in that folder, or the path of a file, with a slash in it.

A passphrase is asked for at the terminal, unless it is in --passphrase-file or COLONIES_KEY_PASSPHRASE. Encryption needs
pycryptodome: pip install 'colonyos-gen[keys]'.

  colonyos-gen keys new me                 make a key, and print its identity
  colonyos-gen keys id me                  print its identity again
  colonyos-gen keys import lab <lab.hex    keep a key that you have as 64 hexadecimal characters
  export COLONIES_PRVKEY=$(colonyos-gen keys export me --show)
"""
_KEY = re.compile(r"[0-9a-fA-F]{64}")
_MAX_INPUT = 4096


def add_to(commands: Any) -> None:
    """Add the command to those of `colonyos-gen`."""
    parser = commands.add_parser(
        "keys",
        help="make, list, import and export keys",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")

    new = _action(actions, "new", "make a key and print its identity", _new)
    _writes(new)

    identity = _action(actions, "id", "print the identity of a key; no passphrase is needed", _id)
    identity.add_argument("key", metavar="KEY", help="name or path of the key")

    _action(actions, "list", "list the keys with their identities; no passphrase is needed", _list)

    imported = _action(
        actions, "import", "keep a key that is given as 64 hexadecimal characters on standard input", _import
    )
    _writes(imported)
    imported.add_argument(
        "--from", type=Path, metavar="FILE", dest="source", help="read it from this file instead"
    )
    imported.add_argument("surplus", nargs="?", action=_Refused, help=argparse.SUPPRESS)

    export = _action(actions, "export", "hand out a key as plain text", _export)
    export.add_argument("key", metavar="KEY", help="name or path of the key")
    where = export.add_mutually_exclusive_group(required=True)
    where.add_argument("--show", action="store_true", help="print it; whoever sees it can act as you")
    where.add_argument(
        "--out", type=Path, metavar="FILE", help="write it to this file, which only you can read"
    )
    export.add_argument("--overwrite", action="store_true", help="replace FILE if there is one")
    _takes_passphrase(export)


class _Refused(argparse.Action):
    """For what must not be on a command line. It is not quoted, as the usual complaint would."""

    def __call__(
        self, parser: argparse.ArgumentParser, _namespace: Any, values: Any, _option: Any = None
    ) -> None:
        if values is not None:
            parser.error(
                "neither keys nor passphrases are taken from the command line, where others can see them; "
                "see --help, and do not use that one any more"
            )


def _action(actions: Any, name: str, summary: str, run: Any) -> argparse.ArgumentParser:
    described = summary[0].upper() + summary[1:] + "."
    parser: argparse.ArgumentParser = actions.add_parser(
        name, help=summary, description=described, allow_abbrev=False
    )
    parser.add_argument(
        "--folder",
        type=Path,
        metavar="DIR",
        help="where the keys are (default: COLONIES_KEYS, or the usual folder)",
    )
    parser.set_defaults(run=run)
    return parser


def _writes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("key", metavar="KEY", help="name to give to it, or path of its file")
    parser.add_argument(
        "--plain", action="store_true", help="keep it without a passphrase, as the colonies CLI does"
    )
    parser.add_argument(
        "--overwrite", action="store_true", help="replace the key of that name, which is then lost"
    )
    _takes_passphrase(parser)


def _takes_passphrase(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--passphrase-file",
        type=Path,
        metavar="FILE",
        help="file with the passphrase (default: COLONIES_KEY_PASSPHRASE, or you are asked)",
    )
    parser.add_argument("--passphrase", nargs="?", const="", action=_Refused, help=argparse.SUPPRESS)


def _new(options: argparse.Namespace) -> int:
    from colonyos_gen.crypto import PrivateKey

    return _save(options, PrivateKey.generate())


def _id(options: argparse.Namespace) -> int:
    from colonyos_gen.keys._key_file import read_identity

    print(read_identity(_path(options)))
    return 0


def _list(options: argparse.Namespace) -> int:
    from colonyos_gen.keys._key_file import list_keys

    folder = _folder(options)
    entries = list_keys(folder)
    if not entries:
        print(f"No keys in {shown(str(folder))}; `colonyos-gen keys new NAME` makes one.", file=sys.stderr)
        return 0
    names = [visible(entry.name) for entry in entries]
    width = max(4, *map(len, names))
    print(f"{'NAME':{width}}  {'KEPT':9}  IDENTITY")
    for name, entry in zip(names, entries, strict=True):
        kept = "unusable" if entry.problem else "encrypted" if entry.encrypted else "plain"
        print(f"{name:{width}}  {kept:9}  {shown(entry.problem or entry.identity)}")
    return 0


def _import(options: argparse.Namespace) -> int:
    from colonyos_gen.crypto import PrivateKey
    from colonyos_gen.keys._private_file import exposure

    _require_free(options)
    if options.source is not None:
        with options.source.open("rb") as stream:
            if exposed := exposure(os.fstat(stream.fileno())):
                _note(f"{options.source}: {exposed}; delete it, or chmod 600 it")
            content = stream.read(_MAX_INPUT + 1)
    elif sys.stdin.isatty():
        from colonyos_gen.keys._passphrase import ask

        content = ask("Private key (not shown): ").encode(errors="replace")
    else:
        content = sys.stdin.buffer.read(_MAX_INPUT + 1)
    text = content.decode("ascii", "replace").strip()
    if text.startswith("{"):
        raise ValueError(f"that is an encrypted key file already; copy it to {_path(options)}, with mode 600")
    return _save(options, PrivateKey.parse(text))


def _export(options: argparse.Namespace) -> int:
    from colonyos_gen.keys._errors import PassphraseNeededError
    from colonyos_gen.keys._key_file import load_key, save_key
    from colonyos_gen.keys._passphrase import find_passphrase

    path = _path(options)
    try:
        key = load_key(path)
    except PassphraseNeededError:
        key = None
    if key is None:
        passphrase = find_passphrase(options.passphrase_file, f"Passphrase of {path.name}")
        key = _with_library(load_key, path, passphrase=passphrase)
    if options.out is not None:
        save_key(options.out, key, overwrite=options.overwrite)
        _note(f"{options.out} holds a key as plain text: whoever reads it can act as {key.id}")
    else:
        _note(f"this is a key as plain text: whoever sees it can act as {key.id}")
        print(key.hex())
    return 0


def _save(options: argparse.Namespace, key: PrivateKey) -> int:
    from colonyos_gen.keys._key_file import save_key
    from colonyos_gen.keys._passphrase import find_passphrase

    _require_free(options)
    path = _path(options)
    if _KEY.fullmatch(path.name) and path.name != key.id:
        # Not quoted: it may be a key in the wrong place.
        raise ValueError(
            "the name has 64 hexadecimal characters and is not the identity of the key; if it is a key, do not use it any "
            "more, as it has been on a command line"
        )
    passphrase = None
    if not options.plain:
        passphrase = find_passphrase(options.passphrase_file, f"Passphrase for {path.name}", twice=True)
    _with_library(save_key, path, key, passphrase=passphrase, overwrite=options.overwrite)
    _note(f"kept in {path}, {'as plain text' if options.plain else 'encrypted'}; its identity:")
    print(key.id)
    return 0


def _require_free(options: argparse.Namespace) -> None:
    """Say that the name is taken before anything is asked for. Whether it really is free shows when the file is made."""
    path = _path(options)
    if not options.overwrite and os.path.lexists(path):
        raise ConfigError(f"{path} exists, and is kept; take another name, or --overwrite to lose that key")


def _folder(options: argparse.Namespace) -> Path:
    from colonyos_gen.keys._folder import key_folder

    return options.folder or key_folder()


def _path(options: argparse.Namespace) -> Path:
    from colonyos_gen.keys._folder import key_path

    return key_path(options.key, _folder(options))


def _with_library(work: Any, *args: Any, **kwargs: Any) -> Any:
    try:
        return work(*args, **kwargs)
    except ImportError as error:
        raise ConfigError(str(error)) from error


def _note(text: str) -> None:
    print(f"colonyos-gen: {shown(text)}", file=sys.stderr, flush=True)
