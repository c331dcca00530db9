"""A reconstruction: the movement of a body that explains what was seen, with its error.

T frames, D coordinates, J joints, K draws of the posterior, L lengths of segments.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field, FiniteFloat, model_validator

from neuropose.data.array_contract import ArrayContract
from neuropose.data.arrays import ReadOnlyFloat32, ReadOnlyFloat64, half_precision, read_only
from neuropose.data.assumptions import Assumption
from neuropose.data.metadata import Contract, Provenance, Text
from neuropose.data.subjects import Subject
from neuropose.skeletons.sides import Limbs

RECONSTRUCTION_SCHEMA_VERSION: Literal[1] = 1
"""Schema version of the reconstruction files that this program writes."""
Share = Annotated[float, Field(ge=0.0, le=1.0)]
_Vector = tuple[FiniteFloat, FiniteFloat, FiniteFloat]


def _as_in_a_file(draws: Any) -> NDArray[Any]:
    """Round draws to the half precision of the file, so that a file gives the same numbers."""
    return read_only(half_precision(draws), np.float32)


class Reconstruct(StrEnum):
    """Whether a body is fitted to a recording before anything is measured."""

    AUTO = "auto"
    """To predictions if their skeleton allows it; markers are measured as they are."""
    ON = "on"
    """To predictions and to markers."""
    OFF = "off"
    """To neither: joints are taken where the model or the markers have them."""


class Exchange(Contract):
    """A run of frames in which the source took left for right.

    Parameters
    ----------
    first, last : int
        Frames of the video or recording, both inclusive.
    limbs : Limbs
        Legs, arms or the whole body.
    probability : float
        Posterior probability, mean over the run, 0 to 1.
    settled : bool
        False: it could not be told which side is which; no sided numbers are given here.
    camera : str or None
        In which camera's view, of several.
    """

    first: int
    last: int
    limbs: Limbs
    probability: Share
    settled: bool = True
    camera: str | None = None


class Contact(Contract):
    """A stretch of time in which a foot stands.

    Parameters
    ----------
    side : {"left", "right"}
        The foot.
    first, last : int
        Frames, both inclusive.
    """

    side: Literal["left", "right"]
    first: int
    last: int


HeightSource = Literal["given", "measured", "estimated"]
"""Where the stature of a body comes from."""


class BodyShape(Contract):
    """The lengths of a person's segments; a shape can be shared by all recordings of a session.

    Parameters
    ----------
    height_mm : float
        Stature that goes with the lengths: the fitted one, also if one was given.
    height_source : {"given", "measured", "estimated"}
        ``measured``: several cameras whose places are known, or markers, show how large the person
        is. ``estimated``: one camera does not, so that all lengths may be wrong by one factor.
    lengths_mm : mapping of str to float
        By name (`neuropose.body`), the same for left and right.
    standard_errors_mm : mapping of str to float
        Of `lengths_mm`.
    offsets_mm : mapping of str to tuple of float
        For each landmark of the source, how far it is from where the body model has it, in the axes
        of its segment (X forward, Y up, Z outwards), mm.
    """

    height_mm: FiniteFloat
    height_source: HeightSource
    lengths_mm: Mapping[str, FiniteFloat]
    standard_errors_mm: Mapping[str, FiniteFloat] = {}
    offsets_mm: Mapping[str, _Vector] = {}


class Reconstruction(ArrayContract):
    """The movement of one person, as a body with constant lengths moves.

    Parameters
    ----------
    source : str
        Skeleton or marker set that it was made from.
    axes : {"camera", "lab"}
        ``camera``: x right, y down, z forward. ``lab``: those of the marker recording, or of the
        rig of several cameras.
    up : tuple of float or None
        Unit vector away from the floor, in these axes. None: not known.
    up_source : {"given", "estimated"}
        Where it comes from.
    up_error_deg : float or None
        Standard error of an estimated vertical.
    first_frame : int
        Frame of the video or recording that the first row belongs to.
    time_s : ndarray of float64, shape (T,)
        Seconds, strictly ascending.
    coordinate_names : tuple of str
        Names of the D coordinates: ``pelvis_x`` to ``pelvis_z`` in mm, all others in degrees.
    coordinates : ndarray of float64, shape (T, D)
        NaN: nothing was seen of the person for too long.
    coordinate_errors : ndarray of float32, shape (T, D)
        Standard errors.
    joints : tuple of str
        Canonical names of the J joint centres and landmarks.
    positions_mm : ndarray of float64, shape (T, J, 3)
        Where they are. NaN as in `coordinates`.
    position_draws_mm : ndarray of float32, shape (K, T, J, 3)
        Draws of the posterior distribution, less `positions_mm`: each is a whole movement, with
        the errors' correlation between joints and over time. Any measure computed from
        ``positions_mm + position_draws_mm[k]`` has their spread as its standard error. Rounded to
        half precision (one part in 2048), as a file holds them; what is beyond 65 m is 65 m.
    confidence : ndarray of float32, shape (T, J)
        That of the source for each joint, after exchanged sides were put right. NaN: it has none.
    shape : BodyShape
        The lengths of the body.
    exchanges : tuple of Exchange
        Where left and right were exchanged.
    contacts : tuple of Contact
        Where the feet stand.
    residuals_px : mapping of str to float
        For each landmark of the source, root mean square distance to the fitted body in the
        picture. Empty for markers.
    residuals_mm : mapping of str to float
        The same in space: for one camera, along the line of sight.
    outlier_share : mapping of str to float
        Share of the observations of each landmark that the fit hardly followed.
    subject : Subject or None
        How the person was chosen. None: the source holds one person only.
    cameras : tuple of str
        Names of the cameras that saw it at once; empty for one camera and for markers.
    camera_view : str or None
        From which side one camera saw the person most of the time.
    assumptions : mapping of str to Assumption
        What was assumed about the recording.
    warnings : tuple of str
        What a reader of any of the numbers should know, the most serious first.
    provenance : Provenance or None
        Of the recording.
    settings : mapping
        Every setting of the fit that the result depends on; ``height_mm`` is the stature that was
        given, if one was.
    """

    schema_version: Literal[1] = RECONSTRUCTION_SCHEMA_VERSION
    source: Text
    axes: Literal["camera", "lab"]
    up: _Vector | None = None
    up_source: Literal["given", "estimated"] = "estimated"
    up_error_deg: FiniteFloat | None = None
    first_frame: int = 0
    time_s: ReadOnlyFloat64
    coordinate_names: tuple[str, ...]
    coordinates: ReadOnlyFloat64
    coordinate_errors: ReadOnlyFloat32
    joints: tuple[str, ...]
    positions_mm: ReadOnlyFloat64
    position_draws_mm: Annotated[NDArray[np.float32], BeforeValidator(_as_in_a_file)]
    confidence: ReadOnlyFloat32
    shape: BodyShape
    exchanges: tuple[Exchange, ...] = ()
    contacts: tuple[Contact, ...] = ()
    residuals_px: Mapping[str, FiniteFloat] = {}
    residuals_mm: Mapping[str, FiniteFloat] = {}
    outlier_share: Mapping[str, Share] = {}
    subject: Subject | None = None
    cameras: tuple[Text, ...] = ()
    camera_view: str | None = None
    assumptions: Mapping[str, Assumption] = {}
    warnings: tuple[Text, ...] = ()
    provenance: Provenance | None = None
    settings: Mapping[str, FiniteFloat | int | str | bool | None] = {}

    def __repr__(self) -> str:
        return (
            f"<Reconstruction: {len(self.time_s)} frames of {len(self.joints)} joints and "
            f"{len(self.coordinate_names)} coordinates, {self.source}, {self.axes} axes>"
        )

    __str__ = __repr__

    @model_validator(mode="after")
    def _check(self) -> Self:
        frames, coordinates, joints = (
            len(self.time_s),
            len(self.coordinate_names),
            len(self.joints),
        )
        draws = len(self.position_draws_mm)
        shapes = {
            "coordinates": (frames, coordinates),
            "coordinate_errors": (frames, coordinates),
            "positions_mm": (frames, joints, 3),
            "position_draws_mm": (draws, frames, joints, 3),
            "confidence": (frames, joints),
        }
        for name, shape in shapes.items():
            if getattr(self, name).shape != shape:
                raise ValueError(f"{name} has shape {getattr(self, name).shape}, not {shape}")
        if not frames or not np.isfinite(self.time_s).all() or (np.diff(self.time_s) <= 0.0).any():
            raise ValueError("time_s must be strictly ascending")
        for name in shapes:
            if np.isinf(getattr(self, name)).any():
                raise ValueError(f"{name} must be finite, or NaN where missing")
        for names in (self.coordinate_names, self.joints):
            if len(set(names)) != len(names):
                raise ValueError("names must be unique")
        return self

    @property
    def stated_height_mm(self) -> float | None:
        """The stature that was given, which the fitted one may differ from; None: not known."""
        stated = self.settings.get("height_mm")
        return float(stated) if isinstance(stated, float | int) else None

    def coordinate(self, name: str) -> NDArray[np.float64]:
        """Return one coordinate over time.

        Parameters
        ----------
        name : str
            One of `coordinate_names`.

        Returns
        -------
        ndarray, shape (T,)
            Degrees, or mm for ``pelvis_x`` to ``pelvis_z``.

        Raises
        ------
        KeyError
            If there is no such coordinate.
        """
        if name not in self.coordinate_names:
            raise KeyError(f"there is no coordinate {name!r}")
        return self.coordinates[:, self.coordinate_names.index(name)]
