"""Values compared with their forms, by release and by what was sent."""

from __future__ import annotations

from typing import Any

import pytest
from colonyos_gen_wire.methods import METHODS

from colonyos_gen._drift.comparing import findings, release_of
from colonyos_gen._drift.forms import Expected, Form, reply_form

BOOK = Form(
    "struct",
    name="Book",
    fields={
        "title": Expected(Form("string"), True),
        "pages": Expected(Form("integer"), True, "v1.9.10"),
        "subject": Expected(Form("string"), False),
        "tags": Expected(Form("list", item=Form("string")), False, "v1.9.10"),
    },
)


@pytest.mark.parametrize(
    ("release", "missing"),
    [
        (None, []),
        ("v1.9.9", []),
        ("1.9.10", ["pages"]),
        ("v1.10.0", ["pages"]),
    ],
)
def test_what_came_later_need_not_be_there(release: str | None, missing: list[str]) -> None:
    known = release_of(release) if release else None
    found = findings(BOOK, {"title": "t"}, release=known)
    assert [(each.kind, each.path) for each in found] == [("missing", path) for path in missing]


@pytest.mark.parametrize(
    ("sent", "missing"),
    [
        (None, []),
        ({"subject": "s", "tags": ["a"]}, ["subject", "tags"]),
        ({"subject": "", "tags": []}, []),
    ],
)
def test_what_was_sent_comes_back(sent: Any, missing: list[str]) -> None:
    found = findings(BOOK, {"title": "t", "pages": 1}, release=(1, 9, 12), sent=sent)
    assert [each.path for each in found] == missing


@pytest.mark.parametrize(
    ("text", "release"),
    [
        ("v1.9.12", (1, 9, 12)),
        ("1.9.12", (1, 9, 12)),
        ("d89bd38", None),
        ("", None),
        ("v1.9", None),
        ("v1.9.12-dirty", None),
    ],
)
def test_a_release_is_told_from_a_commit(text: str, release: tuple[int, ...] | None) -> None:
    assert release_of(text) == release


KINDS: list[tuple[Any, list[Any], list[Any]]] = [
    ("string", ["", "a"], [1, None, [], {}, True]),
    ("integer", [0, -1, 2**63 - 1], ["1", 1.5, True, None]),
    ("number", [0, 1.5, -1e300], ["1", True, None]),
    ("boolean", [True, False], [0, "true", None]),
    ("time", ["0001-01-01T00:00:00Z", "2026-01-02T03:04:05.123456789+01:12"], ["2026-01-02", "", 5]),
    ("bytes", ["", "ZGF0YQ=="], ["ZGF0YQ", "?", 5]),
    ("any", [None, 1, {}, []], []),
]


@pytest.mark.parametrize(("kind", "good", "bad"), KINDS)
def test_each_kind_of_value(kind: Any, good: list[Any], bad: list[Any]) -> None:
    for value in good:
        assert findings(Form(kind), value) == []
    for value in bad:
        assert [each.kind for each in findings(Form(kind), value)] == ["mistyped"], value


def test_only_some_elements_are_looked_at_when_asked_to() -> None:
    form = Form("list", item=BOOK)
    value = [{"title": "t"}] * 10 + [{"title": 1}]
    assert findings(form, value, most=10) == []
    assert [each.path for each in findings(form, value)] == ["[].title"]


def test_every_message_has_a_form() -> None:
    for method in METHODS.values():
        assert (reply_form(method) is None) == (method.response is None)


def test_the_forms_of_the_package_are_those_of_its_schema() -> None:
    """The client goes by generated types, and the command by a schema that was read."""
    from colonyos_gen_codegen.rendering import service_of
    from colonyos_gen_codegen.schema.folder import SCHEMA
    from colonyos_gen_codegen.schema.loader import load

    from colonyos_gen.cli.observing.described import forms_of

    described = forms_of(service_of(load(SCHEMA), draft=True))
    for msgtype, method in METHODS.items():
        one, other = reply_form(method), described.replies[msgtype].form
        assert (one is None) == (other is None), msgtype
        if one is not None and other is not None:
            assert _plain(one, ()) == _plain(other, ()), msgtype


def _plain(form: Form, above: tuple[str, ...]) -> Any:
    if form.kind == "struct" and form.name in above:
        return form.name
    inner = (*above, form.name) if form.kind == "struct" else above
    return (
        form.kind,
        form.null,
        form.name,
        form.msgtype,
        sorted(form.values),
        form.item and _plain(form.item, inner),
        {key: (_plain(each.form, inner), each.always, each.since) for key, each in form.fields.items()},
    )
