"""What every task can be told."""

from __future__ import annotations

from neuropose.data.metadata import Contract
from neuropose.filters import Preparation


class TaskSettings(Contract):
    """What every task can be told.

    Parameters
    ----------
    preparation : Preparation
        What is done to the trajectories first; 6 Hz is the usual low-pass for transfers, reaches
        and gait.
    """

    preparation: Preparation = Preparation()
