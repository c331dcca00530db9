"""Several cameras from one board: places, clocks, floor, and what has to be filmed again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from tests.multiview.boards.rendering import Renderer, carried, film, seen_from
from tests.rigs import rig_camera

from neuropose.data import Camera, RigCamera, Source
from neuropose.errors import CalibrationError
from neuropose.multiview.boards import (
    Board,
    Calibration,
    Sighting,
    Watched,
    calibrate_watched,
    calibrate_with_board,
)
from neuropose.multiview.boards.calibration import require_same_way_up
from neuropose.multiview.boards.poses import Pose

SIZE = (960, 540)
BOARD = Board.parse("charuco:8x5:100")
SECONDS, FLOOR_S = 42.0, 3.0
PATH_HZ = 200.0


def camera_at(
    name: str, heading_deg: float, distance_mm: float, height_mm: float, focal: float
) -> RigCamera:
    """A camera that looks at the board's places from somewhere where y is negative."""
    heading, down_by = np.radians(heading_deg), np.arctan2(height_mm - 900.0, distance_mm)
    level = np.array([np.cos(heading), np.sin(heading), 0.0])
    ahead = np.cos(down_by) * level - np.sin(down_by) * np.array([0.0, 0.0, 1.0])
    right = np.array([np.sin(heading), -np.cos(heading), 0.0])
    rotation = np.stack([right, np.cross(ahead, right), ahead])
    centre = np.array([0.0, 0.0, height_mm]) - distance_mm * level
    lens = Camera(
        intrinsic_matrix=((focal, 0.0, 484.0), (0.0, focal, 266.0), (0.0, 0.0, 1.0)),
        distortion=(-0.1, 0.03, 4e-4, -3e-4),
        source="given",
    )
    return rig_camera(
        name, 0.0, camera=lens, width=SIZE[0], height=SIZE[1],
        rotation=rotation.tolist(), translation_mm=(-rotation @ centre).tolist(),
    )  # fmt: skip


LEFT = camera_at("left", 65.0, 2600.0, 1500.0, 800.0)
RIGHT = camera_at("right", 115.0, 2900.0, 1200.0, 860.0)
MIDDLE = camera_at("middle", 90.0, 2700.0, 1800.0, 760.0)
CARRIED = carried(SECONDS, PATH_HZ, floor_s=FLOOR_S)


def watched(
    camera: RigCamera,
    *,
    starts_s: float = 0.0,
    fps: float = 10.0,
    board: Board = BOARD,
    drift: float = 0.0,
) -> Watched:
    """What is found in the video of a camera that begins when the board has been moved a while."""
    draw = np.random.default_rng(len(camera.name))
    found, count = [], 0
    for number in range(int((SECONDS + FLOOR_S - starts_s) * fps)):
        at = round((starts_s + number / fps) * PATH_HZ)
        if at >= len(CARRIED):
            break
        count += 1
        rotation, translation = CARRIED[at]
        points = camera.project(board.corners_mm @ rotation.T + translation)
        inside = ((points > 0) & (points < np.array(SIZE) - 1.0)).all(axis=1)
        away = translation - camera.centre_mm
        facing = rotation[:, 2] @ away > 0.25 * np.linalg.norm(away)
        ids = np.flatnonzero(inside)
        if facing and len(ids) >= 8:
            seen = points[ids] + draw.normal(0.0, 0.1, (len(ids), 2))
            found.append(Sighting(number, number / fps, ids, seen, 1.5))
    return Watched(SIZE, found, count)


def assert_as_placed(
    found: Calibration, cameras: Sequence[RigCamera], share: float, degrees: float
) -> None:
    """Fail unless cameras are apart and turned to each other as they should be."""
    for one, other in pairwise(cameras):
        ours = [found.rig[each.name] for each in (one, other)]
        apart = ours[1].to_camera(ours[0].centre_mm)
        expected = other.to_camera(one.centre_mm)
        assert np.linalg.norm(apart - expected) < share * np.linalg.norm(expected)
        turned = ours[1].rotation_matrix @ ours[0].rotation_matrix.T
        wanted = other.rotation_matrix @ one.rotation_matrix.T
        cosine = (np.trace(turned @ wanted.T) - 1.0) / 2.0
        assert np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))) < degrees


