"""Whatever becomes of the bytes of a checkpoint file, what is read from it was once written."""

from __future__ import annotations

import io
import struct
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from typing import BinaryIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from neuropose.estimator import Detections
from neuropose.interfacer import checkpoint_records
from neuropose.interfacer.checkpoint_records import (
    MAGIC,
    encode_header,
    encode_result,
    encode_segment,
    read_results,
)
from neuropose.testing.conformance.model_bench import first_difference

KEY = '{"model": "m"}'
Segment = tuple[list[Detections], bytes]


def arrays(*shape: int) -> st.SearchStrategy[np.ndarray]:
    return npst.arrays(np.float32, shape, elements=st.floats(width=32))


@st.composite
def detections(draw: st.DrawFn, joints: int = 2, *, uncertain: bool = False) -> Detections:
    failure = draw(st.none() | st.text(min_size=1, max_size=20))
    people = 0 if failure else draw(st.integers(0, 2))
    return Detections(
        boxes=draw(arrays(people, 5)),
        poses3d=draw(arrays(people, joints, 3)),
        poses2d=draw(arrays(people, joints, 2)),
        confidence=draw(arrays(people, joints)),
        uncertainty_mm=draw(arrays(people, joints)) if uncertain else None,
        failure=failure,
    )


def segments(**options: bool) -> st.SearchStrategy[list[Segment]]:
    results = st.lists(detections(**options), min_size=1, max_size=4)
    return st.lists(st.tuples(results, st.binary(max_size=20)), max_size=4)


def encode(content: Sequence[Segment], key: str = KEY) -> bytes:
    pieces = [encode_header(key)]
    first = 0
    for results, state in content:
        joined = b"".join(encode_result(found) for found in results)
        pieces.append(encode_segment(first, len(results), state, joined))
        first += len(results)
    return b"".join(pieces)


def read(content: bytes, key: str = KEY) -> tuple[list[Detections], int]:
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.seek(0)
        return read_results(file, key)


def written(content: Sequence[Segment]) -> list[Detections]:
    """What reading must give: only the last result has its state."""
    results = [found for found_in_segment, _ in content for found in found_in_segment]
    if results:
        results[-1] = replace(results[-1], state=content[-1][1])
    return results


def without_states(results: Sequence[Detections]) -> list[Detections]:
    return [replace(found, state=None) for found in results]


def example_file() -> tuple[list[Segment], bytes]:
    rng = np.random.default_rng(0)

    def found(people: int) -> Detections:
        shapes = (people, 5), (people, 2, 3), (people, 2, 2), (people, 2)
        return Detections(*(rng.random(shape, np.float32) for shape in shapes))

    failed = Detections.failed("too dark", 2)
    content = [([found(1), failed], b"one"), ([found(2)], b""), ([found(1)], b"three")]
    return content, encode(content)


def assert_prefix(read_back: list[Detections], end: int, content: Sequence[Segment]) -> None:
    """So many whole segments, and nothing else."""
    for count in range(len(content) + 1):
        expected = written(content[:count])
        if len(expected) == len(read_back):
            assert first_difference(without_states(read_back), without_states(expected)) is None
            assert [one.state for one in read_back[-1:]] == [one.state for one in expected[-1:]]
            assert end == (len(encode(content[:count])) if count else 0)
            return
    pytest.fail(f"{len(read_back)} results are no whole segments")


@given(content=st.one_of(segments(), segments(uncertain=True)))
@settings(deadline=None)
def test_every_bit_comes_back(content: list[Segment]) -> None:
    whole = encode(content)
    results, end = read(whole)
    assert first_difference(without_states(results), without_states(written(content))) is None
    assert end == (len(whole) if content else 0)
    if content:
        assert results[-1].state == content[-1][1]
        assert results[0].boxes.dtype == np.float32


def test_every_truncation_leaves_the_segments_before() -> None:
    content, whole = example_file()
    seen = set()
    for length in range(len(whole) + 1):
        results, end = read(whole[:length])
        assert end <= length
        assert_prefix(results, end, content)
        seen.add(len(results))
    assert seen == {0, 2, 3, 4}


