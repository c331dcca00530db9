"""Angles that no body has, or keeps, are doubted; those of patients are not."""

from __future__ import annotations

import numpy as np
import pytest
from tests.analyzer.kinematics.angles.mannequin import Limbs, Mannequin

from neuropose.analyzer import ANGLES, joint_angles
from neuropose.analyzer.kinematics.angles import Angle, AngleKind
from neuropose.analyzer.kinematics.angles.plausible import (
    LIMITS,
    doubt_implausible,
    refuse_impossible,
)
from neuropose.analyzer.tasks.registry import TASKS
from neuropose.testing import (
    CameraView,
    simulate_reach,
    simulate_sit_to_stand,
    simulate_timed_up_and_go,
    simulate_walk,
    walker_sequence,
)

TIME = np.linspace(0.0, 1.0, 101)


def doubted(name: str, values_deg: np.ndarray, confidence: float = 0.8) -> Angle:
    return doubt_implausible(Angle(name, values_deg, AngleKind.INCLUSIVE, "a test", confidence))


def test_a_knee_that_stays_bent_backwards() -> None:
    """From −19° to −12°: never beyond what a knee can do, and yet no walk."""
    knee = doubted("right_knee_flexion", -15.5 + 3.5 * np.sin(20.0 * TIME))
    assert knee.confidence == 0.4
    assert knee.warnings == (
        "below -10° in 100 % of the frames: no knee stays there, left and right or front and back "
        "may be exchanged",
    )


def test_the_confidence_is_that_of_the_frames_that_may_be_right() -> None:
    knee = doubted("left_knee_flexion", np.where(TIME < 0.75, -15.0, 40.0))
    assert knee.confidence == pytest.approx(0.8 * (1.0 - 0.5 * 75.0 / 101.0))
    impossible = doubted("left_knee_flexion", np.where(TIME < 0.75, -25.0, 40.0))
    assert impossible.confidence == pytest.approx(0.8 * (1.0 - 75.0 / 101.0))


def test_a_knee_with_recurvatum() -> None:
    """Hyperextension by 15° at the peak of stance, and a swing of 45°."""
    stance = -15.0 * np.sin(np.pi * np.clip(TIME / 0.6, 0.0, 1.0))
    swing = 45.0 * np.sin(np.pi * np.clip((TIME - 0.6) / 0.4, 0.0, 1.0))
    knee = doubted("left_knee_flexion", stance + swing)
    assert (knee.confidence, knee.warnings) == (0.8, ())


@pytest.mark.parametrize("name", LIMITS)
@pytest.mark.parametrize("end", ["least", "most"])
def test_every_limit(name: str, end: str) -> None:
    limits = LIMITS[name]
    beyond, lasting = getattr(limits, end), getattr(limits, f"{end}_lasting")
    outwards = -1.0 if end == "least" else 1.0
    for value, share, doubtful in (
        (beyond + outwards, 0.1, True),
        (beyond + outwards, 0.01, False),
        (lasting + outwards, 0.6, True),
        (lasting + outwards, 0.4, False),
        (lasting - outwards, 1.0, False),
    ):
        values = np.where(share >= TIME, value, 0.0)
        assert bool(doubted(name, values).warnings) is doubtful, (value, share)
    assert limits.least < limits.least_lasting < limits.most_lasting < limits.most


def test_they_are_limits_of_angles() -> None:
    assert {name.removeprefix("left_").removeprefix("right_") for name in ANGLES} >= set(LIMITS)


def test_missing_frames_do_not_count() -> None:
    values = np.where(TIME < 0.9, np.nan, 30.0)
    values[0] = -15.0
    assert doubted("left_knee_flexion", values).warnings == ()
    assert doubted("left_knee_flexion", np.full(5, np.nan)).confidence == 0.8


