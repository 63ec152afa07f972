"""Notebook user: fifty calls, shown as they end."""

from __future__ import annotations

from colonyos_gen import as_completed
from colonyos_gen.testing import LocalColony
from tests.session.scene import executing


def test_shown_as_they_end(colonies: LocalColony) -> None:
    c = colonies.session
    shown: list[str] = []
    with executing(colonies, "math"):
        fs = [c.submit("f", i, to="math") for i in range(50)]
        for p in as_completed(fs):
            shown.append(p._repr_html_())  # pyright: ignore[reportPrivateUsage]  # what a notebook calls
    assert len(shown) == 50
    assert all("success" in html.lower() and "f(" in html for html in shown)
