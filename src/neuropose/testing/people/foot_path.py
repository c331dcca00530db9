"""The path of a walking foot: pinned to the floor in stance, lifted over it in swing.

All lengths in mm, times in seconds; x along the walking direction, y up from the floor. The foot
is a rigid triangle of heel, toe and ankle. In stance it rolls as in Perry's rockers (Perry &
Burnfield 2010): it turns about the heel until the sole lies flat, stays flat, and turns about the
toe, none of which moves; last it rolls off the tips of the toes, which lie ahead of the toe, where
markers of the forefoot are. That carries the toe up and forwards, faster and faster, before the
foot leaves the floor: in walks with force plates of nine laboratories the toe has 0.3 of the
walking speed 28 ms before, and all of it 6 ms after (``docs/evidence/accuracy.md``).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicHermiteSpline, CubicSpline

Array = NDArray[np.float64]

# Shaped so that the joint angles resemble those of normal gait from 0.3 to 2 m/s.
_CONTACT_PITCH = np.radians(18.0)  # at an ordinary step length
_LIFT_OFF_PITCH = np.radians(-58.5)
_CONTACT_GROWTH, _LIFT_OFF_GROWTH = 1.4, 0.3  # powers of the step length
_FLAT_FROM, _FLAT_TO = 0.18, 0.65  # fractions of stance
_LIFT_OFF_HURRY = 1.8  # pitch rate at foot off over the mean rate of the push-off
_TOES_FROM = 0.9  # fraction of stance from which the foot rolls off the tips of the toes
_TOE_SPEED = np.array([0.6, 0.45])  # at foot off, forwards and up, of the walking speed
_LANDING_SINK = 0.12  # downward speed of the heel at contact, of the walking speed
_LANDING_HURRY = 2.0  # pitch rate at contact over the mean rate until the sole lies flat

# Swing: fraction of its time, and the pitch there, of that at foot off or at contact.
_SWING_PITCH_OFF, _SWING_PITCH_ON = (0.44, 0.38), (0.87, 1.2)
# Fraction of its time, and the ankle height there, of that at foot off or with the sole flat.
_SWING_HEIGHT_OFF, _SWING_HEIGHT_ON = (0.105, 1.17), (0.55, 1.55)


@dataclass(frozen=True)
class FootShape:
    """Rigid triangle in the sagittal plane, its origin at the heel, the sole on the floor.

    Parameters
    ----------
    length_mm : float
        Distance from heel to toe.
    ankle_forward_mm, ankle_height_mm : float
        Position of the ankle relative to the heel.
    """

    length_mm: float
    ankle_forward_mm: float
    ankle_height_mm: float


@dataclass(frozen=True)
class FootPose:
    """Pose of a foot in the sagittal plane; arrays of shape (T,) and (T, 2).

    Parameters
    ----------
    pitch_rad : ndarray, shape (T,)
        Pitch of the sole, toe up positive; 0 = flat.
    ankle_mm, heel_mm, toe_mm : ndarray, shape (T, 2)
        Positions, forward and up.
    """

    pitch_rad: Array
    ankle_mm: Array
    heel_mm: Array
    toe_mm: Array


@dataclass(frozen=True)
class FootPath:
    """One foot's path, stride after stride.

    Parameters
    ----------
    shape : FootShape
        Shape of the foot.
    stride_time_s, stance_s : float
        Time from contact to contact, and from contact to foot off.
    stride_length_mm : float
        Distance that the foot travels in one stride.
    contact_s, contact_mm : float
        Time and place of the heel at one initial contact.
    edge_speed_mm_s : float
        Forward speed of the heel just before contact.
    vigour : float
        Step length over that of an ordinary walk: the longer the step, the more the foot is
        pitched when it meets and leaves the floor.
    """

    shape: FootShape
    stride_time_s: float
    stance_s: float
    stride_length_mm: float
    contact_s: float
    contact_mm: float
    edge_speed_mm_s: float
    vigour: float = 1.0

    def at(self, time_s: Array) -> FootPose:
        """Return the pose of the foot at these times.

        Parameters
        ----------
        time_s : ndarray, shape (T,)
            Times in seconds.

        Returns
        -------
        FootPose
        """
        stride, since_s = np.divmod(time_s - self.contact_s, self.stride_time_s)
        stance = since_s < self.stance_s
        pitch = np.where(stance, self._stance_pitch(since_s), self._swing_pitch(since_s))
        on_heel = since_s <= _FLAT_TO * self.stance_s
        pivot = np.where(on_heel[:, None], self._heel(), self._toe())
        offset = np.where(on_heel[:, None], self._ankle(), self._ankle() - self._toe())
        ankle = pivot + _turned(offset, pitch) + self._rolled_off(since_s)
        swing_s = since_s[~stance]
        ankle[~stance] = np.stack([self._swing_forward(swing_s), self._swing_up(swing_s)], axis=1)
        ankle[:, 0] += self.contact_mm + stride * self.stride_length_mm
        return FootPose(
            pitch_rad=pitch,
            ankle_mm=ankle,
            heel_mm=ankle + _turned(self._heel() - self._ankle(), pitch),
            toe_mm=ankle + _turned(self._toe() - self._ankle(), pitch),
        )

    @property
    def _walking_speed_mm_s(self) -> float:
        return self.stride_length_mm / self.stride_time_s

    @property
    def _contact_pitch(self) -> float:
        return float(_CONTACT_PITCH * self.vigour**_CONTACT_GROWTH)

    @property
    def _lift_off_pitch(self) -> float:
        return float(_LIFT_OFF_PITCH * self.vigour**_LIFT_OFF_GROWTH)

    @property
    def _lift_off_rate(self) -> float:
        return _LIFT_OFF_HURRY * self._lift_off_pitch / ((1.0 - _FLAT_TO) * self.stance_s)

    @property
    def _landing_rate(self) -> float:
        return -_LANDING_HURRY * self._contact_pitch / (_FLAT_FROM * self.stance_s)

    @cached_property
    def _stance_pitch(self) -> CubicHermiteSpline:
        return CubicHermiteSpline(
            [0.0, _FLAT_FROM * self.stance_s, _FLAT_TO * self.stance_s, self.stance_s],
            [self._contact_pitch, 0.0, 0.0, self._lift_off_pitch],
            [self._landing_rate, 0.0, 0.0, self._lift_off_rate],
        )

    @cached_property
    def _swing_pitch(self) -> CubicSpline:
        (off, off_share), (on, on_share) = _SWING_PITCH_OFF, _SWING_PITCH_ON
        start, end = self._lift_off_pitch, self._contact_pitch
        return _clamped_spline(
            self._swing_times(off, on),
            [start, off_share * start, on_share * end, end],
            slopes=(self._lift_off_rate, self._landing_rate),
        )

    @cached_property
    def _swing_forward(self) -> CubicHermiteSpline:
        start, end = self._lift_off_ankle()[0], _turned(self._ankle(), self._contact_pitch)[0]
        return CubicHermiteSpline(
            [self.stance_s, self.stride_time_s],
            [start, end + self.stride_length_mm],
            [
                self._lift_off_velocity()[0],
                self._landing_velocity()[0] + self.edge_speed_mm_s,
            ],
        )

    @cached_property
    def _swing_up(self) -> CubicSpline:
        (off, off_share), (on, on_share) = _SWING_HEIGHT_OFF, _SWING_HEIGHT_ON
        start, end = self._lift_off_ankle()[1], _turned(self._ankle(), self._contact_pitch)[1]
        return _clamped_spline(
            self._swing_times(off, on),
            [start, off_share * start, on_share * self.shape.ankle_height_mm, end],
            slopes=(
                self._lift_off_velocity()[1],
                self._landing_velocity()[1] - _LANDING_SINK * self._walking_speed_mm_s,
            ),
        )

    def _lift_off_ankle(self) -> Array:
        turned = _turned(self._ankle() - self._toe(), self._lift_off_pitch)
        return np.asarray(self._toe() + turned + self._rolled_off(np.array(self.stance_s)))

    def _lift_off_velocity(self) -> Array:
        """Return the velocity of the ankle at foot off: of the toe, which the foot turns about."""
        forward, up = _turned(self._ankle() - self._toe(), self._lift_off_pitch)
        turning = self._lift_off_rate * np.array([-up, forward])
        return np.asarray(turning + self._walking_speed_mm_s * _TOE_SPEED)

    def _rolled_off(self, since_s: Array) -> Array:
        """Return how far the toe has been carried; its speed grows with the square of time."""
        lasts_s = (1.0 - _TOES_FROM) * self.stance_s
        part = np.clip((since_s - _TOES_FROM * self.stance_s) / lasts_s, 0.0, 1.0)
        most_mm = self._walking_speed_mm_s * lasts_s / 3.0 * _TOE_SPEED
        return np.asarray(part[..., None] ** 3 * most_mm)

    def _landing_velocity(self) -> Array:
        """Return the velocity of the ankle as the foot turns about the heel, at contact."""
        forward, up = _turned(self._ankle(), self._contact_pitch)
        return self._landing_rate * np.array([-up, forward])

    def _swing_times(self, *fractions: float) -> list[float]:
        swing_s = self.stride_time_s - self.stance_s
        return [self.stance_s + fraction * swing_s for fraction in (0.0, *fractions, 1.0)]

    def _heel(self) -> Array:
        return np.zeros(2)

    def _toe(self) -> Array:
        return np.array([self.shape.length_mm, 0.0])

    def _ankle(self) -> Array:
        return np.array([self.shape.ankle_forward_mm, self.shape.ankle_height_mm])


def _clamped_spline(
    times_s: list[float], values: list[float], slopes: tuple[float, float]
) -> CubicSpline:
    first, last = (np.array(slope) for slope in slopes)
    return CubicSpline(times_s, values, bc_type=((1, first), (1, last)))


def _turned(vectors: Array, angle_rad: Array | float) -> Array:
    """Return vectors (forward, up) rotated toe up."""
    cos, sin = np.cos(angle_rad), np.sin(angle_rad)
    forward, up = vectors[..., 0], vectors[..., 1]
    return np.stack([forward * cos - up * sin, forward * sin + up * cos], axis=-1)
