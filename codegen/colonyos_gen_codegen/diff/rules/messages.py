"""Messages as a whole: which there are, who may send them, and what happens to one that arrives twice or waits."""

from __future__ import annotations

from colonyos_gen_codegen.diff.change import Scope
from colonyos_gen_codegen.diff.comparison import Comparison
from colonyos_gen_codegen.diff.matching import alike, share
from colonyos_gen_codegen.diff.nodes import Node
from colonyos_gen_codegen.diff.registry import CALLERS, SERVERS, Level, breaks, rule, safe
from colonyos_gen_codegen.diff.rules.errors import compare_errors
from colonyos_gen_codegen.diff.rules.fields import compare_fields
from colonyos_gen_codegen.diff.rules.hazards import compare_taking_part
from colonyos_gen_codegen.diff.rules.lifetimes import compare_lifetime
from colonyos_gen_codegen.diff.rules.methods import compare_methods
from colonyos_gen_codegen.diff.rules.replies import compare_reply

MESSAGE_ADDED = rule(
    "MESSAGE_ADDED",
    safe(Level.WIRE, SERVERS),
    "A message is new.",
    "write a handler, where you serve it; older servers refuse it as unknown",
)
MESSAGE_REMOVED = rule(
    "MESSAGE_REMOVED",
    breaks(Level.WIRE, CALLERS, SERVERS),
    "A message is gone.",
    "do without it",
)
MESSAGE_NAME_CHANGED = rule(
    "MESSAGE_NAME_CHANGED",
    safe(Level.BEHAVIOUR, CALLERS),
    "A message that the server knows by name only came or went.",
    "nothing: nobody could call it",
)
MESSAGE_RENAMED = rule(
    "MESSAGE_RENAMED",
    breaks(Level.SOURCE, CALLERS, SERVERS),
    "The request of a message has another name in programs; its message type stays.",
    "use the new name",
)
MESSAGE_MSGTYPE_CHANGED = rule(
    "MESSAGE_MSGTYPE_CHANGED",
    breaks(Level.WIRE, CALLERS, SERVERS),
    "A message has another message type: one went, and one came with its name or much like it.",
    "send the new one; a server may have to take both for a while",
)
MESSAGE_MOVED = rule(
    "MESSAGE_MOVED",
    breaks(Level.SOURCE, CALLERS, SERVERS),
    "A message is in another domain, which is another module and another handler protocol.",
    "import it from its new module; the calls of a client stay",
)
MESSAGE_REGISTERED = rule(
    "MESSAGE_REGISTERED",
    safe(Level.WIRE, SERVERS),
    "The server serves a message that it knew by name only.",
    "write a handler, where you serve it",
)
MESSAGE_UNREGISTERED = rule(
    "MESSAGE_UNREGISTERED",
    breaks(Level.WIRE, CALLERS),
    "The server knows a message by name only, and served it before.",
    "do without it",
)
TRANSPORT_CHANGED = rule(
    "TRANSPORT_CHANGED",
    breaks(Level.WIRE, CALLERS, SERVERS),
    "A message goes another way to the server.",
    "send it there",
)
ROLE_ALLOWED = rule(
    "ROLE_ALLOWED",
    safe(Level.BEHAVIOUR, SERVERS),
    "More may sign a message.",
    "let them, where you serve it",
)
ROLE_REFUSED = rule(
    "ROLE_REFUSED",
    breaks(Level.BEHAVIOUR, CALLERS),
    "Fewer may sign a message.",
    "sign it by one of the roles that are left",
)
SIGNING_KEY_CHANGED = rule(
    "SIGNING_KEY_CHANGED",
    breaks(Level.BEHAVIOUR, CALLERS),
    "A client signs a message with another of its keys, unless it is told which.",
    "give the client that key, or say which one to sign with",
)
ROLES_REORDERED = rule(
    "ROLES_REORDERED",
    safe(Level.BEHAVIOUR, CALLERS),
    "Another role is the usual one, with the same key.",
    "nothing: the key stays",
)
IDEMPOTENCY_WEAKENED = rule(
    "IDEMPOTENCY_WEAKENED",
    breaks(Level.BEHAVIOUR, CALLERS),
    "A message that arrives twice does more than before: it must not be repeated where it was.",
    "do not send it again on your own; a client generated from this schema does not",
)
IDEMPOTENCY_STRENGTHENED = rule(
    "IDEMPOTENCY_STRENGTHENED",
    safe(Level.BEHAVIOUR, CALLERS, SERVERS),
    "A message that arrives twice does less than before: clients may repeat it.",
    "keep that promise, where you serve it",
)
UNSAFE_WHEN_ADDED = rule(
    "UNSAFE_WHEN_ADDED",
    breaks(Level.BEHAVIOUR, CALLERS),
    "With some contents of a field (x-unsafe-when) a message must not be repeated.",
    "do not send it again on your own then",
)
UNSAFE_WHEN_REMOVED = rule(
    "UNSAFE_WHEN_REMOVED",
    safe(Level.BEHAVIOUR, CALLERS, SERVERS),
    "A message may be repeated whatever a field holds (x-unsafe-when).",
    "keep that promise, where you serve it",
)
WAITS_CHANGED = rule(
    "WAITS_CHANGED",
    breaks(Level.BEHAVIOUR, CALLERS, SERVERS),
    "The reply is held back by another field, or begins or ceases to be (x-waits).",
    "look how long your calls wait, and whether they ask again at once",
)
ABOUT_CHANGED = rule(
    "ABOUT_CHANGED",
    safe(Level.BEHAVIOUR, CALLERS, SERVERS),
    "The object that a message must hold, or how its absence is refused, is another (x-about).",
    "look which refusal comes first",
)

