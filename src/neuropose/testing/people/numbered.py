"""Videos whose frame numbers can be read back from the pixels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from neuropose.viz.video_writer import VideoWriter

if TYPE_CHECKING:
    from neuropose.estimator.model import Picture

LARGEST_NUMBER = 2**20 - 1
"""The largest frame number that fits."""
BARCODE_SIZE = (96, 16)
"""Width and height of the barcode in the picture's upper left corner, px."""

_BLOCK_PX = 8  # half a macroblock: survives H.264 at any usual quality
_COLUMNS = 12
_BITS = 24
_PLAIN_GREY = 110
_FAST_OPTIONS = {"preset": "ultrafast", "crf": "23", "bf": "0", "threads": "1"}
_WEIGHTS = 1 << np.arange(_BITS - 1, -1, -1, dtype=np.int64)


def stamp(picture: Picture, number: int) -> Picture:
    """Draw a frame number into the upper left corner as a barcode.

    Parameters
    ----------
    picture : ndarray of uint8, shape (H, W, 3)
        At least 96 × 16 px; changed in place.
    number : int
        0 to `LARGEST_NUMBER`.

    Returns
    -------
    ndarray
        The same picture.

    Raises
    ------
    ValueError
        If the picture is too small or the number too large.

    Examples
    --------
    >>> read_number(stamp(np.zeros((48, 96, 3), np.uint8), 42))
    42
    """
    width, height = BARCODE_SIZE
    if picture.shape[0] < height or picture.shape[1] < width:
        raise ValueError(f"a picture of {picture.shape[:2]} is too small for the barcode")
    if not 0 <= number <= LARGEST_NUMBER:
        raise ValueError(f"{number} is not between 0 and {LARGEST_NUMBER}")
    code = number << 4 | _checksum(number)
    bits = (code & _WEIGHTS) > 0
    blocks = np.where(bits, 255, 0).astype(np.uint8).reshape(-1, _COLUMNS)
    barcode = blocks.repeat(_BLOCK_PX, axis=0).repeat(_BLOCK_PX, axis=1)
    picture[:height, :width] = barcode[..., None]
    return picture


def read_number(picture: Picture) -> int | None:
    """Read back the number that `stamp` drew.

    Parameters
    ----------
    picture : ndarray of uint8, shape (H, W, 3)
        As decoded from a (lossy) video.

    Returns
    -------
    int or None
        None if the picture carries no number.

    Examples
    --------
    >>> read_number(np.zeros((48, 96, 3), np.uint8)) is None
    True
    """
    width, height = BARCODE_SIZE
    if picture.shape[0] < height or picture.shape[1] < width:
        return None
    half = _BLOCK_PX // 2
    bits = picture[half:height:_BLOCK_PX, half:width:_BLOCK_PX, 1].ravel() > 127
    code = int(bits @ _WEIGHTS)
    number = code >> 4
    return number if code & 15 == _checksum(number) else None


def _checksum(number: int) -> int:
    # Not 0 for 0 nor 15 for all ones: neither a black nor a white picture reads as a number.
    folded = 0b1010
    while number:
        folded ^= number & 15
        number >>= 4
    return folded


def write_video(
    path: Path | str,
    pictures: Iterable[Picture],
    times_s: Iterable[float],
    *,
    codec: str = "libx264",
    options: Mapping[str, str] | None = None,
) -> Path:
    """Write pictures to an MP4, each at its own presentation time.

    Parameters
    ----------
    path : Path or str
        The video to write.
    pictures : iterable of ndarray of uint8, shape (H, W, 3)
        RGB; taken one by one, never all in memory.
    times_s : iterable of float
        Presentation time of each picture in seconds, ascending from 0.
    codec : str
        FFmpeg's name of the encoder.
    options : mapping of str to str, optional
        Encoder options.

    Returns
    -------
    Path
        `path`.

    Raises
    ------
    OutputError
        If it cannot be written.
    ValueError
        If times do not ascend, sizes differ, or there are more pictures than times.

    Examples
    --------
    >>> import tempfile
    >>> grey = np.full((48, 64, 3), 128, np.uint8)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_video(Path(folder) / "clip.mp4", [grey, grey], [0.0, 0.04]).name
    'clip.mp4'
    """
    with VideoWriter(path, codec=codec, options=options) as writer:
        for picture, time_s in zip(pictures, times_s, strict=True):
            writer.write(picture, time_s)
    return Path(path)


def write_numbered_video(
    path: Path | str,
    frame_count: int,
    *,
    fps: float = 30.0,
    width: int = 160,
    height: int = 120,
    times_s: Sequence[float] | NDArray[np.float64] | None = None,
    codec: str = "libx264",
) -> Path:
    """Write a plain video, each frame of which carries its number as a barcode.

    Parameters
    ----------
    path : Path or str
        The video to write.
    frame_count : int
        Number of frames, at least 1.
    fps : float
        Frames per second, evenly spaced, unless `times_s` is given.
    width, height : int
        Picture size, px; at least 96 × 16.
    times_s : sequence of float, optional
        Presentation time of each frame, ascending from 0.
    codec : str
        FFmpeg's name of the encoder.

    Returns
    -------
    Path
        `path`.

    Raises
    ------
    OutputError
        If it cannot be written.
    ValueError
        If the size, the number of frames or the times are impossible.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_numbered_video(Path(folder) / "clip.mp4", frame_count=3).name
    'clip.mp4'
    """
    if times_s is None:
        times_s = np.arange(frame_count) / fps
    plain = np.full((height, width, 3), _PLAIN_GREY, np.uint8)
    pictures = (stamp(plain.copy(), number) for number in range(frame_count))
    options = _FAST_OPTIONS if codec == "libx264" else None
    return write_video(path, pictures, times_s, codec=codec, options=options)
