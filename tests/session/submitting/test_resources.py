"""Where a job may run and what it asks for: options whose values are written as people write them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from colonyos_gen_wire.constants import MAX_NODES_MATCHABLE
from colonyos_gen_wire.options import OPTIONS
from colonyos_gen_wire.requests.process import SubmitFunctionSpecMsg

from colonyos_gen import (
    GPU,
    Conditions,
    FunctionSpec,
    Interceptor,
    InvalidRequestError,
    NoProcessError,
    OutgoingCall,
    connect,
    workflow,
)
from colonyos_gen.interceptors import Proceed
from colonyos_gen.testing import LocalColony

ROOT = Path(__file__).parents[3]
SENT: list[tuple[dict[str, Any], Conditions]] = [
    ({"executornames": ["a", "b"]}, Conditions(executornames=["a", "b"])),
    ({"executornames": ("a",)}, Conditions(executornames=["a"])),
    ({"location": "Kiruna"}, Conditions(locationname="Kiruna")),
    ({"cpu": 2}, Conditions(cpu="2000m")),
    ({"cpu": 0.1}, Conditions(cpu="100m")),
    ({"cpu": 1 / 3}, Conditions(cpu="334m")),
    ({"cpu": "500m"}, Conditions(cpu="500m")),
    ({"cpu": " 1.5 "}, Conditions(cpu="1500m")),
    ({"cpu": 0}, Conditions(cpu="0m")),
    ({"mem": "4Gi"}, Conditions(mem="4Gi")),
    ({"mem": "512 Mi"}, Conditions(mem="512Mi")),
    ({"mem": "4G"}, Conditions(mem="4G")),
    ({"mem": "1.5Gi"}, Conditions(mem="1536Mi")),
    ({"mem": "4GB"}, Conditions(mem="3815Mi")),
    ({"mem": "2Ti"}, Conditions(mem="2097152Mi")),
    ({"mem": 2**30}, Conditions(mem="1024Mi")),
    ({"mem": 2**30 + 1}, Conditions(mem="1025Mi")),
    ({"mem": 1.5 * 2**30}, Conditions(mem="1536Mi")),
    ({"mem": 0}, Conditions(mem="0Mi")),
    ({"storage": "10Gi"}, Conditions(storage="10Gi")),
    ({"gpu": 1}, Conditions(gpu=GPU(count=1))),
    (
        {"gpu": 2, "gpuname": "A100", "gpumem": "40GB"},
        Conditions(gpu=GPU(name="A100", mem="38147Mi", count=2)),
    ),
    ({"nodes": 127}, Conditions(nodes=127)),
    ({"processes": 8, "processespernode": 4}, Conditions(processes=8, processes_per_node=4)),
    ({"walltime": 3600}, Conditions(walltime=3600)),
]


class Sent(Interceptor):
    """Keeps the specs of what is submitted."""

    def __init__(self) -> None:
        self.specs: list[FunctionSpec] = []

    async def around_call(self, call: OutgoingCall, proceed: Proceed) -> Any:
        if isinstance(call.request, SubmitFunctionSpecMsg):
            self.specs.append(call.request.spec)
        return await proceed()


def placed(conditions: Conditions) -> Conditions:
    """The same without what every job has."""
    return Conditions(
        **{
            name: getattr(conditions, name)
            for name in conditions.__struct_fields__
            if name not in ("colonyname", "executortype")
        }
    )


def test_every_option_further_down_has_its_line() -> None:
    """In the list of what is sent."""
    further = {name for name, option in OPTIONS[FunctionSpec].items() if len(option.path) > 1}
    assert {name for given, _ in SENT for name in given} == further


def test_what_is_sent(colonies: LocalColony) -> None:
    sent = Sent()
    with connect(environ=colonies.environment(), interceptors=[sent]) as session:
        for given, conditions in SENT:
            session.submit("f", to="x", lr=0.1, **given)
            session.rpc.run(session.asynchronous.submit("f", to="x", lr=0.1, **given))
            with pytest.raises(TimeoutError):
                session.call("f", to="x", timeout=0, lr=0.1, **given)
            task = workflow("w", to="x").task("f", lr=0.1, **given)
            specs = [*sent.specs, task.spec]
            assert [placed(spec.conditions) for spec in specs] == [conditions] * 4, given
            assert [spec.kwargs for spec in specs] == [{"lr": 0.1}] * 4
            sent.specs.clear()


class Count:
    """A whole number of another library."""

    def __index__(self) -> int:
        return 3


def test_numbers_of_other_kinds_are_amounts() -> None:
    given: dict[str, Any] = {"cpu": Fraction(1, 3), "mem": Fraction(2**31), "nodes": Count()}
    task = workflow("w", to="x").task("f", **given)
    assert task.spec.conditions == Conditions(cpu="334m", mem="2048Mi", nodes=3)


CPU = "a number of cores, such as 2 or 0.5, or text with thousandths of one, such as '500m'"
BYTES = (
    "text with a whole or decimal number and a unit, such as '512Mi', '4Gi' or '1.5GB', or a number of bytes"
)


@pytest.mark.parametrize(
    ("option", "value", "rule"),
    [
        *[("cpu", each, CPU) for each in (-1, True, "", "2 cores", "-1", float("nan"), float("inf"), 2**70, [1])],
        *[("mem", each, BYTES) for each in ("", "4", "-4Gi", "1e3Gi", "4 parsecs", False, float("nan"), 2**70, "99999999Ti")],
        ("mem", 4, "at least 2**20 as a number, which counts bytes; with a unit it is text, such as '4Gi'"),
        ("mem", "512m", f"{BYTES}; did you mean '512Mi' or '512MB'?"),
        ("storage", "10gb", f"{BYTES}; did you mean '10Gi' or '10GB'?"),
        ("gpumem", "40", BYTES),
        *[(name, 128, "a whole number, 0 or more, at most 127") for name in ("nodes", "processes", "processespernode")],
        ("nodes", -1, "a whole number, 0 or more, at most 127"),
        ("nodes", "2", "a whole number, 0 or more, at most 127"),
        ("gpu", 0.5, "a whole number, 0 or more, at most 2147483647"),
        ("gpu", "A100", "a whole number, 0 or more, at most 2147483647"),
        ("walltime", "1h", "a whole number, 0 or more, at most 2147483647"),
        ("walltime", True, "a whole number, 0 or more, at most 2147483647"),
        ("location", 3, "a str"),
        ("gpuname", 3, "a str"),
    ],
)  # fmt: skip
def test_what_is_no_amount_is_refused(colonies: LocalColony, option: str, value: Any, rule: str) -> None:
    """By the name of the option, with its value and what to write instead; nothing is sent."""
    given: dict[str, Any] = {option: value}
    ways: list[Callable[..., Any]] = [colonies.submit, colonies.session.call, workflow("w", to="x").task]
    for way in ways:
        with pytest.raises(
            InvalidRequestError, match=rf"{option} is .*; it must be {re.escape(rule)}$"
        ) as refused:
            way("f", to="x", **given)
        assert (refused.value.field, refused.value.rule) == (option, rule)
    assert colonies.client.get_processes(colonies.name) == []


@pytest.mark.parametrize("value", ["alice", b"alice", 3])
def test_names_of_executors_are_a_list(value: Any) -> None:
    with pytest.raises(TypeError, match=r"executornames is b?'?\w+'?; it must be a list of names"):
        workflow("w", to="x").task("f", executornames=value)


def test_a_count_is_limited_as_the_server_limits_it() -> None:
    options = OPTIONS[FunctionSpec]
    assert {options[name].maximum for name in ("nodes", "processes", "processespernode")} == {
        MAX_NODES_MATCHABLE
    }


def test_the_server_keeps_resources_and_shows_them(colonies: LocalColony) -> None:
    job = colonies.submit(
        "f", to="x", cpu=0.5, mem="4Gi", gpu=2, gpuname="A100", gpumem="40Gi", nodes=2, processes=8, processespernode=4,
        walltime=60, location="Here", executornames=["x-1"],
    )  # fmt: skip
    kept = Conditions(
        cpu="500m", mem="4096Mi", storage="0Mi", gpu=GPU(name="A100", mem="40960Mi", count=2), nodes=2, processes=8,
        processes_per_node=4, walltime=60, locationname="Here", executornames=["x-1"],
    )  # fmt: skip
    assert placed(job.process.spec.conditions) == kept
    assert placed(colonies.client.get_process(job.processid).spec.conditions) == kept


@pytest.mark.parametrize(
    ("option", "value"),
    [("location", "THERE"), ("executornames", ["taker"]), ("executornames", ["other", "taker"])],
)
def test_who_is_named_is_given_it(colonies: LocalColony, option: str, value: Any) -> None:
    given: dict[str, Any] = {option: value}
    job = colonies.submit("f", to="x", **given)
    flow = workflow("w", to="x")
    flow.task("f", name="only", **given)
    inside = colonies.submit(flow).processes()["only"]
    bystander = colonies.add_executor("x", "bystander", locationname="here")
    with pytest.raises(NoProcessError):
        bystander.client.assign(colonies.name, timeout=-1)
    taker = colonies.add_executor("x", "taker", locationname="there")
    taken = [taker.client.assign(colonies.name, timeout=-1).processid for _ in range(2)]
    assert taken == [job.processid, inside.processid]


@pytest.mark.parametrize(
    ("given", "enough", "too_little"),
    [
        ({"cpu": 2}, {"availablecpu": "2000m"}, {"availablecpu": "1999m"}),
        ({"mem": "4Gi"}, {"availablemem": "4Gi"}, {"availablemem": "4095Mi"}),
    ],
)
def test_who_has_enough_is_given_it(
    colonies: LocalColony, given: dict[str, Any], enough: dict[str, Any], too_little: dict[str, Any]
) -> None:
    job = colonies.submit("f", to="x", **given)
    taker = colonies.add_executor("x").client
    with pytest.raises(NoProcessError):
        taker.assign(colonies.name, timeout=-1, **too_little)
    assert taker.assign(colonies.name, timeout=-1, **enough).processid == job.processid


def test_tasks_do_not_share_what_is_changed_later() -> None:
    flow = workflow("w", to="x")
    task = flow.task("f", executornames=["a"], gpu=1)
    sent = flow.spec("dev").functionspecs[0].conditions
    sent.executornames.append("b")
    sent.gpu.count = 5
    assert (task.spec.conditions.executornames, task.spec.conditions.gpu.count) == (["a"], 1)


def test_arguments_with_names_of_options_go_into_kwargs(colonies: LocalColony) -> None:
    given: dict[str, Any] = dict.fromkeys(OPTIONS[FunctionSpec], 1)
    assert colonies.submit("f", to="x", kwargs=given).process.spec.kwargs == given


WRONG = {
    "cpu": "[2]", "mem": "[2]", "storage": "b'1Gi'", "gpu": "'one'", "gpuname": "3", "gpumem": "[1]", "nodes": "'2'",
    "processes": "0.5", "processespernode": "'2'", "walltime": "'1h'", "location": "3", "executornames": "[3]",
    "channels": "[3]", "kwargs": "[1]", "priority": "'high'", "label": "3", "env": "{'A': 1}", "maxwaittime": "'1'",
    "maxexectime": "0.5", "maxretries": "'2'",
}  # fmt: skip


@pytest.mark.long
def test_a_type_checker_finds_values_of_a_wrong_type(tmp_path: Path) -> None:
    """Each of them, in strict mode, however a job is spelt; and nothing in what is right."""
    assert WRONG.keys() == OPTIONS[FunctionSpec].keys()
    right = "cpu=0.5, mem='4Gi', storage=2**30, gpu=1, nodes=2, location='x', executornames=['a'], walltime=None, lr=0.1"
    lines = [
        "from colonyos_gen import AsyncSession, Session, Workflow",
        "from colonyos_gen.testing import LocalColony",
        "async def f(s: Session, a: AsyncSession, w: Workflow, c: LocalColony) -> None:",
    ]
    ways = ("s.submit(", "s.call(", "await a.submit(", "await a.call(", "w.task(", "c.submit(", "c.call(")
    lines += [f"    {way}'f', {right})" for way in ways]
    first = len(lines)
    lines += [f"    {way}'f', {name}={value})" for way in ways for name, value in WRONG.items()]
    (tmp_path / "program.py").write_text("\n".join(lines) + "\n", encoding="utf-8")
    settings = {"typeCheckingMode": "strict", "extraPaths": [str(ROOT), str(ROOT / "generated/python")]}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pyright", "--outputjson", "-p", str(tmp_path), "--pythonpath", sys.executable],
        capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    found = {
        each["range"]["start"]["line"]
        for each in json.loads(done.stdout)["generalDiagnostics"]
        if each["severity"] == "error"
    }
    assert found == set(range(first, len(lines))), done.stdout
