"""Settings of comparisons, which can be saved and used again."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from neuropose.data.metadata import Contract, NonNegativeInt

Cost = Literal["euclidean", "squared"]
StepPattern = Literal["symmetric1", "symmetric2"]
NanPolicy = Literal["raise", "interpolate", "drop"]
Representation = Literal["coords", "angles", "velocities"]
Align = Literal["none", "body", "sequence", "frame"]
Band = Annotated[float, Field(ge=0.0, le=1.0)]


class DtwSettings(Contract):
    """How two signals are warped onto each other.

    Parameters
    ----------
    cost : {"euclidean", "squared"}
        Local cost of two frames: the distance between their values, or its square.
    step_pattern : {"symmetric1", "symmetric2"}
        ``symmetric1``: every cell on the path counts once. ``symmetric2``: a cell that is entered
        by a diagonal step counts twice, the first one too, so that all paths have the same total
        weight, N + M (Sakoe & Chiba 1978).
    band : float or None
        Half width of the Sakoe-Chiba band, as a share of the longer movement, 0 to 1. For unequal
        lengths it lies along the diagonal from corner to corner. None: no band.
    band_frames : int or None
        The same in frames of the longer movement. Only one of the two can be set.
    nan_policy : {"raise", "interpolate", "drop"}
        What to do if a value is missing: refuse; fill gaps between known values linearly, and
        refuse gaps at an end; or leave these frames out.

    Examples
    --------
    >>> DtwSettings(band=0.1).step_pattern
    'symmetric1'
    """

    cost: Cost = "euclidean"
    step_pattern: StepPattern = "symmetric1"
    band: Band | None = None
    band_frames: NonNegativeInt | None = None
    nan_policy: NanPolicy = "raise"

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.band is not None and self.band_frames is not None:
            raise ValueError("band and band_frames set the same limit: give only one")
        return self


class MovementSettings(DtwSettings):
    """`DtwSettings`, and how movements are represented and aligned.

    Parameters
    ----------
    representation : {"coords", "angles", "velocities"}
        Positions, mm; joint angles (`neuropose.analyzer.joint_angles`), degrees, as if on a
        straight line, so that −179° and 179° are 358° apart; velocities, mm/s, central differences
        by the times of the frames, missing at both ends and beside a missing position.
    align : {"none", "body", "sequence", "frame"}
        ``none``: as recorded. ``body``: each movement in the axes of its own body, the pelvis at
        0, heading followed (`neuropose.analyzer.in_body_frame`). ``sequence``: the second
        movement as a whole is aligned with the first. ``frame``: every frame of all movements is
        aligned with the mean pose of the first, so that only the shape of the body is compared.
    scale : bool
        Whether to remove size: by the alignment, or, in ``body``, by the length of the leg.
    """

    representation: Representation = "coords"
    align: Align = "none"
    scale: bool = False

    @model_validator(mode="after")
    def _check_alignment(self) -> Self:
        if self.representation == "angles" and self.align != "none":
            raise ValueError("angles do not depend on where the body is: leave align at 'none'")
        if self.scale and self.align == "none":
            raise ValueError("scale needs an alignment: set align")
        return self


class ComparisonSettings(MovementSettings):
    """Settings of a comparison: `MovementSettings`, and the joints or angles to compare.

    Parameters
    ----------
    joints : tuple of str or None
        Names of joints or angles; an angle may also be named by three joints, at the second of
        which it is (``"left_hip,left_knee,left_ankle"``). None: those that all the movements have,
        measured in the same way; without joints that are derived from others (the pelvis, if there
        are hips), and without hip rotation if it is known only while the knee bends.

    Examples
    --------
    >>> ComparisonSettings(representation="angles", band=0.1).model_dump(exclude_defaults=True)
    {'band': 0.1, 'representation': 'angles'}
    """

    joints: tuple[str, ...] | None = None

    @model_validator(mode="after")
    def _check_joints(self) -> Self:
        if self.joints is not None and not self.joints:
            raise ValueError("joints is empty: name some, or leave it out")
        return self
