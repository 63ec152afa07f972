"""The domains beside processes and their administration: every call of them, once."""

from __future__ import annotations

import asyncio
import json
import os

import pytest
from colonyos_gen_wire import (
    Blueprint,
    BlueprintDefinition,
    BlueprintDefinitionNames,
    BlueprintDefinitionSpec,
    BlueprintHandlerSpec,
    BlueprintMetadata,
    ChannelEntry,
    Cron,
    File,
    Generator,
    Location,
    Reference,
    S3Object,
    WorkflowSpec,
)

from colonyos_gen import (
    CANCELLED,
    RUNNING,
    SUCCESS,
    ConflictError,
    Executor,
    InvalidRequestError,
    NotFoundError,
    PausedError,
    PrivateKey,
    RPCTimeoutError,
    User,
)
from tests.live.scene import Scene, play


def _workflow(scene: Scene) -> WorkflowSpec:
    first, second = scene.spec("first"), scene.spec("second")
    first.nodename, second.nodename = "first", "second"
    second.conditions.dependencies = ["first"]
    return WorkflowSpec(colonyname=scene.colonyname, functionspecs=[first, second])


def _workflow_text(scene: Scene) -> str:
    spec = {
        "nodename": "n",
        "funcname": "f",
        "conditions": {"executortype": scene.executortype},
        "maxexectime": -1,
    }
    return json.dumps({"colonyname": scene.colonyname, "functionspecs": [spec]})


def test_workflows() -> None:
    async def act(scene: Scene) -> None:
        client, key = scene.client, scene.executor_key
        graph = await client.submit_workflow(_workflow(scene))
        assert len(graph.processids) == 2
        first = await scene.assign()
        await client.close(first.processid, output=["passed on"], prvkey=key)
        second = await scene.assign()
        assert second.input == ["passed on"]
        child = await client.add_child(
            graph.processgraphid, second.processid, "", scene.spec("child"), False, prvkey=key
        )
        await client.close(second.processid, prvkey=key)
        assert (await scene.assign()).processid == child.processid
        await client.close(child.processid, prvkey=key)
        done = await client.get_processgraph(graph.processgraphid)
        assert (done.state, len(done.nodes), len(done.edges)) == (SUCCESS, 3, 2)
        listed = await client.get_processgraphs(scene.colonyname, 10, SUCCESS)
        assert [g.processgraphid for g in listed] == [graph.processgraphid]
        await client.remove_processgraph(graph.processgraphid)
        other = await client.submit_workflow(_workflow(scene))
        await client.cancel_processgraph(other.processgraphid)
        assert (await client.get_processgraph(other.processgraphid)).state is CANCELLED
        await client.remove_all_processgraphs(scene.colonyname, -1, hazardous=True)
        with pytest.raises(NotFoundError):
            await client.get_processgraph(other.processgraphid)

    play(act)


def test_channels_and_subscriptions() -> None:
    async def act(scene: Scene) -> None:
        client, key = scene.client, scene.executor_key
        spec = scene.spec("chat")
        spec.channels = ["out"]
        process = await client.submit(spec)
        running = asyncio.create_task(client.subscribe_process(process, RUNNING, 10))
        await asyncio.sleep(0.3)
        await scene.assign()
        assert (await running).state is RUNNING
        batches: list[list[ChannelEntry]] = []

        def receive(entries: list[ChannelEntry]) -> bool:
            batches.append(entries)
            return entries[-1].msgtype != "end"

        listening = asyncio.create_task(client.subscribe_channel(process.processid, "out", 0, 20, receive))
        words: list[str | bytes] = ["Hello", b"\x00\xff", ""]
        for sequence, word in enumerate(words, 1):
            await client.channel_append(
                process.processid, "out", sequence, word, "" if word else "end", 0, prvkey=key
            )
        entries = await listening
        assert [entry.payload for entry in entries] == [b"Hello", b"\x00\xff", b""]
        assert sum(map(len, batches)) == 3
        read = await client.channel_read(process.processid, "out", 1, 1)
        assert [entry.payload for entry in read] == [b"\x00\xff"]
        assert await client.subscribe_channel(process.processid, "out", 3, 1, receive) == []
        with pytest.raises(RPCTimeoutError):
            await client.subscribe_process(process, SUCCESS, 1)
        await client.close(process.processid, prvkey=key)
        assert (await client.subscribe_process(process, SUCCESS, 5)).state is SUCCESS
        with pytest.raises(NotFoundError):
            await client.channel_read(process.processid, "out", 0, 0)

    play(act)


def test_crons() -> None:
    async def act(scene: Scene) -> None:
        client = scene.client
        cron = Cron(colonyname=scene.colonyname, name="nightly", workflowspec=_workflow_text(scene))
        cron.cronexpression = "0 0 3 * * *"
        added = await client.add_cron(cron)
        await client.run_cron(added.cronid)
        assert (await scene.assign()).spec.funcname == "f"
        assert (await client.get_cron(added.cronid)).prevprocessgraphid
        assert [c.name for c in await client.get_crons(scene.colonyname)] == ["nightly"]
        await client.remove_cron(added.cronid)
        with pytest.raises(NotFoundError):
            await client.get_cron(added.cronid)

    play(act)


