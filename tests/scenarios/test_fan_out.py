"""Scenario 4: a researcher runs 500 simulations between a preparation and a reduction, with a picture."""

from __future__ import annotations

from pathlib import Path

from colonyos_gen import SUCCESS, Context, Worker, connect, pictures, workflow
from colonyos_gen.testing import LocalColony
from tests.pictures.drawing import Drawing

w = Worker("hpc", concurrency=8)


@w.function
def prep() -> int:
    return 1000


@w.function
def sim(number: int, ctx: Context) -> int:
    return int(ctx.process.input[0]) + number


@w.function
def reduce(ctx: Context) -> int:
    return sum(ctx.process.input)


def test_a_sweep(colonies: LocalColony, tmp_path: Path) -> None:
    with connect(environ=colonies.environment()) as c, colonies.worker(w):
        with workflow("sweep") as wf:
            prep = wf.task("prep", to="hpc")
            runs = [wf.task("sim", i, after=prep) for i in range(500)]
            wf.task("reduce", after=runs)
        g = c.submit(wf)
        wf.to_svg(tmp_path / "dag.svg")
        assert g.wait(progress=True).output("reduce") == 500 * 1000 + sum(range(500))
        assert g.state is SUCCESS
    drawing = Drawing((tmp_path / "dag.svg").read_text(encoding="utf-8"))
    drawing.check()
    assert list(drawing.boxes) == ["prep", "sim", "reduce"]
    assert Drawing(pictures.draw_graph(g.graph)).words.endswith(": 502 tasks: 502 success")
