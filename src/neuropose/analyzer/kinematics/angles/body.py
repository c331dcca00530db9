"""What the angles of one sequence share: the vertical, the heading and the segments."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.kinematics.orientation.estimate_heading import Heading, heading
from neuropose.analyzer.kinematics.orientation.estimate_vertical import Vertical, vertical
from neuropose.analyzer.kinematics.orientation.segments import SegmentFrame, segment_frame
from neuropose.geometry import dot
from neuropose.sequence.data import SequenceData

Array = NDArray[np.float64]


class Body:
    """A sequence with its vertical, heading and segment frames, each computed when first needed.

    Parameters
    ----------
    sequence : PoseSequence
        Joint positions over time.
    upright : Vertical, optional
        Direction away from the floor; default: estimated by `vertical`.
    facing : Heading, optional
        Direction in which the subject faces; default: estimated by `heading`.
    """

    def __init__(
        self,
        sequence: SequenceData,
        upright: Vertical | None = None,
        facing: Heading | None = None,
    ) -> None:
        self.sequence = sequence
        self._upright, self._facing = upright, facing
        self._segments: dict[str, SegmentFrame] = {}

    @cached_property
    def upright(self) -> Vertical:
        """The vertical."""
        return vertical(self.sequence) if self._upright is None else self._upright

    @cached_property
    def facing(self) -> Heading:
        """The heading."""
        return heading(self.sequence, self.upright) if self._facing is None else self._facing

    @property
    def known_upright(self) -> Vertical | None:
        """The vertical, if it was given or has been needed."""
        return vars(self).get("upright", self._upright)

    @property
    def known_facing(self) -> Heading | None:
        """The heading, if it was given or has been needed."""
        return vars(self).get("facing", self._facing)

    def segment(self, name: str) -> SegmentFrame:
        """Return the anatomical frame of a segment.

        Parameters
        ----------
        name : str
            One of `neuropose.analyzer.kinematics.orientation.SEGMENTS`.

        Returns
        -------
        SegmentFrame
        """
        if name not in self._segments:
            spines = ("left_asis", "right_asis", "left_psis", "right_psis")
            level = name == "pelvis" and not self.sequence.has(*spines)
            upright = self.upright if level else None
            self._segments[name] = segment_frame(self.sequence, name, upright)
        return self._segments[name]

    @cached_property
    def pelvis_turned(self) -> NDArray[np.bool_]:
        """Frames in which the pelvis faces backwards: left and right are swapped there."""
        forward = self.segment("pelvis").axes[..., 0]
        return np.asarray(dot(forward, self.facing.forward) < 0.0)
