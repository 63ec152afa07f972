"""Quirks of files and blueprints."""

from __future__ import annotations

from colonyos_gen_wire import File

from tests.server.kit.lab import COLONY

from .quirk_scene import QuirkScene, shows


@shows("wildcards_in_labels", strict=(["/a_b"], 1), quirk=(["/aXb/deep", "/a_b"], 2))
async def label_with_underscore(here: QuirkScene) -> object:
    for label in ("/a_b", "/aXb/deep", "/aXb"):
        await here.user.add_file(File(colonyname=COLONY, label=label, name="f"))
    listed = await here.user.get_file_labels(COLONY, name="/a_b", exact=True)
    frozen = await here.user.create_snapshot(COLONY, "/a_b", "s")
    return sorted(each.name for each in listed), len(frozen.fileids)
