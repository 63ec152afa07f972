"""How text is streamed over a channel of a process, by convention between its worker and its readers.

The worker appends entries of type `data`, each with as much as has come together, and at last one of type `end`. Since the
server throws channels away in the moment in which the process is closed, a reader that wants to be sure of the tail says so
with an entry of type `reader`, and appends one of type `ack` when it has seen `end`, or when it stops reading. The worker
closes the process once every reader has answered, or after `ACK_S`; where nobody has announced himself it lingers for
`LINGER_S`, for readers that know nothing of this.

The payload of `reader` and `ack` is a name that the reader has chosen for itself, so that appending either one twice does no
harm, and one of several readers is not taken for another.
"""

from __future__ import annotations

from collections.abc import Iterable

from colonyos_gen_wire import ChannelEntry
from colonyos_gen_wire.constants import ENTRY_DATA, ENTRY_END

DATA = ENTRY_DATA
"""Type of an entry that carries text."""
END = ENTRY_END
"""Type of the entry after which nothing follows from the worker."""
READER = "reader"
"""Type of the entry with which a reader announces itself."""
ACK = "ack"
"""Type of the entry with which a reader says that the process may be closed."""

ACK_S = 10.0
"""Seconds for which a process stays open for the sake of a reader that has not answered."""
LINGER_S = 0.5
"""Seconds for which it stays open where no reader has announced itself."""


def is_text(entry: ChannelEntry) -> bool:
    """Whether the entry carries a part of the text; entries without a type do."""
    return entry.msgtype in ("", DATA)


def is_end(entry: ChannelEntry) -> bool:
    """Whether nothing follows after this entry."""
    return entry.msgtype == END


def has_reader(entries: Iterable[ChannelEntry]) -> bool:
    """Whether a reader has announced itself."""
    return any(entry.msgtype == READER for entry in entries)


def is_awaited(entries: Iterable[ChannelEntry]) -> bool:
    """Whether some reader has announced itself and not answered yet."""
    waiting: set[tuple[str, bytes]] = set()
    answered: set[tuple[str, bytes]] = set()
    for entry in entries:
        if entry.msgtype == READER:
            waiting.add((entry.senderid, entry.payload))
        elif entry.msgtype == ACK:
            answered.add((entry.senderid, entry.payload))
    return not waiting <= answered
