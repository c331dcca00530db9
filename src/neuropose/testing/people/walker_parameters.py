"""Parameters of a synthetic walk."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, model_validator

from neuropose.skeletons.sides import SIDES, Side, other

Asymmetry = Annotated[float, Field(ge=-50.0, le=50.0)]


class WalkerParameters(BaseModel):
    """Spatiotemporal parameters of a straight, steady walk, which reproduces them exactly.

    Parameters
    ----------
    speed_m_s : float
        Walking speed.
    cadence_steps_min : float
        Steps per minute; the stride time is 120 / cadence seconds, the stride length speed × stride
        time.
    stance_percent : float
        Stance phase, mean of both sides, percent of the stride.
    step_length_asymmetry_percent, step_time_asymmetry_percent, stance_asymmetry_percent : float
        Signed symmetry indices, (L − R) / (0.5 (L + R)) · 100. A left step ends with the left
        initial contact.
    step_width_mm : float
        Distance between the lines on which the feet are placed.
    body_height_mm : float
        Body height, which determines the segment lengths.
    edge_speed_ratio : float
        Forward speed of the heel just before initial contact, as a fraction of the walking speed.
        At 1 or more, the heel is farthest ahead of the pelvis exactly at contact; below that, a
        little before, as in people (about 0.6; Winter 1992). A low-pass filter rounds the corner
        off: after one at 6 Hz, the heel is farthest ahead 21 ms before contact at 0.6, 13 ms at
        1.0, 5 ms at 1.5 (at 1.25 m/s), whatever the frame rate.
    pelvis_rotation_deg : float
        Amplitude of the pelvis's rotation about the vertical.
    duration_s : float
        Length of the recording.
    fps : float
        Mean frame rate.
    frame_jitter : float
        Frame intervals vary evenly between 1 − jitter and 1 + jitter times the mean (0: constant
        frame rate).
    seed : int
        Seed of that variation.

    Examples
    --------
    >>> WalkerParameters(speed_m_s=1.2, cadence_steps_min=120).stride_length_mm
    1200.0
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    speed_m_s: Annotated[float, Field(ge=0.1, le=2.5)] = 1.25
    cadence_steps_min: Annotated[float, Field(ge=40.0, le=180.0)] = 110.0
    stance_percent: Annotated[float, Field(gt=50.0, lt=80.0)] = 62.0
    step_length_asymmetry_percent: Asymmetry = 0.0
    step_time_asymmetry_percent: Asymmetry = 0.0
    stance_asymmetry_percent: Asymmetry = 0.0
    step_width_mm: Annotated[float, Field(ge=0.0, le=400.0)] = 90.0
    body_height_mm: Annotated[float, Field(ge=800.0, le=2300.0)] = 1750.0
    edge_speed_ratio: Annotated[float, Field(ge=0.0, le=3.0)] = 1.0
    pelvis_rotation_deg: Annotated[float, Field(ge=0.0, le=20.0)] = 5.0
    duration_s: PositiveFloat = 6.0
    fps: PositiveFloat = 60.0
    frame_jitter: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.0
    seed: int = 0

    @model_validator(mode="after")
    def _check(self) -> Self:
        for side in SIDES:
            if self.double_support_percent(side) <= 0.0:
                raise ValueError(
                    f"the {side} foot would touch down after the other has left the floor: "
                    "that is running; raise stance_percent or lower the asymmetries"
                )
        return self

    @property
    def stride_time_s(self) -> float:
        """Time from one initial contact to the next of the same foot."""
        return 120.0 / self.cadence_steps_min

    @property
    def stride_length_mm(self) -> float:
        """Distance between two initial contacts of the same foot."""
        return 1000.0 * self.speed_m_s * self.stride_time_s

    def step_length_mm(self, side: Side) -> float:
        """Return the distance from the other heel's last contact to this one's.

        Parameters
        ----------
        side : {"left", "right"}

        Returns
        -------
        float
            mm, along the heading.
        """
        return 0.5 * self.stride_length_mm * _share(side, self.step_length_asymmetry_percent)

    def step_time_s(self, side: Side) -> float:
        """Return the time from the other foot's initial contact to this foot's.

        Parameters
        ----------
        side : {"left", "right"}

        Returns
        -------
        float
            Seconds.
        """
        return 0.5 * self.stride_time_s * _share(side, self.step_time_asymmetry_percent)

    def stance_percent_of(self, side: Side) -> float:
        """Return the share of the stride from initial contact to foot off.

        Parameters
        ----------
        side : {"left", "right"}

        Returns
        -------
        float
            Percent.
        """
        return self.stance_percent * _share(side, self.stance_asymmetry_percent)

    def double_support_percent(self, side: Side) -> float:
        """Return the share of the stride from this foot's contact to the other's foot off.

        Parameters
        ----------
        side : {"left", "right"}

        Returns
        -------
        float
            Initial double support, percent; it is the other side's terminal double support.
        """
        step_percent = 100.0 * self.step_time_s(side) / self.stride_time_s
        return self.stance_percent_of(other(side)) - step_percent


def _share(side: Side, asymmetry_percent: float) -> float:
    return 1.0 + (0.005 if side == "left" else -0.005) * asymmetry_percent
