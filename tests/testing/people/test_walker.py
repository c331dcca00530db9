"""The synthetic walker against what can be read off its positions, independently."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from neuropose.skeletons import BLAZEPOSE_33
from neuropose.skeletons.sides import SIDES, Side, other
from neuropose.testing import WalkerParameters, WalkerTrial, simulate_walk

Array = NDArray[np.float64]

WALKS = {
    "ordinary": WalkerParameters(),
    "slow": WalkerParameters(speed_m_s=0.3, cadence_steps_min=60, stance_percent=70),
    "fast": WalkerParameters(speed_m_s=2.0, cadence_steps_min=140, stance_percent=60),
    "limping": WalkerParameters(
        speed_m_s=0.8,
        cadence_steps_min=90,
        step_length_asymmetry_percent=30,
        step_time_asymmetry_percent=20,
        stance_asymmetry_percent=-15,
    ),
    "limping_right": WalkerParameters(
        speed_m_s=1.1,
        step_length_asymmetry_percent=-20,
        step_time_asymmetry_percent=-10,
        edge_speed_ratio=0.6,
    ),
    "child": WalkerParameters(body_height_mm=1100, speed_m_s=0.9, cadence_steps_min=140),
}


@pytest.fixture(params=WALKS, scope="module")
def trial(request: pytest.FixtureRequest) -> WalkerTrial:
    parameters: WalkerParameters = WALKS[request.param]
    return simulate_walk(parameters.model_copy(update={"fps": 500.0}))


def at(trial: WalkerTrial, times_s: Array) -> WalkerTrial:
    """The same walk at other times."""
    times_s = np.concatenate([trial.time_s[:1], times_s, trial.time_s[-1:]])  # keeps the origin
    return simulate_walk(trial.parameters, times_s=times_s)


def joints_at(trial: WalkerTrial, name: str, times_s: Array) -> Array:
    return at(trial, times_s).joint(name)[1:-1]


ON_THE_TOES = 0.9
"""Share of stance from which the foot rolls off the tips of its toes."""


def in_stance(trial: WalkerTrial, side: Side, until: float = 1.0) -> NDArray[np.bool_]:
    truth = trial.side(side)
    stance = np.zeros(len(trial.time_s), dtype=bool)
    for contact_s in truth.initial_contact_s:
        off_s = contact_s + until * stance_s(trial, side)
        stance |= (trial.time_s >= contact_s) & (trial.time_s <= off_s)
    return stance


def stance_s(trial: WalkerTrial, side: Side) -> float:
    return 0.01 * trial.side(side).stance_percent * trial.parameters.stride_time_s


def angle_deg(one: Array, other: Array) -> Array:
    cosine = (one * other).sum(axis=1)
    cosine = cosine / np.linalg.norm(one, axis=1) / np.linalg.norm(other, axis=1)
    return np.degrees(np.arccos(cosine))


@pytest.mark.parametrize("side", SIDES)
def test_a_foot_on_the_floor_does_not_slide(trial: WalkerTrial, side: Side) -> None:
    stance = in_stance(trial, side, ON_THE_TOES)
    both = stance[1:] & stance[:-1]
    heel, toe = trial.joint(f"{side}_heel"), trial.joint(f"{side}_foot_index")
    heel_moved = np.linalg.norm(np.diff(heel, axis=0), axis=1)[both]
    toe_moved = np.linalg.norm(np.diff(toe, axis=0), axis=1)[both]
    # It rolls: at every moment the heel or the toe stands still; which one may change once.
    resting = np.minimum(heel_moved, toe_moved)
    assert both.sum() > 500
    assert np.quantile(resting, 0.995) < 1e-9
    assert resting.max() < 0.2  # the step in which the heel rises or the sole comes down
    assert np.minimum(heel[:, 1], toe[:, 1])[stance].max() < 1e-9


@pytest.mark.parametrize("side", SIDES)
def test_a_foot_in_the_air_is_above_the_floor(trial: WalkerTrial, side: Side) -> None:
    lowest = np.minimum(trial.joint(f"{side}_heel")[:, 1], trial.joint(f"{side}_foot_index")[:, 1])
    assert lowest.min() > -1e-3
    swing = ~in_stance(trial, side)
    first = np.searchsorted(trial.time_s, trial.side(side).initial_contact_s[0])
    last = np.searchsorted(trial.time_s, trial.side(side).initial_contact_s[-1])
    assert lowest[first:last][swing[first:last]].max() > 15.0


@pytest.mark.parametrize("side", SIDES)
def test_events_are_where_the_foot_meets_and_leaves_the_floor(
    trial: WalkerTrial, side: Side
) -> None:
    truth, moment = trial.side(side), 2e-3
    contacts = truth.initial_contact_s[1:-1]
    heel = f"{side}_heel"
    assert np.abs(joints_at(trial, heel, contacts)[:, 1]).max() < 1e-9
    assert joints_at(trial, heel, contacts - moment)[:, 1].min() > 0.05
    offs = truth.foot_off_s[1:-1]
    toe = f"{side}_foot_index"
    rolls = offs - (1.0 - ON_THE_TOES) * stance_s(trial, side)
    assert np.abs(joints_at(trial, toe, rolls)[:, 1]).max() < 1e-6
    assert joints_at(trial, toe, rolls + 5 * moment)[:, 1].min() > 0.0


@pytest.mark.parametrize("side", SIDES)
def test_the_toe_is_carried_up_and_forwards_before_foot_off(trial: WalkerTrial, side: Side) -> None:
    """Of nine laboratories: 0.3 of the walking speed 28 ms before, all of it 6 ms after."""
    offs, toe = trial.side(side).foot_off_s[1:-1], f"{side}_foot_index"
    moment, walking = 1e-4, 1000.0 * trial.parameters.speed_m_s

    def speeds(times_s: Array) -> Array:
        moved = joints_at(trial, toe, times_s + moment) - joints_at(trial, toe, times_s - moment)
        return moved / (2.0 * moment * walking)

    before, after = (speeds(offs + sign * 2.0 * moment) for sign in (-1.0, 1.0))
    assert np.abs(after - before).max() < 0.05  # nothing jumps
    assert before[:, 0] == pytest.approx(np.full(len(offs), 0.6), abs=0.03)
    assert before[:, 1] == pytest.approx(np.full(len(offs), 0.45), abs=0.03)
    early = np.linalg.norm(speeds(offs - 0.03 * stance_s(trial, side)), axis=1)
    assert ((early > 0.2) & (early < 0.5)).all()
    assert np.linalg.norm(speeds(offs + 0.02), axis=1).min() > 1.0


@pytest.mark.parametrize("side", SIDES)
def test_the_spatiotemporal_parameters_can_be_measured(trial: WalkerTrial, side: Side) -> None:
    parameters, truth, opposite = trial.parameters, trial.side(side), trial.side(other(side))
    contacts, offs = truth.initial_contact_s, truth.foot_off_s
    assert len(contacts) >= 3
    strides_s = np.diff(contacts)
    assert 120.0 / strides_s == pytest.approx(parameters.cadence_steps_min)
    places = joints_at(trial, f"{side}_heel", contacts)[:, 0]
    assert np.diff(places) / strides_s == pytest.approx(1000.0 * parameters.speed_m_s)
    other_places = joints_at(trial, f"{other(side)}_heel", opposite.initial_contact_s)[:, 0]
    for contact_s, place in zip(contacts, places, strict=True):
        step = np.searchsorted(opposite.initial_contact_s, contact_s) - 1
        if step >= 0:
            assert place - other_places[step] == pytest.approx(truth.step_length_mm)
            step_s = contact_s - opposite.initial_contact_s[step]
            assert step_s == pytest.approx(truth.step_time_s)
    other_now = joints_at(trial, f"{other(side)}_heel", contacts)[:, 0]
    assert places - other_now == pytest.approx(truth.heel_separation_mm)
    assert 0.93 < truth.heel_separation_mm / truth.step_length_mm <= 1.0
    first_off = offs[offs > contacts[0]][0]
    stance_percent = 100.0 * (first_off - contacts[0]) / strides_s[0]
    assert stance_percent == pytest.approx(truth.stance_percent)
    other_off = opposite.foot_off_s[opposite.foot_off_s > contacts[0]][0]
    double_percent = 100.0 * (other_off - contacts[0]) / strides_s[0]
    assert double_percent == pytest.approx(truth.initial_double_support_percent)


def test_the_phases_add_up(trial: WalkerTrial) -> None:
    for side in SIDES:
        truth = trial.side(side)
        assert truth.stance_percent + truth.swing_percent == pytest.approx(100.0)
        assert (
            truth.initial_double_support_percent
            + truth.single_support_percent
            + truth.terminal_double_support_percent
        ) == pytest.approx(truth.stance_percent)
        assert truth.single_support_percent == pytest.approx(trial.side(other(side)).swing_percent)
    for field in ("step_length_mm", "step_time_s"):
        both = sum(getattr(trial.side(side), field) for side in SIDES)
        stride = getattr(trial.parameters, field.replace("step", "stride"))
        assert both == pytest.approx(stride)


def test_the_asymmetries_are_symmetry_indices() -> None:
    trial = simulate_walk(WALKS["limping"])

    def index(field: str) -> float:
        left, right = getattr(trial.left, field), getattr(trial.right, field)
        return float(100.0 * (left - right) / (0.5 * (left + right)))

    assert index("step_length_mm") == pytest.approx(30.0)
    assert index("step_time_s") == pytest.approx(20.0)
    assert index("stance_percent") == pytest.approx(-15.0)


@pytest.mark.parametrize("side", SIDES)
def test_angles_agree_with_the_positions(trial: WalkerTrial, side: Side) -> None:
    def joint(name: str) -> Array:
        return trial.joint(f"{side}_{name}")

    truth = trial.side(side)
    thigh, shank = joint("knee") - joint("hip"), joint("ankle") - joint("knee")
    assert angle_deg(thigh, shank) == pytest.approx(truth.knee_flexion_deg, abs=1e-6)
    sole = joint("foot_index") - joint("heel")
    assert 90.0 - angle_deg(sole, -shank) == pytest.approx(truth.ankle_dorsiflexion_deg, abs=1e-6)
    right = trial.joint("right_hip") - trial.joint("left_hip")
    up = np.tile([0.0, 1.0, 0.0], (len(right), 1))
    forward = np.cross(up, right)
    forward /= np.linalg.norm(forward, axis=1, keepdims=True)
    flexion = np.arctan2((thigh * forward).sum(axis=1), -(thigh * up).sum(axis=1))
    assert np.degrees(flexion) == pytest.approx(truth.hip_flexion_deg, abs=1e-6)


def test_the_bones_keep_their_lengths(trial: WalkerTrial) -> None:
    rigid = ("hip", "knee"), ("knee", "ankle"), ("ankle", "heel"), ("heel", "foot_index")
    arms = ("shoulder", "elbow"), ("elbow", "wrist"), ("wrist", "index")
    for side in SIDES:
        for start, end in (*rigid, *arms):
            bone = trial.joint(f"{side}_{end}") - trial.joint(f"{side}_{start}")
            assert np.ptp(np.linalg.norm(bone, axis=1)) < 1e-6
    assert np.isfinite(trial.positions_mm).all()
    top = trial.positions_mm[:, :, 1].max()
    assert 0.8 < top / trial.parameters.body_height_mm < 1.0


def test_an_ordinary_walk_looks_normal() -> None:
    trial = simulate_walk()
    for side in SIDES:
        truth = trial.side(side)
        assert 52 < truth.knee_flexion_deg.max() < 68
        assert 2 < truth.knee_flexion_deg.min() < 8
        assert -25 < truth.hip_flexion_deg.min() < -10
        assert 18 < truth.hip_flexion_deg.max() < 32
        assert -25 < truth.ankle_dorsiflexion_deg.min() < -10
        assert 8 < truth.ankle_dorsiflexion_deg.max() < 25


def test_the_other_side_limps_as_the_mirror_image() -> None:
    left_limp = WALKS["limping"]
    right_limp = left_limp.model_copy(
        update={
            field: -getattr(left_limp, field)
            for field in type(left_limp).model_fields
            if field.endswith("asymmetry_percent")
        }
    )
    trials = simulate_walk(left_limp), simulate_walk(right_limp)
    fractions = np.linspace(0.0, 0.999, 50) * left_limp.stride_time_s
    angles = []
    for trial, side in zip(trials, SIDES, strict=True):
        contact_s = trial.side(side).initial_contact_s[0]
        angles.append(at(trial, contact_s + fractions).side(side).knee_flexion_deg[1:-1])
    assert angles[0] == pytest.approx(angles[1], abs=1e-3)
    assert trials[0].left.step_length_mm == pytest.approx(trials[1].right.step_length_mm)


def test_the_heel_is_farthest_ahead_at_contact_and_the_toe_behind_after_foot_off() -> None:
    trial = simulate_walk(WalkerParameters(fps=1000, edge_speed_ratio=1.2))
    pelvis = 0.5 * (trial.joint("left_hip") + trial.joint("right_hip"))[:, 0]
    for side in SIDES:
        ahead = trial.joint(f"{side}_heel")[:, 0] - pelvis
        behind = pelvis - trial.joint(f"{side}_foot_index")[:, 0]
        truth = trial.side(side)
        for distance, events_s, later_s in (
            (ahead, truth.initial_contact_s, 0.0),
            (behind, truth.foot_off_s, 0.011),
        ):
            for event_s in events_s[1:-1]:
                near = np.abs(trial.time_s - event_s) < 0.3 * trial.parameters.stride_time_s
                found_s = trial.time_s[near][distance[near].argmax()]
                assert found_s == pytest.approx(event_s + later_s, abs=2e-3)


def test_the_times_can_vary() -> None:
    parameters = WalkerParameters(fps=30, frame_jitter=0.4, duration_s=20)
    trial = simulate_walk(parameters)
    intervals = np.diff(trial.time_s)
    assert intervals.min() > 0.6 / 30 - 1e-9
    assert intervals.max() < 1.4 / 30 + 1e-9
    assert np.ptp(intervals) > 0.5 / 30
    assert intervals.mean() == pytest.approx(1 / 30, rel=0.05)
    assert np.array_equal(simulate_walk(parameters).positions_mm, trial.positions_mm)
    reseeded = simulate_walk(parameters.model_copy(update={"seed": 1}))
    assert not np.array_equal(reseeded.time_s, trial.time_s)


def test_positions_depend_on_the_time_alone() -> None:
    slow, fast = (simulate_walk(WalkerParameters(fps=fps, duration_s=4.0)) for fps in (30, 120))
    fast_until = fast.positions_mm[: 4 * len(slow.time_s) : 4]
    offset = slow.positions_mm[0, :, 0] - fast_until[0, :, 0]  # the middles of the paths differ
    assert np.ptp(offset) < 1e-6
    assert slow.joint("left_knee")[:, 1] == pytest.approx(
        fast.joint("left_knee")[::4, 1][: len(slow.time_s)]
    )


def test_the_walk_goes_straight_through_the_origin() -> None:
    trial = simulate_walk()
    pelvis = 0.5 * (trial.joint("left_hip") + trial.joint("right_hip"))
    assert pelvis[0, 0] == pytest.approx(-pelvis[-1, 0])
    speed = np.diff(pelvis[:, 0]) / np.diff(trial.time_s)
    assert speed == pytest.approx(1000.0 * trial.parameters.speed_m_s)
    assert np.abs(pelvis[:, 2]).max() < 30.0
    width = trial.joint("right_heel")[:, 2] - trial.joint("left_heel")[:, 2]
    assert width == pytest.approx(trial.parameters.step_width_mm)
    shoulders = trial.joint("right_shoulder") - trial.joint("left_shoulder")
    assert shoulders[:, 2].min() > 300.0  # the subject's right is +Z


def test_on_a_treadmill_the_pelvis_stays() -> None:
    trial = simulate_walk().on_treadmill()
    pelvis = 0.5 * (trial.joint("left_hip") + trial.joint("right_hip"))
    assert np.abs(pelvis[:, 0]).max() < 1e-6
    stance = in_stance(trial, "left")
    both = stance[1:] & stance[:-1]
    belt = np.diff(trial.joint("left_heel")[:, 0])[both] / np.diff(trial.time_s)[both]
    assert np.median(belt) == pytest.approx(-1000.0 * trial.parameters.speed_m_s)


def test_noise_is_as_strong_as_asked_and_leaves_the_truth() -> None:
    trial = simulate_walk()
    noisy = trial.with_noise(20.0, seed=3)
    noise = noisy.positions_mm - trial.positions_mm
    assert noise.std() == pytest.approx(20.0, rel=0.02)
    assert np.abs(noise.mean(axis=(0, 1))).max() < 1.0
    assert noisy.left is trial.left
    assert np.array_equal(noisy.positions_mm, trial.with_noise(20.0, seed=3).positions_mm)
    assert not np.array_equal(noisy.positions_mm, trial.with_noise(20.0, seed=4).positions_mm)


def test_joints_are_named() -> None:
    trial = simulate_walk()
    assert trial.skeleton is BLAZEPOSE_33
    assert np.array_equal(trial.joint("nose"), trial.positions_mm[:, 0])
    with pytest.raises(KeyError, match="elbows"):
        trial.joint("elbows")


def test_running_is_refused() -> None:
    with pytest.raises(ValueError, match="running"):
        WalkerParameters(stance_percent=52, stance_asymmetry_percent=20)


def test_strides_longer_than_the_legs_are_refused() -> None:
    with pytest.raises(ValueError, match="too long for a body"):
        simulate_walk(WalkerParameters(speed_m_s=2.4, cadence_steps_min=50))
