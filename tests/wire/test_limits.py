"""The limits of the schema: what breaks one is refused by name, and nothing else is."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from colonyos_gen_wire import (
    FunctionSpec,
    LimitError,
)
from colonyos_gen_wire.checks import check
from colonyos_gen_wire.codec import decode_request
from colonyos_gen_wire.fields import FIELDS
from colonyos_gen_wire.methods import METHODS
from colonyos_gen_wire.requests.process import SubmitFunctionSpecMsg
from colonyos_gen_wire.shape import Leaf, ListOf, MapOf, Shape, StructOf

from tests.wire.kit.recordings import all_exchanges, method_of

ID = "ab" * 32
SECRETS = {"accesskey", "secretkey", "encryptionkey"}
"""What no error may show."""
ID_RULE = "64 hexadecimal characters"
ID_OR_EMPTY = "64 hexadecimal characters, or empty"
NAME_RULE = "a name without colons and NUL characters"
TEXT_RULE = "text without NUL characters"


def full(shape: Shape, depth: int = 6) -> Any:
    """A value with something in every field, list and map, that keeps all limits."""
    if isinstance(shape, Leaf):
        return {Leaf.STRING: ID, Leaf.INTEGER: 1, Leaf.NUMBER: 1.0, Leaf.BOOLEAN: True}.get(shape)
    if isinstance(shape, ListOf):
        return [full(shape.item, depth - 1)] if depth > 0 else []
    if isinstance(shape, MapOf):
        return {"k": full(shape.item, depth - 1)} if depth > 0 else {}
    if shape.optional and depth <= 0:
        return None
    return {field.wire: full(field.shape, depth - 1) for field in FIELDS[shape.type]}


def refusal(msgtype: str, payload: Any) -> LimitError | None:
    """What the checks say about a request."""
    try:
        check(decode_request(method_of(msgtype), payload))
    except LimitError as error:
        return error
    return None


def texts(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The paths of all texts inside JSON."""
    if isinstance(value, str):
        yield path
    items: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        items = list(value.items())  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    elif isinstance(value, list):
        items = list(enumerate(value))  # pyright: ignore[reportUnknownArgumentType]
    for key, item in items:
        yield from texts(item, (*path, key))


def with_value(payload: Any, path: tuple[str | int, ...], value: Any) -> Any:
    """A copy of `payload` with `value` at `path`."""
    changed = copy.deepcopy(payload)
    place = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return changed


def written(path: tuple[str | int, ...]) -> str:
    """A path as errors name it, such as `spec.env['k']`."""
    steps = [f"[{step!r}]" if isinstance(step, int) or step == "k" else f".{step}" for step in path]
    return "".join(steps).lstrip(".")


@pytest.mark.parametrize("msgtype", sorted(METHODS))
def test_requests_within_the_limits_pass(msgtype: str) -> None:
    """Everything filled in, and nothing but identities filled in."""
    shape = StructOf(METHODS[msgtype].request)
    error = refusal(msgtype, full(shape))
    assert error is None


@pytest.mark.parametrize("msgtype", sorted(METHODS))
def test_nul_is_refused_in_every_text(msgtype: str) -> None:
    """The database takes none; the error names the place, wherever it is, and the text."""
    payload = full(StructOf(METHODS[msgtype].request))
    passed: list[str] = []
    for path in texts(payload):
        error = refusal(msgtype, with_value(payload, path, "a\0b"))
        if error is None:
            passed.append(written(path))
            continue
        shown = "(not shown)" if path[-1] in SECRETS else "a\0b"
        assert error.field == written(path)
        assert error.value == shown
        assert error.rule in {ID_RULE, ID_OR_EMPTY, NAME_RULE, TEXT_RULE}
        assert repr(shown) in str(error)
    assert not passed


@pytest.mark.parametrize("key", ["a\0b"])
def test_nul_is_refused_in_names_of_environment_variables(key: str) -> None:
    """They are stored as text like their values, and would leave a process without its environment in the queue."""
    spec = FunctionSpec.new("echo", "cli", "dev")
    spec.env = {key: "x"}
    with pytest.raises(LimitError, match="env"):
        check(SubmitFunctionSpecMsg(spec=spec))


def test_nul_is_fine_where_the_server_keeps_it() -> None:
    """Arguments and outputs are stored as JSON."""
    spec = {"funcname": "f", "args": ["a\0b"], "kwargs": {"k\0": "\0"}}
    assert refusal("submitfuncspecmsg", {"spec": spec}) is None
    assert refusal("closesuccessfulmsg", {"processid": ID, "out": ["a\0b", {"\0": "\0"}]}) is None


BY_ID = [
    ("getprocessmsg", "processid"),
    ("closesuccessfulmsg", "processid"),
    ("closefailedmsg", "processid"),
    ("setoutputmsg", "processid"),
    ("addlogmsg", "processid"),
    ("channelreadmsg", "processid"),
    ("subscribechannelmsg", "processid"),
    ("getprocessgraphmsg", "processgraphid"),
    ("getcronmsg", "cronid"),
    ("removegeneratormsg", "generatorid"),
    ("getattributemsg", "attributeid"),
    ("removefunctionmsg", "functionid"),
    ("addchildmsg", "parentprocessid"),
    ("changeserveridmsg", "serverid"),
    ("changeexecutoridmsg", "executorid"),
]


