"""What IPython shows, in a shell of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from colonyos_gen import Executor, FunctionSpec, Process, ProcessGraph, Statistics, connect, workflow
from colonyos_gen.notebook import register
from colonyos_gen.testing import LocalColony

PROCESS = Process(processid="a" * 64, spec=FunctionSpec.new("f", "hpc", "dev"))


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    made: Any = InteractiveShell.instance()
    assert register()
    yield made
    InteractiveShell.clear_instance()


def _counted(value: list[object]) -> str:
    return f"<i>{len(value)}</i>"


def _shown(shell: InteractiveShell, value: object) -> dict[str, str]:
    formatter: Any = shell.display_formatter
    shown: dict[str, str] = formatter.format(value)[0]
    return shown


def test_tables_and_pictures(shell: InteractiveShell) -> None:
    for value in (
        PROCESS,
        Executor.new("n", "a" * 64, "hpc", "dev"),
        Statistics(),
        [PROCESS],
        (PROCESS, PROCESS),
    ):
        assert _shown(shell, value)["text/html"].startswith("<div")
    wf = workflow("w")
    wf.task("a")
    for graph in (ProcessGraph(processgraphid="a" * 64), wf):
        assert _shown(shell, graph)["image/svg+xml"].startswith("<svg")


def test_other_lists_are_shown_as_ever(shell: InteractiveShell) -> None:
    for value in ([], [1], (), [PROCESS, 1], {"a": PROCESS}):
        assert _shown(shell, value).keys() == {"text/plain"}


def test_registering_twice_and_beside_others() -> None:
    make: Any = InteractiveShell
    other = make()
    other.display_formatter.formatters["text/html"].for_type(list, _counted)
    assert register(other)
    assert register(other)
    assert _shown(other, [PROCESS])["text/html"] == "<i>1</i>"
    assert "text/html" in _shown(other, (PROCESS,))


def test_connecting_is_enough(colonies: LocalColony) -> None:
    shell: Any = InteractiveShell.instance()
    try:
        with connect(environ=colonies.environment()) as session:
            executor = colonies.add_executor("hpc")
            found = session.rpc.get_executors(colonies.name)
            assert executor.name in _shown(shell, found[0])["text/html"]
            assert "text/html" not in _shown(shell, found), (
                "Python's own types are left alone until asked for"
            )
            assert register()
            assert executor.name in _shown(shell, found)["text/html"]
    finally:
        InteractiveShell.clear_instance()


def test_without_ipython_nothing_happens() -> None:
    program = (
        "import sys; from colonyos_gen.notebook import register; print(register(), 'IPython' in sys.modules)"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert shown.stdout == "False False\n"


def test_with_ipython_but_no_shell() -> None:
    InteractiveShell.clear_instance()
    assert register() is False
