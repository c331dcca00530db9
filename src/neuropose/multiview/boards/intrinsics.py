"""Intrinsics of a camera from pictures of a board, or what to film again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropose.data.cameras import Camera, CameraSource, Lens
from neuropose.errors import CalibrationError
from neuropose.grammar import counted
from neuropose.multiview.boards.board import Board
from neuropose.multiview.boards.detection import Sighting

Array = NDArray[np.float64]

FEWEST_VIEWS = 8
MOST_VIEWS = 60
COVERAGE_CELLS = (8, 6)
_BLURRED = 0.0035  # edge width as a share of the diagonal
_LEAST_BLURRED_PX = 3.0
_SMALL = 0.15  # extent of the board as a share of the diagonal
_FLAT_DEPTH = 0.08  # how much farther one side of a tilted board is than the other
_LEAST_COVERAGE, _GOOD_COVERAGE = 0.2, 0.6
_UNCERTAIN_FOCAL, _DOUBTFUL_FOCAL = 0.02, 0.005
_LARGEST_RMS, _DOUBTFUL_RMS = 0.0015, 0.0006  # share of the diagonal
_NARROWEST_DEG, _WIDEST_DEG = 8.0, 140.0
_WIDEST_FISHEYE_DEG = 220.0
_SQUARE_PIXELS = 0.03
_OFF_CENTRE = 0.15
_OUTLIER = 3.0
_ROUNDS = 3
_BETTER_FIT = 20.0  # by how much chi square must fall for a sixth power of the radius


@dataclass(frozen=True, slots=True)
class Intrinsics:
    """A calibrated camera, and how well it is known.

    Parameters
    ----------
    camera : Camera
        The camera.
    size : tuple of int
        Width and height of the picture, px.
    errors : ndarray, shape (4 + D,)
        Standard errors of fx, fy, cx, cy and the distortion coefficients. NaN: not known.
    rms_px : float
        Root mean square distance of the corners from where they should be.
    view_count : int
        Number of pictures that were used.
    coverage : float
        Share of the picture in which corners were seen, 0 to 1.
    warnings : tuple of str
        What could be better.
    """

    camera: Camera
    size: tuple[int, int]
    errors: Array
    rms_px: float
    view_count: int
    coverage: float
    warnings: tuple[str, ...]

    @property
    def focal_error(self) -> float:
        """Standard error of the focal length, as a share of it."""
        return float(self.errors[0] / self.camera.intrinsic_matrix[0][0])

    @property
    def fov_degrees(self) -> float:
        """Field of view along the larger side."""
        return field_of_view_deg(self.camera, self.size)


def field_of_view_deg(camera: Camera, size: tuple[int, int]) -> float:
    """Return the field of view along the larger side of the picture.

    Parameters
    ----------
    camera : Camera
        The camera.
    size : tuple of int
        Width and height of the picture, px.

    Returns
    -------
    float
        Degrees, of the lens without its distortion.
    """
    side = int(np.argmax(size))
    half = size[side] / (2.0 * camera.matrix[side, side])
    angle = half if camera.lens is Lens.FISHEYE else np.arctan(half)
    return float(2.0 * np.degrees(angle))


def calibrate_intrinsics(
    sightings: Sequence[Sighting],
    board: Board,
    size: tuple[int, int],
    name: str,
    *,
    lens: Lens = Lens.PINHOLE,
) -> Intrinsics:
    """Compute the intrinsics of a camera from pictures of a board.

    Parameters
    ----------
    sightings : sequence of Sighting
        The board in pictures of the camera.
    board : Board
        The board.
    size : tuple of int
        Width and height of the picture, px.
    name : str
        Name of the camera, for messages.
    lens : Lens
        Model of the lens.

    Returns
    -------
    Intrinsics

    Raises
    ------
    CalibrationError
        If the pictures do not tell enough; the hint says what to film again.

    Notes
    -----
    Zhang's method as OpenCV has it. Of sharp pictures those are taken that differ most in time,
    place and size; those that the others contradict are left out.
    """
    diagonal = float(np.hypot(*size))
    sharp = _sharp(sightings, diagonal, name)
    _require_large(sharp, diagonal, name)
    _require_tilted(sharp, board, name)
    views = _most_different(sharp, size)
    fit = _fit_without_outliers(views, board, size, lens)
    if len(fit.views) < FEWEST_VIEWS:
        raise CalibrationError(
            f"{name}: the pictures of the board contradict each other",
            hint="glue the board flat on a rigid plate, state its number of squares, film it again",
        )
    coverage = _coverage(sharp, size)
    _require_possible(fit, size, coverage, name, lens)
    return Intrinsics(
        camera=fit.camera(lens),
        size=size,
        errors=fit.errors,
        rms_px=fit.rms_px,
        view_count=len(fit.views),
        coverage=coverage,
        warnings=tuple(_doubts(fit, size, coverage, name)),
    )


@dataclass(frozen=True, slots=True)
class _Fit:
    """One solution for all views."""

    views: tuple[Sighting, ...]
    matrix: Array
    distortion: Array
    errors: Array
    rms_of_views: Array

    @property
    def rms_px(self) -> float:
        counts = np.array([len(view.ids) for view in self.views])
        return float(np.sqrt(np.sum(counts * self.rms_of_views**2) / counts.sum()))

    def camera(self, lens: Lens) -> Camera:
        return Camera.model_validate(
            {
                "intrinsic_matrix": self.matrix.tolist(),
                "distortion": self.distortion.tolist(),
                "lens": lens,
                "source": CameraSource.GIVEN,
            }
        )


def _sharp(sightings: Sequence[Sighting], diagonal: float, name: str) -> list[Sighting]:
    limit = max(_BLURRED * diagonal, _LEAST_BLURRED_PX)
    sharp = [each for each in sightings if not each.edge_px > limit]
    if len(sharp) < FEWEST_VIEWS:
        if len(sightings) >= FEWEST_VIEWS:
            width = float(np.nanmedian([each.edge_px for each in sightings]))
            raise CalibrationError(
                f"{name}: the board is blurred: its edges are {width:.0f} px wide",
                hint="hold the board still for 2 s in each place, with more light, and in focus",
            )
        raise CalibrationError(
            f"{name}: the board is in {counted(len(sightings), 'picture')}, "
            f"{FEWEST_VIEWS} are needed",
            hint="film the board for half a minute, near, tilted, and in all parts of the picture",
        )
    return sharp


def _require_large(views: Sequence[Sighting], diagonal: float, name: str) -> None:
    large = [each for each in views if each.extent_px >= _SMALL * diagonal]
    if len(large) < FEWEST_VIEWS:
        share = float(np.median([each.extent_px for each in views])) / diagonal
        raise CalibrationError(
            f"{name}: the board is too small in the picture: it spans {100.0 * share:.0f} % of it",
            hint="film the board nearer, so that it fills a third to a half, or print a larger one",
        )


def _require_tilted(views: Sequence[Sighting], board: Board, name: str) -> None:
    depths = np.array([depth_ratio(each, board) for each in views])
    if np.sum(depths > _FLAT_DEPTH) < FEWEST_VIEWS // 2:
        raise CalibrationError(
            f"{name}: the board is never tilted, so that its distance and the focal length "
            "cannot be told apart",
            hint="film the board again, tilted by 30 to 45 degrees to all sides",
        )


def depth_ratio(view: Sighting, board: Board) -> float:
    """Return how much farther the farthest corner of a board is than the nearest one.

    Parameters
    ----------
    view : Sighting
        The board in a picture.
    board : Board
        The board.

    Returns
    -------
    float
        0 if it is square to the line of sight; needs no knowledge of the camera.
    """
    import cv2

    homography, _ = cv2.findHomography(board.corners_mm[view.ids, :2], view.points_px)
    if homography is None:
        return 0.0
    depths = board.corners_mm[:, :2] @ homography[2, :2] + homography[2, 2]
    low, high = float(depths.min()), float(depths.max())
    return high / low - 1.0 if low > 0.0 else 0.0


def _most_different(views: Sequence[Sighting], size: tuple[int, int]) -> list[Sighting]:
    """Choose views whose times, places and sizes are farthest from those chosen before.

    Not by their tilt: of a small board it is mostly noise, and whoever chooses the views that seem
    to be tilted most finds a focal length that is too short.
    """
    if len(views) <= MOST_VIEWS:
        return list(views)
    times = np.array([view.time_s for view in views])
    since = (times - times[0]) / max(times[-1] - times[0], 1e-6)
    traits = [
        [*(view.points_px.mean(axis=0) / np.array(size)), np.log(view.extent_px) / 2.0, 2.0 * share]
        for view, share in zip(views, since, strict=True)
    ]
    traits_of = np.array(traits)
    chosen = [int(np.argmax([len(view.ids) for view in views]))]
    nearest = np.linalg.norm(traits_of - traits_of[chosen[0]], axis=1)
    while len(chosen) < MOST_VIEWS:
        chosen.append(int(np.argmax(nearest)))
        nearest = np.minimum(nearest, np.linalg.norm(traits_of - traits_of[chosen[-1]], axis=1))
    return [views[index] for index in sorted(chosen)]


def _fit_without_outliers(
    views: Sequence[Sighting], board: Board, size: tuple[int, int], lens: Lens
) -> _Fit:
    kept = tuple(views)
    for _ in range(_ROUNDS):
        fit = _fit(kept, board, size, lens)
        limit = _OUTLIER * float(np.median(fit.rms_of_views))
        left = tuple(v for v, rms in zip(kept, fit.rms_of_views, strict=True) if rms <= limit)
        if len(left) == len(kept) or len(left) < FEWEST_VIEWS:
            break
        kept = left
    return fit


def _fit(views: tuple[Sighting, ...], board: Board, size: tuple[int, int], lens: Lens) -> _Fit:
    if lens is Lens.FISHEYE:
        return _fit_fisheye(views, board, size)
    four, five = _fit_pinhole(views, board, size, 4), _fit_pinhole(views, board, size, 5)
    count = 2 * sum(len(view.ids) for view in views)
    better = count * (four.rms_px**2 / max(five.rms_px**2, 1e-12) - 1.0)
    return five if better > _BETTER_FIT else four


def _fit_pinhole(
    views: tuple[Sighting, ...], board: Board, size: tuple[int, int], terms: int
) -> _Fit:
    import cv2

    seen, known = _points(views, board)
    flags = cv2.CALIB_FIX_K3 if terms == 4 else 0
    _, matrix, distortion, _, _, errors, _, rms = cv2.calibrateCameraExtended(
        known, seen, size, np.eye(3), np.zeros(5), flags=flags
    )
    spread = np.asarray(errors, np.float64).ravel()
    return _Fit(
        views,
        np.asarray(matrix),
        np.asarray(distortion, np.float64).ravel()[:terms],
        spread[: 4 + terms],
        np.asarray(rms, np.float64).ravel(),
    )


def _fit_fisheye(views: tuple[Sighting, ...], board: Board, size: tuple[int, int]) -> _Fit:
    import cv2

    seen, known = _points(views, board)
    matrix, distortion = np.eye(3), np.zeros(4)
    matrix[0, 0] = matrix[1, 1] = max(size) / np.pi
    matrix[:2, 2] = (np.array(size) - 1.0) / 2.0
    names = ("CALIB_RECOMPUTE_EXTRINSIC", "CALIB_FIX_SKEW", "CALIB_USE_INTRINSIC_GUESS")
    where = cv2.fisheye if hasattr(cv2.fisheye, names[0]) else cv2  # OpenCV 4, 5
    flags = sum(int(getattr(where, name)) for name in names)
    seen, known = (
        [each.astype(np.float64).swapaxes(0, 1) for each in group] for group in (seen, known)
    )
    try:
        _, found_matrix, found_terms, turns, places = cv2.fisheye.calibrate(
            known, seen, size, matrix, distortion, flags=flags
        )
        matrix, distortion = np.asarray(found_matrix, np.float64), np.ravel(found_terms)
    except cv2.error as error:
        raise CalibrationError(
            "the pictures do not determine a fisheye lens",
            hint="film the board nearer and tilted, or use the pinhole model",
        ) from error
    rms = []
    for points, corners, turn, place in zip(seen, known, turns, places, strict=True):
        found, _ = cv2.fisheye.projectPoints(corners, turn, place, matrix, distortion)
        apart = np.asarray(found).reshape(-1, 2) - points.reshape(-1, 2)
        rms.append(float(np.sqrt(np.mean(np.sum(apart**2, axis=1)))))
    return _Fit(views, matrix, distortion, np.full(8, np.nan), np.array(rms))


def _points(views: Sequence[Sighting], board: Board) -> tuple[list[Any], list[Any]]:
    seen = [view.points_px[:, None].astype(np.float32) for view in views]
    known = [board.corners_mm[view.ids][:, None].astype(np.float32) for view in views]
    return seen, known


def _coverage(views: Sequence[Sighting], size: tuple[int, int]) -> float:
    cells = np.zeros(COVERAGE_CELLS, bool)
    for view in views:
        at = (view.points_px / np.array(size) * np.array(COVERAGE_CELLS)).astype(int)
        inside = np.clip(at, 0, np.array(COVERAGE_CELLS) - 1)
        cells[inside[:, 0], inside[:, 1]] = True
    return float(cells.mean())


def _require_possible(
    fit: _Fit, size: tuple[int, int], coverage: float, name: str, lens: Lens
) -> None:
    diagonal = float(np.hypot(*size))
    fov = field_of_view_deg(fit.camera(lens), size)
    widest = _WIDEST_FISHEYE_DEG if lens is Lens.FISHEYE else _WIDEST_DEG
    if not _NARROWEST_DEG <= fov <= widest:
        raise CalibrationError(
            f"{name}: a field of view of {fov:.0f} degrees is impossible",
            hint="film the board again, tilted and in all parts of the picture"
            + ("; for a fisheye lens add --lens fisheye" if fov > widest else ""),
        )
    if fit.rms_px > _LARGEST_RMS * diagonal:
        raise CalibrationError(
            f"{name}: the corners are {fit.rms_px:.1f} px from where a flat board has them",
            hint="glue the board flat on a rigid plate, hold it still, and check --board",
        )
    if coverage < _LEAST_COVERAGE:
        raise CalibrationError(
            f"{name}: the board was seen in {100.0 * coverage:.0f} % of the picture only",
            hint="move the board to the sides and into the corners of the picture",
        )
    focal_error = float(fit.errors[0] / fit.matrix[0, 0])
    if focal_error > _UNCERTAIN_FOCAL:
        raise CalibrationError(
            f"{name}: the focal length is known to {100.0 * focal_error:.1f} % only",
            hint="film the board again, nearer and tilted by 30 to 45 degrees to all sides",
        )
    if abs(fit.matrix[0, 0] / fit.matrix[1, 1] - 1.0) > _SQUARE_PIXELS:
        raise CalibrationError(
            f"{name}: the picture is stretched: fx {fit.matrix[0, 0]:.0f}, fy "
            f"{fit.matrix[1, 1]:.0f} px",
            hint="calibrate with videos as the camera writes them, and state the board's squares",
        )


def _doubts(fit: _Fit, size: tuple[int, int], coverage: float, name: str) -> list[str]:
    found = []
    if coverage < _GOOD_COVERAGE:
        found.append(
            f"{name}: the board was seen in {100.0 * coverage:.0f} % of the picture; what the lens "
            "does elsewhere is extrapolated"
        )
    if fit.rms_px > _DOUBTFUL_RMS * float(np.hypot(*size)):
        found.append(f"{name}: corners are {fit.rms_px:.2f} px from where they should be")
    if fit.errors[0] / fit.matrix[0, 0] > _DOUBTFUL_FOCAL:
        share = 100.0 * fit.errors[0] / fit.matrix[0, 0]
        found.append(f"{name}: the focal length is known to {share:.1f} % only")
    off = np.abs(fit.matrix[:2, 2] / np.array(size) - 0.5)
    if off.max() > _OFF_CENTRE:
        found.append(f"{name}: the optical axis is far from the middle; was the picture cropped?")
    return found
