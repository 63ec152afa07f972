"""How messages are refused. A caller tells errors apart by code, by name, or by text, as clients do to find the name."""

from __future__ import annotations

import re

from colonyos_gen_codegen.diff.change import EVERYBODY, Scope
from colonyos_gen_codegen.diff.comparison import Comparison
from colonyos_gen_codegen.diff.matching import Matched, alike
from colonyos_gen_codegen.diff.nodes import Node
from colonyos_gen_codegen.diff.registry import CALLERS, SERVERS, Level, breaks, rule, safe
from colonyos_gen_codegen.diff.rules.lifetimes import DESCRIPTION_CHANGED, compare_lifetime

ERROR_ADDED = rule(
    "ERROR_ADDED",
    safe(Level.BEHAVIOUR, CALLERS, SERVERS),
    "A message can be refused in one way more.",
    "expect it; its code says what it means",
)
ERROR_REMOVED = rule(
    "ERROR_REMOVED",
    breaks(Level.SOURCE, CALLERS, SERVERS),
    "A message can be refused in one way less, and the name of that is gone.",
    "do not look for it",
)
ERROR_DROPPED = rule(
    "ERROR_DROPPED",
    safe(Level.BEHAVIOUR, CALLERS, SERVERS),
    "A message can no longer be refused in a way that others still can.",
    "nothing: the name of the error stays",
)
ERROR_RENAMED = rule(
    "ERROR_RENAMED",
    breaks(Level.SOURCE, CALLERS, SERVERS),
    "An error has another name.",
    "look for the new name",
)
ERROR_CODE_CHANGED = rule(
    "ERROR_CODE_CHANGED",
    breaks(Level.BEHAVIOUR, CALLERS),
    "An error means something else: another exception is raised.",
    "catch the new one",
)
ERROR_STATUS_CHANGED = rule(
    "ERROR_STATUS_CHANGED",
    breaks(Level.WIRE, CALLERS, SERVERS),
    "An error comes with another HTTP status.",
    "go by the code, or expect the new status",
)
ERROR_TEXT_CHANGED = rule(
    "ERROR_TEXT_CHANGED",
    breaks(Level.WIRE, CALLERS, SERVERS),
    "The server refuses in other words, by which clients know the error.",
    "regenerate: a client that knows the old words alone cannot tell which error it is",
)
ERROR_CONDITION_CHANGED = rule(
    "ERROR_CONDITION_CHANGED",
    safe(Level.BEHAVIOUR, CALLERS, SERVERS),
    "When the server refuses with an error is said in other words.",
    "read whether it still is what you expect",
)
ERROR_MALFORMED_CHANGED = rule(
    "ERROR_MALFORMED_CHANGED",
    safe(Level.BEHAVIOUR, CALLERS),
    "Whether a generated client can meet an error is another.",
    "expect it, or forget it",
)


def compare_errors(c: Comparison, old: Node, new: Node, scope: Scope) -> None:
    """Compare the errors of a message. What a shared error says is compared there, and told once."""
    matched = c.match(old, new, "error", likeness)
    _tell_which(c, matched, new, scope)
    for was, now in matched.pairs:
        shared = was.facts.get("shared") is not None and was.facts.get("shared") == now.facts.get("shared")
        if not shared:
            compare_error(c, was, now, scope)
            continue
        compare_lifetime(c, was, _without_condition(now, was), scope)
        if c.differs(was, now, "action"):
            text = f"{now.label} says {now.facts['text']!r}, not {was.facts['text']!r}"
            c.found(ERROR_TEXT_CHANGED, text, was, now, scope=scope)


def compare_common_errors(c: Comparison) -> None:
    """Compare the errors that many messages share, and those that any request may meet."""
    for kind in ("shared error", "envelope error"):
        matched = c.match(c.old.root, c.new.root, kind, likeness)
        _tell_which(c, matched, c.new.root, EVERYBODY)
        for was, now in matched.pairs:
            compare_error(c, was, now, EVERYBODY)


def compare_error(c: Comparison, old: Node, new: Node, scope: Scope) -> None:
    """Compare what one error says and means."""
    compare_lifetime(c, old, _without_condition(new, old), scope)
    if "when" in old.words and "when" in new.words and old.words["when"] != new.words["when"]:
        text = f"{new.label} comes when: {new.words['when'].rstrip('.') or 'nobody says'}"
        c.found(ERROR_CONDITION_CHANGED, text, old, new, scope=scope, fact="when")
    if "code" in old.facts and c.code_names.get(old.facts["code"], old.facts["code"]) != new.facts.get(
        "code"
    ):
        text = f"{new.label} means {new.facts['code']}, not {old.facts['code']}"
        c.found(ERROR_CODE_CHANGED, text, old, new, scope=scope, fact="code")
    if c.differs(old, new, "status"):
        text = f"{new.label} has status {new.facts['status']}, not {old.facts['status']}"
        c.found(ERROR_STATUS_CHANGED, text, old, new, scope=scope, fact="status")
    if c.differs(old, new, "text"):
        text = f"{new.label} says {new.facts['text']!r}, not {old.facts['text']!r}"
        same = re.sub(r"\{\w+\}", "{}", old.facts["text"]) == re.sub(r"\{\w+\}", "{}", new.facts["text"])
        c.found(DESCRIPTION_CHANGED if same else ERROR_TEXT_CHANGED, text, old, new, scope=scope, fact="text")
    if c.differs(old, new, "malformed"):
        word = "only malformed requests meet" if new.facts["malformed"] else "proper requests may meet"
        c.found(ERROR_MALFORMED_CHANGED, f"{word} {new.label}", old, new, scope=scope, fact="malformed")


def likeness(old: Node, new: Node) -> float:
    """Of two errors of one message: by what they say, and when."""
    same = old.facts.get("status") == new.facts.get("status") and old.facts.get("code") == new.facts.get(
        "code"
    )
    text = alike(str(old.facts.get("text")), str(new.facts.get("text")))
    when = alike(old.words.get("when", ""), new.words.get("when", ""))
    return 0.2 * same + 0.45 * text + 0.2 * when + 0.15 * alike(old.name, new.name)


def _tell_which(c: Comparison, matched: Matched, beside: Node, scope: Scope) -> None:
    c.added(ERROR_ADDED, matched.added, "{} is new", scope)
    stays = {node.name for node in c.new.root.all("shared error")}
    dropped = [
        node for node in matched.gone if node.facts.get("shared") in stays and not node.facts.get("action")
    ]
    c.gone(ERROR_DROPPED, dropped, "{} is gone", beside, scope)
    c.gone(ERROR_REMOVED, [node for node in matched.gone if node not in dropped], "{} is gone", beside, scope)
    c.renamed(ERROR_RENAMED, matched.renamed, "the error {} is {} now", scope)


def _without_condition(new: Node, old: Node) -> Node:
    """The new error as readers' words see it: its condition has a rule of its own."""
    words = {**new.words, "when": old.words["when"]} if "when" in old.words else {**new.words}
    if "when" not in old.words:
        words.pop("when", None)
    seen = Node(new.kind, new.name, new.label, new.place, new.facts, new.places, words)
    seen.accepted = new.accepted
    return seen
