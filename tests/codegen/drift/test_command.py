"""How `drift` is asked, in which forms it tells, and how it ends."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from colonyos_gen_codegen.cli import main

from tests.codegen.kit.go_library import SCHEMA, Library, drift, told

GET = "pkg/rpc/get_books_msg.go"


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """Sources with a field more, and one less."""
    library = Library(tmp_path / "go")
    library.edit(GET, '	Author string `json:"author"`\n', '	Shelf int `json:"shelf"`\n')
    return library


def test_a_line_has_all_there_is_to_know(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = drift(capsys, "--source", library.root)
    rpc = f"{SCHEMA.relative_to(Path.cwd())}/rpc/library.yaml"
    assert (code, err) == (100, "")
    assert out.splitlines() == [
        f"field removed GetBooksMsg.author: schema has string ({rpc}:50), source has nothing ({GET}:9)"
        "; say until which server it is there",
        f"field added GetBooksMsg.shelf: schema has nothing ({rpc}:35), source has integer ({GET}:10)"
        "; add it, with a description and since when it is there",
        f"2 differences between {SCHEMA.relative_to(Path.cwd())} and {library.root}",
    ]


def test_markdown_is_a_table(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = drift(capsys, "--source", library.root, "--format", "markdown")
    lines = out.splitlines()
    assert code == 100
    assert lines[0] == "| difference | of | schema | source | what to do |"
    assert lines[2].startswith("| field removed | `GetBooksMsg.author` | `string` ")
    assert {line.count("|") for line in lines[:4]} == {6}
    assert lines[-1].startswith("2 differences between ")


def test_json_has_the_notes(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    library.add("pkg/broken.go", "package broken\n\nfunc (\n")
    _, out, _ = drift(capsys, "--source", library.root, "--format", "json")
    document = json.loads(out)
    assert [entry["subject"] for entry in document["differences"]] == [
        "GetBooksMsg.author",
        "GetBooksMsg.shelf",
    ]
    assert ["pkg/broken.go" in note for note in document["notes"]] == [True]


def test_two_sources_are_compared_with_each_other(
    library: Library, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = Library(tmp_path / "old", "switched")
    assert told(capsys, "--source", old.root, "--against", library.root) == [
        "field removed GetBooksMsg.author",
        "field added GetBooksMsg.shelf",
    ]
    assert told(capsys, "--source", library.root, "--against", library.root) == []
    _, out, _ = drift(capsys, "--source", old.root, "--against", library.root)
    assert f"old has string ({GET}:10), new has nothing ({GET}:9)" in out


def test_a_renaming_is_followed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = Library(tmp_path / "old"), Library(tmp_path / "new", "switched")
    for path in [path for path in new.root.rglob("*.go") if path.is_file()]:
        text = path.read_text()
        for was, now in (("Book", "Volume"), ("book", "volume")):
            text = text.replace(was, now)
        path.write_text(text)
    found = told(capsys, "--source", old.root, "--against", new.root)
    assert found == [
        "message renamed watchbookmsg -> watchvolumemsg",
        "message renamed addbookmsg -> addvolumemsg",
        "message renamed getbooksmsg -> getvolumesmsg",
        "message renamed returnbookmsg -> returnvolumemsg",
        "reply payloadtype changed awaitloanmsg",
        "field renamed AddVolumeMsg.book -> volume",
        "type renamed Book -> Volume",
        "field removed Loan.book",
        "field added Loan.volume",
    ]


@pytest.fixture
def repository(library: Library, tmp_path: Path) -> Path:
    """A bare repository with the sources as they agree in v1.0.0, and with the two differences in v1.1.0."""
    work = Library(tmp_path / "work")

    def git(*words: str) -> None:
        names = ("-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "init.defaultBranch=main")
        subprocess.run(["git", *names, *words], cwd=work.root, check=True, capture_output=True)

    git("init")
    for tag, source in (("v1.0.0", work), ("v1.1.0", library)):
        if source is not work:
            work.add(GET, (source.root / GET).read_text())
        git("add", "-A")
        git("commit", "-m", tag)
        git("tag", tag)
    git("clone", "--bare", ".", str(tmp_path / "bare.git"))
    return tmp_path / "bare.git"


def test_a_revision_needs_no_work_tree(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, "--source", f"{repository}@v1.0.0") == []
    expected = ["field removed GetBooksMsg.author", "field added GetBooksMsg.shelf"]
    assert told(capsys, "--source", f"{repository}@v1.1.0") == expected
    assert told(capsys, "--source", f"{repository}@v1.0.0", "--against", f"{repository}@v1.1.0") == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{tmp}/nowhere", "is not a folder; name a checkout of the server, or DIR@TAG of its repository"),
        ("{tmp}", "has no Go sources; name the root of a checkout"),
        ("{bare}", "has no Go sources; it is a bare repository: name a revision, {bare}@TAG"),
        ("{bare}@v9", "has no revision v9; `git -C {bare} tag` lists its tags"),
        ("{bare}@--help", "has no revision --help; `git -C {bare} tag` lists its tags"),
        ("{tmp}@v1", "git cannot read {tmp}: not a git repository (or any of the parent directories): .git"),
        ("{go}", "registers no messages; name the root of a checkout of the Go server"),
    ],
)
def test_what_is_no_server_is_refused_with_a_remedy(
    source: str, expected: str, repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "one").mkdir()
    (tmp_path / "one/a.go").write_text("package one\n")
    names = {"tmp": tmp_path / "empty", "bare": repository, "go": tmp_path / "one"}
    code, out, err = drift(capsys, "--source", source.format(**names))
    assert (code, out) == (2, "")
    assert err.endswith(f"{expected.format(**names)}\n")
    assert err.count("\n") == 1


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("broken", ["rpc/loan.yaml", "types/loan.yaml", "colonyos.yaml"])
def test_a_schema_with_findings_is_no_drift(
    form: str, broken: str, library: Library, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    schema = tmp_path / "schema"
    shutil.copytree(SCHEMA, schema)
    (schema / broken).write_text((schema / broken).read_text() + "unknown: 1\n")
    capsys.readouterr()
    command = ["drift", "--schema", str(schema), "--format", form]
    code = main([*command, "--source", str(library.root)])
    said = capsys.readouterr()
    assert (code, said.out) == (2, "")
    assert f"{schema}/{broken}:" in said.err
    assert said.err.endswith("nothing was compared: mend what is wrong with the schema first\n")
    assert main([*command, "--source", str(library.root), "--against", str(library.root)]) == 0


def test_something_to_compare_with_must_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["drift"])
    assert caught.value.code == 2
    assert "--source" in capsys.readouterr().err


def test_without_tree_sitter_the_remedy_is_said(
    library: Library, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tree_sitter_go", None)
    code, out, err = drift(capsys, "--source", library.root)
    assert (code, out) == (2, "")
    assert err.endswith("reading Go needs tree_sitter_go: pip install 'colonyos-gen[codegen]'\n")
