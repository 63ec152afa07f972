"""Quirks of files and blueprints."""

from __future__ import annotations

from colonyos_gen_wire import BlueprintHandlerSpec, File
from colonyos_gen_wire.constants import WAITING
from colonyos_gen_wire.methods.blueprint import UPDATE_BLUEPRINT
from colonyos_gen_wire.requests.blueprint import UpdateBlueprintMsg

from tests.server.kit.blueprint_lab import KIND, blueprint, define
from tests.server.kit.lab import COLONY, TYPE

from .quirk_scene import QuirkScene, outcome, posted, shows


@shows("wildcards_in_labels", strict=(["/a_b"], 1), quirk=(["/aXb/deep", "/a_b"], 2))
async def label_with_underscore(here: QuirkScene) -> object:
    for label in ("/a_b", "/aXb/deep", "/aXb"):
        await here.user.add_file(File(colonyname=COLONY, label=label, name="f"))
    listed = await here.user.get_file_labels(COLONY, name="/a_b", exact=True)
    frozen = await here.user.create_snapshot(COLONY, "/a_b", "s")
    return sorted(each.name for each in listed), len(frozen.fileids)


async def crons_and_locations(here: QuirkScene) -> tuple[str, str]:
    crons = [cron.name for cron in await here.user.get_crons(COLONY)]
    locations = sorted(location.name for location in await here.user.get_locations(COLONY))
    return " ".join(crons), " ".join(locations)


@shows(
    "updates_move_nothing",
    strict=[(f"reconcile-{KIND}-Y", "X Y"), ("", "X Y")],
    quirk=[(f"reconcile-{KIND}-X", "X"), (f"reconcile-{KIND}-X", "X")],
)
async def moved_blueprint(here: QuirkScene) -> object:
    await define(here.lab)
    await here.user.add_blueprint(blueprint(location="X"))
    await here.user.update_blueprint(blueprint(location="Y"))
    moved = await crons_and_locations(here)
    await here.user.remove_blueprint(COLONY, "hall")
    return [moved, await crons_and_locations(here)]


@shows("updates_move_nothing", strict="", quirk="a:b")
async def blueprint_moved_to_what_is_no_location(here: QuirkScene) -> object:
    await define(here.lab)
    await here.user.add_blueprint(blueprint())
    request = UpdateBlueprintMsg(blueprint=blueprint(location="a:b"))
    await posted(here, here.user_key, UPDATE_BLUEPRINT, request)
    return (await here.user.get_blueprint(COLONY, "hall")).metadata.locationname


@shows("first_definition_handles", strict=["a", "a", "a"], quirk=["a", "z", "z"])
async def two_definitions_of_a_kind(here: QuirkScene) -> object:
    for name in ("z", "a"):
        await define(here.lab, name=name, handler=BlueprintHandlerSpec(executorType=name, functionName="f"))
    await here.user.add_blueprint(blueprint())
    [added] = await here.user.get_processes(COLONY, state=WAITING, count=10)
    asked = await here.user.reconcile_blueprint(COLONY, "hall")
    await here.user.remove_blueprint(COLONY, "hall")
    waiting = await here.user.get_processes(COLONY, state=WAITING, count=10)
    [cleaning] = [each for each in waiting if each.spec.funcname == "cleanup"]
    return [each.spec.conditions.executortype for each in (added, asked, cleaning)]


@shows("updates_move_nothing", strict=["reconcile-Door"], quirk=[f"reconcile-{KIND}"])
async def blueprint_of_another_kind(here: QuirkScene) -> object:
    await define(here.lab)
    await define(here.lab, "Door")
    await here.user.add_blueprint(blueprint())
    await here.user.update_blueprint(blueprint(kind="Door"))
    return [cron.name for cron in await here.user.get_crons(COLONY)]


@shows(
    "owner_updates_start_nothing",
    strict=[(1, 1), (2, 2), (3, 3), (4, 4)],
    quirk=[(1, 1), (2, 1), (3, 1), (4, 2)],
)
async def blueprint_changed_by_the_owner(here: QuirkScene) -> object:
    await define(here.lab)
    owner, seen = here.lab.colony_key, list[tuple[int, int]]()

    async def look() -> None:
        generation = (await here.user.get_blueprint(COLONY, "hall")).metadata.generation
        seen.append((generation, len(await here.user.get_processes(COLONY))))

    # The process of an addition is submitted whoever adds.
    await here.user.add_blueprint(blueprint(), prvkey=owner)
    await look()
    await here.user.update_blueprint(blueprint(spec={}), prvkey=owner)
    await look()
    await here.user.update_blueprint(blueprint(spec={}), force_generation=True, prvkey=owner)
    await look()
    await here.user.update_blueprint(blueprint())
    await look()
    return seen


@shows(
    "refused_reconcile_counts",
    strict=("InvalidError 400", 1),
    quirk=("InvalidError 400", 2),
)
async def reconcile_without_function(here: QuirkScene) -> object:
    await define(here.lab, handler=BlueprintHandlerSpec(executorType=TYPE))
    await here.user.add_blueprint(blueprint())
    refused = await outcome(here.user.reconcile_blueprint(COLONY, "hall", force=True))
    return refused, (await here.user.get_blueprint(COLONY, "hall")).metadata.generation
