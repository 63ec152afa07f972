"""The hazards of the schema: complete, tied to their requests, and refused before sending where their contents show them."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from typing import Any

import pytest
from colonyos_gen_wire import LimitError, ProcessState, hazards
from colonyos_gen_wire.checks import check
from colonyos_gen_wire.codec import decode_request
from colonyos_gen_wire.constants import MAX_OPEN_DATABASE_CONNECTIONS
from colonyos_gen_wire.fields import FIELDS
from colonyos_gen_wire.hazards import HAZARDS, Effect, Hazard, HazardOf
from colonyos_gen_wire.methods import METHODS
from colonyos_gen_wire.shape import ListOf, MapOf, Shape, StructOf
from colonyos_gen_wire.stubs_async import AsyncStubs
from colonyos_gen_wire.stubs_sync import Stubs

from colonyos_gen import AsyncClient, Client
from colonyos_gen.errors import InvalidRequestError

from .test_limits import full, with_value, written

OVERLAPPING = {
    "colony_removed_while_worked_in": "removecolonymsg assignprocessmsg closesuccessfulmsg",
    "cancel_meets_removal": "cancelprocessmsg removeprocessmsg",
    "close_meets_removal": "closesuccessfulmsg closefailedmsg removeprocessmsg",
    "all_processes_removed_while_closing": "removeallprocessesmsg closesuccessfulmsg",
    "all_processes_removed_while_submitting": "removeallprocessesmsg submitfuncspecmsg",
    "all_workflows_removed_while_submitting": "removeallprocessgraphsmsg submitworkflowspecmsg",
    "waiting_workflow_removed_while_assigning": "removeprocessgraphmsg assignprocessmsg",
    "workflow_cancel_meets_removal": "removeprocessgraphmsg cancelprocessgraphmsg",
    "failed_workflow_removed_while_closing": "removeprocessgraphmsg removeallprocessgraphsmsg closesuccessfulmsg",
    "node_closed_after_removal_by_state": "removeallprocessgraphsmsg closesuccessfulmsg",
    "wait_deadline_meets_removal": "removeprocessmsg removeallprocessesmsg",
    "exec_deadline_meets_colony_removal": "removecolonymsg",
    "workflows_removed_by_state": "removeallprocessgraphsmsg assignprocessmsg",
    "pack_meets_generator_removal": "packgeneratormsg removegeneratormsg",
    "request_beside_feed": "subscribeprocessmsg subscribeprocessesmsg",
    "process_subscription_near_change": "subscribeprocessmsg",
    "several_subscriptions_on_one_connection": "subscribeprocessmsg subscribeprocessesmsg",
    "generator_removed_at_trigger": "removegeneratormsg",
}
STANDING_STILL = {
    "too_many_reads": "getprocessmsg getprocessesmsg channelreadmsg assignprocessmsg closesuccessfulmsg",
    "slow_subscriber": "subscribeprocessmsg",
    "large_workflow": "submitworkflowspecmsg assignprocessmsg closesuccessfulmsg addchildmsg",
}
WRONG_DATA = {
    "workflow_stays_running": "closesuccessfulmsg",
    "close_at_deadline": "closesuccessfulmsg",
    "cancel_meets_assign": "cancelprocessmsg assignprocessmsg",
    "ends_at_once": "closesuccessfulmsg closefailedmsg cancelprocessmsg",
    "child_of_closing_parent": "addchildmsg closesuccessfulmsg",
}
LOST = {
    "poll_dropped_near_submit": "assignprocessmsg submitfuncspecmsg",
    "channel_without_executor": "submitfuncspecmsg channelappendmsg",
    "types_differ_by_digit": "assignprocessmsg addexecutormsg",
    "waiting_feed_takes_wakeups": "subscribeprocessesmsg",
    "abandoned_feed": "subscribeprocessmsg subscribeprocessesmsg",
}
LEAKING = {
    "channel_never_freed": "removeprocessmsg channelappendmsg",
    "identity_change_leaks_connection": "changeexecutoridmsg changeuseridmsg changecolonyidmsg changeserveridmsg",
}
BY_CONTENT = {
    "generator_without_trigger": "addgeneratormsg",
    "child_of_unknown_parent": "addchildmsg",
    "unknown_child": "addchildmsg",
    "child_of_other_workflow": "addchildmsg",
    "colon_in_name": "addcolonymsg addexecutormsg addusermsg addlocationmsg createsnapshotmsg",
    "unknown_dependency": "submitworkflowspecmsg",
    "nul_in_env": "submitfuncspecmsg submitworkflowspecmsg addchildmsg",
    "server_id_of_wrong_length": "changeserveridmsg",
}
KNOWN = OVERLAPPING | STANDING_STILL | WRONG_DATA | LOST | LEAKING | BY_CONTENT

CONFIRMED = [
    ("remove_all_processes", -1, "all_processes_removed_while_closing"),
    *(("remove_all_processgraphs", state, "workflows_removed_by_state") for state in (-1, 0, 1, 2, 3, 4)),
]
"""Calls that are sent only with `hazardous=True`, with their state and the hazard."""


def entries() -> Iterator[tuple[str, HazardOf]]:
    """What every message takes part in."""
    for msgtype, method in METHODS.items():
        for entry in method.hazards:
            yield msgtype, entry


def test_every_known_hazard_is_in_the_catalog_and_no_other() -> None:
    assert set(HAZARDS) == set(KNOWN)
    for name, hazard in HAZARDS.items():
        assert hazard.name == name
        assert getattr(hazards, name.upper()) is hazard


@pytest.mark.parametrize("name", KNOWN)
def test_a_hazard_tells_its_facts_and_its_requests(name: str) -> None:
    hazard = HAZARDS[name]
    for fact in (hazard.when, hazard.what, hazard.seen, hazard.avoid):
        assert len(fact.split()) > 1
        assert fact.endswith("."), fact
    assert hazard.versions == "v1.9.12"
    assert set(KNOWN[name].split()) <= set(hazard.messages)
    taking = [msgtype for msgtype, entry in entries() if entry.hazard is hazard]
    assert sorted(hazard.messages) == sorted(set(taking))


@pytest.mark.parametrize(
    ("group", "effects"),
    [
        (OVERLAPPING, {Effect.ENDS}),
        (STANDING_STILL, {Effect.FREEZES}),
        (WRONG_DATA, {Effect.CORRUPTS}),
        (LOST, {Effect.LOSES}),
        (LEAKING, {Effect.LEAKS}),
        (BY_CONTENT, {Effect.ENDS, Effect.CORRUPTS}),
    ],
)
def test_hazards_have_the_effect_that_was_seen(group: dict[str, str], effects: set[Effect]) -> None:
    assert {HAZARDS[name].effect for name in group} == effects


def test_the_number_of_a_hazard_is_a_constant_of_the_protocol() -> None:
    assert hazards.TOO_MANY_READS.limit == MAX_OPEN_DATABASE_CONNECTIONS == 100
    assert {name for name, hazard in HAZARDS.items() if hazard.limit is not None} == {"too_many_reads"}


REFUSED = [
    (msgtype, entry.hazard.name, entry.field, value)
    for msgtype, entry in entries()
    for value in entry.refused
]


@pytest.mark.parametrize(("msgtype", "name", "field", "value"), REFUSED)
def test_hazardous_contents_are_refused_before_sending(
    msgtype: str, name: str, field: str, value: Any
) -> None:
    """The error names the place, and the value if it is a single one; the same request without it passes."""
    method = METHODS[msgtype]
    good = full(StructOf(method.request))
    assert HAZARDS[name].effect in {Effect.ENDS, Effect.CORRUPTS}
    check(decode_request(method, good))
    place = place_of(msgtype, field)
    with pytest.raises(LimitError) as caught:
        check(decode_request(method, with_value(good, place, value)))
    assert caught.value.field.startswith(written(place))
    if not isinstance(value, dict) and not field.endswith("workflowspec"):
        assert (caught.value.field, caught.value.value) == (written(place), value)


def test_every_hazard_of_contents_is_refused_somewhere() -> None:
    assert {name for _, name, _, _ in REFUSED} == set(BY_CONTENT)


def test_every_name_that_a_list_shows_is_kept_free_of_colons() -> None:
    """Also the location that a blueprint creates."""
    refused = {(msgtype, field) for msgtype, name, field, _ in REFUSED if name == "colon_in_name"}
    assert refused == {
        ("addcolonymsg", "colony.name"),
        ("addexecutormsg", "executor.executorname"),
        ("addusermsg", "user.name"),
        ("addlocationmsg", "location.name"),
        ("createsnapshotmsg", "name"),
        ("addblueprintmsg", "blueprint.metadata.locationname"),
    }


def node(name: str, *parents: str) -> dict[str, Any]:
    return {"funcname": "f", "nodename": name, "conditions": {"dependencies": list(parents)}}


@pytest.mark.parametrize(
    ("nodes", "wrong"),
    [
        ([node("a"), node("b", "a"), node("c", "b", "a")], None),
        ([node("b", "a"), node("a")], None),
        ([], None),
        ([node("a", "a")], None),  # a cycle, which is another matter
        ([node("a"), node("b", "a", "A")], ("spec.functionspecs[1].conditions.dependencies[1]", "A")),
        ([node("a", "b")], ("spec.functionspecs[0].conditions.dependencies[0]", "b")),
        ([node("a"), node("b", "")], ("spec.functionspecs[1].conditions.dependencies[0]", "")),
    ],
)
def test_dependencies_are_nodes_of_the_same_workflow(
    nodes: list[dict[str, Any]], wrong: tuple[str, str] | None
) -> None:
    request = decode_request(
        METHODS["submitworkflowspecmsg"], {"spec": {"colonyname": "dev", "functionspecs": nodes}}
    )
    if wrong is None:
        check(request)
        return
    with pytest.raises(LimitError, match="the nodename of one of functionspecs") as caught:
        check(request)
    assert (caught.value.field, caught.value.value) == wrong


@pytest.mark.parametrize("msgtype", ["addcronmsg", "addgeneratormsg"])
def test_workflows_in_texts_keep_the_same_limits(msgtype: str) -> None:
    """What the server cannot read is left to it, and what it reads in another case counts."""
    method = METHODS[msgtype]
    (name,) = set(full(StructOf(method.request))) - {"msgtype"}

    def refusal(text: str) -> LimitError | None:
        payload = with_value(full(StructOf(method.request)), (name, "workflowspec"), text)
        try:
            check(decode_request(method, payload))
        except LimitError as error:
            return error
        return None

    nodes = [node("a"), node("b", "a")]
    for fine in (
        "",
        "no JSON",
        "[]",
        "7",
        "{}",
        "null",
        '{"functionspecs": 5}',
        json.dumps({"functionspecs": nodes}),
    ):
        assert refusal(fine) is None, fine
    wrong: dict[str, dict[str, Any]] = {
        "env['k']": {"env": {"k": "a\0"}},
        "conditions.dependencies[0]": {"conditions": {"dependencies": ["c"]}},
    }
    for place, fields in wrong.items():
        for key in ("functionspecs", "FunctionSpecs"):
            error = refusal(json.dumps({key: [node("a"), {**node("b"), **fields}]}))
            assert error is not None
            assert error.field == f"{name}.workflowspec.functionspecs[1].{place}"


def test_an_entry_concerns_requests_by_their_contents() -> None:
    request = METHODS["removeallprocessesmsg"].request
    whatever = HazardOf(hazard=hazards.TOO_MANY_READS)
    some = HazardOf(hazard=hazards.TOO_MANY_READS, field="state", values=(-1, 0))
    each = HazardOf(hazard=hazards.TOO_MANY_READS, field="state")
    refused = HazardOf(hazard=hazards.TOO_MANY_READS, field="state", refused=(9,))
    for state in (-1, 0, 2):
        sent = request(colonyname="dev", state=state)
        found = [entry.concerns(sent) for entry in (whatever, some, each, refused)]
        assert found == [True, state != 2, True, False]


def test_what_needs_a_word_more_is_this() -> None:
    """Everything else is sent as it is."""
    found = {
        (msgtype, entry.hazard.name, entry.field, entry.values)
        for msgtype, entry in entries()
        if entry.confirm
    }
    assert found == {
        ("removeallprocessesmsg", "all_processes_removed_while_closing", "state", (-1,)),
        ("removeallprocessgraphsmsg", "workflows_removed_by_state", "state", ()),
        ("subscribeprocessesmsg", "waiting_feed_takes_wakeups", "state", (0,)),
    }


@pytest.mark.parametrize(("name", "state", "hazard"), CONFIRMED)
def test_clients_refuse_what_needs_a_word_more(name: str, state: int, hazard: str) -> None:
    """The error names field, value, hazard and what to do instead; nothing is sent, so no server is needed."""
    error = refused_call(name, state)
    assert (error.field, error.value) == ("state", state)
    for text in (f"state is {state}", hazard, HAZARDS[hazard].avoid, "hazardous=True"):
        assert text in str(error)
    with (
        Client("http://127.0.0.1:1", colony_key="b2" * 32) as client,
        pytest.raises(InvalidRequestError) as caught,
    ):
        getattr(client, name)("dev", state)
    assert str(caught.value) == str(error)


@pytest.mark.parametrize("state", [ProcessState.WAITING, 2, 3, 4])
def test_processes_are_removed_by_state_without_a_word_more(state: int) -> None:
    request = METHODS["removeallprocessesmsg"].request(colonyname="dev", state=state)
    assert METHODS["removeallprocessesmsg"].unconfirmed(request) is None


def test_a_subscription_to_waiting_needs_a_word_more() -> None:
    method = METHODS["subscribeprocessesmsg"]
    for state in ProcessState:
        entry = method.unconfirmed(method.request(executortype="cli", state=state, timeout=9))
        assert (entry is not None) == (state is ProcessState.WAITING)


@pytest.mark.parametrize("stubs", [AsyncStubs, Stubs])
def test_only_calls_that_need_it_have_the_word(stubs: type) -> None:
    asking = {
        name
        for name, call in inspect.getmembers(stubs, inspect.isfunction)
        if name != "call" and "hazardous" in inspect.signature(call).parameters
    }
    assert asking == {"remove_all_processes", "remove_all_processgraphs"}


@pytest.mark.parametrize("stubs", [AsyncStubs, Stubs])
def test_every_call_tells_its_hazards(stubs: type) -> None:
    """In the docstring, by name and with the remedy."""
    told = 0
    for method in METHODS.values():
        call = getattr(stubs, method.name, None)
        text = " ".join((inspect.getdoc(call) or "").split()) if call else ""
        for entry in method.hazards if call else ():
            assert f" {entry.hazard.name} ({entry.hazard.effect.value}" in text
            assert entry.hazard.avoid in text
            told += 1
    assert told > 60


def refused_call(name: str, state: int) -> InvalidRequestError:
    """The refusal of a call of the asynchronous client."""
    client = AsyncClient("http://127.0.0.1:1", colony_key="b2" * 32)
    call = getattr(client, name)("dev", state)
    try:
        call.send(None)
    except InvalidRequestError as error:
        return error
    finally:
        call.close()
    raise AssertionError("it was not refused")


def place_of(msgtype: str, field: str) -> tuple[str | int, ...]:
    """Where the value at the path `field` stands in a payload that has one entry in every list and map."""
    shape: Shape = StructOf(METHODS[msgtype].request)
    place: list[str | int] = []
    for step in field.split("."):
        shape = inside(shape, place)
        assert isinstance(shape, StructOf)
        found = next(each for each in FIELDS[shape.type] if each.name == step)
        place.append(found.wire)
        shape = found.shape
    inside(shape, place)
    return tuple(place)


def inside(shape: Shape, place: list[str | int]) -> Shape:
    """The shape of an entry of a list or map, where it is one; adds the way there to `place`."""
    while isinstance(shape, ListOf | MapOf):
        place.append(0 if isinstance(shape, ListOf) else "k")
        shape = shape.item
    return shape


def test_a_hazard_is_a_constant() -> None:
    """It may be a key of a mapping, and cannot be changed."""
    assert {hazards.CANCEL_MEETS_REMOVAL: 1}[HAZARDS["cancel_meets_removal"]] == 1
    with pytest.raises(AttributeError, match="immutable"):
        hazards.CANCEL_MEETS_REMOVAL.name = "another"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    assert isinstance(hazards.CANCEL_MEETS_REMOVAL, Hazard)
