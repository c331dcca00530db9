"""Procrustes alignment: SciPy's numbers, known transformations, and refusals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial import procrustes as shape_difference
from scipy.spatial.transform import Rotation

from neuropose.analyzer import align_frames, align_points
from neuropose.errors import AlignmentError

Array = NDArray[np.float64]
NAN = np.nan

SEEDS = st.integers(0, 2**32 - 1)


def points(seed: int, count: int = 12) -> Array:
    return np.random.default_rng(seed).normal(scale=400.0, size=(count, 3))


def turn(seed: int) -> Array:
    return Rotation.random(rng=np.random.default_rng(seed)).as_matrix()


class TestMirrored:
    """A triangle and its mirror image, and the same with a point above them."""

    FIXED = np.array([[0.0, 0, 0], [1, 0, 0], [0, 2, 0]]) * 1000.0
    MIRRORED = np.array([[0.0, 0, 0], [-1, 0, 0], [0, 2, 0]]) * 1000.0

    def test_a_triangle_is_turned_over(self) -> None:
        found = align_points(self.MIRRORED, self.FIXED)
        assert found.rms_after_mm == pytest.approx(0.0, abs=1e-9)
        assert np.linalg.det(found.rotation) == pytest.approx(1.0)
        assert not found.mirrored
        assert found.angle_deg == pytest.approx(180.0)

    def test_a_solid_body_cannot_be(self) -> None:
        fixed = np.vstack([self.FIXED, [[0.0, 0.0, 1500.0]]])
        found = align_points(fixed * [-1, 1, 1], fixed)
        assert np.linalg.det(found.rotation) == pytest.approx(1.0)
        assert found.rms_after_mm > 100.0
        assert found.mirrored


@given(SEEDS)
def test_rotation_is_that_of_scipy(seed: int) -> None:
    moving, fixed = points(seed), points(seed + 1)
    weights = np.random.default_rng(seed).uniform(0.1, 1.0, 12)
    found = align_points(moving, fixed, weights=weights)
    centred = [each - np.average(each, axis=0, weights=weights) for each in (fixed, moving)]
    wanted, _ = Rotation.align_vectors(*centred, weights=weights)
    np.testing.assert_allclose(found.rotation, wanted.as_matrix(), atol=1e-6)


@given(SEEDS)
def test_residual_with_scale_is_that_of_scipy_where_no_mirror_is_needed(seed: int) -> None:
    fixed = points(seed)
    moving = fixed @ turn(seed).T * 0.7 + np.random.default_rng(seed).normal(
        scale=20.0, size=(12, 3)
    )
    found = align_points(moving, fixed, scale=True)
    _, _, disparity = shape_difference(fixed, moving)  # of the fixed points with a size of 1
    size2 = ((fixed - fixed.mean(axis=0)) ** 2).sum()
    assert found.rms_after_mm**2 * 12 / size2 == pytest.approx(disparity, rel=1e-9)


@given(SEEDS, st.floats(0.2, 5.0), st.booleans())
def test_a_known_transformation_is_found(seed: int, size: float, scale: bool) -> None:
    fixed, rotation = points(seed), turn(seed + 1)
    size = size if scale else 1.0
    shift = np.array([3000.0, -200.0, 50.0])
    moving = (fixed - shift) @ rotation / size
    found = align_points(moving, fixed, scale=scale)
    np.testing.assert_allclose(found.rotation, rotation, atol=1e-12)
    np.testing.assert_allclose(found.translation_mm, shift, atol=1e-8)
    assert found.scale == pytest.approx(size, rel=1e-12)
    np.testing.assert_allclose(found.apply(moving), fixed, atol=1e-8)
    assert found.rms_before_mm == pytest.approx(np.sqrt(((moving - fixed) ** 2).sum() / 12))
    assert found.rms_after_mm < 1e-8
    assert (found.points, found.mirrored) == (12, False)


@given(SEEDS, st.booleans())
def test_nothing_else_fits_better(seed: int, scale: bool) -> None:
    moving, fixed = points(seed), points(seed + 1)
    found = align_points(moving, fixed, scale=scale)
    random = np.random.default_rng(seed)
    for _ in range(20):
        nudge = Rotation.from_rotvec(random.normal(scale=0.02, size=3)).as_matrix()
        size = found.scale * (1.0 + random.normal(scale=0.02) if scale else 1.0)
        other = size * moving @ (nudge @ found.rotation).T
        other += fixed.mean(axis=0) - other.mean(axis=0)
        assert np.sqrt(((other - fixed) ** 2).sum() / 12) >= found.rms_after_mm - 1e-9


@given(SEEDS)
def test_it_never_mirrors(seed: int) -> None:
    moving, fixed = points(seed), points(seed) * [1.0, 1.0, -1.0]
    rotation = align_points(moving, fixed).rotation
    assert np.linalg.det(rotation) == pytest.approx(1.0)
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)


def test_exchanged_sides_are_told() -> None:
    body = np.array(
        [[0, 0, 0], [0, 500, 0], [0, 100, 150], [0, 100, -150], [120, 0, 90.0], [120, 0, -90]]
    )
    exchanged = align_points(body[[0, 1, 3, 2, 5, 4]], body)
    assert exchanged.rms_after_mm > 20.0
    assert exchanged.mirrored
    assert not align_points(body, body).mirrored


class TestMissing:
    FIXED = points(1)

    def test_pairs_of_which_one_is_missing_are_left_out(self) -> None:
        moving, fixed = self.FIXED @ turn(2), self.FIXED.copy()
        moving[[0, 5], [0, 2]] = NAN
        fixed[[5, 7], 1] = NAN
        found = align_points(moving, fixed)
        assert found.points == 9
        known = [1, 2, 3, 4, 6, 8, 9, 10, 11]
        wanted = align_points(moving[known], fixed[known])
        np.testing.assert_allclose(found.rotation, wanted.rotation, atol=1e-12)
        assert found.rms_after_mm == pytest.approx(wanted.rms_after_mm, abs=1e-9)

    def test_a_weight_of_0_leaves_out(self) -> None:
        moving = self.FIXED @ turn(2)
        moving[3] += 1e5
        weights = np.ones(12)
        weights[3] = 0.0
        found = align_points(moving, self.FIXED, weights=weights)
        assert (found.points, found.rms_after_mm < 1e-8) == (11, True)

    def test_missing_stays_missing(self) -> None:
        found = align_points(self.FIXED, self.FIXED)
        assert np.isnan(found.apply([[NAN, 1.0, 2.0]])).all()


LINE = np.linspace(0.0, 1000.0, 8)[:, None] * np.array([1.0, 2.0, -1.0])


@pytest.mark.parametrize(
    ("moving", "reason"),
    [
        (np.where(np.arange(8)[:, None] < 2, LINE, NAN), "2 pairs of points are known"),
        (np.full((8, 3), NAN), "0 pairs of points"),
        (LINE, "on a line"),
        (LINE + np.random.default_rng(0).normal(scale=1.0, size=(8, 3)), "on a line"),
        (np.full((8, 3), 5.0), "the points coincide"),
        (np.eye(3)[[0, 0, 1, 1, 2, 2, 0, 1]] * 1e-3, "the points coincide"),
    ],
)
@pytest.mark.parametrize("scale", [True, False])
def test_what_determines_no_rotation_is_refused(moving: Array, reason: str, scale: bool) -> None:
    fixed = points(3, 8)
    for one, other in ((moving, fixed), (fixed, moving)):
        with pytest.raises(AlignmentError, match=reason):
            align_points(one, other, scale=scale)
        with pytest.raises(AlignmentError, match=reason):
            align_frames(one[None], other[None], scale=scale)


def test_a_mirrored_sphere_has_no_best_rotation() -> None:
    """Equal extent in all directions, mirrored: turning about any axis by 180° fits as well."""
    fixed = np.vstack([np.eye(3), -np.eye(3)]) * 300.0
    with pytest.raises(AlignmentError, match="several rotations"):
        align_points(-fixed, fixed)


@pytest.mark.parametrize(
    ("moving", "fixed", "weights"),
    [
        (np.ones((4, 3)), np.ones((5, 3)), None),
        (np.ones((4, 2)), np.ones((4, 2)), None),
        (np.ones(3), np.ones(3), None),
        (points(1), points(2), np.ones(5)),
        (points(1), points(2), -np.ones(12)),
        (points(1), points(2), np.full(12, NAN)),
        (np.where(points(1) == points(1).max(), np.inf, points(1)), points(2), None),
    ],
)
def test_shapes_and_weights_that_do_not_fit(moving: Any, fixed: Any, weights: Any) -> None:
    with pytest.raises(AlignmentError):
        align_points(moving, fixed, weights=weights)


class TestFrames:
    FIXED = np.random.default_rng(4).normal(scale=300.0, size=(6, 9, 3))

    def test_each_frame_is_aligned_by_itself(self) -> None:
        random = np.random.default_rng(5)
        turns = Rotation.random(6, rng=random).as_matrix()
        moving = self.FIXED @ turns + random.normal(scale=500.0, size=(6, 1, 3))
        found = align_frames(moving, self.FIXED)
        np.testing.assert_allclose(found.rotation, turns, atol=1e-12)
        np.testing.assert_allclose(found.apply(moving), self.FIXED, atol=1e-9)
        assert (found.rms_before_mm > 100.0).all()
        for frame in range(6):
            alone = align_points(moving[frame], self.FIXED[frame])
            np.testing.assert_allclose(found.rotation[frame], alone.rotation, atol=1e-14)
            assert found.rms_before_mm[frame] == pytest.approx(alone.rms_before_mm)
            assert found.points[frame] == alone.points

    def test_what_is_found_cannot_be_changed(self) -> None:
        with pytest.raises(ValueError, match="read-only"):
            align_frames(self.FIXED, self.FIXED).rotation[0] = 1.0

    def test_one_pose_stands_for_all_frames(self) -> None:
        found = align_frames(self.FIXED, self.FIXED[2])
        assert found.rms_after_mm[2] == pytest.approx(0.0, abs=1e-9)
        again = align_frames(self.FIXED, np.repeat(self.FIXED[2:3], 6, axis=0))
        np.testing.assert_allclose(found.rotation, again.rotation, atol=1e-12)

    def test_a_frame_that_cannot_be_aligned_is_missing_and_told(self) -> None:
        moving = self.FIXED.copy()
        moving[1, 2:] = NAN
        moving[4] = moving[4, :1]
        found = align_frames(moving, self.FIXED, scale=True)
        assert [frame for frame, _ in found.refused] == [1, 4]
        assert "2 pairs" in found.refused[0][1]
        for values in (found.rotation, found.translation_mm, found.scale, found.rms_after_mm):
            missing = np.isnan(values).reshape(6, -1)
            assert missing.all(axis=1).tolist() == missing.any(axis=1).tolist()
            assert np.flatnonzero(missing.any(axis=1)).tolist() == [1, 4]
        assert np.isnan(found.apply(self.FIXED)[[1, 4]]).all()

    def test_joints_can_be_weighted(self) -> None:
        moving = self.FIXED @ turn(1)
        moving[:, 0] += 1e4
        weights = np.append(0.0, np.ones(8))
        assert align_frames(moving, self.FIXED, weights=weights).rms_after_mm.max() < 1e-8

    def test_a_single_pose_is_no_frames(self) -> None:
        with pytest.raises(AlignmentError, match="shape"):
            align_frames(self.FIXED[0], self.FIXED[0])
        with pytest.raises(AlignmentError, match="there are none"):
            align_frames(np.empty((0, 5, 3)), np.empty((0, 5, 3)))
