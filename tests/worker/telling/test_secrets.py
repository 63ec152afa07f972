"""What a worker tells of its functions holds no keys of its environment: others of the colony read it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from colonyos_gen import FAILED, Context, PrivateKey, Worker
from colonyos_gen.testing import LocalColony
from tests.worker.kit.scene import EXECUTORTYPE, ended, submit, until
from tests.worker.telling import secrets_program
from tests.worker.telling.secrets_program import Telling, variables

PASSPHRASE = "correct horse battery"


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Keys in the environment, as `colonyos-gen serve` hands them on: the functions can read them, not just the worker."""
    found = [PrivateKey.generate().hex() for _ in range(3)]
    for name, value in zip(
        ("COLONIES_SERVER_PRVKEY", "COLONIES_COLONY_PRVKEY", "COLONIES_NEW_KEY"), found, strict=True
    ):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("COLONIES_KEY_PASSPHRASE", PASSPHRASE)
    return [*found, PASSPHRASE]


@pytest.fixture
def in_process(colonies: LocalColony, keys: list[str]) -> Iterator[LocalColony]:
    """A worker whose functions run in a process of their own."""
    assert keys
    with colonies.worker(secrets_program.worker):
        yield colonies


@pytest.fixture
def in_thread(colonies: LocalColony, keys: list[str]) -> Iterator[LocalColony]:
    """One whose functions run in threads."""
    assert keys
    worker = Worker(EXECUTORTYPE, grace=1)
    for each in (secrets_program.fails, secrets_program.logs, secrets_program.returns):
        worker.function(each)
    with colonies.worker(worker):
        yield colonies


@pytest.fixture(params=["in_process", "in_thread"])
def colony(request: pytest.FixtureRequest) -> LocalColony:
    """One of them."""
    found: LocalColony = request.getfixturevalue(request.param)
    return found


def require_none(keys: list[str], text: str) -> None:
    assert "COLONIES_NEW_KEY" in text
    assert not [key for key in keys if key[:16] in text]
    assert "***" in text


def test_errors(colony: LocalColony, keys: list[str], caplog: pytest.LogCaptureFixture) -> None:
    end = ended(colony, submit(colony, "fails"))
    assert end.state is FAILED
    require_none(keys, "\n".join(end.errors))
    until(lambda: "failed after" in caplog.text)
    require_none(keys, caplog.text)


def test_of_a_text_that_is_cut_no_part_of_a_key_remains(colony: LocalColony, keys: list[str]) -> None:
    """Wherever the cut is."""
    for padding in range(1400, 2000, 30):
        end = ended(colony, submit(colony, "fails", padding))
        assert not [key for key in keys if key[:10] in str(end.errors) or key[-10:] in str(end.errors)]


def test_logs(colony: LocalColony, keys: list[str]) -> None:
    process = ended(colony, submit(colony, "logs"))
    lines = colony.client.get_logs(colony.name, process.processid)
    require_none(keys, "\n".join(each.message for each in lines))


def test_results_that_cannot_be_sent(colony: LocalColony, keys: list[str]) -> None:
    require_none(keys, "\n".join(ended(colony, submit(colony, "returns")).errors))


def test_keys_that_only_the_worker_has(colonies: LocalColony) -> None:
    """Its own, from a file or an argument, in logs as well."""
    own = PrivateKey.generate()
    worker = Worker(EXECUTORTYPE, prvkey=own, grace=1)

    @worker.function
    def logs(ctx: Context) -> None:
        ctx.log(f"mine is {own.hex()}")

    with colonies.worker(worker):
        process = ended(colonies, submit(colonies, "logs"))
    (line,) = colonies.client.get_logs(colonies.name, process.processid)
    assert line.message == "mine is ***"


def test_the_program_shows_what_it_is_to_show(keys: list[str]) -> None:
    """Or the tests above prove nothing."""
    assert all(key in variables() for key in keys)
    with pytest.raises(RuntimeError, match=keys[0]):
        Telling().tolist()
