"""Videos written picture by picture, each at its own presentation time."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import cv2
import numpy as np
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter
from numpy.typing import NDArray

from neuropose.errors import OutputError
from neuropose.io.atomic import PRIVATE_FILE
from neuropose.video.conversion import ColorTags

TICKS_PER_S = 60_000
"""Resolution of the presentation times; 24, 25, 29.97, 30, 50, 59.94, 60 and 120/s are exact."""

H264_OPTIONS: Mapping[str, str] = {
    "preset": "veryfast",
    "crf": "20",
    # Frames in display order need no edit list: time 0 is time 0 in every player.
    "bf": "0",
    # With its tree of macroblocks, x264 writes other bits now and then (1 file of 20).
    "mbtree": "0",
    # The stream depends on the number of threads; a fixed number yields the same bits everywhere.
    "threads": "4",
}
_INDEX_FIRST = {".mp4", ".m4v", ".mov"}
_MATRICES = {1: Colorspace.ITU709, 4: Colorspace.FCC, 7: Colorspace.SMPTE240M}
_FAILURES = (OSError, av.error.FFmpegError)  # most of FFmpeg's errors are not an OSError


def matrix_of(tags: ColorTags) -> Colorspace:
    """Return FFmpeg's name of the matrix between RGB and stored numbers.

    Parameters
    ----------
    tags : ColorTags
        How the stored numbers mean colours.

    Returns
    -------
    av.video.reformatter.Colorspace
        BT.601 where it is not said, as FFmpeg does.
    """
    return _MATRICES.get(tags.matrix, Colorspace.ITU601)


def even_size(width: int, height: int, scale: float) -> tuple[int, int]:
    """Return the size of a scaled picture that can be stored as yuv420p.

    Parameters
    ----------
    width, height : int
        Size of the picture in px.
    scale : float
        What its sides are multiplied by.

    Returns
    -------
    tuple of int
        Width and height in px, both even and at least 2.

    Examples
    --------
    >>> even_size(1768, 994, 1280 / 1768)
    (1280, 720)
    """
    return max(2, 2 * round(scale * width / 2)), max(2, 2 * round(scale * height / 2))


class VideoWriter:
    """Streams pictures into a video that plays in a browser and appears only when complete.

    Parameters
    ----------
    path : Path or str
        The video to write; the suffix selects the container. An existing file is replaced when the
        new one is complete.
    codec : str
        FFmpeg's name of the encoder.
    options : mapping of str to str, optional
        Encoder options; default for ``libx264``: `H264_OPTIONS`.
    tags : ColorTags
        How the stored numbers mean colours; default: BT.709.

    Notes
    -----
    A context manager. Leaving it after an error removes what was written and keeps what was at
    `path`. The pictures are stored as yuv420p, an MP4 with its index first
    (``+faststart``); odd sides gain one row or column, the last one repeated.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "clip.mp4"
    ...     with VideoWriter(path) as writer:
    ...         for number in range(3):
    ...             writer.write(np.zeros((48, 64, 3), np.uint8), time_s=number / 25)
    ...     path.exists()
    True
    """

    def __init__(
        self,
        path: Path | str,
        *,
        codec: str = "libx264",
        options: Mapping[str, str] | None = None,
        tags: ColorTags = ColorTags(),  # noqa: B008
    ) -> None:
        self._tags = tags
        if codec not in av.codecs_available:
            raise OutputError(
                f"this build of PyAV has no encoder {codec!r}",
                hint="install av from PyPI, whose wheels have it: pip install --force-reinstall av",
            )
        self._path = Path(path)
        self._partial = self._path.with_name(
            f".{self._path.stem}.{os.getpid()}.partial{self._path.suffix}"
        )
        self._codec = codec
        self._options = dict(
            H264_OPTIONS if options is None and codec == "libx264" else options or {}
        )
        self._stream: av.VideoStream | None = None
        self._shape: tuple[int, ...] = ()
        self._waiting: av.Packet[av.VideoStream] | None = None
        self._reformatter = VideoReformatter()
        self._last_pts = -1
        self._step = TICKS_PER_S // 30
        index_first = self._path.suffix.lower() in _INDEX_FIRST
        try:
            self._partial.touch(PRIVATE_FILE)  # FFmpeg would report a missing folder much later
            self._container = av.open(
                self._partial, "w", options={"movflags": "+faststart"} if index_first else {}
            )
        except _FAILURES as error:
            with suppress(OSError):
                self._partial.unlink(missing_ok=True)
            raise _not_written(error) from error
        except ValueError as error:
            self._partial.unlink(missing_ok=True)
            raise OutputError(
                f"no video format goes by the suffix {self._path.suffix!r}", hint="use .mp4"
            ) from error

    def write(self, picture: NDArray[np.uint8], time_s: float) -> None:
        """Add the next picture.

        Parameters
        ----------
        picture : ndarray of uint8, shape (H, W, 3)
            RGB; all pictures must have the same size.
        time_s : float
            Presentation time in seconds from 0; later than that of the previous picture.

        Raises
        ------
        ValueError
            If the size differs from that of the first picture, or the time does not ascend.
        OutputError
            If the file cannot be written (no space, for example).
        """
        if self._shape and picture.shape != self._shape:
            raise ValueError(f"a picture has shape {picture.shape}, the first had {self._shape}")
        frame = self.encodable(picture)
        self._shape = picture.shape
        self.write_frame(frame, time_s)

    def encodable(self, picture: NDArray[np.uint8]) -> av.VideoFrame:
        """Convert a picture to what is stored.

        Parameters
        ----------
        picture : ndarray of uint8, shape (H, W, 3)
            RGB.

        Returns
        -------
        av.VideoFrame
            For `write_frame`.

        Raises
        ------
        ValueError
            If it is no such picture.
        """
        if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8:
            raise ValueError(f"expected uint8 (H, W, 3), got {picture.dtype} {picture.shape}")
        height, width = picture.shape[:2]
        if height % 2 or width % 2:
            picture = np.asarray(
                cv2.copyMakeBorder(picture, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE),
                np.uint8,
            )
        return self._reformatter.reformat(
            av.VideoFrame.from_numpy_buffer(np.ascontiguousarray(picture), "rgb24"),
            format="yuv420p",
            dst_colorspace=matrix_of(self._tags),
            dst_color_range=ColorRange.MPEG,
        )

    def write_frame(self, frame: av.VideoFrame, time_s: float) -> None:
        """Add the next picture, as it is stored.

        Parameters
        ----------
        frame : av.VideoFrame
            yuv420p, its sides even; the encoder's own from here on.
        time_s : float
            As for `write`.

        Raises
        ------
        ValueError
            If the time does not ascend.
        OutputError
            If the file cannot be written.
        """
        pts = round(time_s * TICKS_PER_S)
        if pts <= self._last_pts:
            raise ValueError(
                f"times must ascend from 0 by at least 1/{TICKS_PER_S} s, got {time_s}"
            )
        if self._stream is None:
            self._stream = self._start(frame)
        frame.pts, frame.time_base = pts, Fraction(1, TICKS_PER_S)
        if self._last_pts >= 0:
            self._step = pts - self._last_pts
        self._last_pts = pts
        self._encode(frame)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._finish()
        finally:
            self._discard()

    def _start(self, frame: av.VideoFrame) -> av.VideoStream:
        stream = self._container.add_stream(self._codec, rate=30, options=self._options)
        if not isinstance(stream, av.VideoStream):
            raise ValueError(f"{self._codec!r} does not encode video")
        stream.width, stream.height = frame.width, frame.height
        stream.pix_fmt = "yuv420p"
        stream.time_base = stream.codec_context.time_base = Fraction(1, TICKS_PER_S)
        context = stream.codec_context
        context.colorspace = self._tags.matrix
        context.color_primaries, context.color_trc = self._tags.primaries, self._tags.transfer
        context.color_range = ColorRange.MPEG
        return stream

    def _encode(self, frame: av.VideoFrame | None) -> None:
        assert self._stream is not None
        try:
            packets = self._stream.encode(frame)
        except av.error.FFmpegError as error:
            raise OutputError(
                f"the video cannot be encoded: {error}", hint="see neuropose doctor"
            ) from error
        self._mux(packets)

    def _mux(self, packets: list[av.Packet[av.VideoStream]]) -> None:
        """Write all but the newest packet, because the very last one needs its own duration."""
        for packet in packets:
            if self._waiting is not None:
                self._mux_one(self._waiting)
            self._waiting = packet

    def _mux_one(self, packet: av.Packet[av.VideoStream]) -> None:
        try:
            self._container.mux(packet)
        except _FAILURES as error:
            raise _not_written(error) from error

    def _finish(self) -> None:
        if self._stream is None:
            raise ValueError("a video needs at least one picture")
        self._encode(None)
        if self._waiting is not None:
            self._waiting.duration = self._step
            self._mux_one(self._waiting)
        try:
            self._container.close()
            self._partial.replace(self._path)
        except _FAILURES as error:
            raise _not_written(error) from error

    def _discard(self) -> None:
        with suppress(*_FAILURES):  # a second error would hide the first
            self._container.close()
        self._partial.unlink(missing_ok=True)


def _not_written(error: Exception) -> OutputError:
    return OutputError(
        f"the video cannot be written: {getattr(error, 'strerror', None) or error}",
        hint="check the folder, its permissions and the free space",
    )