def test_every_flipped_bit_is_noticed() -> None:
    content, whole = example_file()
    for bit in range(8 * len(whole)):
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        results, end = read(bytes(flipped))
        assert end <= bit // 8
        assert_prefix(results, end, content)


@given(data=st.data())
@settings(deadline=None, max_examples=200)
def test_any_damage(data: st.DataObject) -> None:
    content, whole = example_file()
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(damaged)))
        end = data.draw(st.integers(start, len(damaged)))
        damaged[start:end] = data.draw(
            st.one_of(st.binary(max_size=40), st.just(bytes(end - start)), st.just(b""))
        )
    results, end = read(bytes(damaged))
    assert_prefix(results, end, content)


@given(noise=st.binary(max_size=200))
def test_noise(noise: bytes) -> None:
    assert read(noise) == ([], 0)
    assert read(encode_header(KEY) + noise)[0] == []


def test_what_a_lost_block_leaves_is_the_end() -> None:
    content, whole = example_file()
    results, end = read(whole + bytes(4096))
    assert end == len(whole)
    assert_prefix(results, end, content)


def test_another_key_or_another_version() -> None:
    _, whole = example_file()
    assert read(whole, KEY + " ") == ([], 0)
    for version in (b"1\n", b"3\n"):
        other = whole.replace(MAGIC, MAGIC.replace(b"2\n", version))
        assert other != whole
        assert read(other) == ([], 0)


def test_segments_must_follow_each_other() -> None:
    content, _ = example_file()
    result = encode_result(content[0][0][0])
    for wrong in (
        encode_segment(2, 1, b"", result),
        encode_segment(0, 1, b"", result),
        encode_segment(1, 0, b"", b""),
        encode_segment(1, 2, b"", result),
        encode_segment(1, 1, b"", result + b"\0"),
        encode_segment(1, 1, b"", result[:-1]),
    ):
        begun = encode_header(KEY) + encode_segment(0, 1, b"go on", result)
        results, end = read(begun + wrong)
        assert ([one.state for one in results], end) == ([b"go on"], len(begun))


class Watched(io.FileIO):
    """Notes how much is asked of it."""

    most = 0

    def read(self, size: int = -1) -> bytes:
        Watched.most = max(self.most, size)
        return super().read(size)


@pytest.mark.parametrize("length", [2**31, 2**40, 2**64 - 1])
def test_no_length_is_believed_beyond_the_file(length: int) -> None:
    lying = encode_header(KEY) + struct.pack("<QI", length, 0) + bytes(100)
    with tempfile.NamedTemporaryFile() as named:
        named.write(lying)
        named.flush()
        with Watched(named.name) as file:
            assert read_results(file, KEY) == ([], 0)
    assert Watched.most < 1000


@pytest.mark.parametrize("people", [2**31, 2**32 - 1])
@pytest.mark.parametrize("joints", [0, 1, 2**32 - 1])
def test_no_shape_is_believed_beyond_its_segment(people: int, joints: int) -> None:
    lying = struct.pack("<II?", people, joints, False) + bytes(100)
    segment = encode_segment(0, 1, b"", lying)
    assert read(encode_header(KEY) + segment) == ([], 0)


def test_no_state_is_believed_beyond_its_segment() -> None:
    lying = struct.pack("<QII", 0, 1, 2**32 - 1) + bytes(100)
    record = checkpoint_records._record(lying)
    assert read(encode_header(KEY) + record) == ([], 0)


def test_a_disk_that_fails_while_reading_leaves_what_was_read() -> None:
    content, whole = example_file()
    second = len(encode(content[:1]))

    class Failing(io.FileIO):
        def read(self, size: int = -1) -> bytes:
            if self.tell() >= second:
                raise OSError("input/output error")
            return super().read(size)

    with tempfile.NamedTemporaryFile() as named:
        named.write(whole)
        named.flush()
        file: BinaryIO
        with Failing(named.name) as file:  # type: ignore[assignment]
            results, end = read_results(file, KEY)
    assert end == second
    assert_prefix(results, end, content)
