"""DTW of real strides: three patients' walks, and a treadmill trial, with nothing synthetic."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from benchmarks.gait_recordings import PATIENTS, patient, treadmill
from scipy.spatial.transform import Rotation

from neuropose.analyzer import (
    ComparisonSettings,
    DtwSettings,
    PoseSequence,
    analyze_gait,
    dtw_all,
    dtw_matches,
    dtw_matrix,
    dtw_per_joint,
    prepare,
)
from neuropose.analyzer.compare.dtw import dtw
from neuropose.study.trial.cycles import cycle_of
from neuropose.study.trial.segments import Segment

pytestmark = pytest.mark.real

LEGS = tuple(
    f"{side}_{joint}"
    for side in ("left", "right")
    for joint in ("hip", "knee", "ankle", "heel", "toe")
)
ANGLES = tuple(
    f"{side}_{angle}" for side in ("left", "right") for angle in ("hip_flexion", "knee_flexion")
)


@cache
def walk(who: str) -> PoseSequence:
    """The legs, smoothed as everywhere."""
    recording, _ = treadmill() if who == "treadmill" else patient(who)
    legs = recording.select("pelvis", *LEGS)
    ready = prepare(legs.time_s, legs.positions_mm)
    return legs.with_positions(ready.values)


@cache
def strides(who: str) -> tuple[PoseSequence, ...]:
    """Strides of the left foot, six at the most."""
    recording, _ = treadmill() if who == "treadmill" else patient(who)
    found = [each for each in analyze_gait(recording).strides if each.side == "left"][:6]
    return tuple(
        cycle_of(walk(who), Segment("stride", number, each.start_s, each.end_s), 101)
        for number, each in enumerate(found)
    )


@pytest.mark.parametrize(
    "settings",
    [
        ComparisonSettings(representation="angles", joints=ANGLES),
        ComparisonSettings(align="body", scale=True, joints=LEGS),
        ComparisonSettings(align="body", joints=LEGS, step_pattern="symmetric2", band=0.1),
        ComparisonSettings(align="frame", joints=LEGS),
        ComparisonSettings(representation="velocities", align="body", joints=LEGS, cost="squared"),
    ],
)
def test_strides_of_a_person_are_nearer_than_those_of_others(settings: ComparisonSettings) -> None:
    """Other people are also from other laboratories: their markers add to what is between them."""
    people = [who for who in (*PATIENTS, "treadmill") for _ in strides(who)]
    everyone = [stride for who in (*PATIENTS, "treadmill") for stride in strides(who)]
    distances = dtw_matrix(everyone, settings=settings, normalized=True).distances
    same = np.array([[one == other for other in people] for one in people])
    apart = ~np.eye(len(people), dtype=bool)
    assert same[apart].sum() > 10
    assert 3.0 * distances[same & apart].max() < distances[~same].min()


@pytest.mark.parametrize("who", [*PATIENTS, "treadmill"])
def test_a_turned_moved_and_slowed_copy_is_the_same_movement(who: str) -> None:
    """Frames that are held for longer, elsewhere in the room: no pair of frames differs."""
    one = walk(who)
    times = np.random.default_rng(0).integers(1, 4, len(one))
    turn = Rotation.from_euler("xyz", [25.0, 130.0, -40.0], degrees=True).as_matrix()
    slowed = np.repeat(one.positions_mm @ turn.T + [900.0, -300.0, 4000.0], times, axis=0)
    copy = PoseSequence.from_arrays(np.arange(len(slowed)) / 100.0, slowed, one.joints)
    result = dtw_all(one, copy, ComparisonSettings(align="sequence"))
    assert result.normalized_distance < 1e-6
    assert result.alignment is not None
    np.testing.assert_allclose(result.alignment.rotation, turn.T, atol=1e-9)
    elsewhere = dtw_all(one, copy)
    assert elsewhere.normalized_distance > 1000.0


@pytest.mark.parametrize("who", [*PATIENTS, "treadmill"])
def test_distance_grows_with_what_is_changed(who: str) -> None:
    """A swing of the left ankle to the side, of 0 to 160 mm; the other joints stay as they are."""
    one = strides(who)[0]
    swing = np.sin(np.linspace(0.0, np.pi, len(one)))
    found, ankle = [], one.joints.index("left_ankle")
    for amount_mm in (0.0, 10.0, 20.0, 40.0, 80.0, 160.0):
        positions = one.positions_mm.copy()
        positions[:, ankle] += amount_mm * swing[:, None] * [0.0, 0.0, 1.0]
        settings = ComparisonSettings(joints=LEGS)
        other = one.with_positions(positions)
        found.append(dtw_all(one, other, settings).distance)
        alone = {name: each.distance for name, each in dtw_per_joint(one, other, settings).items()}
        assert {name for name, distance in alone.items() if distance} <= {"left_ankle"}
    assert found[0] == 0.0
    assert (np.diff(found) > 0.0).all()
    assert found[-1] <= 160.0 * swing.sum() * (1.0 + 1e-12)  # the diagonal is one of the paths


def test_a_stride_is_found_again_in_the_walk() -> None:
    recording = walk("treadmill")
    stride = recording.slice(strides("treadmill")[2].time_s[0], strides("treadmill")[2].time_s[-1])
    settings = ComparisonSettings(align="body", joints=LEGS)
    matches = dtw_matches(stride, recording, settings, most=6)
    assert matches[0].normalized_distance < 5.0
    assert matches[0].start_s == pytest.approx(stride.time_s[0], abs=0.02)
    starts = np.array([each.time_s[0] for each in strides("treadmill")])
    analysed = np.concatenate([starts, starts[-1:] + np.arange(1, 8) * np.diff(starts).mean()])
    for match in matches:
        assert np.abs(analysed - match.start_s).min() < 0.15


def test_a_real_pair_by_every_path_of_a_coarse_copy() -> None:
    """Every eighth frame of a knee of two people, against the plain recursion."""
    one, other = (
        strides(who)[0].joint("left_knee")[::8] - strides(who)[0].joint("pelvis")[::8]
        for who in ("healthy", "stroke")
    )
    costs = np.linalg.norm(one[:, None] - other[None], axis=2)
    total = np.full(np.add(costs.shape, 1), np.inf)
    total[0, 0] = 0.0
    for i, row in enumerate(costs):
        for j, cost in enumerate(row):
            total[i + 1, j + 1] = min(
                total[i, j] + 2.0 * cost, total[i, j + 1] + cost, total[i + 1, j] + cost
            )
    found = dtw(one, other, DtwSettings(step_pattern="symmetric2"))
    assert found.distance == pytest.approx(total[-1, -1], rel=1e-12)


def test_the_same_twice_and_both_ways() -> None:
    one, other = strides("parkinson")[0], strides("healthy")[0]
    settings = ComparisonSettings(representation="angles", joints=ANGLES)
    first, second, turned = (
        dtw_all(a, b, settings) for a, b in ((one, other), (one, other), (other, one))
    )
    assert first.distance == second.distance == turned.distance
    assert np.array_equal(np.asarray(first.path), np.asarray(second.path))
