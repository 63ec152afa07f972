"""What a worker has in its hands is known to its next life, and to no other."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from colonyos_gen import FunctionSpec, Process
from colonyos_gen.worker._taking.ledger import Ledger

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


def process(name: str, *, retries: int = 0, started: datetime | None = NOON) -> Process:
    return Process(processid=name, spec=FunctionSpec.new("f", "t", "dev"), retries=retries, starttime=started)


def die(ledger: Ledger) -> None:
    """End as a process does that is killed: its files are closed, and that is all."""
    ledger._close()  # pyright: ignore[reportPrivateUsage]


def test_the_next_life_knows_what_the_last_one_left(tmp_path: Path) -> None:
    first = Ledger(tmp_path, "me")
    places = [first.note(process(name)) for name in "abc"]
    first.strike(places[1])
    first.note(process("d"))  # in the place of b
    first.strike(places[0])
    die(first)
    second = Ledger(tmp_path, "me")
    assert second.dead == [first.token]
    assert [name for name in "abcde" if second.was_left(process(name))] == ["c", "d"]
    second.forget_dead()
    assert not second.was_left(process("c"))
    second.end()
    assert list(tmp_path.iterdir()) == []


def test_another_attempt_is_not_what_was_left(tmp_path: Path) -> None:
    first = Ledger(tmp_path, "me")
    first.note(process("a", retries=1))
    first.note(process("b", started=None))
    die(first)
    second = Ledger(tmp_path, "me")
    rounded = timedelta(microseconds=1)
    assert second.was_left(process("a", retries=1, started=NOON + rounded))
    assert not second.was_left(process("a", retries=2, started=NOON))
    assert not second.was_left(process("a", retries=1, started=NOON + timedelta(seconds=1)))
    assert second.was_left(process("b"))


def test_what_a_life_has_that_goes_on_is_its_own(tmp_path: Path) -> None:
    first = Ledger(tmp_path, "me")
    first.note(process("a"))
    second = Ledger(tmp_path, "me")
    assert (second.dead, second.was_left(process("a"))) == ([], False)
    second.forget_dead()
    second.end()
    die(first)
    assert Ledger(tmp_path, "me").was_left(process("a"))


def test_what_it_could_not_end_stays_written_down(tmp_path: Path) -> None:
    first = Ledger(tmp_path, "me")
    first.note(process("a"))
    first.end()
    second = Ledger(tmp_path, "me")
    assert second.was_left(process("a"))
    second.end()  # before it has dealt with it
    assert Ledger(tmp_path, "me").was_left(process("a"))


def test_a_sign_that_others_still_see_is_known_to_be_of_a_life_that_is_over(tmp_path: Path) -> None:
    first = Ledger(tmp_path, "me")
    first.is_shown = True
    first.end()
    assert Ledger(tmp_path, "me").dead == [first.token]


def test_a_fork_does_not_keep_a_life_going(tmp_path: Path) -> None:
    """Such as a process that a function has started, and that goes on when its worker was killed."""
    first = Ledger(tmp_path, "me")
    first.note(process("a"))
    begun, begin = os.pipe()
    over, end = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(end)
        os.write(begin, b"!")
        os.read(over, 1)
        os._exit(0)
    os.read(begun, 1)
    die(first)
    second = Ledger(tmp_path, "me")
    for each in (begun, begin, over, end):
        os.close(each)
    os.waitpid(child, 0)
    assert second.was_left(process("a"))


@pytest.mark.parametrize("content", [b"", b"\0" * 500, b"[1, 2]\n", b'["a", 0, "x"]\n', b"no\n[]\n"])
def test_a_damaged_file_says_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "0123").write_bytes(content)
    ledger = Ledger(tmp_path, "me")
    assert not ledger.was_left(process("a"))
    ledger.forget_dead()
    ledger.end()
    assert list(tmp_path.iterdir()) == []


def test_where_there_can_be_no_file_nothing_is_written_down(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "colonyos_gen.worker")
    (tmp_path / "file").touch()
    for folder in (None, tmp_path / "file" / "lives"):
        ledger = Ledger(folder, "me")
        ledger.strike(ledger.note(process("a")))
        ledger.forget_dead()
        ledger.end()
    assert caplog.text.count("what it runs is not written down") == 1


def test_a_file_that_cannot_be_written_any_more_is_given_up(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "colonyos_gen.worker")
    ledger = Ledger(tmp_path, "me")
    ledger.note(process("first"))
    die_of = os.open("/dev/full", os.O_WRONLY)
    assert ledger._handle is not None  # pyright: ignore[reportPrivateUsage]
    os.dup2(die_of, ledger._handle)  # pyright: ignore[reportPrivateUsage]
    os.close(die_of)
    places = [ledger.note(process(name)) for name in "ab"]
    for place in places:
        ledger.strike(place)
    other = Ledger(tmp_path, "me")
    assert (other.dead, other.was_left(process("first"))) == ([], False), "it goes on"
    other.end()
    ledger.end()
    assert list(tmp_path.iterdir()) == []
    assert caplog.text.count("what it runs is not written down") == 1


def test_those_that_live_are_seen(tmp_path: Path) -> None:
    first = Ledger(tmp_path, "me")
    assert not first.others_live
    second = Ledger(tmp_path, "me")
    assert first.others_live
    assert second.others_live
    die(second)
    assert not first.others_live
    third = Ledger(tmp_path, "me")
    assert third.dead == [second.token]
    assert first.others_live
    first.end()
    assert not third.others_live
    assert Ledger(None, "me").others_live  # that is: nobody knows
