"""What a view does not tell is no number, but has an interval and the view that would."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from neuropose.analyzer import PoseSequence, joint_angles
from neuropose.analyzer.tasks import find_task
from neuropose.analyzer.tasks.judging import Judge, with_basis
from neuropose.data import Assumption, Measure, Pictures, Report, Source
from neuropose.sequence import PositionError
from neuropose.sequence.position_error import OF_PICTURES
from neuropose.testing import (
    CameraView,
    WalkerParameters,
    reconstructed,
    simulate_walk,
    walker_sequence,
)

DEEP = PositionError(along_mm=60.0, across_mm=4.0, hidden_along_mm=60.0, hidden_across_mm=4.0)
TRIAL = simulate_walk(WalkerParameters(duration_s=4.0, fps=30))
SIDE, FRONT = 0.0, 270.0


def seen(heading_deg: float) -> PoseSequence:
    view = CameraView(heading_deg=heading_deg, distance_mm=8000.0)
    exact = replace(walker_sequence(TRIAL, view), up=-view.rotation[:, 1] * [0, -1, 0])
    return PoseSequence.from_reconstruction(reconstructed(exact, DEEP, draws=10))


@pytest.fixture(scope="module")
def reports() -> dict[str, Report]:
    return {
        name: find_task("gait").run(seen(heading_deg))
        for name, heading_deg in (("side", SIDE), ("front", FRONT))
    }


def test_the_side_tells_the_knee_and_the_front_tells_the_width(reports: dict[str, Report]) -> None:
    side, front = (reports[name].measures for name in ("side", "front"))
    assert side["knee_flexion_peak_left"].value == pytest.approx(59.0, abs=6.0)
    assert front["step_width"].value == pytest.approx(90.0, abs=10.0)
    for measure, better in (
        (side["step_width"], "film from the front or behind, or with a second camera"),
        (front["knee_flexion_range_left"], "film from the side, or with a second camera"),
    ):
        assert measure.value is None
        assert measure.reason is not None
        assert measure.reason.startswith("cannot be told from this view")
        assert measure.reason.endswith(better)


def test_what_is_not_given_keeps_its_error_and_its_interval(reports: dict[str, Report]) -> None:
    width = reports["side"].measures["step_width"]
    assert width.standard_error is not None
    assert width.standard_error > 15.0
    assert width.interval is not None
    assert width.interval[1] - width.interval[0] == pytest.approx(3.92 * width.standard_error)


def test_what_is_given_has_its_interval_too(reports: dict[str, Report]) -> None:
    speed = reports["side"].measures["walking_speed"]
    assert speed.value is not None
    assert speed.interval is not None
    assert speed.interval[0] < 1.25 < speed.interval[1]


def test_times_from_the_front_are_refused_whatever_the_draws_say(
    reports: dict[str, Report],
) -> None:
    for name in ("stride_time", "stance_left", "walking_speed"):
        measure = reports["front"].measures[name]
        assert measure.value is None
        assert measure.reason is not None
        assert "does not see" in measure.reason
    assert all(
        any("front or behind" in flag for flag in event.warnings)
        for event in reports["front"].events
    )


def test_an_angle_course_is_refused_though_its_range_may_be_known() -> None:
    sequence = seen(FRONT)
    knee = joint_angles(sequence, ["left_knee_flexion"])["left_knee_flexion"]
    assert knee.reason is not None
    assert knee.reason.endswith("film from the side, or with a second camera")
    assert knee.is_hidden
    assert np.isnan(knee.measurable_deg).all()
    lasting = seen(SIDE)
    moved = lasting.draws_mm.copy() * 0.0  # type: ignore[union-attr]
    moved[:, :, lasting.joints.index("left_knee"), 2] = 120.0
    course = joint_angles(replace(lasting, draws_mm=moved), ["left_knee_flexion"])
    assert course["left_knee_flexion"].reason is not None
    report = find_task("rom").run(replace(lasting, draws_mm=moved))
    assert report.measures["knee_flexion_range_right"].value is not None


def test_markers_are_not_a_view() -> None:
    walk = PoseSequence.from_reconstruction(reconstructed(walker_sequence(TRIAL), 5.0, draws=2))
    judged = Judge("gait", walk).judged(
        "step_width", Measure(value=90.0, unit="mm", n=3, standard_error=20.0, sd=3.0)
    )
    assert judged.value is None
    assert judged.sd is None
    assert judged.reason == (
        "cannot be told from these markers: its standard error is above 15 mm, the most that it "
        "is good for"
    )
    assert judged.interval == pytest.approx((50.8, 129.2))


def test_one_camera_is_a_view_in_the_axes_of_a_room_too() -> None:
    walk = replace(walker_sequence(TRIAL), position_error=OF_PICTURES[Pictures.ONE_CAMERA])
    judged = Judge("gait", walk).judged(
        "step_width", Measure(value=90.0, unit="mm", n=3, standard_error=20.0)
    )
    assert judged.reason is not None
    assert judged.reason.startswith("cannot be told from this view")


def test_what_could_be_given_is_asked_for_first() -> None:
    guessed = Assumption(source=Source.ASSUMED, value="height of 1700 mm")
    walk = replace(seen(SIDE), assumptions={"height": guessed}, up_source=Source.ASSUMED)
    height, up = "the person's height (height_mm)", "which way is up (up)"
    for name, unit, given in (
        ("step_length", "mm", f"give {height}, or "),
        ("foot_clearance_left", "mm", f"give {height} and {up}, or "),
        ("hip_flexion_peak_left", "deg", f"give {up}, or "),
        ("knee_flexion_peak_left", "deg", ""),
        ("stance", "%", ""),
    ):
        wide = Measure(value=60.0, unit=unit, n=3, standard_error=90.0)
        reason = Judge("gait", walk).judged(name, wide).reason
        assert reason is not None
        assert reason.endswith(f"; {given}film with a second camera")


def test_what_has_no_error_is_left_as_it_is() -> None:
    walk = PoseSequence.from_reconstruction(reconstructed(walker_sequence(TRIAL), 5.0, draws=2))
    judge = Judge("gait", walk)
    for measure in (Measure(value=9.0, unit="s", n=1), Measure.missing("s", "not found")):
        assert judge.judged("stride_time", measure) is measure


@pytest.mark.parametrize(("error", "is_told"), [(30.0, True), (50.0, False)])
def test_who_may_not_move_at_all_has_no_rhythm(error: float, is_told: bool) -> None:
    own = {
        "amplitude": Measure(value=100.0, unit="mm", n=9, standard_error=error),
        "rate": Measure(value=2.0, unit="Hz", n=8, standard_error=0.1, warnings=("odd",)),
        "pauses": Measure.missing("1", "one repetition has no rhythm"),
    }
    found = with_basis("repetitions", own)
    assert found["amplitude"] == own["amplitude"]
    assert found["pauses"] == own["pauses"]
    if is_told:
        assert found["rate"] == own["rate"]
        return
    assert found["rate"].value is None
    assert found["rate"].reason == "the amplitude, 100 ± 50 mm, is not told from nothing"
    assert (found["rate"].n, found["rate"].warnings) == (8, ("odd",))


def test_tasks_without_a_size_are_left_as_they_are() -> None:
    own = {"amplitude": Measure(value=1.0, unit="mm", n=1, standard_error=1.0)}
    assert with_basis("arm_swing", own) == own
    assert with_basis("sway", own) == own
