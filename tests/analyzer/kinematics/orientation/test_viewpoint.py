"""From which side one camera sees the subject."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from neuropose.analyzer import heading
from neuropose.analyzer.kinematics.orientation import View, viewpoint
from neuropose.sequence.position_error import ONE_CAMERA
from neuropose.testing import CameraView, WalkerParameters, simulate_walk, walker_sequence

TRIAL = simulate_walk(WalkerParameters(duration_s=4.0))


def one_camera(heading_deg: float, *, treadmill: bool = False) -> object:
    view = CameraView(heading_deg=heading_deg, distance_mm=15_000.0)
    trial = TRIAL.on_treadmill() if treadmill else TRIAL
    return replace(walker_sequence(trial, view), position_error=ONE_CAMERA)


@pytest.mark.parametrize("treadmill", [False, True])
@pytest.mark.parametrize(
    ("heading_deg", "expected"),
    [
        (0.0, View.LATERAL),
        (180.0, View.LATERAL),
        (45.0, View.OBLIQUE),
        (225.0, View.OBLIQUE),
        (90.0, View.FRONTAL),
        (270.0, View.FRONTAL),
        (255.0, View.FRONTAL),
    ],
)
def test_view(heading_deg: float, expected: View, treadmill: bool) -> None:
    sequence = one_camera(heading_deg, treadmill=treadmill)
    seen = viewpoint(sequence, heading(sequence))
    assert seen is not None
    assert seen.during() is expected


def test_who_goes_away_is_seen_from_behind_whatever_the_pose_says() -> None:
    sequence = one_camera(90.0)
    facing = heading(sequence)
    aside = replace(facing, forward=np.cross(facing.up, facing.forward))
    seen = viewpoint(sequence, aside)
    assert seen is not None
    assert seen.during() is View.FRONTAL
    still = viewpoint(one_camera(90.0, treadmill=True), aside)
    assert still is not None
    assert still.during() is View.LATERAL


def test_markers_have_no_viewpoint() -> None:
    sequence = walker_sequence(TRIAL)
    assert viewpoint(sequence, heading(sequence)) is None


def test_a_stretch_of_time_without_the_subject_has_no_view() -> None:
    sequence = one_camera(0.0)
    seen = viewpoint(sequence, heading(sequence))
    assert seen is not None
    assert seen.during(100.0, 101.0) is None