_ORDER = {"read": 0, "idempotent": 1, "unsafe": 2}


def likeness(old: Node, new: Node) -> float:
    """Of two messages: by their fields and replies, names and descriptions. The same name is enough."""
    if old.label == new.label:
        return 1.0
    words = alike(old.words.get("description", ""), new.words.get("description", ""))
    inside = share(
        *(
            [
                (child.kind, child.name, child.value.spelt())
                for child in node.children
                if child.value is not None
            ]
            for node in (old, new)
        )
    )
    return 0.4 * inside + 0.25 * words + 0.35 * alike(old.name, new.name)


def compare_messages(c: Comparison) -> None:
    """Compare all messages."""
    for node in c.messages.added:
        told = MESSAGE_ADDED if node.facts.get("x-registered", True) else MESSAGE_NAME_CHANGED
        c.found(told, f"{node.label} ({node.name}) is new", None, node, scope=c.reach.of_message(node.label))
    for node in c.messages.gone:
        told = MESSAGE_REMOVED if node.facts.get("x-registered", True) else MESSAGE_NAME_CHANGED
        domain = next((d for d in c.new.root.all("domain") if d.name == node.facts.get("domain")), None)
        text = f"{node.label} ({node.name}) is gone"
        c.found(told, text, node, None, scope=c.reach.of_message(node.label), beside=domain)
    for old, new in c.messages.pairs:
        _compare(c, old, new, c.reach.of_message(new.label))
    compare_methods(c)


def _compare(c: Comparison, old: Node, new: Node, scope: Scope) -> None:
    compare_lifetime(c, old, new, scope)
    if old.name != new.name:
        alone = "" if old.label == new.label else f" ({old.label} before), as far as likeness tells"
        text = f"{new.label} is sent as {new.name}, not {old.name}{alone}"
        c.found(MESSAGE_MSGTYPE_CHANGED, text, old, new, scope=scope)
    elif old.label != new.label:
        text = f"{old.label} is called {new.label} now ({new.name})"
        c.found(MESSAGE_RENAMED, text, old, new, scope=scope)
    if c.differs(old, new, "domain"):
        text = f"{new.label} is in domain {new.facts['domain']}, not in {old.facts['domain']}"
        c.found(MESSAGE_MOVED, text, old, new, scope=scope)
    if c.differs(old, new, "x-registered"):
        if new.facts["x-registered"]:
            c.found(MESSAGE_REGISTERED, f"{new.label} is served now", old, new, scope=scope)
        else:
            text = f"{new.label} is known by name only"
            c.found(MESSAGE_UNREGISTERED, text, old, new, scope=scope, fact="x-registered")
        return  # the rest came or went with it
    names = compare_fields(c, old, new, scope.only(answered=False))
    if c.differs(old, new, "x-transport"):
        text = f"{new.label} goes by {new.facts['x-transport']}, not by {old.facts['x-transport']}"
        c.found(TRANSPORT_CHANGED, text, old, new, scope=scope, fact="x-transport")
    _compare_roles(c, old, new, scope)
    _compare_repetition(c, old, new, names, scope)
    _compare_waits_and_about(c, old, new, names, scope)
    compare_reply(c, old, new, scope)
    compare_errors(c, old, new, scope)
    compare_taking_part(c, old, new, scope)


