"""The options of a submission are those of the schema, however it is spelt."""

from __future__ import annotations

import functools
import inspect
import re
import typing
from collections.abc import Callable
from typing import Any, cast

import pytest
from colonyos_gen_wire.constants import FUNCTION_SPEC_OPTIONS
from colonyos_gen_wire.options import OPTIONS

from colonyos_gen import AsyncSession, Client, FunctionSpec, Session, WaitTimeout, Workflow, workflow
from colonyos_gen.testing import LocalColony

BARE = FunctionSpec(funcname="f")
READ_BACK = ("0m", "0Mi")
"""Amounts of nothing, as the server writes them."""


def at(spec: FunctionSpec, option: str) -> Any:
    """What a spec has where an option goes."""
    return functools.reduce(getattr, OPTIONS[FunctionSpec][option].path, cast("Any", spec))


@pytest.mark.parametrize("session", [Session, AsyncSession, LocalColony])
def test_signature_of_submit(session: type[Any]) -> None:
    first = typing.get_overloads(session.submit)[0]
    named = [
        name for name, each in inspect.signature(first).parameters.items() if each.kind is each.KEYWORD_ONLY
    ]
    assert named == ["to", *FUNCTION_SPEC_OPTIONS]


@pytest.mark.parametrize("where", [Session, AsyncSession, LocalColony])
def test_signature_of_call(where: type[Any]) -> None:
    parameters = inspect.signature(where.call).parameters
    named = [name for name, each in parameters.items() if each.kind is each.KEYWORD_ONLY]
    assert named == ["to", "timeout", "returns", *FUNCTION_SPEC_OPTIONS]


def test_signature_of_task() -> None:
    parameters = inspect.signature(Workflow.task).parameters
    assert set(FUNCTION_SPEC_OPTIONS) <= set(parameters)
    for name in FUNCTION_SPEC_OPTIONS:
        default = parameters[name].default
        bare = at(BARE, name)
        assert default == bare or (not default and not bare)


@pytest.mark.parametrize(
    "method", [Session.submit, Session.call, AsyncSession.submit, Workflow.task, FunctionSpec.new]
)
def test_help_says_what_becomes_of_a_job_whose_worker_dies(method: Callable[..., Any]) -> None:
    said = " ".join(str(method.__doc__).split())
    if method == FunctionSpec.new:
        assert "`maxwaittime` -1, `maxexectime` -1, `maxretries` -1" in said
        return
    for words in ("maxexectime: ", "maxretries: ", "`-1`, the default", "worker died"):
        assert words in said


def test_help_of_a_call_says_it_as_well() -> None:
    said = " ".join(str(Client.submit.__doc__).split())
    for words in ("`maxexectime` and `maxretries` of `spec`, both `-1` by default", "whose worker dies"):
        assert words in said


def test_help_of_a_file_says_what_a_missing_option_is() -> None:
    said = str(FunctionSpec.from_file.__doc__)
    assert "`maxretries` that is missing is 0 like all else, and not -1 as elsewhere." in said
    assert "`maxexectime` that is missing" not in said


def test_a_lone_text_is_no_list_of_channels_of_a_task() -> None:
    alone: Any = "out"
    with pytest.raises(TypeError, match=r"channels is 'out'; it must be a list"):
        Workflow("one", to="math").task("f", channels=alone)


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("channels", 3, r"channels is 3; it must be a list of names"),
        ("channels", {"a": 1}, r"channels is {'a': 1}; it must be a list of names"),
        ("channels", b"out", r"channels is b'out'; it must be a list of names"),
        ("env", "ab", r"env is 'ab'; it must be a dict"),
        ("env", [("a", "b")], r"env is \[\('a', 'b'\)\]; it must be a dict"),
        ("env", {1: "a"}, r"env has the key 1; it must be a dict whose keys are str"),
        ("kwargs", [("a", 1)], r"kwargs is \[\('a', 1\)\]; it must be a dict"),
        ("kwargs", {1: 2}, r"kwargs has the key 1; it must be a dict whose keys are str"),
    ],
)
def test_what_is_no_list_and_no_dict_is_refused_alike(
    colonies: LocalColony, option: str, value: Any, said: str
) -> None:
    ways: list[Callable[..., Any]] = [
        colonies.submit,
        colonies.call,
        colonies.session.call,
        Workflow("one", to="math").task,
    ]
    for way in ways:
        with pytest.raises(TypeError, match=f"^{said}$"):
            way("f", to="math", **{option: value})
    assert colonies.client.get_processes(colonies.name) == []


