"""The builder: names, order, executor types, and the specification that comes out."""

from __future__ import annotations

import importlib

import pytest
from colonyos_gen_wire.types.process import Conditions, Filesystem, FunctionSpec
from colonyos_gen_wire.types.workflow import WorkflowSpec

import colonyos_gen
from colonyos_gen import Workflow, WorkflowError, workflow


def _order(wf: Workflow) -> dict[str, list[str]]:
    spec = wf.spec("dev")
    return {node.nodename: node.conditions.dependencies for node in spec.functionspecs}


def _types(wf: Workflow) -> dict[str, str]:
    return {node.nodename: node.conditions.executortype for node in wf.spec("dev").functionspecs}


def test_modules_do_not_hide_the_function() -> None:
    before = importlib.import_module("colonyos_gen.workflows._builder").workflow
    assert colonyos_gen.workflow is workflow is before


def test_a_fan_out_and_its_fan_in() -> None:
    with workflow("sweep") as wf:
        prep = wf.task("prep", to="hpc")
        runs = [wf.task("sim", i, after=prep) for i in range(500)]
        wf.task("reduce", after=runs)
    spec = wf.spec("dev")
    names = ["prep", "sim", *(f"sim-{i}" for i in range(2, 501)), "reduce"]
    assert [node.nodename for node in spec.functionspecs] == names
    assert [node.args for node in spec.functionspecs[1:4]] == [[0], [1], [2]]
    assert _order(wf)["sim-500"] == ["prep"]
    assert _order(wf)["reduce"] == names[1:-1]
    assert set(_types(wf).values()) == {"hpc"}
    assert {node.conditions.colonyname for node in spec.functionspecs} == {spec.colonyname} == {"dev"}


def test_arguments_and_options_arrive() -> None:
    wf = workflow("one", to="gpu")
    wf.task(
        "fit", "x", lr=0.1, kwargs={"to": "moon", "funcname": "g"}, name="fit it", channels=["out"], priority=3,
        label="mine", env={"A": "b"}, maxwaittime=5, maxexectime=6, maxretries=7,
    )  # fmt: skip
    assert wf.spec("dev").functionspecs == [
        FunctionSpec(
            funcname="fit", nodename="fit it", args=["x"], kwargs={"to": "moon", "funcname": "g", "lr": 0.1},
            conditions=Conditions(colonyname="dev", executortype="gpu"), priority=3, label="mine", env={"A": "b"},
            channels=["out"], maxwaittime=5, maxexectime=6, maxretries=7,
        )
    ]  # fmt: skip


def test_the_label_is_the_name_of_the_workflow() -> None:
    wf = workflow("sweep", to="hpc")
    wf.task("a")
    wf.task("b", label="")
    assert [node.label for node in wf.spec("dev").functionspecs] == ["sweep", ""]


def test_numbers_keep_clear_of_given_names() -> None:
    wf = workflow("names", to="hpc")
    made = [wf.task("f", name=name) for name in (None, "f-2", None, "f-3-x", None)]
    assert [task.name for task in made] == ["f", "f-2", "f-3", "f-3-x", "f-4"]
    with pytest.raises(WorkflowError, match=r"'names' has a task 'f-4' already") as caught:
        wf.task("f", name="f-4")
    assert caught.value.tasks == ("f-4",)
    assert len(wf) == 5


def test_after_takes_tasks_names_and_nestings_of_those() -> None:
    wf = workflow("nested", to="hpc")
    a, b = wf.task("a"), wf.task("b")
    wf.task("c", after=[a, ["b", (each for each in (a, b))], "late"])
    wf.task("late").after(b).after("a")
    assert _order(wf) == {"a": [], "b": [], "c": ["a", "b", "late"], "late": ["b", "a"]}
    with pytest.raises(TypeError, match="'d' comes after tasks or names of tasks, not int"):
        wf.task("d", after=[4])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]


