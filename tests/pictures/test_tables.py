"""Tables of processes, executors, statistics and workflows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import msgspec
import pytest
from colonyos_gen_wire.types.executor import GPU, Capabilities, Hardware, Software

from colonyos_gen import FAILED, SUCCESS, FunctionSpec, Process, ProcessGraph, Statistics, workflow
from colonyos_gen._conventions import lives
from colonyos_gen.pictures import to_html
from colonyos_gen.testing import LocalColony

START = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


class _Page(HTMLParser):
    """Texts of the cells of all rows; fails if tags do not match."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.text = ""
        self.tags: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag != "br" and not (tag in ("circle", "path", "rect") and self.get_starttag_text()):
            self._open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        assert not any(name.startswith("on") for name, _ in attrs)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        if "td" in self._open or "th" in self._open:
            self.rows[-1][-1] += data


def _process(**fields: object) -> Process:
    spec = FunctionSpec.new("sim", "hpc", "dev")
    spec.args, spec.kwargs = [3, "<b>"], {"lr": 0.1}
    return msgspec.structs.replace(Process(processid="ab" * 32, spec=spec, submissiontime=START), **fields)


def test_one_process() -> None:
    process = _process(
        state=SUCCESS,
        starttime=START + timedelta(seconds=2),
        endtime=START + timedelta(seconds=5),
        output=[{"a": "</td>"}],
    )
    page = _Page(to_html(process))
    assert page.text.startswith("sim success")
    assert dict(page.rows) == {  # pyright: ignore[reportArgumentType]
        "call": "sim(3, '<b>', lr=0.1)", "executor type": "hpc", "submitted": "2026-03-04 05:06:07", "waited": "2 s",
        "ran": "3 s", "output": "{'a': '</td>'}", "id": "ab" * 32,
    }  # fmt: skip


def test_many_processes() -> None:
    failed = _process(state=FAILED, errors=["ValueError: <x>", "line 3"], retries=2)
    page = _Page(to_html([_process(), failed, *[_process()] * 150]))
    assert page.text.startswith("152 processes: 151 waiting, 1 failed (the first 100 are shown)")
    assert len(page.rows) == 101
    assert page.rows[2][1] == "failed"
    assert page.rows[2][6:8] == ["2", "ValueError: <x>line 3"]
    assert page.rows[1][7] == "waiting"


def test_a_huge_value_is_cut() -> None:
    page = to_html([_process(output=["x" * 10_000_000], state=SUCCESS)])
    assert len(page) < 20_000


def test_executors(colonies: LocalColony) -> None:
    executor = colonies.add_executor("hpc", "hpc-1")
    row = msgspec.structs.replace(
        executor.client.get_executor(colonies.name, "hpc-1"),
        capabilities=Capabilities(
            hardware=[Hardware(model="EPYC", cores=64, mem="512Gi", gpu=GPU(name="A100", count=4))],
            software=[Software(name="python", version="3.12"), lives.shown("0123", "it lives")],
        ),
    )
    page = _Page(to_html(row))
    assert page.text.startswith("hpc-1 approved")
    assert ["hardware", "EPYC, 64 cores, 512Gi, 4 A100"] in page.rows
    assert ["software", "python 3.12"] in page.rows
    colonies.add_executor("gpu", "gpu-1", approve=False)
    page = _Page(to_html(colonies.client.get_executors(colonies.name)))
    assert page.text.startswith("2 executors")
    assert sorted(row[:3] for row in page.rows[1:]) == [
        ["gpu-1", "gpu", "pending"],
        ["hpc-1", "hpc", "approved"],
    ]


def test_statistics(colonies: LocalColony) -> None:
    wf = workflow("w", to="hpc")
    wf.task("b", after=wf.task("a"))
    colonies.client.submit_workflow(wf.spec(colonies.name))
    colonies.add_executor("hpc").client.assign(colonies.name, timeout=-1)
    page = _Page(to_html(colonies.client.get_statistics(colonies.name)))
    assert page.text.startswith("1 colony, 1 executors (1 approved)")
    assert page.rows[0] == ["", "waiting", "running", "success", "failed", "cancelled", "in all"]
    assert page.rows[1:] == [
        ["processes", "1", "1", "0", "0", "0", "2"], ["workflows", "0", "1", "0", "0", "0", "1"]
    ]  # fmt: skip
    assert len(_Page(to_html([Statistics(), Statistics()])).rows) == 6


def test_workflows(colonies: LocalColony) -> None:
    wf = workflow("w", to="hpc")
    wf.task("b", after=wf.task("a"))
    graph = colonies.client.submit_workflow(wf.spec(colonies.name))
    page = _Page(to_html(colonies.client.get_processgraphs(colonies.name)))
    assert page.rows[1][:4] == [f"{graph.processgraphid[:8]}…", "waiting", "2", "user"]
    assert to_html(ProcessGraph(processgraphid="f" * 64)).startswith("<svg")


def test_what_there_is_no_table_for() -> None:
    for shown in (3, [], [3], [_process(), Statistics()]):
        with pytest.raises(TypeError, match=r"there is no table for (int|list)"):
            to_html(shown)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
