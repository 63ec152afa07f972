"""The Pydantic models: they import, and accept everything that was recorded on the wire."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
import warnings
from datetime import datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from colonyos_gen_codegen.build import build
from colonyos_gen_codegen.model import Service
from colonyos_gen_codegen.output.render import BANNER, environment
from colonyos_gen_codegen.schema.loader import load
from colonyos_gen_codegen.targets import registry
from colonyos_gen_codegen.targets.pydantic import render
from pydantic import TypeAdapter, ValidationError

ROOT = Path(__file__).resolve().parents[3]
PATH = "pydantic/colonyos_models.py"


@pytest.fixture(scope="module")
def service() -> Service:
    return build(load(ROOT / "schema"))


@pytest.fixture(scope="module")
def source(service: Service) -> str:
    return render(service, environment(registry()["pydantic"].templates))[PATH]


@pytest.fixture(scope="module")
def models(source: str) -> Any:
    """The module, imported with warnings as errors: a field that hides a method of `BaseModel` would warn."""
    module = ModuleType("colonyos_models_under_test")
    sys.modules[module.__name__] = module
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        exec(compile(source, PATH, "exec", dont_inherit=True), module.__dict__)
    return module


def test_the_generator_is_the_version_whose_output_was_reviewed() -> None:
    assert importlib.metadata.version("datamodel-code-generator") == "0.89.0"


def test_carries_the_banner(source: str) -> None:
    assert source.startswith(f"# {BANNER}\n")


def test_a_model_for_every_type_enum_and_request(service: Service, models: Any) -> None:
    for struct in (*service.structs, *(message.struct for message in service.messages)):
        fields = getattr(models, struct.name).model_fields
        wires = {field.alias or name for name, field in fields.items()}
        assert wires - {"msgtype"} == {field.wire for field in struct.fields} - {"msgtype"}, struct.name
    for enum in service.enums:
        members = {member.name: member.value for member in getattr(models, enum.name)}
        assert members == {member.name: member.value for member in enum.members}


def test_recorded_wire_data_validates(service: Service, models: Any) -> None:
    for message in service.messages:
        for example in message.examples:
            # One request was recorded with a wrong message type, which that message forgives.
            if example.request["msgtype"] == message.msgtype:
                models.REQUESTS[message.msgtype].model_validate(example.request)
            TypeAdapter(models.REPLIES[message.msgtype]).validate_python(example.reply)


def test_recorded_replies_survive_a_round_trip(service: Service, models: Any) -> None:
    """What was read and written again says the same: nothing is lost but digits of a second."""
    for message in service.messages:
        for example in message.examples:
            if message.reply.type is None:
                continue
            adapter = TypeAdapter(models.REPLIES[message.msgtype])
            value = adapter.validate_python(example.reply)
            written = adapter.dump_python(value, mode="json", by_alias=True, exclude_unset=True)
            assert adapter.validate_python(written) == value, message.msgtype


def test_points_in_time_that_python_lacks_stay_text(models: Any) -> None:
    entry = models.ChannelEntry.model_validate({"timestamp": "0000-12-31T23:00:00Z"})
    assert entry.timestamp == "0000-12-31T23:00:00Z"
    assert models.ChannelEntry.model_validate({"timestamp": None}).timestamp is None


def test_points_in_time_are_cut_to_microseconds(models: Any) -> None:
    entry = models.ChannelEntry.model_validate({"timestamp": "2026-11-23T18:52:18.745756999+01:00"})
    assert isinstance(entry.timestamp, datetime)
    assert entry.timestamp.microsecond == 745756
    assert entry.timestamp.utcoffset() == timedelta(hours=1)


def test_enums_keep_unknown_values(service: Service, models: Any) -> None:
    reply = next(m for m in service.messages if m.msgtype == "getprocessmsg").examples[0].reply
    process: Any = models.Process.model_validate({**reply, "state": 17})
    assert (process.state, process.state.name) == (17, "UNNAMED_17")
    assert models.Process.model_validate({**reply, "state": 1}).state is models.ProcessState.RUNNING
    assert process.model_dump(mode="json")["state"] == 17


def test_defaults_are_models_of_their_own(models: Any) -> None:
    first, second = models.FunctionSpec(funcname="f"), models.FunctionSpec(funcname="f")
    assert isinstance(first.conditions, models.Conditions)
    first.args.append(1)
    assert second.args == []
    assert (first.maxexectime, first.maxretries) == (-1, -1)


def test_requests_fill_in_their_message_type_and_check_their_limits(models: Any) -> None:
    request = models.GetProcessMsg(processid="0" * 64)
    assert request.model_dump() == {"processid": "0" * 64, "msgtype": "getprocessmsg"}
    with pytest.raises(ValidationError):
        models.GetProcessMsg(processid="short")


def test_same_text_whatever_the_hash_seed(source: str) -> None:
    script = (
        "import sys; from pathlib import Path;"
        "from colonyos_gen_codegen.build import build; from colonyos_gen_codegen.schema.loader import load;"
        "from colonyos_gen_codegen.output.render import environment;"
        "from colonyos_gen_codegen.targets import registry;"
        "from colonyos_gen_codegen.targets.pydantic import render;"
        f"sys.stdout.write(render(build(load(Path('schema'))), environment(registry()['pydantic'].templates))['{PATH}'])"
    )
    run = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "4711"},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert run.stdout == source
