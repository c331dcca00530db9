"""Decoding: the pictures of a video in display order, each checked for damage."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from neuropose.errors import VideoDecodeError
from neuropose.tracing import working
from neuropose.video.bitstream import NalUnits
from neuropose.video.container import Container, open_container, video_stream
from neuropose.video.conversion import Converter
from neuropose.video.damage import Damage, may_leave_out_frames
from neuropose.video.fields import SecondFields
from neuropose.video.interlacing import Deinterlacer
from neuropose.video.packets import demux
from neuropose.video.timeline import FrameNumbers

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame

_MOST_HELD = 24  # an intact video needs at most 16; a damaged one might request any number


@dataclass(frozen=True, slots=True)
class Decoded:
    """The decoder's output for one frame.

    Parameters
    ----------
    number : int
        Frame number.
    picture : ndarray of uint8, shape (height, width, 3), or None
        RGB as displayed, the caller's own; None if it is damaged.
    cause : int or None
        The frame whose damage makes this one damaged: itself, or one that it depends on.
    stored : av.VideoFrame or None
        See `neuropose.video.reader.VideoFrame`.
    """

    number: int
    picture: NDArray[np.uint8] | None
    cause: int | None
    stored: VideoFrame | None = None


class Decoder:
    """The pictures of a video, decoded on demand.

    FFmpeg conceals damage in a picture with its neighbours; only the decoder's error flags show it.
    A picture is held back until it is known whether any frame that it depends on is damaged.

    Parameters
    ----------
    path : pathlib.Path
        The video file.
    file : av.container.InputContainer
        The same file, just opened; the decoder closes it.
    container : Container
        The frames and their times, from the container.
    damage : Damage
        Records which frames are damaged.
    threads : int
        Number of threads, at least 1; they share the work on one picture.

    Attributes
    ----------
    converter : Converter
        Makes RGB of the pictures; knows their size and how they are turned.
    deinterlacer : Deinterlacer
        Makes one picture of two fields.

    Raises
    ------
    VideoDecodeError
        If not a single picture can be decoded.
    """

    def __init__(
        self, path: Path, file: InputContainer, container: Container, damage: Damage, threads: int
    ) -> None:
        self._damage = damage
        self._missing_is_damage = not may_leave_out_frames(container.codec)
        self._start = _Start()
        self._verdicts = _decode(path, file, container, threads, self._start)
        self._held: deque[tuple[int, VideoFrame]] = deque()
        self._ready: deque[_Judged] = deque()
        self.deinterlacer = Deinterlacer()
        self._reached = self._before = -1
        timeline = container.timeline
        # A frame may depend on frames that are shown after it, up to this one.
        decoded = np.argsort(timeline.decode_position, kind="stable")
        self._depends_up_to = np.empty(len(timeline), np.int64)
        self._depends_up_to[decoded] = np.maximum.accumulate(decoded)
        self._depends_up_to += timeline.reorder_frames
        while not self._held and self._advance():
            pass
        if not self._held:
            raise VideoDecodeError(
                f"not one of {len(timeline)} frames ({container.codec}) could be decoded",
                hint="see if a video player shows it; convert it to H.264 in MP4 and try again",
            )
        first = self._held[0][1]
        self.converter = Converter(first, container.pixel_aspect, container.sizes)
        self._to_skim = 0
        self._skimmed_before = 0
        self._leaves_stored = False
        self._shown: frozenset[int] = frozenset()
        self._black = np.broadcast_to(np.uint8(0), (self.converter.height, self.converter.width, 3))

    def skim(self, pictures: int) -> None:
        """Return the next intact pictures as black ones; see `VideoReader.skim`.

        Parameters
        ----------
        pictures : int
            How many.
        """
        self._to_skim = pictures

    def skim_before(self, frame: int) -> None:
        """Return intact pictures before a frame as black ones; see `VideoReader.skim_before`.

        Parameters
        ----------
        frame : int
            Number of the frame.
        """
        self._skimmed_before = frame

    def start_at(self, key_frame: int) -> None:
        """Go on at a key frame, without decoding what lies before it.

        Parameters
        ----------
        key_frame : int
            Its number.
        """
        self._start.frame = key_frame
        self._held.clear()
        self._reached = self._before = key_frame - 1

    def show(self, frames: frozenset[int]) -> None:
        """Convert the pictures of some frames in any case.

        Parameters
        ----------
        frames : frozenset of int
            Their numbers.
        """
        self._shown = frames

    def leave_stored(self) -> None:
        """Do not convert pictures that are displayed as they are stored."""
        self._leaves_stored = True

    def read(self) -> Decoded | None:
        """Decode up to the next picture.

        Returns
        -------
        Decoded or None
            None after the last one. A frame number that is skipped had no picture.
        """
        while not self._ready:
            judged = self._judge()
            self._ready.extend(self._deinterlaced(judged))
            if judged is None and not self._ready:
                return None
        number, frame, cause = self._ready.popleft()
        if cause is None and self._leaves_stored and self.converter.is_displayed_as_stored(frame):
            self._to_skim = max(0, self._to_skim - 1)
            picture = self._rgb(frame) if number in self._shown else self._black
            return Decoded(number, picture, None, frame)
        return Decoded(number, self._picture(number, frame) if cause is None else None, cause)

    def _judge(self) -> _Judged | None:
        """Return the next picture, once it is known whether it is damaged."""
        while not self._is_settled() and self._advance():
            pass
        if not self._held:
            return None
        number, frame = self._held.popleft()
        return number, frame, self._damage.cause(number)

    def _deinterlaced(self, judged: _Judged | None) -> Iterator[_Judged]:
        """Deinterlace a picture, but never with the help of a damaged one."""
        is_usable = judged is not None and judged[2] is None
        if not is_usable or (judged is not None and judged[0] != self._before + 1):
            yield from ((number, frame, None) for number, frame in self.deinterlacer.flush())
        if judged is None:
            return
        self._before = judged[0]
        if is_usable:
            with working("looking for fields"):
                done = self.deinterlacer.push(judged[0], judged[1])
            yield from ((number, frame, None) for number, frame in done)
        else:
            yield judged

    def close(self) -> None:
        """Release the file and the decoder."""
        self._verdicts.close()
        self._held.clear()
        self._ready.clear()

    def _is_settled(self) -> bool:
        """Return whether there is a picture and the state of all frames it depends on is known."""
        if not self._held:
            return False
        return self._reached >= self._depends_up_to[self._held[0][0]] or (
            len(self._held) >= _MOST_HELD
        )

    def _advance(self) -> bool:
        verdict = next(self._verdicts, None)
        if verdict is None:
            return False
        number, frame, is_damaged = verdict
        if is_damaged:
            self._damage.add(number)
        if frame is not None:  # all frames shown before it have arrived, or never will
            if self._missing_is_damage and self._reached >= 0:
                for missing in range(self._reached + 1, number):
                    self._damage.add(missing)
            self._reached = number
            self._held.append((number, frame))
        return True

    def _picture(self, number: int, frame: VideoFrame) -> NDArray[np.uint8] | None:
        is_skimmed = number < self._skimmed_before
        if not is_skimmed and self._to_skim > 0 and self.converter.takes(frame):
            self._to_skim -= 1
            is_skimmed = number not in self._shown
        return self._black if is_skimmed and self.converter.pass_over(frame) else self._rgb(frame)

    def _rgb(self, frame: VideoFrame) -> NDArray[np.uint8] | None:
        with working("conversion"):
            return self.converter.rgb(frame)


_Judged = tuple[int, "VideoFrame", int | None]
"""Frame number, its picture, and the frame whose damage makes it damaged, if any."""

_Verdict = tuple[int, "VideoFrame | None", bool]
"""Frame number, its picture if there is one, and whether it is damaged itself."""


@dataclass(slots=True)
class _Start:
    """The key frame at which decoding is to go on; none is decoded before it."""

    frame: int = 0


def _decode(
    path: Path,
    file: InputContainer,
    container: Container,
    threads: int,
    start: _Start,
    *,
    strict: bool = True,
) -> Generator[_Verdict]:
    """Decode, and yield frames in display order."""
    import av

    with file:
        stream = video_stream(file)
        timeline = container.timeline
        numbers = FrameNumbers(timeline)
        context = stream.codec_context
        # Threads over frames would report an error with another packet than its own.
        context.thread_type = "SLICE"
        context.thread_count = threads
        if strict and container.codec in {"mjpeg", "hevc"}:  # silent about damage otherwise
            context.options = {"err_detect": "explode"}
        units = NalUnits(container.codec, context.extradata)
        seconds = SecondFields(container.codec, context.extradata)
        packet_s: float | None = None
        begun_at, is_ahead = 0, False

        def clock_s(timed: Packet[Any] | VideoFrame) -> float | None:
            ticks = timed.pts
            if timeline.reorder_frames or ticks is None:
                ticks = timed.dts
            return None if ticks is None else ticks * timeline.tick_s - container.first_s

        for index, packet in enumerate(demux(file, stream)):
            if packet.size == 0 and packet.dts is not None:
                continue  # would end the decoding; AVI repeats a frame like this
            if start.frame > begun_at:  # the codec's parameters are kept
                begun_at, is_ahead = start.frame, True
                context.flush_buffers()
                numbers.following = begun_at
            if is_ahead:
                packet_s = clock_s(packet) if packet.is_keyframe else None
                if packet_s is None or timeline.locate(packet_s, 0) != begun_at:
                    continue
                is_ahead = False
            data = bytes(packet)
            is_broken = strict and units.are_broken(data)
            if not seconds.completes(data):
                packet_s = clock_s(packet)  # of a frame of two packets, the first one's
            try:
                with working("decoding"):
                    frames = context.decode(packet)
            except av.error.FFmpegError:
                frames, is_broken = [], True
            if is_broken and strict and index == 0:
                # What some cameras write is never strictly correct.
                again = open_container(path)
                yield from _decode(path, again, container, threads, start, strict=False)
                return
            if is_broken and packet_s is not None:
                number = timeline.locate(packet_s, 0)
                if number is not None and number >= start.frame:
                    yield number, None, True
            for frame in frames:
                number = numbers.of(clock_s(frame))
                if number is not None and number >= start.frame:
                    yield number, frame, frame.is_corrupt
