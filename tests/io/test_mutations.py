"""Thousands of damaged files: each is refused with our error, or what is loaded is what it says.

What it says is read once more by the standard library, which shares nothing with the loader.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.io.strategies import frame_lists
from tests.io.test_migrations import older
from tests.small_predictions import make_predictions

from neuropose.errors import FileFormatError
from neuropose.io import load_video_predictions, save_video_predictions

Mutation = Callable[[bytes, random.Random], bytes]
Path_ = tuple[str | int, ...]


class Twice(list[tuple[str, Any]]):
    """An object as pairs, so that a key can be in it twice."""


@pytest.fixture(scope="module", params=["ours", "indented", "older"])
def original(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("original") / "a.json"
    save_video_predictions(path, make_predictions())
    if request.param == "ours":
        return path.read_bytes()
    document = older() if request.param == "older" else json.loads(path.read_bytes())
    return json.dumps(document, indent=1).encode()


@pytest.fixture
def outcome(tmp_path: Path) -> Callable[[bytes], bool]:
    """Whether a file is accepted; fails on any error but ours and on any wrong number."""
    path = tmp_path / "mutant.json"

    def load(data: bytes) -> bool:
        path.write_bytes(data)
        try:
            predictions = load_video_predictions(path)
        except FileFormatError as error:
            assert_explained(error)
            return False
        document = json.loads(data, object_pairs_hook=no_key_twice, parse_constant=not_json)
        assert predictions.metadata.frame_count == len(document["frames"])
        for key, frame in predictions.frames.items():
            loaded, said = frame_lists(frame), document["frames"][key]
            assert set(said) <= set(loaded)
            for name, value in said.items():
                if name == "boxes" and "schema_version" not in document:
                    value = [(*box, None)[:5] for box in value]
                assert close(loaded[name], value), f"{key}.{name}"
        for name, value in document["metadata"].items():
            assert json.loads(predictions.metadata.model_dump_json())[name] == value
        return True

    return load


def assert_explained(error: FileFormatError) -> None:
    assert error.message
    assert "\n" not in error.message
    assert error.hint


def close(loaded: Any, said: Any) -> bool:
    if isinstance(said, (list, tuple)):
        return len(loaded) == len(said) and all(map(close, loaded, said))
    if said is None or loaded is None:
        return said is loaded
    return loaded == pytest.approx(said, rel=1e-6, abs=1e-44)


def no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    assert len(dict(pairs)) == len(pairs), "a key that occurs twice was accepted"
    return dict(pairs)


def not_json(name: str) -> None:
    pytest.fail(f"{name} was accepted")


def truncate(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data) - 1)]


def flip_bit(data: bytes, rng: random.Random) -> bytes:
    damaged = bytearray(data)
    damaged[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(damaged)


def change_byte(data: bytes, rng: random.Random) -> bytes:
    damaged = bytearray(data)
    damaged[rng.randrange(len(data))] = rng.choice(b'0123456789.-+eE,:[]{}"ntfua \n\x00\xff')
    return bytes(damaged)


def cut_out(data: bytes, rng: random.Random) -> bytes:
    start = rng.randrange(len(data))
    return data[:start] + data[start + rng.choice([1, 2, 3, 10, 100]) :]


def double(data: bytes, rng: random.Random) -> bytes:
    start = rng.randrange(len(data))
    piece = data[start : start + rng.choice([1, 2, 5, 50, 500])]
    return data[:start] + piece + data[start:]


def double_line(data: bytes, rng: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    line = rng.randrange(len(lines))
    lines.insert(rng.randrange(len(lines)), lines[line])
    return b"".join(lines)


def swap_pieces(data: bytes, rng: random.Random) -> bytes:
    a, b, c, d = sorted(rng.sample(range(len(data)), 4))
    return data[:a] + data[c:d] + data[b:c] + data[a:b] + data[d:]


TOKENS = (
    *(b"null", b"true", b"NaN", b"-Infinity", b"1e999", b"1e39", b"-0", b"0.1", b"00", b"5", b" 5"),
    *(b"[", b"]", b"{", b"}", b",", b":", b'"', b"\\", b"[]", b"{}", b"[[", b"]]", b"},", b"],"),
    *(b'"boxes":[],', b'"frames":{\n', b"\n},", b'"frame_000001":{},', b"//", b"\xef\xbb\xbf"),
    *(b"[" * 50_000, b'{"a":' * 50_000, b"9" * 5_000, b"\x00" * 16),
)


def insert_token(data: bytes, rng: random.Random) -> bytes:
    spot = rng.randrange(len(data))
    return data[:spot] + rng.choice(TOKENS) + data[spot:]


def insert_token_at_structure(data: bytes, rng: random.Random) -> bytes:
    spots = [spot for spot, byte in enumerate(data) if byte in b"[]{},:"]
    spot = rng.choice(spots) + rng.randrange(2)
    return data[:spot] + rng.choice(TOKENS) + data[spot:]


@pytest.mark.parametrize(
    "mutation",
    [
        truncate,
        flip_bit,
        change_byte,
        cut_out,
        double,
        double_line,
        swap_pieces,
        insert_token,
        insert_token_at_structure,
    ],
)
def test_damaged_bytes(
    mutation: Mutation, original: bytes, outcome: Callable[[bytes], bool]
) -> None:
    rng = random.Random(mutation.__name__)
    mutants = {mutation(original, rng) for _ in range(150)} - {original}
    accepted = sum(outcome(mutant) for mutant in mutants)
    assert len(mutants) > 20
    assert accepted < len(mutants)  # a digit for a digit is not noticed, most other things are


REPLACEMENTS: tuple[Any, ...] = (
    *(None, True, "text", "", -1, 0, 7, 0.5, -1.5, 1e39, -1e308, 2**31, 10**30),
    *([], {}, [None], [[]], [[[[]]]], {"a": {}}, [0.5] * 3, [[1.0] * 3] * 3),
)


def paths(node: Any, here: Path_ = ()) -> Iterator[Path_]:
    if here:
        yield here
    if isinstance(node, (dict, list)):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            yield from paths(value, (*here, key))


def changed(node: Any, path: Path_, change: Callable[[Any, Any], Any]) -> Any:
    """Copy of a tree in which `change` was done to the container that the path ends in."""
    copied = dict(node) if isinstance(node, dict) else list(node)
    if len(path) == 1:
        return change(copied, path[0])
    copied[path[0]] = changed(node[path[0]], path[1:], change)
    return copied


def remove(container: Any, key: Any) -> Any:
    del container[key]
    return container


def rename(container: Any, key: Any) -> Any:
    if isinstance(container, list):
        return [*container[:key], "new", *container[key:]]
    return {f"{name}_" if name == key else name: value for name, value in container.items()}


def repeat(container: Any, key: Any) -> Any:
    if isinstance(container, list):
        return [*container, container[key]]
    return Twice([*container.items(), (key, container[key])])


def wrap(container: Any, key: Any) -> Any:
    container[key] = [container[key]]
    return container


def quote(container: Any, key: Any) -> Any:
    container[key] = json.dumps(container[key])
    return container


def dump(node: Any, separator: str = ",") -> str:
    if isinstance(node, (dict, Twice)):
        pairs = node.items() if isinstance(node, dict) else node
        items = (f"{json.dumps(key)}:{dump(value)}" for key, value in pairs)
        return "{" + separator.join(items) + "}"
    if isinstance(node, list):
        return "[" + ",".join(map(dump, node)) + "]"
    return json.dumps(node)


def dump_like(original: bytes, document: Any) -> bytes:
    """In our own layout, which is recognised and read faster, if the original has it."""
    ours = original.startswith(b'{"schema_version":1,\n')
    if ours and isinstance(document, dict) and document.get("frames"):
        frames = dump(document["frames"], separator=",\n")
        rest = dump({**document, "frames": "here"})
        text = rest.replace('"frames":"here"', '"frames":{\n' + frames[1:-1] + "\n}")
        return text.encode()
    return dump(document).encode()


@pytest.mark.parametrize("change", [remove, rename, repeat, wrap, quote])
def test_changed_structure(
    change: Callable[[Any, Any], Any], original: bytes, outcome: Callable[[bytes], bool]
) -> None:
    document = json.loads(original)
    everywhere = list(paths(document))
    mutants = [dump_like(original, changed(document, path, change)) for path in everywhere]
    accepted = sum(map(outcome, mutants))
    assert len(everywhere) > 50
    assert accepted < len(everywhere) / 2


def test_changed_values(original: bytes, outcome: Callable[[bytes], bool]) -> None:
    document = json.loads(original)
    rng = random.Random("values")
    cases = [(path, value) for path in paths(document) for value in REPLACEMENTS]
    accepted = 0
    for path, value in (sample := rng.sample(cases, 600)):

        def replace(container: Any, key: Any, value: Any = value) -> Any:
            container[key] = value
            return container

        accepted += outcome(dump_like(original, changed(document, path, replace)))
    assert 0 < accepted < len(sample) / 2
