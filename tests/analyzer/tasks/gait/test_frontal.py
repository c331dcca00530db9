"""Times of a walk that one camera sees from the front or behind."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from neuropose.analyzer import PoseSequence, analyze_gait
from neuropose.analyzer.tasks.gait import gait_report
from neuropose.analyzer.tasks.gait.frontal import DOUBT, NOT_TIMED
from neuropose.sequence.position_error import ONE_CAMERA
from neuropose.testing import CameraView, simulate_walk, walker_sequence

TIMES = ("stride_time", "cadence", "step_time", "stance", "swing", "walking_speed")
LEGS = ("hip_flexion", "knee_flexion", "ankle_dorsiflexion")


def one_camera(heading_deg: float) -> PoseSequence:
    view = CameraView(heading_deg=heading_deg, distance_mm=12_000.0)
    return replace(walker_sequence(simulate_walk(), view), position_error=ONE_CAMERA)


@pytest.mark.parametrize("heading_deg", [90.0, 270.0, 250.0])
def test_no_time_and_no_bend_of_the_legs_from_the_front_or_behind(heading_deg: float) -> None:
    analysis = analyze_gait(one_camera(heading_deg))
    report = gait_report(analysis)
    assert analysis.strides
    for name in TIMES:
        for side in ("", "_left", "_right"):
            measure = report.measures[f"{name}{side}"]
            assert measure.value is None
            assert NOT_TIMED in (measure.reason or "")
    for name in LEGS:
        for side in ("left", "right"):
            measure = report.measures[f"{name}_range_{side}"]
            assert measure.value is None
            assert "does not see this movement" in (measure.reason or "")
    assert report.measures["step_width"].value is not None
    assert all(DOUBT in event.warnings for event in report.events)
    assert max(event.confidence or 0.0 for event in report.events) <= 0.2
    assert np.isnan(report.tables["strides"].column("stride_time")).all()
    assert not any(column.name.startswith("knee") for column in report.tables["cycles"].columns)


def test_times_and_bends_from_the_side_have_their_standard_error() -> None:
    report = gait_report(analyze_gait(one_camera(0.0)))
    for name in TIMES:
        assert report.measures[name].value is not None
    knee = report.measures["knee_flexion_range_left"]
    assert knee.standard_error is not None
    assert 5.0 < knee.standard_error < 15.0
    assert not any(DOUBT in event.warnings for event in report.events)


def test_markers_are_timed_in_any_direction() -> None:
    report = gait_report(analyze_gait(walker_sequence(simulate_walk(), CameraView(heading_deg=90))))
    assert report.measures["stride_time"].value == pytest.approx(12.0 / 11.0, rel=0.01)
