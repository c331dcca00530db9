"""Reading videos: frames streamed one at a time, with numbers, times and gaps."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
from numpy.typing import NDArray

from neuropose.checksums import sha256_of
from neuropose.data.metadata import Source, VideoMetadata, frame_gaps
from neuropose.errors import NotAVideoError, VideoDecodeError, VideoEmptyError, VideoNotFoundError
from neuropose.video.completeness import require_complete
from neuropose.video.container import Container, open_container, read_container
from neuropose.video.conversion import ColorTags
from neuropose.video.damage import Damage
from neuropose.video.decoding import Decoded, Decoder

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame as StoredFrame

_EVEN_TOLERANCE = 0.02


@dataclass(frozen=True, slots=True)
class VideoFrame:
    """One frame of a video.

    Parameters
    ----------
    number : int
        Frame number from 0, without gaps.
    time_s : float
        Presentation time in seconds from the first frame.
    picture : ndarray of uint8, shape (height, width, 3), or None
        RGB as displayed (rotation applied), C-contiguous, the caller's own. None in a gap.
    gap_reason : str or None
        Why there is no picture; None if there is one.
    stored : av.VideoFrame or None
        The picture as the decoder returned it, yuv420p, if `VideoReader.leave_stored` was called
        and it is displayed as it is stored; `picture` is black then, unless it is to be shown.
    """

    number: int
    time_s: float
    picture: NDArray[np.uint8] | None
    gap_reason: str | None
    stored: StoredFrame | None = None


class VideoReader:
    """The frames of a video file, decoded on demand, one at a time.

    The number of frames and their times are read from the packets in the file, not from its header.
    A frame that is damaged or has no picture is returned as a gap with its number, time and reason;
    so are the frames that depend on it, up to the next key frame. The decoders of H.264, MPEG and
    JPEG notice most damage inside a picture; those of HEVC, VP8, VP9 and AV1 notice little more
    than that a picture cannot be decoded at all.

    Parameters
    ----------
    path : pathlib.Path
        A video file.
    decode_threads : int, optional
        Threads of the decoder, if it can share the work on one picture (VP9 and HEVC often can,
        H.264 from phones cannot). The pictures of an intact video are the same for any number.

    Attributes
    ----------
    width, height : int
        Displayed picture size in px.
    expected_frame_count : int
        Number of frames, gaps included.
    fps : float
        Mean frame rate over the whole video in frames per second.

    Raises
    ------
    VideoNotFoundError
        If the file does not exist or cannot be read.
    VideoEmptyError
        If it is empty or its video stream has no frames.
    NotAVideoError
        If it is not in a supported video container, or not a regular file.
    NoVideoStreamError
        If it holds only sound.
    VideoTruncatedError
        If it is shorter than its container states.
    VideoDecodeError
        If there is no decoder for it or its container is damaged; while iterating, if not a single
        intact picture can be decoded.

    Examples
    --------
    >>> from pathlib import Path
    >>> try:
    ...     VideoReader(Path("missing.mp4"))
    ... except VideoNotFoundError as error:
    ...     print(error)
    there is no such file
    """

    def __init__(self, path: Path, *, decode_threads: int = 1) -> None:
        if decode_threads < 1:
            raise ValueError(f"decode_threads must be at least 1, not {decode_threads}")
        require_video_file(path)
        try:
            incomplete = require_complete(path)
            container, file = _open_twice(path)
        except OSError as error:
            raise VideoNotFoundError(f"the file cannot be read: {error.strerror}") from error
        self._timeline = container.timeline
        self._decoder = Decoder(path, file, container, Damage(self._timeline), decode_threads)
        self._changes_size = bool(container.sizes)
        self._gap_reasons: dict[int, str] = {}
        self._first = 0
        self._state: Literal["fresh", "running", "done", "closed"] = "fresh"
        self.width = self._decoder.converter.width
        self.height = self._decoder.converter.height
        self.expected_frame_count = len(self._timeline)
        duration_s = float(self._timeline.time_s[-1])
        fps = (len(self._timeline) - 1) / duration_s if duration_s > 0 else container.nominal_fps
        self.fps = float(f"{fps or 1.0:.12g}")
        self._fps_source = container.rate_source if fps else Source.ASSUMED
        self._warnings = (*incomplete, *container.warnings)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release the file and the decoder. A closed reader returns no more frames."""
        if self._state != "done":
            self._state = "closed"
        self._decoder.close()

    def skim(self, pictures: int) -> None:
        """Skip the conversion of the first pictures, whose content is not needed.

        They are still decoded, so that numbers, times, gaps and their reasons, and all later
        pictures, are the same as when reading the whole video.

        Parameters
        ----------
        pictures : int
            How many. Each is returned as the same read-only black picture.

        Raises
        ------
        RuntimeError
            If frames have been read already.
        """
        if self._state != "fresh":
            raise RuntimeError("skim before the first frame is read")
        self._decoder.skim(pictures)

    def skim_before(self, frame: int) -> None:
        """Skip the conversion of pictures up to a frame; see `skim`.

        Parameters
        ----------
        frame : int
            Number of the first frame whose content is needed.

        Raises
        ------
        RuntimeError
            If frames have been read already.
        """
        if self._state != "fresh":
            raise RuntimeError("skim before the first frame is read")
        self._decoder.skim_before(frame)

    def show(self, frames: frozenset[int]) -> None:
        """Convert the pictures of some frames, even if skimmed or left as they are stored.

        Parameters
        ----------
        frames : frozenset of int
            Their numbers.

        Raises
        ------
        RuntimeError
            If frames have been read already.
        """
        if self._state != "fresh":
            raise RuntimeError("show before the first frame is read")
        self._decoder.show(frames)

    @property
    def key_frames(self) -> tuple[int, ...]:
        """Frames at which `start_at` can start; only the first if numbers would not be certain."""
        if self._timeline.reorder_frames or self._changes_size:
            return (0,)
        return tuple(self._timeline.key_frames().tolist())

    def start_at(self, key_frame: int) -> None:
        """Return no frame before a key frame, and decode none.

        Parameters
        ----------
        key_frame : int
            One of `key_frames`.

        Raises
        ------
        RuntimeError
            If frames have been read already.
        ValueError
            If it is none of `key_frames`.
        """
        if self._state != "fresh":
            raise RuntimeError("start_at before the first frame is read")
        if key_frame not in self.key_frames:
            raise ValueError(f"frame {key_frame} is not a key frame")
        if key_frame > 0:
            self._first = key_frame
            self._decoder.start_at(key_frame)

    @property
    def is_as_whole(self) -> bool:
        """Whether what was read is surely what it is when all of the video is read.

        Otherwise a picture is missing after `start_at`, perhaps as its decoder needs more than the
        key frame; or pictures have two fields, whose order is told from all pictures before.
        """
        has_fields = self._decoder.deinterlacer.has_seen_fields
        return self._first == 0 or not (self._gap_reasons or has_fields)

    def lost_before(self, frame: int) -> int:
        """Return how many frames before one the file has lost.

        Parameters
        ----------
        frame : int
            Number of the frame.

        Returns
        -------
        int
        """
        return int(self._timeline.is_lost[:frame].sum())

    def leave_stored(self) -> ColorTags:
        """Return pictures that are displayed as they are stored without converting them to RGB.

        Returns
        -------
        ColorTags
            How the numbers of all these pictures mean colours.

        Raises
        ------
        RuntimeError
            If frames have been read already.
        """
        if self._state != "fresh":
            raise RuntimeError("leave_stored before the first frame is read")
        self._decoder.leave_stored()
        return self._decoder.converter.tags

    def __iter__(self) -> Iterator[VideoFrame]:
        if self._state != "fresh":
            raise RuntimeError("the frames of a VideoReader can be iterated once; open another")
        self._state = "running"
        return self._frames()

    def _frames(self) -> Iterator[VideoFrame]:
        following = self._first
        while (came := self._read()) is not None:
            yield from self._missing(following, came.number)
            if came.picture is not None:
                time_s = float(self._timeline.time_s[came.number])
                yield VideoFrame(came.number, time_s, came.picture, None, came.stored)
            elif came.cause is None:
                yield self._gap(came.number, "the picture has another size than the first")
            elif came.cause == came.number:
                yield self._gap(came.number, "the picture is damaged")
            else:
                reason = f"made from frame {came.cause}, which is damaged or lost"
                yield self._gap(came.number, reason)
            following = came.number + 1
        yield from self._missing(following, len(self._timeline))
        if len(self._gap_reasons) == len(self._timeline) - self._first > 0:
            raise VideoDecodeError(
                f"every one of {len(self._timeline)} frames is damaged",
                hint="copy or export the video again",
            )
        self._state = "done"

    def _read(self) -> Decoded | None:
        if self._state == "closed":
            raise RuntimeError("the VideoReader was closed before all frames were read")
        return self._decoder.read()

    def _missing(self, first: int, end: int) -> Iterator[VideoFrame]:
        for number in range(first, end):
            if self._timeline.is_lost[number]:
                yield self._gap(number, "the file has lost the data of this frame")
            else:
                yield self._gap(number, "the decoder returned no picture")

    def _gap(self, number: int, reason: str) -> VideoFrame:
        self._gap_reasons[number] = reason
        return VideoFrame(number, float(self._timeline.time_s[number]), None, reason)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was ignored or changed in the file; of its pictures, in those read so far."""
        return (*self._warnings, *_changes(self._decoder))

    def metadata(self) -> VideoMetadata:
        """Return the video's metadata, once all frames have been read.

        Returns
        -------
        VideoMetadata
            ``fps`` is the mean over the whole video. ``variable_frame_rate`` says whether any
            interval between frames differs from the usual one by more than 2 % and more than one
            tick of the container's clock.

        Raises
        ------
        RuntimeError
            If frames are left to read: the gaps are not known before the end.
        """
        if self._state != "done" or self._first:
            raise RuntimeError("read all frames first: gaps are not known before the end")
        intervals_s = np.diff(self._timeline.time_s)
        usual_s = float(np.median(intervals_s)) if len(intervals_s) else 0.0
        tolerance_s = max(_EVEN_TOLERANCE * usual_s, 1.01 * self._timeline.tick_s)
        return VideoMetadata(
            frame_count=len(self._timeline),
            fps=self.fps,
            width=self.width,
            height=self.height,
            rotation_deg=self._decoder.converter.orientation.rotation_deg,
            mirrored=self._decoder.converter.orientation.mirrored,
            variable_frame_rate=bool((np.abs(intervals_s - usual_s) > tolerance_s).any()),
            gaps=frame_gaps(self._gap_reasons),
            fps_source=self._fps_source,
        )


def _changes(decoder: Decoder) -> Iterator[str]:
    converter, deinterlacer = decoder.converter, decoder.deinterlacer
    if converter.scaled:
        size = f"{converter.width} × {converter.height} px"
        yield f"the size of the pictures changes: {converter.scaled} were scaled to {size}"
    if converter.transfer is not None:
        yield f"the video is HDR ({converter.transfer}): its pictures were tone-mapped"
    if deinterlacer.marked:
        yield f"the video is interlaced: {deinterlacer.marked} pictures were deinterlaced"
    if deinterlacer.unmarked:
        first = {"tff": "upper", "bff": "lower"}[deinterlacer.order]
        yield (
            f"{deinterlacer.unmarked} pictures look interlaced, though the file does not say so: "
            f"they were deinterlaced, with the {first} field first"
        )


def _open_twice(path: Path) -> tuple[Container, InputContainer]:
    """Read the container and open it for decoding, both at once because each takes long."""
    with ThreadPoolExecutor(1) as pool:
        opening = pool.submit(open_container, path)
        try:
            return read_container(path), opening.result()
        except BaseException:
            if opening.exception() is None:
                opening.result().close()
            raise


def require_video_file(path: Path) -> None:
    """Check that the path is a regular, readable, non-empty file.

    Parameters
    ----------
    path : pathlib.Path
        The video file.

    Raises
    ------
    VideoNotFoundError
        If the file does not exist or cannot be read.
    NotAVideoError
        If it is a directory, device or pipe.
    VideoEmptyError
        If it is empty.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise VideoNotFoundError("there is no such file", hint="check the path") from error
    if not stat.S_ISREG(status.st_mode):
        kind = "a directory" if stat.S_ISDIR(status.st_mode) else "a device or pipe"
        raise NotAVideoError(f"this is {kind}, not a video file")
    if not os.access(path, os.R_OK):
        raise VideoNotFoundError(
            "the file cannot be read: permission denied", hint="change its permissions"
        )
    if status.st_size == 0:
        raise VideoEmptyError("the file is empty (0 bytes)", hint="copy or export it again")


def video_sha256(path: Path) -> str:
    """Hash a video file for provenance, without holding it in memory.

    Parameters
    ----------
    path : pathlib.Path
        The video file.

    Returns
    -------
    str
        SHA-256, 64 hexadecimal digits.

    Raises
    ------
    VideoNotFoundError
        If the file is missing or cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile() as file:
    ...     video_sha256(Path(file.name))[:8]
    'e3b0c442'
    """
    try:
        return sha256_of(path)
    except OSError as error:
        raise VideoNotFoundError(f"the file cannot be read: {error.strerror}") from error
