"""What a worker or a client cannot be made of is refused when it is made, with the name, the value and what is meant."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

from colonyos_gen import AsyncClient, Client, Config, ConfigError, Worker, connect
from colonyos_gen.worker import Context

NAN = float("nan")
HUGE = 10**30


def work(ctx: Context) -> None:
    """A function to offer."""


def decorated(**options: Any) -> object:
    return Worker("w").function(**options)(work)


WRONG: list[tuple[Callable[..., object], tuple[Any, ...], dict[str, Any], str]] = [
    (Worker, ("",), {}, "executortype is ''; it must be a name"),
    (Worker, (5,), {}, "executortype is 5; it must be a str"),
    (
        Worker,
        ("w",),
        {"concurency": 3},
        r"Worker has no option 'concurency' \(given as 3\); did you mean 'concurrency'\?",
    ),
    (Worker, ("w",), {"timout": "3"}, r"Worker has no option 'timout'; did you mean 'timeout'\?"),
    (Worker, ("w",), {"member_key": "ab" * 32}, "Worker has no option 'member_key'$"),
    (Worker, ("w",), {"concurrency": 2.5}, "concurrency is 2.5; it must be a whole number, 1 or more"),
    (Worker, ("w",), {"concurrency": True}, "concurrency is True; it must be a whole number"),
    (Worker, ("w",), {"concurrency": 0}, "concurrency is 0; it must be a whole number, 1 or more"),
    (Worker, ("w",), {"concurrency": HUGE}, "a whole number, 2147483647 at most"),
    (Worker, ("w",), {"grace": NAN}, "grace is nan; it must be a number of seconds, 0 or more"),
    (Worker, ("w",), {"grace": "3"}, "grace is '3'; it must be a number of seconds"),
    (Worker, ("w",), {"hung_after": 0}, "hung_after is 0; it must be a number of seconds, above 0"),
    (Worker, ("w",), {"heartbeat": 600}, "heartbeat is 600; .* above 0 and below 600"),
    (Worker, ("w",), {"heartbeat": "5"}, "heartbeat is '5'"),
    (Worker, ("w",), {"name": 5}, "name is 5; it must be a str, or None"),
    (Worker, ("w",), {"colonyname": 5}, "colonyname is 5"),
    (Worker, ("w",), {"locationname": 5}, "locationname is 5"),
    (Worker, ("w",), {"keyfile": 5}, "keyfile is 5; it must be the path of a file"),
    (Worker, ("w",), {"environ": 5}, "environ is 5; it must be a mapping"),
    (Worker, ("w",), {"pool": "proces"}, r"'thread' or 'process'; did you mean 'process'\?"),
    (Worker, ("w",), {"on_stop": None}, "on_stop is None; it must be 'leave' or 'fail'"),
    (Worker, ("w",), {"timeout": "3"}, "timeout is '3'; it must be a number of seconds"),
    (Worker, ("w",), {"retries": -1}, "retries is -1; it must be a whole number, 0 or more"),
    (Worker, ("w",), {"url": 5}, "url is 5; it must start with http"),
    (Worker, ("w",), {"insecure": "false"}, "insecure is 'false'; it must be True or False"),
    (
        decorated,
        (),
        {"retriess": 3},
        r"function has no option 'retriess' \(given as 3\); did you mean 'retries'\?",
    ),
    (decorated, (), {"retries": HUGE}, "retries is 1000"),
    (decorated, (), {"retries": 2.5}, "retries is 2.5; it must be a whole number, 0 or more"),
    (decorated, (), {"backoff": "3"}, "backoff is '3'; it must be a number of seconds"),
    (decorated, (), {"backoff": float("inf")}, "backoff is inf"),
    (decorated, (), {"timeout": "3"}, "timeout of work is '3'; it must be a number of seconds, above 0"),
    (decorated, (), {"timeout": NAN}, "timeout of work is nan"),
    (decorated, (), {"signature": 5}, "signature is 5; it must be an inspect.Signature"),
    (decorated, (), {"name": 5}, "name is 5; it must be a str"),
    (decorated, (), {"description": 5}, "description is 5; it must be a str"),
    (Worker("w").reconciles, (5,), {}, "kind is 5; it must be a str"),
    (Worker("w").on_start, (5,), {}, "5 cannot be called; on_start takes a function"),
    (
        Worker("w").on_start,
        (os.fspath,),
        {},
        "fspath: missing a required argument: 'path'; on_start calls its function",
    ),
    (Worker("w").on_stop, (os.fspath,), {}, "on_stop calls its function without arguments"),
    (connect, (5,), {}, "colonyname is 5; it must be a str"),
    (connect, (), {"colonynam": "dev"}, r"connect has no option 'colonynam'; did you mean 'colonyname'\?"),
    (
        connect,
        (),
        {"timeoutt": 3},
        r"connect has no option 'timeoutt' \(given as 3\); did you mean 'timeout'\?",
    ),
    (connect, (), {"environ": 5}, "environ is 5; it must be a mapping"),
    (connect, (), {"keys": "ab" * 32}, "keys is of type str; it must be a mapping of roles to keys"),
    (Config.from_env, (5,), {}, "environ is 5; it must be a mapping"),
    (
        Config.from_env,
        ({"COLONIES_TLS": True},),
        {},
        "COLONIES_TLS is of type bool; values of variables are text",
    ),
]


@pytest.mark.parametrize(("make", "args", "options", "told"), WRONG, ids=[each[3][:40] for each in WRONG])
def test_it_is_refused_at_once(
    make: Callable[..., object], args: tuple[Any, ...], options: dict[str, Any], told: str
) -> None:
    with pytest.raises((TypeError, ValueError), match=told) as caught:
        make(*args, **options)
    assert "ab" * 32 not in str(caught.value)


@pytest.mark.parametrize("kind", [AsyncClient, Client])
def test_clients_refuse_alike(kind: Any) -> None:
    for options, told in (
        (
            {"timeoutt": 3},
            rf"{kind.__name__} has no option 'timeoutt' \(given as 3\); did you mean 'timeout'\?",
        ),
        ({"memberkey": "ab" * 32}, r"has no option 'memberkey'; did you mean 'member_key'\?"),
        ({"strict": "no"}, "strict is 'no'; it must be True or False"),
        ({"timeout": -1}, "timeout is -1; it must be a number of seconds, above 0"),
        ({"retries": HUGE}, "retries is 1000"),
        ({"ca_file": 5}, "ca_file is 5; it must be the path of a file"),
    ):
        with pytest.raises((TypeError, ValueError), match=told):
            kind(**options)
        with pytest.raises((TypeError, ValueError), match=told):
            kind.from_env({}, **options)
    with pytest.raises(TypeError, match="environ is 5; it must be a mapping"):
        kind.from_env(5)


def test_a_worker_without_a_type_has_that_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is given wins."""
    monkeypatch.setenv("COLONIES_EXECUTOR_TYPE", "ocr")
    assert Worker().executortype == "ocr"
    assert Worker("math").executortype == "math"
    assert Worker(environ={"COLONIES_EXECUTOR_TYPE": "gpu"}).executortype == "gpu"
    with pytest.raises(
        ConfigError, match=r"give it one, as in Worker\('math'\), or set COLONIES_EXECUTOR_TYPE"
    ):
        Worker(environ={})
