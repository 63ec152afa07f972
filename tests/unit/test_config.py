"""Settings from the environment."""

import logging
import traceback
from dataclasses import FrozenInstanceError, asdict, replace

import pytest

from colonyos_gen.config import Config, ConfigError, server_is_set
from colonyos_gen.crypto import PrivateKey, gen_prvkey

TLS_NAMES = ["COLONIES_TLS", "COLONIES_SERVER_TLS", "COLONIES_SERVER_HTTP_TLS"]
KEY_NAMES = {
    "COLONIES_SERVER_PRVKEY": "server_key",
    "COLONIES_COLONY_PRVKEY": "colony_key",
    "COLONIES_PRVKEY": "member_key",
    "COLONIES_EXECUTOR_PRVKEY": "member_key",
}


def test_defaults() -> None:
    config = Config.from_env({})
    assert config == Config()
    assert config.url == "http://localhost:50080"
    assert (config.host, config.port, config.tls, config.insecure) == ("localhost", 50080, False, False)
    assert config.ca_file is config.colonyname is config.executorname is config.executortype is None
    assert config.server_key is config.colony_key is config.member_key is None


def test_everything_set() -> None:
    server, colony, member = (PrivateKey.generate() for _ in range(3))
    config = Config.from_env(
        {
            "COLONIES_SERVER_HOST": "colonies.example.org",
            "COLONIES_SERVER_HTTP_PORT": "443",
            "COLONIES_TLS": "true",
            "COLONIES_INSECURE": "yes",
            "COLONIES_CA_FILE": "/etc/ca.pem",
            "COLONIES_COLONY_NAME": "dev",
            "COLONIES_EXECUTOR_NAME": "worker-1",
            "COLONIES_EXECUTOR_TYPE": "worker",
            "COLONIES_SERVER_PRVKEY": server.hex(),
            "COLONIES_COLONY_PRVKEY": colony.hex(),
            "COLONIES_PRVKEY": member.hex(),
        }
    )
    assert config == Config(
        host="colonies.example.org",
        port=443,
        tls=True,
        insecure=True,
        ca_file="/etc/ca.pem",
        colonyname="dev",
        executorname="worker-1",
        executortype="worker",
        server_key=server,
        colony_key=colony,
        member_key=member,
    )
    assert config.url == "https://colonies.example.org:443"


def test_process_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLONIES_SERVER_HOST", "from.process")
    assert Config.from_env().host == "from.process"
    assert server_is_set()
    monkeypatch.delenv("COLONIES_SERVER_HOST")
    assert Config.from_env().host == "localhost"
    assert not server_is_set()


@pytest.mark.parametrize(
    ("environ", "answer"),
    [
        ({}, False),
        ({"COLONIES_SERVER_HOST": ""}, False),
        ({"COLONIES_SERVER_HOST": " "}, False),
        ({"COLONIES_SERVER_PORT": "1"}, False),
        ({"COLONIES_SERVER_HOST": "localhost"}, True),
    ],
)
def test_server_is_set(environ: dict[str, str], answer: bool) -> None:
    assert server_is_set(environ) is answer


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("10.0.0.1", "http://10.0.0.1:50080"),
        (" name \r\n", "http://name:50080"),
        ("::1", "http://[::1]:50080"),
        ("[fe80::1]", "http://[fe80::1]:50080"),
    ],
)
def test_host(value: str, url: str) -> None:
    assert Config.from_env({"COLONIES_SERVER_HOST": value}).url == url


@pytest.mark.parametrize("value", ["http://name", "name/api", "name:50080", "two names", "user:secret@name"])
def test_bad_host(value: str) -> None:
    with pytest.raises(ConfigError, match=r"^COLONIES_SERVER_HOST is ") as caught:
        Config.from_env({"COLONIES_SERVER_HOST": value})
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("http_port", "server_port", "port"),
    [(None, None, 50080), ("1", "2", 1), (None, "2", 2), ("", "65535", 65535), (" 80 ", None, 80)],
)
def test_port_precedence(http_port: str | None, server_port: str | None, port: int) -> None:
    environ = {"COLONIES_SERVER_HTTP_PORT": http_port, "COLONIES_SERVER_PORT": server_port}
    assert Config.from_env({name: value for name, value in environ.items() if value is not None}).port == port


