"""Workflows that could not run are refused, with the names of the tasks."""

from __future__ import annotations

import itertools
import pickle

import pytest
from colonyos_gen_wire.types.process import Conditions, FunctionSpec
from hypothesis import given
from hypothesis import strategies as st

from colonyos_gen import Workflow, WorkflowError, workflow
from colonyos_gen.workflows import check
from colonyos_gen.workflows._rules import find_cycle


def _nodes(**parents: list[str]) -> list[FunctionSpec]:
    return [
        FunctionSpec(funcname="f", nodename=name, conditions=Conditions(dependencies=names))
        for name, names in parents.items()
    ]


def test_a_cycle_is_named_in_the_order_in_which_it_would_run() -> None:
    wf = workflow("loop", to="hpc")
    wf.task("a", after="c")
    wf.task("b", after="a")
    wf.task("c", after=["b", "free"])
    wf.task("free")
    with pytest.raises(
        WorkflowError, match="'loop' has a cycle: a → b → c → a; it would never run"
    ) as caught:
        wf.spec("dev")
    assert caught.value.tasks == ("a", "b", "c", "a")


def test_a_task_after_itself() -> None:
    with pytest.raises(WorkflowError, match="the workflow has a cycle: a → a"):
        check(_nodes(a=["a"]))


def test_a_long_cycle_is_shortened() -> None:
    names = [f"t{i}" for i in range(40)]
    nodes = _nodes(**{name: [names[i - 1]] for i, name in enumerate(names)})
    with pytest.raises(WorkflowError, match=r"→ \(31 more\) →") as caught:
        check(nodes)
    assert len(caught.value.tasks) == 41


def _misspelt() -> None:
    with workflow("sweep", to="hpc") as wf:
        wf.task("sim")
        wf.task("reduce", after="simm")


def _interrupted() -> None:
    with workflow("sweep") as wf:
        wf.task("reduce", after="nothing")
        raise KeyError("an error of the program")


def test_an_unknown_name_comes_with_what_may_have_been_meant() -> None:
    message = r"'sweep': 'reduce' comes after 'simm' \(did you mean 'sim'\?\)"
    with pytest.raises(WorkflowError, match=message) as caught:
        _misspelt()
    assert caught.value.tasks == ("reduce",)


def test_an_error_inside_of_the_block_is_not_hidden() -> None:
    with pytest.raises(KeyError):
        _interrupted()


def test_many_unknown_names_are_shortened() -> None:
    with pytest.raises(WorkflowError, match=r", and 4 more: there is no such task"):
        check(_nodes(a=[f"x{i}" for i in range(9)]))


def test_no_tasks_no_name_and_a_name_twice() -> None:
    with pytest.raises(WorkflowError, match="the workflow has no tasks"):
        check([])
    with pytest.raises(WorkflowError, match="workflow 'w' has no tasks"), workflow("w"):
        pass
    with pytest.raises(WorkflowError, match="'w': node 2, 'g', has no nodename"):
        check([*_nodes(a=[]), FunctionSpec(funcname="g")], name="w")
    with pytest.raises(WorkflowError, match="node 1, 'g', has no nodename"):
        Workflow.from_spec([FunctionSpec(funcname="g")])
    with pytest.raises(WorkflowError, match="has a task 'a' already"):
        check([*_nodes(a=[]), *_nodes(a=[])])


def test_the_error_survives_pickling() -> None:
    error = WorkflowError("text", ["a", "b"])
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.tasks) == ("text", ("a", "b"))
    assert isinstance(again, ValueError)


@given(
    st.integers(1, 12).flatmap(lambda n: st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1))))
)
def test_what_is_found_is_a_cycle_and_what_is_not_has_an_order(edges: list[tuple[int, int]]) -> None:
    parents: dict[str, list[str]] = {}
    for parent, child in edges:
        parents.setdefault(str(parent), [])
        parents.setdefault(str(child), []).append(str(parent))
    cycle = find_cycle(parents)
    if cycle:
        assert cycle[0] == cycle[-1]
        assert len(set(cycle)) == len(cycle) - 1
        assert all(parent in parents[child] for parent, child in itertools.pairwise(cycle))
        return
    placed: set[str] = set()
    while len(placed) < len(parents):
        ready = {name for name, names in parents.items() if name not in placed and placed.issuperset(names)}
        assert ready
        placed |= ready
