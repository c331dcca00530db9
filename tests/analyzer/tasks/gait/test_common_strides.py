"""Means of two analyses are compared over the same strides."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from neuropose.analyzer.tasks.gait import GaitAnalysis, analyze_gait
from neuropose.analyzer.tasks.gait.common_strides import common_strides
from neuropose.testing import WalkerParameters, simulate_walk, walker_sequence

WALK = analyze_gait(walker_sequence(simulate_walk(WalkerParameters(duration_s=6.0))))


def shifted(walk: GaitAnalysis, by_s: float) -> GaitAnalysis:
    strides = [replace(s, start_s=s.start_s + by_s, end_s=s.end_s + by_s) for s in walk.strides]
    return replace(walk, strides=tuple(strides))


def test_all_are_kept_though_their_times_differ_a_little() -> None:
    own, other = common_strides(WALK, shifted(WALK, 0.1))
    assert len(own.strides) == len(other.strides) == len(WALK.strides)
    for one, another in zip(own.strides, other.strides, strict=True):
        assert one.side == another.side
        assert np.isclose(another.start_s - one.start_s, 0.1)


def test_a_stride_that_only_one_has_is_in_neither() -> None:
    lacking = replace(WALK, strides=WALK.strides[1:])
    own, other = common_strides(WALK, lacking)
    assert len(own.strides) == len(other.strides) == len(WALK.strides) - 1
    assert WALK.strides[0] not in own.strides
    own, other = common_strides(lacking, WALK)
    assert WALK.strides[0] not in other.strides


def test_two_strides_taken_for_one_are_no_pair() -> None:
    first, second, *_ = WALK.chosen("left")
    merged = replace(first, end_s=second.end_s)
    others = tuple(s for s in WALK.strides if s not in (first, second))
    own, _ = common_strides(WALK, replace(WALK, strides=(merged, *others)))
    assert first not in own.strides
    assert second not in own.strides


def test_what_is_summarised_is_that_of_the_walk() -> None:
    excluded = replace(WALK.strides[0], excluded="turning")
    walk = replace(WALK, strides=(excluded, *WALK.strides[1:]))
    own, other = common_strides(walk, WALK)
    assert [s.excluded for s in other.strides] == [s.excluded for s in own.strides]
    assert len(other.chosen()) == len(WALK.chosen()) - 1


def test_nothing_in_common_is_no_stride() -> None:
    own, other = common_strides(WALK, replace(WALK, strides=()))
    assert own.strides == other.strides == ()