@pytest.mark.parametrize("name", ["COLONIES_SERVER_HTTP_PORT", "COLONIES_SERVER_PORT"])
@pytest.mark.parametrize("value", ["0", "65536", "-1", "80.0", "http", "5_0", "\u0661", "9" * 5000])
def test_bad_port(name: str, value: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Config.from_env({name: value})
    text = str(caught.value)
    assert text.startswith(f"{name} is {value!r}")
    assert "1 to 65535" in text


def test_port_of_a_kubernetes_service() -> None:
    environ = {"COLONIES_SERVER_PORT": "tcp://10.0.0.1:50080"}
    with pytest.raises(ConfigError, match=r"Kubernetes.*COLONIES_SERVER_HTTP_PORT"):
        Config.from_env(environ)
    assert Config.from_env(environ | {"COLONIES_SERVER_HTTP_PORT": "50081"}).port == 50081


@pytest.mark.parametrize("name", [*TLS_NAMES, "COLONIES_INSECURE"])
@pytest.mark.parametrize(
    ("value", "answer"),
    [(text, True) for text in ("true", "True", "TRUE", "1", "yes", "on", " on\r")]
    + [(text, False) for text in ("false", "False", "0", "no", "off", "", " ")],
)
def test_booleans(name: str, value: str, answer: bool) -> None:
    config = Config.from_env({name: value})
    assert (config.insecure if name == "COLONIES_INSECURE" else config.tls) is answer


@pytest.mark.parametrize("name", [*TLS_NAMES, "COLONIES_INSECURE"])
@pytest.mark.parametrize("value", ["maybe", "2", "tru", "t", "none"])
def test_bad_boolean(name: str, value: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Config.from_env({"COLONIES_TLS": "true", name: value})
    assert str(caught.value) == f"{name} is {value!r}; write true or false"


@pytest.mark.parametrize(
    ("values", "tls", "named"),
    [
        (("true", "false", None), True, ["COLONIES_TLS=true", "COLONIES_SERVER_TLS=false"]),
        (("0", None, "1"), False, ["COLONIES_TLS=0", "COLONIES_SERVER_HTTP_TLS=1"]),
        ((None, "no", "True"), False, ["COLONIES_SERVER_TLS=no", "COLONIES_SERVER_HTTP_TLS=True"]),
        (
            ("on", "1", "off"),
            True,
            ["COLONIES_TLS=on", "COLONIES_SERVER_TLS=1", "COLONIES_SERVER_HTTP_TLS=off"],
        ),
        (("true", "1", "YES"), True, []),
        ((None, "true", None), True, []),
        (("", "true", None), True, []),
    ],
)
def test_tls_precedence(
    values: tuple[str | None, ...], tls: bool, named: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    environ = {name: value for name, value in zip(TLS_NAMES, values, strict=True) if value is not None}
    with caplog.at_level(logging.WARNING, logger="colonyos_gen"):
        assert Config.from_env(environ).tls is tls
    assert len(caplog.records) == (1 if named else 0)
    for record in caplog.records:
        assert (record.name, record.levelname) == ("colonyos_gen", "WARNING")
        assert all(setting in record.getMessage() for setting in named)
        assert f"{named[0].split('=')[0]} is used" in record.getMessage()


@pytest.mark.parametrize(("name", "field"), KEY_NAMES.items())
def test_each_key(name: str, field: str) -> None:
    key = PrivateKey.generate()
    config = Config.from_env({name: key.hex() + "\n"})
    assert getattr(config, field) == key
    assert [config.server_key, config.colony_key, config.member_key].count(None) == 2
    assert replace(config, server_key=None, colony_key=None, member_key=None) == Config()


def test_member_key_precedence() -> None:
    new, legacy = PrivateKey.generate(), PrivateKey.generate()
    environ = {"COLONIES_PRVKEY": new.hex(), "COLONIES_EXECUTOR_PRVKEY": legacy.hex()}
    assert Config.from_env(environ).member_key == new
    assert Config.from_env(environ | {"COLONIES_PRVKEY": ""}).member_key == legacy


@pytest.mark.parametrize("name", KEY_NAMES)
@pytest.mark.parametrize("cut", [slice(1, None), slice(None, -1)])
def test_bad_key_names_the_variable_only(name: str, cut: slice) -> None:
    value = gen_prvkey()[cut]
    with pytest.raises(ConfigError) as caught:
        Config.from_env({name: value})
    assert str(caught.value) == f"{name}: private key has 63 characters; expected 64 hexadecimal characters"
    assert caught.value.__cause__ is caught.value.__context__ is None
    printed = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert not any(value[start : start + 6] in printed for start in range(len(value) - 5))


def test_repr_hides_keys() -> None:
    key = PrivateKey.generate()
    config = Config(server_key=key, colony_key=key, member_key=key)
    for text in (repr(config), str(config), f"{asdict(config)}"):
        assert key.id[:8] in text
        assert key.hex()[:6] not in text
        assert key.hex()[-6:] not in text


def test_config_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        Config().port = 1  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize("quote", ["'", '"', "`"])
def test_quotes_that_docker_keeps_are_refused_everywhere(quote: str) -> None:
    """Whatever the variable is for; what it holds may be a key, and is not shown."""
    key = gen_prvkey()
    names = {
        "COLONIES_SERVER_HOST": "localhost",
        "COLONIES_SERVER_PORT": "50080",
        "COLONIES_TLS": "true",
        "COLONIES_CA_FILE": "/etc/ca.pem",
        "COLONIES_COLONY_NAME": "dev",
        "COLONIES_EXECUTOR_NAME": "w-1",
        "COLONIES_EXECUTOR_TYPE": "w",
        "COLONIES_MAX_IN_FLIGHT": "8",
        "COLONIES_PRVKEY": key,
    }
    for name, value in names.items():
        with pytest.raises(ConfigError, match=f"^{name} has quotes around its value") as caught:
            Config.from_env({name: f"{quote}{value}{quote}"})
        assert key not in str(caught.value)


@pytest.mark.parametrize("host", ["local'host", '"localhost', "loc\x1b[31malhost"])
def test_a_host_with_characters_that_no_host_has(host: str) -> None:
    with pytest.raises(ConfigError, match=r"^COLONIES_SERVER_HOST is .*; remove the") as caught:
        Config.from_env({"COLONIES_SERVER_HOST": host})
    assert "\x1b" not in str(caught.value)


def test_names_may_have_quotes_inside() -> None:
    assert Config.from_env({"COLONIES_COLONY_NAME": "bob's"}).colonyname == "bob's"
