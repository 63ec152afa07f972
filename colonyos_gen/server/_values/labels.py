"""Labels of files. Nobody adds or removes them: a label is there as long as a file has it.

They are opaque texts, in which slashes make a tree: `/data/2024` lies below `/data`.
"""

from __future__ import annotations

from colonyos_gen.server._store.records import Records
from colonyos_gen.server._values.like import Like

_SEPARATOR = "/"


def labels_like(records: Records, colonyname: str, prefix: str) -> list[str]:
    """The labels in a colony that begin with `prefix`, in which the wildcards of SQL's LIKE work."""
    pattern = Like(prefix)
    return [label for label in _labels_of(records, colonyname) if pattern.begins(label)]


def labels_under(records: Records, colonyname: str, root: str) -> list[str]:
    """The label `root` and those below it, as far as files have them."""
    below = root + _SEPARATOR
    return [label for label in _labels_of(records, colonyname) if label == root or label.startswith(below)]


def without_slash(label: str) -> str:
    """`label` without the slash at its end, so that the root of the tree is the empty label."""
    return label.removesuffix(_SEPARATOR)


def _labels_of(records: Records, colonyname: str) -> list[str]:
    return sorted({file.label for file in records.files_of_colony.find(colonyname)})
