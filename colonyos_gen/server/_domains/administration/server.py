"""What the server says about itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from colonyos_gen_wire.constants import EMBEDDED_SUFFIX
from colonyos_gen_wire.types import server as types

from colonyos_gen.server._domains.address import Address

if TYPE_CHECKING:
    from colonyos_gen_wire.requests.server import GetClusterMsg, GetServerInfoMsg, VersionMsg

_NODE = "embedded"


class ServerFacts:
    """Serves the server messages."""

    def __init__(self, address: Address, version: str) -> None:
        self._address = address
        self._buildversion = version + EMBEDDED_SUFFIX

    async def get_version(self, request: VersionMsg, signer: str, /) -> types.Version:  # noqa: ARG002
        return types.Version(buildversion=self._buildversion)

    async def get_server_info(self, request: GetServerInfoMsg, signer: str, /) -> types.ServerInfo:  # noqa: ARG002
        return types.ServerInfo(
            buildversion=self._buildversion,
            backends=[types.BackendInfo(type="http", host=self._address.host, port=self._address.port)],
        )

    async def get_cluster(self, request: GetClusterMsg, signer: str, /) -> types.Cluster:  # noqa: ARG002
        node = types.ClusterNode(name=_NODE, host=self._address.host, apiport=self._address.port)
        return types.Cluster(nodes=[node], leader=node)