def test_the_executor_type_is_its_own_or_the_first_parents_or_the_workflows() -> None:
    wf = workflow("types", to="edge")
    wf.task("own", to="hpc")
    wf.task("root")
    wf.task("child", after=["root", "own"])
    wf.task("grandchild", after=wf.task("other", after=["own", "root"]))
    wf.task("early", after="late")
    wf.task("late", to="gpu")
    assert _types(wf) == {
        "own": "hpc", "root": "edge", "child": "edge", "other": "hpc", "grandchild": "hpc", "early": "gpu", "late": "gpu",
    }  # fmt: skip


def test_a_task_without_an_executor_type_is_refused() -> None:
    wf = workflow("lost")
    wf.task("b", after=wf.task("a"))
    wf.task("c", to="hpc")
    with pytest.raises(
        WorkflowError, match=r"'lost': 'a', 'b' cannot run: there is no executor type.*to="
    ) as caught:
        wf.spec("dev")
    assert caught.value.tasks == ("a", "b")


def test_a_chain_longer_than_calls_may_be_nested() -> None:
    with workflow("chain", to="hpc") as wf:
        last = wf.task("step")
        for _ in range(5000):
            last = wf.task("step", after=last)
    assert _order(wf)["step-5001"] == ["step-5000"]
    assert set(_types(wf).values()) == {"hpc"}


def test_a_task_as_an_argument_is_refused() -> None:
    wf = workflow("dask", to="hpc")
    a = wf.task("a")
    with pytest.raises(TypeError, match=r"b: task 'a' is given as an argument; with after="):
        wf.task("b", a)
    with pytest.raises(TypeError, match=r"b: task 'a' is given as an argument; with after="):
        wf.task("b", x=a)
    with pytest.raises(TypeError, match=r"'b' got multiple values for 'x': in kwargs= as well"):
        wf.task("b", x=1, kwargs={"x": 2})


def test_a_task_of_another_workflow_is_refused() -> None:
    one, two = workflow("one", to="hpc"), workflow("two", to="hpc")
    a = one.task("a")
    with pytest.raises(WorkflowError, match="'b' of workflow 'two' cannot come after 'a' of another, 'one'"):
        two.task("b", after=a)


def test_what_comes_out_is_a_copy() -> None:
    wf = workflow("copy", to="hpc")
    wf.task("f", [1], k=2)
    first = wf.spec("dev")
    first.functionspecs[0].args.append(3)
    first.functionspecs[0].conditions.dependencies.append("f")
    assert wf.spec("dev").functionspecs[0].args == [[1]]
    assert _order(wf) == {"f": []}


def test_a_specification_goes_in_and_comes_out_again() -> None:
    files = Filesystem(mount="/data")
    spec = WorkflowSpec(
        colonyname="dev",
        functionspecs=[
            FunctionSpec(
                funcname="prep", nodename="p", fs=files, label="mine",
                conditions=Conditions(executortype="hpc", colonyname="dev", cpu="500m"),
            ),
            FunctionSpec(
                funcname="fit", nodename="q", kwargs={"a": 1},
                conditions=Conditions(executortype="gpu", colonyname="dev", dependencies=["p", "r"]),
            ),
            FunctionSpec(funcname="r", nodename="r", conditions=Conditions(executortype="gpu", colonyname="dev")),
        ],
    )  # fmt: skip
    assert Workflow.from_spec(spec).spec("dev") == spec
    extended = Workflow.from_spec(spec.functionspecs, name="more")
    extended.task("end", after=["q"])
    assert _order(extended) == {"p": [], "q": ["p", "r"], "r": [], "end": ["q"]}
    assert _types(extended)["end"] == "gpu"


def test_what_tasks_and_workflows_look_like() -> None:
    wf = workflow("sweep")
    assert repr(wf.task("f", name="n")) == "<Task 'n' of 'sweep': f>"
    assert repr(wf) == "<Workflow 'sweep': 1 tasks>"
    assert list(wf.tasks) == ["n"]
