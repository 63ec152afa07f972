"""How the server says no.

A handler that cannot do what it was asked raises `Refusal`; the dispatcher turns it into an error envelope.
What the real server refuses has an `ErrorSpec` in `colonyos_gen_wire.errors`, with its status and wording. The
constants below are the few refusals that only this server knows.
"""

from __future__ import annotations

from colonyos_gen_wire.method import ErrorCode, ErrorSpec

BODY_TOO_LARGE = ErrorSpec(
    "body_too_large",
    ErrorCode.INVALID,
    413,
    "The request body is larger than {limit} bytes",
    "The body exceeds the limit that this server was started with.",
)
BODY_TOO_SLOW = ErrorSpec(
    "body_too_slow",
    ErrorCode.INVALID,
    408,
    "The request body came too slowly",
    "The body was not complete in the time that the server gives to it.",
)
TOO_BUSY = ErrorSpec(
    "too_busy",
    ErrorCode.RATE_LIMITED,
    429,
    "Too many large requests are under way; this one was not read, send it again in a while",
    "There is no room for the body. Nothing of it was read, so that whatever it asks for may be asked for again.",
)
TOO_MANY_CONNECTIONS = ErrorSpec(
    "too_many_connections",
    ErrorCode.RATE_LIMITED,
    429,
    "Too many connections are in use; this request was not read, send it again in a while",
    "Connections that are in use are not closed for new ones.",
)
TOO_MANY_FRAMES = ErrorSpec(
    "too_many_frames",
    ErrorCode.RATE_LIMITED,
    429,
    "More than {most} frames came within seconds without a subscription; the connection is closed",
    "Each of them is read and answered while others wait.",
)
TOO_MUCH_OF_A_STRANGER = ErrorSpec(
    "too_much_of_a_stranger",
    ErrorCode.DENIED,
    403,
    "Access denied, {identity} is neither a member nor an owner of anything here, and of such only payloads of up to {most} "
    "characters are read, with up to {parts} objects and lists in them",
    "The real server reads whatever anybody has signed, and then refuses it.",
)
TOO_MANY_OBJECTS = ErrorSpec(
    "too_many_objects",
    ErrorCode.INVALID,
    400,
    "The payload holds {count} objects; at most {most} are read in a {message}",
    "Each of them may become a hundred times as large in memory as it is in the text.",
)
FAULT = ErrorSpec(
    "fault",
    ErrorCode.SERVER_FAULT,
    500,
    "The embedded server failed; its log has the details",
    "A mistake in this server. The request changed nothing.",
)
NO_ANSWER = ErrorSpec(
    "no_answer",
    ErrorCode.INVALID,
    400,
    "The envelope and its payload must be JSON objects, not null",
    "The real server fails over such a request, and answers with status 500 and an empty body.",
)
INVALID_NAME = ErrorSpec(
    "invalid_name",
    ErrorCode.INVALID,
    400,
    "Invalid {field} <{name}>, it must not contain colons",
    "The real server stores such a name and then fails whenever it reads it.",
)
INEXACT_INTEGER = ErrorSpec(
    "inexact_integer",
    ErrorCode.INVALID,
    400,
    "{field} is an integer beyond 2^53, which the real server would change without a word; send it as text",
    "The real server reads the numbers of arguments, outputs and the like as 64-bit floats.",
)
BAD_SCHEDULE = ErrorSpec(
    "bad_schedule",
    ErrorCode.INVALID,
    400,
    "{detail}",
    "The cron expression has six fields, but one of them is not valid, or it is no known descriptor.",
)
BAD_TRIGGER = ErrorSpec(
    "bad_trigger",
    ErrorCode.INVALID,
    400,
    "Generator trigger must be larger than 0",
    "The real server stops working once it has accepted a generator with a trigger of 0.",
)
OTHER_COLONY = ErrorSpec(
    "other_colony",
    ErrorCode.INVALID,
    400,
    "The workflow is for Colony <{other}>, but belongs to a {what} of Colony <{name}>",
    "The real server lets members of one colony start workflows in another.",
)
UNKNOWN_PROCESS = ErrorSpec(
    "unknown_process",
    ErrorCode.NOT_FOUND,
    400,
    "Process with Id {id} does not exist in Colony <{name}>",
    "The real server crashes when a child is added to, or before, a process that does not exist.",
)
FOREIGN_PROCESS = ErrorSpec(
    "foreign_process",
    ErrorCode.INVALID,
    400,
    "Process with Id {id} does not belong to processgraph {processgraphid}",
    "The real server stores a child that names a workflow other than that of its parent, and crashes later.",
)
NOT_WAITING = ErrorSpec(
    "not_waiting",
    ErrorCode.CONFLICT,
    400,
    "Process with Id {id} is not waiting",
    "A process that has been started cannot wait for a new one any more.",
)
UNANSWERED = ErrorSpec(
    "unanswered",
    ErrorCode.INVALID,
    400,
    "{detail}",
    "The payload cannot be read. The real server does not answer at all where the message has no such error.",
)
BUSY_CONNECTION = ErrorSpec(
    "busy_connection",
    ErrorCode.CONFLICT,
    400,
    "A subscription is running on this connection; open a connection for each subscription",
    "The real server crashes when two subscriptions to processes write to the same connection at once.",
)
HAZARDOUS = ErrorSpec(
    "hazardous",
    ErrorCode.CONFLICT,
    400,
    "The real server would come to harm ({name}); to avoid it: {avoid}",
    "This server was started to refuse what harms the real one.",
)


class Refusal(Exception):
    """The request is refused, with the status and text that the caller is to read."""

    def __init__(self, spec: ErrorSpec, /, **values: object) -> None:
        self.spec = spec
        self.values = values
        self.status: int = spec.status
        self.message: str = spec.message(**values)
        super().__init__(f"{self.status} {self.message}")
