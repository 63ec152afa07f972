"""The TypeScript package: everything is there, and nothing breaks out. `nox -s languages` compiles and runs it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from colonyos_gen_codegen.build import build
from colonyos_gen_codegen.model import Service
from colonyos_gen_codegen.output.render import BANNER, environment
from colonyos_gen_codegen.schema.loader import load
from colonyos_gen_codegen.targets import registry
from colonyos_gen_codegen.targets.typescript import RUNTIME, render, spelling

from tests.codegen.kit.schema_edits import add_field, replace

ROOT = Path(__file__).resolve().parents[3]
SMALL = Path(__file__).parents[1] / "small"
SRC = "typescript/src"

AWKWARD = (
    "type",
    "match",
    "func",
    "function",
    "delete",
    "new",
    "typeof",
    "default",
    "constructor",
    "interface",
    "arguments",
    "prototype",
    "options",
    "rt",
)
"""Words of TypeScript, and names that the generated modules need, that a schema may have as names."""


@pytest.fixture(scope="module")
def service() -> Service:
    return build(load(ROOT / "schema"))


@pytest.fixture(scope="module")
def package() -> dict[str, str]:
    return rendered(ROOT / "schema")


@pytest.fixture(scope="module")
def awkward(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What is made of a schema whose names and texts are in the way."""
    schema = tmp_path_factory.mktemp("awkward") / "schema"
    shutil.copytree(SMALL, schema)
    make_awkward(schema)
    return rendered(schema)


def make_awkward(schema: Path) -> None:
    """Names and texts that are in the way, in a copy of the small schema."""
    rpc, types = schema / "rpc/loan.yaml", schema / "types/library.yaml"
    for name in AWKWARD:
        field = f'{name}: {{description: A word., type: string, default: ""}}'
        add_field(types, "Author", field)
        add_field(rpc, "AwaitLoanMsg", field)
    names = ", ".join(AWKWARD)
    replace(rpc, "parameters: [title, timeout]", f"parameters: [title, timeout, {names}]")
    for wire, public in {"a-b": "a_b", "__proto__": "proto", "class": "class_", '\\"': "quote"}.items():
        line = f'"{wire}": {{description: A word., type: string, default: "", x-name: {public}}}'
        add_field(types, "Color", line)
    for name in ("signal", "key"):
        add_field(rpc, "AwaitLoanMsg", f'{name}: {{description: A word., type: string, default: ""}}')
    replace(rpc, "keywords: [cover]", "keywords: [cover, signal, key]")
    replace(rpc, "{name: count_loans}", "{name: constructor}")
    replace(types, "Why a request was refused.", '"Ends */ here, \\"` ${1} // and @param there /* \\\\."')
    replace(types, "\n  Color:\n", "\n  Promise:\n")
    text = types.read_text(encoding="utf-8")
    types.write_text(text.replace("$defs/Color", "$defs/Promise"), encoding="utf-8")


def rendered(schema: Path) -> dict[str, str]:
    """The files of a schema, which need not pass the rules."""
    templates = environment(registry()["typescript"].templates)
    return dict(render(build(load(schema)), templates))


def code_of(text: str) -> str:
    """A module without its comments and texts."""
    return re.sub(r'/\*.*?\*/|"(?:[^"\\\n]|\\.)*"', '""', text, flags=re.DOTALL)


def test_every_message_type_and_call_is_there(service: Service, package: dict[str, str]) -> None:
    for domain in service.domains:
        for message in domain.messages:
            name = message.struct.name
            requests = package[f"{SRC}/requests/{domain.name}.ts"]
            assert f"export const {name}: rt.Struct<{name}, {name}Init> = " in requests
            assert f'"{message.msgtype}"' in package[f"{SRC}/messages.ts"]
            for method in message.methods:
                assert re.search(
                    rf"^  {spelling.method(method.name)}\(",
                    package[f"{SRC}/calls/{domain.name}.ts"],
                    re.MULTILINE,
                )
        types = package.get(f"{SRC}/types/{domain.name}.ts", "")
        for struct in domain.structs:
            assert f"\nexport const {struct.name}: rt.Struct<" in types
            for field in struct.fields:
                assert types.count(f"\n  {spelling.read_property(field)};\n") >= 1, (struct.name, field.wire)
        for enum in domain.enums:
            assert f"\nexport const {enum.name} = rt.openEnum(" in types
    assert len(service.messages) == package[f"{SRC}/messages.ts"].count("request: ")


def test_facts_of_the_protocol_are_those_of_the_schema(service: Service, package: dict[str, str]) -> None:
    protocol = package[f"{SRC}/protocol.ts"]
    for role in service.roles:
        assert f'\n  {role.name}: "{role.key}",\n' in protocol
    for code in service.codes:
        assert re.search(rf'^  \| "{code}";?$', protocol, re.MULTILINE)
    for limit in service.limits:
        assert f"\n  {limit.name}: {spelling.literal(limit.value)},\n" in protocol
    for message in service.messages:
        for error in message.errors:
            assert f"text: {spelling.literal(error.text)} }}" in package[f"{SRC}/calls/{message.domain}.ts"]


