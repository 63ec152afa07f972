"""Texts of others do nothing to the terminal of who reads them; the data itself stays as it is."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest
from colonyos_gen_wire import Log
from colonyos_gen_wire.hazards import HAZARDS
from colonyos_gen_wire.terminal import visible

from colonyos_gen import (
    FunctionLookupError,
    FunctionSpec,
    ProcessCancelled,
    ProcessFailed,
    RemovalRefused,
    RPCError,
    WaitTimeout,
    Worker,
)
from colonyos_gen._log import ShownFormatter
from colonyos_gen.cli.main import main
from colonyos_gen.demo.table import process_table
from colonyos_gen.server.hazards._noticed import Occurrence, Part
from colonyos_gen.session._streams.bar import NotebookBar, TerminalBar
from colonyos_gen.session._streams.progress import Look
from colonyos_gen.testing import LocalColony
from colonyos_gen.worker import JsonFormatter

EVIL = "\x1b]0;title\x07\x1b[2J\x9b31m\r\x08\x7f\u202egnp.exe\u2066\u2028\x00"
_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def require_shown(text: str) -> None:
    """What is evil is in it, and written out."""
    assert r"\x1b]0;title\x07" in text
    assert not _OBEYED.search(text)


def test_what_is_written_out() -> None:
    assert visible("a\tb\nc\r\nd ü 日本 שלום 🙂") == "a\tb\nc\r\nd ü 日本 שלום 🙂"
    assert visible(EVIL) == (r"\x1b]0;title\x07\x1b[2J\x9b31m\r\x08\x7f\u202egnp.exe\u2066\u2028\x00")
    assert visible("half \ud800") == r"half \ud800"


def test_errors(colonies: LocalColony) -> None:
    process = colonies.client.submit(FunctionSpec.new(f"f{EVIL}".replace("\0", ""), "none", colonies.name))
    for error in (
        RPCError(f"no {EVIL}", method="submit", hint=EVIL),
        ProcessFailed(process, [EVIL, "second"], [Log(processid=process.processid, message=EVIL)]),
        RemovalRefused(EVIL, [EVIL], EVIL),
        FunctionLookupError(EVIL, [], [EVIL]),
        FunctionLookupError(EVIL, [EVIL], []),
        ProcessFailed(process, [], []),
        ProcessCancelled(process),
        WaitTimeout(colonies.session.process(process.processid), 1, "", EVIL),
        WaitTimeout(colonies.session.process(process.processid), 1, EVIL),
    ):
        require_shown(str(error).replace("\n", " "))
        assert not _OBEYED.search(repr(error))


def test_the_data_is_as_it_was_written(colonies: LocalColony) -> None:
    text = EVIL.replace("\0", "")
    worker = Worker("tester", grace=1)

    @worker.function
    def fail(text: str) -> None:
        raise ValueError(text)

    with colonies.worker(worker):
        handle = colonies.session.submit("fail", text, to="tester")
        with pytest.raises(ProcessFailed) as caught:
            handle.output(300)
    assert caught.value.errors[0] == f"ValueError: {text}"
    require_shown(str(caught.value).replace("\n", " "))


def test_hazards() -> None:
    hazard = next(iter(HAZARDS.values()))
    part = Part("getcoloniesmsg", EVIL, EVIL, 0, under_way=False)
    met = Occurrence(hazard, (part,), EVIL)
    require_shown(str(part) + str(met) + met.overlap)


@pytest.mark.parametrize("formatter", [ShownFormatter("%(message)s"), JsonFormatter()])
def test_logs(formatter: logging.Formatter) -> None:
    """Also the lines of others, such as those of a function with a logger of its own."""
    record = logging.LogRecord("theirs", logging.INFO, "", 1, "%s", (EVIL,), None)
    text = formatter.format(record)
    assert "title" in text
    assert not _OBEYED.search(text)


def test_progress_in_terminals(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("rich")
    with TerminalBar(EVIL) as bar:
        bar.show(Look(1, 2, EVIL, EVIL))
    told = capsys.readouterr().out
    assert r"title\x07" in told
    assert "\x1b]0" not in told
    assert "\u202e" not in told


def test_progress_in_notebooks() -> None:
    shown: list[dict[str, str]] = []

    def display(data: dict[str, str], **_options: object) -> None:
        shown.append(data)

    NotebookBar(EVIL, display).show(Look(1, 2, EVIL, EVIL))
    require_shown(shown[0]["text/plain"])


def test_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = EVIL.replace("\0", "")
    spec = tmp_path / f"spec{name}.json"
    spec.write_text('{"conditions": {"executortype": "x"}, "funcname": "f", "a\\u001b]0;title\\u0007": 1}')
    assert main(["lint", str(spec)]) == 100
    require_shown(capsys.readouterr().out.replace("\n", " "))
    assert main(["lint", str(tmp_path / name)]) == 2
    require_shown(capsys.readouterr().err.replace("\n", " "))
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / name).write_text("x")
    assert main(["keys", "list", "--folder", str(tmp_path / "keys")]) == 0
    require_shown(capsys.readouterr().out.replace("\n", " "))
    assert main(["keys", "id", f"{tmp_path}/{name}"]) == 1
    require_shown(capsys.readouterr().err.replace("\n", " "))


def test_the_table_of_the_demonstration(colonies: LocalColony) -> None:
    spec = FunctionSpec.new(f"f{EVIL}".replace("\0", ""), "none", colonies.name)
    process = colonies.client.submit(spec)
    process.errors = [EVIL]
    require_shown(process_table([process]).replace("\n", " "))
