"""Everybody in a video, so that a reader sees who was measured, and who else there is."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from neuropose.data import Report, VideoPredictions

MOST_PEOPLE = 12
_HEIGHT_PX = 96
_MOST_WIDTH_PX = 128
_MARGIN = 0.08
_QUALITY = 80
_THIRDS = ("left", "middle", "right")


@dataclass(frozen=True, slots=True)
class Portrait:
    """One person of a video.

    Parameters
    ----------
    track_id : int
        Which of the people in the predictions.
    is_measured : bool
        Whether the report is of this person.
    seen : str
        When and where they are seen, in words.
    frame : int
        The frame that shows them best.
    box_px : tuple of float
        Where they are in it: x, y, width and height.
    jpeg : str
        A picture, base64. Empty: without the video.
    """

    track_id: int
    is_measured: bool
    seen: str
    frame: int
    box_px: tuple[float, float, float, float]
    jpeg: str = ""


class Portraits:
    """The people of a video, whose pictures are cut out while it is read.

    Parameters
    ----------
    report : Report
        What was measured.
    predictions : VideoPredictions
        Of the video.
    """

    def __init__(self, report: Report, predictions: VideoPredictions) -> None:
        own = None if report.subject is None else report.subject.track_id
        tracks, counts = np.unique(predictions.track_ids, return_counts=True)
        order = sorted(
            (int(track) for track in tracks if track >= 0),
            key=lambda track: (track != own, -counts[tracks == track][0]),
        )
        self._people = [_portrait(predictions, track, own) for track in order[:MOST_PEOPLE]]
        self.others = max(0, len(order) - MOST_PEOPLE)

    def see(self, number: int, picture: NDArray[np.uint8]) -> None:
        """Cut out whoever this frame shows best.

        Parameters
        ----------
        number : int
            Of the frame.
        picture : ndarray of uint8, shape (H, W, 3)
            RGB.
        """
        for index, person in enumerate(self._people):
            if person.frame == number:
                self._people[index] = replace(person, jpeg=_cut_out(picture, person.box_px))

    @property
    def people(self) -> Sequence[Portrait]:
        """The measured person first, then those who are seen longest."""
        return tuple(self._people)


def _portrait(predictions: VideoPredictions, track: int, own: int | None) -> Portrait:
    rows = np.flatnonzero(predictions.track_ids == track)
    frames = predictions.frame_index[rows]
    middle = rows[len(rows) // 4 : max(len(rows) // 4 + 1, 3 * len(rows) // 4)]
    best = int(middle[np.nanargmax(_areas(predictions.boxes[middle]))])
    x, y, width, height = predictions.boxes[best, :4].astype(float).tolist()
    first_s, last_s = (float(predictions.time_s[frames[end]]) for end in (0, -1))
    share = len(rows) / predictions.metadata.frame_count
    centre = predictions.boxes[rows, 0] + 0.5 * predictions.boxes[rows, 2]
    seen = (
        f"{first_s:.1f} to {last_s:.1f} s, {100.0 * share:.0f} % of the frames, "
        f"{_where(centre / predictions.metadata.width)}, "
        f"{np.nanmedian(predictions.boxes[rows, 3]):.0f} px tall"
    )
    frame = int(predictions.frame_index[best])
    return Portrait(track, track == own, seen, frame, (x, y, width, height))


def _areas(boxes: NDArray[np.float32]) -> NDArray[np.float64]:
    areas = np.asarray(boxes[:, 2] * boxes[:, 3], np.float64)
    return np.where(np.isfinite(areas), areas, 0.0)


def _where(across: NDArray[np.float32]) -> str:
    """Say where somebody is: thirds of the picture at the beginning and the end."""
    part = max(1, len(across) // 10)
    start, end = (
        _THIRDS[int(np.clip(3.0 * np.nan_to_num(np.nanmedian(each), nan=0.5), 0, 2))]
        for each in (across[:part], across[-part:])
    )
    if start != end:
        return f"from the {start} to the {end}"
    return f"{'in' if start == _THIRDS[1] else 'at'} the {start}"


def _cut_out(picture: NDArray[np.uint8], box_px: tuple[float, float, float, float]) -> str:
    if not np.isfinite(box_px).all():
        return ""
    x, y, width, height = box_px
    room = _MARGIN * max(width, height)
    top, bottom = np.clip([y - room, y + height + room], 0, picture.shape[0]).round().astype(int)
    left, right = np.clip([x - room, x + width + room], 0, picture.shape[1]).round().astype(int)
    part = picture[top:bottom, left:right]
    if not part.size:
        return ""
    scale = min(1.0, _HEIGHT_PX / part.shape[0], _MOST_WIDTH_PX / part.shape[1])
    size = max(1, round(scale * part.shape[1])), max(1, round(scale * part.shape[0]))
    small = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    done, jpeg = cv2.imencode(
        ".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
    )
    return base64.b64encode(jpeg.tobytes()).decode() if done else ""
