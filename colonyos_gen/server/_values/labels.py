"""Labels of files. Nobody adds or removes them: a label is there as long as a file has it.

They are opaque texts, in which slashes make a tree: `/data/2024` lies below `/data`. But `/data` itself is there only if a
file has just this label; if none has, nothing is found under it, and whoever wants all of it lists by prefix.
"""

from __future__ import annotations

from colonyos_gen.server._store.records import Records
from colonyos_gen.server._values.like import Like

_SEPARATOR = "/"


def labels_like(records: Records, colonyname: str, prefix: str) -> list[str]:
    """The labels in a colony that begin with `prefix`, in which the wildcards of SQL's LIKE work."""
    pattern = Like(prefix)
    return [label for label in _labels_of(records, colonyname) if pattern.begins(label)]


def labels_under(records: Records, colonyname: str, root: str, *, wildcards: bool = False) -> list[str]:
    """The label `root` and those below it, or with `wildcards` below what it is LIKE, if a file has just this label."""
    if not records.files_of_label.count((colonyname, root)):
        return []
    below = root + _SEPARATOR
    pattern = Like(below) if wildcards else None

    def is_below(label: str) -> bool:
        return label.startswith(below) if pattern is None else pattern.begins(label)

    return [label for label in _labels_of(records, colonyname) if label == root or is_below(label)]


def without_slash(label: str) -> str:
    """`label` without the slash at its end, so that the root of the tree is the empty label."""
    return label.removesuffix(_SEPARATOR)


def _labels_of(records: Records, colonyname: str) -> list[str]:
    return sorted({file.label for file in records.files_of_colony.find(colonyname)})
