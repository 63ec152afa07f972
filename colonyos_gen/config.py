"""Settings from the environment.

The names are those that the ColonyOS command line and its docker-compose.env use, so that a shell prepared
for the one works for the other:

    config = Config.from_env()
    print(config.url)           # http://localhost:50080
"""

import ipaddress
import logging
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from colonyos_gen_wire.constants import DEFAULT_PORT

from colonyos_gen._drift import choices
from colonyos_gen._log import prepare
from colonyos_gen._secrets import Hidden
from colonyos_gen.crypto import InvalidKeyError, PrivateKey

__all__ = ["Config", "ConfigError", "server_is_set"]

DEFAULT_HOST = "localhost"
DEFAULT_MAX_IN_FLIGHT = 16
"""Requests that a program has under way at one server, unless a client says otherwise: a sixth of what freezes it."""


# In order of precedence: the first that is set wins.
HOST = ("COLONIES_SERVER_HOST",)
PORT = ("COLONIES_SERVER_HTTP_PORT", "COLONIES_SERVER_PORT")
TLS = ("COLONIES_TLS", "COLONIES_SERVER_TLS", "COLONIES_SERVER_HTTP_TLS")
INSECURE = ("COLONIES_INSECURE",)
CA_FILE = ("COLONIES_CA_FILE",)
MAX_IN_FLIGHT = ("COLONIES_MAX_IN_FLIGHT",)
ON_DRIFT = ("COLONIES_ON_DRIFT",)
COLONY_NAME = ("COLONIES_COLONY_NAME",)
EXECUTOR_NAME = ("COLONIES_EXECUTOR_NAME",)
EXECUTOR_TYPE = ("COLONIES_EXECUTOR_TYPE",)
SERVER_KEY = ("COLONIES_SERVER_PRVKEY",)
COLONY_KEY = ("COLONIES_COLONY_PRVKEY",)
MEMBER_KEY = ("COLONIES_PRVKEY", "COLONIES_EXECUTOR_PRVKEY")

_BOOLEANS = {
    "true": True,
    "1": True,
    "yes": True,
    "on": True,
    "false": False,
    "0": False,
    "no": False,
    "off": False,
}

_MAY_BE_SECRET = re.compile(r"[@%]|\b[0-9a-fA-F]{60,68}\b")
_NOT_SHOWN = "something that is not shown here, as it may be a key or password"
_QUOTES = "\"'`"

_logger = logging.getLogger("colonyos_gen")
prepare()


