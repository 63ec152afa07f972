"""Names that hand-written Python has are not given away by the schema, and the generator knows all of them."""

from __future__ import annotations

import pkgutil
import shutil
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import cast

import colonyos_gen_wire
import pytest
from colonyos_gen_codegen.schema.loader import load
from colonyos_gen_codegen.targets.python import reserved
from colonyos_gen_codegen.validate import validate
from colonyos_gen_wire import constants
from colonyos_gen_wire.methods import METHODS
from colonyos_gen_wire.stubs_async import AsyncStubs
from colonyos_gen_wire.stubs_sync import Stubs

import colonyos_gen
from colonyos_gen import AsyncClient, Client
from tests.codegen.kit.schema_edits import replace

BASE = Path(__file__).parent / "base"


def public(names: Iterable[str]) -> set[str]:
    return {name for name in names if not name.startswith("_")}


def test_the_list_has_every_attribute_of_the_clients() -> None:
    calls = {method.name for method in METHODS.values()}
    calls.update(dir(AsyncStubs), dir(Stubs))
    assert public([*dir(AsyncClient), *dir(Client)]) - calls == reserved.CLIENT


def test_the_list_has_every_name_of_the_package() -> None:
    modules = public(module.name for module in pkgutil.iter_modules(colonyos_gen.__path__))
    generated = {*colonyos_gen_wire.__all__, *dir(constants)}
    assert (
        set(cast("list[str]", import_module("colonyos_gen").__all__)) - generated
    ) | modules == reserved.PACKAGE


def test_the_list_has_every_exception_of_the_public_modules() -> None:
    modules = [
        import_module(each.name)
        for each in pkgutil.walk_packages(colonyos_gen.__path__, "colonyos_gen.")
        if not any(part.startswith("_") for part in each.name.split("."))
    ]
    exceptions = {
        name
        for module in modules
        for name in cast("list[str]", getattr(module, "__all__", []))
        if isinstance(kind := getattr(module, name), type) and issubclass(kind, BaseException)
    }
    assert exceptions - reserved.PACKAGE - {*dir(colonyos_gen)} == reserved.EXCEPTIONS


@pytest.mark.parametrize("name", sorted(reserved.CLIENT))
def test_no_call_hides_behind_an_attribute_of_a_client(name: str, tmp_path: Path) -> None:
    schema = shutil.copytree(BASE, tmp_path / "schema")
    replace(schema / "rpc/note.yaml", "{name: add_note,", f"{{name: {name},")
    (found,) = validate(load(schema))
    assert str(found).startswith("rpc/note.yaml:8:10 NAME_IS_FREE ")


def test_no_exception_is_called_as_another_one_in_another_case(tmp_path: Path) -> None:
    schema = shutil.copytree(BASE, tmp_path / "schema")
    for code in ("rpc_timeout", "r_p_c_timeout", "missing_key", "o_s", "limit", "config", "journal"):
        shutil.copy(BASE / "colonyos.yaml", schema)
        text = (schema / "colonyos.yaml").read_text(encoding="utf-8")
        text = text.replace("code: invalid, status: 400, text: Too", f"code: {code}, status: 400, text: Too")
        text = text.replace("codes: {", f"codes: {{{code}: It is so., ")
        (schema / "colonyos.yaml").write_text(text, encoding="utf-8")
        assert [finding.rule for finding in validate(load(schema))] == ["NAME_IS_FREE"], code
