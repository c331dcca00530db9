"""Where a board is before a camera, from one picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from neuropose.data.cameras import Camera
from neuropose.multiview.boards.board import Board

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pose:
    """A rotation and a translation from one frame to another: ``x' = rotation @ x + translation``.

    Parameters
    ----------
    rotation : ndarray, shape (3, 3)
        Rotation.
    translation : ndarray, shape (3,)
        mm.
    """

    rotation: Array
    translation: Array

    @classmethod
    def of_vectors(cls, vectors: Array) -> Pose:
        """Make a pose of a rotation vector and a translation.

        Parameters
        ----------
        vectors : ndarray, shape (6,)
            Rotation vector in rad, translation in mm.

        Returns
        -------
        Pose
        """
        return cls(Rotation.from_rotvec(vectors[:3]).as_matrix(), np.asarray(vectors[3:6]))

    def vectors(self) -> Array:
        """Return the rotation vector and the translation.

        Returns
        -------
        ndarray, shape (6,)
            As `of_vectors` reads them.
        """
        return np.concatenate([Rotation.from_matrix(self.rotation).as_rotvec(), self.translation])

    def after(self, first: Pose) -> Pose:
        """Return the pose that does the other one first.

        Parameters
        ----------
        first : Pose
            What is done first.

        Returns
        -------
        Pose
        """
        return Pose(
            self.rotation @ first.rotation, self.rotation @ first.translation + self.translation
        )

    def inverse(self) -> Pose:
        """Return the way back.

        Returns
        -------
        Pose
        """
        return Pose(self.rotation.T, -self.rotation.T @ self.translation)

    def apply(self, points: Array) -> Array:
        """Move points.

        Parameters
        ----------
        points : ndarray, shape (…, 3)
            mm.

        Returns
        -------
        ndarray, shape (…, 3)
        """
        return np.asarray(points @ self.rotation.T + self.translation)


def board_pose(
    camera: Camera, board: Board, ids: NDArray[np.intp], points_px: Array
) -> Pose | None:
    """Compute where a board is before a camera.

    Parameters
    ----------
    camera : Camera
        The camera.
    board : Board
        The board.
    ids : ndarray of int, shape (N,)
        Which corners were seen.
    points_px : ndarray, shape (N, 2)
        Where they were seen.

    Returns
    -------
    Pose or None
        From the board to the camera. None if the corners do not tell.
    """
    import cv2

    known = board.corners_mm[ids]
    rays = camera.rays(points_px)
    if not np.isfinite(rays).all():
        return None
    try:
        count, turns, places, _ = cv2.solvePnPGeneric(
            known, rays[:, None], np.eye(3), None, flags=cv2.SOLVEPNP_IPPE
        )
    except cv2.error:
        return None
    best: Pose | None = None
    smallest = np.inf
    for turn, place in zip(turns[:count], places[:count], strict=True):
        turn, place = cv2.solvePnPRefineLM(known, rays[:, None], np.eye(3), None, turn, place)
        pose = Pose.of_vectors(np.concatenate([np.ravel(turn), np.ravel(place)]))
        ahead = pose.apply(known)
        error = float(np.sum((ahead[:, :2] / ahead[:, 2:] - rays) ** 2))
        if (ahead[:, 2] > 0.0).all() and error < smallest:
            best, smallest = pose, error
    return best
