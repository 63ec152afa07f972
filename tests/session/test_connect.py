"""Coming to a session: from the environment and from arguments, synchronous and not."""

from __future__ import annotations

import asyncio

import pytest

from colonyos_gen import (
    AsyncClient,
    AsyncSession,
    Client,
    ConfigError,
    InvalidKeyError,
    MissingKeyError,
    PrivateKey,
    RPCError,
    Session,
    connect,
)
from colonyos_gen.testing import LocalColony

from .scene import executing


def test_from_the_environment(colonies: LocalColony) -> None:
    with executing(colonies), connect(environ=colonies.environment()) as session:
        assert isinstance(session, Session)
        assert isinstance(session.rpc, Client)
        assert session.colonyname == colonies.name
        assert session.call("add", 1, 2, to="math", timeout=300) == 3
    with pytest.raises(RPCError, match="the client is closed"):
        session.call("add", 1, to="math")


def test_from_the_environment_of_this_process(colonies: LocalColony, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in colonies.environment().items():
        monkeypatch.setenv(name, value)
    session = connect()
    assert session.submit("add", to="math").process.initiatorname == "user"
    session.close()


def test_for_coroutines(colonies: LocalColony) -> None:
    async def main() -> object:
        async with connect(environ=colonies.environment()) as session:
            assert isinstance(session, AsyncSession)
            assert isinstance(session.rpc, AsyncClient)
            return await session.call("add", 1, 2, to="math", timeout=300)

    with executing(colonies):
        assert asyncio.run(main()) == 3


def test_one_client_for_either_way(colonies: LocalColony) -> None:
    """`async with` goes on with the client that is there; what was used in one way is not used in the other."""

    async def main() -> None:
        session = connect(environ=colonies.environment())
        async with session as entered:
            assert entered.rpc is session.rpc.asynchronous
            await entered.submit("add", to="math")
            with pytest.raises(RuntimeError, match="`async with` has taken this client over"):
                session.submit("add", to="math")
            with pytest.raises(RuntimeError, match=r"in use already; connect\(\) once more"):
                await session.__aenter__()
        with pytest.raises(RPCError, match="the client is closed"):
            await session.__aenter__()
        used = connect(environ=colonies.environment())
        used.submit("add", to="math")
        with pytest.raises(RuntimeError, match=r"in use already; connect\(\) once more"):
            await used.__aenter__()
        used.close()

    asyncio.run(main())
    assert colonies.client.get_statistics(colonies.name).waitingprocesses == 2


def test_arguments_win(colonies: LocalColony) -> None:
    keys: dict[str, PrivateKey | str] = {"member": colonies.user_key, "colony": colonies.colony_key.hex()}
    with connect(colonies.name, url=colonies.url, keys=keys, environ={}, timeout=100) as session:
        session.submit("add", to="math")
        assert [each.executorname for each in session.executors.list()] == []
        with pytest.raises(MissingKeyError):
            session.colonies.list()
    with connect("other", environ=colonies.environment()) as session:
        assert session.colonyname == "other"
    other = connect(keys={"server": PrivateKey.generate()}, environ=colonies.environment())
    with other, pytest.raises(MissingKeyError):  # given keys replace all of those in the environment
        other.submit("add", to="math")


def test_what_is_wrong_is_said() -> None:
    with connect(environ={}) as session, pytest.raises(ConfigError, match="COLONIES_COLONY_NAME"):
        session.call("add", to="math")
    with pytest.raises(
        ValueError, match="keys are for the roles server, colony, member; there is no 'executor'"
    ):
        connect(keys={"executor": PrivateKey.generate()}, environ={})
    with pytest.raises(InvalidKeyError, match="member_key"):
        connect(keys={"member": "secret"}, environ={})
    with pytest.raises(ConfigError, match="COLONIES_SERVER_PORT"):
        connect(environ={"COLONIES_SERVER_PORT": "many"})


def test_keys_are_not_shown(colonies: LocalColony) -> None:
    with connect(environ=colonies.environment()) as session:
        for key in (colonies.server_key, colonies.colony_key, colonies.user_key):
            assert key.hex() not in repr(session) + repr(session.asynchronous) + repr(session.rpc)
        assert repr(session).startswith("Session('dev', Client(")


def test_a_session_of_a_client_leaves_it_open(colonies: LocalColony) -> None:
    with Session(colonies.client, colonies.name) as session:
        session.submit("add", to="math")

    async def main() -> None:
        async with AsyncSession(colonies.aclient, colonies.name) as session:
            await session.submit("add", to="math")
        await colonies.aclient.get_statistics(colonies.name)
        with pytest.raises(RuntimeError, match="synchronous only"):
            await Session(colonies.client, colonies.name).__aenter__()

    asyncio.run(main())
    assert colonies.client.get_statistics(colonies.name).waitingprocesses == 2
