"""One movement recorded twice: what is matched, what is left out, and force plates as the truth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.study.validation.recorded_twice import misread, walk

from neuropose.analyzer import PoseSequence
from neuropose.data.force_plates import ForcePlate, ForcePlates
from neuropose.study.validation.compared_pair import compare_pair
from neuropose.testing import WalkerParameters, WalkerTrial, simulate_walk, walker_sequence

TRIAL = simulate_walk(WalkerParameters(duration_s=8.0, fps=100.0))


def plate_under(trial: WalkerTrial, number: int, *, late_s: float) -> ForcePlates:
    """A plate under one stance of the left foot, on a clock that is late."""
    start_s = float(trial.left.initial_contact_s[number])
    end_s = float(trial.left.foot_off_s[trial.left.foot_off_s > start_s][0])
    time_s = np.arange(0.0, 8.0, 0.001)
    heel, toe = (
        np.stack([np.interp(time_s, trial.time_s, trial.joint(name)[:, a]) for a in range(3)], 1)
        for name in ("left_heel", "left_foot_index")
    )
    loaded = (time_s > start_s + late_s) & (time_s < end_s + late_s)
    share = np.clip((time_s - start_s) / (end_s - start_s), 0.0, 1.0)[:, None]
    force = np.zeros((len(time_s), 3))
    force[loaded, 1] = 700.0
    centre = np.where(loaded[:, None], (1.0 - share) * heel + share * toe, np.nan)
    plate = ForcePlate(name="1", force_n=force, centre_of_pressure_mm=centre)
    return ForcePlates(format="mot", time_s=time_s, plates=(plate,))


def test_with_force_plates_only_their_steps_are_judged() -> None:
    sequence = walker_sequence(TRIAL)
    plates = plate_under(TRIAL, 2, late_s=0.03)
    pair = compare_pair("s", "walk", sequence, sequence, within_s=0.0, plates=plates)
    [contact] = [each for each in pair.events if each.kind == "initial_contact"]
    assert contact.error_s == pytest.approx(-0.03, abs=0.01)
    assert pair.true["initial_contact"] == (True,)
    assert not pair.found  # most steps are beside the plate: nobody knows


def test_a_missed_and_a_false_event_are_counted() -> None:
    reference = walk(1, 1)
    gone = np.array(reference.positions_mm)
    gone[300:420, reference.joints.index("left_heel")] = np.nan
    gone[300:420, reference.joints.index("left_toe")] = np.nan
    pair = compare_pair("s", "walk", replace(reference, positions_mm=gone), reference)
    assert not all(pair.true["initial_contact"])
    assert any(each.what == "stride" for each in pair.exclusions)
    assert all(each.count > 0 and each.reason for each in pair.exclusions)


def test_what_is_no_walk_has_angles_over_all_that_both_saw() -> None:
    time_s = np.arange(600) / 100.0
    bent = walk(2, 2, duration_s=6.0)
    sway = bent.positions_mm[:1] + np.zeros((600, 1, 1))
    arm = bent.joints.index("left_wrist")
    sway[:, arm, 1] += 200.0 * np.sin(2.0 * np.pi * (0.3 * time_s + 0.05 * time_s**2))
    sway[:, bent.joints.index("left_knee"), 0] += 30.0 * np.sin(1.7 * time_s)
    still = replace(bent, time_s=time_s, positions_mm=sway)
    pair = compare_pair("s", "wave", misread(still, noise_mm=1.0), still, within_s=0.0)
    assert not pair.strides
    elbows = [each for each in pair.angles if each.name == "elbow_flexion"]
    assert elbows
    assert not any(each.is_cycle for each in pair.angles)
    assert all(len(each.test_deg) > 400 for each in elbows)


def test_angles_that_one_lacks_are_listed() -> None:
    reference = walk(1, 3)
    kept = [name for name in reference.joints if "elbow" not in name]
    test: PoseSequence = reference.select(*kept)
    pair = compare_pair("s", "walk", test, reference, within_s=0.0)
    why = [each for each in pair.exclusions if each.what == "elbow_flexion"]
    assert why
    assert why[0].reason.startswith("test: ")
