"""`Worker.run` in programs of all kinds: notebooks, threads, with and without a log of their own, set up well or not."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import ssl
import subprocess
import sys
import textwrap
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from colonyos_gen import PrivateKey, Worker
from colonyos_gen.testing import LocalColony
from colonyos_gen.worker import RegistrationError
from tests.client.kit.scripted import Scripted, http, refusal
from tests.worker.kit.spawned import ROOT

TLS = Path(__file__).parents[2] / "client" / "call" / "tls"


def _worker(colony: LocalColony, keys: Path, name: str = "w") -> Worker:
    environ = colony.environment().without_member_key() | {"COLONIES_KEYS": str(keys)}
    worker = Worker("w", name=name, environ=environ, grace=1)
    worker.function(name="one")(lambda: 1)
    return worker


def _environ(colony: LocalColony, **changed: str) -> dict[str, str]:
    paths = os.pathsep.join([str(ROOT), str(ROOT / "generated" / "python")])
    return os.environ | colony.environment().without_member_key() | {"PYTHONPATH": paths} | changed


def _ran(program: str, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", textwrap.dedent(program)]
    return subprocess.run(command, env=environ, stderr=subprocess.PIPE, text=True, timeout=120)


def _why_it_ended(ran: subprocess.CompletedProcess[str]) -> str:
    """The last line; what comes before it are lines of the log, and no traceback."""
    *before, line = ran.stderr.splitlines()
    assert " CRITICAL " in line
    assert [each for each in before if not each.startswith("20")] == []
    return line


PROGRAM = """
    from colonyos_gen import Worker
    worker = Worker("w", name="w")
    worker.function(name="one")(lambda: 1)
    worker.run()
"""


def test_in_a_notebook_it_says_what_to_call_instead(
    colonies: LocalColony, tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    async def cell() -> None:
        _worker(colonies, tmp_path).run()

    with pytest.raises(RuntimeError, match=r"`await worker\.serve\(\)`"):
        asyncio.run(cell())
    assert [str(each.message) for each in recwarn if "never awaited" in str(each.message)] == []


def test_in_a_thread_it_runs_until_stop_is_called(colonies: LocalColony, tmp_path: Path) -> None:
    worker = _worker(colonies, tmp_path)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        assert colonies.call("one", to="w", timeout=60) == 1
    finally:
        worker.stop()
        thread.join(60)
    assert not thread.is_alive()


def test_in_a_thread_its_errors_are_raised(colonies: LocalColony, tmp_path: Path) -> None:
    """SystemExit would end a thread without a word."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            Worker("other", name="w", environ=environ).run()
        except BaseException as error:  # SystemExit, too
            raised.append(error)

    with colonies.worker(_worker(colonies, tmp_path / "first")):
        environ = colonies.environment().without_member_key() | {"COLONIES_KEYS": str(tmp_path / "second")}
        thread = threading.Thread(target=run)
        thread.start()
        thread.join(60)
    assert [type(error) for error in raised] == [RegistrationError]


