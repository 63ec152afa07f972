"""What the entries of a text stream say about its readers."""

from __future__ import annotations

from colonyos_gen import ChannelEntry
from colonyos_gen._conventions.streams import ACK, DATA, END, READER, has_reader, is_awaited, is_end, is_text


def _entry(msgtype: str, payload: bytes = b"", senderid: str = "someone") -> ChannelEntry:
    return ChannelEntry(msgtype=msgtype, payload=payload, senderid=senderid)


def test_which_entries_are_text() -> None:
    assert [is_text(_entry(each)) for each in ("", DATA, END, READER, ACK, "error")] == [True, True] + [
        False
    ] * 4
    assert is_end(_entry(END))
    assert not is_end(_entry(DATA))


def test_nobody_is_awaited_where_nobody_reads() -> None:
    entries = [_entry(DATA), _entry(END)]
    assert not has_reader(entries)
    assert not is_awaited(entries)


def test_every_reader_is_awaited() -> None:
    entries = [_entry(READER, b"1"), _entry(DATA), _entry(READER, b"2"), _entry(END), _entry(ACK, b"1")]
    assert has_reader(entries)
    assert is_awaited(entries)
    assert not is_awaited([*entries, _entry(ACK, b"2")])


def test_one_who_says_so_twice_is_still_one() -> None:
    assert is_awaited([_entry(READER, b"1"), _entry(READER, b"2"), _entry(ACK, b"1"), _entry(ACK, b"1")])
    assert not is_awaited([_entry(READER), _entry(READER), _entry(ACK)])


def test_an_answer_of_somebody_else_does_not_count() -> None:
    assert is_awaited([_entry(READER), _entry(ACK, senderid="somebody else")])
