"""How a study compares cycles: settings of dynamic time warping, and of the cutting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from neuropose.analyzer.compare.dtw.representation import joints_of_angle
from neuropose.analyzer.compare.dtw.settings import (
    Band,
    ComparisonSettings,
    MovementSettings,
    Representation,
    StepPattern,
)
from neuropose.analyzer.kinematics.angles import ANGLES
from neuropose.analyzer.tasks.gait.cycles import POINTS

_Name = Annotated[str, Field(min_length=1)]
_Names = Annotated[tuple[_Name, ...], Field(min_length=1)]

_USUAL_ANGLES = ("hip_flexion", "knee_flexion", "ankle_dorsiflexion")
ANGLES_WITHOUT_SIDE = {name.removeprefix("left_").removeprefix("right_") for name in ANGLES}


def no_angle(name: str) -> str:
    """Return a message that there is no such angle, with the names of all angles.

    Parameters
    ----------
    name : str
        Name that is not that of an angle.

    Returns
    -------
    str
    """
    return f"there is no angle {name!r}; there are {', '.join(sorted(ANGLES_WITHOUT_SIDE))}"


class Dtw(MovementSettings):
    """How cycles are compared, pair by pair: `MovementSettings` with other defaults, and more.

    Parameters
    ----------
    representation : {"angles", "coords", "velocities"}
    align : {"none", "body", "sequence", "frame"}
        Default: ``none`` for angles, else ``body``.
    step_pattern : {"symmetric1", "symmetric2"}
    band, band_frames : float or null, int or null
        Default: a band of a tenth of the cycle.
    points : int or null
        Number of points that each cycle is resampled to, evenly from its start to its end. Null:
        cycles keep the frames that they were recorded with.
    relation : list of two str, or null
        Two joints whose relative position is compared, in place of `names`.
    names : list of str, or null
        Angles or joints; an angle may also be named by three joints, at the second of which it is
        (``left_hip,left_knee,left_ankle``). For strides, names without a side mean the side of the
        stride. Null: all that both have, which is the default except for angles.
    per_joint : bool
        Whether each angle or joint is also compared separately.
    """

    representation: Representation = "angles"
    step_pattern: StepPattern = "symmetric2"
    band: Band | None = 0.1
    points: Annotated[int, Field(ge=11)] | None = POINTS
    relation: tuple[_Name, _Name] | None = None
    names: _Names | None = _USUAL_ANGLES
    per_joint: bool = False

    @model_validator(mode="before")
    @classmethod
    def _defaults(cls, given: Any) -> Any:
        """Fill in the defaults that depend on what is given."""
        if not isinstance(given, Mapping):
            return given
        usual: dict[str, Any] = {}
        if given.get("representation", "angles") != "angles":
            usual |= {"align": "body", "names": None}
        if given.get("band_frames") is not None:
            usual |= {"band": None}
        return usual | dict(given)

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        names, angles = self.names or (), self.representation == "angles"
        known = {*ANGLES, *ANGLES_WITHOUT_SIDE}
        is_angle = {name: name in known or joints_of_angle(name) is not None for name in names}
        wrong = [name for name in names if is_angle[name] is not angles]
        if self.relation is not None:
            if angles:
                raise ValueError("relation: two joints have no angle; use coords or velocities")
            if names or self.per_joint:
                raise ValueError("relation takes the place of names and per_joint")
        elif wrong and angles:
            raise ValueError(no_angle(wrong[0]))
        elif wrong:
            raise ValueError(f"names: {wrong[0]} is an angle; set representation to angles")
        return self

    def check_cut(self, kind: str, *, reference: bool) -> None:
        """Check that recordings cut in this way can be compared.

        Parameters
        ----------
        kind : str
            Kind of the segmentation.
        reference : bool
            Whether there is a reference recording.

        Raises
        ------
        ValueError
            If they cannot be compared.
        """
        if not reference and kind != "bilateral":
            raise ValueError("dtw needs inputs.reference, or a bilateral segmentation")
        if not reference and self.representation != "angles" and self.align == "none":
            raise ValueError("dtw.align: left and right are mirrored, so they must be aligned")
        if kind == "trial" and self.points is not None:
            raise ValueError(
                f"dtw.points: a whole trial is not a cycle that {self.points} points could "
                "represent; set it to null"
            )
        unsided = [
            name for name in self.names or () if name not in ANGLES and not joints_of_angle(name)
        ]
        if kind in ("trial", "repetitions") and self.representation == "angles" and unsided:
            raise ValueError(f"dtw.names: say of which side {unsided[0]} is")

    def settings(self, joints: tuple[str, ...] | None) -> ComparisonSettings:
        """Return these settings in the form of `neuropose.analyzer.compare.dtw`.

        Parameters
        ----------
        joints : tuple of str or None
            `names`, with their sides.

        Returns
        -------
        ComparisonSettings
        """
        shared = {name: getattr(self, name) for name in MovementSettings.model_fields}
        return ComparisonSettings(**shared, joints=joints)
