"""What the background of a video says of its camera: that it stands still, or that it does not.

Positions are those in the camera's frame. Where the camera turns, moves or zooms while it films,
they are not in the room, and nothing in the poses tells: who walks while the camera zooms in seems
to walk at another speed, evenly.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from neuropose.data import VideoPredictions

if TYPE_CHECKING:
    import cv2

STILL = 0.02
"""Share of the picture's larger side, or of its size, that the background of a camera that stands
still stays within. On tripods, 0.0005 was measured; in a blurred, interlaced tape, 0.006."""

_EVERY_S = 1.0
_FEWEST, _MOST = 8, 64
_SIDE_PX = 320
_FEATURES = 500
_MARGIN = 0.15  # of a person's box, to each side: hair, feet and shadows reach beyond it
_ALIKE = 50  # bits of 256 in which two descriptors of one point may differ
_OFF_PX = 1.5
_ENOUGH_POINTS = 15
_MOST_OF_THEM = 0.4
_WIDE = 0.25  # of the larger side; points closer together may be one thing that moves
_LASTING = 2  # pictures; one alone may be mismatched

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _View:
    """The background of a picture: points, and what they look like."""

    points: Array
    looks: NDArray[np.uint8]
    side_px: int


class Background:
    """Follows the background through some of a video's pictures, a second apart.

    Parameters
    ----------
    frame_count : int
        Number of frames of the video.
    fps : float
        Its frame rate in frames per second.

    Attributes
    ----------
    frames : frozenset of int
        Numbers of the frames that are looked at.

    Examples
    --------
    >>> sorted(Background(30, 30.0).frames)
    [0, 4, 8, 12, 17, 21, 25, 29]
    """

    def __init__(self, frame_count: int, fps: float) -> None:
        count = min(max(round(frame_count / fps / _EVERY_S), _FEWEST), _MOST)
        numbers = np.linspace(0.0, frame_count - 1.0, count).round().astype(int)
        self.frames = frozenset(numbers.tolist())
        self._shrunk: dict[int, NDArray[np.uint8]] = {}

    def add(self, number: int, picture: NDArray[np.uint8]) -> None:
        """Keep what is needed of a picture.

        Parameters
        ----------
        number : int
            Number of the frame.
        picture : ndarray of uint8, shape (height, width, 3)
            RGB.
        """
        import cv2

        height, width = picture.shape[:2]
        share = min(1.0, _SIDE_PX / max(height, width))
        size = (max(1, round(width * share)), max(1, round(height * share)))
        small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        self._shrunk[number] = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.uint8)

    def doubt(self, predictions: VideoPredictions) -> str | None:
        """Warn if the camera does not stand still.

        Parameters
        ----------
        predictions : VideoPredictions
            Those of the video: people are no background.

        Returns
        -------
        str or None
            The warning. None: the background stays where it is, or there is too little of it to
            tell.
        """
        import cv2

        detector = cv2.ORB.create(nfeatures=_FEATURES, fastThreshold=7)
        side = max(predictions.metadata.width, predictions.metadata.height)
        views = []
        for number, shrunk in sorted(self._shrunk.items()):
            share = max(shrunk.shape) / side
            first, end = predictions.offsets[number : number + 2]
            boxes = share * predictions.boxes[first:end, :4].astype(np.float64)
            views.append(_view(detector, shrunk, boxes))
        return _doubt(_motions(views), shrunk.shape) if len(views) > _LASTING else None


def _view(detector: cv2.ORB, shrunk: NDArray[np.uint8], boxes: Array) -> _View:
    seen = np.full(shrunk.shape, 255, np.uint8)
    for left, top, wide, high in boxes:
        reach = _MARGIN * max(wide, high)
        rows = slice(max(0, int(top - reach)), max(0, math.ceil(top + high + reach)))
        columns = slice(max(0, int(left - reach)), max(0, math.ceil(left + wide + reach)))
        seen[rows, columns] = 0
    found, looks = detector.detectAndCompute(shrunk, seen)
    points = np.array([point.pt for point in found], np.float64).reshape(-1, 2)
    none = np.empty((0, 32), np.uint8)
    return _View(points, none if looks is None else np.asarray(looks, np.uint8), max(shrunk.shape))


def _motions(views: Sequence[_View]) -> list[Array]:
    """Return the similarity from the first picture to each, 2×3, as far as it can be told.

    Each is compared with the first one for as long as that is in view, so that errors do not add
    up; then with the last that was.
    """
    whole = np.eye(3)
    reference, base = views[0], whole
    latest, latest_base = reference, base
    found = []
    for view in views[1:]:
        step = _similarity(reference, view)
        if step is None and latest is not reference:
            reference, base = latest, latest_base
            step = _similarity(reference, view)
        if step is None:
            continue
        latest, latest_base = view, np.vstack([step, whole[2]]) @ base
        found.append(latest_base[:2])
    return found


def _similarity(before: _View, after: _View) -> Array | None:
    """Return how the background is scaled, turned and shifted from one picture to another."""
    import cv2

    if min(len(before.points), len(after.points)) < _ENOUGH_POINTS:
        return None
    matches = cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True).match(before.looks, after.looks)
    pairs = [(one.queryIdx, one.trainIdx) for one in matches if one.distance <= _ALIKE]
    if len(pairs) < _ENOUGH_POINTS:
        return None
    rows = np.array(pairs)
    here, there = before.points[rows[:, 0]], after.points[rows[:, 1]]
    matrix, inside = cv2.estimateAffinePartial2D(here, there, ransacReprojThreshold=_OFF_PX)
    if matrix is None:
        return None
    agree = np.asarray(inside, bool).ravel()
    enough = max(_ENOUGH_POINTS, _MOST_OF_THEM * len(agree))
    if agree.sum() < enough or np.ptp(here[agree], axis=0).max() < _WIDE * before.side_px:
        return None
    return np.asarray(matrix, np.float64)


def _doubt(motions: Sequence[Array], shape: tuple[int, ...]) -> str | None:
    if len(motions) < _LASTING:
        return None
    middle, side_px = 0.5 * np.array(shape[1::-1]), max(shape)
    scales = [math.hypot(matrix[0, 0], matrix[1, 0]) for matrix in motions]
    shifts = [float(np.linalg.norm(matrix @ [*middle, 1.0] - middle)) for matrix in motions]
    sizes = np.sort(np.abs(np.log(scales)))
    if sizes[-_LASTING] > math.log1p(STILL):
        largest = max(scales, key=lambda scale: abs(math.log(scale)))
        return (
            f"the camera zooms, or moves: the background becomes {largest:.2f} times as large as "
            "at the beginning; lengths and speeds are wrong by about as much: film with a "
            "camera that stands still, without zooming"
        )
    if sorted(shifts)[-_LASTING] > STILL * side_px:
        return (
            "the camera turns, or moves: the background shifts by "
            f"{100.0 * max(shifts) / side_px:.0f} % of the picture; positions are those relative "
            "to the camera, and speeds and distances covered are wrong: film with a camera that "
            "stands still"
        )
    return None
