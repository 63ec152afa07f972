"""What registers a message, in the sources of a server, and what it answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.codegen.kit.go_library import Library, told

SERVER = "pkg/server/server.go"
LOANS = "pkg/server/handlers/loan/handlers.go"
BOOKS = "pkg/server/handlers/library/handlers.go"
AWAITED = "	return handlers.RegisterWithRawRequest(rpc.AwaitLoanPayloadType, h.HandleAwait)\n"

REGISTERED: dict[str, tuple[list[tuple[str, str, str]], list[str]]] = {
    "with the registry first": (
        [(LOANS, AWAITED, "	return registry.Add(handlers, rpc.AwaitLoanPayloadType, h.HandleAwait)\n")],
        [],
    ),
    "by nobody": (
        [
            (
                SERVER,
                "	if err := server.loans.RegisterHandlers(server.registry); err != nil {\n		panic(err)\n	}\n",
                "",
            )
        ],
        ["message unregistered returnbookmsg", "message unregistered awaitloanmsg"],
    ),
    "not compared any more": (
        [(SERVER, "== rpc.CountLoansPayloadType", '== ""')],
        ["message unregistered countloansmsg"],
    ),
    "not in the switch any more": (
        [("pkg/backends/realtime.go", "	case rpc.WatchBookPayloadType:\n", "	default:\n")],
        ["message unregistered watchbookmsg"],
    ),
    "what had a name only": (
        [
            (
                LOANS,
                "	return handlers.RegisterWithRawRequest(",
                "	handlers.Register(rpc.BurnBookPayloadType, h.HandleReturn)\n	return handlers.RegisterWithRawRequest(",
            )
        ],
        ["message registered burnbookmsg"],
    ),
    "in a map": (
        [
            (
                LOANS,
                AWAITED,
                "	for name, handler := range map[string]registry.Handler{rpc.AwaitLoanPayloadType: h.HandleAwait} {\n"
                "		handlers.Register(name, handler)\n	}\n	return nil\n",
            )
        ],
        [],
    ),
    "in a list": (
        [
            (
                LOANS,
                AWAITED,
                "	for _, entry := range []entry{{rpc.AwaitLoanPayloadType, h.HandleAwait}} {\n"
                "		handlers.Register(entry.name, entry.handler)\n	}\n	return nil\n",
            )
        ],
        [],
    ),
    "wrapped": (
        [
            (
                LOANS,
                "rpc.AwaitLoanPayloadType, h.HandleAwait)",
                "rpc.AwaitLoanPayloadType, logged(h.HandleAwait))",
            )
        ],
        [],
    ),
    "gone with its constant": (
        [
            (SERVER, "== rpc.CountLoansPayloadType", '== ""'),
            ("pkg/rpc/count_loans_msg.go", "const CountLoansPayloadType", "const Nothing"),
        ],
        ["message removed countloansmsg"],
    ),
    "another reply": (
        [(BOOKS, "core.ConvertBookArrayToJSON(books)", "books[0].ToJSON()")],
        ["reply changed getbooksmsg"],
    ),
    "a reply where none was": (
        [
            (
                LOANS,
                "	h.server.SendEmptyHTTPReply(payloadType)\n",
                "	loan := h.loans[jsonString]\n	told, _ := loan.ToJSON()\n"
                "	h.server.SendHTTPReply(payloadType, told)\n",
            )
        ],
        ["reply changed returnbookmsg"],
    ),
    "another payload type of a reply": (
        [(LOANS, "SendHTTPReply(rpc.ReturnBookPayloadType, ", "SendHTTPReply(payloadType, ")],
        ["reply payloadtype changed awaitloanmsg"],
    ),
    "a reply that cannot be read": (
        [(LOANS, "loan := h.loans[msg.Title]", "loan := elsewhere.Find(msg.Title)")],
        [],
    ),
}


@pytest.mark.parametrize("name", REGISTERED)
def test_a_constant_alone_is_no_message(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edits, expected = REGISTERED[name]
    library = Library(tmp_path / "go")
    for edit in edits:
        library.edit(*edit)
    assert told(capsys, "--source", library.root) == expected
