"""Several cameras with their places in one world and their clocks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, FiniteFloat, NonNegativeFloat, PositiveInt, model_validator

from neuropose.data.assumptions import Assumption
from neuropose.data.cameras.camera import Camera, Matrix, Vector
from neuropose.data.metadata import Contract, Source, Text
from neuropose.errors import MultiviewError

Array = NDArray[np.float64]

RIG_SCHEMA_VERSION: Literal[1] = 1
"""Schema version of the rig files that this program writes."""
_NOT_ORTHOGONAL = 1e-6
_OTHER_SHAPE = 0.01
_ABOUT_THE_SIZE = 0.2  # a centre is rarely farther from the middle than a tenth of the picture


class Clock(Contract):
    """How the times of a camera's video relate to the time that all cameras share.

    Shared time is ``offset_s + (1 + drift) * time_s``.

    Parameters
    ----------
    offset_s : float
        Shared time at which the video's own time is 0, s.
    drift : float
        How much faster than the video's own the shared time runs: 1e-5 is 0.6 ms a minute.
    offset_error_s, drift_error : float or None
        Standard errors. None: not known.
    source : Source
        Where it comes from.

    Examples
    --------
    >>> Clock(offset_s=0.5).shared_time_s(np.array([0.0, 1.0]))
    array([0.5, 1.5])
    """

    offset_s: FiniteFloat = 0.0
    drift: float = Field(default=0.0, gt=-0.5, lt=0.5)
    offset_error_s: NonNegativeFloat | None = None
    drift_error: NonNegativeFloat | None = None
    source: Source = Source.ASSUMED

    def shared_time_s(self, time_s: NDArray[np.floating]) -> Array:
        """Return the shared time of times of the video.

        Parameters
        ----------
        time_s : ndarray
            Times of the video, s. NaN: not known.

        Returns
        -------
        ndarray
            Same shape, s.
        """
        return np.asarray(self.offset_s + (1.0 + self.drift) * np.asarray(time_s, np.float64))

    def video_time_s(self, shared_time_s: NDArray[np.floating]) -> Array:
        """Return the times of the video at shared times.

        Parameters
        ----------
        shared_time_s : ndarray
            Shared times, s. NaN: not known.

        Returns
        -------
        ndarray
            Same shape, s.
        """
        since = np.asarray(shared_time_s, np.float64) - self.offset_s
        return np.asarray(since / (1.0 + self.drift))


class RigCamera(Contract):
    """A camera with a name, a place in the world and a clock.

    The position of a point in the camera frame (x right, y down, z forward) is
    ``rotation_matrix @ world + translation``.

    Parameters
    ----------
    name : str
        How recordings refer to it.
    camera : Camera
        What turns the camera frame into the picture.
    width, height : int
        Displayed picture size in px.
    size_source : Source
        ``assumed`` if it is only twice the principal point, as the file of the camera says none.
    rotation : 3 × 3 tuple of float
        From the axes of the world to those of the camera.
    translation_mm : tuple of float
        Origin of the world in the camera frame, mm.
    clock : Clock
        How the times of its video relate to those of the other cameras.
    reprojection_px : float or None
        Root mean square distance between what the calibration saw and what the rig predicts, px.
        None: not known.
    """

    name: Text
    camera: Camera
    width: PositiveInt
    height: PositiveInt
    size_source: Source = Source.GIVEN
    rotation: Matrix
    translation_mm: Vector
    clock: Clock = Clock()
    reprojection_px: NonNegativeFloat | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        rotation = self.rotation_matrix
        if np.abs(rotation @ rotation.T - np.eye(3)).max() > _NOT_ORTHOGONAL:
            raise ValueError("rotation is not a rotation: its rows are not orthonormal")
        if np.linalg.det(rotation) < 0.0:
            raise ValueError("rotation is mirrored: its determinant is -1")
        return self

    @property
    def rotation_matrix(self) -> Array:
        """Rotation from the world to the camera, shape (3, 3)."""
        return np.array(self.rotation)

    @property
    def translation(self) -> Array:
        """Origin of the world in the camera frame, shape (3,), mm."""
        return np.array(self.translation_mm)

    @property
    def centre_mm(self) -> Array:
        """Where the camera is in the world, shape (3,), mm."""
        return np.asarray(-self.rotation_matrix.T @ self.translation)

    @property
    def axis(self) -> Array:
        """Where the camera looks, a unit vector in the world, shape (3,)."""
        return np.array(self.rotation[2])

    def camera_at(self, width: int, height: int) -> Camera:
        """Return the camera for pictures of another resolution.

        Parameters
        ----------
        width, height : int
            Displayed picture size in px, of the same shape.

        Returns
        -------
        Camera

        Raises
        ------
        MultiviewError
            If the pictures have another shape: what was cut off is not known. If the size is only
            assumed, those of about that size are the camera's own, and all others are refused.

        Examples
        --------
        >>> ahead = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
        >>> side = RigCamera(name="side", camera=Camera.from_fov(200, 100, 90.0), width=200,
        ...                  height=100, rotation=ahead, translation_mm=(0.0, 0.0, 0.0))
        >>> side.camera_at(400, 200).intrinsic_matrix[0]
        (200.0, 0.0, 200.0)
        """
        if (width, height) == (self.width, self.height):
            return self.camera
        across, down = width / self.width, height / self.height
        if self.size_source is Source.ASSUMED:
            if max(abs(across - 1.0), abs(down - 1.0)) <= _ABOUT_THE_SIZE:
                return self.camera
            raise MultiviewError(
                f"{self.name}: the video has {width} × {height} pixels, and the centre of its "
                f"camera in the rig is that of about {self.width} × {self.height}",
                hint="state the size of the pictures in the file of the cameras, which has none",
            )
        if abs(across / down - 1.0) > _OTHER_SHAPE:
            raise MultiviewError(
                f"{self.name}: the video has {width} × {height} pixels, its camera in the rig "
                f"{self.width} × {self.height}",
                hint="calibrate with videos of the same shape, or name the right camera",
            )
        scaled = np.diag([across, down, 1.0]) @ self.camera.matrix
        rows = tuple((float(a), float(b), float(c)) for a, b, c in scaled)
        return Camera.model_validate({**self.camera.model_dump(), "intrinsic_matrix": rows})

    def to_camera(self, points_mm: NDArray[np.floating]) -> Array:
        """Move points from the world into the camera frame.

        Parameters
        ----------
        points_mm : ndarray, shape (…, 3)
            World, mm. NaN: missing.

        Returns
        -------
        ndarray, shape (…, 3)
            Camera frame, mm.
        """
        return np.asarray(np.asarray(points_mm) @ self.rotation_matrix.T + self.translation)

    def to_world(self, points_mm: NDArray[np.floating]) -> Array:
        """Move points from the camera frame into the world.

        Parameters
        ----------
        points_mm : ndarray, shape (…, 3)
            Camera frame, mm. NaN: missing.

        Returns
        -------
        ndarray, shape (…, 3)
            World, mm.
        """
        return np.asarray((np.asarray(points_mm) - self.translation) @ self.rotation_matrix)

    def project(self, points_mm: NDArray[np.floating]) -> Array:
        """Project points of the world into the picture.

        Parameters
        ----------
        points_mm : ndarray, shape (…, 3)
            World, mm. NaN: missing.

        Returns
        -------
        ndarray, shape (…, 2)
            Px, also outside the picture. NaN where a point is missing or not in front of the
            camera.
        """
        return self.camera.project(self.to_camera(points_mm))

    def directions(self, points_px: NDArray[np.floating]) -> Array:
        """Return the directions in the world in which the camera sees points of the picture.

        Parameters
        ----------
        points_px : ndarray, shape (…, 2)
            Points in the displayed picture. NaN: missing.

        Returns
        -------
        ndarray, shape (…, 3)
            Unit vectors that begin at `centre_mm`. NaN where a point is missing.
        """
        rays = self.camera.rays(points_px)
        ahead = np.concatenate([rays, np.ones((*rays.shape[:-1], 1))], axis=-1)
        ahead /= np.linalg.norm(ahead, axis=-1, keepdims=True)
        return np.asarray(ahead @ self.rotation_matrix)


class Rig(Contract):
    """Cameras whose places in one world are known.

    Parameters
    ----------
    cameras : tuple of RigCamera
        In their order; names are unique.
    up : tuple of float or None
        Unit vector away from the floor, in the world. None: not known.
    up_source : Source
        Where it comes from.
    floor_mm : float or None
        Height of the floor along `up`, from the origin of the world, mm. None: not known.
    scale_source : Source
        Whether the lengths of the world are those of a board, person or distance that was
        ``given``, or ``assumed``.
    scale_error : float or None
        Standard error of the scale, as a share of any length. None: not known.
    origin : str
        What the rig was read or made from, such as ``Qualisys calibration``.
    assumptions : mapping of str to Assumption
        What was assumed about the cameras.
    warnings : tuple of str
        What a reader of any number of the rig should know, the most serious first.

    Examples
    --------
    >>> camera = Camera.from_fov(200, 200, 90.0)
    >>> ahead = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    >>> left, right = (
    ...     RigCamera(name=name, camera=camera, width=200, height=200, rotation=ahead,
    ...               translation_mm=(x, 0.0, 0.0))
    ...     for name, x in (("left", 100.0), ("right", -100.0))
    ... )
    >>> rig = Rig(cameras=(left, right), up=(0.0, -1.0, 0.0), origin="example")
    >>> rig["right"].centre_mm
    array([100.,   0.,   0.])
    >>> rig["right"].project(np.array([0.0, 0.0, 1000.0]))
    array([ 90., 100.])
    """

    schema_version: Literal[1] = RIG_SCHEMA_VERSION
    cameras: tuple[RigCamera, ...] = Field(min_length=1)
    up: Vector | None = None
    up_source: Source = Source.ASSUMED
    floor_mm: FiniteFloat | None = None
    scale_source: Source = Source.ASSUMED
    scale_error: NonNegativeFloat | None = None
    origin: Text
    assumptions: Mapping[str, Assumption] = {}
    warnings: tuple[Text, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        names = self.names
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two cameras are called {name!r}")
        if self.up is not None and abs(float(np.linalg.norm(self.up)) - 1.0) > _NOT_ORTHOGONAL:
            raise ValueError("up must have unit length")
        if self.floor_mm is not None and self.up is None:
            raise ValueError("floor_mm needs up")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the cameras."""
        return tuple(camera.name for camera in self.cameras)

    def __getitem__(self, name: str) -> RigCamera:
        for camera in self.cameras:
            if camera.name == name:
                return camera
        raise KeyError(f"there is no camera {name!r}; there are {', '.join(self.names)}")

    def states_clocks(self, names: Iterable[str]) -> bool:
        """Return whether the clock of any of some cameras is more than assumed.

        Parameters
        ----------
        names : iterable of str
            Names of the cameras.

        Returns
        -------
        bool
        """
        return any(self[name].clock.source is not Source.ASSUMED for name in names)

    def centres_mm(self) -> Array:
        """Return where the cameras are in the world.

        Returns
        -------
        ndarray, shape (C, 3)
            mm.
        """
        return np.stack([camera.centre_mm for camera in self.cameras])

    def heights_mm(self) -> Array:
        """Return how high the cameras are above the floor.

        Returns
        -------
        ndarray, shape (C,)
            mm; NaN if the vertical or the floor is not known.
        """
        if self.up is None or self.floor_mm is None:
            return np.full(len(self.cameras), np.nan)
        return np.asarray(self.centres_mm() @ np.array(self.up) - self.floor_mm)
