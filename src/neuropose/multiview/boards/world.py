"""The floor and the vertical, from a board that lay on the floor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose.data.cameras import Camera
from neuropose.multiview.boards.board import Board
from neuropose.multiview.boards.detection import Sighting
from neuropose.multiview.boards.poses import Pose, board_pose

Array = NDArray[np.float64]

_LEAST_S = 1.5
_STILL_MM = 8.0
_STILL_DEG = 1.5
_LYING_DEG = 30.0
_SAME_HEIGHT_MM = 60.0
_LEAST_SHOWN = 0.3  # of the vertical, across the line of sight: less of it shows no roll


Placed = tuple[Sighting, Pose]
"""A board in a picture, and where it is before the camera."""


@dataclass(frozen=True, slots=True)
class Floor:
    """A board that lay still and level.

    Parameters
    ----------
    pose : Pose
        From the board to the world.
    up : ndarray, shape (3,)
        Unit vector away from the floor.
    start_s, end_s : float
        When, in shared time.
    camera_count : int
        How many cameras saw it.
    spread_deg : float
        How far the normals that single pictures give are apart. The error of their mean is smaller.
    """

    pose: Pose
    up: Array
    start_s: float
    end_s: float
    camera_count: int
    spread_deg: float


def upright(places: Mapping[str, Pose]) -> Array:
    """Return the mean of what is up in the pictures of all cameras.

    Parameters
    ----------
    places : mapping of str to Pose
        From the world to each camera.

    Returns
    -------
    ndarray, shape (3,)
        Unit vector in the world.
    """
    sum_of = -np.sum([place.rotation[1] for place in places.values()], axis=0)
    return np.asarray(sum_of / max(float(np.linalg.norm(sum_of)), 1e-9))


def rolls_deg(places: Mapping[str, Pose]) -> dict[str, float]:
    """Return by how much each picture is turned about its line of sight from `upright`.

    Parameters
    ----------
    places : mapping of str to Pose
        From the world to each camera.

    Returns
    -------
    dict of str to float
        Degrees, −180 to 180; 0 of a camera that looks straight down.
    """
    up = upright(places)
    seen = {name: place.rotation @ up for name, place in places.items()}
    return {
        name: float(np.degrees(np.arctan2(x, -y))) if np.hypot(x, y) > _LEAST_SHOWN else 0.0
        for name, (x, y, _) in seen.items()
    }


def find_floor(
    tracks: Mapping[str, Sequence[Placed]],
    offsets_s: Mapping[str, float],
    cameras: Mapping[str, Camera],
    places: Mapping[str, Pose],
    board: Board,
) -> Floor | None:
    """Find the lowest place at which the board lay still, its face up.

    Parameters
    ----------
    tracks : mapping of str to sequence of Placed
        The board before each camera, ascending in time.
    offsets_s : mapping of str to float
        What has to be added to the times of each video, s.
    cameras : mapping of str to Camera
        Their intrinsics.
    places : mapping of str to Pose
        From the world to each camera.
    board : Board
        The board.

    Returns
    -------
    Floor or None
        None if it never lay for 1.5 s within 30° of level, as the cameras are held.
    """
    up = upright(places)
    rests: list[tuple[float, list[tuple[str, float, Pose]]]] = []
    for name, track in tracks.items():
        for seen in _still(track):
            run = _in_the_world(seen, cameras[name], places[name], board)
            if not run:
                continue
            normal = _normal(run, up)
            if normal @ up >= np.cos(np.radians(_LYING_DEG)):
                height = float(np.median([_middle(pose, board) @ up for _, pose in run]))
                rests.append((height, [(name, t + offsets_s[name], pose) for t, pose in run]))
    if not rests:
        return None
    lowest = min(height for height, _ in rests)
    of_it = [each for height, run in rests if height < lowest + _SAME_HEIGHT_MM for each in run]
    anchor = _middle(of_it[0][2], board)
    same = [
        each
        for each in of_it
        if np.linalg.norm(_middle(each[2], board) - anchor) < 3 * _SAME_HEIGHT_MM
    ]
    poses = [pose for _, _, pose in same]
    normal = _normal([(0.0, pose) for pose in poses], up)
    return Floor(
        pose=_mean(poses),
        up=normal,
        start_s=min(time_s for _, time_s, _ in same),
        end_s=max(time_s for _, time_s, _ in same),
        camera_count=len({name for name, _, _ in same}),
        spread_deg=_spread_deg(poses, normal),
    )


def to_floor(floor: Floor, board: Board) -> Pose:
    """Return the way from the world of the cameras to one with its origin on the floor.

    Parameters
    ----------
    floor : Floor
        Of `find_floor`.
    board : Board
        The board that lay on it.

    Returns
    -------
    Pose
        To a world whose z points up, whose x is along the board, and whose origin is its middle.
    """
    along = floor.pose.rotation[:, 0] - (floor.pose.rotation[:, 0] @ floor.up) * floor.up
    x = along / np.linalg.norm(along)
    rotation = np.stack([x, np.cross(floor.up, x), floor.up])
    return Pose(rotation, -rotation @ _middle(floor.pose, board))


def level(up: Array, places: Mapping[str, Pose]) -> Pose:
    """Return the way to a world whose z points up and whose origin is the first camera.

    Parameters
    ----------
    up : ndarray, shape (3,)
        Unit vector.
    places : mapping of str to Pose
        From the world to each camera.

    Returns
    -------
    Pose
        To a world whose y is where the first camera looks.
    """
    first = next(iter(places.values()))
    ahead = first.rotation[2] - (first.rotation[2] @ up) * up
    if np.linalg.norm(ahead) < 1e-3:  # it looks straight down
        ahead = -first.rotation[1] + (first.rotation[1] @ up) * up
    y = ahead / np.linalg.norm(ahead)
    rotation = np.stack([np.cross(y, up), y, up])
    return Pose(rotation, rotation @ first.rotation.T @ first.translation)


def _in_the_world(
    seen: Sequence[Placed], camera: Camera, place: Pose, board: Board
) -> list[tuple[float, Pose]]:
    back = place.inverse()
    found = []
    for sighting, _ in seen:
        pose = board_pose(camera, board, sighting.ids, sighting.points_px)
        if pose is not None:
            found.append((sighting.time_s, back.after(pose)))
    return found


def _still(track: Sequence[Placed]) -> list[list[Placed]]:
    """Return the runs in which a board stays where it is."""
    runs: list[list[Placed]] = []
    run: list[Placed] = []
    for placed in track:
        if run and not _same(run[len(run) // 2][1], placed[1]):
            runs.append(run)
            run = []
        run.append(placed)
    runs.append(run)
    return [each for each in runs if each and each[-1][0].time_s - each[0][0].time_s >= _LEAST_S]


def _same(one: Pose, other: Pose) -> bool:
    turned = np.degrees(
        np.arccos(np.clip((np.trace(one.rotation @ other.rotation.T) - 1.0) / 2.0, -1.0, 1.0))
    )
    moved = float(np.linalg.norm(one.translation - other.translation))
    return bool(turned < 4.0 * _STILL_DEG and moved < 4.0 * _STILL_MM)


def _normal(run: Sequence[tuple[float, Pose]], up: Array) -> Array:
    """Mean normal of the board, out of the side that faces up."""
    normals = np.stack([pose.rotation[:, 2] for _, pose in run])
    normals *= np.where(normals @ up < 0.0, -1.0, 1.0)[:, None]
    middle = np.median(normals, axis=0)
    return np.asarray(middle / np.linalg.norm(middle))


def _spread_deg(poses: Sequence[Pose], normal: Array) -> float:
    cosines = np.abs(np.stack([pose.rotation[:, 2] for pose in poses]) @ normal)
    return float(np.degrees(np.median(np.arccos(np.clip(cosines, -1.0, 1.0)))))


def _middle(pose: Pose, board: Board) -> Array:
    return pose.apply(np.array([*board.size_mm, 0.0]) / 2.0)


def _mean(poses: Sequence[Pose]) -> Pose:
    from scipy.spatial.transform import Rotation

    turns = Rotation.from_matrix(np.stack([pose.rotation for pose in poses]))
    return Pose(turns.mean().as_matrix(), np.median([pose.translation for pose in poses], axis=0))
