"""What the generator's `drift` looks at servers and recordings with."""

from __future__ import annotations

from pathlib import Path

from colonyos_gen_codegen.drift import Access, Observed
from colonyos_gen_codegen.model import Service

from colonyos_gen.cli.observing import recorded


class Observer:
    """Servers and recordings, for `colonyos_gen_codegen.cli.main`."""

    def server(self, service: Service, access: Access) -> Observed:
        """Try the messages of `service` on a server."""
        from colonyos_gen.cli.observing import server

        return server.observe(service, access)

    def recorded(self, service: Service, folder: Path) -> Observed:
        """Read all recordings below a folder, or in a file."""
        return recorded.observe(service, folder)
