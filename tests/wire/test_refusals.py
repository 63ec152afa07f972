"""Each refusal is said once: those that many messages share in a module of their own, the others where they belong."""

from __future__ import annotations

import ast
from collections import Counter
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest
from colonyos_gen_wire import errors
from colonyos_gen_wire.errors import shared
from colonyos_gen_wire.method import ErrorSpec
from colonyos_gen_wire.methods import METHODS

FOLDER = Path(errors.__file__).parent
DOMAINS = sorted({path.stem for path in FOLDER.glob("*.py")} - {"__init__", "shared"})


def constants(module: ModuleType) -> dict[str, ErrorSpec]:
    return {name: value for name, value in vars(module).items() if isinstance(value, ErrorSpec)}


def written(path: Path) -> list[str]:
    """The refusals that a module writes out."""
    calls = [
        node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)
    ]
    return [ast.unparse(call) for call in calls if ast.unparse(call.func) == "ErrorSpec"]


def test_no_refusal_is_written_twice() -> None:
    counted = Counter(text for path in FOLDER.glob("*.py") for text in written(path))
    assert len(counted) > 150
    assert [text for text, times in counted.items() if times > 1] == []


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_domain_has_its_own_refusals_only(domain: str) -> None:
    """What a message shares with others as it is has no name here."""
    own = constants(import_module(f"{errors.__name__}.{domain}"))
    common = constants(shared).values()
    for name, error in own.items():
        assert error not in common, name


def test_every_refusal_of_a_message_has_a_name() -> None:
    """Among those that are shared, or in the domain of the message."""
    for method in METHODS.values():
        domain = str(method.request.__module__).rpartition(".")[2]
        known = [
            *constants(shared).values(),
            *constants(import_module(f"{errors.__name__}.{domain}")).values(),
        ]
        assert all(error in known for error in method.errors), method.name


def test_an_action_takes_its_place_in_the_text() -> None:
    refusal = shared.INVALID_JSON.with_action("Failed to add {note}")
    assert refusal.text == shared.INVALID_JSON.text.replace("{action}", "Failed to add {note}")
    assert (refusal.name, refusal.code, refusal.status) == ("invalid_json", shared.INVALID_JSON.code, 400)
    assert "{action}" in shared.INVALID_JSON.text
