"""Keys, identities and signatures, against vectors recorded from the server's own code."""

import copy
import json
import pickle
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colonyos_gen import crypto
from colonyos_gen.crypto import (
    InvalidKeyError,
    InvalidSignatureError,
    PrivateKey,
    gen_hash,
    gen_id,
    gen_prvkey,
    gen_signature,
    recid,
)

GOLDEN = Path(__file__).parent.parent / "golden" / "crypto"
ORDER = crypto.CURVE_ORDER


def load(name: str) -> Any:
    return json.loads((GOLDEN / name).read_text(encoding="utf-8"))


SIGNED: list[dict[str, Any]] = load("sign_recover.json")["vectors"]
KEYS: list[dict[str, Any]] = load("private_keys.json")["vectors"]
MUTATION_SETS: list[dict[str, Any]] = load("bad_signatures.json")["sets"]
MUTATIONS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (group, vector) for group in MUTATION_SETS for vector in group["vectors"]
]

# What the message must say, by the beginning of the server's own error.
KEY_ERRORS = {
    "Invalid private key length": "characters; expected 64",
    "Invalid private key": "zero or too large",
    "encoding/hex: odd length": "characters; expected 64",
    "encoding/hex: invalid byte: U+0078": "starts with 0x",
    "encoding/hex: invalid byte": "not hexadecimal at character 1",
}
SIGNATURE_ERRORS = {
    "Invalid signature length": "characters; expected 130",
    "encoding/hex: odd length": "characters; expected 130",
    "encoding/hex: invalid byte: U+0067": "not hexadecimal at character 1",
    # A prefix or white space also makes the text longer, which is found first.
    "encoding/hex: invalid byte": "characters; expected 130",
    "Failed verify signature": "over half the order",
    "Failed to recover public key: invalid signature: public key recovery code": "expected 0 to 7",
    "Failed to recover public key: invalid signature: R is 0": "r that is zero",
    "Failed to recover public key: invalid signature: S is 0": "s that is zero",
    "Failed to recover public key: invalid signature: R >=": "r that is zero or not below",
    "Failed to recover public key: invalid signature: S >=": "s that is zero or over half",
    "Failed to recover public key: invalid signature: not for": "does not lead to a public key",
    "Failed to recover public key: invalid signature: signature R + N": "does not lead to a public key",
}

numbers = st.integers(min_value=1, max_value=ORDER - 1)
messages = st.one_of(st.binary(max_size=300), st.text(st.characters(exclude_categories=["Cs"]), max_size=300))


def expected(table: dict[str, str], server_error: str) -> str:
    return next(text for start, text in table.items() if server_error.startswith(start))


def from_number(number: int) -> PrivateKey:
    return PrivateKey(number.to_bytes(32, "big"))


def assert_hidden(key: str, text: str) -> None:
    """No six digits in a row of the key may show."""
    low = text.lower()
    for start in range(len(key) - 5):
        assert key[start : start + 6].lower() not in low


def full_traceback(error: BaseException) -> str:
    """Everything that can be printed about an error, with its whole chain."""
    links: list[str] = []
    link: BaseException | None = error
    while link is not None:
        links += traceback.format_exception(link)
        links += [repr(link), str(link), repr(link.args)]
        link = link.__cause__ or link.__context__
    return "".join(links)


def test_vectors_are_all_there() -> None:
    assert (len(SIGNED), len(KEYS), len(MUTATIONS)) == (68, 13, 94)


@pytest.mark.parametrize("vector", SIGNED, ids=lambda v: f"{v['key']}, {v['text']}")
def test_signature_equals_the_servers(vector: dict[str, Any]) -> None:
    key = PrivateKey.parse(vector["prvkey"])
    message = vector["message"]
    assert key.hex() == vector["prvkey"]
    assert key.id == gen_id(vector["prvkey"]) == gen_id(key) == vector["id"]
    assert gen_hash(vector["pubkey"]) == vector["id"]
    assert gen_hash(message) == gen_hash(message.encode()) == vector["sha3_256"]
    assert gen_signature(message, vector["prvkey"]) == vector["signature"]
    assert gen_signature(message.encode(), key) == vector["signature"]
    assert key.sign(message) == key.sign(message.encode()) == vector["signature"]
    assert recid(message, vector["signature"]) == vector["recovered_id"]
    assert recid(message.encode(), vector["signature"]) == vector["recovered_id"]


@pytest.mark.parametrize("vector", KEYS, ids=lambda v: v["name"])
def test_keys_are_accepted_like_by_the_server(vector: dict[str, Any]) -> None:
    text = vector["prvkey"]
    if vector["go_error"] is None:
        assert gen_id(text) == vector["id"]
        assert PrivateKey.parse(text).hex() == text.lower()
        return
    for attempt in (lambda: gen_id(text), lambda: gen_signature("m", text), lambda: PrivateKey.parse(text)):
        with pytest.raises(InvalidKeyError, match=expected(KEY_ERRORS, vector["go_error"])):
            attempt()


@pytest.mark.parametrize("group", MUTATION_SETS, ids=lambda g: g["message"])
def test_mutated_signer(group: dict[str, Any]) -> None:
    assert gen_id(group["prvkey"]) == group["id"]
    assert gen_hash(group["message"]) == group["sha3_256"]
    assert gen_signature(group["message"], group["prvkey"]) == group["vectors"][0]["signature"]


@pytest.mark.parametrize(("group", "vector"), MUTATIONS, ids=lambda v: v.get("mutation", ""))
def test_signatures_are_accepted_like_by_the_server(group: dict[str, Any], vector: dict[str, Any]) -> None:
    if vector["go_error"] is None:
        found = recid(group["message"], vector["signature"])
        assert found == vector["recovered_id"]
        assert (found == group["id"]) is vector["recovers_the_signer"]
        return
    assert vector["recovered_id"] is None
    with pytest.raises(InvalidSignatureError, match=expected(SIGNATURE_ERRORS, vector["go_error"])):
        recid(group["message"], vector["signature"])


