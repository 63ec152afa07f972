"""The Markdown reference: complete, and every link leads somewhere."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from colonyos_gen_codegen.build import build
from colonyos_gen_codegen.model import Service
from colonyos_gen_codegen.output.render import BANNER, environment
from colonyos_gen_codegen.schema.loader import load
from colonyos_gen_codegen.targets import registry
from colonyos_gen_codegen.targets.docs import markdown, render

ROOT = Path(__file__).resolve().parents[3]
_LINK = re.compile(r"(?<!\\)\[[^\]]*\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def service() -> Service:
    return build(load(ROOT / "schema"))


@pytest.fixture(scope="module")
def pages(service: Service) -> Mapping[str, str]:
    return render(service, environment(registry()["docs"].templates))


def prose(page: str) -> str:
    """The page without its code blocks."""
    return _FENCE.sub("", page)


def anchors(page: str) -> list[str]:
    """Anchors that GitHub makes of the headings."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]


def test_a_page_for_each_domain(service: Service, pages: Mapping[str, str]) -> None:
    expected = {"docs/index.md", "docs/hazards.md"}
    expected |= {f"docs/types/{d.name}.md" for d in service.domains if d.structs or d.enums}
    expected |= {f"docs/rpc/{d.name}.md" for d in service.domains if d.messages}
    assert set(pages) == expected


def test_every_link_resolves(pages: Mapping[str, str]) -> None:
    checked = 0
    for path, page in pages.items():
        for target in _LINK.findall(prose(page)):
            file, _, anchor = target.partition("#")
            found = posixpath.normpath(posixpath.join(posixpath.dirname(path), file)) if file else path
            assert found in pages, f"{path}: {target}"
            assert not anchor or anchor in anchors(pages[found]), f"{path}: {target}"
            checked += 1
    assert checked > 500


def test_headings_are_unique_within_a_page(pages: Mapping[str, str]) -> None:
    for path, page in pages.items():
        assert len(set(anchors(page))) == len(anchors(page)), path


def test_every_page_carries_the_banner(pages: Mapping[str, str]) -> None:
    assert all(page.startswith(f"<!-- {BANNER} -->\n") for page in pages.values())


def test_json_blocks_are_the_examples_unabridged(service: Service, pages: Mapping[str, str]) -> None:
    for domain in service.domains:
        if not domain.messages:
            continue
        fences = _FENCE.findall(pages[f"docs/rpc/{domain.name}.md"])
        blocks = [json.loads(text) for kind, text in fences if kind == "json"]
        examples = [example for message in domain.messages if message.methods for example in message.examples]
        assert blocks == [part for example in examples for part in (example.request, example.reply)]


def test_every_method_tells_its_facts(service: Service, pages: Mapping[str, str]) -> None:
    for message in service.messages:
        for method in message.methods:
            page = pages[f"docs/rpc/{message.domain}.md"]
            section = page.split(f"\n## {method.name}\n")[1].split("\n## ")[0]
            assert f"`{message.msgtype}`" in section
            assert all(f"[`{role}`]" in section for role in message.roles)
            assert service.idempotency[message.idempotency] in section
            assert all(markdown.code(error.text) in section for error in message.errors)
            assert all(f"| `{parameter.name}` |" in section for parameter in method.parameters)
            assert all(f"| [`{entry.hazard.name}`]" in section for entry in message.hazards)


def test_every_hazard_tells_its_facts_and_who_takes_part(service: Service, pages: Mapping[str, str]) -> None:
    assert service.hazards
    for hazard in service.hazards:
        section = pages["docs/hazards.md"].split(f"\n## {hazard.name}\n")[1].split("\n## ")[0]
        for fact in (hazard.when, hazard.what, hazard.seen, hazard.versions, hazard.avoid):
            assert markdown.text(fact) in section
        methods = [method.name for message, _ in service.takers(hazard) for method in message.methods]
        assert methods
        assert all(f"[`{name}`](rpc/" in section for name in methods)


def test_every_field_of_every_type_is_listed(service: Service, pages: Mapping[str, str]) -> None:
    for struct in service.structs:
        section = pages[f"docs/types/{struct.domain}.md"].split(f"\n## {struct.name}\n")[1].split("\n## ")[0]
        assert all(f"| `{field.name}` |" in section for field in struct.fields), struct.name


def test_tables_are_rectangular(pages: Mapping[str, str]) -> None:
    for path, page in pages.items():
        width = 0
        for line in prose(page).splitlines():
            bars = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else 0
            assert not (width and bars) or bars == width, f"{path}: {line}"
            width = bars


def test_layout(pages: Mapping[str, str]) -> None:
    for path, page in pages.items():
        assert page == page.rstrip() + "\n", path
        assert "\n\n\n" not in page, path
        assert not re.search(r"[ \t]$", page, re.MULTILINE), path


@pytest.mark.parametrize(
    ("prose_text", "shown"),
    [
        ("at most <n> items", "at most &lt;n> items"),
        ("kind[-place] and *", r"kind\[-place\] and \*"),
        ("code `a<b>*` stays", "code `a<b>*` stays"),
    ],
)
def test_prose_is_escaped_outside_code(prose_text: str, shown: str) -> None:
    assert markdown.text(prose_text) == shown


def test_code_may_hold_bars_and_backticks() -> None:
    assert markdown.code("a|b") == r"`a\|b`"
    assert markdown.code("a`b") == "`` a`b ``"
