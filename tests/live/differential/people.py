"""Who takes part in a conversation, and what there is that a request can be about."""

from __future__ import annotations

from collections import defaultdict
from random import Random
from typing import Any, cast

from colonyos_gen_wire.method import Role

from colonyos_gen import PrivateKey

_KEPT = 12
"""Of the values of a field, so many are remembered: the last ones."""
_ALIASES = {
    "processid": ["targetid", "parentprocessid", "childprocessid"],
    "processgraphid": ["targetprocessgraphid", "prevprocessgraphid"],
}
"""Fields that hold what others are called."""
_COLLECTED = frozenset(
    (
        "processid",
        "processgraphid",
        "cronid",
        "generatorid",
        "fileid",
        "snapshotid",
        "functionid",
        "attributeid",
    )
) | frozenset(("locationid", "blueprintid", "blueprintdefinitionid", "timestamp", "checksum", "initiatorid"))
"""Fields of replies whose values are of use later."""
_MEMBERS = ("worker", "second", "user")
SIGNERS = {
    Role.NONE: ("stranger",),
    Role.ANY_KEY: ("worker", "stranger"),
    Role.SERVER_OWNER: ("server",),
    Role.COLONY_OWNER: ("owner",),
    Role.EXECUTOR_APPROVED: ("worker", "second"),
    Role.EXECUTOR_ANY_STATE: ("pending", "worker"),
    Role.USER: ("user",),
    Role.ASSIGNED_EXECUTOR: ("worker", "second"),
    Role.INITIATOR: _MEMBERS,
}
"""Which of the keys plays a role."""
KEYS = (
    "server",
    "owner",
    "worker",
    "second",
    "pending",
    "user",
    "other owner",
    "other worker",
    "stranger",
    "spare",
)


class People:
    """The keys of a conversation, and the names that it uses. Names differ from run to run, as a server may be shared."""

    def __init__(self, dice: Random, server_key: PrivateKey, tag: str) -> None:
        self.keys: dict[str, PrivateKey] = {name: PrivateKey.generate() for name in KEYS}
        self.keys["server"] = server_key
        self.colony = f"{tag}-colony"
        self.other = f"{tag}-other"
        self.type = f"{tag}-type"
        self.running: dict[str, str] = {}
        """The names of the keys that processes are assigned to."""
        self.executors = {self.keys[name].id for name in ("worker", "second", "pending", "other worker")}
        """The identities that are an executor's, or were."""
        self.workflow_of: dict[str, str] = {}
        """The workflows that processes belong to."""
        self._dice = dice
        self.known: dict[str, list[Any]] = defaultdict(list)
        """Values that mean something, by the field that has them."""
        ids = [key.id for name, key in self.keys.items() if name != "server"]
        # One identity under several names is rare.
        ids += [PrivateKey.generate().id for _ in range(2 * len(ids))]
        workers = ["worker", "second", "pending", "new worker"]
        for field in ("colonyname", "namespace", "targetcolonyname"):
            self.known[field] = [self.colony] * 12 + [self.other, f"{tag}-nobody"]
        self.known["colony.colonyname"] = [self.colony] + [self.other, f"{tag}-third", f"{tag}-nobody"] * 3
        self.known["colony.name"] = [f"{tag}-third", self.colony]
        self.known["executortype"] = self.known["executorType"] = [self.type, self.type, f"{self.type}-b"]
        self.known["executorname"] = workers
        self.known["executornames"] = ["worker", "worker", "second", "nobody"]
        spare = [self.keys["spare"].id, *(PrivateKey.generate().id for _ in range(5))]
        for field in ("executorid", "userid", "colonyid"):
            self.known[f"identity.{field}"] = spare
        self.known["executorid"] = self.known["userid"] = self.known["colonyid"] = self.known[
            "initiatorid"
        ] = ids
        self.known["user.name"] = self.known["initiator"] = ["ada", "ben", "nobody"]
        self.known["location.name"] = self.known["locationname"] = ["hall", "roof"]
        self.known["funcname"] = self.known["functionName"] = ["f", "g"]
        self.known["nodename"] = self.known["dependencies"] = ["one", "two", "three"]
        self.known["channels"] = self.known["channel.name"] = self.known["subscription.name"] = ["c", "d"]
        self.known["cron.name"] = self.known["generator.name"] = self.known["generatorname"] = [
            "first",
            "next",
        ]
        self.known["file.label"] = self.known["snapshot.label"] = ["/data", "/data/a", "/data/b"]
        self.known["file.name"] = ["a.txt", "b.txt"]
        self.known["snapshot.name"] = ["first", "next"]
        self.known["process.label"] = ["a", "b"]
        self.known["blueprint.name"] = self.known["blueprintname"] = ["lamp-1", "lamp-2", "lamp"]
        self.lamp = f"{tag}-Lamp"  # the real server finds definitions of other colonies too
        self.known["blueprint.kind"] = [self.lamp, self.lamp, f"{tag}-Desk"]
        self.known["blueprintid"] = [f"{tag}-id"]  # the history of an id outlasts the colony
        self.known["key"] = ["k", "l"]
        self.known["generation"] = [1, 1, 0, 2]

    def learn(self, value: Any) -> None:
        """Remember the ids in a reply."""
        if isinstance(value, dict):
            entry = cast("dict[str, Any]", value)
            if "processid" in entry and "processgraphid" in entry:
                self.workflow_of[entry["processid"]] = entry["processgraphid"]
            for field, inner in cast("dict[str, Any]", value).items():
                if isinstance(inner, str | int) and inner and field in _COLLECTED:
                    for name in (
                        field,
                        *_ALIASES.get(field, ()),
                        *(["since"] if field == "timestamp" else []),
                    ):
                        self._remember(name, inner)
                else:
                    self.learn(inner)
        elif isinstance(value, list):
            listed: list[Any] = value  # pyright: ignore[reportUnknownVariableType]
            for inner in listed:
                self.learn(inner)

    def _remember(self, field: str, value: Any) -> None:
        values = self.known[field]
        if value in values:
            return
        values.append(value)
        if len(values) > _KEPT:
            del values[0]

    def signer(self, roles: tuple[Role, ...]) -> str:
        """Mostly somebody who has one of these roles."""
        if not roles or self._dice.random() < 0.08:
            return self._dice.choice(KEYS)
        return self._dice.choice(SIGNERS[self._dice.choice(roles)])