def _compare_roles(c: Comparison, old: Node, new: Node, scope: Scope) -> None:
    if "x-roles" not in old.facts or "x-roles" not in new.facts:
        return
    was = [c.role_names.get(role, role) for role in old.facts["x-roles"]]
    now = list(new.facts["x-roles"])
    for role in now:
        if role not in was:
            c.found(ROLE_ALLOWED, f"{role} may sign {new.label}", old, new, scope=scope, fact="x-roles")
    for role in was:
        if role not in now:
            text = f"{role} may no longer sign {new.label}"
            c.found(ROLE_REFUSED, text, old, new, scope=scope, fact="x-roles")
    if was and now and was[0] != now[0]:
        before, after = _key(c.old.root, old.facts["x-roles"][0]), _key(c.new.root, now[0])
        text = f"{new.label} is signed as {now[0]}, not as {was[0]}, unless told otherwise"
        told = ROLES_REORDERED if before == after else SIGNING_KEY_CHANGED
        c.found(told, text, old, new, scope=scope, fact="x-roles")


def _key(root: Node, role: str) -> object:
    return next((node.facts.get("key") for node in root.all("role") if node.name == role), role)


def _compare_repetition(c: Comparison, old: Node, new: Node, names: dict[str, str], scope: Scope) -> None:
    if c.differs(old, new, "x-idempotency"):
        was, now = old.facts["x-idempotency"], new.facts["x-idempotency"]
        told = IDEMPOTENCY_WEAKENED if _ORDER[now] > _ORDER[was] else IDEMPOTENCY_STRENGTHENED
        c.found(told, f"{new.label} is {now}, not {was}", old, new, scope=scope, fact="x-idempotency")
    if "x-unsafe-when" not in old.facts or "x-unsafe-when" not in new.facts:
        return
    was = names.get(old.facts["x-unsafe-when"], old.facts["x-unsafe-when"])
    now = new.facts["x-unsafe-when"]
    if was == now:
        return
    if now is None:
        text = f"{new.label} is no longer unsafe with {was}"
        c.found(UNSAFE_WHEN_REMOVED, text, old, new, scope=scope)
    else:
        text = f"{new.label} is unsafe with {now}{f', not with {was}' if was else ''}"
        c.found(UNSAFE_WHEN_ADDED, text, old, new, scope=scope, fact="x-unsafe-when")


def _compare_waits_and_about(
    c: Comparison, old: Node, new: Node, names: dict[str, str], scope: Scope
) -> None:
    if "x-waits" in old.facts and "x-waits" in new.facts:
        was, now = names.get(old.facts["x-waits"], old.facts["x-waits"]), new.facts["x-waits"]
        if was != now:
            text = f"{new.label} waits as {now or 'nothing'} says, not as {was or 'nothing'}"
            c.found(WAITS_CHANGED, text, old, new, scope=scope, fact="x-waits")
    if "x-about" in old.facts and "x-about" in new.facts:
        was, now = old.facts["x-about"], new.facts["x-about"]
        if was and was["field"] in names:
            was = {**was, "field": names[was["field"]]}
        if was != now:
            text = f"{new.label} is about {_about(now)}, not about {_about(was)}"
            c.found(ABOUT_CHANGED, text, old, new, scope=scope, fact="x-about")


def _about(about: dict[str, str] | None) -> str:
    return f"{about['field']} (or else {about['missing']})" if about else "nothing"
