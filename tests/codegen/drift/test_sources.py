"""What the sources of a server have otherwise than the schema, change by change, in the idioms of both eras."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.codegen.kit.go_library import ERAS, Library, differences, drift, told

LOANS = "pkg/server/handlers/loan/handlers.go"
BOOK = "pkg/core/book.go"
LOAN = "pkg/core/loan.go"
TITLE = '`json:"title" db:"title"`'
END_OF_BOOK = "	index     map[string]*Book\n"
GET = "pkg/rpc/get_books_msg.go"

CHANGES: dict[str, tuple[list[tuple[str, str, str]], list[str]]] = {
    "a field": ([(BOOK, END_OF_BOOK, '	Weight float64 `json:"weight"`\n')], ["field added Book.weight"]),
    "a field without a tag": ([(BOOK, END_OF_BOOK, "	Weight float64\n")], ["field added Book.Weight"]),
    "two fields of one type": (
        [(BOOK, END_OF_BOOK, "	Width, Height int\n")],
        ["field added Book.Width", "field added Book.Height"],
    ),
    "fields that are not written": (
        [(BOOK, END_OF_BOOK, '	hidden int `json:"hidden"`\n	Skipped int `json:"-"`\n	f func()\n')],
        [],
    ),
    "a field called -": ([(BOOK, END_OF_BOOK, '	Dash int `json:"-,"`\n')], ["field added Book.-"]),
    "a key that is none for Go": (
        [(BOOK, END_OF_BOOK, '	Odd int `json:"a\'b"`\n	Even int `json:"a\\\\b,omitempty"`\n')],
        ["field added Book.Odd", "field added Book.Even"],
    ),
    "one key twice, which is none": (
        [(BOOK, END_OF_BOOK, '	Odd int `json:"odd"`\n	Even string `json:"odd"`\n')],
        [],
    ),
    "one key twice, once by its name": (
        [(BOOK, END_OF_BOOK, '	Odd int `json:"Even"`\n	Even string\n')],
        ["field added Book.Even"],
    ),
    "an embedded lock": ([(BOOK, "	placed\n", "	placed\n	sync.Mutex\n	*sync.Once\n")], []),
    "a field less": (
        [(BOOK, '	Lent      bool                   `json:"lent"`\n', "")],
        ["field removed Book.lent"],
    ),
    "another key": ([(BOOK, TITLE, '`json:"book-title"`')], ["field renamed Book.title -> book-title"]),
    "another type": ([(BOOK, "Pages     int ", "Pages     string")], ["field retyped Book.pages"]),
    "another key of another type": (
        [(BOOK, 'Lent      bool                   `json:"lent"`', 'LentOut   int `json:"lentout"`')],
        ["field renamed and retyped Book.lent -> lentout"],
    ),
    "another key like it": (
        [(BOOK, 'Lent      bool                   `json:"lent"`', 'LentOut   bool `json:"lentout"`')],
        ["field renamed Book.lent -> lentout"],
    ),
    "another key of another type with the name that was": (
        [(BOOK, 'Lent      bool                   `json:"lent"`', 'Lent int `json:"isAway"`')],
        ["field renamed and retyped Book.lent -> isAway"],
    ),
    "two other keys": (
        [
            (BOOK, 'Pages     int                    `json:"pages"`', 'PagesN string `json:"pagesnumber"`'),
            (BOOK, 'Price     float64                `json:"price"`', 'Prices []int `json:"prices"`'),
        ],
        [
            "field renamed and retyped Book.pages -> pagesnumber",
            "field renamed and retyped Book.price -> prices",
        ],
    ),
    "a like key elsewhere": (
        [
            (BOOK, '	Lent      bool                   `json:"lent"`\n', ""),
            (BOOK, END_OF_BOOK, '	LentOut int `json:"lentout"`\n'),
        ],
        ["field removed Book.lent", "field added Book.lentout"],
    ),
    "another width": ([(BOOK, "Pages     int ", "Pages     uint16")], []),
    "a list": ([(BOOK, "Sequel    *Book", "Sequel    []*Book")], ["field retyped Book.sequel"]),
    "a list of other things": (
        [(BOOK, "Chapters  []string", "Chapters  []int")],
        ["field retyped Book.chapters"],
    ),
    "a number in a text": ([(BOOK, '`json:"isbn"`', '`json:"isbn,string"`')], ["field retyped Book.isbn"]),
    "left out when empty": (
        [(BOOK, '`json:"card"`', '`json:"card,omitempty"`')],
        ["field omission changed Book.card"],
    ),
    "null where a value was": (
        [(BOOK, "Author    Author ", "Author    *Author")],
        ["field nullability changed Book.author"],
    ),
    "null where a text was": (
        [(BOOK, "AccessKey string", "AccessKey *string")],
        ["field nullability changed Book.accesskey"],
    ),
    "null where a number was": (
        [(BOOK, "Pages     int ", "Pages     *int")],
        ["field nullability changed Book.pages"],
    ),
    "null where a truth was": (
        [(BOOK, "Lent      bool", "Lent      *bool")],
        ["field nullability changed Book.lent"],
    ),
    "null where a map was": (
        [(BOOK, "Grades    map[string][]int ", "Grades    *map[string][]int ")],
        ["field nullability changed Book.grades"],
    ),
    "null for a list that may be null": ([(BOOK, "Chapters  []string", "Chapters  *[]string")], []),
    "null for a time": ([(BOOK, "Added     time.Time", "Added     *time.Time")], []),
    "null for anything": ([(BOOK, "Remark    json.RawMessage", "Remark    *json.RawMessage")], []),
    "null in a list": (
        [(BOOK, "Chapters  []string", "Chapters  []*string")],
        ["field nullability changed Book.chapters"],
    ),
    "null in the lists of a map": (
        [(BOOK, "Grades    map[string][]int ", "Grades    map[string][]*int ")],
        ["field nullability changed Book.grades"],
    ),
    "nothing for null": (
        [(BOOK, 'Lent      bool                   `json:"lent"`', 'Lent      *bool `json:"lent,omitempty"`')],
        ["field omission changed Book.lent"],
    ),
    "nothing for null of a struct": (
        [
            (
                BOOK,
                'Cover     Cover                  `json:"cover"`',
                'Cover     *Cover `json:"cover,omitempty"`',
            )
        ],
        ["field omission changed Book.cover"],
    ),
    "null, but only asked for by a scalar": ([(GET, "	Author string ", "	Author *string ")], []),
    "null, but only asked for": ([("pkg/rpc/await_loan_msg.go", "core.Cover ", "*core.Cover ")], []),
    "no longer left out": ([(BOOK, '"back,omitempty"', '"back"')], ["field omission changed Book.back"]),
    "left out, but only asked for": ([(GET, '"author"', '"author,omitempty"')], []),
    "omitempty that does nothing": ([(BOOK, '`json:"cover"`', '`json:"cover,omitempty"`')], []),
    "a new struct": (
        [
            (BOOK, END_OF_BOOK, '	Spine *Spine `json:"spine"`\n'),
            (LOAN, "// Shelf is", 'type Spine struct {\n	W int `json:"w"`\n}\n\n// Shelf is'),
        ],
        ["field added Book.spine", "type added Spine"],
    ),
    "a struct in a struct": (
        [(BOOK, END_OF_BOOK, '	Spine struct {\n		W int `json:"w"`\n	} `json:"spine"`\n')],
        ["field added Book.spine", "type added BookSpine"],
    ),
    "a struct of another name": (
        [
            (BOOK, "type Author struct", "type Writer struct"),
            (BOOK, "Author    Author ", "Author    Writer "),
        ],
        [],
    ),
    "an embedded struct less": (
        [(BOOK, "	placed\n", "")],
        ["field removed Book.class", "field removed Book.shelf"],
    ),
    "an embedded pointer": ([(BOOK, "	placed\n", "	*placed\n")], []),
    "an embedded struct with a tag": (
        [(BOOK, "	placed\n", '	Placed placed `json:"placed"`\n')],
        [
            "field removed Book.class",
            "field removed Book.shelf",
            "field added Book.placed",
            "type added placed",
        ],
    ),
    "a key of its own over an embedded one": (
        [(BOOK, END_OF_BOOK, '	Shelf string `json:"shelf"`\n')],
        ["field retyped Book.shelf"],
    ),
    "an alias of a struct": (
        [(BOOK, "type Author struct", "type Author = writer\n\ntype writer struct")],
        [],
    ),
    "a named type of another kind": (
        [(BOOK, "type Language = string", "type Language = int")],
        ["field retyped Book.in"],
    ),
    "a generic struct": (
        [
            (BOOK, "Volumes   []*Book ", "Volumes   Many[*Book]"),
            (LOAN, "// Shelf is", 'type Many[T any] struct {\n	All []T `json:"all"`\n}\n\n// Shelf is'),
        ],
        ["field retyped Book.volumes", "type added ManyBook"],
    ),
    "a generic name of what was there": (
        [
            (BOOK, "Volumes   []*Book ", "Volumes   Many[*Book]"),
            (LOAN, "// Shelf is", "type Many[T any] []T\n\n// Shelf is"),
        ],
        [],
    ),
    "a type that writes its own JSON": (
        [
            (
                LOAN,
                "// Shelf is",
                "func (a Author) MarshalJSON() ([]byte, error) { return nil, nil }\n\n// Shelf is",
            ),
            (BOOK, "	Name string  ", "	Nom string  "),
        ],
        [],
    ),
    "a value of an enum": (
        [(BOOK, "	SCIENCE\n", "	SCIENCE\n	DRAMA\n")],
        ["enum value added Genre.DRAMA"],
    ),
    "a value less": ([(BOOK, "	SCIENCE\n", "	_\n")], ["enum value removed Genre.SCIENCE"]),
    "another number": (
        [(BOOK, "POETRY Genre = 7", "POETRY Genre = 1 << 3")],
        ["enum value changed Genre.POETRY"],
    ),
    "numbers that are worked out": ([(BOOK, "POETRY Genre = 7", "POETRY = Genre(iota*3 + 1)")], []),
    "numbers without a type": (
        [(BOOK, "FICTION Genre = iota", "FICTION = iota"), (BOOK, "POETRY Genre = 7", "POETRY = 7")],
        [],
    ),
    "only the first with a type": ([(BOOK, "POETRY Genre = 7", "POETRY = 7")], []),
    "an enum value of another name": (
        [(BOOK, "	SCIENCE\n", "	KNOWLEDGE\n")],
        ["enum value renamed Genre.SCIENCE -> KNOWLEDGE"],
    ),
    "another name and number": (
        [(BOOK, "POETRY Genre = 7", "LYRICS Genre = 8")],
        ["enum value removed Genre.POETRY", "enum value added Genre.LYRICS"],
    ),
    "a second name of a value": (
        [(BOOK, "POETRY Genre = 7", "POETRY Genre = 7\n	LYRICS Genre = 7")],
        ["enum value added Genre.LYRICS"],
    ),
    "two values in a line": (
        [
            (
                BOOK,
                "	SCIENCE\n	POETRY Genre = 7",
                "	SCIENCE\n	POETRY, DRAMA Genre = iota + 5, iota + 20\n	SAGA, EPIC",
            )
        ],
        ["enum value added Genre.DRAMA", "enum value added Genre.SAGA", "enum value added Genre.EPIC"],
    ),
    "a field of a request": (
        [(GET, "	Count ", '	Since time.Time `json:"since"`\n	Count ')],
        ["field added GetBooksMsg.since"],
    ),
    "a field less of a request": (
        [(GET, '	Author string `json:"author"`\n', "")],
        ["field removed GetBooksMsg.author"],
    ),
    "a constant alone": (
        [(GET, "type GetBooksMsg", 'const LoseBookPayloadType = "losebookmsg"\n\ntype GetBooksMsg')],
        [],
    ),
    "a struct that is never sent": ([(LOAN, '`json:"books"`', '`json:"volumes"`')], []),
    "a request under another name": (
        [(GET, '= "getbooksmsg"', '= "listbooksmsg"')],
        ["message renamed getbooksmsg -> listbooksmsg"],
    ),
}


@pytest.mark.parametrize("era", ERAS)
def test_the_library_is_as_described(era: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    library = Library(tmp_path / "go", era)
    code, out, err = drift(capsys, "--source", library.root)
    assert (code, err) == (0, "")
    assert out.startswith(f"no drift: 6 messages and 11 types of {library.root} are as in ")


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_told_once(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edits, expected = CHANGES[name]
    library = Library(tmp_path / "go", ERAS[len(name) % 2])
    for edit in edits:
        library.edit(*edit)
    assert told(capsys, "--source", library.root) == expected


def test_both_sides_are_told_with_their_places(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    library = Library(tmp_path / "go")
    library.edit(BOOK, "Pages     int ", "Pages     string")
    (found,) = differences(capsys, "--source", library.root)
    assert (found["old"], found["new"]) == ("integer", "string")
    assert found["new_at"] == {"file": BOOK, "line": 48}
    at: dict[str, Any] = found["old_at"]
    lines: list[str] = Path(at["file"]).read_text().splitlines()
    assert lines[int(at["line"]) - 1].strip().startswith("pages: {")
    assert "correct its type" in found["advice"]


def test_what_writes_its_own_json_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    library = Library(tmp_path / "go")
    library.edit(
        LOAN, "// Shelf is", "func (l *Loan) MarshalJSON() ([]byte, error) { return nil, nil }\n\n// Shelf is"
    )
    code, _, err = drift(capsys, "--source", library.root)
    assert code == 0
    assert f"{LOAN}:8: Loan writes its JSON by itself (MarshalJSON), and its keys are not compared" in err


def test_what_reads_its_own_json_is_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    library = Library(tmp_path / "go")
    library.edit(
        LOAN, "// Shelf is", "func (l *Loan) UnmarshalJSON(data []byte) error { return nil }\n\n// Shelf is"
    )
    library.edit(LOAN, '	Due  time.Time `json:"due"`\n', "")
    assert told(capsys, "--source", library.root) == ["field removed Loan.due"]


def test_a_like_message_in_the_place_of_another_is_no_renaming(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = Library(tmp_path / "old"), Library(tmp_path / "new")
    for library, name in ((old, "Node"), (new, "User")):
        text = (library.root / "pkg/rpc/burn_book_msg.go").read_text()
        library.add(
            f"pkg/rpc/get_{name.lower()}_msg.go",
            text.replace("BurnBook", f"Get{name}").replace("burnbook", f"get{name.lower()}"),
        )
        library.edit(
            LOANS,
            "	return handlers",
            f"	handlers.Register(rpc.Get{name}PayloadType, h.HandleReturn)\n	return handlers",
        )
    assert told(capsys, "--source", old.root, "--against", new.root) == [
        "message removed getnodemsg",
        "message added getusermsg",
    ]