class ConfigError(ValueError):
    """An environment variable holds something that cannot be used.

    The message names the variable and says what to write instead. The value is quoted, except for keys.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Where the server is, who you are and which keys you hold.

    Three roles have keys, and the server allows each its own set of calls. Printing a `Config` shows the
    beginning of the ids, not the keys.
    """

    host: str = DEFAULT_HOST
    """Name or address of the server, without scheme and port."""
    port: int = DEFAULT_PORT
    """TCP port of the server, 1 to 65535."""
    tls: bool = False
    """Whether to speak https."""
    insecure: bool = False
    """Whether to accept any certificate. For tests only: anyone on the way could pose as the server."""
    ca_file: str | None = None
    """PEM file with the authorities to trust, None for those of the system."""
    max_in_flight: int = DEFAULT_MAX_IN_FLIGHT
    """Requests that a client has under way at the server at the same time, long polls apart. All clients of the program
    share what the most generous of them allows, so that one that is made without a `Config`, with 16, lifts all to 16."""
    on_drift: choices.OnDrift = "warn"
    """What clients do about replies that are otherwise than the schema says (see `AsyncClient`)."""
    colonyname: str | None = None
    """Colony to work in."""
    executorname: str | None = None
    """Name of this executor."""
    executortype: str | None = None
    """Type of this executor: functions are sent to a type, not to a name."""
    server_key: PrivateKey | None = None
    """Key of the server owner, who adds and removes colonies."""
    colony_key: PrivateKey | None = None
    """Key of the colony owner, who adds and approves executors and users."""
    member_key: PrivateKey | None = None
    """Key of an executor or user, for everything inside the colony."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> "Config":
        """Read the settings from environment variables.

        White space around a value is dropped, and an empty variable counts as not set. Quotes around a value, which
        `docker run --env-file` keeps, are refused. Where several names
        are listed, the first that is set wins:

        - host: `COLONIES_SERVER_HOST`, otherwise localhost
        - port: `COLONIES_SERVER_HTTP_PORT`, `COLONIES_SERVER_PORT`, otherwise 50080
        - tls: `COLONIES_TLS`, `COLONIES_SERVER_TLS`, `COLONIES_SERVER_HTTP_TLS`, otherwise false; if those
          that are set disagree, the logger `colonyos_gen` gets a warning
        - insecure: `COLONIES_INSECURE`; ca_file: `COLONIES_CA_FILE`
        - max_in_flight: `COLONIES_MAX_IN_FLIGHT`, otherwise 16; it counts for `connect()`, `Worker` and `from_env()`, not
          for a plain `Client(…)`
        - on_drift: `COLONIES_ON_DRIFT`, which is ignore, warn or raise, otherwise warn; likewise
        - colonyname: `COLONIES_COLONY_NAME`; executorname: `COLONIES_EXECUTOR_NAME`;
          executortype: `COLONIES_EXECUTOR_TYPE`
        - server_key: `COLONIES_SERVER_PRVKEY`; colony_key: `COLONIES_COLONY_PRVKEY`;
          member_key: `COLONIES_PRVKEY`, `COLONIES_EXECUTOR_PRVKEY`

        Booleans are true, 1, yes, on or false, 0, no, off, in either case.

        Raises:
            ConfigError: a variable holds something else than it should.
            TypeError: `environ` is no mapping.
        """
        environ = Hidden(environ)  # for those who print the variables of a traceback
        return cls(
            host=_read_host(environ),
            port=_read_port(environ),
            tls=_read_boolean(environ, TLS),
            insecure=_read_boolean(environ, INSECURE),
            ca_file=_read_text(environ, CA_FILE),
            max_in_flight=_read_count(environ, MAX_IN_FLIGHT, DEFAULT_MAX_IN_FLIGHT),
            on_drift=_read_on_drift(environ),
            colonyname=_read_text(environ, COLONY_NAME),
            executorname=_read_text(environ, EXECUTOR_NAME),
            executortype=_read_text(environ, EXECUTOR_TYPE),
            server_key=_read_key(environ, SERVER_KEY),
            colony_key=_read_key(environ, COLONY_KEY),
            member_key=_read_key(environ, MEMBER_KEY),
        )

    @property
    def url(self) -> str:
        """The server's address, such as `https://colonies.example.org:443`, without a slash at the end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}"


def server_is_set(environ: Mapping[str, str] = os.environ) -> bool:
    """Tell whether the environment names a server, which is to say that COLONIES_SERVER_HOST is not empty."""
    return _read_text(environ, HOST) is not None


def executor_type(environ: Mapping[str, str] = os.environ) -> str:
    """The type of executor in COLONIES_EXECUTOR_TYPE. Raises ConfigError if there is none."""
    if (found := _read_text(environ, EXECUTOR_TYPE)) is not None:
        return found
    raise ConfigError(f"the worker has no type; give it one, as in Worker('math'), or set {EXECUTOR_TYPE[0]}")


