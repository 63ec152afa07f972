"""The way to a server, through a proxy or not, and what is said when it ends at something else, or nowhere."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import aiohttp
from colonyos_gen_wire.constants import API_PATH
from colonyos_gen_wire.method import Method

from colonyos_gen._call.envelope import MAY_PASS, is_envelope, not_an_envelope
from colonyos_gen._call.network.address import Address, parse
from colonyos_gen._call.network.misdirected import (
    NEEDS_ADDRESS,
    NEEDS_NO_TLS,
    NEEDS_TLS,
    has_hung_up,
    hint_of_certificate,
    is_no_tls,
    is_redirect,
    is_tls_record,
    may_be_no_tls,
    redirected,
    wants_tls,
    will_do_later,
)
from colonyos_gen._call.network.proxies import proxy_for
from colonyos_gen.errors import ConnectionFailedError, RPCTimeoutError, UnexpectedReplyError


@dataclass(frozen=True, slots=True)
class Way:
    """How requests get to a server."""

    server: Address
    proxy: Address | None

    @classmethod
    def to(cls, url: str, proxy: str | None) -> Self:
        """The way to an address; through the proxy of the environment if `proxy` is None, through none if it is empty.

        Raises:
            ConfigError: A variable that names a proxy has no address of one.
            ValueError: The url or the proxy is not one.
        """
        server = parse(url)
        if proxy is None:
            return cls(server, proxy_for(server))
        return cls(server, parse(proxy, "proxy") if proxy else None)

    @property
    def has_tls(self) -> bool:
        """Whether TLS is spoken on it, be it to the proxy only."""
        return self.server.is_https or (self.proxy is not None and self.proxy.is_https)

    def __str__(self) -> str:
        return self.server.url if self.proxy is None else f"{self.server.url} (proxy {self.proxy.url})"

    def require_reply(
        self, method: Method[Any, Any], status: int, headers: Mapping[str, str], body: bytes, path: str
    ) -> None:
        """Raise what is to be said of a reply, if it is not one of the server."""
        if is_redirect(status) and (location := headers.get("Location")):
            message, hint = redirected(self.server, location, path, self._asked())
        elif wants_tls(status, body):
            first = self._first
            message, hint = f"{first.url} speaks TLS", self._needs_tls(first)
        elif status == 407 and self.proxy is not None:
            message, hint = self._wants_password(self.proxy)
        else:
            self._require_envelope(method, status, headers, body)
            return
        error = UnexpectedReplyError(message, method=method.name, status=status, hint=hint)
        error.misdirected = True
        raise error

    def _require_envelope(
        self, method: Method[Any, Any], status: int, headers: Mapping[str, str], body: bytes
    ) -> None:
        if is_envelope(body) or (not body and not 400 <= status < 500):  # other empty ones are the server's
            return
        kind = headers.get("Content-Type", "").partition(";")[0].strip()
        raise not_an_envelope(method, status, body, self._asked(API_PATH), kind, NEEDS_ADDRESS)

    def _asked(self, path: str = "") -> str:
        """Where something was asked for."""
        text = f"{self.server.url}{path}"
        if self.proxy is None:
            return text
        return f"{text}, asked through the proxy {self.proxy.url} of {_setting(self.proxy)}"

    def late(self, method: Method[Any, Any], timeout: float, *, sent: bool) -> RPCTimeoutError:
        """The error for a request that took too long."""
        text = f"{'no reply' if sent else f'no connection to {self}'} within {timeout:g} s"
        if not sent and (hint := self._hint_of_silence()):
            text += f"; {hint}"
        late = RPCTimeoutError(text, method=method.name)
        late.sent = sent
        return late

    def failure(
        self, error: Exception, method: Method[Any, Any], *, sent: bool, answered: bool
    ) -> ConnectionFailedError:
        """The error for a connection that failed.

        Args:
            error: How it failed.
            method: The message that was on the way.
            sent: Whether the message may have arrived.
            answered: Whether the server has ever answered on this way.
        """
        cause = error
        if isinstance(error, aiohttp.ClientConnectorCertificateError):  # has no os_error, unlike its base
            cause = error.certificate_error
        elif isinstance(error, aiohttp.ClientConnectorError):
            cause = error.os_error
        status: int | None = None
        reason, misdirected = str(cause) or type(cause).__name__, True
        peer = self._peer(error, sent=sent)
        if isinstance(error, aiohttp.ClientResponseError) and is_tls_record(str(error)):
            reason, hint = f"{_port(peer)} speaks TLS", self._needs_tls(peer)
            sent = False  # what a plain request is to such a port cannot be carried out
        elif isinstance(error, aiohttp.ClientHttpProxyError) and self.proxy is not None:
            code = int(str(error).partition(",")[0])  # the attribute has no type
            reason, hint, misdirected = self._refused(self.proxy, code)
            status = code if misdirected else None
        elif type(error) is aiohttp.ClientResponseError:  # what came is not HTTP
            reason, hint = f"{_port(peer)} does not speak HTTP", NEEDS_ADDRESS
            misdirected = not answered
        elif isinstance(cause, ssl.SSLCertVerificationError):
            hint = hint_of_certificate(cause, _port(peer) if peer is self.proxy else "", peer)
            misdirected = not will_do_later(cause)
        elif is_no_tls(cause):
            hint = f"{_port(peer)} does not speak TLS: {self._needs_no_tls(peer)}"
        elif isinstance(error, aiohttp.ServerTimeoutError) and not sent:
            hint, misdirected = self._hint_of_silence(), False
        else:
            hint, misdirected = self._hint_of_close(cause, peer, answered=answered), False
        failure = ConnectionFailedError(f"{self}: {reason}", method=method.name, sent=sent)
        failure.status = status
        failure.misdirected = misdirected
        if hint:
            failure.hint = f"{failure.hint}; {hint}"
        return failure

    def _hint_of_close(self, cause: Exception, peer: Address, *, answered: bool) -> str:
        """What may have to be done where the peer has hung up on the first request; empty if it was something else."""
        if may_be_no_tls(cause):
            return f"if {_port(peer)} does not speak TLS, {self._needs_no_tls(peer)}"
        if answered or not has_hung_up(cause):
            return ""
        if peer.is_https:
            return f"if {_port(peer)} does not speak TLS, {self._needs_no_tls(peer)}"
        return f"if {_port(peer)} speaks TLS, {self._needs_tls(peer)}"

    def _hint_of_silence(self) -> str:
        """What may have to be done where nobody has answered before a request was sent."""
        if self.proxy is not None and self.proxy.is_https:
            return f"if the proxy does not speak TLS, {self._needs_no_tls(self.proxy)}"
        return f"if the port does not speak TLS, {NEEDS_NO_TLS}" if self.server.is_https else ""

    @property
    def _first(self) -> Address:
        """Who is spoken to first."""
        return self.server if self.proxy is None else self.proxy

    def _peer(self, error: Exception, *, sent: bool) -> Address:
        """With whom it went wrong."""
        if self.proxy is None:
            return self.server
        if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ClientConnectorCertificateError):
            there = error.host.lower().strip("[]"), error.port
            return self.server if there == (self.server.host, self.server.port) else self.proxy
        # In a tunnel it is the server that is heard, once a request was sent.
        return self.server if sent and self.server.is_https else self.proxy

    def _refused(self, proxy: Address, status: int) -> tuple[str, str, bool]:
        """What to say of a proxy that makes no tunnel: what it is, what to do, and whether that is a matter of settings."""
        if status == 407:
            return *self._wants_password(proxy), True
        if status >= 500 or status in MAY_PASS:
            return f"the proxy refused with status {status}", "", False
        if status == 400 and not proxy.is_https:
            return "the proxy refused", f"if it speaks TLS, {self._needs_tls(proxy)}", True
        direct = "proxy='' for none" if proxy.called == "proxy" else f"name {self.server.host} in NO_PROXY"
        hint = f"set {_setting(proxy)} to a proxy that leads to {self.server.host}:{self.server.port}, or {direct}"
        return "the proxy refused", hint, True

    def _wants_password(self, proxy: Address) -> tuple[str, str]:
        if proxy.authorization:
            message = f"the proxy {proxy.url} refused the name and password that it was given"
            return message, f"correct those in {_setting(proxy)}; their odd characters are written as %xx"
        message = f"the proxy {proxy.url} asks for a name and password"
        return (
            message,
            f"write them into its address in {_setting(proxy)}, as in http://name:password@proxy:3128",
        )

    def _needs_tls(self, peer: Address) -> str:
        if peer is self.proxy:
            return f"let the address in {_setting(peer)} begin with https://"
        return NEEDS_TLS

    def _needs_no_tls(self, peer: Address) -> str:
        if peer is self.proxy:
            return f"let the address in {_setting(peer)} begin with http://"
        return NEEDS_NO_TLS


def _setting(proxy: Address) -> str:
    """The variable or parameter that names a proxy."""
    return "proxy=" if proxy.called == "proxy" else proxy.called


def _port(peer: Address) -> str:
    return "the port" if peer.called == "url" else "the proxy"
