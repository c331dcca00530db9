"""How well a leg was seen."""

from __future__ import annotations

import numpy as np
import pytest
from tests.analyzer.tasks.gait import walks

from neuropose.analyzer import PoseSequence
from neuropose.analyzer.tasks.gait.visibility import Visibility

WALK = walks.sequence()
ALL = np.array([[1.0, 2.0]])


def sight(walk: PoseSequence = WALK, filled: np.ndarray | None = None) -> Visibility:
    nothing = np.zeros((len(walk), len(walk.joints)), dtype=bool)
    return Visibility(walk, nothing if filled is None else filled)


def test_exact_poses_are_seen() -> None:
    assert sight().seen("left", ALL) == pytest.approx(1.0)
    assert sight().missing("left", 1.0, 2.0) == 0.0


def test_the_least_certain_joint_counts() -> None:
    confidence = np.ones((len(WALK), len(WALK.joints)))
    confidence[:, WALK.joints.index("left_toe")] = 0.4
    confidence[:, WALK.joints.index("right_wrist")] = 0.0
    walk = walks.changed(WALK, WALK.positions_mm, confidence=confidence)
    assert sight(walk).seen("left", ALL) == pytest.approx(0.4)
    assert sight(walk).seen("right", ALL) == pytest.approx(1.0)


def test_bones_that_change_their_length_are_errors() -> None:
    positions = WALK.positions_mm.copy()
    hip, knee = WALK.joint("left_hip"), WALK.joint("left_knee")
    wrong = slice(60, 121)
    positions[wrong, WALK.joints.index("left_knee")] = (hip + 1.1 * (knee - hip))[wrong]
    walk = walks.changed(WALK, positions)
    assert sight(walk).seen("left", ALL) == pytest.approx(0.5, abs=0.05)
    assert sight(walk).seen("right", ALL) == pytest.approx(1.0)
    assert sight(walk).seen("left", np.array([[3.0, 4.0]])) == pytest.approx(1.0)


def test_a_skeleton_without_knees_has_no_bones_to_tell() -> None:
    names = [f"{s}_{j}" for s in ("left", "right") for j in ("hip", "heel", "toe")]
    assert sight(WALK.select("pelvis", *names)).seen("left", ALL) == pytest.approx(1.0)


def test_what_is_missing_or_filled_is_counted() -> None:
    filled = np.zeros((len(WALK), len(WALK.joints)), dtype=bool)
    filled[60:75, WALK.joints.index("left_heel")] = True
    positions = WALK.positions_mm.copy()
    positions[75:90, WALK.joints.index("pelvis")] = np.nan
    found = sight(walks.changed(WALK, positions), filled)
    assert found.missing("left", 1.0, 2.0 - 1.0 / 60.0) == pytest.approx(0.5)
    assert found.missing("right", 1.0, 2.0 - 1.0 / 60.0) == pytest.approx(0.25)
    assert found.missing("left", 3.0, 4.0) == 0.0


def test_windows_at_and_beyond_the_ends() -> None:
    found = sight().seen("left", np.array([[-1.0, 0.1], [5.9, 7.0], [8.0, 9.0]]))
    assert found == pytest.approx(1.0)
