"""Newcomer: call a function and read its output, in the environment of the command line."""

from __future__ import annotations

import pytest

from colonyos_gen import connect
from colonyos_gen.testing import LocalColony
from tests.session.scene import executing


def test_call_and_read_the_output(
    colonies: LocalColony, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in colonies.environment().items():
        monkeypatch.setenv(name, value)
    with (
        executing(colonies, "helloworld-executor", lambda _client, _process: ["Hello, world!"]),
        connect() as c,
    ):
        print(c.call("helloworld", to="helloworld-executor", timeout=10))
    assert capsys.readouterr().out == "Hello, world!\n"
