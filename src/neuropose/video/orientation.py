"""How the stored picture of a video is rotated and mirrored for display."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from neuropose.errors import VideoDecodeError

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

_ROTATIONS: dict[tuple[bool, bool, bool], Literal[0, 90, 180, 270]] = {
    (False, False, False): 0,
    (True, True, False): 90,
    (False, True, True): 180,
    (True, False, True): 270,
}


@dataclass(frozen=True, slots=True)
class Orientation:
    """How the stored picture is changed for display: a transposition, then flips.

    Parameters
    ----------
    transposed : bool
        Whether rows become columns.
    flipped_x, flipped_y : bool
        Whether left and right, or top and bottom, are exchanged afterwards.

    Examples
    --------
    >>> clockwise = Orientation(transposed=True, flipped_x=True, flipped_y=False)
    >>> clockwise.rotation_deg, clockwise.mirrored
    (90, False)
    >>> clockwise.apply(np.arange(6, dtype=np.uint8).reshape(2, 3)).tolist()
    [[3, 0], [4, 1], [5, 2]]
    """

    transposed: bool = False
    flipped_x: bool = False
    flipped_y: bool = False

    @classmethod
    def of(cls, frame: VideoFrame) -> Self:
        """Read a decoded frame's display matrix (ISO/IEC 14496-12, 6.2.2).

        Parameters
        ----------
        frame : av.VideoFrame
            A decoded frame.

        Returns
        -------
        Orientation

        Raises
        ------
        VideoDecodeError
            If the rotation is not a multiple of 90°.
        """
        try:
            side_data: Any = frame.side_data
        except ValueError:  # PyAV, if FFmpeg knows a kind of side data that it does not
            return cls._turned(-frame.rotation % 360)
        for data in side_data:
            if data.type.name == "DISPLAYMATRIX":
                a, b, _, c, d = np.frombuffer(data, np.int32)[:5].tolist()
                return cls._of_matrix(a, b, c, d)
        return cls()

    @classmethod
    def _turned(cls, clockwise_deg: int) -> Self:
        for flips, rotation_deg in _ROTATIONS.items():
            if rotation_deg == clockwise_deg:
                return cls(*flips)
        raise _askew()

    @classmethod
    def _of_matrix(cls, a: int, b: int, c: int, d: int) -> Self:
        """``x' = a x + c y``, ``y' = b x + d y``."""
        if b == c == 0 and a and d:
            return cls(transposed=False, flipped_x=a < 0, flipped_y=d < 0)
        if a == d == 0 and b and c:
            return cls(transposed=True, flipped_x=c < 0, flipped_y=b < 0)
        raise _askew()

    @property
    def mirrored(self) -> bool:
        """Whether the displayed picture is a mirror image of the stored one."""
        return self.transposed ^ self.flipped_x ^ self.flipped_y

    @property
    def rotation_deg(self) -> Literal[0, 90, 180, 270]:
        """Clockwise rotation in degrees; of a mirrored picture, after exchanging left and right."""
        flipped_x, flipped_y = self.flipped_x, self.flipped_y
        if self.mirrored and self.transposed:
            flipped_y = not flipped_y
        elif self.mirrored:
            flipped_x = not flipped_x
        return _ROTATIONS[self.transposed, flipped_x, flipped_y]

    def apply(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Rotate and mirror a stored picture for display.

        Parameters
        ----------
        picture : ndarray of uint8, shape (H, W, 3)
            As stored.

        Returns
        -------
        ndarray of uint8
            C-contiguous; shape (W, H, 3) if transposed. The same array if there is nothing to do.
        """
        import cv2

        rotate = {
            90: cv2.ROTATE_90_CLOCKWISE,
            180: cv2.ROTATE_180,
            270: cv2.ROTATE_90_COUNTERCLOCKWISE,
        }
        turned: Any = cv2.flip(picture, 1) if self.mirrored else picture
        if self.rotation_deg:
            turned = cv2.rotate(turned, rotate[self.rotation_deg])
        return np.asarray(turned, np.uint8)


def _askew() -> VideoDecodeError:
    return VideoDecodeError(
        "the video is rotated by an angle that is not a multiple of 90°",
        hint="convert it, so that its pictures are stored upright",
    )
