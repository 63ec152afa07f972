"""A target of one's own: a folder with a template and a small module, and nothing else changes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent

MODULE = '''"""A list of the messages."""

def render(service, templates):
    return {"list.txt": templates.get_template("list.jinja").render(service=service)}
'''
TEMPLATE = """\
{% for message in service.messages if message.registered %}
{{ message.msgtype }}
{% endfor %}
"""


def test_a_folder_makes_a_target(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "codegen", tmp_path / "codegen", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(HERE / "small", tmp_path / "schema")
    shutil.copytree(ROOT / "schema/meta", tmp_path / "schema/meta")
    target = tmp_path / "codegen/colonyos_gen_codegen/targets/listing"
    (target / "templates").mkdir(parents=True)
    (target / "__init__.py").write_text(MODULE)
    (target / "templates/list.jinja").write_text(TEMPLATE)

    def codegen(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "codegen", *arguments],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(tmp_path)},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )

    done = codegen("generate", "--target", "listing")
    assert done.returncode == 0, done.stderr
    assert "addbookmsg\n" in (tmp_path / "generated/list.txt").read_text()
    assert codegen("check", "--target", "listing").returncode == 0
    assert "listing: A list of the messages." in " ".join(codegen("generate", "--help").stdout.split())