@pytest.mark.parametrize(("msgtype", "field"), BY_ID)
@pytest.mark.parametrize(
    "wrong", [ID[:-1], ID + "a", ID + "\n", " " + ID[1:], "g" + ID[1:], "", "\u0660" * 64]
)
def test_identities_have_64_hexadecimal_characters(msgtype: str, field: str, wrong: str) -> None:
    """Not 63, not 65, no newline after them, no digits of other scripts."""
    payload = full(StructOf(method_of(msgtype).request)) | {"spec": full(StructOf(FunctionSpec))}
    assert refusal(msgtype, payload | {field: ID.upper()}) is None
    error = refusal(msgtype, payload | {field: wrong})
    assert error is not None
    assert (error.field, error.value, error.rule) == (field, wrong, ID_RULE)


@pytest.mark.parametrize(
    ("msgtype", "field"),
    [("getlogsmsg", "processid"), ("getsnapshotmsg", "snapshotid"), ("removesnapshotmsg", "snapshotid")],
)
def test_some_identities_may_be_left_out(msgtype: str, field: str) -> None:
    """Where something else can be asked for."""
    assert refusal(msgtype, {"name": "n", "executorname": "e"}) is None
    error = refusal(msgtype, {field: "short"})
    assert error is not None
    assert error.rule == ID_OR_EMPTY


NAMES: list[tuple[str, str, dict[str, Any]]] = [
    ("addcolonymsg", "colony.name", {"colony": {"colonyid": ID}}),
    ("addexecutormsg", "executor.executorname", {"executor": {"executorid": ID, "executortype": "a:b"}}),
    ("addusermsg", "user.name", {"user": {"userid": ID}}),
    ("addlocationmsg", "location.name", {"location": {}}),
    ("createsnapshotmsg", "name", {}),
]


@pytest.mark.parametrize(("msgtype", "field", "payload"), NAMES)
def test_names_have_no_colon(msgtype: str, field: str, payload: dict[str, Any]) -> None:
    """Such a row would break every later listing."""
    path = tuple(field.split("."))
    for good in ("worker-1", "å b.c/d", "x" * 500):
        assert refusal(msgtype, with_value(payload, path, good)) is None
    error = refusal(msgtype, with_value(payload, path, "a:b"))
    assert error is not None
    assert (error.field, error.value, error.rule) == (field, "a:b", NAME_RULE)


SPEC = {"funcname": "f"}
NUMBERS: list[tuple[str, str, dict[str, Any], list[int], list[int], str]] = [
    ("addgeneratormsg", "generator.trigger", {"generator": {"name": "g"}}, [1, 10**6], [0, -1], "at least 1"),
    (
        "addcronmsg",
        "cron.interval",
        {"cron": {"name": "c"}},
        [-1, 1, 60],
        [0],
        "-1 (use the expression) or a positive",
    ),
    ("assignprocessmsg", "timeout", {}, [-1, 1, 86400], [0], "a number of seconds other than 0"),
    ("getprocessesmsg", "count", {}, [0, 1, 100], [101, -1], "from 0 to 100"),
    ("getprocessgraphsmsg", "count", {}, [0, 100], [101, -1], "from 0 to 100"),
    ("getlogsmsg", "count", {}, [0, 500], [501, -1], "from 0 to 500"),
    ("searchlogsmsg", "count", {}, [0, 100], [101, -1], "from 0 to 100"),
    ("searchlogsmsg", "days", {"count": 1}, [1, 30], [31], "at most 30"),
    ("getcronsmsg", "count", {}, [0, 10**6], [-1], "at least 0"),
    ("getgeneratorsmsg", "count", {}, [0, 10**6], [-1], "at least 0"),
    (
        "submitfuncspecmsg",
        "spec.priority",
        {"spec": SPEC},
        [-50000, 0, 50000],
        [50001, -50001],
        "from -50000 to 50000",
    ),
]


@pytest.mark.parametrize(("msgtype", "field", "payload", "good", "bad", "rule"), NUMBERS)
def test_numbers(
    msgtype: str, field: str, payload: dict[str, Any], good: list[int], bad: list[int], rule: str
) -> None:
    """The last value that passes and the first that does not."""
    path = tuple(field.split("."))
    for value in good:
        assert refusal(msgtype, with_value(payload, path, value)) is None
    for value in bad:
        error = refusal(msgtype, with_value(payload, path, value))
        assert error is not None
        assert (error.field, error.value) == (field, value)
        assert error.rule.startswith(rule)
        assert str(error) == f"{field} is {value}; it must be {error.rule}"


def test_priorities_outside_the_range_pass_where_the_server_takes_them() -> None:
    """Only submit tests them."""
    spec = SPEC | {"priority": 50001}
    assert refusal("submitworkflowspecmsg", {"spec": {"functionspecs": [spec]}}) is None
    assert refusal("addchildmsg", {"parentprocessid": ID, "spec": spec}) is None


def test_channel_payloads_have_at_most_10_mib() -> None:
    """Ten mebibytes pass, one byte more does not; the error does not repeat them."""
    base = {"processid": ID, "name": "c"}
    limit = 10 * 1024 * 1024
    request = decode_request(method_of("channelappendmsg"), base)
    request.data = b"x" * limit
    check(request)
    request.data += b"x"
    with pytest.raises(LimitError, match="at most 10485760 bytes") as caught:
        check(request)
    assert caught.value.field == "payload"
    assert len(str(caught.value)) < 300


def test_every_recorded_request_that_succeeded_passes() -> None:
    """What the server accepts is not refused here."""
    wrong: list[str] = []
    for exchange in all_exchanges():
        payload: object = exchange.payload
        if exchange.reply is None or exchange.reply["error"] or not isinstance(payload, dict):
            continue
        error = refusal(exchange.msgtype, payload)
        if error is not None:
            wrong.append(f"{exchange.where} {exchange.msgtype}: {error}")
    assert not wrong, "\n".join(wrong)