def test_the_runtime_is_copied_as_it_is(package: dict[str, str]) -> None:
    for path in RUNTIME.iterdir():
        banner, _, rest = package[f"{SRC}/runtime/{path.name}"].partition("\n")
        assert rest == path.read_text(encoding="utf-8")
        assert "Written by hand: a static file" in banner
        assert BANNER in banner


def test_nothing_is_left_to_do_and_nothing_needs_node_but_the_driver(package: dict[str, str]) -> None:
    for path, text in package.items():
        assert not re.search(r"\bTODO\b|\bFIXME\b|@ts-|eslint-", text), path
        assert not re.search(r"(?<!\.)\bany\b", code_of(text)) or not path.endswith(".ts"), path
        if path.startswith(SRC):
            assert ('from "node:' in text) == path.endswith("runtime/conformance.ts"), path


def test_output_is_the_same_every_time(package: dict[str, str]) -> None:
    assert rendered(ROOT / "schema") == package


def test_imports_are_of_what_is_there_and_is_used(package: dict[str, str]) -> None:
    for path, text in package.items():
        for names, module in re.findall(r'^import \{([^}]*)\} from "(\.[^"]*)\.js";$', text, re.MULTILINE):
            target = (Path("/") / path).parent.joinpath(f"{module}.ts").resolve().relative_to("/").as_posix()
            assert target in package, (path, module)
            for name in names.replace("type ", "").split(","):
                if name := name.strip():
                    assert len(re.findall(rf"(?<![\w$]){re.escape(name)}(?![\w$])", text)) > 1, (path, name)


def test_words_of_the_language_are_no_parameters(awkward: dict[str, str]) -> None:
    calls = awkward[f"{SRC}/calls/loan.ts"]
    signature = re.search(r"^  awaitLoan\((.*)\): ", calls, re.MULTILINE)
    assert signature is not None
    parameters = [each.partition("?")[0].partition(":")[0].strip() for each in signature[1].split(",")]
    assert parameters[2:-1] == [
        *("type", "match", "func"),
        *("function_", "delete_", "new_", "typeof_", "default_", "constructor", "interface_", "arguments_"),
        *("prototype", "options_", "rt_"),
    ]
    assert "function: function_, delete: delete_, new: new_" in calls
    assert "signal: options.signal_, key: options.key_" in calls
    assert "\n  readonly signal_?: string | undefined;\n" in calls
    assert "\n  constructor_(options: rt.CallOptions = {}): " in calls


def test_words_of_the_language_are_properties_as_they_are(awkward: dict[str, str]) -> None:
    types = awkward[f"{SRC}/types/library.ts"]
    for name in AWKWARD:
        assert f"\n  {name}: string;\n" in types
        assert f'{{ wire: "{name}", ' in types
    for spelled in ('"a-b"', '["__proto__"]', "class", r'"\""'):
        assert f"\n  {spelled}: string;\n" in types
    assert "\nexport interface Promise_ {\n" in types
    assert 'rt.Struct<Promise_, PromiseInit> = new rt.Struct("Promise", ' in types


def test_no_text_ends_its_comment(awkward: dict[str, str]) -> None:
    types = awkward[f"{SRC}/types/library.ts"]
    assert '/** Ends *\\/ here, "` ${1} // and \\@param there /* \\. */\nexport interface Failure {' in types
    for path, text in awkward.items():
        if path.startswith(SRC) and "/runtime/" not in path:
            assert "*/" not in code_of(text), path
            assert "Ends" not in code_of(text), path


def test_no_type_hides_one_of_the_package(package: dict[str, str]) -> None:
    """A name that `index.ts` says wins over one that comes with a star, and nobody is told."""
    exported: set[str] = set()
    for names in re.findall(r"^export (?:type )?\{([^}]*)\}", package[f"{SRC}/index.ts"], re.MULTILINE):
        exported.update(name.strip().removeprefix("type ") for name in names.split(","))
    for module in ("runtime/errors", "protocol"):
        exported.update(
            re.findall(r"^export (?:class|type) (\w+)", package[f"{SRC}/{module}.ts"], re.MULTILINE)
        )
    types = {name for name in exported if not name.isupper() and name[0].isupper()}
    assert types | {"Caller", "Calls"} == spelling.PACKAGE_TYPES
    assert all(spelling.type_name(name) == f"{name}_" for name in types)


def test_small_numbers_are_numbers_and_large_ones_are_not(service: Service, package: dict[str, str]) -> None:
    for struct in service.structs:
        types = package[f"{SRC}/types/{struct.domain}.ts"]
        for field in struct.fields:
            if field.type.int64:
                assert f"\n  {field.wire}: bigint;\n" in types
                assert f'{{ wire: "{field.wire}", shape: {{ kind: "int64"' in types
    assert spelling.literal(2**53) == "9007199254740992n"
    assert spelling.literal(-(2**63)) == "-9223372036854775808n"
    assert spelling.literal(2**53 - 1) == "9007199254740991"
