"""The plain name is synchronous, `Async…` is its twin for coroutines, and what is read over time is a stream."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from importlib import import_module

import colonyos_gen

from .surface import is_ours, members, public_modules, public_names

TWINS = {"Client", "Scope", "Session", "ProcessHandle", "WorkflowHandle", "Stream", "ChannelStream"}
NOT_SIMPLY_TWINS = {
    "Client": {"run", "asynchronous"},
    "Scope": set[str](),
    "Session": {"asynchronous"},
    "ProcessHandle": {"asynchronous", "last_logs"},
    "WorkflowHandle": {"asynchronous", "graphs"},
    "ChannelStream": {"batch"},
    "Stream": set[str](),
}
"""What only one of the two has."""


def public_classes() -> Iterator[tuple[str, type[object]]]:
    """Those of this package; the words of the protocol, such as `SyncDirMount`, are its own."""
    for modulename in public_modules(colonyos_gen):
        module = import_module(modulename)
        for name in public_names(module):
            value = getattr(module, name)
            if inspect.isclass(value) and is_ours(value):
                yield name, value


def names_of(cls: type) -> set[str]:
    return {line.strip().removeprefix("async ").partition("(")[0] for line in members(cls)}


def coroutines_of(cls: type) -> set[str]:
    return {line.strip()[6:].partition("(")[0] for line in members(cls) if line.strip().startswith("async ")}


def test_each_async_class_has_a_twin_by_the_plain_name() -> None:
    found = dict(public_classes())
    assert {name.removeprefix("Async") for name in found if name.startswith("Async")} == TWINS
    assert found.keys() >= TWINS


def test_twins_have_the_same_members_and_plain_ones_nothing_to_await() -> None:
    found = dict(public_classes())
    for name in sorted(TWINS):
        plain, other = found[name], found[f"Async{name}"]
        assert names_of(plain) ^ names_of(other) <= NOT_SIMPLY_TWINS[name], name
        assert coroutines_of(plain) == set(), name
        assert coroutines_of(other) or name == "Scope", name
        assert not hasattr(plain, "__aiter__"), name
        assert not hasattr(other, "__iter__"), name


def test_no_name_of_another_family() -> None:
    strange = [
        name
        for name, _ in public_classes()
        if name.endswith("Feed") or name.startswith(("Sync", "Aio"))
        if name != "AiohttpTransport"  # named after the library
    ]
    assert strange == []


def test_what_is_gone_through_over_time_is_a_stream() -> None:
    for name, cls in public_classes():
        bases = {base.__name__ for base in inspect.getmro(cls)}
        if hasattr(cls, "__anext__"):
            assert "AsyncStream" in bases, name
        if hasattr(cls, "__next__"):
            assert "Stream" in bases, name
        if name.endswith("Stream"):
            assert bases & {"AsyncStream", "Stream"}, name


def returned(cls: type, name: str) -> set[str]:
    """The generic classes that a method says it returns."""
    return set(re.findall(r"(\w+)\[", str(inspect.signature(getattr(cls, name)).return_annotation)))


def test_all_that_gives_items_over_time_gives_streams() -> None:
    found = dict(public_classes())
    given = {
        "AsyncClient": ("process_events", "subscribe_processes"),
        "AsyncProcessHandle": ("logs", "stream"),
        "AsyncWorkflowHandle": ("graphs",),
        "Client": ("process_events", "subscribe_processes"),
        "ProcessHandle": ("logs", "stream"),
    }
    for cls, names in given.items():
        expected = "AsyncStream" if cls.startswith("Async") else "Stream"
        assert {name: returned(found[cls], name) for name in names} == {name: {expected} for name in names}, (
            cls
        )
