"""Reads folders of recorded traffic."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from colonyos_gen_codegen.drift import DriftError, Observed
from colonyos_gen_codegen.model import Service
from colonyos_gen_wire import methods as rpc

from colonyos_gen._drift.comparing import release_of
from colonyos_gen.cli.observing.described import Forms, forms_of
from colonyos_gen.cli.observing.plain import text_in
from colonyos_gen.cli.observing.tally import Tally
from colonyos_gen.cli.observing.traffic import Exchange, exchanges, in_text

_LARGEST = 512 * 1024 * 1024
"""Bytes of a file that is read."""
_VERSION = rpc.server.GET_VERSION.msgtype


def observe(service: Service, folder: Path) -> Observed:
    """Compare all replies in the files below `folder`, or in one file.

    Raises:
        DriftError: There is no such folder, or no reply in it.
    """
    if not folder.exists():
        raise DriftError(f"{folder} is not there; name a folder with recordings, or a file")
    forms = forms_of(service)
    root = folder if folder.is_dir() else folder.parent
    files = [folder] if folder.is_file() else sorted(_files(folder))
    notes: list[str] = []
    read: list[tuple[str, Exchange]] = []
    for path in files:
        shown = path.relative_to(root).as_posix()
        try:
            found = list(_read(path, forms))
        except (OSError, EOFError) as error:
            notes.append(f"{shown}: not read: {error}")
            continue
        if not found:
            notes.append(f"{shown}: not understood: no reply of a server was found in it")
        read += [
            (f"{folder.as_posix() if folder.is_file() else f'{folder.as_posix()}/{shown}'}{at}", one)
            for at, one in found
        ]
    if not read:
        raise DriftError(f"no reply of a server was found in {folder}, of {len(files)} files")
    tally = Tally(forms)
    tally.release = _release(read)
    for at, exchange in read:
        _take(tally, forms, exchange, at)
    observed = tally.observed(folder.as_posix(), "recording")
    observed.notes = notes
    for msgtype, reply in forms.replies.items():
        if reply.registered and msgtype not in observed.tried:
            seen = "it was always refused" if msgtype in tally.refusals else "it is not in the recordings"
            observed.untried[msgtype] = seen
    return observed


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden and path.stat().st_size <= _LARGEST:
            yield path


def _read(path: Path, forms: Forms) -> Iterator[tuple[str, Exchange]]:
    data = path.read_bytes()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    text = data.decode("utf-8-sig", "replace")
    msgtypes = frozenset(forms.replies)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        yield from _lines(text, msgtypes)
        return
    for number, exchange in enumerate(exchanges(document, msgtypes), 1):
        yield f" reply {number}", exchange


def _lines(text: str, msgtypes: frozenset[str]) -> Iterator[tuple[str, Exchange]]:
    """A document in each line, or envelopes anywhere in a text."""
    documents: list[tuple[int, Any]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                documents.append((number, json.loads(line)))
            except (ValueError, RecursionError):
                documents.clear()
                break
    if not documents:
        for number, exchange in in_text(text, msgtypes):
            yield f":{number}", exchange
    for number, document in documents:
        for exchange in exchanges(document, msgtypes):
            yield f":{number}", exchange


def _take(tally: Tally, forms: Forms, exchange: Exchange, at: str) -> None:
    if exchange.envelope is not None:
        tally.envelope(exchange.envelope, at)
    msgtype = exchange.msgtype or _asked(forms, exchange)
    if exchange.unreadable:
        tally.unread(msgtype, "JSON", "something else", at)
    elif exchange.error:
        tally.refused(msgtype, exchange.payload, at)
    else:
        known = forms.replies.get(msgtype)
        payloadtype = exchange.payloadtype or (known.payloadtype if known else msgtype)
        tally.reply(msgtype, payloadtype, exchange.payload, exchange.request, at)


def _asked(forms: Forms, exchange: Exchange) -> str:
    """The message that a reply without its request is one to."""
    if exchange.error:
        return forms.unknown_in(text_in(exchange.payload, "message"))
    known = forms.by_payloadtype.get(exchange.payloadtype)
    return known.msgtype if known else exchange.payloadtype


def _release(read: list[tuple[str, Exchange]]) -> str:
    """What the server said that it is, if that is a release."""
    for _, exchange in read:
        if exchange.payloadtype == _VERSION and not exchange.error:
            said = text_in(exchange.payload, "buildversion")
            if release_of(said):
                return said
    return ""
