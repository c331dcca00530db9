"""What a file says of cameras, in its own unit, and the rig that is made of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from neuropose.data.assumptions import Assumption
from neuropose.data.cameras import Camera, CameraSource, Lens, Rig, RigCamera
from neuropose.data.format_errors import explain, refusal
from neuropose.data.metadata import Source
from neuropose.errors import FileFormatError
from neuropose.geometry import direction, direction_name, nearest_axis, unit

Array = NDArray[np.float64]

_LARGEST_IN_METRES = 50.0  # between two cameras
_UPRIGHT_DEG = 25.0  # cameras are held so, and the axis of a board's world is as near to them
_NOT_UPSIDE_DOWN_DEG = 60.0
_IS_THE_WORLD = 1e-6


class Unit(StrEnum):
    """The unit of length of a file."""

    MILLIMETRES = "mm"
    CENTIMETRES = "cm"
    METRES = "m"

    @property
    def in_mm(self) -> float:
        """Millimetres in one of it."""
        return {"mm": 1.0, "cm": 10.0, "m": 1000.0}[self.value]


@dataclass(frozen=True, slots=True)
class FoundCamera:
    """A camera as a file describes it.

    Parameters
    ----------
    name : str
        Its name there.
    matrix : ndarray, shape (3, 3)
        Intrinsic matrix, px.
    distortion : tuple of float
        OpenCV's coefficients.
    lens : Lens
        The model that they belong to.
    size : tuple of int or None
        Width and height of the picture, px. None: the file does not say.
    rotation : ndarray, shape (3, 3), or None
        From the world to the camera. None: the file does not say where the camera is.
    translation : ndarray, shape (3,), or None
        Origin of the world in the camera frame, in the unit of the file.
    reprojection_px : float or None
        That of the calibration, px.
    """

    name: str
    matrix: Array
    distortion: tuple[float, ...] = ()
    lens: Lens = Lens.PINHOLE
    size: tuple[int, int] | None = None
    rotation: Array | None = None
    translation: Array | None = None
    reprojection_px: float | None = None

    @property
    def is_placed(self) -> bool:
        """Whether the file says where the camera is."""
        return self.rotation is not None and self.translation is not None

    def camera(self) -> Camera:
        """Return its intrinsics.

        Returns
        -------
        Camera

        Raises
        ------
        FileFormatError
            If they are not those of a camera.
        """
        try:
            return Camera.model_validate(
                {
                    "intrinsic_matrix": self.matrix.tolist(),
                    "distortion": self.distortion if self.lens is Lens.FISHEYE else self._shortest,
                    "lens": self.lens,
                    "source": CameraSource.GIVEN,
                }
            )
        except ValidationError as error:
            raise explain(self.name, error) from error

    @property
    def _shortest(self) -> tuple[float, ...]:
        """Distortion, padded to a length that OpenCV has; empty if it does nothing."""
        if not any(self.distortion):
            return ()
        lengths = (count for count in (4, 5, 8, 12, 14) if count >= len(self.distortion))
        return self.distortion + (0.0,) * (
            next(lengths, len(self.distortion)) - len(self.distortion)
        )


@dataclass(frozen=True, slots=True)
class Found:
    """What was read.

    Parameters
    ----------
    origin : str
        Name of the format.
    cameras : sequence of FoundCamera
        In the order of the file.
    unit : Unit or None
        That of lengths, if the format has one.
    up : str or None
        The axis of the world that is vertical in recordings of this format.
    floor_at_origin : bool
        Whether the origin of the world is on the floor in recordings of this format.
    """

    origin: str
    cameras: Sequence[FoundCamera]
    unit: Unit | None = None
    up: str | None = None
    floor_at_origin: bool = False


def as_rig(found: Found, *, units: Unit | None = None, up: str | None = None) -> Rig:
    """Make a rig of what was read.

    Parameters
    ----------
    found : Found
        What was read.
    units : Unit, optional
        Unit of its lengths; default: that of the format, else as the distances are plausible.
    up : str, optional
        The vertical in its world, as `neuropose.geometry.direction` reads it.

    Returns
    -------
    Rig
        With what was assumed.

    Raises
    ------
    FileFormatError
        If it is not known where a camera is, or what was read cannot be a rig.
    """
    if not found.cameras:
        raise FileFormatError(f"{found.origin}: there is no camera in it", hint="check the file")
    for camera in found.cameras:
        if not camera.is_placed:
            raise FileFormatError(
                f"{found.origin}: it is not said where the camera {camera.name!r} is",
                hint="add the file with rotations and translations, or run neuropose calibrate",
            )
    chosen, unit_said = _unit(found, units)
    try:
        cameras = tuple(_rig_camera(camera, chosen) for camera in found.cameras)
        vertical, up_said = _vertical(found, cameras, up)
        assumptions = {"unit": unit_said, "vertical": up_said}
        unknown_sizes = [camera.name for camera in found.cameras if camera.size is None]
        if unknown_sizes:
            assumptions["picture size"] = Assumption(
                source=Source.ASSUMED,
                value=f"that of the videos of {', '.join(unknown_sizes)}",
                detail="the file does not state it; it is about twice the principal point",
            )
        floor = _floor(found, cameras, vertical)
        if floor is not None:
            assumptions["floor"] = Assumption(
                source=Source.ASSUMED, value="at the origin of the world", detail=found.origin
            )
        return Rig(
            cameras=cameras,
            up=None if vertical is None else tuple(vertical.tolist()),
            up_source=up_said.source,
            floor_mm=floor,
            scale_source=unit_said.source,
            origin=found.origin,
            assumptions=assumptions,
        )
    except ValidationError as error:
        raise explain("", error) from error


def _rig_camera(found: FoundCamera, unit: Unit) -> RigCamera:
    assert found.rotation is not None
    assert found.translation is not None
    width, height = found.size or tuple(round(2.0 * centre) for centre in found.matrix[:2, 2])
    try:
        return RigCamera.model_validate(
            {
                "name": found.name,
                "camera": found.camera(),
                "width": width,
                "height": height,
                "size_source": Source.ASSUMED if found.size is None else Source.GIVEN,
                "rotation": nearest_rotation(found.rotation, found.name).tolist(),
                "translation_mm": (found.translation * unit.in_mm).tolist(),
                "reprojection_px": found.reprojection_px,
            }
        )
    except ValidationError as error:
        raise explain(found.name, error) from error


def nearest_rotation(matrix: Array, where: str) -> Array:
    """Return the rotation closest to a matrix that is one but for rounding.

    Parameters
    ----------
    matrix : ndarray, shape (3, 3)
        As a file has it.
    where : str
        Its location, for the message.

    Returns
    -------
    ndarray, shape (3, 3)

    Raises
    ------
    FileFormatError
        If it is no rotation, or a mirrored one.
    """
    if not np.isfinite(matrix).all():
        raise refusal(where, "the rotation has numbers that are not finite")
    left, sizes, right = np.linalg.svd(matrix)
    if np.abs(sizes - 1.0).max() > 1e-2:
        raise refusal(where, "the rotation is not one: its rows are not orthonormal")
    rotation = np.asarray(left @ right)
    if np.linalg.det(rotation) < 0.0:
        raise FileFormatError(
            f"{where}: the rotation is mirrored: its determinant is -1",
            hint="export it with right-handed axes, of the world and of each camera (x right, "
            "y down, z forward)",
        )
    return rotation


def _unit(found: Found, units: Unit | None) -> tuple[Unit, Assumption]:
    if units is not None:
        return units, Assumption(source=Source.GIVEN, value=units.value)
    if found.unit is not None:
        return found.unit, Assumption(
            source=Source.FILE, value=found.unit.value, detail=f"{found.origin} has lengths in it"
        )
    apart = _apart(found.cameras)
    chosen = Unit.METRES if apart < _LARGEST_IN_METRES else Unit.MILLIMETRES
    return chosen, Assumption(
        source=Source.ASSUMED,
        value=chosen.value,
        detail=f"the cameras are up to {apart:.4g} {chosen.value} apart",
    )


def _apart(cameras: Sequence[FoundCamera]) -> float:
    centres = [
        -camera.rotation.T @ camera.translation
        for camera in cameras
        if camera.rotation is not None and camera.translation is not None
    ]
    if len(centres) == 1:
        return float(np.linalg.norm(centres[0]))
    return max(float(np.linalg.norm(one - other)) for one, other in combinations(centres, 2))


def _vertical(
    found: Found, cameras: Sequence[RigCamera], given: str | None
) -> tuple[Array | None, Assumption]:
    if given is not None:
        vector = direction(given)
        return vector, Assumption(source=Source.GIVEN, value=direction_name(vector))
    upright = unit(-np.array([camera.rotation[1] for camera in cameras]).sum(axis=0), least=1e-6)
    if found.up is not None:
        vector = direction(found.up)
        if vector @ upright > np.cos(np.radians(_NOT_UPSIDE_DOWN_DEG)):
            return vector, Assumption(
                source=Source.ASSUMED,
                value=direction_name(vector),
                detail=f"as in every {found.origin}, and the cameras are upright then",
            )
    axis = nearest_axis(upright) if np.isfinite(upright).all() else None
    in_a_camera = any(
        np.abs(camera.rotation_matrix - np.eye(3)).max() < _IS_THE_WORLD for camera in cameras
    )
    if axis is None or in_a_camera or axis @ upright < np.cos(np.radians(_UPRIGHT_DEG)):
        return None, Assumption(
            source=Source.ASSUMED, value="not known", detail="state it, or it is found from people"
        )
    return axis, Assumption(
        source=Source.ASSUMED,
        value=direction_name(axis),
        detail="the axis of the world that is closest to the cameras' own upright",
    )


def _floor(found: Found, cameras: Sequence[RigCamera], up: Array | None) -> float | None:
    """Return 0 if the origin is on the floor in this format, and no camera would be below it."""
    if up is None or not found.floor_at_origin:
        return None
    return 0.0 if all(camera.centre_mm @ up > 0.0 for camera in cameras) else None