def _find(environ: Mapping[str, str], names: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield name and value of the variables that are set, in order of precedence."""
    for name in names:
        # docker compose passes on variables that are not set as empty ones.
        value = environ.get(name, "")
        if not isinstance(cast("object", value), str):
            kind = type(value).__name__
            value = ""
            raise ConfigError(f"{name} is of type {kind}; values of variables are text")
        if value := value.strip():
            if value[0] in _QUOTES and value[-1] == value[0]:
                value = ""  # which those who print the variables of a traceback would show; it may be a key
                raise ConfigError(
                    f"{name} has quotes around its value; write it without them (docker run --env-file keeps quotes)"
                )
            yield name, value


def _read_text(environ: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    for _, value in _find(environ, names):
        return value
    return None


def _read_host(environ: Mapping[str, str]) -> str:
    for name, value in _find(environ, HOST):
        # A URL is not quoted: it may hold a password.
        if "/" in value or "@" in value:
            raise ConfigError(
                f"{name} is a URL; give the host alone, such as colonies.example.org, "
                f"the port in {PORT[0]} and https with {TLS[0]}=true"
            )
        host = value[1:-1] if value.startswith("[") and value.endswith("]") else value
        if ":" in host and not _is_ipv6(host):
            told = _quoted(value) if value.rpartition(":")[2].isdigit() else _NOT_SHOWN
            raise ConfigError(f"{name} is {told}; give the host alone, and the port in {PORT[0]}")
        if any(character.isspace() for character in host):
            raise ConfigError(f"{name} is {_quoted(value)}; remove the white space in it")
        if odd := next((each for each in host if each in _QUOTES or not each.isprintable()), ""):
            raise ConfigError(f"{name} is {_quoted(value)}; remove the {odd!r} in it")
        return host
    return DEFAULT_HOST


def _quoted(value: str) -> str:
    """A value as a message has it, unless it may be a key, or an address with a password."""
    return _NOT_SHOWN if _MAY_BE_SECRET.search(value) else repr(value)


def _is_ipv6(host: str) -> bool:
    try:
        ipaddress.IPv6Address(host)
    except ValueError:
        return False
    return True


def _read_port(environ: Mapping[str, str]) -> int:
    for name, value in _find(environ, PORT):
        if value.isascii() and value.isdigit() and len(value) <= 5 and 1 <= int(value) <= 65535:
            return int(value)
        remedy = f"give a port number from 1 to 65535, such as {DEFAULT_PORT}"
        if value.startswith("tcp://"):
            # Kubernetes gives every pod such a variable for a service that is called colonies-server.
            remedy = f"Kubernetes sets it for a service of that name; set {PORT[0]}, which comes first"
        raise ConfigError(f"{name} is {_quoted(value)}; {remedy}")
    return DEFAULT_PORT


def _read_count(environ: Mapping[str, str], names: tuple[str, ...], default: int) -> int:
    for name, value in _find(environ, names):
        if value.isascii() and value.isdigit() and len(value) <= 5 and int(value) >= 1:
            return int(value)
        raise ConfigError(f"{name} is {_quoted(value)}; give a whole number from 1 on, such as {default}")
    return default


def _read_on_drift(environ: Mapping[str, str]) -> choices.OnDrift:
    for name, value in _find(environ, ON_DRIFT):
        for choice in choices.ON_DRIFT:
            if value == choice:
                return choice
        raise ConfigError(
            f"{name} is {_quoted(value)}; write {', '.join(choices.ON_DRIFT[:-1])} or {choices.ON_DRIFT[-1]}"
        )
    return "warn"


def _read_boolean(environ: Mapping[str, str], names: tuple[str, ...]) -> bool:
    found = list(_find(environ, names))
    answers: list[bool] = []
    for name, value in found:
        answer = _BOOLEANS.get(value.lower())
        if answer is None:
            raise ConfigError(f"{name} is {_quoted(value)}; write true or false")
        answers.append(answer)
    if len(set(answers)) > 1:
        settings = ", ".join(f"{name}={value}" for name, value in found)
        _logger.warning("environment variables disagree: %s; %s is used", settings, found[0][0])
    return answers[0] if answers else False


def _read_key(environ: Mapping[str, str], names: tuple[str, ...]) -> PrivateKey | None:
    for name, value in _find(environ, names):
        try:
            return PrivateKey.parse(value)
        except InvalidKeyError as error:
            problem = str(error)
        del value
        # Raised out of the handler, so that the new error does not hold on to frames with the key in them.
        raise ConfigError(f"{name}: {problem}")
    return None
