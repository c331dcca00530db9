"""The video with the detections drawn on it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuropose.data import VideoPredictions, frame_id
from neuropose.errors import VideoError
from neuropose.video.reader import VideoFrame, VideoReader
from neuropose.viz.captions import legend_band, text_height, without_picture
from neuropose.viz.people import draw_skeletons, draw_track_ids
from neuropose.viz.video_writer import H264_OPTIONS, TICKS_PER_S, VideoWriter

Picture = NDArray[np.uint8]

# A constant quantiser spares the encoder the search for a rate, a third of its time.
_FAST = {"preset": "ultrafast", "qp": "20", "bf": "0", "threads": H264_OPTIONS["threads"]}
_MOST_WAITING = 4  # frames that are decoded and not yet drawn


def write_overlay(
    video_path: Path | str,
    predictions: VideoPredictions,
    out_path: Path | str,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Draw skeletons, track ids and confidence on a video.

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
    with VideoReader(Path(video_path)) as reader, VideoWriter(out_path, options=_FAST) as writer:
        require_same_video(reader, predictions)
        pages = _Pages(predictions, (reader.height, reader.width), writer)
        for frame in _while_decoding(reader, pages.add):
            if progress is not None:
                progress(frame.number + 1, reader.expected_frame_count)


def _while_decoding(
    reader: VideoReader, work: Callable[[VideoFrame], None]
) -> Iterator[VideoFrame]:
    """Work on the frames in a second thread, while the next ones are decoded."""
    with ThreadPoolExecutor(1) as pool:
        running: deque[tuple[VideoFrame, Future[None]]] = deque()
        for frame in reader:
            running.append((frame, pool.submit(work, frame)))
            while len(running) > _MOST_WAITING:
                done, future = running.popleft()
                future.result()
                yield done
        for done, future in running:
            future.result()
            yield done


class _Pages:
    """Draws each frame on one canvas, and hands it to the writer."""

    def __init__(
        self, predictions: VideoPredictions, shape: tuple[int, int], writer: VideoWriter
    ) -> None:
        self._predictions = predictions
        self._writer = writer
        self._shape = shape
        band = legend_band(shape[1], text_height(shape), "")
        self._canvas = np.zeros((shape[0] + len(band), shape[1], 3), np.uint8)
        self._last: Picture | None = None
        self._after_s = 0.0

    def add(self, frame: VideoFrame) -> None:
        time_s = max(frame.time_s, self._after_s)
        self._after_s = time_s + 1.0 / TICKS_PER_S
        self._writer.write(self._draw(frame), time_s)

    def _draw(self, frame: VideoFrame) -> Picture:
        height, width = self._shape
        picture = self._canvas[:height]
        if frame.picture is None:
            reason = frame.gap_reason or "not known"
            picture[:] = without_picture(self._last, self._shape, reason)
        else:
            self._last = frame.picture
            picture[:] = frame.picture
            found = self._predictions.frames[frame_id(frame.number)]
            draw_skeletons(picture, found, self._predictions.skeleton)
            draw_track_ids(picture, found)
        caption = f"{frame.time_s:.3f} s   frame {frame.number}"
        self._canvas[height:] = legend_band(width, text_height(self._shape), caption)
        return self._canvas


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
