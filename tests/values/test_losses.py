"""What would be lost on the way without a word: it arrives, or is refused."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import enum
import types
from collections.abc import Callable
from typing import Any

import attrs
import msgspec
import pydantic
import pytest

from colonyos_gen import FunctionSpec, InvalidRequestError, ProcessFailed, Worker, workflow
from colonyos_gen._values.reading import Reader
from colonyos_gen._values.writing import ValueWritingError, to_plain
from colonyos_gen.testing import LocalColony


class Colour(enum.Enum):
    RED = "red"


@dataclasses.dataclass
class Holder:
    held: Any


class Case(msgspec.Struct, rename="camel", tag="case"):
    what_is_in: Any


class Model(pydantic.BaseModel):
    held: dict[int | str, str]


@attrs.define
class Account:
    _number: int
    owner: str = ""


class Frame:
    def itertuples(self) -> None:
        pass

    def to_dict(self, orient: str) -> list[dict[Any, int]]:
        assert orient == "records"
        return [{1: 1, "1": 2}]


class Text(str):
    __slots__ = ()


def _clash() -> Any:
    return {1: 1, "1": 2}


DAY = datetime.date(2026, 1, 31)


@pytest.mark.parametrize(
    ("make", "path", "keys"),
    [
        (lambda: {1: "a", "1": "b"}, "args[0]", ("1", "'1'")),
        (lambda: {"red": 1, Colour.RED: 2}, "args[0]", ("'red'", "<Colour.RED: 'red'>")),
        (lambda: {DAY: 1, "2026-01-31": 2}, "args[0]", (repr(DAY), "'2026-01-31'")),
        (lambda: {1.5: 1, "1.5": 2}, "args[0]", ("1.5", "'1.5'")),
        (lambda: [0, {"a": [{2: 1, "2": 2}]}], "args[0][1].a[0]", ("2", "'2'")),
        (lambda: Holder([{1: 1, "1": 2}]), "args[0].held[0]", ("1", "'1'")),
        (lambda: Case({1: 1, "1": 2}), "args[0].what_is_in", ("1", "'1'")),
        (lambda: Holder(iter([{1: 1, "1": 2}])), "args[0].held[0]", ("1", "'1'")),
        (lambda: Account(_clash()), "args[0]._number", ("1", "'1'")),
        (lambda: Model(held={1: "a", "1": "b"}), "args[0].held", ("1", "'1'")),
        (lambda: types.MappingProxyType({1: 1, "1": 2}), "args[0]", ("1", "'1'")),
        (lambda: [collections.ChainMap[Any, int]({1: 1}, {"1": 2})], "args[0][0]", ("'1'", "1")),
        (lambda: {"f": Frame()}, "args[0].f[0]", ("1", "'1'")),
    ],
)
def test_keys_that_become_equal_are_refused(
    make: Callable[[], Any], path: str, keys: tuple[str, str]
) -> None:
    with pytest.raises(ValueWritingError) as caught:
        to_plain(make(), "args[0]")
    assert caught.value.path == path
    text = str(caught.value)
    assert f"the keys {keys[0]} and {keys[1]} are both" in text
    assert "make them different texts, or pass a list of pairs" in text


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ({1: "a", "2": "b"}, {"1": "a", "2": "b"}),
        ({1: "a", 2.5: "b", Text("c"): "c", Colour.RED: "d"}, {"1": "a", "2.5": "b", "c": "c", "red": "d"}),
        ({DAY: 1, "2026-02-01": 2}, {"2026-01-31": 1, "2026-02-01": 2}),
    ],
)
def test_others_are_not(value: Any, wanted: Any) -> None:
    assert to_plain(value) == wanted


def test_what_contains_itself_is_refused_as_such() -> None:
    itself: dict[Any, Any] = {1: 1, "2": 2}
    itself["itself"] = itself
    with pytest.raises(ValueWritingError, match="it contains itself"):
        to_plain(itself)


def _in_an_iterator(value: Any) -> Any:
    return iter([value])


def _in_a_list(value: Any) -> Any:
    return [value]


def _alone(value: Any) -> Any:
    return value


WRAPS: list[Callable[[Any], Any]] = [_alone, _in_a_list, _in_an_iterator]


class Open(pydantic.BaseModel, extra="allow"):
    pass


class Login(pydantic.BaseModel):
    password: pydantic.SecretStr


class Told(Login):
    @pydantic.field_serializer("password")
    def tell(self, password: pydantic.SecretStr) -> str:
        return password.get_secret_value()


@pytest.mark.parametrize("wrap", WRAPS)
def test_keys_in_what_models_have_beside_their_fields(wrap: Callable[[Any], Any]) -> None:
    with pytest.raises(ValueWritingError, match="the keys 1 and '1' are both"):
        to_plain(wrap(Open.model_validate({"more": {1: 1, "1": 2}})))


@pytest.mark.parametrize("wrap", WRAPS)
def test_secrets_are_not_sent_as_asterisks(wrap: Callable[[Any], Any]) -> None:
    with pytest.raises(ValueWritingError, match=r"password: a secret of a Login would be sent as") as caught:
        to_plain(wrap(Login(password=pydantic.SecretStr("geheim"))))
    assert "geheim" not in str(caught.value)


SECRET = pydantic.SecretStr("geheim")


class Outer(pydantic.BaseModel):
    login: Login

    @pydantic.field_serializer("login")
    def tell(self, login: Login) -> dict[str, str]:
        return {"password": login.password.get_secret_value()}


class Whole(Login):
    @pydantic.model_serializer
    def whole(self) -> str:
        return f"login:{self.password.get_secret_value()}"


class Silent(pydantic.BaseModel):
    login: Any = pydantic.Field(None, exclude=True)


class Many(pydantic.BaseModel):
    texts: list[pydantic.SecretStr] = []
    by_name: dict[str, pydantic.SecretStr] = {}
    raw: pydantic.SecretBytes = pydantic.SecretBytes(b"")


def test_secrets_that_models_write_or_leave_out_are_theirs() -> None:
    login = Login(password=SECRET)
    assert to_plain([Told(password=SECRET)]) == [{"password": "geheim"}]
    assert to_plain(Outer(login=login)) == {"login": {"password": "geheim"}}
    assert to_plain([Whole(password=SECRET)]) == ["login:geheim"]
    assert to_plain(Silent(login=login)) == {}
    assert to_plain(Login(password=pydantic.SecretStr(""))) == {"password": ""}


@pytest.mark.parametrize(
    ("model", "path"),
    [
        (Many(texts=[pydantic.SecretStr(""), SECRET]), "texts[1]"),
        (Many(by_name={"a": SECRET}), "by_name.a"),
        (Many(raw=pydantic.SecretBytes(b"geheim")), "raw"),
        (pydantic.RootModel[pydantic.SecretStr](SECRET), ""),
        (Open.model_validate({"more": [Login(password=SECRET)]}), "more[0].password"),
    ],
)
def test_wherever_secrets_are(model: Any, path: str) -> None:
    with pytest.raises(ValueWritingError, match="would be sent as asterisks") as caught:
        to_plain(model)
    assert caught.value.path == path


@pytest.mark.parametrize("seconds", [3630, -3630])
def test_moments_keep_their_instant(seconds: int) -> None:
    """Of places whose clocks were not whole minutes from UTC."""
    place = datetime.timezone(datetime.timedelta(seconds=seconds))
    moment = datetime.datetime(1880, 1, 31, 1, 2, 3, tzinfo=place)
    assert Reader(list[datetime.datetime]).read(to_plain([moment])) == [moment]
    with pytest.raises(ValueWritingError, match=r"its offset from UTC, .* has seconds"):
        to_plain({"at": datetime.time(1, tzinfo=place)})


class Word(enum.Enum):
    NONE = "null"


@pytest.mark.parametrize(
    ("value", "annotation"),
    [
        (b"\x9e\xe9e", bytes | None),  # "null" in base64
        (Word.NONE, Word | None),
        ([Word.NONE, None], list[Word | None]),
        ({"a": b"\x9e\xe9e"}, dict[str, bytes | None]),
    ],
)
def test_what_is_called_null_is_not_none(value: Any, annotation: Any) -> None:
    assert Reader(annotation).read(to_plain(value)) == value


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (Account(7, "ann"), {"_number": 7, "owner": "ann"}),
        ([{"a": Account(7)}], [{"a": {"_number": 7, "owner": ""}}]),
        (Case([Account(7)]), {"type": "case", "whatIsIn": [{"_number": 7, "owner": ""}]}),
        (collections.deque([Account(7)]), [{"_number": 7, "owner": ""}]),
    ],
)
def test_private_attributes_arrive(value: Any, wanted: Any) -> None:
    assert to_plain(value) == wanted


@pytest.mark.parametrize("plain", [{"_number": 7, "owner": "ann"}, {"number": 7, "owner": "ann"}])
def test_private_attributes_are_read(plain: Any) -> None:
    assert Reader(Account).read(plain) == Account(7, "ann")
    assert Reader(list[Account]).read([plain]) == [Account(7, "ann")]


def some_worker() -> Worker:
    worker = Worker("w")

    @worker.function
    def clash() -> dict[int | str, str]:
        return {1: "a", "1": "b"}

    @worker.function
    def account(account: Account) -> Account:
        return account

    return worker


def test_arguments_results_and_workflows(colonies: LocalColony) -> None:
    both: dict[int | str, str] = {1: "a", "1": "b"}
    with pytest.raises(InvalidRequestError, match=r"spec\.args\[0\]: the keys 1 and '1' are both '1'"):
        colonies.submit("f", both, to="w")
    with pytest.raises(InvalidRequestError, match=r"spec\.kwargs\.a\.b: the keys 1 and '1' are both '1'"):
        colonies.submit("f", a={"b": both}, to="w")
    with pytest.raises(InvalidRequestError, match="the keys 1 and '1' are both '1'"), workflow("w") as wf:
        wf.task("f", both, to="w")
    spec = FunctionSpec.new("f", "w", colonies.name)
    spec.args = [both]
    with pytest.raises(InvalidRequestError, match=r"spec\.args\[0\]: the keys 1 and '1' are both '1'"):
        colonies.client.submit(spec)
    with colonies.worker(some_worker()):
        with pytest.raises(ProcessFailed, match=r"out\[0\]: the keys 1 and '1' are both '1'"):
            colonies.call("clash", timeout=60)
        assert colonies.call("account", Account(7, "ann"), timeout=60) == {"_number": 7, "owner": "ann"}
