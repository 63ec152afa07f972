"""What could not do what is meant is refused before it is sent, with the option, the value, and what it must be."""

from __future__ import annotations

import asyncio
import gc
import math
import warnings
from collections.abc import Callable
from typing import Any

import pytest

from colonyos_gen import FunctionLookupError, FunctionSpec, InvalidRequestError, Worker, workflow
from colonyos_gen.testing import LocalColony

WIDEST = "a whole number, -2147483648 or more, at most 2147483647"


def ways(colonies: LocalColony) -> list[Callable[..., Any]]:
    return [colonies.submit, colonies.call, colonies.session.call, workflow("w", to="x").task]


@pytest.mark.parametrize("to", ["", "  ", 3, ["math"]])
def test_an_executor_type_has_a_name(colonies: LocalColony, to: Any) -> None:
    for way in ways(colonies):
        with pytest.raises(InvalidRequestError) as caught:
            way("add", 1, 2, to=to)
        text = f": to is {to!r}; it must be the name of an executor type, or None"
        assert text in str(caught.value)
        assert (caught.value.field, caught.value.value) == ("to", to)
    with pytest.raises(InvalidRequestError, match=r"to is .*; it must be the name of an executor type"):
        workflow("w", to=to)
    assert colonies.client.get_processes(colonies.name) == []


def test_a_spec_without_a_type_is_for_the_one_that_offers_the_function(colonies: LocalColony) -> None:
    spec = FunctionSpec(funcname="add", args=[1, 2])
    with pytest.raises(FunctionLookupError):
        colonies.submit(spec)
    worker = Worker("math")

    @worker.function
    def add(a: int, b: int) -> int:
        return a + b

    with colonies.worker(worker):
        assert colonies.submit(spec).output(60) == 3


def test_nobody_hears_of_types_for_what_was_not_submitted(colonies: LocalColony) -> None:
    heard: list[str] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: heard.append(str(context)))
        spec = FunctionSpec.new("add", "mth", colonies.name)
        spec.priority = 10**9
        with pytest.raises(InvalidRequestError):
            await colonies.asession.submit(spec)
        while len(asyncio.all_tasks()) > 1:
            await asyncio.sleep(0.01)
        gc.collect()

    warnings.simplefilter("error")  # what looks for the type raises then
    asyncio.run(main())
    assert heard == []


@pytest.mark.parametrize(
    ("option", "value", "rule"),
    [
        *[(name, 2**31, WIDEST) for name in ("maxwaittime", "maxexectime", "maxretries")],
        *[(name, -(2**31) - 1, WIDEST) for name in ("maxwaittime", "maxexectime", "maxretries")],
        ("maxwaittime", 2**40, WIDEST),
        ("maxexectime", 1.5, WIDEST),
        ("maxexectime", math.nan, WIDEST),
        ("priority", 50001, "a whole number, -50000 or more, at most 50000"),
        ("walltime", 2**31, "a whole number, 0 or more, at most 2147483647"),
        ("gpu", 2**31, "a whole number, 0 or more, at most 2147483647"),
        ("cpu", math.nan, "a number of cores"),
        ("cpu", 2**63, "a number of cores"),
        ("mem", math.inf, "text with a whole or decimal number"),
        ("storage", f"{2**63}Gi", "text with a whole or decimal number"),
    ],
)
def test_what_the_server_cannot_keep(colonies: LocalColony, option: str, value: Any, rule: str) -> None:
    given: dict[str, Any] = {option: value}
    for way in ways(colonies):
        with pytest.raises(InvalidRequestError) as caught:
            way("f", to="x", **given)
        assert f"{option} is {value!r}; it must be {rule}" in str(caught.value)
    assert colonies.client.get_processes(colonies.name) == []


@pytest.mark.parametrize("timeout", [-1, -0.5, math.nan, -math.inf, "3", True])
def test_timeouts_of_calls(colonies: LocalColony, timeout: Any) -> None:
    for call in (colonies.call, colonies.session.call):
        with pytest.raises(InvalidRequestError, match=r"timeout is .*; it must be a number of seconds"):
            call("f", to="x", timeout=timeout)
    assert colonies.client.get_processes(colonies.name) == []


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        *[
            (name, "timeout")
            for name in ("time_out", "timeoout", "time-out", "Timeout", "timeouts", "tiemout")
        ],
        *[(name, "returns") for name in ("return", "return_", "Returns", "retruns")],
        ("max_wait_time", "maxwaittime"),
        ("max-retries", "maxretries"),
    ],
)
def test_what_is_nearly_an_option_of_a_call(colonies: LocalColony, name: str, meant: str) -> None:
    given: dict[str, Any] = {name: 3}
    for call in (colonies.call, colonies.session.call):
        with pytest.raises(TypeError, match=f"^there is no option '{name}'; did you mean '{meant}'"):
            call("f", to="x", **given)
    assert colonies.client.get_processes(colonies.name) == []


def test_of_submissions_a_timeout_is_an_argument(colonies: LocalColony) -> None:
    assert colonies.submit("f", to="x", timeout=3).process.spec.kwargs == {"timeout": 3}


@pytest.mark.parametrize("name", ["", " "])
def test_functions_have_names(colonies: LocalColony, name: str) -> None:
    for call in (colonies.call, colonies.submit, colonies.session.submit, workflow("w").task):
        with pytest.raises(InvalidRequestError, match=r"funcname is .*; it must be the name of a function"):
            call(name, to="x")
    assert colonies.client.get_processes(colonies.name) == []


@pytest.mark.parametrize("name", ["aftr", "after_", "afetr"])
def test_what_is_nearly_an_option_of_a_task(name: str) -> None:
    """The order of the workflow would be lost."""
    given: dict[str, Any] = {name: "a"}
    with pytest.raises(TypeError, match=f"^there is no option '{name}'; did you mean 'after'"):
        workflow("w").task("f", to="x", **given)
