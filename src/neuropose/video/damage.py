"""How damage in a video spreads, and what is not damage."""

from __future__ import annotations

import numpy as np

from neuropose.video.timeline import Timeline

_MAY_LEAVE_OUT_FRAMES = {
    *("mpeg4", "h263", "flv1", "msmpeg4v1", "msmpeg4v2", "msmpeg4v3", "wmv1", "wmv2")
}


def may_leave_out_frames(codec: str) -> bool:
    """Return whether a decoder may legitimately produce no picture for a frame.

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
    """The spread of damage: until the next key frame, pictures depend on earlier ones.

    Parameters
    ----------
    timeline : Timeline
        The frames of the video; lost frames count as damaged.

    Examples
    --------
    >>> import numpy as np
    >>> from fractions import Fraction
    >>> from neuropose.video.timeline import build_timeline
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
        """Mark a frame as damaged itself.

        Parameters
        ----------
        frame : int
            Frame number.
        """
        segment = int(self._timeline.segment[frame])
        here = float(self._timeline.decode_position[frame]), frame
        self._first[segment] = min(here, self._first.get(segment, here))

    def cause(self, frame: int) -> int | None:
        """Return the damaged frame that makes this one damaged.

        Parameters
        ----------
        frame : int
            Frame number.

        Returns
        -------
        int or None
            `frame` itself, or the first damaged frame that it depends on; None if it is intact.
        """
        timeline = self._timeline
        segment = int(timeline.segment[frame])
        position = float(timeline.decode_position[frame]) + timeline.reorder_frames
        for source in (segment, segment - 1) if timeline.leading[frame] else (segment,):
            first = self._first.get(source)
            if first is not None and first[0] <= position:
                return first[1]
        return None
