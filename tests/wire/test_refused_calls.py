"""What a call refuses before anything is sent: which value it names, and what it shows of it."""

from __future__ import annotations

import json
import pickle
from datetime import UTC, datetime
from typing import Any

import pytest
from colonyos_gen_wire import (
    Attribute,
    Colony,
    Cron,
    Executor,
    File,
    FunctionSpec,
    Generator,
    LimitError,
    Location,
    User,
    WorkflowSpec,
)
from colonyos_gen_wire.checks import check
from colonyos_gen_wire.requests.executor import AddExecutorMsg
from colonyos_gen_wire.requests.file import AddFileMsg
from colonyos_gen_wire.requests.process import CloseFailedMsg

from colonyos_gen import AsyncClient
from colonyos_gen.errors import InvalidRequestError

from .test_limits import ID, ID_RULE, refusal


def call_with(name: str, *args: Any) -> InvalidRequestError:
    """The refusal of a call; nothing is sent, so no loop is needed."""
    client = AsyncClient(
        "http://127.0.0.1:1", member_key="b2" * 32, colony_key="b2" * 32, server_key="b2" * 32
    )
    call = getattr(client, name)(*args)
    try:
        call.send(None)
    except InvalidRequestError as error:
        return error
    finally:
        call.close()
    raise AssertionError("it was not refused")


def numbered(**fields: Any) -> FunctionSpec:
    spec = FunctionSpec.new("echo", "cli", "dev")
    for name, value in fields.items():
        setattr(spec, name, value)
    return spec


@pytest.mark.parametrize(
    ("name", "args", "field"),
    [
        ("submit", [{"funcname": "f"}], "spec"),
        ("submit", [None], "spec"),
        ("submit", [numbered(funcname=5)], "spec.funcname"),
        ("submit", [numbered(funcname=b"f")], "spec.funcname"),
        ("submit", [numbered(env={"K": 5})], "spec.env"),
        ("submit", [numbered(env=["K"])], "spec.env"),
        ("submit", [numbered(channels=[1])], "spec.channels[0]"),
        ("submit", [numbered(channels=5)], "spec.channels"),
        ("submit", [numbered(priority="high")], "spec.priority"),
        ("submit", [numbered(maxexectime="10")], "spec.maxexectime"),
        ("submit", [numbered(maxretries=None)], "spec.maxretries"),
        ("submit", [numbered(args="abc")], "spec.args"),
        ("submit", [numbered(kwargs=[1])], "spec.kwargs"),
        ("submit", [numbered(conditions={"executortype": "cli"})], "spec.conditions"),
        ("submit_workflow", [WorkflowSpec(colonyname="dev", functionspecs=[{}])], "spec.functionspecs"),  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
        ("get_process", [5], "processid"),
        ("get_process", [None], "processid"),
        ("get_processes", ["dev", "10", 0], "count"),
        ("get_processes", ["dev", 10.0, 0], "count"),
        ("assign", ["dev", 1.5], "timeout"),
        ("assign", ["dev", "10"], "timeout"),
        ("assign", ["dev", None], "timeout"),
        ("submit", [numbered(priority=0.5)], "spec.priority"),
        ("get_processes", [5, 10, 0], "colonyname"),
    ],
)
def test_wrong_types_are_named(name: str, args: list[Any], field: str) -> None:
    """Instead of an AttributeError from within, or a refusal of the server that does not say where."""
    error = call_with(name, *args)
    assert error.field.startswith(field)
    assert error.method == name
    assert "must be" in str(error)


def test_refusals_keep_their_parts() -> None:
    """As an exception of the client, and across processes."""
    error = call_with("add_generator", Generator(colonyname="c", name="g", workflowspec="", trigger=0))
    assert (error.field, error.value, error.rule) == ("generator.trigger", 0, "at least 1")
    assert isinstance(error, ValueError)
    with pytest.raises(LimitError) as caught:
        check(CloseFailedMsg(processid="x"))
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.field, again.value, again.rule) == (
        str(caught.value),
        "processid",
        "x",
        ID_RULE,
    )


@pytest.mark.parametrize(
    ("name", "value", "field"),
    [
        ("add_colony", Colony(colonyid=ID, name="a:b"), "colony.name"),
        ("add_executor", Executor.new("a:b", ID, "cli", "dev"), "executor.executorname"),
        ("add_user", User(colonyname="dev", userid=ID, name="a:b"), "user.name"),
        ("add_location", Location(colonyname="dev", name="a:b"), "location.name"),
        ("add_cron", Cron(colonyname="dev", name="c", workflowspec="", interval=0), "cron.interval"),
        ("add_attr", Attribute.new("dev", ID, "k\0", "v"), "attribute.key"),
    ],
)
def test_calls_refuse_before_sending(name: str, value: Any, field: str) -> None:
    """The same through the methods of a client."""
    assert call_with(name, value).field == field


def test_large_values_are_shortened_in_the_message() -> None:
    """The value itself stays on the error."""
    error = refusal("getprocessmsg", {"processid": "z" * 5000})
    assert error is not None
    assert len(str(error)) < 250
    assert len(error.value) == 5000
    assert json.dumps(str(error))


def test_times_need_a_zone() -> None:
    """The server refuses a time without one, with words that do not say which."""
    executor = Executor.new("e", ID, "t", "c")
    executor.lastheardfromtime = datetime(2026, 5, 1)
    with pytest.raises(LimitError, match="time zone") as caught:
        check(AddExecutorMsg(executor=executor))
    assert caught.value.field == "executor.lastheardfromtime"
    executor.lastheardfromtime = datetime(2026, 5, 1, tzinfo=UTC)
    check(AddExecutorMsg(executor=executor))


def test_secrets_of_a_wrong_type_are_not_shown() -> None:
    file = File(colonyname="c", label="/l", name="n")
    file.ref.s3object.secretkey = b"swordfish"  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(LimitError) as caught:
        check(AddFileMsg(file=file))
    assert caught.value.field == "file.ref.s3object.secretkey"
    assert "swordfish" not in repr(caught.value) + str(caught.value) + repr(caught.value.__dict__)
