"""What the generated package is allowed to need, and that the names of the seed API are all there."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import colonyos_gen_wire
import pytest
from colonyos_gen_wire.method import ErrorCode, Role
from colonyos_gen_wire.methods import METHODS

import colonyos_gen
from colonyos_gen import AsyncClient, Client, crypto, errors
from colonyos_gen.errors import RPCError, from_code
from tests.wire.kit.recordings import method_of

PACKAGE = Path(colonyos_gen_wire.__file__).parent
ROOT = Path(colonyos_gen.__file__).parent.parent
FILES = sorted(PACKAGE.rglob("*.py"))

# Every function of the seed API that makes a call: its parameters in order, without the key.
SEED: dict[str, str] = {
    "add_colony": "colony",
    "remove_colony": "colony_name",
    "get_colony": "colonyname",
    "get_colonies": "",
    "add_executor": "executor",
    "approve_executor": "colonyname executorname",
    "reject_executor": "colonyname executorname",
    "remove_executor": "colonyname executorname",
    "get_executor": "colonyname executorname",
    "get_executors": "colonyname",
    "submit": "spec",
    "assign": "colonyname timeout",
    "close": "processid",
    "fail": "processid",
    "get_process": "processid",
    "get_processes": "colonyname count state",
    "remove_process": "processid",
    "remove_all_processes": "colonyname state",
    "set_output": "processid output",
    "add_attr": "attr",
    "submit_workflow": "workflowspec",
    "get_processgraph": "processgraphid",
    "get_processgraphs": "colonyname count state",
    "remove_processgraph": "processgraphid",
    "remove_all_processgraphs": "colonyname state",
    "add_log": "log",
    "get_logs": "colonyname processid executorname count since",
    "channel_append": "processid channelname sequence data data_type inreplyto",
    "channel_read": "processid channelname afterseq limit",
    "subscribe_process": "process state timeout",
    "subscribe_channel": "processid channelname afterseq timeout callback",
    "get_statistics": "colonyname",
    "add_function": "function",
    "get_functions": "colonyname",
    "get_functions_by_executor": "colonyname executorname",
    "remove_function": "functionid",
    "add_blueprint_definition": "definition",
    "get_blueprint_definition": "colonyname name",
    "get_blueprint_definitions": "colonyname",
    "remove_blueprint_definition": "colonyname name",
    "add_blueprint": "blueprint",
    "get_blueprint": "colonyname name",
    "get_blueprints": "colonyname kind location",
    "update_blueprint": "blueprint force_generation",
    "remove_blueprint": "colonyname name",
    "update_blueprint_status": "colonyname name status",
    "reconcile_blueprint": "colonyname name force",
}

SEED_CONSTANTS = {
    "WAITING": 0, "RUNNING": 1, "SUCCESS": 2, "FAILED": 3,
    "PENDING": 0, "APPROVED": 1, "REJECTED": 2,
    "IN": 0, "OUT": 1, "ERR": 2, "ENV": 3,
}  # fmt: skip

SEED_TYPES = [
    "Colony",
    "Executor",
    "FunctionSpec",
    "Conditions",
    "Process",
    "ProcessGraph",
    "WorkflowSpec",
    "Attribute",
    "Log",
    "ChannelEntry",
    "Statistics",
    "Function",
    "Blueprint",
    "BlueprintDefinition",
    "RPCError",
]


def fresh(script: str) -> str:
    """What an interpreter of its own prints that can import both packages."""
    paths = [str(ROOT), str(PACKAGE.parent)]
    code = f"import sys\nsys.path[:0] = {paths!r}\n{script}"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def imported(path: Path) -> set[str]:
    """The top-level packages that a file imports anywhere, also under conditions."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, path
            found.add((node.module or "").partition(".")[0])
    return found


def test_the_wire_package_imports_the_standard_library_and_msgspec_only() -> None:
    """As its files say."""
    allowed = set(sys.stdlib_module_names) | {"msgspec", "colonyos_gen_wire"}
    assert len(FILES) > 80
    extra = {str(path.relative_to(PACKAGE)): imported(path) - allowed for path in FILES}
    assert not {path: names for path, names in extra.items() if names}


def test_the_wire_package_loads_nothing_else() -> None:
    """As an interpreter finds that refuses everything else, with every module of it imported."""
    modules = [
        ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
        for path in FILES
    ]
    script = f"""
class Refuse:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top not in sys.stdlib_module_names and top not in ("msgspec", "colonyos_gen_wire"):
            raise ImportError(f"{{name}} is not allowed here")
sys.meta_path.insert(0, Refuse())
from importlib import import_module
for name in {modules!r}:
    import_module(name)
tops = {{name.partition(".")[0] for name in sys.modules}} - set(sys.stdlib_module_names)
print(sorted(name for name in tops if not name.startswith("_")))
"""
    assert "'msgspec'" in fresh(script)


def test_every_file_is_marked_as_generated() -> None:
    """By a line that is the same in all of them."""
    banners = {path.read_text(encoding="utf-8").splitlines()[0] for path in FILES}
    assert len(banners) == 1
    (banner,) = banners
    assert "Do not edit" in banner
    assert (PACKAGE / "py.typed").exists()


