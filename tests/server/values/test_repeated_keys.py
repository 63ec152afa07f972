"""Keys that come twice in an object, and which value counts: as the real server was seen to read them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from colonyos_gen_wire.codec import decode_request, encode
from colonyos_gen_wire.method import Method
from colonyos_gen_wire.methods import METHODS
from colonyos_gen_wire.requests.process import AssignProcessMsg

from colonyos_gen.server._values.repeated_keys import read_at_once, read_document, repeats_keys


def read(msgtype: str, inside: str) -> Any:
    method: Method[Any, Any] = METHODS[msgtype]
    text = f'{{"msgtype":"{msgtype}",{inside}}}'.encode()
    assert read_at_once(method, text) is None
    return decode_request(method, read_document(method, text))


@pytest.mark.parametrize(
    ("inside", "name"),
    [
        ('"colonyname":"c","colonyname":null', "c"),
        ('"ColonyName":"c","colonyname":null', "c"),
        ('"colonyname":null,"COLONYNAME":"c"', "c"),
        ('"colonyname":"c","ColonyName":"d"', "d"),
        ('"ColonyName":"d","colonyname":"c"', "c"),
        ('"colonyname":"c","colonyname":"d"', "d"),
    ],
)
def test_the_last_text_counts_unless_it_is_null(inside: str, name: str) -> None:
    assert read("getcolonymsg", inside).colonyname == name


def test_objects_are_laid_over_each_other() -> None:
    first = {
        "funcname": "f",
        "priority": 3,
        "conditions": {"colonyname": "c", "executortype": "t"},
        "args": [1],
    }
    second = {"label": "second", "conditions": {"executortype": "u"}, "priority": None, "args": None}
    request = read("submitfuncspecmsg", f'"spec":{json.dumps(first)},"spec":{json.dumps(second)}')
    assert (request.spec.funcname, request.spec.label, request.spec.priority) == ("f", "second", 3)
    assert (request.spec.conditions.colonyname, request.spec.conditions.executortype) == ("c", "u")
    assert request.spec.args == []


def test_maps_are_laid_over_each_other_and_lists_are_not() -> None:
    spec = '{"kwargs":{"a":1,"b":{"x":1}},"kwargs":{"b":{"y":2},"A":3},"channels":["a","b"],"channels":["c"]}'
    request = read("submitfuncspecmsg", f'"spec":{spec}')
    assert request.spec.kwargs == {"a": 1, "b": {"y": 2}, "A": 3}
    assert request.spec.channels == ["c"]


def test_the_items_of_lists_are_laid_over_those_in_their_places() -> None:
    first = [{"nodename": "a", "label": "l"}, {"nodename": "b"}]
    second = [{"nodename": "z", "channels": ["c", None]}]
    spec = f'{{"functionspecs":{json.dumps(first)},"FunctionSpecs":{json.dumps(second)}}}'
    [node] = read("submitworkflowspecmsg", f'"spec":{spec}').workflowspec.functionspecs
    assert (node.nodename, node.label, node.channels) == ("z", "l", ["c", ""])
    spec = '{"channels":["a","b"],"channels":[null,"c","d"]}'
    assert read("submitfuncspecmsg", f'"spec":{spec}').spec.channels == ["a", "c", "d"]


def test_null_takes_the_object_away_that_a_request_is_about() -> None:
    method = METHODS["submitfuncspecmsg"]
    text = b'{"msgtype":"submitfuncspecmsg","spec":{"funcname":"f"},"spec":null}'
    document = read_document(method, text)
    assert isinstance(document, dict)
    assert document["spec"] is None


@pytest.mark.parametrize("inside", ['"colonyname":5,"colonyname":"c"', '"colonyname":"c","colonyname":5'])
def test_a_wrong_type_is_a_fault_wherever_it_comes(inside: str) -> None:
    with pytest.raises(ValueError, match="Expected `str`"):
        read("getcolonymsg", inside)


@pytest.mark.parametrize(
    ("text", "repeats"),
    [
        (b'{"a":1,"a":1}', True),
        (b'{"a":1,"A":1}', True),
        (b'[{"x":{"a":1,"b":[{"c":1,"c":2}]}}]', True),
        (b'{"a":{"b":1},"b":{"a":1}}', False),
        (b'{"a":"\\"a\\":1"}', False),
        (b"[" * 5000 + b"]" * 5000, False),
        (b'{"a":"\xff","a":2}', True),
    ],
)
def test_keys_that_come_twice_are_found(text: bytes, repeats: bool) -> None:
    assert repeats_keys(text) is repeats


def test_what_our_client_writes_is_not_searched() -> None:
    """It is known by its text, and read in one go."""
    request = AssignProcessMsg(colonyname="c", timeout=10)
    method: Method[Any, Any] = METHODS["assignprocessmsg"]
    assert read_at_once(method, encode(request)) == request
    assert read_at_once(method, json.dumps(json.loads(encode(request))).encode()) == request


@pytest.mark.parametrize(
    "unread", ["[" * 9_990 + "]" * 9_990, '{"a":' * 5000 + "1" + "}" * 5000, "1e999", '{"a":-1e999}']
)
@pytest.mark.parametrize("inside", ['"spec":{"funcname":"f"},"x":%s', '"Spec":{"funcname":"f","x":%s}'])
def test_what_nobody_reads_may_be_what_no_value_holds(unread: str, inside: str) -> None:
    assert read("submitfuncspecmsg", inside % unread).spec.funcname == "f"


@pytest.mark.parametrize("args", ["[1e999]", "[" * 10_001 + "]" * 10_001])
def test_what_is_read_may_not(args: str) -> None:
    with pytest.raises(ValueError, match=r"JSON|exceeded max depth"):
        read("submitfuncspecmsg", f'"spec":{{"args":{args}}}')


def test_nothing_is_deeper_than_go_goes() -> None:
    with pytest.raises(ValueError, match="exceeded max depth"):
        read("getcolonymsg", '"x":' + "[" * 10_001 + "]" * 10_001)
