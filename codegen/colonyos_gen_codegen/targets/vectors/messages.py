"""The vectors of each message: its replies and its requests, right and wrong, signed, and refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from colonyos_gen_codegen.model import Domain, Field, Limit, Message, Service, Type
from colonyos_gen_codegen.targets.vectors.answers import refusals, reply_envelope
from colonyos_gen_codegen.targets.vectors.meaning import Meaning, Wrong
from colonyos_gen_codegen.targets.vectors.samples import (
    Place,
    Samples,
    Step,
    path_of,
    places,
    places_in,
    put,
    text_of,
)
from colonyos_gen_codegen.targets.vectors.signatures import KEYS, sign
from colonyos_gen_codegen.targets.vectors.variants import beyond, good, kinds_of, within, wrong

Vector = dict[str, Any]

_LONG = 500
"""Characters of a payload above which a smaller one is signed, as that is as good a test."""
UNKNOWN = {"of tomorrow": [{"a": 1}]}
"""What a field holds that the schema does not know."""


class Messages:
    """Makes the vectors of messages; what the fields of a type may hold is tried once, in the first message with the type."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._samples = Samples(service)
        self._meaning = Meaning(service)
        self._read: set[str] = set()
        self._written: set[str] = set()
        self._tried: set[tuple[str, ...]] = set()

    def of(self, domain: Domain) -> list[Vector]:
        """Those of a domain."""
        self._tried.clear()
        return [
            {"id": f"{vector['op']}/{message.msgtype}/{what}", **vector}
            for message in domain.messages
            if message.registered
            for what, vector in self._of_message(message)
        ]

    def _of_message(self, message: Message) -> Iterator[tuple[str, Vector]]:
        yield from self._replies(message)
        yield from self._requests(message)
        yield from self._written_requests(message)
        yield from self._responses(message)
        key = KEYS[len(message.msgtype) % len(KEYS)]
        text = text_of(self._request(message, self._samples.filled(message.struct)))
        if len(text) > _LONG:
            text = text_of(self._request(message, self._samples.required(message.struct)))
        yield (
            "signed",
            {
                "op": "sign",
                "message": message.msgtype,
                "key": key,
                "text": text,
                "expect": {"envelope": sign(message.msgtype, text, key)},
            },
        )

    def _replies(self, message: Message) -> Iterator[tuple[str, Vector]]:
        type_ = message.reply.type
        if type_ is None:
            yield "nothing", _read("read_reply", message, "{}", {"value": None})
            return
        samples = self._samples

        def value(what: str, raw: Any) -> tuple[str, Vector]:
            return what, self._reply(message, type_, raw)

        yield value("smallest", samples.smallest(type_))
        yield value("full", samples.full(type_))
        yield value(
            "as Go writes nothing", [samples.as_go(type_.item)] if type_.item else samples.as_go(type_)
        )
        yield value("unknown fields", self._with_unknown(type_, samples.full(type_)))
        if message.reply.go_null:
            yield "null for empty", _read("read_reply", message, "null", {"value": []})
        for index, example in enumerate(message.examples, 1):
            if example.reply is not None:
                yield value(f"recorded {index}", example.reply)
        for what, text in _broken_texts(type_.kind):
            yield what, _read("read_reply", message, text, _invalid("$"))
        for steps, what, raw in self._variants(places(samples, type_, self._read)):
            yield value(f"{path_of(steps)} {what}", samples.around(type_, steps, raw))

    def _reply(self, message: Message, type_: Type, raw: Any) -> Vector:
        try:
            expect = {"value": self._meaning.of(type_, raw)}
        except Wrong as error:
            expect = _invalid(error.path)
        return _read("read_reply", message, text_of(raw), expect)

    def _requests(self, message: Message) -> Iterator[tuple[str, Vector]]:
        samples, struct = self._samples, message.struct

        def value(what: str, raw: dict[str, Any]) -> tuple[str, Vector]:
            given = self._request(message, raw)
            try:
                expect = {"value": self._meaning.in_struct(struct, given)}
            except Wrong as error:
                expect = _invalid(error.path)
            return what, _read("read_request", message, text_of(given), expect)

        yield value("smallest", samples.required(struct))
        yield value("full", samples.filled(struct))
        yield value("unknown fields", {**samples.filled(struct), "fieldOfTomorrow": UNKNOWN})
        yield value("of another message", {**samples.filled(struct), "msgtype": "anothermsg"})
        for index, example in enumerate(message.examples, 1):
            yield value(f"recorded {index}", example.request)
        for what, text in _broken_texts("struct"):
            yield what, _read("read_request", message, text, _invalid("$"))
        for steps, what, raw in self._variants(places_in(samples, struct, self._read)):
            yield value(f"{path_of(steps)} {what}", samples.around_in(struct, steps, raw))

    def _variants(self, fields: list[Place]) -> Iterator[tuple[tuple[Step, ...], str, Any]]:
        """What the fields may hold, and what not; more of the first one of each kind in a struct than of others.

        All requests of a domain are one struct in this: their fields are much the same.
        """
        for steps, struct, field in fields:
            kinds = ("" if struct.msgtype else struct.name, *kinds_of(field.type))
            first = kinds not in self._tried
            self._tried.add(kinds)
            for what, raw in good(self._samples, field, thorough=first):
                yield steps, what, raw
            for what, raw in wrong(field, thorough=first):
                yield steps, f"wrong: {what}", raw

    def _written_requests(self, message: Message) -> Iterator[tuple[str, Vector]]:
        samples, struct = self._samples, message.struct

        def value(what: str, raw: dict[str, Any]) -> tuple[str, Vector]:
            payload = {"msgtype": message.msgtype, **self._meaning.in_struct(struct, raw)}
            return what, _read("write_request", message, text_of(raw), {"text": text_of(payload)})

        yield value("smallest", samples.required(struct))
        yield value("full", samples.filled(struct))
        for steps, _, field in places_in(samples, struct, self._written):
            if field.type.int64 and field.type.limit is None:
                yield value(f"{path_of(steps)} largest", samples.around_in(struct, steps, 2**63 - 1))
                yield value(f"{path_of(steps)} smallest", samples.around_in(struct, steps, -(2**63)))
            if field.type.kind == "enum":
                yield value(f"{path_of(steps)} unknown value", samples.around_in(struct, steps, 77))
            for inner, limit in _limits(self._service, field):
                at = (*steps, *inner)
                for what, raw in within(limit):
                    yield value(f"{path_of(at)} {what}", samples.around_in(struct, at, raw))
                for what, raw in beyond(limit):
                    text = text_of(samples.around_in(struct, at, raw))
                    told = f"{path_of(at)} refused: {what}"
                    yield told, _read("write_request", message, text, _invalid(path_of(at)))
            if field.json is not None:
                yield value(
                    f"{path_of(steps)} JSON", samples.around_in(struct, steps, samples.json_text(field))
                )
                text = text_of(samples.around_in(struct, steps, self._broken_inside(field.json)))
                refused = f"{path_of(steps)} refused: inside the JSON"
                yield refused, _read("write_request", message, text, _invalid(path_of(steps)))
            for path, _ in field.among:
                stray = samples.filled(struct)
                put(stray, [*map(str, steps), *path.split(".")], ["nobody"])
                told = f"{path_of(steps)} refused: {path}"
                yield told, _read("write_request", message, text_of(stray), _invalid(path_of(steps)))

    def _broken_inside(self, type_: Type) -> str:
        """The JSON of a struct of this type that breaks the first limit in it."""
        for steps, _, field in places(self._samples, type_, set()):
            for inner, limit in _limits(self._service, field):
                for _, raw in beyond(limit):
                    return text_of(self._samples.around(type_, (*steps, *inner), raw))
        raise ValueError(f"{type_.name} has no limits")

    def _responses(self, message: Message) -> Iterator[tuple[str, Vector]]:
        reply = message.reply
        raw: Any = {} if reply.type is None else self._samples.full(reply.type)
        value = None if reply.type is None else self._meaning.of(reply.type, raw)
        body = reply_envelope(reply.payloadtype or message.msgtype, text_of(raw))
        yield "reply", _answered(message, 200, body, {"value": value})
        yield from (
            (what, _answered(message, status, body, expect))
            for what, status, body, expect in refusals(self._service, message)
        )

    def _request(self, message: Message, raw: dict[str, Any]) -> dict[str, Any]:
        return {"msgtype": message.msgtype, **raw}

    def _with_unknown(self, type_: Type, raw: Any) -> Any:
        """`raw` with a field in every struct that the schema does not know."""
        if raw is None:
            return None
        if type_.kind == "list" and type_.item is not None:
            return [self._with_unknown(type_.item, each) for each in raw]
        if type_.kind == "map" and type_.item is not None:
            return {key: self._with_unknown(type_.item, each) for key, each in raw.items()}
        if type_.kind != "struct":
            return raw
        known = {field.wire: field.type for field in self._samples.struct(type_).fields}
        inside = {wire: self._with_unknown(known[wire], each) for wire, each in raw.items()}
        return {"fieldOfTomorrow": UNKNOWN, **inside}


