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
    legend_band,
    text_height,
    without_picture,
)
from neuropose.viz.layer import Layer
from neuropose.viz.measured import Measured, frame_notes
from neuropose.viz.people import draw_skeletons, draw_track_ids
from neuropose.viz.stored_canvas import StoredCanvas
from neuropose.viz.video_writer import H264_OPTIONS, TICKS_PER_S, VideoWriter

Picture = NDArray[np.uint8]

# A constant quantiser spares the encoder the search for a rate, a third of its time. At 24, a third
# of the bytes of 20 and a tenth of the time are saved, and lines and words look the same.
_FAST = {"preset": "ultrafast", "qp": "24", "bf": "0", "threads": H264_OPTIONS["threads"]}
_MOST_WAITING = 4  # frames that are decoded and not yet drawn


def write_overlay(
    video_path: Path | str,
    predictions: VideoPredictions,
    out_path: Path | str,
    progress: Callable[[int, int], None] | None = None,
    *,
    measured: Measured | None = None,
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

    Raises
    ------
    VideoError
        If the video cannot be used, or is not the one that the predictions were made from.
    OutputError
        If the overlay cannot be written.

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
    with VideoReader(Path(video_path)) as reader:
        require_same_video(reader, predictions)
        tags = reader.leave_stored()
        with VideoWriter(out_path, options=_FAST, tags=tags) as writer:
            shape = (reader.height, reader.width)
            pages = _Pages(predictions, shape, tags, writer, measured)
            for frame in _side_by_side(reader, pages.draw, pages.write):
                if progress is not None:
                    progress(frame.number + 1, reader.expected_frame_count)


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
        shape: tuple[int, int],
        tags: ColorTags,
        writer: VideoWriter,
        measured: Measured | None,
    ) -> None:
        self._predictions = predictions
        self._track = None if measured is None else measured.track_id
        self._notes = frame_notes(predictions, measured)
        self._writer = writer
        self._shape = shape
        self._tags = tags
        self._text_px = text_height(shape)
        self._layer: Layer | None = None
        self._canvas_of: tuple[Picture, StoredCanvas] | None = None
        self._last: VideoFrame | None = None
        self._after_s = 0.0

    def draw(self, frame: VideoFrame) -> _Page:
        """Draw on a frame; frames in their order."""
        time_s = max(frame.time_s, self._after_s)
        self._after_s = time_s + 1.0 / TICKS_PER_S
        caption = (
            f"{frame.time_s:.3f} s   frame {frame.number}   {self._notes[frame.number]}".rstrip()
        )
        if frame.stored is not None:
            return self._drawn_as_stored(frame, frame.stored, caption), time_s
        return self._writer.encodable(self._drawn(frame, caption)), time_s

    def _drawn_as_stored(
        self, frame: VideoFrame, stored: av.VideoFrame, caption: str
    ) -> av.VideoFrame:
        self._last = frame
        canvas = self._canvas(caption_width(caption, self._text_px))
        self._draw_people(canvas.picture, frame)
        draw_caption(canvas.below, caption, self._text_px)
        return canvas.page(stored)

    def _canvas(self, left_free: int) -> StoredCanvas:
        band = legend(self._shape[1], self._text_px, left_free)
        if self._canvas_of is None or self._canvas_of[0] is not band:
            canvas = StoredCanvas(self._shape, band, self._tags, pages=_MOST_WAITING + 1)
            self._canvas_of = band, canvas
        return self._canvas_of[1]

    def _drawn(self, frame: VideoFrame, caption: str) -> Picture:
        band = legend_band(self._shape[1], self._text_px, caption)
        if frame.picture is None:
            reason = frame.gap_reason or "not known"
            return np.concatenate(
                [without_picture(self._last_picture(), self._shape, reason), band]
            )
        self._last = frame
        page = np.concatenate([frame.picture, band])
        if self._layer is None:
            self._layer = Layer(self._shape)
        self._draw_people(self._layer, frame)
        self._layer.lay_over(page)
        return page

    def write(self, page: _Page) -> None:
        """Write what was drawn."""
        self._writer.write_frame(*page)

    def _draw_people(self, layer: Layer, frame: VideoFrame) -> None:
        found = self._predictions.frames[frame_id(frame.number)]
        draw_skeletons(layer, found, self._predictions.skeleton)
        draw_track_ids(layer, found, measured=self._track)

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
