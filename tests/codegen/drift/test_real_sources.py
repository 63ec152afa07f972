"""The real server's sources, where a git repository of them is at hand: COLONYOS_GEN_GO_REPOSITORY names it."""

from __future__ import annotations

import json
import os
from collections import Counter

import pytest
from colonyos_gen_codegen.cli import main

REPOSITORY = os.environ.get("COLONYOS_GEN_GO_REPOSITORY", "")
pytestmark = pytest.mark.skipif(not REPOSITORY, reason="COLONYOS_GEN_GO_REPOSITORY names no repository")

# Read by eye from the sources of both tags.
SAMPLES = {
    ("v1.9.3", "v1.9.4"): [
        "message unregistered getnodesmsg",
        "message unregistered getnodemsg",
        "message unregistered getnodesbylocationmsg",
        "field removed BlueprintMetadata.namespace",
        "field added BlueprintMetadata.colonyname",
        "field removed Executor.nodemetadata",
        "field removed Executor.nodeid",
        "field added Hardware.platform",
        "field added Hardware.architecture",
        "field added Hardware.network",
        "type removed NodeMetadata",
        "type removed Node",
    ],
    ("v1.9.6", "v1.9.7"): [
        "field removed Blueprint.handler",
        "type removed BlueprintHandler",
        "field removed FunctionSpec.blueprint",
        "field removed FunctionSpec.reconciliation",
    ],
    ("v1.9.7", "v1.9.8"): [],
    ("v1.9.10", "v1.9.12"): [
        "message added cancelprocessmsg",
        "message added cancelprocessgraphmsg",
        "field added Statistics.cancelledprocesses",
        "field added Statistics.cancelledworkflows",
        "field added Function.locationname",
        "enum value added CANCELLED",
    ],
}


def differences(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    """Kind and subject of what `drift` tells, in an order that does not matter."""
    capsys.readouterr()
    main(["drift", *arguments, "--format", "json"])
    found = json.loads(capsys.readouterr().out)["differences"]
    return sorted(f"{entry['kind']} {entry['subject']}" for entry in found)


def test_the_schema_is_that_of_its_server(capsys: pytest.CaptureFixture[str]) -> None:
    assert differences(capsys, "--source", f"{REPOSITORY}@v1.9.12") == []


@pytest.mark.parametrize("release", ["v1.9.7", "v1.9.8", "v1.9.9", "v1.9.10"])
def test_older_servers_are_as_the_schema_says_of_their_releases(
    release: str, capsys: pytest.CaptureFixture[str]
) -> None:
    source = f"{REPOSITORY}@{release}"
    assert differences(capsys, "--source", source) == []
    assert differences(capsys, "--source", source, "--as-is") != []


@pytest.mark.parametrize(("old", "new"), SAMPLES)
def test_what_changed_from_tag_to_tag(old: str, new: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = differences(capsys, "--source", f"{REPOSITORY}@{old}", "--against", f"{REPOSITORY}@{new}")
    assert found == sorted(SAMPLES[old, new])


def test_one_switch_and_many_registries_have_the_same_messages(capsys: pytest.CaptureFixture[str]) -> None:
    found = differences(capsys, "--source", f"{REPOSITORY}@v1.8.19", "--against", f"{REPOSITORY}@v1.9.0")
    kinds = Counter(line.rpartition(" ")[0] for line in found)
    assert kinds == {"message added": 10, "type added": 13, "field added": 2, "enum value added": 7}


def test_resources_became_blueprints(capsys: pytest.CaptureFixture[str]) -> None:
    found = differences(capsys, "--source", f"{REPOSITORY}@v1.9.0", "--against", f"{REPOSITORY}@v1.9.3")
    renamed = [line for line in found if line.startswith("message renamed")]
    assert len(renamed) == 9
    assert all(line.split()[2].replace("resource", "blueprint") == line.split()[4] for line in renamed)
