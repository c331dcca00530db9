"""A sheet of telling frames with the detections drawn on them."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from neuropose.data import VideoPredictions, frame_id
from neuropose.errors import OutputError
from neuropose.grammar import counted
from neuropose.io.atomic import write_atomically
from neuropose.video.reader import VideoFrame, VideoReader
from neuropose.viz.captions import draw_tag, legend_band, without_picture
from neuropose.viz.colors import BAND, PAPER
from neuropose.viz.layer import Layer
from neuropose.viz.measured import Measured, frame_notes, telling_frames
from neuropose.viz.overlay import require_same_video
from neuropose.viz.people import draw_skeletons, draw_track_ids

Picture = NDArray[np.uint8]

_WIDTH_PX = 1600
_GAP_PX = 8
_MOST_BYTES = 1_500_000
_FEWEST_PICTURES = 8
_EMPTY = 58  # a dark grey, on which every colour of the drawing shows
_SHRINK = 0.95
_SHADES = 64  # per channel: enough to look smooth, and a third smaller than 256
_WEIGHT = 1.6
_DRAWN_LARGER = 2  # larger than shown, so that thin lines are smooth


def write_contact_sheet(
    video_path: Path | str,
    predictions: VideoPredictions,
    out_path: Path | str,
    columns: int | None = None,
    *,
    footage: bool = True,
    measured: Measured | None = None,
) -> None:
    """Draw eight to twelve frames of a video with the people found in them.

    Half of them at most are chosen because they tell whether a measurement can be trusted: where
    somebody was lost, sides were exchanged, the error is widest, and some events. The others are
    evenly spaced.

    Parameters
    ----------
    video_path : Path or str
        The video that the predictions were made from.
    predictions : VideoPredictions
        The predictions to draw; not changed.
    out_path : Path or str
        The sheet to write: a PNG of at most 1.5 MB.
    columns : int, optional
        Number of pictures side by side; default: 3, or 5 if they are taller than wide.
    footage : bool
        If False, people are drawn on an empty background, so that nobody can be recognised.
    measured : Measured, optional
        Who was measured, who is marked. Default: nobody, and only that everybody is lost is told.

    Raises
    ------
    VideoError
        If the video cannot be used, or is not the one that the predictions were made from.
    OutputError
        If the sheet cannot be written.
    ValueError
        If `columns` is less than 1.

    Examples
    --------
    >>> import tempfile
    >>> from neuropose.testing import synthetic_predictions, write_numbered_video
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     video, sheet = Path(folder) / "clip.mp4", Path(folder) / "sheet.png"
    ...     _ = write_numbered_video(video, frame_count=20, width=640, height=480)
    ...     write_contact_sheet(video, synthetic_predictions(frame_count=20), sheet)
    ...     sheet.exists()
    True
    """
    if columns is not None and columns < 1:
        raise ValueError(f"columns must be at least 1, not {columns}")
    with VideoReader(Path(video_path)) as reader:
        require_same_video(reader, predictions)
        shape = (reader.height, reader.width)
        columns = columns or (3 if reader.width >= reader.height else 5)
        chosen = _chosen(predictions, measured, columns)
        cell_px = min(reader.width, (_WIDTH_PX - _GAP_PX) // min(columns, len(chosen)) - _GAP_PX)
        shots = [
            _shot(
                frame,
                shape,
                min(reader.width, _DRAWN_LARGER * cell_px),
                chosen[frame.number],
                footage=footage,
            )
            for frame in reader
            if frame.number in chosen
        ]
    track = None if measured is None else measured.track_id
    while True:
        png = _encode(_sheet(shots, predictions, columns, cell_px, track))
        if len(png) <= _MOST_BYTES:
            break
        cell_px = int(_SHRINK * cell_px)
    write_atomically(Path(out_path), [png])


@dataclass(frozen=True)
class _Shot:
    """A chosen frame with its picture already reduced, so that large videos do not fill memory."""

    number: int
    time_s: float
    picture: Picture
    why: str


def _chosen(
    predictions: VideoPredictions, measured: Measured | None, columns: int
) -> dict[int, str]:
    """Return what is said of each frame that is shown."""
    even = _evenly_spaced(predictions.metadata.frame_count, columns)
    telling = telling_frames(predictions, measured, len(even) // 2)
    notes = frame_notes(predictions, measured)
    others = sorted(even - telling.keys(), key=lambda number: _distance(number, telling))
    kept = others[len(others) - (len(even) - len(telling)) :]
    return telling | {number: notes[number] for number in kept}


def _distance(number: int, others: Collection[int]) -> int:
    return min((abs(number - other) for other in others), default=0)


def _evenly_spaced(frame_count: int, columns: int) -> set[int]:
    """Return frame numbers in the middle of equal parts of the video, one per cell of the sheet."""
    cells = columns * math.ceil(_FEWEST_PICTURES / columns)
    return {int((cell + 0.5) * frame_count / cells) for cell in range(cells)}


def _shot(
    frame: VideoFrame, shape: tuple[int, int], width: int, why: str, *, footage: bool
) -> _Shot:
    picture = frame.picture
    if not footage:
        picture = np.full((*shape, 3), _EMPTY, np.uint8)
    elif picture is None:
        picture = without_picture(None, shape, frame.gap_reason or "not known")
    return _Shot(frame.number, frame.time_s, _fitted(picture, width), why)


def _sheet(
    shots: list[_Shot],
    predictions: VideoPredictions,
    columns: int,
    cell_px: int,
    measured: int | None,
) -> Picture:
    cells = [_cell(shot, predictions, cell_px, measured) for shot in shots]
    height, width = cells[0].shape[:2]
    columns = min(columns, len(cells))
    rows = math.ceil(len(cells) / columns)
    across, down = columns * (width + _GAP_PX) + _GAP_PX, rows * (height + _GAP_PX) + _GAP_PX
    sheet = np.full((down, across, 3), BAND, np.uint8)
    for index, cell in enumerate(cells):
        y = _GAP_PX + index // columns * (height + _GAP_PX)
        x = _GAP_PX + index % columns * (width + _GAP_PX)
        sheet[y : y + height, x : x + width] = cell
    people = len(np.unique(predictions.track_ids))
    caption = f"{counted(predictions.metadata.frame_count, 'frame')}, {counted(people, 'track')}"
    return np.concatenate([sheet, legend_band(across, max(9.0, across / 130.0), caption)])


def _cell(shot: _Shot, predictions: VideoPredictions, width: int, measured: int | None) -> Picture:
    found = predictions.frames[frame_id(shot.number)]
    drawn, full_width = shot.picture.copy(), predictions.metadata.width
    scale = drawn.shape[1] / full_width
    layer = Layer(drawn.shape)
    draw_skeletons(layer, found, predictions.skeleton, scale=scale, weight=_WEIGHT)
    layer.lay_over(drawn)
    cell = _fitted(drawn, width)
    tags = Layer(cell.shape)
    draw_track_ids(tags, found, scale=width / full_width, measured=measured)
    said = f"{shot.time_s:.2f} s" + (f": {shot.why}" if shot.why else "")
    draw_tag(tags, said, (0.0, float(cell.shape[0])), PAPER)
    tags.lay_over(cell)
    return cell


def _fitted(picture: Picture, width: int) -> Picture:
    size = (width, max(1, round(picture.shape[0] * width / picture.shape[1])))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def _encode(picture: Picture) -> bytes:
    step = 256 // _SHADES
    shades = np.round(np.arange(256) / step) * step
    coarse = cv2.LUT(picture, np.minimum(shades, 255).astype(np.uint8))
    options = [cv2.IMWRITE_PNG_COMPRESSION, 9]
    done, png = cv2.imencode(".png", cv2.cvtColor(coarse, cv2.COLOR_RGB2BGR), options)
    if not done:
        raise OutputError("the contact sheet cannot be encoded as PNG")
    return png.tobytes()
