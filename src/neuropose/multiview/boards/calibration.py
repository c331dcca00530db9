"""Cameras from videos of a board: intrinsics, places, floor, and a verdict."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuropose.data.assumptions import Assumption
from neuropose.data.cameras import Camera, Lens, Rig, RigCamera
from neuropose.data.doubts import camera_doubt
from neuropose.data.metadata import Source
from neuropose.errors import CalibrationError
from neuropose.grammar import counted
from neuropose.multiview.boards.adjustment import (
    Adjusted,
    adjust,
    connected,
    first_places,
    shared_counts,
)
from neuropose.multiview.boards.board import Board, Pattern
from neuropose.multiview.boards.clocks import clock_offset_s, turning_speed
from neuropose.multiview.boards.detection import Sighting
from neuropose.multiview.boards.intrinsics import (
    Intrinsics,
    calibrate_intrinsics,
    field_of_view_deg,
)
from neuropose.multiview.boards.moments import shared_moments
from neuropose.multiview.boards.poses import Pose, board_pose
from neuropose.multiview.boards.watching import Watched, watch
from neuropose.multiview.boards.world import (
    Floor,
    Placed,
    find_floor,
    level,
    rolls_deg,
    to_floor,
    upright,
)

Array = NDArray[np.float64]

_LARGEST_RMS, _DOUBTFUL_RMS = 0.0025, 0.0008  # share of the diagonal
_NEAREST_MM, _FARTHEST_MM = 100.0, 50_000.0
_LOWEST_MM, _HIGHEST_MM = 200.0, 4000.0
_MOST_ROLLED_DEG = 30.0  # a picture that is turned by more is not held as the others are
_GOOD_SHARED = 15
_LATE_S = 0.03
_CLOCK_S, _SAME_CLOCK_S = 0.003, 1e-4  # how well the start of a video is known

WatchProgress = Callable[[str, int, int | None], None]
"""Called with the name of a camera, the pictures read and how many there are."""


@dataclass(frozen=True, slots=True)
class CameraCheck:
    """How well one camera is known.

    Parameters
    ----------
    name : str
        The camera.
    sighting_count, picture_count : int
        Pictures in which the board was found, of those in which it was looked for.
    intrinsics : Intrinsics or None
        Those of this calibration; None if they were given.
    fov_degrees : float
        Field of view along the larger side.
    rms_px : float
        Root mean square distance of corners from where all cameras together have them; of a camera
        alone, from where a flat board has them.
    offset_s : float
        What has to be added to the times of its video to have those of the first one.
    """

    name: str
    sighting_count: int
    picture_count: int
    intrinsics: Intrinsics | None
    fov_degrees: float
    rms_px: float
    offset_s: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """A rig, and the verdict on it.

    Parameters
    ----------
    rig : Rig
        The cameras.
    board : Board
        What they were calibrated with.
    checks : tuple of CameraCheck
        Of each camera.
    shared : mapping of tuple of str to int
        How many moments each pair of cameras saw the board together.
    floor : Floor or None
        The board on the floor; None if it was not found there.
    """

    rig: Rig
    board: Board
    checks: tuple[CameraCheck, ...]
    shared: Mapping[tuple[str, str], int]
    floor: Floor | None

    @property
    def is_good(self) -> bool:
        """Whether there is nothing to better."""
        return not self.rig.warnings


def calibrate_with_board(
    videos: Mapping[str, Path],
    board: Board,
    *,
    intrinsics: Mapping[str, tuple[Camera, tuple[int, int] | None]] | None = None,
    lens: Lens = Lens.PINHOLE,
    synchronised: bool = False,
    use_floor: bool = True,
    progress: WatchProgress | None = None,
) -> Calibration:
    """Calibrate cameras from videos of a board that was moved before them.

    Parameters
    ----------
    videos : mapping of str to Path
        A video of each camera, by name; of several cameras, filmed at the same time.
    board : Board
        The board.
    intrinsics : mapping of str to tuple of Camera and size, optional
        Of cameras whose intrinsics are known, as `neuropose.io.load_intrinsics` reads them.
    lens : Lens
        Model of the lenses that are calibrated.
    synchronised : bool
        Whether the times of all videos are the same clock's. Default: found from how fast the board
        turned in each.
    use_floor : bool
        Whether the lowest place at which the board lay still is the floor.
    progress : callable, optional
        Called as the videos are read.

    Returns
    -------
    Calibration

    Raises
    ------
    VideoError
        If a video cannot be read.
    CalibrationError
        If the cameras cannot be calibrated from them; the hint says what to film again.
    """
    _require_unambiguous(board, len(videos))
    watched = {
        name: watch(path, board, None if progress is None else _named(progress, name))
        for name, path in videos.items()
    }
    return calibrate_watched(
        watched,
        board,
        intrinsics=intrinsics,
        lens=lens,
        synchronised=synchronised,
        use_floor=use_floor,
    )


def calibrate_watched(
    watched: Mapping[str, Watched],
    board: Board,
    *,
    intrinsics: Mapping[str, tuple[Camera, tuple[int, int] | None]] | None = None,
    lens: Lens = Lens.PINHOLE,
    synchronised: bool = False,
    use_floor: bool = True,
) -> Calibration:
    """Calibrate cameras from where a board was seen; see `calibrate_with_board`.

    Parameters
    ----------
    watched : mapping of str to Watched
        What was found in the video of each camera, by name.
    board : Board
        The board.
    intrinsics : mapping of str to tuple of Camera and size, optional
        Of cameras whose intrinsics are known.
    lens : Lens
        Model of the lenses that are calibrated.
    synchronised : bool
        Whether the times of all videos are the same clock's.
    use_floor : bool
        Whether the lowest place at which the board lay still is the floor.

    Returns
    -------
    Calibration

    Raises
    ------
    CalibrationError
        If the cameras cannot be calibrated; the hint says what to film again.
    """
    _require_unambiguous(board, len(watched))
    known = dict(intrinsics or {})
    own = {
        name: calibrate_intrinsics(each.sightings, board, each.size, name, lens=lens)
        for name, each in watched.items()
        if name not in known
    }
    cameras = {
        name: own[name].camera if name in own else _given(name, known[name], each.size)
        for name, each in watched.items()
    }
    tracks = {name: _track(each, cameras[name], board) for name, each in watched.items()}
    sightings = {name: [sighting for sighting, _ in track] for name, track in tracks.items()}
    offsets = _offsets(tracks, synchronised=synchronised)
    clock_s = _SAME_CLOCK_S if synchronised else _CLOCK_S
    adjusted, shared = _together(
        sightings,
        offsets,
        cameras,
        own,
        board,
        watched,
        clock_s,
    )
    offsets = {name: offsets[name] + adjusted.clocks_s[name] for name in offsets}
    floor = (
        find_floor(tracks, offsets, adjusted.cameras, adjusted.places, board) if use_floor else None
    )
    checks = tuple(
        CameraCheck(
            name=name,
            sighting_count=len(each.sightings),
            picture_count=each.picture_count,
            intrinsics=own.get(name),
            fov_degrees=field_of_view_deg(adjusted.cameras[name], each.size),
            rms_px=adjusted.rms_px[name],
            offset_s=offsets[name],
        )
        for name, each in watched.items()
    )
    rig = _rig(adjusted, watched, own, floor, board)
    rig = rig.model_copy(
        update={"warnings": tuple(_doubts(rig, own, shared, floor, adjusted, watched, board))}
    )
    return Calibration(rig, board, checks, shared, floor)


def _require_unambiguous(board: Board, cameras: int) -> None:
    if cameras > 1 and not board.is_unambiguous:
        raise CalibrationError(
            f"a checkerboard of {board.columns} × {board.rows} squares looks the same upside down",
            hint="use one of 8 × 5 squares, say, or a ChArUco board: neuropose calibrate board",
        )


def _named(progress: WatchProgress, name: str) -> Callable[[int, int | None], None]:
    return lambda done, total: progress(name, done, total)


def _given(
    name: str, known: tuple[Camera, tuple[int, int] | None], size: tuple[int, int]
) -> Camera:
    camera, stated = known
    if stated is not None and stated != size:
        raise CalibrationError(
            f"{name}: the intrinsics are of pictures of {stated[0]} × {stated[1]} px, the video "
            f"has {size[0]} × {size[1]}",
            hint="film with the same resolution, or calibrate the intrinsics from this video",
        )
    if stated is None and (doubt := camera_doubt(camera, *size)) is not None:
        raise CalibrationError(f"{name}: {doubt}", hint="state the size of the pictures there")
    return camera


def _track(each: Watched, camera: Camera, board: Board) -> list[Placed]:
    found = []
    for sighting in each.sightings:
        pose = board_pose(camera, board, sighting.ids, sighting.points_px)
        if pose is not None:
            found.append((sighting, pose))
    return found


def _offsets(tracks: Mapping[str, Sequence[Placed]], *, synchronised: bool) -> dict[str, float]:
    names = list(tracks)
    offsets = {names[0]: 0.0}
    if synchronised or len(names) == 1:
        return dict.fromkeys(names, 0.0)
    speeds = {
        name: turning_speed([each.time_s for each, _ in track], [pose for _, pose in track])
        for name, track in tracks.items()
    }
    while len(offsets) < len(names):
        found = {
            other: offsets[one] + offset
            for one in offsets
            for other in names
            if other not in offsets
            and (offset := clock_offset_s(speeds[one], speeds[other])) is not None
        }
        if not found:
            missing = next(name for name in names if name not in offsets)
            raise CalibrationError(
                f"{missing}: when its video began cannot be told from the movement of the board",
                hint="turn the board back and forth for 5 s where all cameras see it, or add "
                "--synchronised if the videos share one clock",
            )
        offsets |= found
    return {name: offsets[name] for name in names}


def _together(
    sightings: Mapping[str, Sequence[Sighting]],
    offsets: Mapping[str, float],
    cameras: Mapping[str, Camera],
    own: Mapping[str, Intrinsics],
    board: Board,
    watched: Mapping[str, Watched],
    clock_s: float,
) -> tuple[Adjusted, dict[tuple[str, str], int]]:
    names = list(cameras)
    if len(names) == 1:
        return _alone(cameras, own), {}
    moments = shared_moments(sightings, offsets)
    shared = shared_counts(moments, names)
    tree = connected(shared, names)
    reached = {names[0], *(other for _, other in tree)}
    for name in names:
        if name not in reached:
            most = max(count for pair, count in shared.items() if name in pair)
            raise CalibrationError(
                f"{name}: it saw the board together with another camera at "
                f"{counted(most, 'moment')}",
                hint="hold the board still for 2 s at ten places where two cameras see its face",
            )
    places = first_places(moments, cameras, board, tree)
    errors = {name: own[name].errors if name in own else None for name in names}
    adjusted = adjust(moments, cameras, errors, board, places, clock_s)
    for name in names:
        limit = _LARGEST_RMS * float(np.hypot(*watched[name].size))
        if not adjusted.rms_px[name] <= limit:
            raise CalibrationError(
                f"{name}: it does not agree with the other cameras: corners are "
                f"{adjusted.rms_px[name]:.1f} px from where they have them",
                hint="is its picture mirrored, was it moved, do the videos share no clock, or do "
                "they not belong together? Film again with all cameras fixed",
            )
    return adjusted, shared


def _alone(cameras: Mapping[str, Camera], own: Mapping[str, Intrinsics]) -> Adjusted:
    (name,) = cameras
    rms = own[name].rms_px if name in own else float("nan")
    return Adjusted(cameras, {name: Pose(np.eye(3), np.zeros(3))}, [], {name: 0.0}, {name: rms})


def _rig(
    adjusted: Adjusted,
    watched: Mapping[str, Watched],
    own: Mapping[str, Intrinsics],
    floor: Floor | None,
    board: Board,
) -> Rig:
    up = upright(adjusted.places) if floor is None else floor.up
    to_world = level(up, adjusted.places) if floor is None else to_floor(floor, board)
    cameras = []
    for name, place in adjusted.places.items():
        seen_from = place.after(to_world.inverse())
        rms = adjusted.rms_px[name]
        cameras.append(
            RigCamera.model_validate(
                {
                    "name": name,
                    "camera": adjusted.cameras[name],
                    "width": watched[name].size[0],
                    "height": watched[name].size[1],
                    "rotation": seen_from.rotation.tolist(),
                    "translation_mm": seen_from.translation.tolist(),
                    "reprojection_px": rms if np.isfinite(rms) else None,
                }
            )
        )
    if floor is None or any(camera.centre_mm[2] < 0.0 for camera in cameras):
        require_same_way_up(adjusted.places)
    if floor is None:
        vertical = Assumption(
            source=Source.ASSUMED,
            value="z",
            detail="the mean of what is up in the pictures, as the cameras were held",
        )
    else:
        vertical = Assumption(
            source=Source.GIVEN,
            value="z",
            detail=f"square to the board that lay still from {floor.start_s:.1f} to "
            f"{floor.end_s:.1f} s",
        )
        _require_above(cameras)
    return Rig(
        cameras=tuple(cameras),
        up=(0.0, 0.0, 1.0),
        up_source=vertical.source,
        floor_mm=None if floor is None else 0.0,
        scale_source=Source.GIVEN,
        origin=f"NeuroPose, {board}",
        assumptions={
            "unit": Assumption(
                source=Source.GIVEN, value="mm", detail=f"squares of {board.square_mm:g} mm"
            ),
            "vertical": vertical,
            "intrinsics": Assumption(
                source=Source.GIVEN,
                value="calibrated" if own else "given",
                detail=f"calibrated: {', '.join(own)}" if own else "of every camera",
            ),
        },
    )


def require_same_way_up(places: Mapping[str, Pose]) -> None:
    """Raise if what is up in the pictures does not tell the vertical.

    Parameters
    ----------
    places : mapping of str to Pose
        From the world to each camera.

    Raises
    ------
    CalibrationError
        If a picture is turned by more than 30° from the mean of all.
    """
    rolls = rolls_deg(places)
    if max(map(abs, rolls.values())) <= _MOST_ROLLED_DEG:
        return
    apart = {(one, other): abs(rolls[one] - rolls[other]) for one, other in combinations(rolls, 2)}
    (one, other), degrees = max(apart.items(), key=lambda each: min(each[1], 360.0 - each[1]))
    raise CalibrationError(
        f"{one} and {other} were not held the same way up: their pictures are turned against each "
        f"other by {min(degrees, 360.0 - degrees):.0f}°",
        hint="turn the videos upright, or film again with all cameras held alike, upright or on "
        "their sides, but not upside down",
    )


def _require_above(cameras: Sequence[RigCamera]) -> None:
    for camera in cameras:
        if camera.centre_mm[2] < 0.0:
            raise CalibrationError(
                f"{camera.name}: the camera would be {-camera.centre_mm[2] / 1000.0:.2f} m under "
                "the floor",
                hint="let the board lie on the floor, face up, for 3 s; or add --no-floor",
            )


def _doubts(
    rig: Rig,
    own: Mapping[str, Intrinsics],
    shared: Mapping[tuple[str, str], int],
    floor: Floor | None,
    adjusted: Adjusted,
    watched: Mapping[str, Watched],
    board: Board,
) -> list[str]:
    found = []
    if floor is None and len(watched) > 1:
        found.append(
            "the floor is not known, and the vertical only as the cameras were held: let the board "
            "lie on the floor, face up, for 3 s where a camera sees it"
        )
    for (one, other), count in shared.items():
        if 0 < count < _GOOD_SHARED:
            found.append(
                f"{one} and {other} saw the board together at {counted(count, 'moment')} only"
            )
    for camera in rig.cameras:
        size = watched[camera.name].size
        rms = adjusted.rms_px[camera.name]
        if len(watched) > 1 and rms > _DOUBTFUL_RMS * float(np.hypot(*size)):
            found.append(
                f"{camera.name}: corners are {rms:.1f} px from where the other cameras have them"
            )
        if abs(adjusted.clocks_s[camera.name]) > _LATE_S:
            found.append(f"{camera.name}: when its video began is not certain")
        height = camera.centre_mm[2]
        if floor is not None and not _LOWEST_MM <= height <= _HIGHEST_MM:
            found.append(
                f"{camera.name}: the camera is {height / 1000.0:.1f} m above what was taken for "
                "the floor"
            )
    centres = rig.centres_mm()
    apart = np.linalg.norm(centres[:, None] - centres[None], axis=-1)[
        np.triu_indices(len(centres), 1)
    ]
    if len(apart) and (apart.min() < _NEAREST_MM or apart.max() > _FARTHEST_MM):
        found.append(
            f"cameras are {apart.min() / 1000.0:.2f} to {apart.max() / 1000.0:.1f} m apart: is "
            f"{board.square_mm:g} mm the side of a square?"
        )
    if board.pattern is Pattern.CHECKERBOARD and len(watched) > 1:
        found.append("a checkerboard does not show whether all pictures are mirrored; ChArUco does")
    return found + [warning for each in own.values() for warning in each.warnings]
