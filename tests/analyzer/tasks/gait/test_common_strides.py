"""Means of two analyses are compared over the same strides."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from neuropose.analyzer.tasks.gait import Stride, analyze_gait
from neuropose.analyzer.tasks.gait.strides import common_strides
from neuropose.testing import WalkerParameters, simulate_walk, walker_sequence

STRIDES = analyze_gait(walker_sequence(simulate_walk(WalkerParameters(duration_s=6.0)))).strides


def test_all_are_kept_though_their_times_differ_a_little() -> None:
    later = [replace(s, start_s=s.start_s + 0.1, end_s=s.end_s + 0.1) for s in STRIDES]
    own, others = common_strides(STRIDES, later)
    assert len(own) == len(others) == len(STRIDES)
    for one, another in zip(own, others, strict=True):
        assert one.side == another.side
        assert np.isclose(another.start_s - one.start_s, 0.1)


def test_a_stride_that_only_one_has_is_in_neither() -> None:
    own, others = common_strides(STRIDES, STRIDES[1:])
    assert len(own) == len(others) == len(STRIDES) - 1
    assert STRIDES[0] not in own
    _, others = common_strides(STRIDES[1:], STRIDES)
    assert STRIDES[0] not in others


def test_two_strides_taken_for_one_are_no_pair() -> None:
    first, second, *_ = (s for s in STRIDES if s.side == "left")
    merged = replace(first, end_s=second.end_s)
    own, _ = common_strides(STRIDES, [merged, *(s for s in STRIDES if s not in (first, second))])
    assert first not in own
    assert second not in own


def test_what_is_summarised_is_that_of_the_walk() -> None:
    walk = [replace(STRIDES[0], excluded="turning"), *STRIDES[1:]]
    own, others = common_strides(walk, STRIDES)
    assert [s.excluded for s in others] == [s.excluded for s in own]
    assert sum(s.excluded is None for s in others) == len(STRIDES) - 1


def test_nothing_in_common_is_no_stride() -> None:
    nothing: tuple[Stride, ...] = ()
    assert common_strides(STRIDES, nothing) == common_strides(nothing, STRIDES) == ((), ())
