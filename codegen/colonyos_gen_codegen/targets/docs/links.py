"""Where things stand in the reference, and links to them."""

from __future__ import annotations

from colonyos_gen_codegen.model import Service


class Links:
    """Links as seen from a page in `folder`, which is empty for the index."""

    def __init__(self, service: Service, folder: str) -> None:
        self._up = "../" if folder else ""
        homes = {struct.name: struct.domain for struct in service.structs}
        homes |= {enum.name: enum.domain for enum in service.enums}
        self._pages = {name: f"types/{domain}.md#{name.lower()}" for name, domain in homes.items()}
        for message in service.messages:
            for method in message.methods:
                self._pages[method.name] = f"rpc/{message.domain}.md#{method.name}"
        # A reply may be the request sent back; the page of its method describes the fields.
        self._pages |= {m.struct.name: self._pages[m.methods[0].name] for m in service.messages if m.methods}

    def to(self, name: str) -> str:
        """A link to the type, the request or the method `name`."""
        return f"[{name}]({self._up}{self._pages[name]})"

    def method(self, name: str) -> str:
        """A link to a method, written as code."""
        return f"[`{name}`]({self._up}{self._pages[name]})"

    def hazard(self, name: str) -> str:
        """A link to a hazard, written as code."""
        return f"[`{name}`]({self._up}hazards.md#{name})"

    def index(self, anchor: str, name: str) -> str:
        """A link from `name`, as code, to a heading of the index."""
        return f"[`{name}`]({self._up}index.md{anchor})"