def test_postures_and_movements_of_healthy_people() -> None:
    postures = [
        Mannequin(left=Limbs(hip_flexion=95.0, knee_flexion=95.0)).sequence(),
        Mannequin(left=Limbs(hip_flexion=120.0, knee_flexion=140.0)).sequence(),
        Mannequin(left=Limbs(shoulder_flexion=170.0, elbow_flexion=140.0)).sequence(),
        walker_sequence(simulate_walk()),
        simulate_sit_to_stand(5).sequence,
        simulate_timed_up_and_go().sequence,
        simulate_reach().sequence,
    ]
    for sequence in postures:
        for name, angle in joint_angles(sequence).items():
            assert not any("of the frames: no " in each for each in angle.warnings), name


def test_the_report_of_a_walk_says_so() -> None:
    """A vertical and a heading that are right, knees that are mirrored backwards."""
    sequence = walker_sequence(simulate_walk())
    positions_mm = sequence.positions_mm.copy()
    hip, knee, ankle = (sequence.joints.index(f"left_{each}") for each in ("hip", "knee", "ankle"))
    middle = 0.5 * (positions_mm[:, hip] + positions_mm[:, ankle])
    positions_mm[:, knee, 0] = 2.0 * middle[:, 0] - positions_mm[:, knee, 0]
    report = TASKS["gait"].run(sequence.with_positions(positions_mm))
    choice = report.choices["left_knee_flexion"]
    assert any("no knee bends so far" in each for each in choice.warnings)
    assert choice.confidence < 0.8
    assert report.measures["knee_flexion_range_left"].confidence < 0.8
    assert report.choices["right_knee_flexion"].warnings == ()


@pytest.mark.parametrize("name", LIMITS)
def test_a_range_that_no_joint_has_is_refused(name: str) -> None:
    most_deg = LIMITS[name].most - LIMITS[name].least
    for share, refused in ((0.97, False), (1.05, True)):
        values = share * most_deg * (0.5 + 0.5 * np.sin(20.0 * TIME))
        angle = refuse_impossible(Angle(name, values, AngleKind.INCLUSIVE, "a test", 0.8), None)
        assert (angle.reason is not None) is refused
        assert np.isnan(angle.measurable_deg).all() == refused
    spike = np.where(TIME[50] == TIME, 900.0, 10.0)
    assert refuse_impossible(Angle(name, spike, AngleKind.INCLUSIVE, "a test"), None).reason is None


@pytest.mark.parametrize("view", [None, CameraView(heading_deg=90.0)])
def test_a_mirror_image_has_no_angles_and_no_step_width(view: CameraView | None) -> None:
    walk = walker_sequence(simulate_walk(), *([] if view is None else [view]))
    mirrored = walk.with_positions(walk.positions_mm * [1.0, 1.0, -1.0])
    report = TASKS["gait"].run(mirrored)
    across = ("step_width", "margin_of_stability_ap_left", "margin_of_stability_ml")
    for name in ("hip_flexion_range_left", "knee_flexion_peak_right", *across):
        measure = report.measures[name]
        assert measure.value is None
        assert "left and right are exchanged, or the recording is a mirror" in str(measure.reason)
    assert report.measures["stride_time"].value is not None
    assert joint_angles(walk)["left_hip_flexion"].reason is None


def test_names_of_the_other_side_have_no_angles_either() -> None:
    walk = walker_sequence(simulate_walk())
    other = {"left": "right", "right": "left"}
    names = [
        f"{other[side]}_{rest}" if (side := name.partition("_")[0]) in other else name
        for name, rest in ((each, each.partition("_")[2]) for each in walk.joints)
    ]
    order = [walk.joints.index(name) for name in names]
    swapped = walk.with_positions(walk.positions_mm[:, order])
    assert all(np.isnan(angle.measurable_deg).all() for angle in joint_angles(swapped).values())


def test_who_goes_backwards_or_exchanges_a_few_frames_keeps_the_angles() -> None:
    walk = walker_sequence(simulate_walk())
    backwards = walk.with_positions(walk.positions_mm[::-1])
    assert joint_angles(backwards)["left_hip_flexion"].reason is None
    left, right = walk.joints.index("left_hip"), walk.joints.index("right_hip")
    positions_mm = walk.positions_mm.copy()
    positions_mm[:40, [left, right]] = positions_mm[:40, [right, left]]
    assert joint_angles(walk.with_positions(positions_mm))["left_knee_flexion"].reason is None