def test_generators() -> None:
    async def act(scene: Scene) -> None:
        client = scene.client
        generator = Generator(
            colonyname=scene.colonyname, name="batches", workflowspec=_workflow_text(scene), trigger=2
        )
        added = await client.add_generator(generator)
        for argument in ("a", "b"):
            await client.pack_generator(added.generatorid, argument)
        assert (await scene.assign(10)).spec.args == ["a", "b"]
        assert (await client.resolve_generator(scene.colonyname, "batches")).generatorid == added.generatorid
        assert (await client.get_generator(added.generatorid)).queuesize == 0
        assert len(await client.get_generators(scene.colonyname)) == 1
        await client.remove_generator(added.generatorid)
        generator.trigger = 0
        with pytest.raises(InvalidRequestError, match=r"generator\.trigger is 0"):
            await client.add_generator(generator)

    play(act)


def test_blueprints() -> None:
    async def act(scene: Scene) -> None:
        client, colony = scene.client, scene.colonyname
        kind = f"Device{os.urandom(3).hex()}"
        definition = BlueprintDefinition(
            metadata=BlueprintMetadata(name=kind.lower(), colonyname=colony),
            spec=BlueprintDefinitionSpec(
                names=BlueprintDefinitionNames(kind=kind, singular=kind.lower(), plural=kind.lower() + "s"),
                handler=BlueprintHandlerSpec(executorType=scene.executortype, functionName="reconcile"),
            ),
        )
        await client.add_blueprint_definition(definition)
        assert (await client.get_blueprint_definition(colony, kind.lower())).spec.names.kind == kind
        assert len(await client.get_blueprint_definitions(colony)) == 1
        blueprint = Blueprint(
            kind=kind,
            metadata=BlueprintMetadata(name="lamp", colonyname=colony, generation=1),
            spec={"power": True, "level": 3},
        )
        added = await client.add_blueprint(blueprint)
        assert (await scene.assign()).spec.kwargs == {"kind": kind, "blueprintName": "lamp"}
        await client.update_blueprint_status(colony, "lamp", {"power": False})
        read = await client.get_blueprint(colony, "lamp")
        assert (read.spec, read.status) == ({"power": True, "level": 3}, {"power": False})
        read.spec["level"] = 4
        assert (await client.update_blueprint(read, False)).metadata.generation == 2
        assert [b.metadata.name for b in await client.get_blueprints(colony, kind, "")] == ["lamp"]
        assert (await client.reconcile_blueprint(colony, "lamp", True)).spec.kwargs["force"] is True
        assert len(await client.get_blueprint_history(added.blueprintid)) == 2
        with pytest.raises(ConflictError):
            await client.remove_blueprint_definition(colony, kind.lower())
        await client.remove_blueprint(colony, "lamp")
        await client.remove_blueprint_definition(colony, kind.lower())

    play(act)


def test_files_and_snapshots() -> None:
    async def act(scene: Scene) -> None:
        client, colony = scene.client, scene.colonyname
        place = Reference(
            protocol="s3", s3object=S3Object(server="s3.example.com", bucket="b", secretkey="hush")
        )
        file = File(colonyname=colony, label="/data", name="a.csv", size=10, checksum="c", ref=place)
        added = await client.add_file(file)
        assert "hush" not in repr(added)
        assert added.ref.s3object.secretkey == "hush"
        assert [f.name for f in await client.get_files(colony, "/data")] == ["a.csv"]
        assert (await client.get_file(colony, label="/data", name="a.csv", latest=True))[0].size == 10
        assert [label.name for label in await client.get_file_labels(colony)] == ["/data"]
        snapshot = await client.create_snapshot(colony, "/data", "v1")
        assert snapshot.fileids == [added.fileid]
        assert (await client.get_snapshot(colony, name="v1")).snapshotid == snapshot.snapshotid
        assert len(await client.get_snapshots(colony)) == 1
        await client.remove_snapshot(colony, name="v1")
        await client.remove_all_snapshots(colony)
        await client.remove_file(colony, fileid=added.fileid)
        assert await client.get_files(colony, "/data") == []

    play(act)


def test_locations_and_pauses() -> None:
    async def act(scene: Scene) -> None:
        client, colony = scene.client, scene.colonyname
        location = Location(
            colonyname=colony, name="attic", long=18.07, lat=59.33, locationid=os.urandom(8).hex()
        )
        await client.add_location(location)
        assert (await client.get_location(colony, "attic")).lat == 59.33
        assert len(await client.get_locations(colony)) == 1
        await client.remove_location(colony, "attic")
        await client.pause_assignments(colony)
        assert (await client.get_pause_status(colony)).ispaused is True
        with pytest.raises(PausedError):
            await scene.assign(-1)
        await client.resume_assignments(colony)
        assert (await client.get_pause_status(colony)).ispaused is False

    play(act)


def test_changing_identities() -> None:
    async def act(scene: Scene) -> None:
        client, colony = scene.client, scene.colonyname
        old, new = PrivateKey.generate(), PrivateKey.generate()
        await client.add_user(User(colonyname=colony, userid=old.id, name="turncoat"))
        await client.change_user_id(colony, new.id, prvkey=old)
        assert (await client.get_user(colony, "turncoat", prvkey=new)).userid == new.id
        executor, other = PrivateKey.generate(), PrivateKey.generate()
        await client.add_executor(Executor.new("renamed", executor.id, "t", colony))
        await client.change_executor_id(colony, other.id, prvkey=executor)
        assert (await client.get_executor(colony, "renamed")).executorid == other.id
        owner = PrivateKey.generate()
        await client.change_colony_id(colony, owner.id)
        assert (await client.get_colony(colony)).colonyid == owner.id
        with pytest.raises(InvalidRequestError, match="64 hexadecimal"):
            await client.change_server_id("short", prvkey=scene.server_key)

    play(act)
