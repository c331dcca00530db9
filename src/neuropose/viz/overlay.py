"""The video with the detections drawn on it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from neuropose.data import VideoPredictions, frame_id
from neuropose.errors import VideoError
from neuropose.video.conversion import ColorTags
from neuropose.video.reader import VideoFrame, VideoReader
from neuropose.viz.captions import (
    caption_width,
    draw_caption,
    legend,
    text_height,
    without_picture,
)
from neuropose.viz.layer import Layer
from neuropose.viz.measured import Measured, frame_notes
from neuropose.viz.people import draw_skeletons, draw_track_ids
from neuropose.viz.stored_canvas import StoredCanvas
from neuropose.viz.video_writer import TICKS_PER_S, VideoWriter, even_size

Picture = NDArray[np.uint8]

LONGER_SIDE_PX = 960
"""Longer side of an overlay, at most, if nothing else is asked for."""

# A constant quantiser spares the encoder the search for a rate, a third of its time. At 26, more
# than half of the bytes of 20 and a fifth of the time are saved; lines and words look the same.
# Decoding and drawing keep the cores busy: one thread that encodes is as fast as several.
_FAST = {"preset": "ultrafast", "qp": "26", "bf": "0", "threads": "1"}
_MOST_WAITING = 4  # frames that are decoded and not yet drawn


def write_overlay(
    video_path: Path | str,
    predictions: VideoPredictions,
    out_path: Path | str,
    progress: Callable[[int, int], None] | None = None,
    *,
    measured: Measured | None = None,
    longer_side_px: int | None = LONGER_SIDE_PX,
) -> None:
    """Draw skeletons, track ids and confidence on a video, and say in which frames to look twice.

    Parameters
    ----------
    video_path : Path or str
        The video that the predictions were made from.
    predictions : VideoPredictions
        The predictions to draw; not changed.
    out_path : Path or str
        The overlay to write: H.264 in MP4, which plays in a browser. It appears only when complete.
    progress : callable, optional
        Called after every frame with the number of frames done and the total.
    measured : Measured, optional
        Who was measured: their tag says so, and the band says where they were not found, are
        doubtful, or had left and right exchanged.
    longer_side_px : int, optional
        Pictures whose longer side is longer are scaled down to it; none is enlarged. None: the
        overlay is as large as the video.

    Raises
    ------
    VideoError
        If the video cannot be used, or is not the one that the predictions were made from.
    OutputError
        If the overlay cannot be written.
    ValueError
        If `longer_side_px` is less than 2.

    Notes
    -----
    Every frame keeps its presentation time, so a variable frame rate is preserved. A band below the
    picture shows the time and the legend. The same video and predictions produce the same pictures.

    Examples
    --------
    >>> import tempfile
    >>> from neuropose.testing import synthetic_predictions, write_numbered_video
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     video, overlay = Path(folder) / "clip.mp4", Path(folder) / "overlay.mp4"
    ...     _ = write_numbered_video(video, frame_count=5, width=640, height=480)
    ...     write_overlay(video, synthetic_predictions(frame_count=5), overlay)
    ...     overlay.exists()
    True
    """
    if longer_side_px is not None and longer_side_px < 2:
        raise ValueError(f"longer_side_px must be at least 2, not {longer_side_px}")
    with VideoReader(Path(video_path), decode_threads=2) as reader:
        require_same_video(reader, predictions)
        tags = reader.leave_stored()
        with VideoWriter(out_path, options=_FAST, tags=tags) as writer:
            size = shown_size(reader.width, reader.height, longer_side_px)
            pages = _Pages(predictions, (reader.width, reader.height), size, tags, writer, measured)
            for frame in _side_by_side(reader, pages.draw, pages.write):
                if progress is not None:
                    progress(frame.number + 1, reader.expected_frame_count)


def shown_size(width: int, height: int, longer_side_px: int | None) -> tuple[int, int]:
    """Return the size at which the pictures of a video are shown.

    Parameters
    ----------
    width, height : int
        Size of the pictures in px.
    longer_side_px : int or None
        Longer side at most; None: any.

    Returns
    -------
    tuple of int
        Width and height in px, both even; if the pictures are not scaled, an odd side gains one.

    Examples
    --------
    >>> shown_size(1768, 994, 960), shown_size(1080, 1920, 960), shown_size(161, 121, 960)
    ((960, 540), (540, 960), (162, 122))
    """
    longer = max(width, height)
    if longer_side_px is None or longer <= longer_side_px:
        return width + width % 2, height + height % 2
    return even_size(width, height, (longer_side_px - longer_side_px % 2) / longer)


def _side_by_side(
    reader: VideoReader,
    draw: Callable[[VideoFrame], _Page],
    write: Callable[[_Page], None],
) -> Iterator[VideoFrame]:
    """Draw on a frame in a second thread and encode it in a third, while others are decoded."""
    with ThreadPoolExecutor(1) as drawing, ThreadPoolExecutor(1) as encoding:
        running: deque[tuple[VideoFrame, Future[None]]] = deque()
        for frame in reader:
            page = drawing.submit(draw, frame)
            running.append((frame, encoding.submit(lambda page: write(page.result()), page)))
            while len(running) > _MOST_WAITING:
                done, future = running.popleft()
                future.result()
                yield done
        for done, future in running:
            future.result()
            yield done


_Page = tuple[av.VideoFrame, float]
"""A picture as it is stored, and its time in seconds."""


class _Pages:
    """Draws on each frame, and hands it to the writer."""

    def __init__(
        self,
        predictions: VideoPredictions,
        size: tuple[int, int],
        shown: tuple[int, int],
        tags: ColorTags,
        writer: VideoWriter,
        measured: Measured | None,
    ) -> None:
        self._predictions = predictions
        self._track = None if measured is None else measured.track_id
        self._notes = frame_notes(predictions, measured)
        self._writer = writer
        self._video_shape = size[1], size[0]
        self._shape = shown[1], shown[0]
        stored = [side + side % 2 for side in size]
        self._scale = shown[0] / stored[0], shown[1] / stored[1]
        self._tags = tags
        self._text_px = text_height(self._shape)
        self._canvas_of: tuple[Picture, StoredCanvas] | None = None
        self._last: VideoFrame | None = None
        self._after_s = 0.0

    def draw(self, frame: VideoFrame) -> _Page:
        """Draw on a frame; frames in their order."""
        time_s = max(frame.time_s, self._after_s)
        self._after_s = time_s + 1.0 / TICKS_PER_S
        note = self._notes[frame.number]
        caption = f"{frame.time_s:.3f} s   frame {frame.number}   {note}".rstrip()
        canvas = self._canvas(caption_width(caption, self._text_px))
        if frame.picture is not None:
            self._last = frame
            self._draw_people(canvas.picture, frame)
        draw_caption(canvas.below, caption, self._text_px)
        return canvas.page(self._stored(frame)), time_s

    def write(self, page: _Page) -> None:
        """Write what was drawn."""
        self._writer.write_frame(*page)

    def _canvas(self, left_free: int) -> StoredCanvas:
        band = legend(self._shape[1], self._text_px, left_free)
        if self._canvas_of is None or self._canvas_of[0] is not band:
            canvas = StoredCanvas(self._shape, band, self._tags, pages=_MOST_WAITING + 1)
            self._canvas_of = band, canvas
        return self._canvas_of[1]

    def _draw_people(self, layer: Layer, frame: VideoFrame) -> None:
        found = self._predictions.frames[frame_id(frame.number)]
        draw_skeletons(layer, found, self._predictions.skeleton, scale=self._scale)
        draw_track_ids(layer, found, scale=self._scale, measured=self._track)

    def _stored(self, frame: VideoFrame) -> av.VideoFrame:
        """Return the picture as it is stored, or what is shown in place of a missing one."""
        if frame.stored is not None:
            return frame.stored
        picture = frame.picture
        if picture is None:
            reason = frame.gap_reason or "not known"
            picture = without_picture(self._last_picture(), self._video_shape, reason)
        return self._writer.encodable(picture)

    def _last_picture(self) -> Picture | None:
        if self._last is None:
            return None
        stored = self._last.stored
        return (
            self._last.picture
            if stored is None
            else np.asarray(stored.to_ndarray(format="rgb24"), np.uint8)
        )


def require_same_video(reader: VideoReader, predictions: VideoPredictions) -> None:
    """Check that predictions match a video, by its frame count and size.

    Parameters
    ----------
    reader : VideoReader
        The video.
    predictions : VideoPredictions
        The predictions.

    Raises
    ------
    VideoError
        If they do not match.
    """
    metadata = predictions.metadata
    here = (reader.expected_frame_count, reader.width, reader.height)
    there = (metadata.frame_count, metadata.width, metadata.height)
    if here != there:
        raise VideoError(
            "the predictions were made from another video: {} frames of {}×{} px, not ".format(
                *there
            )
            + "{} frames of {}×{} px".format(*here),
            hint="use the video that was processed",
        )
