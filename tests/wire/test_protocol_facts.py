"""The schema against facts that were gathered from the server by other hands: a file that lists every message and type.

The facts say who may sign, what a repetition does, which fields there are, and in which words a message is refused.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import colonyos_gen_wire
import pytest
from colonyos_gen_wire import constants, errors, requests
from colonyos_gen_wire.constants import RELEASES
from colonyos_gen_wire.fields import FIELDS
from colonyos_gen_wire.methods import METHODS
from colonyos_gen_wire.shape import ListOf, MapOf

from colonyos_gen import AsyncClient, AttributeType, Client, ExecutorState, ProcessState
from tests.wire.kit.recordings import RECORDED, method_of

FACTS: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "golden/protocol/facts.json").read_text(encoding="utf-8")
)
MESSAGES: dict[str, dict[str, Any]] = FACTS["messages"]
TYPES: dict[str, dict[str, dict[str, bool]]] = FACTS["types"]

EMPTY_REPLY = [200, "(empty HTTP body)"]
"""What stands for a refusal without a word, which has no entry among the errors."""
OTHERWISE = {
    ("ChannelAppendMsg", "inreplyto"),
    ("ChannelAppendMsg", "payloadtype"),
    ("GetBlueprintHistoryMsg", "limit"),
}
"""Fields of requests that may be left out on the wire, and that we send nevertheless."""
SOMETIMES = {
    ("Conditions", "executornames"),
    ("Process", "in"),
    ("Process", "errors"),
    ("ProcessGraph", "processids"),
    ("Blueprint", "spec"),
    ("BlueprintHistory", "spec"),
}
"""Lists and objects that the server writes now as null and now empty."""
NEVER_BY_ITSELF = {
    "closesuccessfulmsg",
    "cancelprocessgraphmsg",
    "removeallprocessesmsg",
    "removeallprocessgraphsmsg",
    "approveexecutormsg",
    "removeexecutormsg",
    "resumeassignmentsmsg",
    "removeallsnapshotmsg",
    "updateblueprintmsg",
}
"""Messages that leave the same state when repeated, and that a client still does not repeat.

See their hazards, or their descriptions for what they would undo that somebody else did after the first one.
"""
BY_NAME = {"removefilemsg": "name", "removesnapshotmsg": "name"}
"""Messages that are not repeated where they hold this field, since somebody may have used the name again."""
ALIASES = {"ApproveExecutorRPC": "ApproveExecutorMsg"}


def test_every_message_and_nothing_else() -> None:
    assert set(MESSAGES) == RECORDED
    assert not set(FACTS["without handler"]) & set(METHODS)


@pytest.mark.parametrize("msgtype", MESSAGES)
def test_message(msgtype: str) -> None:
    facts, method = MESSAGES[msgtype], method_of(msgtype)
    for name in facts["methods"]:
        assert hasattr(AsyncClient, name)
        assert hasattr(Client, name)
    assert method.name in facts["methods"]
    assert method.transport.value == facts["transport"]
    assert method.idempotency.value == ("unsafe" if msgtype in NEVER_BY_ITSELF else facts["repeat"])
    assert method.unsafe_when == BY_NAME.get(msgtype)
    assert {role.value for role in method.roles} == set(facts["roles"])
    assert {field.wire for field in FIELDS[method.request] if field.since in (None, *RELEASES)} == set(
        facts["fields"]
    )


@pytest.mark.parametrize("msgtype", MESSAGES)
def test_reply(msgtype: str) -> None:
    facts, method = MESSAGES[msgtype]["reply"], method_of(msgtype)
    spelled = "None" if facts["type"] is None else f"{facts['type']}"
    written = (
        str(method.response).removeprefix("list[").rstrip("]").removeprefix("<class '").removesuffix("'>")
    )
    assert written.rpartition(".")[2] == spelled
    assert str(method.response).startswith("list[") == facts["list"]
    silent = EMPTY_REPLY in MESSAGES[msgtype]["errors"]
    assert (method.when_empty is not None) == silent


@pytest.mark.parametrize("msgtype", MESSAGES)
def test_refusals(msgtype: str) -> None:
    """Each of the listed texts, with placeholders such as NAME in it, is one that the schema has."""
    known = (*method_of(msgtype).errors, *errors.ENVELOPE_ERRORS)
    for status, message in MESSAGES[msgtype]["errors"]:
        if [status, message] != EMPTY_REPLY:
            assert any(spec.matches(status, message) for spec in known), (status, message)


@pytest.mark.parametrize("name", TYPES)
def test_type(name: str) -> None:
    """The same keys; null and absence of empty values where the server has them."""
    ours: Any = getattr(colonyos_gen_wire, ALIASES.get(name, name), None)
    kind = ours or getattr(requests, ALIASES.get(name, name), None)
    assert kind is not None, f"{name} is gone from the schema, and is still among the facts"
    fields = {field.wire: field for field in FIELDS[kind] if field.since in (None, *RELEASES)}
    assert set(fields) == set(TYPES[name]) - {"msgtype"}
    for wire, facts in TYPES[name].items():
        if wire == "msgtype":
            continue
        field = fields[wire]
        if (name, wire) not in OTHERWISE:
            assert field.omit_empty == facts["optional"], wire
        if isinstance(field.shape, ListOf | MapOf) and (name, wire) not in SOMETIMES:
            assert field.null_when_empty == facts["nullable"], wire


def test_states() -> None:
    for name, enum in (
        ("process_state", ProcessState),
        ("executor_state", ExecutorState),
        ("attribute_type", AttributeType),
    ):
        assert {member.name: member.value for member in enum} == FACTS["enums"][name]


def test_constants() -> None:
    for name, value in FACTS["constants"].items():
        assert getattr(constants, name) == value, name
