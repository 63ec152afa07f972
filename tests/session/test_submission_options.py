"""The options of a submission are those of the schema, however it is spelt."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable
from typing import Any

import pytest
from colonyos_gen_wire.constants import FUNCTION_SPEC_OPTIONS

from colonyos_gen import AsyncSession, Client, FunctionSpec, Session, Workflow
from colonyos_gen.testing import LocalColony

BARE = FunctionSpec(funcname="f")


@pytest.mark.parametrize("session", [Session, AsyncSession])
def test_signature_of_submit(session: type[Any]) -> None:
    first = typing.get_overloads(session.submit)[0]
    named = [
        name for name, each in inspect.signature(first).parameters.items() if each.kind is each.KEYWORD_ONLY
    ]
    assert named == ["to", *FUNCTION_SPEC_OPTIONS]


def test_signature_of_task() -> None:
    parameters = inspect.signature(Workflow.task).parameters
    assert set(FUNCTION_SPEC_OPTIONS) <= set(parameters)
    for name in FUNCTION_SPEC_OPTIONS:
        default = parameters[name].default
        assert default == getattr(BARE, name) or (not default and not getattr(BARE, name))


@pytest.mark.parametrize("method", [Session.submit, AsyncSession.submit, Workflow.task, FunctionSpec.new])
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
