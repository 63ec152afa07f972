"""The environment variables that lead a program to a server."""

from __future__ import annotations

from colonyos_gen import config
from colonyos_gen.crypto import PrivateKey

_KEYS = frozenset((*config.SERVER_KEY, *config.COLONY_KEY, *config.MEMBER_KEY))


class Environment(dict[str, str]):
    """Environment variables, whose `repr` tells that there are keys, and not which."""

    @classmethod
    def of(
        cls,
        host: str,
        port: int,
        colonyname: str,
        *,
        executorname: str = "",
        executortype: str = "",
        server_key: PrivateKey | None = None,
        colony_key: PrivateKey | None = None,
        member_key: PrivateKey | None = None,
    ) -> Environment:
        """Every variable that `Config` reads, those that stay open as empty text.

        So nothing of an outer environment shines through, in particular no key of a real server.
        """
        values = {
            config.HOST: host,
            config.PORT: str(port),
            config.TLS: "false",
            config.INSECURE: "",
            config.CA_FILE: "",
            config.COLONY_NAME: colonyname,
            config.EXECUTOR_NAME: executorname,
            config.EXECUTOR_TYPE: executortype,
            config.SERVER_KEY: _text(server_key),
            config.COLONY_KEY: _text(colony_key),
            config.MEMBER_KEY: _text(member_key),
        }
        return cls({name: value for names, value in values.items() for name in names})

    def without_member_key(self) -> Environment:
        """The same, for a program that brings a key of its own."""
        return Environment(self | dict.fromkeys(config.MEMBER_KEY, ""))

    def __repr__(self) -> str:
        shown = {name: "***" if value and name in _KEYS else value for name, value in self.items()}
        return f"{type(self).__name__}({shown!r})"


def _text(key: PrivateKey | None) -> str:
    return "" if key is None else key.hex()
