"""Diagrams in Mermaid's language, which GitHub, GitLab and notebooks draw."""

from __future__ import annotations

import re

from colonyos_gen.pictures._layout.diagram import Box, Diagram
from colonyos_gen.pictures._look.palette import INK, PLAIN, SHADES, state_name

# What has no meaning to Mermaid, nor to the HTML that it makes.
_PLAIN = re.compile(r"[^\w .,:()/=+\u00d7…→·%@!?'-]")
# A label that starts like a list is refused as one.
_LIST = re.compile(r"^(\s*(?:\d+[.)]|[-+]))\s")


def as_mermaid(diagram: Diagram) -> str:
    """A flowchart with the boxes and lines of `diagram`, in the colours of their states."""
    ids = {key: f"n{number}" for number, key in enumerate(diagram.boxes)}
    text = ["flowchart TD"]
    text += [f'    {ids[key]}["{_label(box)}"]' for key, box in diagram.boxes.items()]
    text += [
        f"    {ids[line.source]} {'-.->' if line.active else '-->'} {ids[line.target]}"
        for line in diagram.lines
    ]
    classes: dict[str, list[str]] = {}
    for key, box in diagram.boxes.items():
        if box.leading is not None and box.leading in SHADES:
            classes.setdefault(state_name(box.leading), []).append(ids[key])
    for state, colours in SHADES.items():
        name = state_name(state)
        if name in classes:
            text.append(f"    classDef {name} fill:{colours.fill},stroke:{colours.strong},color:{INK}")
            text.append(f"    class {','.join(classes[name])} {name}")
    rest = [ids[key] for key in diagram.boxes if not any(ids[key] in named for named in classes.values())]
    if rest:
        text.append(f"    classDef plain fill:{PLAIN.fill},stroke:{PLAIN.strong},color:{INK}")
        text.append(f"    class {','.join(rest)} plain")
    return "\n".join(text) + "\n"


def _label(box: Box) -> str:
    second = box.subtitle or ", ".join(f"{count} {state_name(state)}" for state, count in box.counts.items())
    return "<br>".join(_escaped(part) for part in (box.title, second) if part)


def _escaped(text: str) -> str:
    text = _PLAIN.sub(lambda found: f"#{ord(found[0])};", text)
    return _LIST.sub(r"\1#160;", text)
