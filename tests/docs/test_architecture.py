"""The map shows the house as it is."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MAP = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
GUIDE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
BASES = [ROOT, ROOT / "colonyos_gen", ROOT / "colonyos_gen" / "worker"]


def named(text: str) -> set[str]:
    """Paths between backquotes: what has a slash or ends like a file, without placeholders."""
    words = re.findall(r"`([\w./-]+)`", text)
    return {
        word for word in words if ("/" in word or word.endswith((".py", ".md", ".toml"))) and "…" not in word
    }


def test_every_place_exists() -> None:
    places = named(MAP) | named(GUIDE)
    assert len(places) > 30
    missing = {place for place in places if not any((base / place).exists() for base in BASES)}
    assert missing <= {"generated/…/stubs_async/process.py", "tests/codegen/failures/NAME/"}


def test_every_room_is_on_the_map() -> None:
    rooms = {
        path.name
        for path in (ROOT / "colonyos_gen").iterdir()
        if path.is_dir() and path.name != "__pycache__"
    }
    assert {room for room in rooms if room not in MAP} == set()