@pytest.fixture(scope="module")
def three() -> Calibration:
    """Three cameras of three frame rates that began at three times."""
    return calibrate_watched(
        {
            "left": watched(LEFT),
            "middle": watched(MIDDLE, starts_s=0.73, fps=12.5),
            "right": watched(RIGHT, starts_s=2.41, fps=9.0),
        },
        BOARD,
    )


class TestSeveral:
    def test_places(self, three: Calibration) -> None:
        assert_as_placed(three, [LEFT, MIDDLE, RIGHT], share=0.005, degrees=0.15)

    def test_intrinsics(self, three: Calibration) -> None:
        for camera in (LEFT, MIDDLE, RIGHT):
            ours = three.rig[camera.name].camera.matrix
            np.testing.assert_allclose(ours[0, 0], camera.camera.matrix[0, 0], rtol=0.003)

    def test_clocks(self, three: Calibration) -> None:
        offsets = {check.name: check.offset_s for check in three.checks}
        assert offsets["left"] == 0.0
        assert offsets["middle"] == pytest.approx(0.73, abs=0.01)
        assert offsets["right"] == pytest.approx(2.41, abs=0.01)
        assert all(camera.clock.offset_s == 0.0 for camera in three.rig.cameras)  # of these videos

    def test_floor_and_vertical(self, three: Calibration) -> None:
        assert three.floor is not None
        assert three.rig.up_source is Source.GIVEN
        for camera in (LEFT, MIDDLE, RIGHT):
            ours = three.rig[camera.name]
            assert ours.rotation_matrix @ [0, 0, 1] == pytest.approx(
                camera.rotation_matrix @ [0, 0, 1], abs=0.01
            )
        expected = [1500.0, 1800.0, 1200.0]
        np.testing.assert_allclose(three.rig.heights_mm(), expected, atol=8.0)

    def test_the_verdict(self, three: Calibration) -> None:
        assert three.rig.scale_source is Source.GIVEN
        assert all(check.rms_px < 0.5 for check in three.checks)
        assert set(three.shared) == {("left", "middle"), ("left", "right"), ("middle", "right")}
        assert not [each for each in three.rig.warnings if "floor" in each or "apart" in each]


def test_intrinsics_that_are_given_are_kept() -> None:
    given = {each.name: (each.camera, SIZE) for each in (LEFT, RIGHT)}
    both = {"left": watched(LEFT), "right": watched(RIGHT)}
    found = calibrate_watched(both, BOARD, intrinsics=given, synchronised=True)
    assert_as_placed(found, [LEFT, RIGHT], share=0.004, degrees=0.1)
    assert found.rig["left"].camera == LEFT.camera
    assert all(check.intrinsics is None for check in found.checks)
    with pytest.raises(CalibrationError, match="640 × 480 px"):
        calibrate_watched(both, BOARD, intrinsics={"left": (LEFT.camera, (640, 480))})


def test_without_the_floor_it_is_said() -> None:
    both = {"left": watched(LEFT), "right": watched(RIGHT)}
    found = calibrate_watched(both, BOARD, use_floor=False, synchronised=True)
    assert found.floor is None
    assert found.rig.floor_mm is None
    assert found.rig.up_source is Source.ASSUMED
    assert any("lie on the floor" in warning for warning in found.rig.warnings)
    assert not found.is_good
    assert_as_placed(found, [LEFT, RIGHT], share=0.006, degrees=0.25)


@pytest.mark.parametrize(("degrees", "said"), [(180.0, "by 1[5-8].°"), (90.0, "by [89].°")])
def test_cameras_that_were_not_held_the_same_way_up(degrees: float, said: str) -> None:
    """What is up in their pictures cancels out: any rest of the board was taken for the floor."""
    turn = Rotation.from_euler("z", degrees, degrees=True).as_matrix()
    places = {
        LEFT.name: Pose(LEFT.rotation_matrix, LEFT.translation),
        RIGHT.name: Pose(turn @ RIGHT.rotation_matrix, turn @ RIGHT.translation),
    }
    with pytest.raises(CalibrationError, match="not held the same way up") as caught:
        require_same_way_up(places)
    assert re.search(said, caught.value.message)
    assert "turn the videos upright" in (caught.value.hint or "")
    upright = {each.name: Pose(each.rotation_matrix, each.translation) for each in (LEFT, RIGHT)}
    require_same_way_up(upright)


