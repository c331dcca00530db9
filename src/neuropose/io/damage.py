"""Which pictures of a video are damaged, though the decoder gave one.

FFmpeg paints over the damage in a picture with its neighbours, and OpenCV has no way to tell. PyAV
reads the decoder's own verdict, at the price of decoding a second time.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from neuropose.io.container import Container, open_container
from neuropose.io.packets import demux
from neuropose.io.timeline import FrameNumbers, Timeline

if TYPE_CHECKING:
    from av.packet import Packet
    from av.video.frame import VideoFrame

_MAY_LEAVE_OUT_FRAMES = {
    *("mpeg4", "h263", "flv1", "msmpeg4v1", "msmpeg4v2", "msmpeg4v3", "wmv1", "wmv2")
}
# Those of HEVC, VP8, VP9 and AV1 do not: there only a picture that does not come at all is seen.
_NOTICE_DAMAGE = _MAY_LEAVE_OUT_FRAMES | {"h264", "mpeg1video", "mpeg2video", "mjpeg"}


def notices_damage(codec: str) -> bool:
    """Whether FFmpeg's decoder notices damage inside a picture.

    Parameters
    ----------
    codec : str
        FFmpeg's name of the codec.

    Returns
    -------
    bool

    Examples
    --------
    >>> notices_damage("h264"), notices_damage("hevc")
    (True, False)
    """
    return codec in _NOTICE_DAMAGE


def may_leave_out_frames(codec: str) -> bool:
    """Whether it is in order that a decoder gives no picture for a frame.

    Parameters
    ----------
    codec : str
        FFmpeg's name of the codec.

    Returns
    -------
    bool

    Examples
    --------
    >>> may_leave_out_frames("mpeg4"), may_leave_out_frames("h264")
    (True, False)
    """
    return codec in _MAY_LEAVE_OUT_FRAMES


class Damage:
    """What damage spreads to: until the next key frame, pictures are made from earlier ones.

    Parameters
    ----------
    timeline : Timeline
        Its lost frames count as damaged.

    Examples
    --------
    >>> import numpy as np
    >>> from fractions import Fraction
    >>> from neuropose.io.timeline import build_timeline
    >>> is_key = np.array([True, False, False, True])
    >>> damage = Damage(build_timeline(np.arange(4.0), is_key, Fraction(1, 30)))
    >>> damage.add(1)
    >>> [damage.cause(frame) for frame in range(4)]
    [None, 1, 1, None]
    """

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._first: dict[int, tuple[float, int]] = {}
        for frame in np.flatnonzero(timeline.is_lost):
            self.add(int(frame))

    def add(self, frame: int) -> None:
        """Note a frame that is damaged in itself.

        Parameters
        ----------
        frame : int
        """
        segment = int(self._timeline.segment[frame])
        here = float(self._timeline.decode_position[frame]), frame
        self._first[segment] = min(here, self._first.get(segment, here))

    def cause(self, frame: int) -> int | None:
        """Say which damaged frame makes this one damaged.

        Parameters
        ----------
        frame : int

        Returns
        -------
        int or None
            `frame` itself, or the first damaged frame that it depends on; None if it is sound.
        """
        timeline = self._timeline
        segment = int(timeline.segment[frame])
        position = float(timeline.decode_position[frame]) + timeline.reorder_frames
        for source in (segment, segment - 1) if timeline.leading[frame] else (segment,):
            first = self._first.get(source)
            if first is not None and first[0] <= position:
                return first[1]
        return None


class DamageCheck:
    """A second decoding, just far enough ahead to know whether the next picture is damaged.

    Parameters
    ----------
    path : pathlib.Path
    container : Container
        What the container says of the same file.
    damage : Damage
        Where damaged frames are noted.
    """

    def __init__(self, path: Path, container: Container, damage: Damage) -> None:
        timeline = container.timeline
        self._damage = damage
        self._missing_is_damage = not may_leave_out_frames(container.codec)
        self._reached = -1
        self._verdicts = _verdicts(path, container)
        # A frame may depend on frames that are shown after it, up to this one.
        decoded = np.argsort(timeline.decode_position, kind="stable")
        self._depends_up_to = np.empty(len(timeline), np.int64)
        self._depends_up_to[decoded] = np.maximum.accumulate(decoded)
        self._depends_up_to += timeline.reorder_frames

    def advance(self, frame: int) -> None:
        """Check until all is known on which a frame depends.

        Parameters
        ----------
        frame : int
        """
        while self._reached < self._depends_up_to[frame]:
            verdict = next(self._verdicts, None)
            if verdict is None:
                self._reached = int(self._depends_up_to.max())
                break
            if verdict.is_damaged:
                self._damage.add(verdict.number)
            if verdict.came:  # all that are shown before it came, or never will
                if self._missing_is_damage and self._reached >= 0:
                    for missing in range(self._reached + 1, verdict.number):
                        self._damage.add(missing)
                self._reached = verdict.number

    def close(self) -> None:
        """Give the file and the decoder free."""
        self._verdicts.close()


class _Verdict(NamedTuple):
    number: int
    is_damaged: bool
    came: bool


def _verdicts(path: Path, container: Container, *, strict: bool = True) -> Generator[_Verdict]:
    """Decode; pictures come in the order of display, errors in that of decoding."""
    import av

    with open_container(path) as file:
        stream = file.streams.video[0]
        timeline = container.timeline
        numbers = FrameNumbers(timeline)
        context = stream.codec_context
        context.thread_count = 1
        # Deblocking does not matter to the verdict. JPEG is silent about damage unless strict.
        strict &= container.codec == "mjpeg"
        context.options = {"skip_loop_filter": "all"} | (
            {"err_detect": "explode"} if strict else {}
        )

        def clock_s(timed: Packet[Any] | VideoFrame) -> float | None:
            ticks = timed.pts
            if timeline.reorder_frames or ticks is None:
                ticks = timed.dts
            return None if ticks is None else ticks * timeline.tick_s - container.first_s

        for index, packet in enumerate(demux(file, stream)):
            if packet.size == 0 and packet.dts is not None:
                continue  # would end the decoding; AVI repeats a frame like this
            try:
                frames = context.decode(packet)
            except av.error.FFmpegError:
                if index == 0 and strict:
                    # Some cameras' JPEG is never strictly correct.
                    yield from _verdicts(path, container, strict=False)
                    return
                broken_s = clock_s(packet)
                number = None if broken_s is None else timeline.locate(broken_s, 0)
                if number is not None:
                    yield _Verdict(number, is_damaged=True, came=False)
                continue
            for frame in frames:
                number = numbers.of(clock_s(frame))
                if number is not None:
                    yield _Verdict(number, is_damaged=frame.is_corrupt, came=True)
