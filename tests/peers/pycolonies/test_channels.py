"""Channels, read and subscribed to."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from lab import Lab
from model import Process
from pycolonies import ColoniesConnectionError


@pytest.fixture
def chat(lab: Lab) -> Process:
    """A running process with a channel `chat`."""
    spec = lab.spec()
    spec.channels = ["chat"]
    lab.client.submit_func_spec(spec, lab.user.prvkey)
    return lab.assign()


def append(lab: Lab, chat: Process, sequence: int, payload: str | bytes, payload_type: str = "") -> None:
    key = lab.executor.prvkey
    lab.client.channel_append(chat.processid, "chat", sequence, payload, key, payload_type=payload_type)


def test_append_and_read(lab: Lab, chat: Process) -> None:
    question = (chat.processid, "chat", 1, "how much?", lab.user.prvkey)
    lab.client.channel_append(*question)
    answer = (chat.processid, "chat", 1, b"\x00\xff", lab.executor.prvkey)
    lab.client.channel_append(*answer, in_reply_to=1, payload_type="end")
    entries = lab.client.channel_read(chat.processid, "chat", 0, 0, lab.user.prvkey)
    assert [(e["senderid"], e["payload"], e["type"], e.get("inreplyto", 0)) for e in entries] == [
        (lab.user.id, b"how much?", "data", 0),
        (lab.executor.id, b"\x00\xff", "end", 1),
    ]
    assert lab.client.channel_read(chat.processid, "chat", 1, 1, lab.user.prvkey) == entries[1:]
    assert lab.client.channel_read(chat.processid, "chat", 2, 0, lab.user.prvkey) == []


def test_a_channel_goes_with_its_process(lab: Lab, chat: Process) -> None:
    lab.close(chat)
    with pytest.raises(ColoniesConnectionError, match="Channel not found"):
        lab.client.channel_read(chat.processid, "chat", 0, 0, lab.user.prvkey)


def test_subscription(lab: Lab, chat: Process) -> None:
    received: list[tuple[bytes | str, str]] = []
    started = threading.Event()

    def take(entries: list[dict[str, Any]]) -> bool:
        received.extend((entry["payload"], entry["type"]) for entry in entries)
        started.set()
        return received[-1][1] != "end"

    def write() -> None:
        assert started.wait(30)
        append(lab, chat, 2, "two")
        append(lab, chat, 3, "", "end")

    append(lab, chat, 1, "one")
    writer = threading.Thread(target=write)
    writer.start()
    lab.client.subscribe_channel(chat.processid, "chat", lab.user.prvkey, timeout=30, callback=take)
    writer.join()
    # The first entry may come twice: the server subscribes before it reads what is there.
    assert [entry for entry in received if entry[0] != b"one"] == [(b"two", "data"), ("", "end")]


def test_a_subscription_ends_at_its_timeout(lab: Lab, chat: Process) -> None:
    # pycolonies waits for ever when the process ends first, since no server says so.
    append(lab, chat, 1, "one")
    append(lab, chat, 2, "two")
    entries = lab.client.subscribe_channel(chat.processid, "chat", lab.user.prvkey, after_seq=1, timeout=1)
    assert [entry["payload"] for entry in entries] == [b"two"]
