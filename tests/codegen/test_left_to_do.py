"""What `generate` says is left to do by hand, in a small project that has a little of everything."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from colonyos_gen_codegen.cli import main
from colonyos_gen_codegen.cli.exits import EXIT_FINDINGS

from tests.codegen.kit.schema_edits import add_field, remove_message, replace

SMALL = Path(__file__).parent / "small"

LIBRARY = """\
class Counter:
    async def count(self) -> int:
        return 0


class Library:
    async def add_book(self, request, signer, /):
        ...

    async def get_books(self, request, signer, /):
        ...

    def watch_book(self, request, signer, /):
        ...

    async def helper(self, request: int) -> int:
        ...
"""
LOAN = """\
class Loans:
    async def return_book(self, request, signer, /): ...
    async def await_loan(self, request, signer, /): ...
    async def count_loans(self, request, signer, /): ...
"""
USER = """\
from colonyos_gen_wire import Book, errors
from colonyos_gen_wire.types.library import Cover as Picture
from colonyos_gen_wire.errors import library
from colonyos_gen_wire.methods.library import ADD_BOOK


def title_of(book: Book, other: object) -> str:
    return book.title + book.cover.format + Picture(format="png").format + str(library.ADD_BOOK_TOO_THICK) + str(ADD_BOOK)
