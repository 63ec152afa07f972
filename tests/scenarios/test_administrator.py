"""Administrator: many keys, one session."""

from __future__ import annotations

import pytest

from colonyos_gen import APPROVED, Executor, PrivateKey, User, connect
from colonyos_gen.server._thread import ServerThread


def test_many_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    S, K, member, gpu = (PrivateKey.generate() for _ in range(4))  # noqa: N806  # as in the text
    with ServerThread(server_key=S) as server:
        monkeypatch.setenv("COLONIES_SERVER_HTTP_PORT", server.url.rpartition(":")[2])
        monkeypatch.setenv("COLONIES_COLONY_NAME", "lab")

        c = connect(keys={"server": S, "colony": K})
        c.colonies.add("lab")
        c.rpc.add_executor(Executor.new("gpu-1", gpu.id, "gpu", "lab"))
        c.executors.approve("gpu-1")

        c.rpc.add_user(User(colonyname="lab", userid=member.id, name="user"))
        with connect(keys={"member": member}) as user:
            assert [(each.executorname, each.state) for each in user.executors.list()] == [
                ("gpu-1", APPROVED)
            ]
        c.close()
