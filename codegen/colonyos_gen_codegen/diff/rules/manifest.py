"""What the messages of all domains have in common."""

from __future__ import annotations

from colonyos_gen_codegen.diff.comparison import Comparison
from colonyos_gen_codegen.diff.matching import named_alike
from colonyos_gen_codegen.diff.nodes import Node
from colonyos_gen_codegen.diff.registry import CALLERS, SERVERS, Level, breaks, rule, safe
from colonyos_gen_codegen.diff.rules.lifetimes import compare_lifetime, compare_words

SERVICE_RENAMED = rule(
    "SERVICE_RENAMED", safe(Level.BEHAVIOUR, CALLERS, SERVERS), "The service has another name.", "call it so"
)
PROTOCOL_CHANGED = rule(
    "PROTOCOL_CHANGED",
    safe(Level.BEHAVIOUR, CALLERS, SERVERS),
    "The protocol has another version.",
    "read what else changed",
)
SERVER_RELEASE_CHANGED = rule(
    "SERVER_RELEASE_CHANGED",
    safe(Level.BEHAVIOUR, CALLERS, SERVERS),
    "The schema describes another release of the server.",
    "look which releases your program meets",
)
ENDPOINT_ADDED = rule(
    "ENDPOINT_ADDED", safe(Level.WIRE, SERVERS), "A server has an endpoint more.", "serve it"
)
ENDPOINT_REMOVED = rule(
    "ENDPOINT_REMOVED", breaks(Level.WIRE, CALLERS), "A server has an endpoint less.", "do without it"
)
ENDPOINT_CHANGED = rule(
    "ENDPOINT_CHANGED",
    breaks(Level.WIRE, CALLERS, SERVERS),
    "An endpoint has another path or method.",
    "use the new one",
)
DEFAULT_PORT_CHANGED = rule(
    "DEFAULT_PORT_CHANGED",
    breaks(Level.WIRE, CALLERS, SERVERS),
    "Servers have another port, if nobody says otherwise.",
    "say which port you mean",
)
ENVELOPE_CHANGED = rule(
    "ENVELOPE_CHANGED",
    breaks(Level.WIRE, CALLERS, SERVERS),
    "Payloads travel in another object.",
    "regenerate both sides at once",
)
SIGNING_DESCRIBED = rule(
    "SIGNING_DESCRIBED",
    safe(Level.BEHAVIOUR, CALLERS, SERVERS),
    "How payload and signature are made is said in other words, which is where it is said at all.",
    "read whether it still is what you do",
)
SIGNING_CHANGED = rule(
    "SIGNING_CHANGED",
    breaks(Level.WIRE, CALLERS, SERVERS),
    "Requests are signed in another way, or identities made in another one.",
    "regenerate both sides at once",
)
REPLY_ONLY_ADDED = rule(
    "REPLY_ONLY_ADDED",
    safe(Level.WIRE, CALLERS, SERVERS),
    "Replies may have a payloadtype that is no message.",
    "expect it",
)
REPLY_ONLY_REMOVED = rule(
    "REPLY_ONLY_REMOVED",
    safe(Level.WIRE, SERVERS),
    "Replies no longer have a payloadtype that is no message.",
    "do not write it",
)
REPLY_ONLY_CHANGED = rule(
    "REPLY_ONLY_CHANGED",
    breaks(Level.WIRE, CALLERS, SERVERS),
    "A payloadtype that is no message carries another type.",
    "read the new type",
)
ROLE_ADDED = rule(
    "ROLE_ADDED", safe(Level.SOURCE, CALLERS), "A role is new.", "use it where messages allow it"
)
ROLE_REMOVED = rule(
    "ROLE_REMOVED", breaks(Level.SOURCE, CALLERS, SERVERS), "A role is gone.", "use one that messages allow"
)
ROLE_RENAMED = rule(
    "ROLE_RENAMED", breaks(Level.SOURCE, CALLERS, SERVERS), "A role has another name.", "use the new name"
)
ROLE_KEY_CHANGED = rule(
    "ROLE_KEY_CHANGED",
    breaks(Level.BEHAVIOUR, CALLERS),
    "A role signs with another key of a client.",
    "give the client that key",
)
CODE_ADDED = rule(
    "CODE_ADDED",
    safe(Level.SOURCE, CALLERS),
    "An error can mean something new, which is an exception more.",
    "catch it where it matters",
)
CODE_REMOVED = rule(
    "CODE_REMOVED",
    breaks(Level.SOURCE, CALLERS, SERVERS),
    "No error can mean this any more, and its exception is gone.",
    "do not catch it",
)
CODE_RENAMED = rule(
    "CODE_RENAMED",
    breaks(Level.SOURCE, CALLERS, SERVERS),
    "What errors mean has another name, and the exception too.",
    "catch the new one",
)
CONSTANT_ADDED = rule(
    "CONSTANT_ADDED",
    safe(Level.SOURCE, CALLERS),
    "A number, text or table of the server is known.",
    "use it, if you like",
)
CONSTANT_REMOVED = rule(
    "CONSTANT_REMOVED",
    breaks(Level.SOURCE, CALLERS, SERVERS),
    "A number, text or table of the server is gone.",
    "do without it",
)
CONSTANT_RENAMED = rule(
    "CONSTANT_RENAMED",
    breaks(Level.SOURCE, CALLERS, SERVERS),
    "A number, text or table of the server has another name.",
    "use the new name",
)
NUMBER_CHANGED = rule(
    "NUMBER_CHANGED",
    breaks(Level.BEHAVIOUR, CALLERS, SERVERS),
    "The server works with another number.",
    "look what you built on the old one",
)
TEXT_CHANGED = rule(
    "TEXT_CHANGED",
    breaks(Level.WIRE, CALLERS, SERVERS),
    "The server writes another text with a meaning.",
    "look for the new text",
)
TABLE_ENTRY_ADDED = rule(
    "TABLE_ENTRY_ADDED", safe(Level.BEHAVIOUR, CALLERS, SERVERS), "A table has an entry more.", "expect it"
)
TABLE_ENTRY_REMOVED = rule(
    "TABLE_ENTRY_REMOVED",
    breaks(Level.BEHAVIOUR, CALLERS, SERVERS),
    "A table has an entry less: the text means nothing any more.",
    "do not write it",
)
TABLE_ENTRY_CHANGED = rule(
    "TABLE_ENTRY_CHANGED",
    breaks(Level.BEHAVIOUR, CALLERS, SERVERS),
    "A text of a table stands for another number.",
    "look what you built on the old one",
)
CONSTANT_UNIT_CHANGED = rule(
    "CONSTANT_UNIT_CHANGED",
    breaks(Level.BEHAVIOUR, CALLERS, SERVERS),
    "A number of the server counts or measures something else.",
    "convert it",
)
DOMAIN_ADDED = rule(
    "DOMAIN_ADDED",
    safe(Level.SOURCE, SERVERS),
    "A domain is new, with modules and handlers of its own.",
    "serve it as well",
)
DOMAIN_REMOVED = rule(
    "DOMAIN_REMOVED",
    breaks(Level.SOURCE, CALLERS, SERVERS),
    "A domain is gone, and its modules and handlers with it.",
    "import from elsewhere what was moved",
)

