"""The crate for Rust, without a toolchain."""

from __future__ import annotations

from pathlib import Path

import pytest
from colonyos_gen_codegen.rendering import service_of, texts
from colonyos_gen_codegen.schema.loader import load
from colonyos_gen_codegen.targets import registry
from colonyos_gen_codegen.targets.rust.spelling import snake, some, text, variant

ROOT = Path(__file__).resolve().parents[3]


def rendered(folder: Path, out: Path) -> dict[str, str]:
    """The files of the crate."""
    service = service_of(load(ROOT / folder), draft=False)
    return texts(service, {"rust": registry()["rust"]}, None, out)


def test_every_message_is_there_and_nothing_is_left_to_do(tmp_path: Path) -> None:
    files = rendered(Path("schema"), tmp_path)
    whole = "\n".join(files.values())
    for message in service_of(load(ROOT / "schema"), draft=False).messages:
        assert f"impl crate::call::Message for {message.struct.name} " in whole
    assert "TODO" not in whole
    assert files == rendered(Path("schema"), tmp_path)


@pytest.mark.parametrize(
    ("name", "spelled"), [("type", "r#type"), ("match", "r#match"), ("self", "self_"), ("state", "state")]
)
def test_words_of_the_language_are_escaped(name: str, spelled: str) -> None:
    assert snake(name) == spelled


def test_a_value_called_unknown_is_not_ours() -> None:
    assert variant("UNKNOWN") == "Unknown_"


def test_limits_are_checked_before_a_request_is_sent(tmp_path: Path) -> None:
    made = rendered(Path("schema"), tmp_path)["rust/src/domains/process.rs"]
    assert """limits.pattern(&at.key("processid"), &self.processid, false, r"^[0-9a-fA-F]{64}$",""" in made
    assert """limits.range(&at.key("spec").key("priority"), """ in made


def test_defaults_of_every_kind(tmp_path: Path) -> None:
    made = rendered(Path("tests/codegen/small"), tmp_path)["rust/src/domains/library.rs"]
    assert "crate::value::Bytes(std::vec![45])" in made
    assert "opacity: 1.0," in made
    assert 'std::string::String::from("png")' in made


def test_a_text_cannot_break_out_of_a_literal() -> None:
    assert text('a"\\\n') == '"a\\u{22}\\u{5c}\\u{a}"'
    assert some(None) == "std::option::Option::None"
