"""A long video of a job in pieces for several workers: which are there, which are wanted."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from neuropose.errors import CancelledError
from neuropose.estimator import ProcessVideoResult, Progress
from neuropose.estimator.pieces import Piece
from neuropose.interfacer.engines.worker import ChildEstimator
from neuropose.interfacer.engines.writing import writing_job
from neuropose.io.atomic import PRIVATE_FOLDER

_WHOLE = "whole"


@dataclass(frozen=True, slots=True)
class WantedPiece:
    """A piece that is to be processed.

    Parameters
    ----------
    video : Path
        The video.
    piece : Piece
        Which frames.
    out : Path
        Where its results go.
    """

    video: Path
    piece: Piece
    out: Path


class PiecesWantedError(CancelledError):
    """The job goes on when the pieces of a video have been processed.

    Parameters
    ----------
    pieces : tuple of WantedPiece
        Which.
    """

    def __init__(self, pieces: tuple[WantedPiece, ...]) -> None:
        super().__init__("the pieces of a video are to be processed first")
        self.pieces = pieces

    def __reduce__(self) -> tuple[type[PiecesWantedError], tuple[tuple[WantedPiece, ...]]]:
        return PiecesWantedError, (self.pieces,)


class Pieces:
    """The pieces of a job's videos.

    Parameters
    ----------
    child : ChildEstimator
        Plans and joins them.
    piece_s : float
        Longest video in seconds that stays whole.
    """

    def __init__(self, child: ChildEstimator, piece_s: float) -> None:
        self._child = child
        self._piece_s = piece_s

    def joined(
        self,
        video: Path,
        folder: Path,
        *,
        progress: Callable[[Progress], None],
        cancel: Callable[[], bool],
    ) -> ProcessVideoResult | None:
        """Return the predictions of a video whose pieces have been processed.

        Parameters
        ----------
        video : Path
            The video.
        folder : Path
            Where the results of its pieces are.
        progress, cancel : callable
            As for `ChildEstimator.process_video`.

        Returns
        -------
        ProcessVideoResult or None
            None: the video is to be processed whole.

        Raises
        ------
        PiecesWantedError
            If pieces are missing.
        OutputError
            If the folder cannot be written.
        """
        if (folder / _WHOLE).exists():
            return None
        plan = self._child.plan_pieces(video, self._piece_s)
        if not plan:
            return None
        with writing_job():
            folder.mkdir(PRIVATE_FOLDER, exist_ok=True)
        wanted = tuple(
            WantedPiece(video, piece, folder / f"{piece.first}-{piece.end}") for piece in plan
        )
        missing = tuple(each for each in wanted if not each.out.exists())
        if missing:
            raise PiecesWantedError(missing)
        files = tuple(each.out for each in wanted)
        result = self._child.join_pieces(video, files, progress=progress, cancel=cancel)
        if result is None:
            keep_whole(folder)
        return result


def keep_whole(folder: Path) -> None:
    """Note that a video is to be processed whole, as something is wrong with a piece of it.

    Parameters
    ----------
    folder : Path
        Where the results of its pieces are.
    """
    with suppress(OSError):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(PRIVATE_FOLDER)
        (folder / _WHOLE).touch()
