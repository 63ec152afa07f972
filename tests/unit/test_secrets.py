"""What is told to others holds no keys of the environment, however they are written."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest

from colonyos_gen import Config, ConfigError, PrivateKey
from colonyos_gen._secrets import SECRETS, Hidden, Secrets

PASSPHRASE = 'odd "quotes"\tand ümlauts: 100%'


@pytest.mark.parametrize(
    "name",
    [
        "COLONIES_SERVER_PRVKEY",
        "COLONIES_COLONY_PRVKEY",
        "COLONIES_PRVKEY",
        "COLONIES_EXECUTOR_PRVKEY",
        "COLONIES_SOMETHING_NEW_KEY",
        "COLONIES_DB_PASSWORD",
        "AWS_S3_SECRETKEY",
    ],
)
def test_keys_are_found_in_any_text(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    key = PrivateKey.generate().hex()
    monkeypatch.setenv(name, f" '{key}' ")
    for text in (key, key.upper(), f"x{key}y", repr({name: key}), json.dumps([key])):
        told = SECRETS.blot(text)
        assert key.lower() not in told.lower()
        assert "***" in told


@pytest.mark.parametrize("name", ["DB_PASSWORD", "MYSQL_PWD"])
def test_passwords_of_others_are_short(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "hunter2!x")
    assert SECRETS.blot("access denied with hunter2!x") == "access denied with ***"


def _quoted(text: str) -> str:
    return quote(text, "")


@pytest.mark.parametrize("write", [str, repr, json.dumps, _quoted, quote, quote_plus])
def test_passphrases_are_found_as_they_are_written(
    write: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLONIES_KEY_PASSPHRASE", PASSPHRASE)
    told = SECRETS.blot(f"before {write(PASSPHRASE)} behind")
    assert told.replace('"', "").replace("'", "") == "before *** behind"


@pytest.mark.parametrize("password", ["p@ss:w/rd%", "p%40ss", "a#b?c d"])
@pytest.mark.parametrize("name", ["https_proxy", "HTTP_PROXY", "COLONIES_SERVER_HOST", "DATABASE_URL"])
def test_passwords_in_addresses(name: str, password: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for written in (password, quote(password, "")):
        monkeypatch.setenv(name, f"http://me:{written}@proxy.example:3128")
        assert SECRETS.blot(f"no way by me:{written}@proxy") == "no way by me:***@proxy"
    header = base64.b64encode(f"me:{password}".encode()).decode()
    assert SECRETS.blot(f"Basic {header}") == "Basic ***"


def test_what_is_no_secret_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLONIES_KEYS", "/home/me/keys-of-mine")
    monkeypatch.setenv("SSH_KEY", "/home/me/.ssh/id_ed25519")
    monkeypatch.setenv("SORT_KEY", "name")
    monkeypatch.setenv("COLONIES_KEY_PASSPHRASE", "")
    text = "name of /home/me/keys-of-mine, /home/me/.ssh/id_ed25519"
    assert SECRETS.blot(text) == text


def test_of_two_keys_that_begin_alike_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLONIES_A_PASSWORD", "correct horse")
    monkeypatch.setenv("COLONIES_B_PASSWORD", "correct horse battery")
    assert SECRETS.blot("correct horse battery; correct horse") == "***; ***"


def test_keys_and_variables_that_are_not_of_this_process() -> None:
    key, other = PrivateKey.generate(), PrivateKey.generate()
    secrets = Secrets(key, None, environ={"COLONIES_PRVKEY": other.hex()})
    assert secrets.blot(f"{key.hex()} {other.hex()} {key.id}") == f"*** *** {key.id}"
    assert key.hex() not in repr(secrets) + repr(vars(type(secrets)))


def test_hidden_variables_read_like_any() -> None:
    key = PrivateKey.generate().hex()
    hidden = Hidden({"COLONIES_PRVKEY": key})
    assert (hidden["COLONIES_PRVKEY"], hidden.get("X"), len(hidden), "X" in hidden) == (key, None, 1, False)
    assert dict(hidden) == {"COLONIES_PRVKEY": key}
    assert repr(hidden) == "<1 variables>"
    with pytest.raises(KeyError):
        hidden["X"]


@pytest.mark.parametrize("logger", ["colonyos_gen", "colonyos_gen.worker"])
def test_lines_of_our_log(
    logger: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever prints them: the handler is the program's."""
    key = PrivateKey.generate().hex()
    monkeypatch.setenv("COLONIES_PRVKEY", key)
    try:
        int(f"no {key}\x1b[2J")
    except ValueError as error:
        logging.getLogger(logger).warning("it says \x9b %s %d", error, 5, exc_info=True)
    assert caplog.messages == [r"it says \x9b invalid literal for int() with base 10: 'no ***\x1b[2J' 5"]
    assert key not in caplog.text
    assert "\x1b" not in caplog.text
    assert "ValueError: invalid literal for int() with base 10: 'no ***" in caplog.text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("COLONIES_SERVER_HOST", "user:pa%40ss"),
        ("COLONIES_SERVER_HOST", "user:p@ss:w/rd%@host"),
        ("COLONIES_SERVER_PORT", "http://user:pass-word@host:80"),
        ("COLONIES_TLS", "https://user:pass-word@host"),
        ("COLONIES_MAX_IN_FLIGHT", "ab" * 32),
        ("COLONIES_TLS", "ab" * 32),
        ("COLONIES_SERVER_HOST", "ab" * 32 + ":"),
    ],
)
def test_what_may_be_a_password_is_not_quoted(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name) as caught:
        Config.from_env({name: value})
    assert not any(part in str(caught.value) for part in ("pa%40ss", "p@ss", "pass-word", "abab"))
