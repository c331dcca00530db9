"""The state of BlazePose: every bit comes back, and what is none is refused."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from tests.estimator.models.blazepose.stubs import person

from neuropose.errors import ModelStateError
from neuropose.estimator.models.blazepose.landmarks import Whereabouts
from neuropose.estimator.models.blazepose.region import Region
from neuropose.estimator.models.blazepose.state import pack, unpack

any_float = st.floats(allow_nan=False, allow_infinity=False)
a_side = st.floats(min_value=0.0, exclude_min=True, allow_infinity=False)
whereabouts = st.builds(
    Whereabouts,
    npst.arrays(np.float64, (33, 2), elements=any_float),
    st.builds(Region, any_float, any_float, a_side, any_float),
)
frames = st.lists(st.lists(whereabouts, max_size=2), min_size=4, max_size=4)


def bits(recent: Sequence[Sequence[Whereabouts]]) -> list[list[bytes]]:
    def of(one: Whereabouts) -> bytes:
        region = one.next_region
        square = (region.x_px, region.y_px, region.side_px, region.angle_rad)
        return one.points_px.tobytes() + struct.pack("<4d", *square)

    return [[of(one) for one in people] for people in recent]


@given(turn=st.integers(1, 2**32 - 1), recent=frames)
def test_every_bit_comes_back(turn: int, recent: list[list[Whereabouts]]) -> None:
    state = pack(turn, recent)
    same_turn, same = unpack(state, frames=4)
    assert same_turn == turn
    assert bits(same) == bits(recent)
    assert pack(same_turn, same) == state
    for people in same:
        for one in people:
            assert one.points_px.dtype == np.float64
            assert one.points_px.flags.writeable
            assert type(one.next_region.x_px) is float


def test_keeps_no_more_than_is_needed() -> None:
    assert len(pack(1, [[person()], [], [], []])) == 5 * 4 + 70 * 8


def test_no_other_length_is_taken() -> None:
    state = pack(2, [[person()], [person(), person(50.0)], [], []])
    for length in range(len(state)):
        with pytest.raises(ModelStateError):
            unpack(state[:length], frames=4)
    with pytest.raises(ModelStateError):
        unpack(state + b"\0", frames=4)


@given(st.binary(max_size=64))
def test_noise_is_a_state_or_refused(noise: bytes) -> None:
    try:
        turn, recent = unpack(noise, frames=4)
    except ModelStateError:
        return
    assert pack(turn, recent) == noise


@pytest.mark.parametrize(
    "nowhere",
    [
        Region(np.nan, 0.0, 1.0, 0.0),
        Region(0.0, -np.inf, 1.0, 0.0),
        Region(0.0, 0.0, 0.0, 0.0),
        Region(0.0, 0.0, -1.0, 0.0),
        Region(0.0, 0.0, 1.0, np.inf),
    ],
)
def test_nobody_is_looked_for_nowhere(nowhere: Region) -> None:
    lost = replace(person(), next_region=nowhere)
    with pytest.raises(ModelStateError, match="nobody"):
        unpack(pack(1, [[], [person(), lost], [], []]), frames=4)


def test_before_the_first_search_there_is_no_state() -> None:
    with pytest.raises(ModelStateError):
        unpack(pack(0, [[], [], [], []]), frames=4)


def test_a_huge_count_asks_for_no_memory() -> None:
    with pytest.raises(ModelStateError):
        unpack(struct.pack("<5I", 1, *[2**32 - 1] * 4), frames=4)
