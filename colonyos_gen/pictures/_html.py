"""Tables for notebooks: processes, executors, statistics, and lists of those.

The styles are inline and the colours of text and rules are those of the page, so that the tables fit into light and dark
ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any, Literal, TypeAlias, cast

from colonyos_gen_wire.constants import APPROVED, CANCELLED, FAILED, PENDING, RUNNING, SUCCESS, WAITING
from colonyos_gen_wire.types.common import ExecutorState, ProcessState
from colonyos_gen_wire.types.executor import Executor
from colonyos_gen_wire.types.process import Process
from colonyos_gen_wire.types.statistics import Statistics
from colonyos_gen_wire.types.workflow import ProcessGraph

from colonyos_gen._conventions import lives
from colonyos_gen.pictures._drawing import draw_graph
from colonyos_gen.pictures._look.labels import clean
from colonyos_gen.pictures._look.palette import INK, Shade, shade, state_name
from colonyos_gen.pictures._look.signs import sign
from colonyos_gen.pictures._look.spans import seconds_between, span
from colonyos_gen.pictures._look.values import call_text, value_text
from colonyos_gen.pictures._subjects import of_graph, progress

Shown: TypeAlias = Process | Executor | Statistics | ProcessGraph

_LONGEST = 160
"""Characters of a value that a cell shows; the tooltip has more."""
_LONGEST_TOOLTIP = 2000
_MOST_ROWS = 100
_MUTED = "opacity:0.72"
_MONO = "font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:0.92em"
_TABLE = "font:inherit;color:inherit;border-collapse:collapse;border:0;margin:0"
_CELL = "padding:4px 12px 4px 0;text-align:left;vertical-align:top;border:0;border-bottom:1px solid rgba(128,128,128,0.28)"

_EXECUTOR_SHADES: Mapping[ExecutorState, ProcessState] = {PENDING: WAITING, APPROVED: SUCCESS}
"""Executors have the colours of the states of processes that are next to theirs in meaning."""


def to_html(shown: Shown | Sequence[Shown]) -> str:
    """`shown`, or a list of things of one of those types, as HTML.

    A workflow becomes a picture, a list of workflows a table. Raises TypeError for anything else, and for empty lists.
    """
    made = table_of(shown)
    if made is None:
        raise TypeError(
            f"there is no table for {type(shown).__name__}; give processes, executors or statistics"
        )
    return made


def table_of(shown: object) -> str | None:
    """As `to_html`, with None for what there is no table for."""
    if isinstance(shown, ProcessGraph):
        return draw_graph(shown)
    if isinstance(shown, Process):
        return _process(shown)
    if isinstance(shown, Executor):
        return _executor(shown)
    if isinstance(shown, Statistics):
        return _statistics([shown])
    if isinstance(shown, list | tuple) and shown:
        return _several(cast("Sequence[object]", shown))
    return None


def _several(items: Sequence[object]) -> str | None:
    if all(isinstance(item, Process) for item in items):
        return _processes(cast("Sequence[Process]", items))
    if all(isinstance(item, Executor) for item in items):
        return _executors(cast("Sequence[Executor]", items))
    if all(isinstance(item, Statistics) for item in items):
        return _statistics(cast("Sequence[Statistics]", items))
    if all(isinstance(item, ProcessGraph) for item in items):
        return _graphs(cast("Sequence[ProcessGraph]", items))
    return None


def _process(process: Process) -> str:
    spec = process.spec
    rows = [
        ("call", _code(call_text(spec))),
        ("executor type", escape(clean(spec.conditions.executortype))),
        ("node", escape(clean(spec.nodename))),
        ("label", escape(clean(spec.label))),
        ("submitted", _moment(process.submissiontime)),
        ("waited", _span(process.submissiontime, process.starttime)),
        ("ran", _span(process.starttime, process.endtime)),
        ("retries", str(process.retries) if process.retries else ""),
        ("input", _values(process.input)),
        ("output", _values(process.output)),
        ("errors", "<br>".join(_code(error) for error in process.errors)),
        ("id", _code(process.processid)),
    ]
    body = "".join(_row([(_muted(name), ""), (value, "")]) for name, value in rows if value)
    return _card(f"{_strong(spec.funcname)} {_badge(process.state)}", body)


def _processes(processes: Sequence[Process]) -> str:
    rows = [
        _row(
            [
                (_code(call_text(process.spec)), ""),
                (_badge(process.state), ""),
                (escape(clean(process.spec.conditions.executortype)), ""),
                (_moment(process.submissiontime), ""),
                (_span(process.submissiontime, process.starttime), "right"),
                (_span(process.starttime, process.endtime), "right"),
                (_count(process.retries), "right"),
                (_result(process), ""),
                (_id(process.processid), ""),
            ]
        )
        for process in processes[:_MOST_ROWS]
    ]
    names = [
        "call",
        "state",
        "executor type",
        "submitted",
        "waited",
        "ran",
        "retries",
        "output or errors",
        "id",
    ]
    return _table(names, rows, _summary("process", "processes", [process.state for process in processes]))


def _executor(executor: Executor) -> str:
    rows = [
        ("type", escape(clean(executor.executortype))),
        ("colony", escape(clean(executor.colonyname))),
        ("location", escape(clean(executor.locationname))),
        ("registered", _moment(executor.commissiontime)),
        ("last heard from", _moment(executor.lastheardfromtime)),
        ("hardware", escape("; ".join(_hardware(executor)))),
        ("software", escape("; ".join(_software(executor)))),
        ("id", _code(executor.executorid)),
    ]
    body = "".join(_row([(_muted(name), ""), (value, "")]) for name, value in rows if value)
    return _card(f"{_strong(executor.executorname)} {_executor_badge(executor)}", body)


def _executors(executors: Sequence[Executor]) -> str:
    rows = [
        _row(
            [
                (_strong(executor.executorname), ""),
                (escape(clean(executor.executortype)), ""),
                (_executor_badge(executor), ""),
                (escape(clean(executor.locationname)), ""),
                (escape("; ".join(_hardware(executor))), ""),
                (_moment(executor.lastheardfromtime), ""),
                (_id(executor.executorid), ""),
            ]
        )
        for executor in executors[:_MOST_ROWS]
    ]
    names = ["executor", "type", "state", "location", "hardware", "last heard from", "id"]
    count = len(executors)
    return _table(names, rows, f"{count} executor{'' if count == 1 else 's'}")


def _statistics(several: Sequence[Statistics]) -> str:
    names = ["", *(state_name(state) for state in (WAITING, RUNNING, SUCCESS, FAILED, CANCELLED)), "in all"]
    made: list[str] = []
    for each in several:
        processes = [each.waitingprocesses, each.runningprocesses, each.successfulprocesses]
        processes += [each.failedprocesses, each.cancelledprocesses]
        workflows = [each.waitingworkflows, each.runningworkflows, each.successfulworkflows]
        workflows += [each.failedworkflows, each.cancelledworkflows]
        rows = [
            _row([(_muted(name), ""), *((_count(number), "right") for number in (*numbers, sum(numbers)))])
            for name, numbers in (("processes", processes), ("workflows", workflows))
        ]
        active = f" ({each.activeexecutors} approved)" if each.activeexecutors else ""
        colonies = f"{each.colonies} colon{'y' if each.colonies == 1 else 'ies'}"
        made.append(_table(names, rows, f"{colonies}, {each.executors} executors{active}", right=range(1, 7)))
    return "".join(made)


def _graphs(graphs: Sequence[ProcessGraph]) -> str:
    rows = [
        _row(
            [
                (_id(graph.processgraphid), ""),
                (_badge(graph.state), ""),
                (str(of_graph(graph, (), "").size or len(graph.processids)), "right"),
                (escape(clean(graph.initiatorname)), ""),
                (_moment(graph.submissiontime), ""),
                (_span(graph.starttime, graph.endtime), "right"),
            ]
        )
        for graph in graphs[:_MOST_ROWS]
    ]
    names = ["workflow", "state", "tasks", "submitted by", "submitted", "ran"]
    return _table(names, rows, _summary("workflow", "workflows", [graph.state for graph in graphs]))


def _result(process: Process) -> str:
    if process.errors:
        return "<br>".join(_code(error) for error in process.errors)
    return _values(process.output) or ("" if process.state == SUCCESS else _muted(progress(process)))


def _hardware(executor: Executor) -> Iterable[str]:
    for each in executor.capabilities.hardware:
        parts = [each.model, f"{each.cores} cores" if each.cores else each.cpu, each.mem]
        if each.gpu.count or each.gpu.name:
            parts.append(f"{each.gpu.count or 1} {each.gpu.name or 'GPU'}")
        yield clean(", ".join(part for part in parts if part))


def _software(executor: Executor) -> Iterable[str]:
    for each in executor.capabilities.software:
        if each.name == lives.NAME:
            continue
        yield clean(" ".join(part for part in (each.name, each.version) if part))


def _summary(one: str, many: str, states: Sequence[ProcessState]) -> str:
    counts = {state: states.count(state) for state in sorted(set(states))}
    words = ", ".join(f"{count} {state_name(state)}" for state, count in counts.items())
    return f"{len(states)} {one if len(states) == 1 else many}: {words}"


def _table(names: Sequence[str], rows: Sequence[str], caption: str, *, right: Iterable[int] = ()) -> str:
    number_columns = {"waited", "ran", "retries", "tasks"}
    right = {*right, *(place for place, name in enumerate(names) if name in number_columns)}
    head = "".join(
        f'<th style="{_CELL};font-weight:600;{_MUTED};white-space:nowrap{_aligned(place in right)}">{escape(name)}</th>'
        for place, name in enumerate(names)
    )
    more = "" if len(rows) < _MOST_ROWS else f" (the first {_MOST_ROWS} are shown)"
    return _framed(
        f'<div style="{_MUTED};margin:0 0 4px">{escape(caption)}{more}</div>'
        f'<table style="{_TABLE}"><thead><tr style="background:none">{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _card(title: str, body: str) -> str:
    return _framed(
        f'<div style="margin:0 0 4px">{title}</div><table style="{_TABLE}"><tbody>{body}</tbody></table>'
    )


def _framed(content: str) -> str:
    return (
        "<div style=\"font:13px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,Arial,sans-serif;color:inherit;"
        f'overflow-x:auto;margin:4px 0 8px">{content}</div>'
    )


def _row(cells: Sequence[tuple[str, Literal["", "right"]]]) -> str:
    inside = "".join(f'<td style="{_CELL}{_aligned(side == "right")}">{value}</td>' for value, side in cells)
    return f'<tr style="background:none">{inside}</tr>'


def _aligned(right: bool) -> str:
    return ";text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap" if right else ""


def _badge(state: ProcessState) -> str:
    drawn = (
        '<svg width="12" height="12" viewBox="-6.5 -6.5 13 13" style="margin:0 4px 0 -4px;vertical-align:-2px" '
        f'aria-hidden="true">{sign(0, 0, state, 5.5)}</svg>'
    )
    return _pill(shade(state), drawn, state_name(state))


def _executor_badge(executor: Executor) -> str:
    like = _EXECUTOR_SHADES.get(executor.state, CANCELLED)
    return _pill(shade(like), "", executor.state.name.lower())


def _pill(colours: Shade, drawn: str, words: str) -> str:
    return (
        f'<span style="display:inline-block;padding:0 8px;border-radius:9px;background:{colours.fill};color:{INK};'
        f'border:1px solid {colours.strong};font-size:12px;line-height:17px;white-space:nowrap">{drawn}{escape(words)}</span>'
    )


def _values(values: Sequence[Any]) -> str:
    return _code(", ".join(map(value_text, values[:_LONGEST_TOOLTIP]))) if values else ""


def _code(text: str) -> str:
    text = clean(text[: _LONGEST_TOOLTIP + 1])
    if len(text) <= _LONGEST:
        return f'<code style="{_MONO};background:none;color:inherit;padding:0">{escape(text)}</code>'
    tooltip = escape(text if len(text) <= _LONGEST_TOOLTIP else f"{text[:_LONGEST_TOOLTIP]}…")
    short = escape(f"{text[: _LONGEST - 1]}…")
    return f'<code style="{_MONO};background:none;color:inherit;padding:0" title="{tooltip}">{short}</code>'


def _id(text: str) -> str:
    style = f"{_MONO};{_MUTED};background:none;color:inherit;padding:0"
    return f'<code style="{style}" title="{escape(text)}">{escape(text[:8])}…</code>'


def _strong(text: str) -> str:
    return f"<strong>{escape(clean(text))}</strong>"


def _muted(text: str) -> str:
    return f'<span style="{_MUTED};white-space:nowrap">{escape(text)}</span>'


def _count(number: int) -> str:
    return str(number) if number else _muted("0")


def _moment(moment: datetime | None) -> str:
    if moment is None:
        return ""
    short = escape(f"{moment:%Y-%m-%d %H:%M:%S}")
    return f'<span style="white-space:nowrap" title="{escape(moment.isoformat())}">{short}</span>'


def _span(start: datetime | None, end: datetime | None) -> str:
    seconds = seconds_between(start, end)
    return "" if seconds is None else escape(span(seconds))
