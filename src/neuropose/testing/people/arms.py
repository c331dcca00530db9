"""A walker whose arms swing by known angles."""

from __future__ import annotations

import numpy as np

from neuropose.skeletons.sides import Side
from neuropose.testing.people.figure import SIGN
from neuropose.testing.people.movements import MovementTrial
from neuropose.testing.people.walker import WalkerTrial
from neuropose.testing.people.walker_poses import walker_sequence


def swing_arms(
    trial: WalkerTrial, *, left_deg: float = 20.0, right_deg: float = 20.0, lag: float = 0.0
) -> MovementTrial:
    """Add straight arms to a walker that swing by known angles, each with the opposite leg.

    Parameters
    ----------
    trial : WalkerTrial
        The walk.
    left_deg, right_deg : float
        Angle from the vertical to either end of the swing.
    lag : float
        Delay of both arms relative to the walk, in strides.

    Returns
    -------
    MovementTrial
        Truth: ``angle_deg_left``, ``angle_deg_right`` from end to end, ``length_mm_left`` and
        ``length_mm_right`` of the wrist's path along the heading, seen from the shoulder.

    Examples
    --------
    >>> from neuropose.testing import simulate_walk
    >>> swing_arms(simulate_walk(), left_deg=10.0).truth["angle_deg_left"]
    20.0
    """
    sequence = walker_sequence(trial)
    positions_mm = sequence.positions_mm.copy()
    stride_s = trial.parameters.stride_time_s
    phase = 2.0 * np.pi * ((sequence.time_s - trial.left.initial_contact_s[0]) / stride_s - lag)
    arm_mm = 0.332 * trial.parameters.body_height_mm
    truth = {}
    swings_deg: dict[Side, float] = {"left": left_deg, "right": right_deg}
    for side, swing_deg in swings_deg.items():
        angle = SIGN[side] * np.radians(swing_deg) * np.cos(phase)
        hanging = np.stack([np.sin(angle), -np.cos(angle), 0.0 * angle], axis=1)
        shoulder = sequence.joint(f"{side}_shoulder")
        for joint, share in (("elbow", 0.56), ("wrist", 1.0), ("hand", 1.15)):
            column = sequence.joints.index(f"{side}_{joint}")
            positions_mm[:, column] = shoulder + share * arm_mm * hanging
        truth[f"angle_deg_{side}"] = 2.0 * swing_deg
        truth[f"length_mm_{side}"] = float(2.0 * arm_mm * np.sin(np.radians(swing_deg)))
    return MovementTrial(sequence.with_positions(positions_mm), truth)
