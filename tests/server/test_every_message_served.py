"""Every message that the protocol has is answered by a handler of its own."""

from __future__ import annotations

from colonyos_gen_wire.method import Transport
from colonyos_gen_wire.methods import METHODS

from colonyos_gen.server import Server


def test_every_message_over_http_has_a_handler() -> None:
    served = Server()._dispatcher.served  # pyright: ignore[reportPrivateUsage]
    expected = {msgtype for msgtype, method in METHODS.items() if method.transport is Transport.HTTP}
    assert len(expected) > 90
    assert sorted(expected - served) == []
