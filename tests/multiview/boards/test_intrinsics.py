"""Intrinsics from rendered boards of known cameras, and what has to be filmed again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.multiview.boards.rendering import Renderer, blurred, film, noisy, poses

from neuropose.data import Camera, Lens
from neuropose.errors import CalibrationError
from neuropose.multiview.boards import (
    Board,
    Intrinsics,
    Sighting,
    board_finder,
    calibrate_intrinsics,
    calibrate_with_board,
    edge_width_px,
)

SIZE = (800, 450)
CHARUCO, CHECKERBOARD = Board.parse("charuco:8x5:34"), Board.parse("checkerboard:8x5:34")


def camera_of(focal: float, distortion: tuple[float, ...], lens: str = "pinhole") -> Camera:
    matrix = ((focal, 0.0, 0.506 * SIZE[0]), (0.0, 0.997 * focal, 0.49 * SIZE[1]), (0.0, 0.0, 1.0))
    return Camera(intrinsic_matrix=matrix, distortion=distortion, lens=lens, source="given")


PHONE = camera_of(690.0, (-0.12, 0.05, 0.0008, -0.0006))
WIDE = camera_of(420.0, (-0.28, 0.11, -0.0005, 0.0004, -0.005))


def pictures(board: Board, camera: Camera, count: int, **how: Any) -> list[np.ndarray]:
    renderer = Renderer(board, camera, *SIZE)
    return noisy(renderer.picture(*pose) for pose in poses(board, camera, SIZE, count, **how))


def seen_in(pictures: list[np.ndarray], board: Board) -> list[Sighting]:
    find, found = board_finder(board), []
    for number, picture in enumerate(pictures):
        corners = find(picture)
        if corners is not None:
            width = edge_width_px(picture, board, *corners)
            found.append(Sighting(number, number / 10.0, *corners, width))
    return found


def projected(board: Board, camera: Camera, count: int, **how: Any) -> list[Sighting]:
    """What would be found in pictures, without drawing them."""
    draw = np.random.default_rng(1)
    found = []
    for number, (rotation, translation) in enumerate(poses(board, camera, SIZE, count, **how)):
        points = camera.project(board.corners_mm @ rotation.T + translation)
        ids = np.flatnonzero(((points >= 0) & (points <= np.array(SIZE) - 1.0)).all(axis=1))
        seen = points[ids] + draw.normal(0.0, 0.05, (len(ids), 2))
        found.append(Sighting(number, number / 10.0, ids, seen, 1.5))
    return found


def bend_px(camera: Camera) -> np.ndarray:
    """How far the lens moves what would be in the corners of the picture without it."""
    from neuropose.data.cameras.lenses import distort

    corners = np.array([[x, y] for x in (0, SIZE[0] - 1) for y in (0, SIZE[1] - 1)], float)
    rays = (corners - camera.matrix[:2, 2]) / np.diag(camera.matrix)[:2] * 0.85
    return (distort(rays, camera.distortion, fisheye=camera.lens is Lens.FISHEYE) - rays) * 690.0


def assert_known(found: Intrinsics, camera: Camera) -> None:
    ours, true = found.camera.matrix, camera.matrix
    np.testing.assert_allclose([ours[0, 0], ours[1, 1]], [true[0, 0], true[1, 1]], rtol=0.003)
    np.testing.assert_allclose(ours[:2, 2] / SIZE, true[:2, 2] / SIZE, atol=0.003)
    np.testing.assert_allclose(bend_px(found.camera), bend_px(camera), atol=0.3)


@pytest.mark.parametrize("board", [CHARUCO, CHECKERBOARD], ids=["charuco", "checkerboard"])
def test_a_video_gives_the_camera(board: Board, tmp_path: Path) -> None:
    video = film(tmp_path / "side.mp4", pictures(board, PHONE, 36))
    found = calibrate_with_board({"side": video}, board)
    (check,) = found.checks
    assert check.intrinsics is not None
    assert_known(check.intrinsics, PHONE)
    assert check.intrinsics.coverage > 0.8
    assert check.rms_px < 0.3
    assert check.picture_count == 36
    assert found.rig["side"].camera == check.intrinsics.camera
    assert (found.rig["side"].width, found.rig["side"].height) == SIZE
    assert found.is_good


def test_a_wide_lens() -> None:
    sightings = seen_in(pictures(CHARUCO, WIDE, 36, fill=0.5), CHARUCO)
    assert_known(calibrate_intrinsics(sightings, CHARUCO, SIZE, "side"), WIDE)


def test_a_fisheye() -> None:
    camera = camera_of(330.0, (0.03, -0.01, 0.002, 0.0), "fisheye")
    sightings = projected(CHARUCO, camera, 45, fill=0.5)
    found = calibrate_intrinsics(sightings, CHARUCO, SIZE, "side", lens=Lens.FISHEYE)
    assert found.camera.lens is Lens.FISHEYE
    assert_known(found, camera)
    assert np.isnan(found.focal_error)


def test_standard_errors_are_those_of_repetition() -> None:
    apart = []
    for seed in range(12):
        draw = np.random.default_rng(seed)
        sightings = [
            Sighting(
                s.frame,
                s.time_s,
                s.ids,
                s.points_px + draw.normal(0.0, 0.2, s.points_px.shape),
                1.5,
            )
            for s in projected(CHARUCO, PHONE, 30)
        ]
        found = calibrate_intrinsics(sightings, CHARUCO, SIZE, "side")
        apart.append((found.camera.matrix[0, 0] - 690.0) / found.errors[0])
    assert 0.4 < np.sqrt(np.mean(np.square(apart))) < 2.0


def test_choosing_views_does_not_make_a_lens_longer_or_shorter() -> None:
    """Of a small board the tilt is mostly noise, by which views must not be chosen."""
    apart = []
    for seed in range(6):
        draw = np.random.default_rng(seed)
        sightings = [
            replace(s, points_px=s.points_px + draw.normal(0.0, 0.2, s.points_px.shape))
            for s in projected(CHARUCO, PHONE, 400, fill=0.3, seed=7)
        ]
        found = calibrate_intrinsics(sightings, CHARUCO, SIZE, "side")
        apart.append((found.camera.matrix[0, 0] - 690.0) / found.errors[0])
    assert abs(np.mean(apart)) < 1.5


def test_views_that_the_others_contradict_are_left_out() -> None:
    sightings = projected(CHARUCO, PHONE, 48)
    wrong = [
        Sighting(
            s.frame, s.time_s, s.ids, s.points_px + 8.0 * np.sin(s.points_px[:, ::-1] / 9.0), 1.5
        )
        for s in sightings[:3]
    ]
    found = calibrate_intrinsics([*wrong, *sightings[3:]], CHARUCO, SIZE, "side")
    assert found.view_count <= 46
    assert_known(found, PHONE)


class TestRefusals:
    def refusal(
        self, tmp_path: Path, shown: list[np.ndarray], board: Board = CHARUCO
    ) -> CalibrationError:
        video = film(tmp_path / "side.mp4", shown)
        with pytest.raises(CalibrationError) as caught:
            calibrate_with_board({"side": video}, board)
        assert "side" in caught.value.message
        return caught.value

    def test_mirrored(self, tmp_path: Path) -> None:
        shown = [np.ascontiguousarray(each[:, ::-1]) for each in pictures(CHARUCO, PHONE, 12)]
        error = self.refusal(tmp_path, shown)
        assert "mirrored" in error.message
        assert "selfie" in (error.hint or "")

    @pytest.mark.parametrize("board", [CHARUCO, CHECKERBOARD], ids=["charuco", "checkerboard"])
    def test_too_small(self, tmp_path: Path, board: Board) -> None:
        error = self.refusal(tmp_path, pictures(board, PHONE, 12, fill=0.11), board)
        assert "too small" in error.message
        assert "nearer" in (error.hint or "")

    def test_too_small_to_be_told(self, tmp_path: Path) -> None:
        error = self.refusal(tmp_path, pictures(CHARUCO, PHONE, 12, fill=0.045))
        assert "in none of 12 pictures" in error.message
        assert "fills a third to a half" in (error.hint or "")

    @pytest.mark.parametrize("width", [3.5, 9.0])
    def test_blurred(self, tmp_path: Path, width: float) -> None:
        error = self.refusal(tmp_path, blurred(pictures(CHARUCO, PHONE, 12), width))
        assert "blurred" in error.message
        assert "still" in (error.hint or "")

    @pytest.mark.parametrize("board", [CHARUCO, CHECKERBOARD], ids=["charuco", "checkerboard"])
    def test_never_tilted(self, tmp_path: Path, board: Board) -> None:
        error = self.refusal(tmp_path, pictures(board, PHONE, 14, tilt_deg=2.0), board)
        assert "never tilted" in error.message
        assert "30 to 45 degrees" in (error.hint or "")

    def test_corners_counted_for_squares(self, tmp_path: Path) -> None:
        shown = pictures(CHECKERBOARD, PHONE, 5)
        error = self.refusal(tmp_path, shown, Board.parse("checkerboard:7x4:34"))
        assert "8 × 5 squares" in error.message
        assert "--board checkerboard:8x5:34" in (error.hint or "")

    def test_no_board_at_all(self, tmp_path: Path) -> None:
        error = self.refusal(tmp_path, noisy([np.full(SIZE[::-1], 120, np.uint8)] * 6))
        assert "in none of 6 pictures" in error.message

    def test_an_impossible_field_of_view(self) -> None:
        sightings = projected(CHARUCO, camera_of(9000.0, ()), 40, tilt_deg=50.0)
        with pytest.raises(CalibrationError, match=r"impossible|focal length") as caught:
            calibrate_intrinsics(sightings, CHARUCO, SIZE, "side")
        assert "film the board again" in (caught.value.hint or "")

    def test_only_in_the_middle(self) -> None:
        sightings = projected(CHARUCO, PHONE, 40, fill=0.3)
        middle = [
            replace(s, points_px=s.points_px - s.points_px.mean(axis=0) + 225.0) for s in sightings
        ]
        with pytest.raises(CalibrationError) as caught:
            calibrate_intrinsics(middle, CHARUCO, SIZE, "side")
        assert caught.value.hint

    def test_a_stretched_picture(self) -> None:
        sightings = [
            replace(s, points_px=s.points_px * [1.0, 0.9]) for s in projected(CHARUCO, PHONE, 30)
        ]
        with pytest.raises(CalibrationError, match="stretched"):
            calibrate_intrinsics(sightings, CHARUCO, SIZE, "side")

    def test_too_few_pictures(self) -> None:
        with pytest.raises(CalibrationError, match="8 are needed"):
            calibrate_intrinsics(projected(CHARUCO, PHONE, 7), CHARUCO, SIZE, "side")
