"""The results of a video so far, in a file from which a later attempt resumes."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from neuropose.estimator import Detections
from neuropose.interfacer.checkpoint_records import (
    encode_header,
    encode_result,
    encode_segment,
    read_results,
)
from neuropose.io.atomic import cannot_write, private_opener, sync_folder

INTERVAL_S = 5.0
"""The most work that is lost, approximately."""
MOST_WAITING_BYTES = 64 << 20
"""Most results that wait for a state; a model that has returned none by then can hardly resume."""


class CheckpointFile:
    """`neuropose.estimator.Checkpoints` in a single append-only file.

    Can be pickled and sent to another process.

    Parameters
    ----------
    path : Path
        The file; it is created with the first stored results, and its folder must exist.
    interval_s : float
        Least time between two writes, in seconds.
    clock : callable
        Returns a monotonic time in seconds.

    Notes
    -----
    Results are written up to a picture after which the model can resume, and synced to disk.
    Because each record has a checksum, earlier records can be used whatever a crash, a power cut or
    a full disk leaves at the end of the file. A file with another key, or of another format
    version, is removed. See `neuropose.interfacer.checkpoint_records` for the format.

    Examples
    --------
    >>> import tempfile
    >>> from neuropose.estimator import Estimator
    >>> from neuropose.testing import FakeModel, write_numbered_video
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     video = write_numbered_video(Path(folder) / "clip.mp4", frame_count=10)
    ...     for run in range(2):
    ...         checkpoints = CheckpointFile(Path(folder) / "clip.checkpoint", interval_s=0.0)
    ...         result = Estimator(FakeModel()).process_video(video, checkpoints=checkpoints)
    >>> result.metrics.resumed_frames
    10
    """

    def __init__(
        self,
        path: Path,
        *,
        interval_s: float = INTERVAL_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = path
        self._interval_s = interval_s
        self._clock = clock
        self._reset("", pictures=0, end=0)

    def _reset(self, key: str, *, pictures: int, end: int) -> None:
        self._key = key
        self._pictures = pictures  # in the file
        self._end = end  # size of the intact part of the file; 0 if there is none
        self._waiting = bytearray()
        self._waiting_pictures = 0
        self._bytes_since_state = 0
        self._written_s = self._clock()

    def begin(self, key: str) -> list[Detections]:
        """Start or resume the run with this key; see `Checkpoints.begin`.

        Parameters
        ----------
        key : str
            Everything that the results depend on.

        Returns
        -------
        list of Detections

        Raises
        ------
        OutputError
            If a useless file cannot be removed.
        """
        results, end = self._read(key)
        if end == 0:
            self.discard()
        try:
            if end and self._path.stat().st_size > end:
                os.truncate(self._path, end)
        except OSError as error:
            raise cannot_write(self._path, error) from error
        self._reset(key, pictures=len(results), end=end)
        return results

    def add(self, found: Detections) -> None:
        """Store the next new result; write the pending ones if it is time to.

        Parameters
        ----------
        found : Detections
            Result of the next picture.

        Raises
        ------
        OutputError
            If it cannot be written; earlier results are kept.
        """
        if self._bytes_since_state > MOST_WAITING_BYTES:
            self._waiting.clear()
            return
        result = encode_result(found)
        self._waiting += result
        self._waiting_pictures += 1
        self._bytes_since_state += len(result)
        if found.state is not None:
            self._bytes_since_state = 0
            if self._clock() - self._written_s >= self._interval_s:
                self._write(found.state)

    def discard(self) -> None:
        """Remove the file.

        Raises
        ------
        OutputError
            If it cannot be removed.
        """
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            raise cannot_write(self._path, error) from error
        self._reset("", pictures=0, end=0)

    def _read(self, key: str) -> tuple[list[Detections], int]:
        try:
            if not stat.S_ISREG(self._path.lstat().st_mode):
                return [], 0
            with self._path.open("rb") as file:
                return read_results(file, key)
        except OSError:
            return [], 0

    def _write(self, state: bytes) -> None:
        count = self._waiting_pictures
        content = encode_segment(self._pictures, count, state, self._waiting)
        if self._end == 0:
            content = encode_header(self._key) + content
        try:
            with open(self._path, "r+b" if self._end else "xb", opener=private_opener) as file:
                file.seek(self._end)
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            if self._end == 0:
                sync_folder(self._path.parent)
        except OSError as error:
            self._cut_off()
            raise cannot_write(self._path, error) from error
        self._reset(self._key, pictures=self._pictures + count, end=self._end + len(content))

    def _cut_off(self) -> None:
        """Remove an incomplete record if possible; it does no harm if it stays."""
        with suppress(OSError):
            if self._end:
                os.truncate(self._path, self._end)
            else:
                self._path.unlink(missing_ok=True)
