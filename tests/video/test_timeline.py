"""Which frame a decoder's time means, in what order frames depend on each other, what was lost."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose.errors import VideoDecodeError
from neuropose.video.damage import Damage
from neuropose.video.packets import Packets, index_ticks, lost_ticks
from neuropose.video.timeline import FrameNumbers, Timeline, build_timeline

TICK = Fraction(1, 1000)


def timeline(ticks: list[float], keys: tuple[int, ...] = (0,), **more: object) -> Timeline:
    is_key = np.zeros(len(ticks), bool)
    is_key[list(keys)] = True
    return build_timeline(np.array(ticks, float), is_key, TICK, **more)  # type: ignore[arg-type]


def test_frames_in_the_order_of_display() -> None:
    shown = timeline([0, 99, 33, 66])
    assert shown.time_s.tolist() == [0.0, 0.033, 0.066, 0.099]
    assert shown.decode_position.tolist() == [0, 2, 3, 1]
    assert shown.segment.tolist() == [1, 1, 1, 1]
    assert not shown.leading.any()


def test_leading_frames_depend_on_the_segment_before() -> None:
    # Open group: the key frame at 100 is decoded before frames that are shown before it.
    shown = timeline([0, 33, 100, 66, 133], keys=(0, 2))
    assert shown.leading.tolist() == [False, False, True, False, False]
    damage = Damage(shown)
    damage.add(1)
    assert [damage.cause(frame) for frame in range(5)] == [None, 1, 1, None, None]


def test_damage_spreads_in_the_order_of_decoding() -> None:
    shown = timeline([0, 99, 33, 66, 132], keys=(0, 4))
    damage = Damage(shown)
    damage.add(3)  # decoded second: the two that are shown before it are made from it
    assert [damage.cause(frame) for frame in range(5)] == [None, 3, 3, 3, None]


def test_first_of_several_causes_is_named() -> None:
    damage = Damage(timeline([0, 33, 66, 99]))
    damage.add(2)
    damage.add(1)
    damage.add(3)
    assert [damage.cause(frame) for frame in range(4)] == [None, 1, 1, 1]


@given(
    steps=st.lists(st.integers(2, 500), min_size=1, max_size=40),
    missing=st.sets(st.integers(0, 40)),
    error_ms=st.floats(-0.9, 0.9),
)
def test_each_time_finds_its_frame(steps: list[int], missing: set[int], error_ms: float) -> None:
    shown = timeline([0, *np.cumsum(steps).tolist()])
    given_numbers = FrameNumbers(shown)
    came = [frame for frame in range(len(shown)) if frame not in missing]
    assert [given_numbers.of(shown.time_s[frame] + error_ms * 1e-3) for frame in came] == came


def test_frames_that_share_a_time_come_in_order() -> None:
    shown = timeline([0, 33, 33, 33, 66])
    given_numbers = FrameNumbers(shown)
    assert [given_numbers.of(time_s) for time_s in (0.0, 0.033, 0.033, 0.033, 0.066)] == [
        0,
        1,
        2,
        3,
        4,
    ]


def test_times_of_no_frame() -> None:
    given_numbers = FrameNumbers(timeline([0, 33, 66]))
    assert given_numbers.of(0.050) is None
    assert given_numbers.of(0.033) == 1
    assert given_numbers.of(0.0) is None  # has been
    assert given_numbers.of(None) == 2
    assert given_numbers.of(None) is None  # beyond the end
    assert given_numbers.of(0.066) is None


def test_avi_decoders_start_late() -> None:
    shown = timeline([0, 33, 66, 99, 132], reorder_frames=4)
    given_numbers = FrameNumbers(shown)
    times_s = [0.066, 0.099, 0.132, None, None]
    assert [given_numbers.of(time_s) for time_s in times_s] == [0, 1, 2, 3, 4]


def test_lost_frames_have_numbers_but_no_pictures() -> None:
    lost = np.array([66.0, 99.0])
    shown = timeline([0, 33, 132, 165], keys=(0, 3), lost=lost)
    assert shown.time_s.tolist() == [0.0, 0.033, 0.066, 0.099, 0.132, 0.165]
    assert shown.is_lost.tolist() == [False, False, True, True, False, False]
    given_numbers = FrameNumbers(shown)
    assert [given_numbers.of(time_s) for time_s in (0.0, 0.033, 0.132, 0.165)] == [0, 1, 4, 5]
    damage = Damage(shown)
    assert [damage.cause(frame) for frame in range(6)] == [None, None, 2, 2, 2, None]


def packets(count: int, *, skips: list[int] | None = None, **more: object) -> Packets:
    nothing: list[int | None] = [None] * count
    return Packets(
        pts=nothing,
        dts=nothing,
        is_key=[True] * count,
        position=[-1] * count,
        skips=skips or [],
        **more,  # type: ignore[arg-type]
    )


def test_holes_are_filled_where_data_are_missing() -> None:
    ticks = np.array([0, 33, 67, 100, 200, 233, 267, 300, 333, 367.0])
    lost = lost_ticks(packets(10, skips=[4]), ticks, TICK, None)
    assert lost.tolist() == pytest.approx([133.3, 166.7], abs=0.1)


def test_holes_are_pauses_where_nothing_is_missing() -> None:
    ticks = np.array([0, 33, 67, 100, 200, 233, 267, 300, 333, 367.0])
    assert lost_ticks(packets(10), ticks, TICK, None).tolist() == []


@pytest.mark.parametrize(
    ("unread", "lost"), [([40] * 10, []), ([40] * 4 + [900] + [40] * 5, [133.3, 166.7])]
)
def test_holes_are_losses_where_the_file_has_bytes_for_them(
    unread: list[int], lost: list[float]
) -> None:
    ticks = np.array([0, 33, 67, 100, 200, 233, 267, 300, 333, 367.0])
    some = packets(10, may_hide_losses=True, unread_bytes=unread)
    some.position = list(range(0, 10_000, 1000))
    assert lost_ticks(some, ticks, TICK, None).tolist() == pytest.approx(lost, abs=0.1)


def test_holes_are_pauses_where_nothing_tells() -> None:
    ticks = np.array([0, 33, 67, 100, 200, 233, 267, 300, 333, 367.0])
    assert len(lost_ticks(packets(10, may_hide_losses=True), ticks, TICK, None)) == 0


def test_end_is_filled_up_to_the_stated_duration() -> None:
    ticks = np.arange(10) * 40.0
    cut = packets(10, unread_share=0.1, end_s=0.4)
    assert lost_ticks(cut, ticks, TICK, 0.52).tolist() == [400.0, 440.0, 480.0]
    assert lost_ticks(cut, ticks, TICK, 0.4).tolist() == []
    assert lost_ticks(cut, ticks, TICK, 3600.0).tolist() == []  # the header itself is wrong
    assert lost_ticks(packets(10, end_s=0.4), ticks, TICK, 0.52).tolist() == []
    with pytest.raises(VideoDecodeError, match="more than half"):
        lost_ticks(packets(10, unread_share=0.4, end_s=0.4), ticks, TICK, 1.6)


def test_uneven_video_gets_one_frame_a_damaged_place() -> None:
    ticks = np.array([0, 20, 70, 80, 200, 290, 300.0])
    lost = lost_ticks(packets(7, skips=[4]), ticks, TICK, None)
    assert lost.tolist() == [140.0]


def test_more_lost_than_found_is_an_error() -> None:
    ticks = np.array([0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 5000.0])
    with pytest.raises(VideoDecodeError, match="more than half"):
        lost_ticks(packets(12, skips=[11]), ticks, TICK, None)


def test_avi_index_tells_what_is_lost() -> None:
    some = Packets(position=[108, 308], index={108: 0.0, 208: 1.0, 308: 2.0, 408: 3.0})
    found = index_ticks(some)
    assert found is not None
    assert found[0].tolist() == [0.0, 2.0]
    assert found[1].tolist() == [1.0, 3.0]


def test_avi_index_of_another_file_is_not_believed() -> None:
    assert index_ticks(Packets(position=[108, 300], index={108: 0.0, 308: 1.0})) is None
    assert index_ticks(Packets(position=[108], index={})) is None


def test_avi_packets_that_are_fewer_than_listed_and_elsewhere() -> None:
    with pytest.raises(VideoDecodeError, match="1 of its frames cannot be found"):
        index_ticks(Packets(position=[108, 300], index={108: 0.0, 208: 1.0, 308: 2.0}))


def test_times_from_the_rate_where_the_container_has_none() -> None:
    some = Packets(pts=[None, 40, None, None], dts=[None, 0, 80, None])
    assert some.ticks(TICK, 25.0).tolist() == [0.0, 40.0, 80.0, 120.0]
    assert some.ticks(TICK, 25.0, prefer_dts=True).tolist() == [0.0, 0.0, 80.0, 120.0]
