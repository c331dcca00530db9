"""From the picture back to where the person stands."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import least_squares

from neuropose.data import Camera, CameraSource
from neuropose.estimator.absolute import (
    fit_translation,
    put_on_rays,
    turn_to_ray,
)
from neuropose.testing.people.scene import project

WIDTH, HEIGHT = 1920, 1080
PLAIN = Camera.from_fov(WIDTH, HEIGHT, 60.0)
DISTORTIONS = [
    (-0.12, 0.08, 0.0005, -0.0003),
    (0.15, -0.1, 0.0, 0.0, 0.01),
    (0.02, 0.01, 0.0, 0.0, 0.0, 0.05, 0.01, 0.0),
]

seeds = st.integers(0, 2**32 - 1)


def distorted(distortion: tuple[float, ...]) -> Camera:
    return Camera(
        intrinsic_matrix=((1650.0, 0.0, 950.0), (0.0, 1640.0, 560.0), (0.0, 0.0, 1.0)),
        distortion=distortion,
        source=CameraSource.GIVEN,
    )


def body(rng: np.random.Generator, joints: int = 33) -> NDArray[np.float64]:
    """About the size of a person, round the origin, mm."""
    return rng.normal(0.0, [250.0, 500.0, 200.0], (joints, 3))


def in_view(rng: np.random.Generator) -> NDArray[np.float64]:
    depth_mm = rng.uniform(2500.0, 8000.0)
    return np.array([*rng.uniform(-0.3, 0.3, 2), 1.0]) * depth_mm


class TestCameraRays:
    @given(seed=seeds, camera=st.sampled_from([PLAIN, *map(distorted, DISTORTIONS)]))
    @settings(deadline=None)
    def test_back_from_the_picture(self, seed: int, camera: Camera) -> None:
        rng = np.random.default_rng(seed)
        points_mm = body(rng) + in_view(rng)
        rays = camera.rays(project(points_mm, camera))
        assert rays == pytest.approx(points_mm[:, :2] / points_mm[:, 2:], abs=2e-4)

    def test_skew(self) -> None:
        camera = Camera(
            intrinsic_matrix=((1000.0, 5.0, 960.0), (0.0, 1100.0, 540.0), (0.0, 0.0, 1.0)),
            source=CameraSource.GIVEN,
        )
        ray = np.array([0.2, -0.1])
        [x, y, _] = camera.matrix @ [*ray, 1.0]
        assert camera.rays(np.array([[x, y]]))[0] == pytest.approx(ray)

    def test_principal_point_is_straight_ahead(self) -> None:
        middle = np.array([[WIDTH / 2.0, HEIGHT / 2.0]])
        assert PLAIN.rays(middle).tolist() == [[0.0, 0.0]]

    @pytest.mark.parametrize("camera", [PLAIN, distorted(DISTORTIONS[0])])
    def test_missing_points_stay_missing(self, camera: Camera) -> None:
        rays = camera.rays(np.array([[np.nan, np.nan], [100.0, 200.0]]))
        assert np.isnan(rays[0]).all()
        assert np.isfinite(rays[1]).all()


rays = st.tuples(st.floats(-5.0, 5.0), st.floats(-5.0, 5.0)).map(np.array)


class TestTurnToRay:
    @given(ray=rays)
    def test_is_the_smallest_rotation_of_the_axis_on_to_the_ray(
        self, ray: NDArray[np.float64]
    ) -> None:
        turn = turn_to_ray(ray)
        along = np.array([*ray, 1.0]) / np.linalg.norm([*ray, 1.0])
        assert turn @ turn.T == pytest.approx(np.eye(3), abs=1e-12)
        assert np.linalg.det(turn) == pytest.approx(1.0)
        assert turn @ [0.0, 0.0, 1.0] == pytest.approx(along, abs=1e-12)
        # Smallest: by no more than the angle between them, so not about the ray itself.
        angle = np.arccos(np.clip((np.trace(turn) - 1.0) / 2.0, -1.0, 1.0))
        assert np.cos(angle) == pytest.approx(along[2], abs=1e-9)

    def test_straight_ahead_is_left_alone(self) -> None:
        assert np.array_equal(turn_to_ray(np.zeros(2)), np.eye(3))

    def test_a_person_at_the_side_turns_with_the_line_of_sight(self) -> None:
        # Seen straight on, a person to the right faces the camera, that is to the left and back.
        facing = turn_to_ray(np.array([1.0, 0.0])) @ [0.0, 0.0, -1.0]
        assert facing == pytest.approx([-np.sqrt(0.5), 0.0, -np.sqrt(0.5)])


class TestFitTranslation:
    @given(seed=seeds)
    def test_known_translation_comes_back(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        pose_mm, translation_mm = body(rng), in_view(rng)
        seen_mm = pose_mm + translation_mm
        assume((seen_mm[:, 2] > 300.0).all())
        weights = rng.uniform(0.05, 1.0, len(pose_mm))
        fitted = fit_translation(pose_mm, seen_mm[:, :2] / seen_mm[:, 2:], weights)
        assert fitted == pytest.approx(translation_mm, abs=0.02)

    @given(seed=seeds, camera=st.sampled_from(list(map(distorted, DISTORTIONS))))
    @settings(deadline=None)
    def test_through_a_lens_that_distorts(self, seed: int, camera: Camera) -> None:
        rng = np.random.default_rng(seed)
        pose_mm, translation_mm = body(rng), in_view(rng)
        points_px = project(pose_mm + translation_mm, camera)
        fitted = fit_translation(pose_mm, camera.rays(points_px), np.ones(33))
        assert fitted == pytest.approx(translation_mm, rel=2e-3, abs=2.0)

    @given(seed=seeds)
    @settings(deadline=None)
    def test_with_noise_it_is_the_least_squares_solution_and_close(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        pose_mm, translation_mm = body(rng), in_view(rng)
        points_px = project(pose_mm + translation_mm, PLAIN) + rng.normal(0.0, 3.0, (33, 2))
        seen, weights = PLAIN.rays(points_px), rng.uniform(0.05, 1.0, 33)
        fitted = fit_translation(pose_mm, seen, weights)

        def residuals(t: NDArray[np.float64]) -> NDArray[np.float64]:
            moved = pose_mm + t
            off = moved[:, :2] / moved[:, 2:] - seen
            return (np.sqrt(weights)[:, None] * off).ravel()

        exact = {"xtol": 1e-15, "ftol": 1e-15, "gtol": 1e-15}
        best = least_squares(residuals, translation_mm, jac="3-point", x_scale=1000.0, **exact)
        assert fitted == pytest.approx(best.x, abs=0.1)
        assert np.linalg.norm(fitted - translation_mm) < 0.05 * translation_mm[2]

    def test_joints_of_little_weight_count_little(self) -> None:
        rng = np.random.default_rng(3)
        pose_mm, translation_mm = body(rng), np.array([200.0, -100.0, 4000.0])
        seen_mm = pose_mm + translation_mm
        seen = seen_mm[:, :2] / seen_mm[:, 2:]
        seen[:5] += 0.2
        errors_mm = []
        for weight in (1.0, 0.1, 0.001, 0.0):
            weights = np.ones(33)
            weights[:5] = weight
            errors_mm.append(
                np.linalg.norm(fit_translation(pose_mm, seen, weights) - translation_mm)
            )
        assert errors_mm == sorted(errors_mm, reverse=True)
        assert errors_mm[0] > 100.0
        assert errors_mm[-1] < 0.02

    def test_scale_of_the_weights_does_not_matter(self) -> None:
        rng = np.random.default_rng(4)
        pose_mm = body(rng)
        seen_mm = pose_mm + np.array([0.0, 0.0, 5000.0])
        seen = seen_mm[:, :2] / seen_mm[:, 2:] + rng.normal(0.0, 0.01, (33, 2))
        weights = rng.uniform(0.05, 1.0, 33)
        one = fit_translation(pose_mm, seen, weights)
        assert fit_translation(pose_mm, seen, 7.0 * weights) == pytest.approx(one, abs=0.02)

    def test_person_behind_the_camera_is_missing(self) -> None:
        pose_mm = body(np.random.default_rng(5))
        behind_mm = pose_mm + np.array([0.0, 0.0, -4000.0])
        seen = behind_mm[:, :2] / behind_mm[:, 2:]
        assert np.isnan(fit_translation(pose_mm, seen, np.ones(33))).all()

    def test_camera_inside_the_person_is_missing(self) -> None:
        pose_mm = body(np.random.default_rng(6))
        inside_mm = pose_mm + np.array([0.0, 0.0, 50.0])
        seen = inside_mm[:, :2] / inside_mm[:, 2:]
        assert np.isnan(fit_translation(pose_mm, seen, np.ones(33))).all()

    def test_joints_on_one_ray_leave_the_distance_open(self) -> None:
        assert np.isnan(fit_translation(np.zeros((33, 3)), np.zeros((33, 2)), np.ones(33))).all()

    def test_input_is_left_alone(self) -> None:
        pose_mm = body(np.random.default_rng(7))
        seen_mm = pose_mm + np.array([0.0, 0.0, 5000.0])
        seen, weights = seen_mm[:, :2] / seen_mm[:, 2:], np.ones(33)
        for array in (pose_mm, seen, weights):
            array.flags.writeable = False
        assert np.isfinite(fit_translation(pose_mm, seen, weights)).all()


class TestPutOnRays:
    @given(seed=seeds)
    def test_the_pose_reprojects_where_it_is_seen_and_moves_the_least(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        pose_mm = body(rng) + np.array([100.0, -50.0, 4000.0])
        points_px = project(pose_mm, PLAIN) + rng.normal(0.0, 10.0, (33, 2))
        rays = PLAIN.rays(points_px)
        placed_mm = put_on_rays(pose_mm, rays)
        assert project(placed_mm, PLAIN) == pytest.approx(points_px, abs=1e-6)
        directions = np.column_stack([rays, np.ones(33)])
        assert ((placed_mm - pose_mm) * directions).sum(axis=1) == pytest.approx(0.0, abs=1e-6)

    def test_a_pose_on_its_rays_stays(self) -> None:
        pose_mm = body(np.random.default_rng(8)) + np.array([0.0, 0.0, 3000.0])
        assert put_on_rays(pose_mm, pose_mm[:, :2] / pose_mm[:, 2:]) == pytest.approx(pose_mm)

    def test_an_unknown_place_stays_unknown(self) -> None:
        assert np.isnan(put_on_rays(np.full((3, 3), np.nan), np.zeros((3, 2)))).all()

    def test_it_corrects_a_bend_that_the_pose_has_wrong(self) -> None:
        """A knee bent by 30° in the picture, straight in the pose, seen from the side."""
        bent = np.array([[0.0, 0.0, 0.0], [100.0, 373.0, 0.0], [0.0, 746.0, 0.0]])
        straight = np.array([[0.0, 0.0, 0.0], [0.0, 386.0, 0.0], [0.0, 772.0, 0.0]])
        away_mm = np.array([0.0, -400.0, 4000.0])
        seen = (bent + away_mm)[:, :2] / (bent + away_mm)[:, 2:]
        placed_mm = put_on_rays(straight + away_mm, seen) - away_mm
        assert placed_mm == pytest.approx(bent, abs=15.0)
