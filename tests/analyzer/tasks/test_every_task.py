"""What holds for every task: no axis matters, nothing is dropped, nothing crashes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation
from tests.analyzer.tasks.rooms import mirrored, turned, without

from neuropose.analyzer import PoseSequence
from neuropose.analyzer.tasks.range_of_motion import RangeOfMotionSettings
from neuropose.analyzer.tasks.registry import TASKS, find_task
from neuropose.analyzer.tasks.repetitions import DecaySettings
from neuropose.data import Measure, Report, SegmentSignal
from neuropose.errors import MissingJointsError, UnknownTaskError
from neuropose.io import load_report, save_report
from neuropose.testing import (
    WalkerParameters,
    simulate_reach,
    simulate_sit_to_stand,
    simulate_sway,
    simulate_taps,
    simulate_timed_up_and_go,
    simulate_walk,
    swing_arms,
    walker_sequence,
)

MOVEMENTS: dict[str, Callable[[], PoseSequence]] = {
    "gait": lambda: walker_sequence(
        simulate_walk(WalkerParameters(step_length_asymmetry_percent=9))
    ),
    "reach": lambda: simulate_reach(trunk_mm=60.0).sequence,
    "sit-to-stand": lambda: simulate_sit_to_stand(5).sequence,
    "tug": lambda: simulate_timed_up_and_go().sequence,
    "repetitions": lambda: simulate_taps(np.linspace(150.0, 60.0, 12)).sequence,
    "rom": lambda: walker_sequence(simulate_walk()),
    "sway": lambda: simulate_sway(duration_s=20.0).sequence,
    "arm-swing": lambda: swing_arms(simulate_walk(), left_deg=8.0, right_deg=20.0).sequence,
}
SIGNED = ("turn_angle", "turn_to_sit_angle")
LATERAL = ("pelvis_obliquity", "pelvis_rotation", "trunk_lean_right")
EXTREMES = {"minimum": "maximum", "maximum": "minimum"}
SIDED = ("symmetry_index", "log_ratio")


@cache
def movement(task: str) -> PoseSequence:
    return MOVEMENTS[task]()


@cache
def measured(task: str) -> Report:
    return TASKS[task].run(movement(task))


def plainly(task: str, sequence: PoseSequence) -> dict[str, float]:
    """Without the outlier filter: rounding decides about a sample that is just at its bound."""
    kind = TASKS[task].settings_class()
    preparation = kind().preparation.model_copy(update={"outlier_window": None})
    return values(TASKS[task].run(sequence, kind(preparation=preparation)))


def values(report: Report) -> dict[str, float]:
    return {
        name: np.nan if each.value is None else each.value for name, each in report.measures.items()
    }


def same(one: dict[str, float], two: dict[str, float], tolerance: float = 1e-6) -> bool:
    assert one.keys() == two.keys()
    wrong = {
        name: (one[name], two[name])
        for name in one
        if not np.isclose(one[name], two[name], rtol=tolerance, atol=tolerance, equal_nan=True)
    }
    assert wrong == {}
    return True


UPSIDE_DOWN = "the given vertical is -y, but the trunk"


@pytest.mark.parametrize("task", TASKS)
def test_a_vertical_that_the_body_contradicts(task: str) -> None:
    """Said first; what depends on it is refused with the reason, what does not is as it was."""
    upside_down = replace(movement(task), up=np.array([0.0, -1.0, 0.0]))
    report, right = TASKS[task].run(upside_down), measured(task)
    assert report.warnings[0].startswith(UPSIDE_DOWN)
    assert "--up y" in report.warnings[0]
    refused = {name for name, each in report.measures.items() if each.value is None}
    if task == "reach":
        assert plainly(task, upside_down) == plainly(task, movement(task))
    elif task == "rom":
        assert (
            report.measures["elbow_flexion_range_left"]
            == (right.measures["elbow_flexion_range_left"])
        )
        assert {"trunk_lean_forward_range", "hip_flexion_maximum_left"} <= refused
    else:
        assert refused == set(report.measures)
        for measure in report.measures.values():
            assert measure.reason.startswith(UPSIDE_DOWN)
    assert "vertical" not in report.choices


@pytest.mark.parametrize("task", ["gait", "sit-to-stand", "sway", "tug"])
def test_a_vertical_that_was_confirmed_is_followed(task: str) -> None:
    upside_down = replace(movement(task), up=np.array([0.0, -1.0, 0.0]), up_confirmed=True)
    report = TASKS[task].run(upside_down)
    assert report.choices["vertical"].method == "given"
    assert "which was confirmed" in report.choices["vertical"].warnings[0]
    for measure in report.measures.values():
        assert measure.reason is None or UPSIDE_DOWN not in measure.reason


def test_one_angle_that_needs_no_vertical_beside_one_that_does() -> None:
    upside_down = replace(movement("rom"), up=np.array([0.0, -1.0, 0.0]))
    names = ("left_elbow_flexion", "trunk_lean_forward")
    report = TASKS["rom"].run(upside_down, RangeOfMotionSettings(angles=names))
    assert report.measures["elbow_flexion_range_left"].value is not None
    assert report.measures["trunk_lean_forward_range"].reason.startswith(UPSIDE_DOWN)


def test_repetitions_along_an_axis_of_the_file_need_no_vertical() -> None:
    upside_down = replace(movement("repetitions"), up=np.array([0.0, -1.0, 0.0]))
    signal = SegmentSignal(kind="axis", joints=("right_ankle",), axis="y")
    report = TASKS["repetitions"].run(upside_down, DecaySettings(signal=signal))
    assert report.measures["repetitions"].value is not None


def test_every_task_has_a_movement() -> None:
    assert MOVEMENTS.keys() == TASKS.keys()


@pytest.mark.parametrize("task", TASKS)
def test_its_own_movement_is_measured(task: str) -> None:
    report = measured(task)
    with_value = [name for name, each in report.measures.items() if each.value is not None]
    assert len(with_value) > 0.6 * len(report.measures)
    assert all(0.0 <= (each.confidence or 0.0) <= 1.0 for each in report.measures.values())
    assert report.parameters["preparation"]
    assert report.preparation


@pytest.mark.parametrize("task", TASKS)
@settings(max_examples=4, deadline=None)
@given(
    turn=st.tuples(*[st.floats(-180.0, 180.0)] * 3),
    shift=st.tuples(*[st.floats(-5000.0, 5000.0)] * 3),
)
def test_the_room_does_not_matter(task: str, turn: tuple[float], shift: tuple[float]) -> None:
    elsewhere = turned(
        movement(task), Rotation.from_euler("xyz", turn, degrees=True), np.array(shift)
    )
    assert same(plainly(task, elsewhere), plainly(task, movement(task)))


@pytest.mark.parametrize("task", TASKS)
def test_in_a_mirror_left_is_right(task: str) -> None:
    plain, seen = plainly(task, movement(task)), plainly(task, mirrored(movement(task)))
    expected = {}
    for name, value in plain.items():
        if name.endswith(("_left", "_right")):
            base, side = name.rsplit("_", 1)
            value = plain[f"{base}_{'right' if side == 'left' else 'left'}"]
        elif name.endswith(SIDED) or name in SIGNED:
            value = -value
        elif name.startswith(LATERAL) and not name.endswith("range"):
            base, extreme = name.rsplit("_", 1)
            value = -plain[f"{base}_{EXTREMES[extreme]}"]
        elif name == "lag_of_arms":
            value = (100.0 - value) % 100.0
        expected[name] = value
    assert same(seen, expected)


@pytest.mark.parametrize("task", TASKS)
def test_a_clock_that_starts_elsewhere(task: str) -> None:
    sequence = movement(task)
    later = PoseSequence.from_arrays(
        sequence.time_s + 1234.5, sequence.positions_mm, sequence.joints, up=sequence.up
    )
    assert same(values(TASKS[task].run(later)), values(measured(task)), 1e-5)


def assert_reasons(report: Report, names: set[str]) -> None:
    assert set(report.measures) == names
    for each in report.measures.values():
        assert isinstance(each, Measure)
        assert each.value is not None or each.reason


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("frames", [1, 2, 3, 12, 40])
def test_too_short(task: str, frames: int) -> None:
    sequence = movement(task)
    short = PoseSequence.from_arrays(
        sequence.time_s[:frames], sequence.positions_mm[:frames], sequence.joints, up=sequence.up
    )
    report = TASKS[task].run(short)
    assert_reasons(report, set(measured(task).measures))


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("up", [True, False])
def test_nobody_there(task: str, up: bool) -> None:
    sequence = movement(task)
    nobody = PoseSequence.from_arrays(
        sequence.time_s,
        np.full_like(sequence.positions_mm, np.nan),
        sequence.joints,
        up=sequence.up if up else None,
    )
    report = TASKS[task].run(nobody)
    assert_reasons(report, set(measured(task).measures))
    counts = {"turns", "turning_strides"}
    assert all(each.value is None for name, each in report.measures.items() if name not in counts)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("rate_hz", [5.0, 12.0, 25.0])
def test_slow_cameras(task: str, rate_hz: float) -> None:
    report = TASKS[task].run(movement(task).resample(rate_hz))
    assert_reasons(report, set(measured(task).measures))


@pytest.mark.parametrize("task", TASKS)
@settings(max_examples=5, deadline=None)
@given(start=st.floats(0.0, 1.0), length=st.floats(0.01, 1.0))
def test_gaps_are_no_crash(task: str, start: float, length: float) -> None:
    sequence = movement(task)
    begin = start * sequence.duration_s
    report = TASKS[task].run(without(sequence, begin, begin + length * sequence.duration_s))
    assert_reasons(report, set(measured(task).measures))


@pytest.mark.parametrize("task", TASKS)
@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 1000), share=st.floats(0.0, 0.9), noise=st.floats(0.0, 60.0))
def test_bad_poses_are_no_crash(task: str, seed: int, share: float, noise: float) -> None:
    random = np.random.default_rng(seed)
    sequence = movement(task)
    positions = sequence.positions_mm + random.normal(0.0, noise, sequence.positions_mm.shape)
    positions[random.random(positions.shape[:2]) < share] = np.nan
    report = TASKS[task].run(sequence.with_positions(positions))
    assert_reasons(report, set(measured(task).measures))


@pytest.mark.parametrize("task", TASKS)
def test_other_movements_are_no_crash(task: str) -> None:
    for other in MOVEMENTS:
        assert_reasons(TASKS[task].run(movement(other)), set(measured(task).measures))


@pytest.mark.parametrize("task", TASKS)
def test_missing_joints_are_named(task: str) -> None:
    eyes = movement(task).select("nose", "left_eye", "right_eye")
    with pytest.raises(MissingJointsError, match=r"left_|right_|pelvis"):
        TASKS[task].run(eyes)


@pytest.mark.parametrize("task", TASKS)
def test_to_a_file_and_back(task: str, tmp_path) -> None:
    one, two = tmp_path / "one.json", tmp_path / "two.json"
    save_report(one, measured(task))
    save_report(two, TASKS[task].run(movement(task)))
    assert one.read_bytes() == two.read_bytes()
    assert load_report(one) == measured(task)


def test_an_unknown_task() -> None:
    with pytest.raises(UnknownTaskError) as caught:
        find_task("sit_to_stand")
    assert "sit-to-stand" in caught.value.hint
    with pytest.raises(UnknownTaskError) as caught:
        find_task("balance")
    assert "sway" in caught.value.hint