class TestRefusals:
    def test_a_camera_upside_down(self) -> None:
        turn = np.diag([-1.0, -1.0, 1.0])
        update = {
            "rotation": (turn @ RIGHT.rotation_matrix).tolist(),
            "translation_mm": (turn @ RIGHT.translation).tolist(),
        }
        given = {each.name: (each.camera, SIZE) for each in (LEFT, RIGHT)}
        both = {"left": watched(LEFT), "right": watched(RIGHT.model_copy(update=update))}
        error = self.refusal(both, intrinsics=given, synchronised=True)
        assert "left and right were not held the same way up" in error.message

    def refusal(self, sightings: dict[str, Watched], **how: Any) -> CalibrationError:
        with pytest.raises(CalibrationError) as caught:
            calibrate_watched(sightings, how.pop("board", BOARD), **how)
        assert caught.value.hint
        return caught.value

    def test_a_camera_under_the_floor(self) -> None:
        low = camera_at("low", 100.0, 2800.0, -300.0, 800.0)
        error = self.refusal({"left": watched(LEFT), "low": watched(low)}, synchronised=True)
        assert "low: the camera would be 0.3" in error.message
        assert "under the floor" in error.message

    def test_a_mirrored_camera_beside_others(self) -> None:
        board = Board.parse("checkerboard:8x5:100")
        right = watched(RIGHT, board=board)
        order = np.arange(28).reshape(4, 7)[::-1].ravel()  # what is found in the mirror image
        mirrored = [
            replace(each, points_px=([SIZE[0] - 1.0, 0.0] + [-1.0, 1.0] * each.points_px)[order])
            for each in right.sightings
            if len(each.ids) == 28
        ]
        error = self.refusal(
            {"left": watched(LEFT, board=board), "right": Watched(SIZE, mirrored, 600)},
            board=board,
            synchronised=True,
        )
        assert "does not agree with the other cameras" in error.message
        assert "mirrored" in (error.hint or "")

    def test_videos_that_did_not_begin_together(self) -> None:
        error = self.refusal(
            {"left": watched(LEFT), "right": watched(RIGHT, starts_s=1.1)}, synchronised=True
        )
        assert "does not agree" in error.message or "moments" in error.message

    def test_a_board_that_never_turned(self) -> None:
        still = watched(LEFT).sightings[-20:]
        long = [replace(still[0], frame=n, time_s=n / 10.0) for n in range(300)]
        given = {each.name: (each.camera, SIZE) for each in (LEFT, RIGHT)}
        error = self.refusal(
            {"left": Watched(SIZE, long, 300), "right": watched(RIGHT)}, intrinsics=given
        )
        assert "cannot be told from the movement" in error.message
        assert "--synchronised" in (error.hint or "")

    def test_cameras_that_never_saw_the_board_together(self) -> None:
        early = [each for each in watched(LEFT).sightings if each.time_s < 20.0]
        late = [each for each in watched(RIGHT).sightings if each.time_s > 22.0]
        error = self.refusal(
            {"left": Watched(SIZE, early, 600), "right": Watched(SIZE, late, 600)},
            synchronised=True,
        )
        assert "right: it saw the board together with another camera at 0 moments" in error.message

    def test_a_board_that_looks_the_same_upside_down(self) -> None:
        board = Board.parse("checkerboard:9x7:80")
        error = self.refusal({"left": watched(LEFT), "right": watched(RIGHT)}, board=board)
        assert "looks the same upside down" in error.message


def smaller(camera: RigCamera) -> RigCamera:
    """The same camera with two thirds of the pixels a side."""
    matrix = np.diag([2 / 3, 2 / 3, 1.0]) @ camera.camera.matrix
    lens = Camera(intrinsic_matrix=matrix, distortion=camera.camera.distortion, source="given")
    return camera.model_copy(update={"camera": lens, "width": 640, "height": 360})


def test_two_videos(tmp_path: Path) -> None:
    """The whole way from rendered pictures."""
    videos, fps = {}, 3.0
    cameras = [smaller(LEFT), smaller(RIGHT)]
    for camera in cameras:
        renderer = Renderer(BOARD, camera.camera, camera.width, camera.height)
        shown = [
            renderer.picture(*seen_from(camera, *CARRIED[int(number / fps * PATH_HZ)]))
            for number in range(int((SECONDS + FLOOR_S) * fps))
        ]
        videos[camera.name] = film(tmp_path / f"{camera.name}.mp4", shown, fps=fps)
    found = calibrate_with_board(videos, BOARD, synchronised=True)
    assert_as_placed(found, cameras, share=0.01, degrees=0.5)  # few and small pictures
