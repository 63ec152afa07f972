"""All that is left to do, in the order in which people do it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from colonyos_gen_codegen.left_to_do.handlers import handlers
from colonyos_gen_codegen.left_to_do.item import Item
from colonyos_gen_codegen.left_to_do.offer import read_offer
from colonyos_gen_codegen.left_to_do.project import project_around
from colonyos_gen_codegen.left_to_do.traffic import (
    of_gone_messages,
    older_examples,
    older_recordings,
    without_example,
    without_since,
)
from colonyos_gen_codegen.left_to_do.uses import uses
from colonyos_gen_codegen.model import Service
from colonyos_gen_codegen.schema.loader import Schema


def left_to_do(
    schema: Schema, service: Service, before: Mapping[str, str], files: Mapping[str, str], out: Path
) -> list[Item]:
    """What has to be done by hand now that `files`, in the place of those `before`, are in `out`.

    Outside of a checkout of the project that is what concerns the schema alone. Code is looked through when the Python
    package is among the files. A name that went is told until the change is committed, where there is git.
    """
    offer = read_offer(files)
    project = project_around(out)
    items: list[Item] = []
    if project is not None and offer.modules:
        earlier = read_offer({**before, **project.committed(out)})
        items += handlers(service, project)
        items += uses(earlier, offer, project)
        gone = (earlier.messages - offer.messages) | (earlier.structs.keys() - offer.structs.keys())
        items += of_gone_messages(gone, project)
    items += without_example(service, schema)
    items += older_examples(service, schema)
    if project is not None and offer.modules:
        items += without_since(service, schema, project)
        items += older_recordings(service, project)
    return items
