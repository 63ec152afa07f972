"""`--write`: what only the server has becomes a draft of the schema that loads."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from colonyos_gen_codegen.cli import main

from tests.codegen.kit.go_library import SCHEMA, Library, drift, told

NEW_MESSAGE = """package rpc

import (
	"encoding/json"

	"example.org/library/pkg/core"
)

type Wear int

const (
	NEW Wear = iota
	WORN
)

const LendBookPayloadType = "lendbookmsg"

type LendBookMsg struct {
	Title   string         `json:"title"`
	Terms   *Terms         `json:"terms"`
	Reader  string         `json:"reader,omitempty"`
	Stamps  map[string]int `json:"stamps"`
	MsgType string         `json:"msgtype"`
}

type Terms struct {
	Days   int     `json:"days"`
	Fee    float64 `json:"feePerDay"`
	Scans  [][]byte `json:"scans"`
	Notes  interface{} `json:"notes,omitempty"`
	Limit  *float64 `json:"limit"`
	Waived *bool `json:"waived,omitempty"`
	Word   *string `json:"word"`
	Kind   core.Genre `json:"kind"`
	Wear   []Wear `json:"wear"`
}

func CreateLendBookMsgFromJSON(jsonString string) (*LendBookMsg, error) {
	var msg *LendBookMsg
	err := json.Unmarshal([]byte(jsonString), &msg)
	return msg, err
}
"""
HANDLER = """
func (h *Handlers) HandleLend(payloadType string, jsonString string) {
	msg, err := rpc.CreateLendBookMsgFromJSON(jsonString)
	if err != nil || msg == nil || h.server.RequireServerOwner("") != nil {
		return
	}
	if msg.Terms == nil {
		panic(errors.New("Nothing is lent without terms"))
	}
	loan := &core.Loan{}
	jsonString, _ = loan.ToJSON()
	h.server.SendHTTPReply(payloadType, jsonString)
}
"""


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """Sources with something new of each kind."""
    library = Library(tmp_path / "go")
    handlers = "pkg/server/handlers/loan/handlers.go"
    library.add("pkg/rpc/lend_book_msg.go", NEW_MESSAGE)
    library.add(handlers, (library.root / handlers).read_text() + HANDLER)
    library.edit(
        handlers,
        "	return handlers",
        "	handlers.Register(rpc.LendBookPayloadType, h.HandleLend)\n	return handlers",
    )
    library.edit("pkg/core/book.go", "	SCIENCE\n", "	SCIENCE\n	DRAMA\n")
    library.edit(
        "pkg/core/book.go",
        "	index     map[string]*Book\n",
        '	Weight float64 `json:"weight,omitempty"`\n',
    )
    more = '	Cover Cover `json:"cover"`\n	Fine *int `json:"fine"`\n'
    library.edit("pkg/core/loan.go", '`json:"due"`\n', f'`json:"due"`\n{more}')
    return library


def left_over(capsys: pytest.CaptureFixture[str], schema: Path, library: Library) -> list[str]:
    """What is still different from a draft: of `*int` a schema cannot say that null may come."""
    capsys.readouterr()
    main(["drift", "--schema", str(schema), "--source", str(library.root), "--format", "json"])
    found = json.loads(capsys.readouterr().out)["differences"]
    return [f"{entry['kind']} {entry['subject']}" for entry in found]


def test_the_draft_loads_and_leaves_no_drift(
    library: Library, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    draft = tmp_path / "draft"
    code, out, err = drift(capsys, "--source", library.root, "--write", draft)
    assert code == 100
    assert out.endswith("\n")
    assert err.startswith(f"7 skeletons in {draft}, with ")
    assert main(["lint", "--draft", "--schema", str(draft)]) == 0, capsys.readouterr().out
    assert left_over(capsys, draft, library) == ["field nullability changed Loan.fine"]
    message = yaml.safe_load((draft / "rpc/loan.yaml").read_text())["$defs"]["LendBookMsg"]
    assert message["x-reply"] == {"schema": {"$ref": "../types/loan.yaml#/$defs/Loan"}}
    assert message["required"] == ["msgtype", "title", "terms", "stamps"]
    assert message["x-methods"] == [
        {"name": "lend_book", "parameters": ["title", "terms", "reader", "stamps"]}
    ]
    terms = yaml.safe_load((draft / "types/loan.yaml").read_text())["$defs"]["Terms"]
    assert terms["x-direction"] == "request"
    assert terms["properties"]["kind"]["$ref"] == "library.yaml#/$defs/Genre"
    assert terms["properties"]["wear"]["items"] == {"$ref": "#/$defs/Wear"}
    assert terms["properties"]["feePerDay"]["x-name"] == "feeperday"
    assert "TODO" in message["description"]
    text = (draft / "rpc/loan.yaml").read_text()
    assert "# TODO: 'Nothing is lent without terms', pkg/server/handlers/loan/handlers.go:" in text


def test_the_same_as_a_patch(library: Library, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    patch = tmp_path / "drift.patch"
    code, _, err = drift(capsys, "--source", library.root, "--write", patch)
    assert (code, err.startswith(f"7 skeletons in {patch}")) == (100, True)
    shutil.copytree(SCHEMA, tmp_path / "checkout/small")
    subprocess.run(["git", "apply", str(patch)], cwd=tmp_path / "checkout", check=True)
    checkout = tmp_path / "checkout/small"
    assert left_over(capsys, checkout, library) == ["field nullability changed Loan.fine"]


def test_a_message_that_got_a_handler_is_no_longer_a_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    library = Library(tmp_path / "go")
    library.edit(
        "pkg/server/handlers/loan/handlers.go",
        "	return handlers",
        "	handlers.Register(rpc.BurnBookPayloadType, h.HandleReturn)\n	return handlers",
    )
    assert told(capsys, "--source", library.root, "--write", tmp_path / "draft") == [
        "message registered burnbookmsg"
    ]
    assert main(["lint", "--draft", "--schema", str(tmp_path / "draft")]) == 0, capsys.readouterr().out


def test_a_new_package_of_handlers_is_a_new_domain(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    library = Library(tmp_path / "go")
    library.add("pkg/rpc/lend_book_msg.go", NEW_MESSAGE)
    handlers = (library.root / "pkg/server/handlers/loan/handlers.go").read_text()
    head = handlers[: handlers.index("func (h *Handlers) RegisterHandlers")].replace(
        "package loan", "package lending"
    )
    register = (
        "func (h *Handlers) RegisterHandlers(handlers *registry.HandlerRegistry) error {\n"
        "	return handlers.Register(rpc.LendBookPayloadType, h.HandleLend)\n}\n"
    )
    library.add("pkg/server/handlers/lending/handlers.go", head + register + HANDLER)
    library.edit(
        "pkg/server/server.go", "	loans    *loan", "	lending  *lending.Handlers\n	loans    *loan"
    )
    library.edit(
        "pkg/server/server.go",
        '	"example.org/library/pkg/server/handlers/loan"\n',
        '	"example.org/library/pkg/server/handlers/lending"\n	"example.org/library/pkg/server/handlers/loan"\n',
    )
    library.edit(
        "pkg/server/server.go",
        "func (server *Server) registerHandlers() {\n",
        "func (server *Server) registerHandlers() {\n	server.lending.RegisterHandlers(server.registry)\n",
    )
    draft = tmp_path / "draft"
    assert told(capsys, "--source", library.root, "--write", draft) == [
        "message added lendbookmsg",
        "type added Terms",
        "enum value added Wear.NEW",
        "enum value added Wear.WORN",
    ]
    assert "LendBookMsg" in (draft / "rpc/lending.yaml").read_text()
    assert main(["lint", "--draft", "--schema", str(draft)]) == 0, capsys.readouterr().out


@pytest.mark.parametrize("name", ["draft", "draft.patch"])
def test_it_overwrites_nothing(
    name: str, library: Library, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / name / "mine" if name == "draft" else tmp_path / name
    target.parent.mkdir(exist_ok=True)
    target.write_text("mine")
    code, _, err = drift(capsys, "--source", library.root, "--write", tmp_path / name)
    assert code == 2
    assert f"{tmp_path / name} is there already" in err
    assert target.read_text() == "mine"


def test_it_is_not_for_two_sources(
    library: Library, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = drift(
        capsys, "--source", library.root, "--against", library.root, "--write", tmp_path / "draft"
    )
    assert (code, "--write is for the schema" in err) == (2, True)


FIELD = "	index     map[string]*Book\n"
AWKWARD = [
    *(
        "from",
        "class",
        "1st",
        "naïve",
        "123",
        "on",
        "null",
        "yes",
        "-,",
        "self",
        "list",
        "bytes",
        "new",
        "str",
    ),
    *(
        "Title",
        "nextRun",
        "ISBN",
        "a b",
        "x.y",
        "true",
        "~",
        "1.5",
        "2026-11-28",
        "=",
        "prvkey",
        "Book",
        "日本",
    ),
    *(
        "_id",
        "data_bytes",
        "Genre",
        "msgspec",
        "#",
        "a:b",
        "?",
        "@type",
        "$ref",
        "!x",
        "*y",
        "[z]",
        "{q}",
        "|",
    ),
]
"""Keys that are no names, or names of something else, or no texts for YAML."""


@pytest.mark.parametrize("place", ["pkg/core/book.go", "pkg/rpc/get_books_msg.go", "new"])
def test_any_key_is_drafted(place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    library = Library(tmp_path / "go")
    keys = "".join(
        f'	F{number} string `json:"{key}"`\n'
        for number, key in enumerate(AWKWARD)
        if "book.go" not in place or key != "class"  # which it has already
    )
    if place == "new":
        library.edit("pkg/core/book.go", FIELD, '	Spine Spine `json:"spine"`\n')
        library.edit("pkg/core/loan.go", "// Shelf is", f"type Spine struct {{\n{keys}}}\n\n// Shelf is")
    else:
        library.edit(
            place,
            FIELD if "book.go" in place else "	Count ",
            keys + ("" if "book.go" in place else "	Count "),
        )
    passes(capsys, library, tmp_path / "draft", [])


NAMED = {
    "enum from one": (
        "type Wear int\n\nconst (\n	NEW Wear = iota + 1\n	WORN\n)\n",
        '	Wear Wear `json:"wear"`\n	Worn Wear `json:"worn,omitempty"`\n	Wears []Wear `json:"wears"`\n',
    ),
    "enum of names that are taken": (
        "type Wear int\n\nconst (\n	POETRY_ Wear = iota\n	ON\n	None\n	Été\n	ENTRY_DATA\n)\n",
        '	Wear Wear `json:"wear"`\n',
    ),
    "enum with two names of a value": (
        "type Wear int\n\nconst (\n	NEW Wear = iota\n	WORN\n	USED Wear = 1\n)\n",
        '	Wear Wear `json:"wear"`\n',
    ),
    "types of names that are taken": (
        'type book struct {\n	A int `json:"a"`\n}\n\ntype On struct {\n	B string `json:"b"`\n}\n\n'
        'type Title struct {\n	C string `json:"c"`\n}\n\ntype None struct {\n	D string `json:"d"`\n}\n',
        '	A book `json:"aa"`\n	B On `json:"bb"`\n	C []Title `json:"cc"`\n	D *None `json:"dd"`\n',
    ),
    "enum as a type of another case": (
        "type GENRE int\n\nconst (\n	OLD GENRE = iota\n	OLDER\n)\n",
        '	Age GENRE `json:"age"`\n',
    ),
    "a type called as its field": (
        'type spine struct {\n	W string `json:"w"`\n}\n',
        '	Spine spine `json:"spine"`\n',
    ),
    "numbers without a type": ("const (\n	ONE = 1\n	TWO = 2\n)\n", ""),
    "a value that has a name": ("const LYRICS Genre = 7\n", ""),
}


@pytest.mark.parametrize("name", NAMED)
def test_any_name_is_drafted(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    types, fields = NAMED[name]
    library = Library(tmp_path / "go")
    library.edit("pkg/core/book.go", FIELD, fields)
    library.edit("pkg/core/book.go", "type Language = string\n", f"type Language = string\n\n{types}")
    passes(capsys, library, tmp_path / "draft", None)


def test_another_case_of_a_key_and_another_name_of_a_value(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    library = Library(tmp_path / "go")
    library.edit("pkg/core/book.go", '`json:"lent"`', '`json:"Lent"`')
    library.edit("pkg/core/book.go", '`json:"price"`', '`json:"price"`\n	Cost int `json:"PRICE"`')
    library.edit("pkg/core/book.go", "	SCIENCE\n", "	KNOWLEDGE\n")
    library.edit("pkg/core/book.go", "Pages     int ", "Pages     string")
    err = passes(capsys, library, tmp_path / "draft", None)
    assert "(field retyped: 1, enum value renamed: 1): what changed or went is yours to decide" in err


def test_a_message_called_as_a_truth_is_drafted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    library = Library(tmp_path / "go")
    library.edit("pkg/rpc/await_loan_msg.go", '"awaitloanmsg"', '"on"')
    passes(capsys, library, tmp_path / "draft", None)


def test_what_lint_will_not_take_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    library = Library(tmp_path / "go")
    library.edit("pkg/rpc/await_loan_msg.go", '"awaitloanmsg"', '"await-loan"')
    for target in (tmp_path / "draft", tmp_path / "draft.patch"):
        _, _, err = drift(capsys, "--source", library.root, "--write", target)
        assert "to mend before it is a schema: rpc/loan.yaml:" in err
        assert 'unlike "await-loan"' in err


def passes(capsys: pytest.CaptureFixture[str], library: Library, draft: Path, left: list[str] | None) -> str:
    """Draft, see that the draft is a schema, and that only `left` is different from it; returns what was said."""
    _, _, err = drift(capsys, "--source", library.root, "--write", draft)
    assert "to mend" not in err, err
    assert main(["lint", "--draft", "--schema", str(draft)]) == 0, capsys.readouterr().out
    if left is not None:
        assert left_over(capsys, draft, library) == left
    return err