SETTINGS = {
    "no colony": ({"COLONIES_COLONY_NAME": ""}, "COLONIES_COLONY_NAME"),
    "another colony": ({"COLONIES_COLONY_NAME": "elsewhere"}, "COLONIES_COLONY_NAME"),
    "quotes": ({"COLONIES_COLONY_NAME": '"dev"'}, "COLONIES_COLONY_NAME has quotes"),
    "a key cut short": ({"COLONIES_COLONY_PRVKEY": "abc"}, "COLONIES_COLONY_PRVKEY: "),
    "a home that is a file": (
        {"HOME": __file__, "COLONIES_KEYS": "", "XDG_CONFIG_HOME": ""},
        "COLONIES_KEYS",
    ),
    "keys in a file": ({"COLONIES_KEYS": __file__ + "/keys"}, "COLONIES_KEYS"),
    "certificates that are not there": (
        {"COLONIES_TLS": "true", "COLONIES_CA_FILE": "/none.pem"},
        "COLONIES_CA_FILE",
    ),
    "certificates that are none": (
        {"COLONIES_TLS": "true", "COLONIES_CA_FILE": __file__},
        "COLONIES_CA_FILE",
    ),
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_wrong_setting_is_one_line_and_an_exit_code_of_its_own(
    colonies: LocalColony, tmp_path: Path, setting: str
) -> None:
    changed, told = SETTINGS[setting]
    ran = _ran(PROGRAM, _environ(colonies, COLONIES_KEYS=str(tmp_path)) | changed)
    line = _why_it_ended(ran)
    assert told in line
    assert ran.returncode == 78


def test_a_damaged_key_file_is_one_line(colonies: LocalColony, tmp_path: Path) -> None:
    file = tmp_path / "workers" / "dev" / "w"
    file.parent.mkdir(parents=True)
    file.write_text("not a key")
    file.chmod(0o600)
    ran = _ran(PROGRAM, _environ(colonies, COLONIES_KEYS=str(tmp_path)))
    line = _why_it_ended(ran)
    assert str(file) in line
    assert ran.returncode == 78


WAYS = {
    "a key that is not the owner's": ({"COLONIES_COLONY_PRVKEY": "ab" * 32}, "COLONIES_COLONY_PRVKEY "),
    "TLS to a plain port": ({"COLONIES_TLS": "true"}, "set COLONIES_TLS=false"),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_setting_that_only_the_server_shows_to_be_wrong_is_one_line(
    colonies: LocalColony, tmp_path: Path, way: str
) -> None:
    changed, told = WAYS[way]
    ran = _ran(PROGRAM, _environ(colonies, COLONIES_KEYS=str(tmp_path)) | changed)
    line = _why_it_ended(ran)
    assert told in line
    assert ran.returncode == 78


OTHERS = {
    "a page": (http(b"<html>Log in</html>"), "COLONIES_SERVER_HOST"),
    "a redirect": (http(b"", 301, headers={"Location": "https://h.invalid/"}), "COLONIES_TLS=true"),
    "nothing of that name": (http(b"not here", 404), "COLONIES_SERVER_HOST"),
    "a proxy that asks for a password": (http(b"", 407), "COLONIES_SERVER_HOST"),
}


@pytest.mark.parametrize("log_format", ["text", "json"])
@pytest.mark.parametrize("other", OTHERS)
def test_something_else_in_the_place_of_the_server_is_one_line(
    colonies: LocalColony, tmp_path: Path, other: str, log_format: str
) -> None:
    answer, told = OTHERS[other]
    program = PROGRAM.replace(".run()", f".run(log_format={log_format!r})")
    with Scripted(answer) as server:
        place = {
            "COLONIES_SERVER_HOST": "127.0.0.1",
            "COLONIES_SERVER_HTTP_PORT": server.url.rpartition(":")[2],
        }
        ran = _ran(program, _environ(colonies, COLONIES_KEYS=str(tmp_path)) | place)
    if log_format == "json":
        line = [json.loads(each) for each in ran.stderr.splitlines()][-1]["message"]
    else:
        line = _why_it_ended(ran)
    assert told in line
    assert ran.returncode == 78


@pytest.mark.parametrize(("status", "scheme"), [(404, "http"), (407, "http"), (407, "https"), (403, "https")])
def test_a_proxy_that_does_not_lead_to_the_server_is_one_line(
    colonies: LocalColony, tmp_path: Path, status: int, scheme: str
) -> None:
    with Scripted(http(b"<html>no</html>", status)) as proxy:
        way = {"COLONIES_SERVER_HOST": "h.invalid", "COLONIES_TLS": str(scheme == "https")}
        way |= {"all_proxy": proxy.url, "no_proxy": "", f"{scheme}_proxy": proxy.url}
        ran = _ran(PROGRAM, _environ(colonies, COLONIES_KEYS=str(tmp_path)) | way)
    assert f"{scheme}_proxy" in _why_it_ended(ran)
    assert ran.returncode == 78


def test_a_certificate_that_nobody_vouches_for_is_one_line(colonies: LocalColony, tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "cert.pem", TLS / "key.pem")
    with Scripted(http(b""), tls=context) as server:
        place = {
            "COLONIES_SERVER_HOST": "127.0.0.1",
            "COLONIES_SERVER_HTTP_PORT": server.url.rpartition(":")[2],
        }
        environ = _environ(colonies, COLONIES_KEYS=str(tmp_path), COLONIES_TLS="true") | place
        ran = _ran(PROGRAM, environ)
        assert "COLONIES_CA_FILE" in _why_it_ended(ran)
        assert ran.returncode == 78
        named = environ | {"COLONIES_CA_FILE": str(TLS / "cert.pem")}
        assert "COLONIES_SERVER_HOST" in _why_it_ended(_ran(PROGRAM, named))


async def _serve(url: str, keys: Path, owner: str, until: Callable[[], bool]) -> None:
    """Let a worker serve until something has happened; raises what it raises."""
    environ = {"COLONIES_COLONY_NAME": "dev", "COLONIES_KEYS": str(keys), "COLONIES_COLONY_PRVKEY": owner}
    worker = Worker("w", name="w", environ=environ, url=url, retries=0)
    serving = asyncio.create_task(worker.serve())
    while not until() and not serving.done():
        await asyncio.sleep(0.01)
    worker.stop()
    await serving


def test_a_server_that_fails_at_the_start_is_tried_again(tmp_path: Path) -> None:
    """One that is being started, or the gateway before it."""
    with Scripted(http(b"starting", 500)) as server:
        asyncio.run(_serve(server.url, tmp_path, "", lambda: len(server.requests) > 3))


def test_what_passes_for_a_wrong_setting_does_not_end_a_worker_that_the_server_has_answered(
    tmp_path: Path,
) -> None:
    answers = [http(refusal(403, "access denied")), http(b"<html>Be right back</html>", 404)]
    with Scripted(*answers) as server:
        asyncio.run(_serve(server.url, tmp_path, "", lambda: len(server.requests) > 4))


def test_a_server_that_refuses_is_one_line_and_no_matter_of_settings(
    colonies: LocalColony, tmp_path: Path
) -> None:
    """A restart may help then."""
    colonies.faults.error("add_executor", 500, "the disk is full")
    ran = _ran(PROGRAM, _environ(colonies, COLONIES_KEYS=str(tmp_path)))
    assert "the disk is full" in _why_it_ended(ran)
    assert ran.returncode == 1


CANNOT_LOAD = """
from colonyos_gen import Worker
worker = Worker("w", name="w", pool={pool!r})

@worker.function
def one() -> int:
    return 1

@worker.on_start
def load() -> None:
    raise OSError("no model file")

if __name__ == "__main__":
    worker.run(log_format={log_format!r})
"""


@pytest.mark.parametrize("log_format", ["text", "json"])
@pytest.mark.parametrize("pool", ["thread", "process"])
def test_a_hook_that_fails_ends_it_with_a_reason_that_is_in_the_program(
    colonies: LocalColony, tmp_path: Path, pool: str, log_format: str
) -> None:
    program = tmp_path / "program.py"
    program.write_text(CANNOT_LOAD.format(pool=pool, log_format=log_format))
    environ = _environ(colonies, COLONIES_KEYS=str(tmp_path))
    ran = subprocess.run(
        [sys.executable, str(program)], env=environ, stderr=subprocess.PIPE, text=True, timeout=120
    )
    text = ran.stderr
    if log_format == "json":
        (line,) = map(json.loads, text.splitlines())
        assert line["level"] == "CRITICAL"
        text = line["message"]
    assert "load (on_start) failed" in text
    assert "OSError: no model file" in text
    assert re.findall(r'File "(.*?)"', text) == [str(program)]
    assert ran.returncode == 1


def test_a_hook_that_fails_in_a_thread_raises_without_our_frames(
    colonies: LocalColony, tmp_path: Path
) -> None:
    worker = _worker(colonies, tmp_path)

    @worker.on_start
    def load() -> None:
        raise OSError("no model file")

    places: list[str] = []

    def run() -> None:
        try:
            worker.run()
        except OSError as error:
            places.extend(frame.name for frame in traceback.extract_tb(error.__traceback__))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(60)
    assert places == ["run", "load"]


LOGGING = """
    import logging, sys
    from colonyos_gen import Worker

    {set_up}
    shop = logging.getLogger("shop")
    worker = Worker("w", name="w")

    @worker.function
    def one() -> None:
        shop.warning("sold one")
        {in_function}
        logging.getLogger("colonyos_gen.worker").info("a line of ours")
        logging.getLogger("chatty").info("internal detail")
        worker.stop()

    worker.run()
    print("root:", logging.getLogger().level, len(logging.getLogger().handlers), file=sys.stderr)
    print("ours:", logging.getLogger("colonyos_gen").level, file=sys.stderr)
"""

LOGS = {
    "none": ("", "", "root: 30 0"),
    "a handler of the program's logger": (
        "logging.getLogger('shop').addHandler(logging.StreamHandler())",
        "",
        "root: 30 0",
    ),
    "set up for all": ("logging.basicConfig(level=logging.INFO)", "", "root: 20 1"),
    "set up by a function": ("", "logging.basicConfig(level=logging.WARNING)", "root: 30 1"),
    "a handler of a logger of ours": (
        "ours = logging.getLogger('colonyos_gen.worker'); ours.addHandler(logging.StreamHandler())",
        "",
        "root: 30 0",
    ),
}


@pytest.mark.parametrize("log", LOGS)
def test_every_line_is_written_once_and_other_loggers_are_left_alone(
    colonies: LocalColony, tmp_path: Path, log: str
) -> None:
    set_up, in_function, root = LOGS[log]
    environ = _environ(colonies, COLONIES_KEYS=str(tmp_path))
    asked = colonies.submit("one", to="w")
    ran = _ran(LOGGING.format(set_up=set_up, in_function=in_function), environ)
    asked.wait(timeout=60)
    assert ran.stderr.count("sold one") == 1
    assert ran.stderr.count("a line of ours") == 1
    assert ran.stderr.count("internal detail") == (log == "set up for all")
    assert root in ran.stderr.splitlines()
    assert "ours: 0" in ran.stderr.splitlines()
    assert ran.returncode == 0


@pytest.fixture(autouse=True)
def no_log_is_left() -> Iterator[None]:
    """What a worker adds to the logger goes with it."""
    before = list(logging.getLogger("colonyos_gen").handlers)
    yield
    assert logging.getLogger("colonyos_gen").handlers == before


def test_the_key_in_a_refused_setting_is_not_shown(colonies: LocalColony, tmp_path: Path) -> None:
    key = PrivateKey.generate().hex()
    ran = _ran(PROGRAM, _environ(colonies, COLONIES_KEYS=str(tmp_path), COLONIES_COLONY_PRVKEY=f"'{key}'"))
    line = _why_it_ended(ran)
    assert "COLONIES_COLONY_PRVKEY has quotes" in line
    assert key not in line
    assert ran.returncode == 78
