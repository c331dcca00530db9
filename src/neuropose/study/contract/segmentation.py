"""How a pipeline cuts recordings: not at all, into strides, or into repetitions."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from neuropose.analyzer.kinematics.angles import ANGLES
from neuropose.analyzer.signals.repetitions import RepetitionSettings
from neuropose.analyzer.tasks.gait import GaitSettings
from neuropose.data.metadata import Contract

_Name = Annotated[str, Field(min_length=1)]


class WholeTrial(Contract):
    """The recording is not cut.

    Parameters
    ----------
    kind : {"trial"}
    """

    kind: Literal["trial"] = "trial"


class GaitCycles(Contract):
    """Strides of one side.

    Parameters
    ----------
    kind : {"gait_cycles"}
    side : {"left", "right"}
    settings : GaitSettings
        Settings of the gait analysis; `preparation` is that of the pipeline.
    """

    kind: Literal["gait_cycles"]
    side: Literal["left", "right"]
    settings: GaitSettings = GaitSettings()


class Bilateral(Contract):
    """Strides of both sides.

    Parameters
    ----------
    kind : {"bilateral"}
    settings : GaitSettings
        Settings of the gait analysis; `preparation` is that of the pipeline.
    """

    kind: Literal["bilateral"]
    settings: GaitSettings = GaitSettings()


class Repetitions(Contract):
    """Repetitions, from valley to valley of one signal: exactly one of the next four keys.

    Parameters
    ----------
    kind : {"repetitions"}
    angle : str or null
        A joint angle (``right_elbow_flexion``), degrees.
    height : str or null
        The height of a joint (``right_wrist``), mm.
    distance : list of two str, or null
        The distance of two joints, mm.
    speed : str or null
        The speed of a joint, mm/s.
    settings : RepetitionSettings
        Thresholds for a peak to count.
    """

    kind: Literal["repetitions"]
    angle: _Name | None = None
    height: _Name | None = None
    distance: tuple[_Name, _Name] | None = None
    speed: _Name | None = None
    settings: RepetitionSettings = RepetitionSettings()

    @model_validator(mode="after")
    def _check(self) -> Self:
        given = [self.angle, self.height, self.distance, self.speed]
        if sum(each is not None for each in given) != 1:
            raise ValueError("give just one of angle, height, distance and speed")
        if self.angle is not None and self.angle not in ANGLES:
            raise ValueError(f"there is no angle {self.angle!r}; there are {', '.join(ANGLES)}")
        return self
