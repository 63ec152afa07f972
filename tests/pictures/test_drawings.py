"""Pictures of workflows that have not been submitted."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from colonyos_gen import Workflow, WorkflowError, WorkflowSpec, pictures, workflow
from colonyos_gen.pictures._layout.folding import WIDE
from tests.drawn import drawn
from tests.pictures.drawing import Drawing

GOLDEN = Path(__file__).parent / "golden"


def _diamond() -> Workflow:
    with workflow("diamond", to="hpc") as wf:
        split = wf.task("split")
        wf.task("join", after=[wf.task("left", after=split), wf.task("right", after=split, to="gpu")])
    return wf


@pytest.mark.parametrize("kind", ["svg", "mmd"])
def test_the_diamond_looks_as_it_did(kind: str) -> None:
    """When a picture has become better on purpose: look at it, then write it anew."""
    wf = _diamond()
    picture = wf.to_svg() if kind == "svg" else wf.to_mermaid()
    assert picture == (GOLDEN / f"diamond.{kind}").read_text(encoding="utf-8")


def test_the_diamond_is_one() -> None:
    drawing = Drawing(_diamond().to_svg())
    drawing.check()
    boxes = drawing.boxes
    assert drawing.lines == {("split", "left"), ("split", "right"), ("left", "join"), ("right", "join")}
    assert boxes["split"].bottom < boxes["left"].top == boxes["right"].top < boxes["join"].top
    assert boxes["left"].right < boxes["right"].left
    assert boxes["split"].left == boxes["join"].left == (boxes["left"].left + boxes["right"].left) / 2
    assert drawing.texts["right"] == ["right", "gpu"]
    assert drawing.words == "diamond: 4 tasks"


def test_it_is_written_to_a_file_and_shown_in_notebooks(tmp_path: Path) -> None:
    wf = _diamond()
    picture = wf.to_svg(tmp_path / "dag.svg")
    assert (tmp_path / "dag.svg").read_text(encoding="utf-8") == picture == wf._repr_svg_()  # pyright: ignore[reportPrivateUsage]
    with pytest.raises(FileNotFoundError):
        wf.to_svg(tmp_path / "nowhere" / "dag.svg")


def test_what_could_not_run_is_not_drawn() -> None:
    wf = workflow("loop")
    wf.task("a", after="b")
    wf.task("b", after="a")
    for draw in (wf.to_svg, wf.to_mermaid):
        with pytest.raises(WorkflowError, match="a → b → a"):
            draw()
    assert wf._repr_svg_() is None  # pyright: ignore[reportPrivateUsage]


def test_a_picture_needs_no_executor_types() -> None:
    wf = workflow("draft")
    wf.task("a")
    assert Drawing(wf.to_svg()).texts == {"a": ["a"]}


def test_a_specification_is_drawn_as_it_is() -> None:
    spec = _diamond().spec("dev")
    assert Drawing(pictures.draw_workflow(spec)).words == "workflow: 4 tasks"
    assert pictures.draw_workflow(spec, title="diamond") == _diamond().to_svg()
    assert pictures.workflow_to_mermaid(spec.functionspecs) == _diamond().to_mermaid()
    nothing = Drawing(pictures.draw_workflow(WorkflowSpec(colonyname="dev")))
    assert (nothing.words, nothing.boxes) == ("workflow: 0 tasks", {})


def test_five_hundred_alike_are_one_box() -> None:
    with workflow("sweep", to="hpc") as wf:
        prep = wf.task("prep")
        wf.task("reduce", after=[wf.task("sim", i, after=prep) for i in range(500)])
    drawing = Drawing(wf.to_svg())
    drawing.check()
    assert drawing.texts == {
        "prep": ["prep", "hpc"],
        "sim": ["sim \u00d7 500", "hpc"],
        "reduce": ["reduce", "hpc"],
    }
    assert drawing.lines == {("prep", "sim"), ("sim", "reduce")}
    assert drawing.words == "sweep: 502 tasks"
    assert "sim-2, sim-3" in drawing.tooltips["sim"]
    assert wf.to_mermaid().count("-->") == 2
    assert wf.to_mermaid(fold=False).count("-->") == 1000


def test_five_hundred_boxes_are_wrapped_into_rows() -> None:
    with workflow("sweep", to="hpc") as wf:
        prep = wf.task("prep")
        wf.task("reduce", after=[wf.task("sim", i, after=prep) for i in range(500)])
    drawing = Drawing(wf.to_svg(fold=False))
    drawing.check()
    assert len(drawing.boxes) == 502
    assert len(drawing.lines) == 1000
    assert drawing.view.right - drawing.view.left < 4000
    assert drawing.view.bottom - drawing.view.top < 4000


def test_chains_side_by_side_are_one_chain() -> None:
    with workflow("members", to="hpc") as wf:
        chains = [wf.task("post", after=wf.task("member", i)) for i in range(WIDE + 1)]
        wf.task("plot", after=chains)
    assert Drawing(wf.to_svg()).lines == {("member", "post"), ("post", "plot")}


def test_tasks_that_differ_are_not_joined() -> None:
    with workflow("different", to="hpc") as wf:
        roots = [wf.task("execute", name=f"{'abcdefghijkl'[i]} step") for i in range(12)]
        one, two = [wf.task("sim", i) for i in range(5)], [wf.task("sim", i, to="gpu") for i in range(5)]
        wf.task("end", after=[roots, one])
        wf.task("other end", after=two)
    drawing = Drawing(wf.to_svg())
    drawing.check()
    assert [text[0] for text in drawing.texts.values() if "\u00d7" in text[0]] == [
        "sim \u00d7 5",
        "sim \u00d7 5",
    ]
    assert len(drawing.boxes) == 12 + 2 + 2


def test_a_wide_layer_of_few_is_left_alone() -> None:
    with workflow("few", to="hpc") as wf:
        wf.task("end", after=[wf.task("sim", i) for i in range(WIDE)])
    assert len(Drawing(wf.to_svg()).boxes) == WIDE + 1


def test_any_text_is_text() -> None:
    nasty = '<script>alert("&amp;")</script>\x00\x0b\n\u202e\ud800 ]]> \' \U0001f41c 漢字'
    wf = workflow(nasty, to=nasty)
    wf.task(nasty, nasty, name=f"{nasty}1")
    wf.task("f", after=wf.task(nasty, name=nasty, k=nasty))
    svg = wf.to_svg()
    drawing = Drawing(svg)
    assert "<script" not in svg
    assert 'alert("&amp;")' in drawing.words
    assert "\n" not in drawing.words
    label = wf.to_mermaid().splitlines()[1]
    assert label.startswith('    n0["#60;script#62;alert(#34;#38;amp#59;#34;)')
    assert label.count('"') == 2


def test_long_labels_are_shortened_and_whole_in_the_tooltip() -> None:
    name = "prepare-the-observations-of-the-north-atlantic-v2"
    wf = workflow("long " * 40, to="hpc")
    wf.task("f", name=name)
    drawing = Drawing(wf.to_svg())
    shown = drawing.texts[name][0]
    assert shown.startswith("prepare")
    assert shown.endswith("-v2")
    assert "…" in shown
    assert drawing.tooltips[name].splitlines() == [name, "f()", "on hpc"]


@settings(deadline=None, max_examples=drawn(60))
@given(data=st.data(), count=st.integers(1, 40), fold=st.booleans())
def test_pictures_of_any_workflow_can_be_read(data: st.DataObject, count: int, fold: bool) -> None:
    wf = workflow("any", to="hpc")
    for number in range(count):
        parents = data.draw(st.sets(st.integers(0, number - 1), max_size=3)) if number else set[int]()
        names = [list(wf.tasks)[parent] for parent in parents]
        wf.task(data.draw(st.sampled_from(["sim", "merge", "a rather long name of a task"])), after=names)
    drawing = Drawing(wf.to_svg(fold=fold))
    drawing.check()
    assert drawing.words == f"any: {count} task{'' if count == 1 else 's'}"
    if not fold:
        assert drawing.lines == {(parent, name) for name, task in wf.tasks.items() for parent in task.parents}
        assert set(drawing.boxes) == set(wf.tasks)
        for parent, child in drawing.lines:
            assert drawing.boxes[parent].bottom < drawing.boxes[child].top


def test_a_chain_of_a_thousand_and_a_thousand_roots() -> None:
    chain, roots = workflow("chain", to="hpc"), workflow("roots", to="hpc")
    last = chain.task("step")
    for number in range(1000):
        last = chain.task("step", after=last)
        roots.task(f"r{number:b}x")
    drawing = Drawing(chain.to_svg())
    assert len({box.left for box in drawing.boxes.values()}) == 1
    Drawing(roots.to_svg()).check()
