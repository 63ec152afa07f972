"""Any edits of the sources, at random: drift tells exactly these, and a draft of what is new is a schema."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from colonyos_gen_codegen.cli import main

from tests.codegen.kit.go_library import ERAS, Library, drift, told

BOOK = "pkg/core/book.go"
FIELD = re.compile(r'^	([A-Z]\w*) +(\S+) +`json:"(\w+)(,omitempty)?"[^`]*`$')
PLAIN = {"int": "integer", "int64": "integer", "float64": "number", "bool": "boolean", "string": "string"}
NEW = {
    **PLAIN,
    "[]string": "",
    "map[string]bool": "",
    "[][]byte": "",
    "*Cover": "",
    "[]*Author": "",
    "Genre": "",
    "any": "",
}
WORDS = ("quux", "zyxw", "Jukebox", "mQ", "on", "1st", "from", "vVv", "kiwi-xyz", "q.q")


class Edits:
    """The lines of `Book`, changed one by one, and what is to be told of it."""

    def __init__(self, lines: list[str], dice: random.Random) -> None:
        self.lines, self.dice = lines, dice
        self.expected: list[str] = []
        self.touched: set[str] = set()
        self.more: list[str] = []

    def pick(self, *types: str) -> tuple[int, str, str, str, str]:
        """A field that nothing was done to: where it is, its name, type, key and option."""
        found = [
            (index, each[1], each[2], each[3], each[4] or "")
            for index, line in enumerate(self.lines)
            if (each := FIELD.match(line))
        ]
        free = [each for each in found if each[3] not in self.touched and (not types or each[2] in types)]
        index, name, kind, key, option = self.dice.choice(free)
        self.touched.add(key)
        return index, name, kind, key, option

    def remove(self) -> None:
        index, _, _, key, _ = self.pick()
        self.lines[index] = f"	// {key} is gone"
        self.expected.append(f"field removed Book.{key}")

    def add(self) -> None:
        word = self.dice.choice([word for word in WORDS if word not in self.touched])
        self.touched.add(word)
        kind, option = self.dice.choice(list(NEW)), self.dice.choice(["", ",omitempty"])
        at = self.dice.randrange(1, len(self.lines) + 1)
        self.lines.insert(
            at, f'	New{len(self.touched)} {kind} `xml:"a" json:"{word}{option}"` // as {kind}'
        )
        self.expected.append(f"field added Book.{word}")

    def retype(self) -> None:
        index, name, kind, key, option = self.pick(*PLAIN)
        other = self.dice.choice(
            [each for each, told_as in NEW.items() if told_as != PLAIN[kind] and each != "any"]
        )
        if PLAIN[kind] == "integer" and other == "Genre":
            other = "bool"  # an enum is a number as well
        self.lines[index] = f'	{name} {other} `json:"{key}{option}"`'
        self.expected.append(f"field retyped Book.{key}")

    def point(self) -> None:
        index, name, kind, key, option = self.pick(*PLAIN)
        self.lines[index] = f'	{name} *{kind} `json:"{key}{option}"`'
        self.expected.append(f"field nullability changed Book.{key}")

    def omit(self) -> None:
        index, name, kind, key, option = self.pick(*PLAIN, "[]string")
        self.lines[index] = f'	{name} {kind} `json:"{key}{"" if option else ",omitempty"}"`'
        self.expected.append(f"field omission changed Book.{key}")

    def rename(self) -> None:
        index, name, kind, key, option = self.pick()
        self.lines[index] = f'	{name} {kind} `json:"the-{key}{option}"`'
        self.expected.append(f"field renamed Book.{key} -> the-{key}")

    def rename_in_go(self) -> None:
        index, name, kind, key, option = self.pick()
        self.lines[index] = f'	Own{name} {kind} `json:"{key}{option}"`'

    def shuffle(self) -> None:
        self.dice.shuffle(self.lines)

    def space(self) -> None:
        index, name, kind, key, option = self.pick()
        self.lines[index] = f'\n	/* before */ {name}\t{kind}  `bson:"x" json:"{key}{option}"` // behind\n'

    def embed(self) -> None:
        """Put fields in a struct of their own that is embedded: the same on the wire."""
        index, name, kind, key, option = self.pick()
        self.lines[index] = f"	struct_{name}"
        self.more.append(f'type struct_{name} struct {{\n	{name} {kind} `json:"{key}{option}"`\n}}\n')


KINDS = ("remove", "add", "retype", "point", "omit", "rename", "rename_in_go", "shuffle", "space", "embed")


@pytest.mark.parametrize("seed", range(40))
def test_edits_are_told_and_nothing_else(
    seed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dice = random.Random(seed)
    library = Library(tmp_path / "go", ERAS[seed % 2])
    text = (library.root / BOOK).read_text()
    head, _, rest = text.partition("type Book struct {\n")
    body, _, tail = rest.partition("}\n")
    edits = Edits(body.rstrip("\n").split("\n"), dice)
    for kind in dice.sample(KINDS, dice.randint(1, 4)):
        getattr(edits, kind)()
    more = "\n".join(edits.more)
    lines = "\n".join(edits.lines)
    library.add(BOOK, f"{head}type Book struct {{\n{lines}\n}}\n\n{more}{tail}")
    assert sorted(told(capsys, "--source", library.root)) == sorted(edits.expected)
    if edits.expected:
        _, _, err = drift(capsys, "--source", library.root, "--write", tmp_path / "draft")
        assert "to mend" not in err
        assert main(["lint", "--draft", "--schema", str(tmp_path / "draft")]) == 0, capsys.readouterr().out
