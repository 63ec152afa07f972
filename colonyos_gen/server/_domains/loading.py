"""Which class serves which domain, and what becomes of those that cannot.

The functions return the protocols that are generated from the schema, so when a message is added there, or loses a field,
a type checker points at the class that does not fit any more. The server starts all the same: a domain whose module cannot
be imported is left out, with a warning.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from colonyos_gen_wire.handlers.attribute import AttributeHandlers
    from colonyos_gen_wire.handlers.blueprint import BlueprintHandlers
    from colonyos_gen_wire.handlers.channel import ChannelHandlers
    from colonyos_gen_wire.handlers.colony import ColonyHandlers
    from colonyos_gen_wire.handlers.cron import CronHandlers
    from colonyos_gen_wire.handlers.executor import ExecutorHandlers
    from colonyos_gen_wire.handlers.file import FileHandlers
    from colonyos_gen_wire.handlers.function import FunctionHandlers
    from colonyos_gen_wire.handlers.generator import GeneratorHandlers
    from colonyos_gen_wire.handlers.identity import IdentityHandlers
    from colonyos_gen_wire.handlers.location import LocationHandlers
    from colonyos_gen_wire.handlers.log import LogHandlers
    from colonyos_gen_wire.handlers.pause import PauseHandlers
    from colonyos_gen_wire.handlers.process import ProcessHandlers
    from colonyos_gen_wire.handlers.server import ServerHandlers
    from colonyos_gen_wire.handlers.snapshot import SnapshotHandlers
    from colonyos_gen_wire.handlers.statistics import StatisticsHandlers
    from colonyos_gen_wire.handlers.subscription import SubscriptionHandlers
    from colonyos_gen_wire.handlers.user import UserHandlers
    from colonyos_gen_wire.handlers.workflow import WorkflowHandlers

from colonyos_gen.server._caller.access import Access
from colonyos_gen.server._clock import Clock
from colonyos_gen.server._domains.address import Address
from colonyos_gen.server._processes.channel_access import ChannelAccess
from colonyos_gen.server._processes.events import ProcessEvents
from colonyos_gen.server._processes.pausing import PauseGate
from colonyos_gen.server._processes.scheduler import Scheduler
from colonyos_gen.server._processes.silence import Silence
from colonyos_gen.server._quirks import Quirks
from colonyos_gen.server._store.records import Records
from colonyos_gen.server._store.tables import Store
from colonyos_gen.server._workflows.crons import CronStarter
from colonyos_gen.server._workflows.workflows import Workflows

logger: logging.Logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What handlers work with."""

    records: Records
    access: Access
    clock: Clock
    store: Store
    quirks: Quirks
    address: Address
    scheduler: Scheduler
    silence: Silence
    pause_gate: PauseGate
    workflows: Workflows
    crons: CronStarter
    channels: ChannelAccess
    events: ProcessEvents
    reregister: bool
    """Whether adding an executor under a name in use takes the name over."""
    version: str
    """The server release that is shown."""


def load(parts: Parts) -> Mapping[str, object]:
    """What serves each domain, by its name. A domain that cannot be served is left out, and the log says why."""
    served: dict[str, object] = {}
    for domain, make in _MAKERS.items():
        try:
            served[domain] = make(parts)
        except Exception as error:  # whatever it is, the other domains are served
            logger.warning(
                "nothing of the domain %s is answered: %s: %s", domain, type(error).__name__, error
            )
    return served


def _attribute(parts: Parts) -> AttributeHandlers:
    from colonyos_gen.server._domains.work.attribute import Attributes

    return Attributes(parts.records, parts.access)


def _blueprint(parts: Parts) -> BlueprintHandlers:
    from colonyos_gen.server._domains.data.blueprint import Blueprints

    return Blueprints(parts.records, parts.access, parts.clock, parts.quirks)


def _channel(parts: Parts) -> ChannelHandlers:
    from colonyos_gen.server._domains.work.channel import Channels

    return Channels(parts.channels, parts.clock, parts.store)


