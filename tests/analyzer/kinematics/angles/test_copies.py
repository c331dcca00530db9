"""Angles go to other processes and into copies, as sequences and reports do."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import pytest

from neuropose.analyzer import GaitAnalysis, JointAngles, analyze_gait, joint_angles
from neuropose.testing import simulate_walk, walker_sequence

T = TypeVar("T")


def through_a_file(value: T) -> T:
    copied: T = pickle.loads(pickle.dumps(value))
    return copied


WAYS = pytest.mark.parametrize("way", [through_a_file, copy.deepcopy, copy.copy])


@WAYS
def test_angles(way: Callable[[JointAngles], JointAngles]) -> None:
    angles = joint_angles(walker_sequence(simulate_walk()))
    copied = way(angles)
    assert (list(copied), copied.refused) == (list(angles), angles.refused)
    for name, angle in angles.items():
        np.testing.assert_array_equal(copied[name].values_deg, angle.values_deg)
    with pytest.raises(TypeError):
        copied.angles["x"] = angle  # type: ignore[index]


@WAYS
def test_an_analysis_of_gait(way: Callable[[GaitAnalysis], GaitAnalysis]) -> None:
    analysis = analyze_gait(walker_sequence(simulate_walk()))
    assert way(analysis).strides == analysis.strides
