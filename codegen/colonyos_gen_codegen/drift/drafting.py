"""Puts skeletons where they belong in the files of a schema, and writes the whole into a folder or a patch."""

from __future__ import annotations

import difflib
import re
import shutil
from pathlib import Path

import yaml

from colonyos_gen_codegen.drift.comparing import Comparison
from colonyos_gen_codegen.drift.skeletons import TODO, Skeletons
from colonyos_gen_codegen.drift.surface import DriftError, Field, Member, Message, Struct
from colonyos_gen_codegen.drift.telling import Difference

_PATCHES = (".patch", ".diff")


def write(root: Path, target: Path, comparison: Comparison, differences: list[Difference]) -> list[str]:
    """Write the schema of `root` with a skeleton of all that is new; says what there is left to do, one line each.

    Args:
        target: A folder that is empty or not there yet, or a file with the ending .patch or .diff.

    Raises:
        DriftError: There is something at `target` already.
    """
    patch = target.suffix in _PATCHES
    if target.exists() and (patch or not target.is_dir() or any(target.iterdir())):
        raise DriftError(
            f"{target} is there already; name an empty folder, or a new file that ends with .patch"
        )
    draft = _Draft(root, comparison)
    for difference in differences:
        draft.take(difference)
    if patch:
        target.write_text("".join(draft.patch()), encoding="utf-8", newline="\n")
    else:
        shutil.copytree(root, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        for name, lines in draft.files.items():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (target / name).write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    return draft.left_to_do(target)


class _Draft:
    """The lines of all files that change, by name."""

    def __init__(self, root: Path, comparison: Comparison) -> None:
        self.root = root
        self.comparison = comparison
        common = root / "types/common.yaml"
        scalars = (
            re.findall(r"^  (\w+):", common.read_text(encoding="utf-8"), re.MULTILINE)
            if common.is_file()
            else []
        )
        roles = yaml.safe_load((root / "colonyos.yaml").read_text(encoding="utf-8"))["roles"]
        self.skeletons = Skeletons(comparison, frozenset(scalars), frozenset(roles))
        self.files: dict[str, list[str]] = {}
        self.count = 0
        self.undone: list[str] = []
        self.others = 0
        self.enums: set[str] = set()
        left = comparison.left
        self.renamed = {left.messages[old].struct for old in comparison.renamed}

    def take(self, difference: Difference) -> None:
        """Draft what only the server has; what changed or went is for people to decide."""
        match difference.new:
            case Message() as message:
                self._make_way(difference)
                name = difference.owner if difference.kind == "message registered" else ""
                node = self.skeletons.message(message, name)
                self._append("rpc", self.skeletons.message_domain(message), node)
            case Struct() as struct:
                self._append("types", self.skeletons.struct_domain(struct), self.skeletons.struct(struct))
            case Field() as entry:
                if difference.owner not in self.renamed:  # else it is in the skeleton of the new message
                    self._field(difference.owner, entry, difference)
            case Member() as member:
                self._member(difference.owner, member, difference)
            case None:
                self.others += 1

    def _make_way(self, difference: Difference) -> None:
        """Take the node of a message away that has only a name so far."""
        struct = self.comparison.left.struct(difference.owner)
        if difference.kind != "message registered" or struct is None:
            return
        manifest = self._lines("colonyos.yaml") or []
        for index, line in enumerate(manifest):
            if line.startswith("unregistered:"):
                manifest[index] = re.sub(rf"\b{difference.subject}\b(, )?", "", line).replace(", ]", "]")
        lines = self._lines(_inside(self.root, struct.place.file))
        span = _block(lines, struct.id) if lines else None
        if lines and span:
            del lines[slice(*span)]
            while lines and not lines[-1].strip():
                lines.pop()

    def _lines(self, name: str) -> list[str] | None:
        if name not in self.files:
            path = self.root / name
            if not path.is_file():
                return None
            self.files[name] = path.read_text(encoding="utf-8").rstrip("\n").split("\n")
        return self.files[name]

    def _append(self, folder: str, domain: str, node: list[str]) -> None:
        name = f"{folder}/{domain}.yaml"
        lines = self._lines(name)
        if lines is None:
            about = f'description: "{TODO}: what this domain is about."'
            meta = f"# yaml-language-server: $schema=../meta/{folder}.schema.json"
            lines = self.files[name] = [meta, f"domain: {domain}", about, "", "$defs:"]
        else:
            lines.append("")
        lines += node
        self.count += 1

    def _field(self, owner: str, entry: Field, difference: Difference) -> None:
        struct = self.comparison.left.struct(owner)
        name = _inside(self.root, struct.place.file) if struct else ""
        lines = self._lines(name) if name else None
        span = _block(lines, owner) if lines else None
        at = (
            next((i for i in range(*span) if lines and lines[i] == "    properties:"), None) if span else None
        )
        if lines is None or span is None or at is None:
            self.undone.append(f"not drafted: {difference.kind} {difference.subject}")
            return
        end = at + 1
        while end < span[1] and (lines[end].startswith("     ") or not lines[end].strip()):
            end += 1
        while not lines[end - 1].strip():
            end -= 1
        folder, _, file = name.partition("/")
        lines[end:end] = self.skeletons.field(entry, folder, Path(file).stem, required=False, since=True)
        self.count += 1

    def _member(self, owner: str, member: Member, difference: Difference) -> None:
        enum = next((enum for enum in self.comparison.left.enums if enum.name == owner and owner), None)
        if enum is None and self.skeletons.is_new_enum(owner):
            if owner not in self.enums:  # all of its values at once
                new = next(enum for enum in self.comparison.right.enums if enum.name == owner)
                self.enums.add(owner)
                self._append("types", self.skeletons.enum_domain(owner), self.skeletons.enum(new))
            return
        if enum and enum.is_text:
            self._text(owner, member, enum.members[-1].name)
            return
        name = _inside(self.root, enum.place.file) if enum else ""
        lines = self._lines(name) if name else None
        span = _block(lines, owner) if lines else None
        if lines is None or span is None:
            self.undone.append(f"not drafted: {difference.kind} {difference.subject}")
            return
        what = f'"{TODO}: what it means, as {member.place} tells."'
        more = {
            "enum": str(member.value),
            "x-enum-names": member.name,
            "x-enum-colours": '"#000000"',
            "x-enum-descriptions": what,
        }
        for index in range(span[0], span[1]):
            found = re.fullmatch(r"    ([\w-]+): \[(.*)\](.*)", lines[index])
            if found and found[1] in more:
                todo = f"  # {TODO}: its colour" if found[1] == "x-enum-colours" else found[3]
                lines[index] = f"    {found[1]}: [{found[2]}, {more[found[1]]}]{todo}"
        described = next((i for i in range(*span) if lines[i] == "    x-enum-descriptions:"), None)
        if described is not None:
            end = described + 1
            while end < span[1] and lines[end].startswith("      "):
                end += 1
            lines[end:end] = [f"      - {what}"]
        self.count += 1

    def _text(self, owner: str, member: Member, last: str) -> None:
        """Add a text of the manifest behind the last of its kind."""
        lines = self._lines("colonyos.yaml") or []
        end = (
            next((index for index, line in enumerate(lines) if line.startswith(f"  {last}:")), len(lines)) + 1
        )
        while end < len(lines) and lines[end].startswith("    "):
            end += 1
        name = re.sub(r"\W", "_", f"{owner}_{member.value}").upper()
        what = f"{TODO}: what it means, as {member.place} tells."
        lines[end:end] = [f"  {name}:", f"    value: {member.value}", f'    description: "{what}"']
        self.count += 1

    def patch(self) -> list[str]:
        """The changes as a unified diff, for `git apply` or `patch -p1` beside the schema folder."""
        out: list[str] = []
        for name, lines in sorted(self.files.items()):
            path = self.root / name
            old = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.is_file() else []
            new = [f"{line}\n" for line in lines]
            shown = f"{self.root.resolve().name}/{name}"
            out += difflib.unified_diff(old, new, f"a/{shown}" if old else "/dev/null", f"b/{shown}")
        return out

    def left_to_do(self, target: Path) -> list[str]:
        """What was written, where each TODO stands, and what could not be drafted."""
        marks = [
            f"{name}:{index}"
            for name, lines in sorted(self.files.items())
            for index, line in enumerate(lines, 1)
            if TODO in line
        ]
        many = "skeleton" if self.count == 1 else "skeletons"
        told = f"{self.count} {many} in {target}"
        if self.others:
            differ = "difference is" if self.others == 1 else "differences are"
            self.undone.append(
                f"{self.others} other {differ} not drafted: what changed or went is yours to decide"
            )
        return [told + (f", with {len(marks)} TODO, the first in {marks[0]}" if marks else ""), *self.undone]


def _inside(root: Path, shown: str) -> str:
    """The name of a file relative to the schema folder, from a place that people are shown."""
    parts = Path(shown).parts
    return "/".join(parts[-2:]) if (root / Path(*parts[-2:])).is_file() else parts[-1]


def _block(lines: list[str], name: str) -> tuple[int, int] | None:
    """The lines of the node called `name`: the first, and the one behind the last."""
    start = next((index for index, line in enumerate(lines) if line.rstrip() == f"  {name}:"), None)
    if start is None:
        return None
    end = start + 1
    while end < len(lines) and (not lines[end].strip() or lines[end].startswith("    ")):
        end += 1
    return start, end
