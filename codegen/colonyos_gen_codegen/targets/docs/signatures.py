"""How a method is called: in words of no language, and in Python."""

from __future__ import annotations

from colonyos_gen_codegen.model import Message, Method, Parameter, Reply, Service
from colonyos_gen_codegen.targets.docs.markdown import neutral as type_in_words
from colonyos_gen_codegen.targets.docs.markdown import result
from colonyos_gen_codegen.targets.python import spelling

_WIDTH = 88


def neutral(method: Method, reply: Reply) -> str:
    """`name(parameter: type, ...) → result`. A question mark stands after what may be left out."""
    parameters = [_parameter(parameter) for parameter in method.parameters]
    return _wrapped(method.name, parameters, f" → {result(reply)}")


def python(service: Service, method: Method, message: Message) -> str:
    """The Python method, as an asynchronous client has it.

    Subscriptions are built on a connection of their own, so only their parameters are shown.
    """
    positional, keywords = spelling.signature(service, method.parameters)
    if message.transport != "http":
        return _wrapped(method.name, [*positional, *(["*", *keywords] if keywords else [])], "")
    own = ["prvkey: Key | None = None", "rpc_timeout: float | None = None"]
    own += ["hazardous: bool = False"] if message.confirms else []
    suffix = f" -> {spelling.reply_type(message.reply)}"
    return "async def " + _wrapped(method.name, [*positional, "*", *keywords, *own], suffix)


def sent_fields(method: Method) -> list[str]:
    """Names of the request fields that the parameters of `method` fill."""
    unpacked = [target for parameter in method.parameters for _, target in parameter.unpack]
    return [p.field.name for p in method.parameters if p.field] + unpacked


def _parameter(parameter: Parameter) -> str:
    optional = parameter.field is not None and not parameter.field.required
    return f"{parameter.name}{'?' if optional else ''}: {type_in_words(parameter.type)}"


def _wrapped(name: str, parameters: list[str], suffix: str) -> str:
    line = f"{name}({', '.join(parameters)}){suffix}"
    if len(line) <= _WIDTH:
        return line
    return f"{name}(\n" + "".join(f"    {parameter},\n" for parameter in parameters) + f"){suffix}"