_PLAIN = (
    ("service", SERVICE_RENAMED, "the service is {}, not {}"),
    ("protocol", PROTOCOL_CHANGED, "the protocol is {}, not {}"),
    ("server", SERVER_RELEASE_CHANGED, "the schema describes server {}, not {}"),
    ("default_port", DEFAULT_PORT_CHANGED, "the default port is {}, not {}"),
    ("error_payloadtype", ENVELOPE_CHANGED, "a refusal comes as {}, not as {}"),
    ("signing", SIGNING_DESCRIBED, "the description of the envelope is another"),
)


def settle_names(c: Comparison) -> None:
    """Find out which roles, codes and hazards were renamed, before anything that names them is compared."""
    c.role_names = c.match(c.old.root, c.new.root, "role", named_alike).names()
    c.hazard_names = c.match(c.old.root, c.new.root, "hazard", named_alike).names()
    c.code_names = c.match(c.old.root, c.new.root, "code", named_alike).names()


def compare_manifest(c: Comparison) -> None:
    """Compare the manifest."""
    old, new = c.old.root, c.new.root
    compare_words(c, old, new)
    for fact, told, text in _PLAIN:
        if c.differs(old, new, fact):
            c.found(told, text.format(new.facts[fact], old.facts[fact]), old, new, fact=fact)
    if c.differs(old, new, "scheme"):
        was, now = old.facts["scheme"], new.facts["scheme"]
        if was and now:
            keys = ", ".join(key for key in {**was, **now} if was.get(key) != now.get(key))
            c.found(SIGNING_CHANGED, f"signing has another {keys}", old, new, fact="scheme")
        else:
            said = "said as data, too" if now else "no longer said as data"
            c.found(SIGNING_DESCRIBED, f"how requests are signed is {said}", old, new, fact="scheme")
    for fact in ("envelope request", "envelope reply", "envelope error"):
        if fact in old.facts and fact in new.facts:
            was, now = old.facts[fact], new.facts[fact]
            if c.type_names.get(was, was) != now:
                c.found(ENVELOPE_CHANGED, f"the {fact} is {now}, not {was}", old, new, fact=fact)
    _compare_endpoints(c, old, new)
    _compare_reply_only(c, old, new)
    _compare_roles_and_codes(c, old, new)
    for kind in ("number", "text", "table"):
        _compare_constants(c, old, new, kind)
    domains = c.match(old, new, "domain")
    c.added(DOMAIN_ADDED, domains.added, "{} is new")
    c.gone(DOMAIN_REMOVED, domains.gone, "{} is gone", new)
    for was, now in domains.pairs:
        compare_words(c, was, now)


