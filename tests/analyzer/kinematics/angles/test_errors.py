"""Standard errors of angles against angles whose errors are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import spearmanr

from neuropose.analyzer import ANGLES, PoseSequence, joint_angle, joint_angles
from neuropose.analyzer.kinematics.angles.errors import HALF_SURE_DEG, sureness
from neuropose.filters import Preparation, prepare
from neuropose.sequence.position_error import (
    MARKERS,
    ONE_CAMERA,
    PositionError,
    sight_axes,
)
from neuropose.testing import CameraView, WalkerParameters, simulate_walk, walker_sequence

TRIAL = simulate_walk(WalkerParameters(duration_s=4.0))
VIEWS = {"side": 0.0, "oblique": 45.0, "front": 90.0, "behind": 262.0}


def seen(heading_deg: float) -> PoseSequence:
    """The exact walk in the axes of a camera, its vertical known."""
    view = CameraView(heading_deg=heading_deg, distance_mm=4500.0)
    return replace(walker_sequence(TRIAL, view), up=-view.rotation[:, 1] * [0, -1, 0])


def as_one_camera(exact: PoseSequence, seed: int) -> PoseSequence:
    """The walk with errors as one camera makes them: half of each lasting, half slowly varying."""
    rng = np.random.default_rng(seed)
    frames, joints, _ = exact.positions_mm.shape
    sd_mm = ONE_CAMERA.standard_deviation_mm(np.ones((frames, joints)))
    slow = prepare(
        exact.time_s, rng.normal(size=(frames, joints, 3)), Preparation(cutoff_hz=1.0)
    ).values
    slow = slow / slow.std(axis=0)
    lasting = rng.normal(size=(1, joints, 3))
    drawn = np.sqrt(0.5) * (slow + lasting) * sd_mm
    moved = np.einsum("tjk,tjkx->tjx", drawn, sight_axes(exact.positions_mm))
    return replace(exact, positions_mm=exact.positions_mm + moved, position_error=ONE_CAMERA)


def courses(name: str) -> list[tuple[str, float, float]]:
    """Angle, confidence and root mean square error of every course of a view, three draws."""
    exact = seen(VIEWS[name])
    truth = joint_angles(exact)
    found = []
    for seed in range(3):
        angles = joint_angles(as_one_camera(exact, seed))
        for angle in angles:
            off_deg = angles[angle].values_deg - truth[angle].values_deg
            known = off_deg[np.isfinite(off_deg)]
            if len(known) > 0.5 * len(exact):
                found.append((angle, angles[angle].error_deg, float(np.sqrt(np.mean(known**2)))))
    return found


@pytest.fixture(scope="module")
def every() -> NDArray[np.float64]:
    return np.array([(error, off) for name in VIEWS for _, error, off in courses(name)])


def test_standard_errors_order_the_errors_of_all_angles_and_views(
    every: NDArray[np.float64],
) -> None:
    assert len(every) > 150
    confidence = np.array([sureness(error) for error in every[:, 0]])
    assert spearmanr(1.0 - confidence, every[:, 1]).statistic > 0.6


def test_standard_errors_cover_the_errors(every: NDArray[np.float64]) -> None:
    ratio = every[:, 1] / every[:, 0]
    assert 0.5 < np.mean(ratio < 1.0) < 0.9
    assert np.mean(ratio < 2.0) > 0.9


@pytest.mark.parametrize("name", VIEWS)
def test_a_knee_is_known_from_the_side_and_not_from_the_front(name: str) -> None:
    exact = seen(VIEWS[name])
    knee = joint_angles(replace(exact, position_error=ONE_CAMERA))["left_knee_flexion"]
    if name == "side":
        assert knee.error_deg < 10.0
        assert knee.reason is None
        assert knee.usable_deg is knee.values_deg
    elif name in ("front", "behind"):
        assert knee.error_deg > 14.5
        assert knee.confidence < 0.15
        assert "from the front or behind does not see this movement" in (knee.reason or "")
        assert knee.warnings[0] == knee.reason
        assert np.isnan(knee.usable_deg).all()
    assert not np.isnan(knee.values_deg).any()


def test_trunk_to_the_side_is_known_from_the_front() -> None:
    angles = joint_angles(replace(seen(VIEWS["front"]), position_error=ONE_CAMERA))
    assert angles["trunk_lean_right"].error_deg < 0.5 * angles["trunk_lean_forward"].error_deg
    assert angles["trunk_lean_right"].reason is None
    assert angles["trunk_lean_forward"].reason is not None


def test_an_error_that_is_too_large_is_a_reason_from_any_side() -> None:
    angles = joint_angles(replace(seen(0.0), position_error=PositionError.isotropic(120.0)))
    assert "above 15°" in (angles["left_knee_flexion"].reason or "")


def test_markers_are_sure() -> None:
    angles = joint_angles(walker_sequence(TRIAL))
    for side in ("left", "right"):
        assert angles[f"{side}_knee_flexion"].confidence > 0.9
        assert angles[f"{side}_knee_flexion"].reason is None


def test_the_error_grows_with_the_error_of_the_positions() -> None:
    errors_deg = [
        joint_angles(
            replace(seen(0.0), position_error=PositionError.isotropic(size_mm)),
            ["right_knee_flexion"],
        )["right_knee_flexion"].error_deg
        for size_mm in (1.0, 2.0, 4.0)
    ]
    assert errors_deg[1] == pytest.approx(2.0 * errors_deg[0], rel=0.05)
    assert errors_deg[2] == pytest.approx(4.0 * errors_deg[0], rel=0.05)


def test_a_right_angle_has_the_error_of_its_two_bones() -> None:
    """Of bones of 300 and 400 mm, each end moved by 3 mm: three angles of known size."""
    points = [[[300.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 400.0, 0.0]]] * 3
    bent = PoseSequence.from_arrays(
        [0.0, 0.1, 0.2], points, ["one", "vertex", "last"], position_error=MARKERS
    )
    angle = joint_angle(bent, "one", "vertex", "last")
    ends = np.degrees(np.arctan(3.0 / np.array([300.0, 400.0])))
    assert angle.error_deg == pytest.approx(np.sqrt(2.0 * (ends**2).sum()), rel=0.01)
    assert angle.confidence == pytest.approx(sureness(angle.error_deg))


def test_hidden_joints_have_larger_errors() -> None:
    exact = seen(0.0)
    confidence = np.ones(exact.positions_mm.shape[:2])
    confidence[:, exact.joints.index("left_knee")] = 0.1
    angles = joint_angles(replace(exact, position_error=ONE_CAMERA, confidence=confidence))
    assert angles["left_knee_flexion"].error_deg > 1.5 * angles["right_knee_flexion"].error_deg


def test_an_uncertain_vertical_makes_the_trunk_uncertain_and_not_the_knee() -> None:
    known = replace(seen(0.0), position_error=MARKERS)
    one, other = joint_angles(known), joint_angles(replace(known, up=None))
    assert other["trunk_lean_right"].error_deg > one["trunk_lean_right"].error_deg + 1.0
    assert other["left_knee_flexion"].error_deg == pytest.approx(
        one["left_knee_flexion"].error_deg, abs=0.01
    )


def test_what_is_never_seen_has_no_error_and_no_confidence() -> None:
    exact = seen(0.0)
    empty = joint_angles(exact.with_positions(np.full(exact.positions_mm.shape, np.nan)))
    assert set(empty) <= set(ANGLES)
    for angle in empty.values():
        assert np.isnan(angle.error_deg)
        assert angle.confidence == 0.0


def test_sureness() -> None:
    assert sureness(HALF_SURE_DEG) == 0.5
    assert sureness(float("nan")) == 0.0
