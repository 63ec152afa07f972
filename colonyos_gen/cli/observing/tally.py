"""Counts what is otherwise in replies, by message and path."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal

from colonyos_gen_codegen.drift import Observed, Sighting

from colonyos_gen._drift.comparing import Finding, findings, kind_of, release_of
from colonyos_gen.cli.observing.described import Forms
from colonyos_gen.cli.observing.plain import object_in, text_in

_SAMPLES = 20
"""Values of one field that are kept to draft from."""
_FAILURE, _ENVELOPE = "error", "envelope"


@dataclass
class _Count:
    finding: Finding
    first: str
    times: int = 0
    replies: int = 0
    found: list[str] = field(default_factory=list[str])
    values: list[Any] = field(default_factory=list[Any])


class Tally:
    """All replies of one server or of some recordings."""

    def __init__(self, forms: Forms) -> None:
        self._forms = forms
        self._counts: dict[tuple[Any, ...], _Count] = {}
        self._read: Counter[str] = Counter()
        self._answers: Counter[str] = Counter()
        self._unknown: dict[tuple[Any, ...], _Count] = {}
        self._refused: Counter[str] = Counter()
        self._refusals: dict[str, str] = {}
        self.release = ""
        """What the server says that it is."""

    @property
    def read(self) -> Counter[str]:
        """How many replies to each message were read."""
        return self._read

    @property
    def refusals(self) -> dict[str, str]:
        """How messages were refused last, by type."""
        return self._refusals

    def envelope(self, envelope: Any, first: str = "") -> None:
        """The envelope of a reply, as JSON."""
        self._add(_ENVELOPE, findings(self._forms.envelope, envelope), first)

    def reply(
        self, msgtype: str, payloadtype: str, payload: Any, request: Any = None, first: str = ""
    ) -> None:
        """A reply that is no refusal, with its payload as JSON."""
        known = self._forms.replies.get(msgtype)
        if known is None or not known.registered:
            expected = "a name only" if known else ""
            self._read[msgtype] += 1
            finding = Finding("unknown", "", "", "", expected, "an answer", (request, payload))
            self._message("message", msgtype, finding, first)
            return
        self._read[msgtype] += 1
        found: list[Finding] = []
        if payloadtype != known.payloadtype:
            what = f"a reply of type {payloadtype}"
            found.append(Finding("mistyped", "", "", "", f"a reply of type {known.payloadtype}", what, None))
        elif known.form is not None:
            release = release_of(self.release) or release_of(self._forms.version)
            found = findings(known.form, payload, release=release, sent=_sent(known.echoes, request))
        elif payload not in ({}, None) and payload != request:
            found.append(Finding("mistyped", "", "", "", "an empty object", kind_of(payload), payload))
        self._add(msgtype, found, first)

    def refused(self, msgtype: str, payload: Any, first: str = "") -> None:
        """A refusal, with its payload as JSON."""
        self._read[_FAILURE] += 1
        self._add(_FAILURE, findings(self._forms.failure, payload), first)
        text = text_in(payload, "message")
        if text:
            self._refusals[msgtype] = text
            known = self._forms.replies.get(msgtype)
            if self._forms.unknown_in(text) == msgtype and known and known.registered:
                self._refused[msgtype] += 1
                if not self._came_later(known.since):
                    since = f"a handler since {known.since}" if known.since else "a handler"
                    finding = Finding("unknown", "", "", "", since, "no handler", None)
                    self._message("refused", msgtype, finding, first)

    def unread(self, msgtype: str, expected: str, found: str, first: str = "") -> None:
        """A reply that is none."""
        self._read[msgtype] += 1
        finding = Finding("mistyped", "", "", "", expected, found, None)
        self._message("unread", msgtype, finding, first)

    def observed(self, label: str, side: Literal["server", "recording"]) -> Observed:
        """All of it."""
        observed = Observed(label, side, self.release)
        observed.tried = dict(sorted((name, many) for name, many in self._read.items() if name != _FAILURE))
        for (kind, msgtype, *_), count in (*self._counts.items(), *self._unknown.items()):
            one = count.finding
            read = self._read[msgtype]
            if msgtype == _ENVELOPE:
                read = sum(self._read.values())
            elif kind == "refused":
                read = self._refused[msgtype]
            observed.sightings.append(
                Sighting(
                    kind,
                    msgtype,
                    one.path,
                    one.owner,
                    str(one.value) if kind == "enum" else one.key,
                    one.expected,
                    " or ".join(dict.fromkeys(count.found)),
                    count.times,
                    count.replies,
                    max(read, count.replies),
                    count.first,
                    tuple(count.values),
                )
            )
        return observed

    def _add(self, msgtype: str, found: list[Finding], first: str) -> None:
        seen: set[tuple[Any, ...]] = set()
        for finding in found:
            key: tuple[Any, ...] = (finding.kind, msgtype, finding.path, finding.owner, finding.key)
            if finding.kind == "enum":
                key = (*key, finding.value)
            elif finding.kind == "mistyped":
                key = (*key, finding.found)
            self._count(self._counts, key, finding, first, anew=key not in seen)
            seen.add(key)

    def _message(self, kind: str, msgtype: str, finding: Finding, first: str) -> None:
        self._count(self._unknown, (kind, msgtype, finding.found), finding, first, anew=True)

    def _count(
        self,
        counts: dict[tuple[Any, ...], _Count],
        key: tuple[Any, ...],
        finding: Finding,
        first: str,
        *,
        anew: bool,
    ) -> None:
        count = counts.setdefault(key, _Count(finding, first))
        count.times += 1
        count.replies += anew
        if finding.found not in count.found:
            count.found.append(finding.found)
        if len(count.values) < _SAMPLES:
            count.values.append(finding.value)

    def _came_later(self, since: str | None) -> bool:
        """Whether a server of this release need not know what is there since `since`."""
        release = release_of(self.release) or release_of(self._forms.version)
        first = release_of(since or "")
        return release is not None and first is not None and release < first


def _sent(echoes: tuple[tuple[str, str], ...], request: Any) -> dict[str, Any]:
    """What of the reply was in the request, with the keys of the reply."""
    found: dict[str, Any] = {}
    for key, inside in echoes:
        value = object_in(object_in(request).get(key))
        found |= {inside: value} if inside else value
    return found
