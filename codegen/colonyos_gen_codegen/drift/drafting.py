"""Puts skeletons where they belong in the files of a schema, and writes the whole into a folder or a patch."""

from __future__ import annotations

import difflib
import re
import shutil
import tempfile
from collections import Counter
from pathlib import Path

import yaml

from colonyos_gen_codegen.drift.comparing import Comparison
from colonyos_gen_codegen.drift.names import spelled
from colonyos_gen_codegen.drift.skeletons import TODO, Skeletons
from colonyos_gen_codegen.drift.surface import DriftError, Field, Member, Message, Struct
from colonyos_gen_codegen.drift.telling import Difference
from colonyos_gen_codegen.rendering import findings_of
from colonyos_gen_codegen.rules.names import fold
from colonyos_gen_codegen.schema.findings import SchemaError
from colonyos_gen_codegen.schema.loader import load

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
    if not patch:
        return [*draft.left_to_do(target), *draft.written(target)]
    target.write_text("".join(draft.patch()), encoding="utf-8", newline="\n")
    with tempfile.TemporaryDirectory() as folder:
        return [*draft.left_to_do(target), *draft.written(Path(folder))]


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
        manifest = yaml.safe_load((root / "colonyos.yaml").read_text(encoding="utf-8"))
        roles = manifest["roles"]
        left = comparison.left
        constants = {fold(name) for key in ("limits", "texts", "tables") for name in manifest.get(key, {})}
        constants |= {fold(member.name) for enum in left.enums for member in enum.members}
        texts = [path.read_text(encoding="utf-8") for path in root.glob("*/*.yaml")]
        types = {fold(name) for text in texts for name in re.findall(r"^  (\w+):", text, re.MULTILINE)}
        methods = {fold(name) for text in texts for name in re.findall(r"\bname: (\w+)", text)}
        self.skeletons = Skeletons(
            comparison, frozenset(scalars), frozenset(roles), methods, types, constants
        )
        self.files: dict[str, list[str]] = {}
        self.count = 0
        self.undone: list[str] = []
        self.others: Counter[str] = Counter()
        self.enums: set[str] = set()
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
                self.others[difference.kind] += 1

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
        public = self.skeletons.public(owner, entry)
        lines[end:end] = self.skeletons.field(
            entry, folder, Path(file).stem, required=False, public=public, since=True
        )
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
        if any(member.value == other.value for other in enum.members) if enum else False:
            why = f"{member.value} has a name already"
            self.undone.append(f"not drafted: {difference.kind} {difference.subject}: {why}")
            return
        what = f'"{TODO}: what it means, as {member.place} tells."'
        more = {
            "enum": str(member.value),
            "x-enum-names": self.skeletons.member_name(member),
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
        name = re.sub(r"\W", "_", f"{owner}_{member.value}", flags=re.ASCII).upper()
        what = f"{TODO}: what it means, as {member.place} tells."
        lines[end:end] = [
            f"  {name}:",
            f"    value: {spelled(str(member.value))}",
            f'    description: "{what}"',
        ]
        self.count += 1

    def written(self, target: Path) -> list[str]:
        """Write all files into a folder; returns a line for each thing that `lint --draft` will not take."""
        ignored = shutil.ignore_patterns("__pycache__", ".*")
        shutil.copytree(self.root, target, dirs_exist_ok=True, ignore=ignored)
        for name, lines in self.files.items():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (target / name).write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
        try:
            findings = findings_of(load(target), draft=True)
        except SchemaError as error:
            findings = error.findings
        return [f"to mend before it is a schema: {finding}" for finding in findings]

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
            count = self.others.total()
            differ = "difference is" if count == 1 else "differences are"
            kinds = ", ".join(f"{kind}: {many}" for kind, many in self.others.items())
            self.undone.append(
                f"{count} other {differ} not drafted ({kinds}): what changed or went is yours to decide"
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
