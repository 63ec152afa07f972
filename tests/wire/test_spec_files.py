"""Spec files of the `colonies` command line, read as they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from colonyos_gen_wire import FunctionSpec, WorkflowSpec

from colonyos_gen.spec_file import load_spec
from colonyos_gen.testing import LocalColony

ECHO: dict[str, Any] = {
    "conditions": {"executortype": "echo-executor", "executornames": None, "walltime": 60, "mem": "10Gi"},
    "funcname": "echo",
    "args": ["hello", 1.5, True, None, {"a": [1]}],
    "kwargs": None,
    "maxwaittime": 0,
    "maxexectime": 0,
    "maxretries": 3,
}
DIAMOND: list[dict[str, Any]] = [
    {"nodename": "a", "funcname": "echo", "conditions": {"executortype": "e", "dependencies": []}},
    {"nodename": "b", "funcname": "echo", "conditions": {"executortype": "e", "dependencies": ["a"]}},
    {"nodename": "c", "funcname": "echo", "conditions": {"dependencies": ["a", "b"]}, "maxexectime": 5},
]
REFUSED: list[tuple[Any, Any, str]] = [
    (FunctionSpec, DIAMOND, r"is it a WorkflowSpec\? WorkflowSpec.from_file reads those"),
    (FunctionSpec, {"functionspecs": DIAMOND}, r"no funcname; is it a WorkflowSpec\?"),
    (FunctionSpec, {"conditions": {}}, "no funcname"),
    (FunctionSpec, b"{", "malformed|truncated"),
    (FunctionSpec, b'{"funcname": "\xff"}', "UTF-8|utf-8"),
    (FunctionSpec, b"", "truncated"),
    (FunctionSpec, 5, "Expected `object`, got `int`"),
    (FunctionSpec, {"funcname": 5}, r"Expected `str`, got `int` - at `\$.funcname`"),
    (FunctionSpec, {"funcname": "f", "conditions": {"nodes": "1"}}, r"at `\$.conditions.nodes`"),
    (WorkflowSpec, ECHO, r"no functionspecs; is it a FunctionSpec\?"),
    (WorkflowSpec, [ECHO, {"nodename": "b"}], r"no funcname at `\$\[1\]`"),
    (WorkflowSpec, [None], r"no funcname at `\$\[0\]`"),
    (WorkflowSpec, {"functionspecs": [{}]}, r"no funcname at `\$.functionspecs\[0\]`"),
    (WorkflowSpec, [ECHO | {"priority": "high"}], r"Expected `int`, got `str` - at `\$\[0\].priority`"),
    (WorkflowSpec, {"functionspecs": {}}, r"Expected `array.*`, got `object` - at `\$.functionspecs`"),
    (WorkflowSpec, "text", "Expected `object`, got `str`"),
]


def spec_file(tmp_path: Path, content: Any) -> Path:
    path = tmp_path / "spec.json"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def test_a_function(tmp_path: Path) -> None:
    spec = FunctionSpec.from_file(str(spec_file(tmp_path, ECHO)), "lab")
    assert (spec.funcname, spec.args) == ("echo", ECHO["args"])
    assert (spec.maxwaittime, spec.maxexectime, spec.maxretries) == (-1, -1, 3)
    assert (spec.conditions.colonyname, spec.conditions.mem, spec.conditions.executornames) == (
        "lab",
        "10Gi",
        [],
    )
    assert spec.kwargs == {}


def test_what_a_file_leaves_out_is_what_it_is_to_the_command_line(tmp_path: Path) -> None:
    spec = FunctionSpec.from_file(spec_file(tmp_path, {"funcname": "echo"}))
    assert (spec.maxwaittime, spec.maxexectime) == (-1, -1)
    assert spec.maxretries == 0
    assert spec.conditions.colonyname == ""
    assert spec.fs.dirs == []


def test_keys_match_in_any_case_and_unknown_ones_are_ignored(tmp_path: Path) -> None:
    content = {
        "FuncName": "echo",
        "MAXEXECTIME": 7,
        "conditions": {"ExecutorType": "e", "colonyid": "x"},
        "Fs": {},
    }
    spec = FunctionSpec.from_file(spec_file(tmp_path, content))
    assert (spec.funcname, spec.maxexectime, spec.conditions.executortype) == ("echo", 7, "e")


def test_the_colony_of_the_file_comes_first(tmp_path: Path) -> None:
    content = ECHO | {"conditions": {"colonyname": "theirs"}}
    assert FunctionSpec.from_file(spec_file(tmp_path, content), "mine").conditions.colonyname == "theirs"
    content = {"colonyname": "theirs", "functionspecs": DIAMOND}
    workflow = WorkflowSpec.from_file(spec_file(tmp_path, content), "mine")
    assert workflow.colonyname == "theirs"
    assert {spec.conditions.colonyname for spec in workflow.functionspecs} == {"theirs"}


@pytest.mark.parametrize(
    "content", [DIAMOND, {"functionspecs": DIAMOND}, {"FunctionSpecs": DIAMOND, "colonyname": ""}]
)
def test_a_workflow_is_a_list_or_an_object(tmp_path: Path, content: Any) -> None:
    workflow = WorkflowSpec.from_file(spec_file(tmp_path, content), "lab")
    assert workflow.colonyname == "lab"
    assert [spec.nodename for spec in workflow.functionspecs] == ["a", "b", "c"]
    assert [spec.maxexectime for spec in workflow.functionspecs] == [-1, -1, 5]
    assert {spec.maxwaittime for spec in workflow.functionspecs} == {-1}
    assert {spec.conditions.colonyname for spec in workflow.functionspecs} == {"lab"}
    assert workflow.functionspecs[2].conditions.dependencies == ["a", "b"]


def test_an_empty_workflow(tmp_path: Path) -> None:
    contents: list[Any] = [[], {"functionspecs": None}, {"functionspecs": []}]
    for content in contents:
        assert WorkflowSpec.from_file(spec_file(tmp_path, content), "lab") == WorkflowSpec(colonyname="lab")


@pytest.mark.parametrize(("type_", "content", "said"), REFUSED)
def test_other_files_are_refused_with_the_place(tmp_path: Path, type_: Any, content: Any, said: str) -> None:
    path = spec_file(tmp_path, content)
    with pytest.raises(ValueError, match=said) as caught:
        type_.from_file(path, "lab")
    assert str(caught.value).startswith(f"{path}: ")
    with pytest.raises(FileNotFoundError):
        type_.from_file(tmp_path / "nowhere.json")


def test_load_spec_tells_the_kinds_apart_and_looks_at_the_environment(tmp_path: Path) -> None:
    environ = {"COLONIES_COLONY_NAME": " lab "}
    spec = load_spec(spec_file(tmp_path, ECHO), environ=environ)
    assert isinstance(spec, FunctionSpec)
    assert spec.conditions.colonyname == "lab"
    for content in (DIAMOND, {"functionSpecs": DIAMOND}):
        workflow = load_spec(spec_file(tmp_path, content), environ=environ)
        assert isinstance(workflow, WorkflowSpec)
        assert workflow.colonyname == "lab"
    other = load_spec(spec_file(tmp_path, DIAMOND), "mine", environ=environ)
    assert isinstance(other, WorkflowSpec)
    assert other.colonyname == "mine"
    nameless = load_spec(spec_file(tmp_path, ECHO), environ={})
    assert isinstance(nameless, FunctionSpec)
    assert nameless.conditions.colonyname == ""
    with pytest.raises(ValueError, match=r"spec\.json: .*truncated"):
        load_spec(spec_file(tmp_path, b'{"funcname"'), environ=environ)


def test_a_server_takes_them(tmp_path: Path) -> None:
    with LocalColony() as colony:
        spec = FunctionSpec.from_file(spec_file(tmp_path, ECHO), colony.name)
        process = colony.client.submit(spec)
        assert (process.spec.maxexectime, process.spec.conditions.mem) == (-1, "10240Mi")
        workflow = WorkflowSpec.from_file(spec_file(tmp_path, DIAMOND), colony.name)
        assert len(colony.client.submit_workflow(workflow).processids) == 3
