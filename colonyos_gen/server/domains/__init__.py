"""The handlers of the messages, one module and one class for each domain of the schema.

Every class implements the handler protocol that is generated for its domain. The fields of `Domains` name these
protocols, so when a message is added to the schema, a type checker points at the class that does not answer it yet.
"""

from __future__ import annotations

from dataclasses import dataclass

from colonyos_gen_wire.handlers import (
    AttributeHandlers,
    BlueprintHandlers,
    ChannelHandlers,
    ColonyHandlers,
    CronHandlers,
    ExecutorHandlers,
    FileHandlers,
    FunctionHandlers,
    GeneratorHandlers,
    IdentityHandlers,
    LocationHandlers,
    LogHandlers,
    PauseHandlers,
    ProcessHandlers,
    ServerHandlers,
    SnapshotHandlers,
    StatisticsHandlers,
    UserHandlers,
    WorkflowHandlers,
)
from colonyos_gen_wire.handlers.subscription import SubscriptionHandlers


@dataclass(frozen=True, slots=True)
class Domains:
    """What serves each domain; the names of the fields are the names of the domains."""

    attribute: AttributeHandlers
    blueprint: BlueprintHandlers
    channel: ChannelHandlers
    colony: ColonyHandlers
    cron: CronHandlers
    executor: ExecutorHandlers
    file: FileHandlers
    function: FunctionHandlers
    generator: GeneratorHandlers
    identity: IdentityHandlers
    location: LocationHandlers
    log: LogHandlers
    pause: PauseHandlers
    process: ProcessHandlers
    server: ServerHandlers
    snapshot: SnapshotHandlers
    statistics: StatisticsHandlers
    subscription: SubscriptionHandlers
    user: UserHandlers
    workflow: WorkflowHandlers