def test_every_registered_message_has_a_method() -> None:
    """Under a name of its own, with somebody who may sign; which they are is a fact that `test_protocol_facts` compares."""
    for msgtype, method in METHODS.items():
        assert method.msgtype == msgtype
        assert method.roles
        assert (method.roles == (Role.NONE,)) == (msgtype in {"versionmsg", "getserverinfomsg"})
        tag = method.request.__struct_config__.tag
        assert tag == msgtype
    assert len({method.name for method in METHODS.values()}) == len(METHODS)
    assert "getnodesmsg" not in METHODS


@pytest.mark.parametrize("code", list(ErrorCode), ids=lambda code: code.value)
def test_every_error_code_has_an_exception(code: ErrorCode) -> None:
    """One of its own, exported by the package."""
    error = from_code(method_of("submitfuncspecmsg"), code, "text", 400)
    assert type(error).code is code
    assert type(error) is not RPCError
    assert type(error).__name__ in errors.__all__
    assert getattr(colonyos_gen, type(error).__name__) is type(error)


def test_errors_of_a_method_have_names_of_their_own() -> None:
    """So that a caller can tell them apart by name."""
    for method in METHODS.values():
        names = [spec.name for spec in method.errors]
        assert len(names) == len(set(names)), method.name


@pytest.mark.parametrize("kind", [AsyncClient, Client])
@pytest.mark.parametrize("name", SEED)
def test_every_seed_function_is_a_method(name: str, kind: type) -> None:
    """With the parameters of the seed first, in its order; what the seed lacks comes after, as keywords."""
    parameters = list(inspect.signature(getattr(kind, name)).parameters.values())[1:]
    names = [parameter.name for parameter in parameters]
    expected = SEED[name].split()
    assert names[: len(expected)] == expected
    for parameter in parameters[: len(expected)]:
        assert parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    for parameter in parameters[len(expected) :]:
        assert parameter.kind is inspect.Parameter.KEYWORD_ONLY, f"{name}: {parameter}"
        assert parameter.default is not inspect.Parameter.empty, f"{name}: {parameter}"
    assert "prvkey" in names


def test_seed_constants_and_types() -> None:
    """Importable from the package, with the numbers of the seed; save ENV, which servers store as 3."""
    assert {name: int(getattr(colonyos_gen, name)) for name in SEED_CONSTANTS} == SEED_CONSTANTS
    for name in SEED_TYPES:
        assert inspect.isclass(getattr(colonyos_gen, name))
        assert name in colonyos_gen.__all__
    for name in ("gen_prvkey", "gen_id", "gen_signature", "gen_hash", "recid"):
        assert callable(getattr(crypto, name))


def test_seed_constructors() -> None:
    """The short forms, with their arguments in the order of the seed."""
    spec = colonyos_gen.FunctionSpec.new("f", "cli", "dev")
    assert (spec.funcname, spec.conditions.executortype, spec.conditions.colonyname) == ("f", "cli", "dev")
    colony = colonyos_gen.Colony.new("ab", "dev")
    assert (colony.colonyid, colony.name) == ("ab", "dev")
    executor = colonyos_gen.Executor.new("w", "ab", "cli", "dev")
    assert (executor.executorname, executor.executorid, executor.executortype, executor.colonyname) == (
        "w", "ab", "cli", "dev",
    )  # fmt: skip
    attribute = colonyos_gen.Attribute.new("dev", "ab", "k", "v")
    assert (attribute.targetcolonyname, attribute.targetid, attribute.key, attribute.value) == (
        "dev", "ab", "k", "v",
    )  # fmt: skip
    entry = colonyos_gen.ChannelEntry(payload="hé".encode())
    assert (entry.payload_as_string(), entry.payload_bytes()) == ("hé", "hé".encode())


def test_importing_the_package_is_light() -> None:
    """Neither the HTTP library nor the signatures are loaded before a client is made."""
    script = "import colonyos_gen\nprint([name for name in ('aiohttp', 'coincurve', 'ssl') if name in sys.modules])"
    assert fresh(script).strip() == "[]"
    script = "from colonyos_gen import FunctionSpec, WAITING\nprint('aiohttp' in sys.modules)"
    assert fresh(script).strip() == "False"
    script = "from colonyos_gen import *\nprint('aiohttp' in sys.modules)"
    assert fresh(script).strip() == "False"
    script = "from colonyos_gen import Client\nClient()\nprint('aiohttp' in sys.modules)"
    assert fresh(script).strip() == "True"


def test_every_public_name_can_be_imported() -> None:
    """Also those that are loaded late; and what does not exist is said as usual."""
    public: list[str] = getattr(colonyos_gen, "__all__")  # noqa: B009  # loaded late, and unknown to type checkers
    for name in public:
        assert getattr(colonyos_gen, name) is not None
        assert name in dir(colonyos_gen)
    missing = "no_such_name"
    with pytest.raises(AttributeError, match=missing):
        getattr(colonyos_gen, missing)
