"""The video with the detections drawn on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuropose.data import FramePrediction, VideoPredictions, frame_id
from neuropose.errors import VideoError
from neuropose.video.reader import VideoFrame, VideoReader
from neuropose.viz.captions import legend_band, text_height, without_picture
from neuropose.viz.people import draw_skeletons, draw_track_ids
from neuropose.viz.video_writer import TICKS_PER_S, VideoWriter

Picture = NDArray[np.uint8]


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
    with VideoReader(Path(video_path)) as reader, VideoWriter(out_path) as writer:
        require_same_video(reader, predictions)
        shape = (reader.height, reader.width)
        last: Picture | None = None
        after_s = 0.0
        for frame in reader:
            found = predictions.frames[frame_id(frame.number)]
            writer.write(_page(frame, found, predictions, last, shape), max(frame.time_s, after_s))
            after_s = max(frame.time_s, after_s) + 1.0 / TICKS_PER_S
            last = frame.picture if frame.picture is not None else last
            if progress is not None:
                progress(frame.number + 1, reader.expected_frame_count)


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


def _page(
    frame: VideoFrame,
    found: FramePrediction,
    predictions: VideoPredictions,
    last: Picture | None,
    shape: tuple[int, int],
) -> Picture:
    if frame.picture is None:
        picture = without_picture(last, shape, frame.gap_reason or "not known")
    else:
        picture = frame.picture.copy()
        draw_skeletons(picture, found, predictions.skeleton)
        draw_track_ids(picture, found)
    caption = f"{frame.time_s:.3f} s   frame {frame.number}"
    return np.concatenate([picture, legend_band(shape[1], text_height(shape), caption)])
