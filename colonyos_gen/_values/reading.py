"""JSON values, read by the annotations of Python programs."""

from __future__ import annotations

import collections
import collections.abc
import contextlib
import enum
import functools
import inspect
import types
import typing
from typing import (
    Any,
    Literal,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

import msgspec

from colonyos_gen._values.losses import has_private, is_a
from colonyos_gen._values.making import (
    UNREADABLE,
    Read,
    box,
    convert,
    maker,
    names_of,
    read_array,
    read_dict,
    read_enum,
    read_fields,
    read_flag,
    validated,
)
from colonyos_gen._values.writing import is_subclass, to_plain

_UNIONS = (Union, types.UnionType)
_ITERATORS = (collections.abc.Iterator, collections.abc.Generator)
_ITERABLES = (collections.abc.Iterable, collections.abc.Container, collections.abc.Reversible, *_ITERATORS)
_CALLABLE: Any = collections.abc.Callable
_WRAPPERS: tuple[Any, ...] = (typing.Final, typing.ClassVar, typing.Required, typing.NotRequired)


class Reader:
    """Reads values of one annotation.

    Args:
        annotation: Any that Python accepts; what cannot be read by it is passed as it is.
    """

    def __init__(self, annotation: Any) -> None:
        self.unreadable: list[Any] = []
        """Annotations by which nothing can be read, so that what is there is passed as JSON gives it."""
        rewriting = _Rewriting(self.unreadable)
        try:
            self._type = rewriting.type_of(annotation)
        except Exception:  # annotations may hold anything
            self.unreadable.append(annotation)
            self._type = Any

    def read(self, value: Any) -> Any:
        """`value` as the annotation has it. Raises one of `UNREADABLE`."""
        if self._type is Any:
            return value
        try:
            return convert(self._type, value, strict=True)
        except UNREADABLE:  # not strictly at first, as that takes "null" for None, say
            return convert(self._type, value, strict=False)


class _Rewriting:
    """Makes types that msgspec can convert to out of annotations.

    Parts that it cannot are put in boxes: classes that it knows nothing of, and asks us about.
    """

    def __init__(self, unreadable: list[Any]) -> None:
        self._unreadable = unreadable
        self._under_way: dict[Any, Any] = {}

    def type_of(self, annotation: Any) -> Any:
        """What `msgspec.convert` takes for an annotation."""
        if annotation is Any or annotation is object or annotation is inspect.Parameter.empty:
            return Any
        if annotation is None:
            return type(None)
        if isinstance(annotation, TypeVar):
            return self._of_type_variable(annotation)
        if isinstance(annotation, typing.NewType):
            return self.type_of(annotation.__supertype__)
        if annotation is typing.LiteralString:
            return str
        origin, arguments = get_origin(annotation), get_args(annotation)
        if origin is None and type(annotation).__name__ == "TypeAliasType":
            return self.type_of(annotation.__value__)
        if type(origin).__name__ == "TypeAliasType":
            return self.type_of(cast("Any", origin).__value__[arguments])
        if origin in _UNIONS:
            return self._of_union(arguments)
        if origin is typing.Annotated:
            return self._of_annotated(annotation, arguments)
        if origin is Literal:
            return annotation if _is_known(annotation) else self._of_literal(arguments)
        if origin in _WRAPPERS:
            return self.type_of(arguments[0])
        if isinstance(annotation, type) and origin is None:
            return self._of_class(annotation)
        if origin is not None:
            return self._of_generic(annotation, origin, arguments)
        return self._left(annotation)

    def _left(self, annotation: Any) -> Any:
        self._unreadable.append(annotation)
        return Any

    def _of_type_variable(self, variable: TypeVar) -> Any:
        if variable.__constraints__:
            return self._of_union(variable.__constraints__)
        bound = variable.__bound__
        return Any if bound is None or isinstance(bound, typing.ForwardRef) else self.type_of(bound)

    def _of_annotated(self, annotation: Any, arguments: tuple[Any, ...]) -> Any:
        inner = self.type_of(arguments[0])
        if inner == arguments[0] and _is_known(annotation):
            return annotation
        return inner

    def _of_literal(self, arguments: tuple[Any, ...]) -> Any:
        def read(value: Any, strict: bool) -> Any:
            for each in arguments:
                if type(each) is type(value) and each == value:
                    return each
            for each in arguments:
                if to_plain(each) == value or (not strict and str(each) == value):
                    return each
            raise ValueError(f"expected one of {', '.join(map(repr, arguments))}, got {value!r}")

        return box(read, "Literal")

    def _of_union(self, arguments: tuple[Any, ...]) -> Any:
        members = [self.type_of(each) for each in arguments]
        if Any in members:
            return Any
        union: Any = Union
        joined = union[tuple(members)]
        if _is_known(joined):
            return joined
        named = [names_of(each) for each in arguments]

        def read(value: Any, strict: bool) -> Any:
            problems: list[str] = []
            known = set(value) if is_a(value, dict) else None
            for exact, careful in ((True, True), (False, True), (False, False)):
                if careful < strict:
                    break
                for member, names in zip(members, named, strict=True):
                    if exact and known is not None and names is not None and not known <= names:
                        continue  # another member may have a place for all of it
                    try:
                        return convert(member, value, strict=careful)
                    except UNREADABLE as error:
                        problems.append(str(error))
            raise ValueError("; ".join(dict.fromkeys(problems)))

        return box(read, "Union")

    def _of_class(self, kind: type[Any]) -> Any:
        if kind in (list, dict, set, frozenset, tuple, str, int, float, bool, bytes, type(None)):
            return kind
        if issubclass(kind, enum.Flag):
            return box(functools.partial(read_flag, kind), kind.__name__)
        if issubclass(kind, enum.Enum):
            return kind if _is_known(kind) else box(functools.partial(read_enum, kind), kind.__name__)
        if names_of(kind) is not None and not hasattr(kind, "model_validate"):
            return self._of_fields(kind)
        if kind in _ITERABLES:
            return self._of_iterable(kind, ())
        if maker(kind) is not None:
            return kind
        if _is_known(kind) and not _is_custom(kind):
            return kind
        # A class of somebody else's: what is one already passes, and nothing can be one.
        return self._left(kind)

    def _of_fields(self, kind: Any) -> Any:
        """Of a class with named fields; ours to make if one of them is."""
        if kind in self._under_way:
            return self._under_way[kind]
        try:
            hints = get_type_hints(kind, include_extras=True)
        except Exception:  # a name of a type checker, or of a local class
            return kind if _is_known(kind) else self._left(kind)
        rewritten = self._hints_within(kind, kind, hints)
        same = all(rewritten[name] in (hint, _plainly(hint)) for name, hint in hints.items())
        if _is_known(kind) and (same or issubclass(kind, msgspec.Struct)) and not has_private(kind):
            return kind
        later: dict[str, Any] = {}
        boxed = box(lambda value, strict: read_fields(kind, later, value, strict), kind.__name__)
        later.update(self._hints_within(kind, boxed, hints))
        return boxed

    def _hints_within(self, kind: Any, meanwhile: Any, hints: dict[str, Any]) -> dict[str, Any]:
        """The types of fields; where one of them is `kind` itself, it is `meanwhile`."""
        self._under_way[kind] = meanwhile
        try:
            return {name: self.type_of(hint) for name, hint in hints.items()}
        finally:
            del self._under_way[kind]

    def _of_iterable(self, origin: Any, arguments: tuple[Any, ...]) -> Any:
        item = self.type_of(arguments[0]) if arguments else Any

        def read(value: Any, strict: bool) -> Any:
            if not is_a(value, (list, str, dict)):
                raise TypeError(f"expected a list, got {type(value).__name__}")
            found = value if not is_a(value, list) else convert(_list_of(item), value, strict=strict)
            return iter(found) if origin in _ITERATORS else found

        return box(read, "Iterable")

    def _of_generic(self, annotation: Any, origin: Any, arguments: tuple[Any, ...]) -> Any:
        is_class = is_a(origin, type)
        if origin in _ITERABLES:
            return self._of_iterable(origin, arguments)
        if origin is type or origin is _CALLABLE:
            return self._left(annotation)
        if getattr(origin, "__module__", "").split(".")[0] == "numpy":
            return box(functools.partial(read_array, _dtype_of(annotation)), "ndarray")
        if is_class and hasattr(origin, "model_validate"):
            return box(functools.partial(validated, annotation), origin.__name__)
        if origin is tuple and arguments == ((),):
            return annotation
        given = tuple(each if each is ... else self.type_of(each) for each in arguments)
        has_own_keys = origin is not tuple and len(given) == 2 and _is_custom_generic(given[0])
        if has_own_keys:
            pass  # msgspec asks nobody about keys
        elif given == arguments:
            if _is_known(annotation) and not _is_custom_generic(origin):
                return annotation
        else:
            with contextlib.suppress(TypeError):
                generic: Any = origin
                again = generic[given if len(given) != 1 else given[0]]
                if _is_known(again) and not _is_custom_generic(origin):
                    return again
        if origin is collections.Counter:
            given = (*given, int)
        if is_class and is_subclass(origin, collections.abc.Mapping) and len(given) == 2:
            make: Any = dict if inspect.isabstract(origin) else origin
            return box(functools.partial(read_dict, make, given), "dict")
        if (made := maker(origin)) is not None:
            return self._of_container(made, given)
        if names_of(origin) is not None:  # a generic class of fields, whose fields are read as if it were not
            return self._of_fields(origin)
        return self._left(annotation)

    def _of_container(self, made: Read, given: tuple[Any, ...]) -> Any:
        item = given[0] if len(given) == 1 else Any

        def read(value: Any, strict: bool) -> Any:
            return made(convert(_list_of(item), value, strict=strict) if item is not Any else value, strict)

        return box(read, "container")


def _list_of(item: Any) -> Any:
    return types.GenericAlias(list, (item,))


def _plainly(hint: Any) -> Any:
    """A hint without what only says how it is to be read."""
    return Any if hint is object or isinstance(hint, TypeVar) else hint


@functools.lru_cache(maxsize=1024)
def _known_to_msgspec(annotation: Any) -> bool:
    try:
        msgspec.json.Decoder(annotation)
    except Exception:  # types of others, as it looks at them
        return False
    return True


def _is_known(annotation: Any) -> bool:
    """Whether msgspec can make a decoder of it."""
    try:
        return _known_to_msgspec(annotation)
    except TypeError:  # it cannot be hashed
        return False


def _is_custom(kind: type[Any]) -> bool:
    """Whether msgspec would ask us about a class."""
    return isinstance(msgspec.inspect.type_info(kind), msgspec.inspect.CustomType)


def _is_custom_generic(origin: Any) -> bool:
    return isinstance(origin, type) and isinstance(
        msgspec.inspect.type_info(origin), msgspec.inspect.CustomType
    )


def _dtype_of(annotation: Any) -> Any:
    """The scalar type in `ndarray[Any, dtype[float64]]`; None if there is none."""
    for each in get_args(annotation)[1:]:
        for scalar in get_args(each):
            return scalar if isinstance(scalar, type) else None
    return None
