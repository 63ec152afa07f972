"""Which files count, and what is said of those that cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.codegen.kit.go_library import ERAS, Library, drift, told

SERVER = "pkg/server/server.go"
LOANS = "pkg/server/handlers/loan/handlers.go"
BOOKS = "pkg/server/handlers/library/handlers.go"
OTHER = 'type Author struct {\n	Other int `json:"other"`\n}\n'
BOOK = "pkg/core/book.go"
LOAN = "pkg/core/loan.go"
GET = "pkg/rpc/get_books_msg.go"
BURNT = (
    'import "example.org/library/pkg/rpc"\n\nfunc run(msg rpc.RPCMsg) {\n	switch msg.PayloadType {\n'
    "	case rpc.BurnBookPayloadType:\n	}\n}\n"
)

ASIDE = {
    "pkg/core/book_test.go": "package core\n\n" + OTHER,
    "pkg/core/book_windows.go": "package core\n\n" + OTHER,
    "pkg/core/tagged.go": "//go:build ignore || (windows && !linux)\n\npackage core\n\n" + OTHER,
    "vendor/example.org/library/pkg/core/book.go": 'package core\n\ntype Book struct {\n	Other int `json:"other"`\n}\n',
    "pkg/client/client.go": "package client\n\n" + BURNT,
    "pkg/server/mock_server.go": "package server\n\n" + BURNT,
    "pkg/other/book.go": "package other\n\n" + OTHER,
    "pkg/server/handlers/burn/handlers.go": (
        'package burn\n\nimport (\n	"example.org/library/pkg/registry"\n	"example.org/library/pkg/rpc"\n)\n\n'
        "type Handlers struct{}\n\n"
        "func (h *Handlers) RegisterHandlers(handlers *registry.HandlerRegistry) error {\n"
        "	return handlers.Register(rpc.BurnBookPayloadType, h.Handle)\n}\n\n"
        "func (h *Handlers) Handle(payloadType string, jsonString string) {}\n"
    ),
}


@pytest.mark.parametrize("name", ASIDE)
def test_what_is_no_part_of_the_server_does_not_count(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    library = Library(tmp_path / "go")
    library.add(name, ASIDE[name])
    assert told(capsys, "--source", library.root) == []


def test_a_file_for_this_system_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    library = Library(tmp_path / "go")
    text = (library.root / LOAN).read_text().replace('"due"', '"until"')
    (library.root / LOAN).unlink()
    library.add("pkg/core/loan_linux.go", f"//go:build linux && !cgo || go1.18\n\n{text}")
    assert told(capsys, "--source", library.root) == ["field renamed Loan.due -> until"]


def test_a_broken_file_is_named_and_passed_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    library = Library(tmp_path / "go")
    library.add("pkg/other/broken.go", "package other\n\nfunc broken( {\n}\n")
    code, out, err = drift(capsys, "--source", library.root)
    assert code == 0
    assert out.startswith("no drift")
    assert "pkg/other/broken.go:3 passed over: it is not Go that can be read" in err


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize(
    "file", [BOOK, LOAN, GET, LOANS, BOOKS, "pkg/rpc/burn_book_msg.go", "pkg/rpc/rpc_msg.go"]
)
def test_what_may_be_in_a_broken_file_is_not_called_removed(
    file: str, era: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    library, whole = Library(tmp_path / "go", era), Library(tmp_path / "whole", era)
    if not (library.root / file).is_file():
        pytest.skip("this era has no such file")
    library.add(file, (library.root / file).read_text() + "\nfunc broken( {\n")
    code, out, err = drift(capsys, "--source", library.root)
    assert (code, out.startswith("no drift")) == (0, True), out
    assert f"{file}:" in err
    assert told(capsys, "--source", whole.root, "--against", library.root) == []
    assert told(capsys, "--source", library.root, "--against", whole.root) == []


def test_what_is_not_in_a_broken_file_is_still_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    library = Library(tmp_path / "go")
    library.add(LOAN, (library.root / LOAN).read_text() + "\nfunc broken( {\n")
    library.edit(BOOK, "	SCIENCE\n", "	_\n")
    library.edit(BOOK, "	placed\n", "")
    library.edit(BOOKS, "rpc.GetBooksPayloadType, ", '"", ')
    found = told(capsys, "--source", library.root)
    assert found == [
        "message unregistered getbooksmsg",
        "field removed Book.class",
        "field removed Book.shelf",
        "enum value removed Genre.SCIENCE",
    ]
    _, _, err = drift(capsys, "--source", library.root)
    assert f"type Loan is not compared: it may be in {LOAN}, which is not read" in err


def test_a_server_that_registers_in_a_broken_file_is_told_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    library = Library(tmp_path / "go", "switched")
    library.add(SERVER, (library.root / SERVER).read_text() + "\nfunc broken( {\n")
    code, _, err = drift(capsys, "--source", library.root)
    assert (code, f"registers no messages that could be read; {SERVER}:" in err) == (2, True)