def _compare_endpoints(c: Comparison, old: Node, new: Node) -> None:
    matched = c.match(old, new, "endpoint")
    c.added(ENDPOINT_ADDED, matched.added, "{} is new")
    c.gone(ENDPOINT_REMOVED, matched.gone, "{} is gone", new)
    for was, now in matched.pairs:
        compare_lifetime(c, was, now)
        if c.differs(was, now, "method", "path"):
            before, after = (f"{node.facts['method']} {node.facts['path']}" for node in (was, now))
            c.found(ENDPOINT_CHANGED, f"{now.label} is {after}, not {before}", was, now, fact="path")


def _compare_reply_only(c: Comparison, old: Node, new: Node) -> None:
    matched = c.match(old, new, "reply only")
    c.added(REPLY_ONLY_ADDED, matched.added, "{} is new")
    c.gone(REPLY_ONLY_REMOVED, matched.gone, "{} is gone", new)
    for was, now in matched.pairs:
        before, after = was.facts["type"], now.facts["type"]
        if c.type_names.get(before, before) != after:
            c.found(REPLY_ONLY_CHANGED, f"{now.label} is {after}, not {before}", was, now)


def _compare_roles_and_codes(c: Comparison, old: Node, new: Node) -> None:
    roles = c.match(old, new, "role", named_alike)
    c.added(ROLE_ADDED, roles.added, "{} is new")
    c.gone(ROLE_REMOVED, roles.gone, "{} is gone", new)
    c.renamed(ROLE_RENAMED, roles.renamed, "the role {} is {} now")
    for was, now in roles.pairs:
        compare_lifetime(c, was, now)
        if c.differs(was, now, "key"):
            text = f"{now.label} signs with the key {now.facts['key']}, not {was.facts['key']}"
            c.found(ROLE_KEY_CHANGED, text, was, now, fact="key")
    codes = c.match(old, new, "code", named_alike)
    c.added(CODE_ADDED, codes.added, "{} is new")
    c.gone(CODE_REMOVED, codes.gone, "{} is gone", new)
    c.renamed(CODE_RENAMED, codes.renamed, "the code {} is {} now")
    for was, now in codes.pairs:
        compare_words(c, was, now)


def _compare_constants(c: Comparison, old: Node, new: Node, kind: str) -> None:
    matched = c.match(old, new, kind, named_alike)
    c.added(CONSTANT_ADDED, matched.added, "{} is new")
    c.gone(CONSTANT_REMOVED, matched.gone, "{} is gone", new)
    c.renamed(CONSTANT_RENAMED, matched.renamed, "{} is {} now")
    for was, now in matched.pairs:
        compare_lifetime(c, was, now)
        if c.differs(was, now, "value"):
            told = NUMBER_CHANGED if kind == "number" else TEXT_CHANGED
            text = f"{now.label} is {now.facts['value']!r}, not {was.facts['value']!r}"
            c.found(told, text, was, now, fact="value")
        if c.differs(was, now, "unit"):
            text = f"{now.label} is in {now.facts['unit']}, not in {was.facts['unit']}"
            c.found(CONSTANT_UNIT_CHANGED, text, was, now, fact="unit")
        _compare_entries(c, was, now)


def _compare_entries(c: Comparison, old: Node, new: Node) -> None:
    before, after = old.facts.get("values", {}), new.facts.get("values", {})
    for key in sorted(before.keys() | after.keys()):
        if key not in before:
            text = f"{new.label} has {key}, {after[key]}"
            c.found(TABLE_ENTRY_ADDED, text, old, new, fact="values")
        elif key not in after:
            c.found(TABLE_ENTRY_REMOVED, f"{new.label} has no {key} any more", old, new, fact="values")
        elif before[key] != after[key]:
            text = f"{new.label}: {key} is {after[key]}, not {before[key]}"
            c.found(TABLE_ENTRY_CHANGED, text, old, new, fact="values")