@given(number=numbers, message=messages)
def test_signer_is_recovered(number: int, message: bytes | str) -> None:
    key = from_number(number)
    signature = key.sign(message)
    assert len(signature) == 130
    assert int(signature[64:128], 16) <= ORDER // 2
    assert signature[128:] in ("00", "01")
    assert recid(message, signature) == key.id == gen_id(key.hex())


@given(number=numbers, message=messages)
def test_high_s_is_refused(number: int, message: bytes | str) -> None:
    signature = from_number(number).sign(message)
    mirrored = f"{signature[:64]}{ORDER - int(signature[64:128], 16):064x}{1 ^ int(signature[128:], 16):02x}"
    with pytest.raises(InvalidSignatureError, match="over half the order"):
        recid(message, mirrored)


@given(st.text(max_size=140))
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(InvalidSignatureError):
        recid("message", text)


@pytest.mark.parametrize("odd", [" ", "\n", "\u0661", "\uff11", "_", "+"])
def test_only_ascii_digits_count(odd: str) -> None:
    """int() and bytes.fromhex() would take some of these."""
    key = gen_prvkey()
    with pytest.raises(InvalidKeyError, match="not hexadecimal at character 31"):
        PrivateKey.parse(key[:30] + odd + key[31:])
    with pytest.raises(InvalidSignatureError, match="not hexadecimal at character 31"):
        recid("m", "1" * 30 + odd + "1" * 99)


def test_new_keys_differ() -> None:
    keys = {gen_prvkey() for _ in range(20)}
    assert len(keys) == 20
    assert all(len(key) == 64 and PrivateKey.parse(key).hex() == key for key in keys)
    assert PrivateKey.generate() != PrivateKey.generate()


def test_parse_returns_keys_as_they_are() -> None:
    key = PrivateKey.generate()
    assert PrivateKey.parse(key) is key


def test_same_text_is_parsed_once() -> None:
    text = gen_prvkey()
    assert PrivateKey.parse(text) is PrivateKey.parse(text)


@pytest.mark.parametrize("secret", [b"", b"\x01" * 31, b"\x01" * 33, bytes(32), ORDER.to_bytes(32, "big")])
def test_raw_secret_is_checked(secret: bytes) -> None:
    with pytest.raises(InvalidKeyError):
        PrivateKey(secret)


@pytest.mark.parametrize("value", [None, 7, b"\x01" * 32])
def test_parse_names_a_wrong_type(value: Any) -> None:
    with pytest.raises(TypeError, match=f"not {type(value).__name__}"):
        PrivateKey.parse(value)


def test_equality_is_by_value() -> None:
    text = gen_prvkey()
    one, other = PrivateKey.parse(text), PrivateKey(bytes.fromhex(text))
    assert one is not other
    assert one == other
    assert hash(one) == hash(other)
    assert one != PrivateKey.generate()
    assert one != text


def test_copies_are_the_key_itself() -> None:
    key = PrivateKey.generate()
    assert copy.copy(key) is key
    assert copy.deepcopy([key])[0] is key


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickle_is_refused(protocol: int) -> None:
    key = PrivateKey.generate()
    with pytest.raises(TypeError, match="cannot be pickled") as caught:
        pickle.dumps({"nested": key}, protocol)
    assert_hidden(key.hex(), full_traceback(caught.value))


def test_repr_shows_the_start_of_the_id_only() -> None:
    key = PrivateKey.generate()
    for text in (repr(key), str(key), f"{key}", f"{[key]}"):
        assert key.id[:8] in text
        assert key.id[:16] not in text
        assert_hidden(key.hex(), text)
    assert not hasattr(key, "__dict__")
    assert_hidden(key.hex(), repr(key._key))  # pyright: ignore[reportPrivateUsage]


SPOILERS: dict[str, Callable[[str], str]] = {
    "too short": lambda key: key[:-1],
    "too long": lambda key: key + "0",
    "prefixed": lambda key: "0x" + key,
    "newline": lambda key: key + "\n",
    "not hexadecimal": lambda key: key[:40] + "g" + key[41:],
    "too large": lambda key: "f" * 40 + key[40:],
    "quoted": lambda key: f'"{key}"',
    "not ASCII": lambda key: key[:-1] + "\u00e9",
}


@pytest.mark.parametrize("spoil", SPOILERS.values(), ids=SPOILERS.keys())
def test_errors_hide_the_key(spoil: Callable[[str], str]) -> None:
    key = gen_prvkey()
    spoiled = spoil(key)
    for attempt in (
        lambda: PrivateKey.parse(spoiled),
        lambda: gen_id(spoiled),
        lambda: gen_signature("m", spoiled),
    ):
        with pytest.raises(InvalidKeyError) as caught:
            attempt()
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None
        assert_hidden(key, full_traceback(caught.value))


def test_unparsable_keys_are_not_cached() -> None:
    cache = crypto._parse_key  # pyright: ignore[reportPrivateUsage]
    before = cache.cache_info().currsize
    with pytest.raises(InvalidKeyError):
        gen_id(gen_prvkey()[:-1])
    assert cache.cache_info().currsize == before
    assert cache.cache_info().maxsize == crypto.PARSED_KEYS


def test_threads_share_a_key() -> None:
    key = PrivateKey.generate()
    texts = [f"message {number}" for number in range(200)]
    with ThreadPoolExecutor(8) as pool:
        signatures = list(pool.map(key.sign, texts))
    assert {recid(text, signature) for text, signature in zip(texts, signatures, strict=True)} == {key.id}
