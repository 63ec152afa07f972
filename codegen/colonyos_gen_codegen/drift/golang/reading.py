"""From the sources of a server to what it lets be seen on the wire."""

from __future__ import annotations

import re

from colonyos_gen_codegen.drift.golang.constants import enums_of
from colonyos_gen_codegen.drift.golang.handlers import Handlers, packages_of
from colonyos_gen_codegen.drift.golang.program import Program, load
from colonyos_gen_codegen.drift.golang.refusals import refusals
from colonyos_gen_codegen.drift.golang.registration import constants, registrations
from colonyos_gen_codegen.drift.golang.structs import Reader, TypeRef
from colonyos_gen_codegen.drift.golang.syntax import field, unwrapped
from colonyos_gen_codegen.drift.golang.tree import read_tree
from colonyos_gen_codegen.drift.surface import DriftError, Message, Surface

_RELEASE = re.compile(r"v\d+\.\d+\.\d+")


def read(source: str) -> Surface:
    """The surface of the server whose sources are in `source`: DIR, or DIR@REVISION of a git repository.

    Raises:
        DriftError: The sources cannot be found, hold no server, or tree-sitter is not installed.
    """
    tree = read_tree(source)
    program = load(tree)
    reader = Reader(program)
    revision = tree.label.rpartition("@")[2]
    surface = Surface(
        tree.label, notes=program.notes, release=revision if _RELEASE.fullmatch(revision) else ""
    )
    surface.unread = program.unread
    surface.written = "\n".join(text.decode("utf-8", "replace") for text in tree.files.values())
    _messages(program, reader, surface)
    if not any(message.registered for message in surface.messages.values()):
        if program.unread:
            raise DriftError(f"{tree.label} registers no messages that could be read; {program.notes[0]}")
        raise DriftError(f"{tree.label} registers no messages; name the root of a checkout of the Go server")
    wire = set(reader.structs)
    _others(program, reader)
    for id, struct in reader.structs.items():
        (surface.structs if id in wire else surface.others)[id] = struct
    for struct in surface.structs.values():
        if struct.unreadable:
            why = f"{struct.name} writes its JSON by itself ({struct.unreadable}), and its keys are not compared"
            surface.notes.append(f"{struct.place}: {why}")
    files = {surface.structs[id].place.file for id in wire}
    types = {pair for id in wire for pair in reader.enums.get(id, set())}
    folders = {
        program_file.path
        for program_file in program.files
        if program_file.package.folder in {f for f, _ in types}
    }
    surface.enums = enums_of(program, packages_of(program, files | folders), files, types)
    return surface


def _messages(program: Program, reader: Reader, surface: Surface) -> None:
    handlers = Handlers(program, reader)
    known = constants(program)
    found = registrations(program)
    for msgtype, ways in found.items():
        constant = ways[0].constant or known.get(msgtype)
        request = next((struct for way in ways if (struct := handlers.request(way))), "")
        request = request or (handlers.request_by_constant(constant) if constant else "")
        replies = [reply for way in ways if (reply := handlers.reply(way, request))]
        readable = [reply for reply in replies if reply.shape is None or reply.shape.kind != "unreadable"]
        reply = next(iter(readable or replies), None)
        checks = next((checks for way in ways if (checks := handlers.checks(way))), ())
        streams = all(handlers.streams(way) for way in ways)
        told = refusals(ways[0].scope, ways[0].body)
        surface.messages[msgtype] = Message(
            msgtype, ways[0].place, request, True, reply, checks, streams, told
        )
    for msgtype, constant in known.items():
        if msgtype not in found:
            place = constant.file.place(constant.node)
            surface.messages[msgtype] = Message(msgtype, place, registered=False)


def _others(program: Program, reader: Reader) -> None:
    """Read the structs with tags that no request or reply was seen to hold: a stream may."""
    for package in program.packages.values():
        for decl in package.types.values():
            target = unwrapped(decl.node)
            name = field(decl.node.parent, "name")
            if target is None or name is None or target.type != "struct_type" or decl.parameters:
                continue
            if b"json:" in (target.text or b""):
                reader.shape(TypeRef(name, decl.file))