def _limits(service: Service, field: Field) -> Iterator[tuple[tuple[Step, ...], Limit]]:
    """The limits that hold for a field, or inside of its list."""
    if field.type.limit is not None:
        yield (), field.type.limit
    if field.type.item is not None and field.type.item.limit is not None and field.type.kind == "list":
        yield (0,), field.type.item.limit
    if field.refine:
        wires = {inner.name: inner.wire for inner in service.struct(field.type.name).fields}
        yield from (((wires[name],), limit) for name, limit in field.refine)


def _broken_texts(kind: str) -> Iterator[tuple[str, str]]:
    opening = "[" if kind == "list" else "{"
    yield "wrong: cut short", opening
    yield "wrong: empty", ""
    yield "wrong: no JSON", "<html>"
    yield "wrong: a text", '"text"'
    yield "wrong: the other bracket", "{}" if kind == "list" else "[]"


def _read(op: str, message: Message, text: str, expect: dict[str, Any]) -> Vector:
    return {"op": op, "message": message.msgtype, "text": text, "expect": expect}


def _answered(message: Message, status: int, body: str, expect: dict[str, Any]) -> Vector:
    return {
        "op": "read_response",
        "message": message.msgtype,
        "status": status,
        "body": body,
        "expect": expect,
    }


def _invalid(path: str) -> dict[str, Any]:
    return {"error": {"kind": "invalid", "path": path}}
