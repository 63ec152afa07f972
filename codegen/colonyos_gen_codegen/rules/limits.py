"""Rules about limits: they can be met, can be checked, and are put in words."""

from __future__ import annotations

import re

from colonyos_gen_codegen.rules.registry import Problems, rule
from colonyos_gen_codegen.schema.outline import Outline, Part

_LIMITS = {"pattern", "not", "minimum", "maximum", "x-max-bytes"}


@rule("LIMIT_HAS_RULE", "A pattern or excluded value comes with x-rule, which puts it in words.")
def limit_has_rule(outline: Outline) -> Problems:
    for value in _limited(outline):
        hard = [key for key in ("pattern", "not") if key in value.data]
        if hard and "x-rule" not in value.data:
            yield value.at(hard[0]), f"'{value.name}' needs x-rule: words that complete \"must be ...\""
        if "x-rule" in value.data and not _LIMITS & value.data.keys():
            yield value.at("x-rule"), f"'{value.name}' has words for a limit, but no limit"


@rule("LIMIT_IS_POSSIBLE", "A minimum is not above the maximum.")
def limit_is_possible(outline: Outline) -> Problems:
    for value in _limited(outline):
        low, high = value.data.get("minimum"), value.data.get("maximum")
        if low is not None and high is not None and low > high:
            yield value.at("minimum"), f"the minimum {low} of '{value.name}' is above its maximum {high}"


@rule(
    "PATTERN_IS_PORTABLE",
    "A pattern is anchored at both ends, and any regular expression engine has what it uses.",
)
def pattern_is_portable(outline: Outline) -> Problems:
    for value in _limited(outline):
        pattern = value.data.get("pattern")
        if pattern is None:
            continue
        position = value.at("pattern")
        try:
            re.compile(pattern)
        except (re.error, OverflowError, RecursionError) as error:
            yield position, f"not a regular expression: {error}"
            continue
        if not re.fullmatch(r"\^(?:[^\\]|\\.)*\$", pattern, re.DOTALL):
            yield position, "anchor the pattern with ^ and $, since engines differ in what they match without"
        if re.search(r"\(\?(?!:)|\\[AZzpPbB1-9]", pattern):
            yield position, "some engines lack a group or escape of this pattern; keep to (?:...) and classes"


@rule("KEYS_ARE_TEXT", "propertyNames refers to text with a limit.")
def keys_are_text(outline: Outline) -> Problems:
    for value in outline.values:
        if "propertyNames" in value.data:
            target = outline.resolved(value.inside("propertyNames"))
            if "$ref" not in target.data and (
                target.data.get("type") != "string" or not _LIMITS & target.data.keys()
            ):
                yield (
                    value.at("propertyNames"),
                    f"{target.name} is no text with a limit, so it says nothing of keys",
                )


def _limited(outline: Outline) -> list[Part]:
    """Every place where limit keywords may stand."""
    refined = [part for field in outline.fields if "$ref" in field.data for part in field.parts("properties")]
    return [*outline.values, *refined]
