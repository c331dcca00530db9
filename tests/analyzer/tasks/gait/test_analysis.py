"""The whole analysis against walks whose every parameter is known, and in rooms of any kind."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from benchmarks.gait_walker import AMOUNTS_PERCENT, ASYMMETRIES, HEADINGS_DEG, TILTS_DEG, truth
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation
from tests.analyzer.tasks.gait import walks

from neuropose.analyzer import PoseSequence
from neuropose.analyzer.tasks.gait import STRIDE_MEASURES, GaitAnalysis, analyze_gait
from neuropose.errors import MissingJointsError, SequenceError
from neuropose.testing import (
    CameraView,
    WalkerParameters,
    WalkerTrial,
    simulate_walk,
    walker_sequence,
)

SUPPORTS = ("initial_double_support", "terminal_double_support")
PHASES = ("stance", "swing", "single_support")
POSSIBLE = [
    (speed, cadence) for speed, cadence in product((0.4, 0.7, 1.0, 1.3, 1.6), (80.0, 105.0, 130.0))
]


def check_against_truth(analysis: GaitAnalysis, trial: WalkerTrial, percent: float = 3.0) -> None:
    """Every parameter within 3 %; what lies between contact and foot off within that or 5 ms.

    Double support is nearly 0 at times. At 30 frames a second it is a third of a frame.
    """
    within_s = max(0.005, 1.0 / 3.0 / trial.parameters.fps)
    for (name, side), true in truth(trial).items():
        values = analysis.values(name, side)
        assert len(values), (name, side)
        error = float(np.nanmean(values)) - true
        allowed = 0.01 * percent * true
        if name in (*SUPPORTS, *PHASES):
            allowed = max(allowed, 100.0 * within_s / trial.parameters.stride_time_s)
        assert abs(error) <= allowed, (name, side, error, true)


@pytest.mark.parametrize(("speed", "cadence"), POSSIBLE)
def test_every_parameter_within_three_percent(speed: float, cadence: float) -> None:
    for fps in (30.0, 60.0, 120.0):
        trial = simulate_walk(
            WalkerParameters(speed_m_s=speed, cadence_steps_min=cadence, fps=fps, duration_s=10.0)
        )
        check_against_truth(analyze_gait(walker_sequence(trial)), trial)


@pytest.mark.parametrize("kind", ASYMMETRIES)
@pytest.mark.parametrize("amount", [-30.0, *AMOUNTS_PERCENT])
def test_asymmetric_walks(kind: str, amount: float) -> None:
    trial = walks.trial(**{f"{kind}_asymmetry_percent": amount}, duration_s=10.0)
    analysis = analyze_gait(walker_sequence(trial))
    check_against_truth(analysis, trial)
    left, right = (analysis.values("step_time", side).mean() for side in ("left", "right"))
    expected = amount if kind == "step_time" else 0.0
    assert 100.0 * (left - right) / (0.5 * (left + right)) == pytest.approx(expected, abs=2.5)


@pytest.mark.parametrize(("heading_deg", "tilt_deg"), list(product(HEADINGS_DEG, TILTS_DEG)))
def test_any_heading_and_tilt(heading_deg: float, tilt_deg: float) -> None:
    trial = walks.trial(step_length_asymmetry_percent=20.0, duration_s=8.0)
    view = CameraView(heading_deg=heading_deg, tilt_deg=tilt_deg, distance_mm=20_000.0)
    check_against_truth(analyze_gait(walker_sequence(trial, view)), trial)


@pytest.mark.parametrize("fps", [30.0, 60.0])
def test_variable_frame_rate(fps: float) -> None:
    trial = walks.trial(fps=fps, frame_jitter=0.4, duration_s=12.0)
    analysis = analyze_gait(walker_sequence(trial))
    assert analysis.walk is not None
    assert analysis.walk.records[0].resampled
    check_against_truth(analysis, trial)


def test_treadmill() -> None:
    trial = walks.trial(step_length_asymmetry_percent=20.0, duration_s=12.0)
    check_against_truth(analyze_gait(walker_sequence(trial.on_treadmill())), trial)


@pytest.mark.parametrize(("noise_mm", "median_ms"), [(5.0, 11.0), (10.0, 12.0), (20.0, 12.0)])
def test_with_noise_events_are_within_a_frame(noise_mm: float, median_ms: float) -> None:
    trial = walks.trial(duration_s=20.0).with_noise(noise_mm)
    events = analyze_gait(walker_sequence(trial)).events
    errors = np.concatenate([walks.errors_ms(events, trial, kind) for kind in walks.KINDS])
    assert np.median(np.abs(errors)) < median_ms < 1000.0 / trial.parameters.fps


def test_noise_widens_spread_and_lowers_confidence() -> None:
    clean, noisy = (
        analyze_gait(walker_sequence(walks.trial(duration_s=20.0).with_noise(noise_mm)))
        for noise_mm in (0.0, 15.0)
    )
    assert noisy.values("stride_time").std() > 4.0 * clean.values("stride_time").std()
    assert clean.strides[3].confidence["stance"] > noisy.strides[3].confidence["stance"]
    assert clean.walk is not None
    assert noisy.walk is not None
    assert len(clean.walk.records) == 2  # sharper for the timing
    assert len(noisy.walk.records) == 1


WALK = walks.sequence(duration_s=6.0, step_length_asymmetry_percent=15.0)
ANALYSIS = analyze_gait(WALK)


def same(
    one: GaitAnalysis,
    other: GaitAnalysis,
    side_of: dict[str, str] | None = None,
    rtol: float = 1e-3,
) -> None:
    """Whether two analyses have the same strides, with left as right if `side_of` says so."""
    side_of = {"left": "left", "right": "right"} if side_of is None else side_of
    for side in ("left", "right"):
        for name in STRIDE_MEASURES:
            np.testing.assert_allclose(
                one.values(name, side),
                other.values(name, side_of[side]),
                rtol=rtol,
                atol=1e-3,
                err_msg=name,
            )


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    shift=st.tuples(*[st.floats(-1e4, 1e4)] * 3),
    start_s=st.floats(-100.0, 1e4),
)
def test_the_room_does_not_matter(
    seed: int, shift: tuple[float, float, float], start_s: float
) -> None:
    turn = Rotation.random(rng=seed).as_matrix()
    walk = PoseSequence.from_arrays(
        WALK.time_s + start_s,
        WALK.positions_mm @ turn.T + shift,
        list(WALK.joints),
        up=turn @ [0.0, 1.0, 0.0],
    )
    moved = analyze_gait(walk)
    same(ANALYSIS, moved, rtol=1e-4)  # rounding decides about an outlier just at its bound
    first = (analysis.events[0].time_s for analysis in (ANALYSIS, moved))
    assert next(first) + start_s == pytest.approx(next(first), abs=1e-4)


def test_a_mirror_exchanges_the_sides() -> None:
    mirrored = [
        joint.replace("left", "·").replace("right", "left").replace("·", "right")
        for joint in WALK.joints
    ]
    walk = PoseSequence.from_arrays(
        WALK.time_s, WALK.positions_mm * [1.0, 1.0, -1.0], mirrored, up=[0.0, 1.0, 0.0]
    )
    same(ANALYSIS, analyze_gait(walk), {"left": "right", "right": "left"})


def test_larger_people_take_larger_steps_at_the_same_times() -> None:
    walk = walks.changed(WALK, 1.3 * WALK.positions_mm)
    larger = analyze_gait(walk)
    np.testing.assert_allclose(
        larger.values("stride_length"), 1.3 * ANALYSIS.values("stride_length"), rtol=1e-3
    )
    np.testing.assert_allclose(
        larger.values("stride_time"), ANALYSIS.values("stride_time"), rtol=1e-3
    )


def nothing(frames: int, rate_hz: float = 60.0) -> PoseSequence:
    return PoseSequence.from_arrays(
        np.arange(frames) / rate_hz,
        np.full((frames, len(WALK.joints), 3), np.nan),
        list(WALK.joints),
        up=[0.0, 1.0, 0.0],
    )


def standing_on_the_right() -> PoseSequence:
    """Somebody who stands, and of whose left foot nothing is seen."""
    still = np.repeat(WALK.positions_mm[:1], 360, axis=0)
    still[:, [WALK.joints.index(f"left_{joint}") for joint in ("ankle", "heel", "toe")]] = np.nan
    return walks.changed(WALK, still)


@pytest.mark.parametrize(
    ("walk", "reason"),
    [
        (standing_on_the_right(), "the left foot is missing in every frame, and the other does"),
        (WALK.slice(0.0, 0.0), "a rate needs two samples"),
        (WALK.slice(0.0, 0.04), "too few frames follow each other"),
        (WALK.slice(0.0, 1.2), "needs two contacts of one foot; found were 1 of the left"),
        (nothing(100), "the feet or the pelvis are missing in every frame"),
        (walks.sequence(fps=8.0), "8 frames a second are too few"),
        (walks.changed(WALK, np.repeat(WALK.positions_mm[:1], 360, axis=0)), "nobody walks"),
    ],
)
def test_no_stride_has_its_reason_and_is_no_error(walk: PoseSequence, reason: str) -> None:
    analysis = analyze_gait(walk)
    assert analysis.strides == ()
    assert reason in str(analysis.reason)
    assert analysis.values("cadence").shape == (0,)
    assert analysis.cycles(np.zeros(len(walk)), "left").count == 0


def test_few_frames_a_second_are_warned_of() -> None:
    analysis = analyze_gait(walks.sequence(fps=12.0, duration_s=12.0))
    assert any("low-pass is at 4.8 Hz instead of 6" in each for each in analysis.warnings)
    np.testing.assert_allclose(analysis.values("stride_time").mean(), 12.0 / 11.0, rtol=0.005)


@pytest.mark.parametrize(
    ("kept", "missing"),
    [
        (("pelvis", "left_ankle", "right_ankle"), {"left_hip", "right_hip"}),
        (("pelvis", "left_hip", "right_hip", "left_ankle"), {"right_heel", "right_toe"}),
    ],
)
def test_a_skeleton_without_the_joints_is_refused(kept: tuple[str, ...], missing: set[str]) -> None:
    with pytest.raises(MissingJointsError) as raised:
        analyze_gait(WALK.select(*kept))
    assert missing <= set(raised.value.missing)


def test_a_side_that_is_none_is_refused() -> None:
    with pytest.raises(SequenceError, match="'Left' is not a side"):
        analyze_gait(WALK, affected_side="Left")  # type: ignore[arg-type]


def test_angles_of_both_legs_over_the_cycle() -> None:
    trial = walks.trial(duration_s=6.0, step_length_asymmetry_percent=15.0)
    assert ANALYSIS.angles is not None
    for side in ("left", "right"):
        knee = ANALYSIS.cycles(ANALYSIS.angles[f"{side}_knee_flexion"].values_deg, side)
        true = trial.side(side).knee_flexion_deg  # type: ignore[arg-type]
        assert knee.count == len(ANALYSIS.chosen(side))
        assert knee.peak.mean() == pytest.approx(true.max(), abs=1.0)
        starts_s = trial.side(side).initial_contact_s[:2]  # type: ignore[arg-type]
        cycle_s = np.linspace(*starts_s, 101)
        error = knee.mean - np.interp(cycle_s, trial.time_s, true)
        # The low-pass rounds the corner at contact off.
        assert np.sqrt(np.mean(error**2)) < 1.5
        assert knee.sd.max() < 0.5


def test_a_skeleton_without_toes_has_knees_all_the_same() -> None:
    joints = [f"{s}_{j}" for s in ("left", "right") for j in ("hip", "knee", "ankle")]
    analysis = analyze_gait(WALK.select("pelvis", "neck", *joints))
    assert analysis.angles is not None
    assert "left_knee_flexion" in analysis.angles
    assert "left_ankle_dorsiflexion" in analysis.angles.refused


@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_holes_anywhere_never_raise(data: st.DataObject) -> None:
    positions = WALK.positions_mm.copy()
    rows = st.integers(0, len(WALK) - 1)
    columns = st.integers(0, len(WALK.joints) - 1)
    for first, length, joint in data.draw(
        st.lists(st.tuples(rows, st.integers(1, 200), columns), max_size=12)
    ):
        positions[first : first + length, joint] = np.nan
    analysis = analyze_gait(walks.changed(WALK, positions))
    for stride in analysis.strides:
        missing = {name for name, value in stride.values.items() if np.isnan(value)}
        assert missing == set(stride.reasons)


def test_the_same_input_gives_the_same_bits() -> None:
    one, other = analyze_gait(WALK), analyze_gait(WALK)
    assert [e.time_s for e in one.events] == [e.time_s for e in other.events]
    assert str(one.strides) == str(other.strides)
