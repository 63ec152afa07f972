"""What the server says about itself."""

from __future__ import annotations

from colonyos_gen_wire.constants import EMBEDDED_SUFFIX, SERVER_VERSION
from colonyos_gen_wire.requests.server import GetClusterMsg, GetServerInfoMsg, VersionMsg
from colonyos_gen_wire.types.server import BackendInfo, Cluster, ClusterNode, ServerInfo, Version

_NODE = "embedded"


class ServerFacts:
    """Serves the server messages. `listen` completes it once the port is known."""

    def __init__(self) -> None:
        self._host = ""
        self._port = 0

    def listen(self, host: str, port: int) -> None:
        """Take note of where the server listens."""
        self._host, self._port = host, port

    async def get_version(self, request: VersionMsg, signer: str, /) -> Version:  # noqa: ARG002
        return Version(buildversion=SERVER_VERSION + EMBEDDED_SUFFIX)

    async def get_server_info(self, request: GetServerInfoMsg, signer: str, /) -> ServerInfo:  # noqa: ARG002
        return ServerInfo(
            buildversion=SERVER_VERSION + EMBEDDED_SUFFIX,
            backends=[BackendInfo(type="http", host=self._host, port=self._port)],
        )

    async def get_cluster(self, request: GetClusterMsg, signer: str, /) -> Cluster:  # noqa: ARG002
        node = ClusterNode(name=_NODE, host=self._host, apiport=self._port)
        return Cluster(nodes=[node], leader=node)
