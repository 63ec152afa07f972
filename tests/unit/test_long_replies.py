"""Long replies are read without the garbage collector, which is as it was afterwards."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator

import msgspec
import pytest
from colonyos_gen_wire import FunctionSpec, Process
from colonyos_gen_wire.codec import decode, encode


@pytest.fixture(autouse=True)
def _collected() -> Iterator[None]:  # pyright: ignore[reportUnusedFunction]
    before = gc.isenabled()
    gc.enable()
    yield
    (gc.enable if before else gc.disable)()


def processes(count: int) -> bytes:
    spec = FunctionSpec.new("echo", "cli", "dev")
    return encode([Process(processid=str(number), spec=spec, output=[number]) for number in range(count)])


def passes(payload: bytes) -> int:
    """How often the collector looks at anything while `payload` is read."""
    seen: list[str] = []

    def note(phase: str, _: object) -> None:
        seen.append(phase)

    gc.callbacks.append(note)
    try:
        decode(list[Process], payload)
    finally:
        gc.callbacks.remove(note)
    return seen.count("start")


def test_it_does_not_look_while_they_are_read() -> None:
    assert passes(processes(1000)) == 0


def test_it_looks_again_afterwards() -> None:
    decode(list[Process], processes(1000))
    assert gc.isenabled()


def test_also_after_what_cannot_be_read() -> None:
    with pytest.raises(msgspec.ValidationError):
        decode(list[Process], b'[{"processid": 5, "spec": "' + b"x" * 100_000 + b'"}]')
    with pytest.raises(msgspec.DecodeError):
        decode(list[Process], processes(1000)[:-1])
    assert gc.isenabled()


def test_where_it_was_off_it_stays_off() -> None:
    gc.disable()
    assert len(decode(list[Process], processes(1000))) == 1000
    assert not gc.isenabled()


def test_many_threads_leave_it_on() -> None:
    payload = processes(1000)

    def read() -> None:
        for _ in range(20):
            decode(list[Process], payload)

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert gc.isenabled()