"""


@dataclass(frozen=True)
class Project:
    """A project with a schema, handlers, and code that uses what is generated."""

    root: Path
    said: pytest.CaptureFixture[str]

    @property
    def user(self) -> Path:
        return self.root / "examples/user.py"

    def generate(self, *options: str) -> list[str]:
        """What is left to do, file and line relative to the project."""
        folders = ["--schema", str(self.root / "schema"), "--out", str(self.root / "generated")]
        assert main(["generate", "--target", "python", *folders, *options]) == 0
        shown = self.said.readouterr().out.splitlines()
        start = next(index for index, line in enumerate(shown) if " files, " in line)
        return [line.replace(f"{self.root}/", "") for line in shown[start + 1 :]]

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text, encoding="utf-8")


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Project:
    """A project that has nothing to do."""
    made = Project(tmp_path.resolve(), capsys)
    shutil.copytree(SMALL, made.root / "schema")
    made.write("colonyos_gen/server/domains/library.py", LIBRARY)
    made.write("colonyos_gen/server/domains/loan.py", LOAN)
    made.write("examples/user.py", USER)
    assert made.generate() == []
    return made


def test_a_handler_to_write_has_its_place_and_its_signature(project: Project) -> None:
    path = "colonyos_gen/server/domains/library.py"
    project.write(path, LIBRARY.replace("watch_book", "watch").replace("get_books", "list_books"))
    assert project.generate() == [
        "left to do by hand:",
        f"{path}:14 write the handler, in Library, after watch: "
        "async def get_books(self, request: GetBooksMsg, signer: str, /) -> list[Book]",
        f"{path}:14 write the handler, in Library, after watch: "
        "def watch_book(self, request: WatchBookMsg, signer: str, /) -> AsyncIterator[Book]",
        f"{path}:10 remove the handler list_books: there is no such message any more",
        f"{path}:13 remove the handler watch: there is no such message any more",
    ]


def test_a_domain_without_a_module(project: Project) -> None:
    path = "colonyos_gen/server/domains/loan.py"
    (project.root / path).unlink()
    left = project.generate()
    assert len(left) == 4
    assert all(
        line.startswith(f"{path}:1 write the handler, in a class for the domain: ") for line in left[1:]
    )


def test_names_that_are_gone(project: Project) -> None:
    replace(
        project.root / "schema/rpc/library.yaml",
        "{name: add_book, parameters",
        "{name: enter_book, parameters",
    )
    left = project.generate()
    assert "examples/user.py:4 colonyos_gen_wire.methods.library has no 'ADD_BOOK'" in left
    line = 1 + USER.splitlines().index(next(text for text in USER.splitlines() if "return" in text))
    assert f"examples/user.py:{line} colonyos_gen_wire.errors.library has no 'ADD_BOOK_TOO_THICK'" in left


def test_a_module_that_is_gone(project: Project) -> None:
    project.write("tests/test_it.py", "from colonyos_gen_wire.types.shelf import Shelf\n")
    left = project.generate()
    assert left[1:] == ["tests/test_it.py:1 there is no module colonyos_gen_wire.types.shelf"]


def test_fields_that_are_gone(project: Project) -> None:
    """Of a parameter with an annotation, of a struct inside it, of a constructor; each time the generator runs."""
    replace(
        project.root / "schema/types/library.yaml",
        "format: {description: Format of the picture., type: string, default: png}",
        "format: {description: Format of the picture., type: string, default: png, x-name: kind}",
    )
    project.generate()
    left = project.generate()
    line = 1 + next(i for i, text in enumerate(USER.splitlines()) if "return" in text)
    assert left[1:] == [f"examples/user.py:{line} Cover has no field 'format'"]


def test_what_was_there_before_counts_wherever_it_stands(project: Project) -> None:
    """Where a type cannot be told: in the run that takes the name away."""
    project.write("tests/test_it.py", "def look(thing):\n    return thing.lent\n")
    assert project.generate() == []
    replace(
        project.root / "schema/types/library.yaml",
        "lent: {description:",
        "lent: {x-name: given, description:",
    )
    assert "tests/test_it.py:2 'lent' of Book is gone; is this one?" in project.generate()


def test_names_that_are_gone_are_told_until_the_change_is_committed(project: Project) -> None:
    project.write("tests/test_it.py", "def look(thing):\n    return thing.lent\n")
    git = ["git", "-C", str(project.root), "-c", "user.name=t", "-c", "user.email=t@localhost"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "before"], check=True)
    replace(
        project.root / "schema/types/library.yaml",
        "lent: {description:",
        "lent: {x-name: given, description:",
    )
    told = project.generate()
    assert "tests/test_it.py:2 'lent' of Book is gone; is this one?" in told
    assert project.generate() == told
    subprocess.run([*git, "commit", "-q", "-a", "-m", "after"], check=True)
    assert "tests/test_it.py:2 'lent' of Book is gone; is this one?" not in project.generate()


def test_names_that_mean_something_else_are_left_alone(project: Project) -> None:
    project.write(
        "tests/test_it.py",
        "from colonyos_gen_wire.errors import library\n\n\ndef look(library):\n    return library.NOTHING\n",
    )
    assert project.generate() == []


def test_traffic_that_lacks_a_field(project: Project) -> None:
    line = "binding: {description: How it is bound., type: string, default: '', x-since: v3.1.0}"
    add_field(project.root / "schema/types/library.yaml", "Book", line)
    reply = {"error": False, "payload": [{"title": "Sand"}, {"title": "Dust", "binding": "none"}]}
    exchange = {"msgtype": "getbooksmsg", "reply": reply}
    project.write("tests/golden/rpc/books.json", json.dumps({"exchanges": [exchange, exchange]}, indent=1))
    project.write("tests/golden/rpc/more_books.json", json.dumps({"exchanges": [exchange]}))
    left = project.generate()
    lacks = "'binding' of Book, which is there since v3.1.0"
    assert (
        f"tests/golden/rpc/books.json:4 record it anew: a reply lacks {lacks}, as in 1 more of these files"
        in left
    )
    (examples,) = [item for item in left if item.startswith("schema/examples/library.json:")]
    assert examples.endswith(f" record it anew: it lacks {lacks}, as 1 more do")
    shown = (project.root / "schema/examples/library.json").read_text(encoding="utf-8").splitlines()
    assert '"reply"' in shown[int(examples.split(":")[1].split()[0]) - 1], "the place that lint would name"


@pytest.mark.parametrize(
    ("book", "misfit"),
    [
        ({"title": "Sand", "heading": "Sand"}, "has 'heading', which Book has not"),
        ({"title": 5}, "has 5 as 'title' of Book, which the schema has otherwise"),
        (
            {"title": {"en": "Sand"}},
            'has {"en": "Sand"} as \'title\' of Book, which the schema has otherwise',
        ),
        ("Sand", 'has "Sand" as payload, which the schema has otherwise'),
    ],
)
def test_traffic_that_says_otherwise(project: Project, book: object, misfit: str) -> None:
    """As after a field was renamed, or became of another type."""
    reply = {"error": False, "payload": [{"title": "Dust"}, book]}
    exchange = {"msgtype": "getbooksmsg", "reply": reply}
    project.write("tests/golden/rpc/books.json", json.dumps({"exchanges": [exchange]}, indent=1))
    assert project.generate()[1:] == [f"tests/golden/rpc/books.json:4 record it anew: a reply {misfit}"]


def test_a_message_that_went(project: Project) -> None:
    """Its type in quotes, its exchanges and what is known of it are told with their places."""
    project.write(
        "tests/test_it.py", "OF = [\n    'countloansmsg',\n    'addbookmsg',\n    'nosuchmsg',\n]\n"
    )
    exchanges = [{"msgtype": each} for each in ("addbookmsg", "countloansmsg", "nosuchmsg", "countloansmsg")]
    project.write("tests/golden/rpc/loans.json", json.dumps({"exchanges": exchanges}, indent=1))
    sent = [
        {"type": "ws_send", "msgtype": "countloansmsg"},
        {"type": "rpc", "exchange": {"msgtype": "addbookmsg"}},
    ]
    project.write("tests/golden/ws/loans.json", json.dumps({"events": sent}, indent=1))
    project.write(
        "tests/golden/protocol/facts.json",
        '{"messages": {\n"addbookmsg": {},\n"countloansmsg": {}}, "types": {\n"CountLoansMsg": {}}}',
    )
    project.write("tests/golden/crypto/keys.json", "[]")
    assert project.generate() == []
    remove_message(project.root / "schema", "loan", "CountLoansMsg")
    replace(project.root / "schema/rpc/library.yaml", "x-roles: [reader, owner]", "x-roles: [nobody]")
    left = project.generate()
    assert [line for line in left if "take out" in line or "tests/test_it" in line] == [
        "tests/test_it.py:2 'countloansmsg' is gone from the schema",
        "tests/golden/protocol/facts.json:4 take out what is said of CountLoansMsg, which is gone",
        "tests/golden/protocol/facts.json:3 take out what is said of countloansmsg, which is gone",
        "tests/golden/rpc/loans.json:7 take out 2 exchanges of countloansmsg, which is gone",
        "tests/golden/ws/loans.json:5 take out 1 exchange of countloansmsg, which is gone",
    ]


def test_a_field_of_a_request_that_the_recorded_release_had_not(project: Project) -> None:
    project.write("tests/golden/protocol/facts.json", '{"types": {"CountLoansMsg": {"msgtype": {}}}}')
    assert project.generate() == []
    loans = project.root / "schema/rpc/loan.yaml"
    add_field(loans, "CountLoansMsg", "wing: {description: Where they are., type: string, default: ''}")
    line = next(n for n, text in enumerate(loans.read_text().splitlines(), 1) if "wing:" in text)
    (told,) = [each for each in project.generate() if "wing" in each]
    assert told == (
        f"schema/rpc/loan.yaml:{line} say since when CountLoansMsg has 'wing' (x-since): "
        "tests/golden/protocol/facts.json has not"
    )
    replace(loans, "default: ''}", "default: '', x-since: v9.9.9}")
    assert [each for each in project.generate() if "wing" in each] == []


def test_a_draft_may_lack_examples(project: Project) -> None:
    examples = project.root / "schema/examples/loan.json"
    content = json.loads(examples.read_text(encoding="utf-8"))
    del content["countloansmsg"]
    examples.write_text(json.dumps(content), encoding="utf-8")
    folders = ["--schema", str(project.root / "schema"), "--out", str(project.root / "generated")]
    assert main(["generate", *folders]) == EXIT_FINDINGS
    assert "MESSAGE_HAS_EXAMPLE" in project.said.readouterr().out
    left = project.generate("--draft")
    assert left[0] == "left to do by hand:"
    assert left[1].endswith(
        " record an example of countloansmsg, under that key in schema/examples/loan.json"
    )
    assert left[1].startswith("schema/rpc/loan.yaml:")
    assert left[2] == "a draft: no recorded example of countloansmsg"
    assert main(["generate", "--draft", *folders]) == 0, "in all languages and documents"
    assert main(["check", *folders]) == EXIT_FINDINGS, "what is published has examples"
    assert main(["check", "--draft", *folders]) == 0
    assert "a draft: no recorded example of countloansmsg\n" in project.said.readouterr().out


def test_a_draft_keeps_all_other_rules(project: Project) -> None:
    replace(project.root / "schema/types/loan.yaml", "description: When it must be back., ", "")
    folders = ["--schema", str(project.root / "schema"), "--out", str(project.root / "generated")]
    assert main(["generate", "--draft", *folders]) == EXIT_FINDINGS


def test_outside_of_the_project_only_the_schema_counts(project: Project) -> None:
    shutil.rmtree(project.root / "colonyos_gen")
    replace(
        project.root / "schema/rpc/library.yaml",
        "{name: add_book, parameters",
        "{name: enter_book, parameters",
    )
    assert project.generate() == []