def _colony(parts: Parts) -> ColonyHandlers:
    from colonyos_gen.server._domains.administration.colony import Colonies

    return Colonies(parts.records, parts.access, parts.quirks)


def _cron(parts: Parts) -> CronHandlers:
    from colonyos_gen.server._domains.work.cron import Crons

    return Crons(parts.records, parts.access, parts.crons, parts.quirks)


def _executor(parts: Parts) -> ExecutorHandlers:
    from colonyos_gen.server._domains.administration.executor import Executors

    return Executors(parts.records, parts.access, parts.clock, parts.quirks, reregister=parts.reregister)


def _file(parts: Parts) -> FileHandlers:
    from colonyos_gen.server._domains.data.file import Files

    return Files(parts.records, parts.access, parts.clock, parts.quirks)


def _function(parts: Parts) -> FunctionHandlers:
    from colonyos_gen.server._domains.administration.function import Functions

    return Functions(parts.records, parts.access)


def _generator(parts: Parts) -> GeneratorHandlers:
    from colonyos_gen.server._domains.work.generator import Generators

    return Generators(parts.records, parts.access, parts.clock, parts.quirks)


def _identity(parts: Parts) -> IdentityHandlers:
    from colonyos_gen.server._domains.administration.identity import Identities

    return Identities(parts.records, parts.access, parts.quirks)


def _location(parts: Parts) -> LocationHandlers:
    from colonyos_gen.server._domains.administration.location import Locations

    return Locations(parts.records, parts.access)


def _log(parts: Parts) -> LogHandlers:
    from colonyos_gen.server._domains.work.log import Logs

    return Logs(parts.records, parts.access, parts.clock)


def _pause(parts: Parts) -> PauseHandlers:
    from colonyos_gen.server._domains.work.pause import Pauses

    return Pauses(parts.records, parts.access)


def _process(parts: Parts) -> ProcessHandlers:
    from colonyos_gen.server._domains.work.process import Processes

    return Processes(
        parts.records,
        parts.access,
        parts.clock,
        parts.store,
        parts.scheduler,
        parts.silence,
        parts.pause_gate,
        parts.workflows,
        parts.quirks,
    )


def _server(parts: Parts) -> ServerHandlers:
    from colonyos_gen.server._domains.administration.server import ServerFacts

    return ServerFacts(parts.address, parts.version)


def _snapshot(parts: Parts) -> SnapshotHandlers:
    from colonyos_gen.server._domains.data.snapshot import Snapshots

    return Snapshots(parts.records, parts.access, parts.clock, parts.quirks)


def _statistics(parts: Parts) -> StatisticsHandlers:
    from colonyos_gen.server._domains.administration.statistics import Counts

    return Counts(parts.records, parts.access)


def _subscription(parts: Parts) -> SubscriptionHandlers:
    from colonyos_gen.server._domains.work.subscription import Subscriptions

    return Subscriptions(parts.records, parts.access, parts.clock, parts.channels, parts.events, parts.quirks)


def _user(parts: Parts) -> UserHandlers:
    from colonyos_gen.server._domains.administration.user import Users

    return Users(parts.records, parts.access)


def _workflow(parts: Parts) -> WorkflowHandlers:
    from colonyos_gen.server._domains.work.workflow import Graphs

    return Graphs(parts.records, parts.access, parts.workflows, parts.quirks)


_MAKERS: dict[str, Callable[[Parts], object]] = {
    "attribute": _attribute,
    "blueprint": _blueprint,
    "channel": _channel,
    "colony": _colony,
    "cron": _cron,
    "executor": _executor,
    "file": _file,
    "function": _function,
    "generator": _generator,
    "identity": _identity,
    "location": _location,
    "log": _log,
    "pause": _pause,
    "process": _process,
    "server": _server,
    "snapshot": _snapshot,
    "statistics": _statistics,
    "subscription": _subscription,
    "user": _user,
    "workflow": _workflow,
}
