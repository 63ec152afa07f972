"""What handles tell without asking the server."""

from __future__ import annotations

from abc import ABC, abstractmethod

from colonyos_gen_wire import Process, ProcessGraph, ProcessState
from colonyos_gen_wire.constants import FINAL_PROCESS_STATES

from colonyos_gen._waiting.node_states import has_ended, state_of
from colonyos_gen.session._failures import describe


class SeenProcess(ABC):
    """A process as it was last seen."""

    @property
    @abstractmethod
    def process(self) -> Process:
        """The process as it was last seen."""

    @property
    def processid(self) -> str:
        """Id of the process."""
        return self.process.processid

    @property
    def state(self) -> ProcessState:
        """State of the process when it was last seen."""
        return self.process.state

    @property
    def done(self) -> bool:
        """Whether it had reached a final state when it was last seen."""
        return self.process.state in FINAL_PROCESS_STATES

    @property
    @abstractmethod
    def standing(self) -> str:
        """In which state it was when it was last seen, and why, as far as was told then; `explain` asks anew."""

    @property
    def description(self) -> str:
        """What messages call it."""
        return describe(self.process)

    def __repr__(self) -> str:
        name = f"{type(self).__name__} {self.process.spec.funcname!r} {self.processid[:8]}…"
        return f"<{name} {self.standing.removeprefix('it is ')}>"

    def _repr_html_(self) -> str:
        from colonyos_gen.pictures import to_html  # only notebooks ask

        return to_html(self.process)


class SeenWorkflow(ABC):
    """A workflow as it was last seen."""

    @property
    @abstractmethod
    def graph(self) -> ProcessGraph:
        """The workflow as it was last seen."""

    @property
    def processgraphid(self) -> str:
        """Id of the workflow."""
        return self.graph.processgraphid

    @property
    def state(self) -> ProcessState:
        """State of the workflow when it was last seen; FAILED from the first failure on, although others may go on."""
        return state_of(self.graph)

    @property
    def done(self) -> bool:
        """Whether all of its processes had ended when it was last seen, whatever its own state. False before it was read."""
        return has_ended(self.graph)

    @property
    @abstractmethod
    def standing(self) -> str:
        """In which state it was when it was last seen, and why, as far as was told then; `explain` asks anew."""

    @property
    def description(self) -> str:
        """What messages call it."""
        return f"workflow {self.processgraphid}"

    def __repr__(self) -> str:
        name = f"{type(self).__name__} {self.processgraphid[:8]}… {len(self.graph.processids)} processes"
        return f"<{name} {self.standing.removeprefix('it is ')}>"