@pytest.mark.parametrize("option", FUNCTION_SPEC_OPTIONS)
def test_an_option_that_is_none_is_not_given(colonies: LocalColony, option: str) -> None:
    nothing: dict[str, Any] = {option: None}
    spec = colonies.submit("f", to="math", **nothing).process.spec
    task = Workflow("", to="math").task("f", **nothing).spec
    assert at(task, option) == at(BARE, option)
    assert at(spec, option) in (at(BARE, option), *READ_BACK)
    whole = FunctionSpec.new("f", "math", colonies.name)
    whole.priority, whole.label, whole.maxretries = 3, "mine", 5
    again = colonies.submit(whole, **nothing).process.spec
    assert (again.maxretries, again.priority, again.label) == (5, 3, "mine")


def test_options_may_be_none_by_their_types(colonies: LocalColony) -> None:
    priority: int | None = None
    channels: list[str] | None = None
    spec = colonies.submit("f", to="math", priority=priority, channels=channels).process.spec
    assert (spec.priority, spec.channels) == (0, [])


def test_only_the_names_of_parameters_are_taken(colonies: LocalColony) -> None:
    kwargs: dict[str, Any] = {"what": 1, "self": 2, "funcname": 3, "args": 4, "options": 5, "after": None}
    assert colonies.submit("f", to="math", **kwargs).process.spec.kwargs == kwargs
    with pytest.raises(WaitTimeout) as waited:
        colonies.call("f", to="math", timeout=0, **kwargs)
    assert waited.value.handle.process.spec.kwargs == kwargs


def spellings(colony: LocalColony) -> dict[str, Callable[[], FunctionSpec]]:
    def task() -> FunctionSpec:
        wf = Workflow("one", to="math")
        wf.task("f")
        return colony.submit(wf).processes()["f"].spec

    return {
        "submit": lambda: colony.submit("f", to="math").process.spec,
        "spec": lambda: colony.submit(FunctionSpec.new("f", "math", colony.name)).process.spec,
        "task": task,
    }


@pytest.mark.parametrize("how", ["submit", "spec", "task"])
def test_a_job_means_the_same_however_it_is_spelt(colonies: LocalColony, how: str) -> None:
    spec = spellings(colonies)[how]()
    assert (spec.maxretries, spec.maxexectime, spec.maxwaittime, spec.priority) == (-1, -1, -1, 0)
    assert spec.maxretries == BARE.maxretries


MISSPELT = {
    "prioritty": "priority", "maxexectim": "maxexectime", "max_exec_time": "maxexectime", "maxRetries": "maxretries",
    "lable": "label", "chanels": "channels", "kwarg": "kwargs", "maxretires": "maxretries",
    "memory": "mem", "cpus": "cpu", "gpus": "gpu", "node": "nodes", "wall_time": "walltime", "storrage": "storage",
    "locationname": "location", "executor_name": "executornames", "processes_per_node": "processespernode",
    "executortype": "to", "executor_type": "to", "GpuMemory": "gpumem",
}  # fmt: skip


@pytest.mark.parametrize(("written", "meant"), MISSPELT.items())
def test_a_misspelt_option_is_no_argument_of_the_function(
    colonies: LocalColony, written: str, meant: str
) -> None:
    """However a job is spelt; whoever means an argument says so."""
    told = f"there is no option '{written}'; did you mean '{meant}'?"
    given: dict[str, Any] = {written: 1}
    flow = workflow("w", to="x")
    for spelling in (colonies.session.submit, colonies.session.call, colonies.submit, flow.task):
        with pytest.raises(TypeError, match=re.escape(told)):
            spelling("f", to="x", **given)
    assert colonies.client.get_processes(colonies.name) == []
    meant_so = colonies.session.submit("f", to="x", kwargs=given).process
    assert meant_so.spec.kwargs == given


@pytest.mark.parametrize(
    "name",
    [
        "env_name",
        "retries",
        "time",
        "level",
        "channel_name",
        "maximum",
        "labels_of",
        "lr",
        "text",
        "place",
        "model",
        "modes",
    ],
)
def test_other_keywords_are_arguments(colonies: LocalColony, name: str) -> None:
    given: dict[str, Any] = {name: 1}
    assert colonies.session.submit("f", to="x", **given).process.spec.kwargs == given
