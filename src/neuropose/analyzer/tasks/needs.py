"""What joints a recording lacks for each task."""

from __future__ import annotations

import numpy as np

from neuropose.analyzer.tasks.registry import TASKS, Task
from neuropose.errors import MissingJointsError, NeuroPoseError
from neuropose.sequence.pose_sequence import PoseSequence

_MOST_ROUNDS = 10  # a task names what it lacks group by group


def missing_joints(recording: PoseSequence) -> dict[str, tuple[str, ...]]:
    """Return what joints a recording lacks for each task.

    Parameters
    ----------
    recording : PoseSequence
        Only the names of its joints matter.

    Returns
    -------
    dict of str to tuple of str
        By the names of the tasks; empty: none is missing. Each task is asked itself, with two
        frames, so that this is what it would refuse.

    Examples
    --------
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> walk = walker_sequence(simulate_walk())
    >>> missing_joints(walk)["gait"]
    ()
    >>> legs = PoseSequence.from_arrays(
    ...     walk.time_s, np.stack(walk.require("left_hip", "right_hip"), axis=1),
    ...     ["left_hip", "right_hip"])
    >>> missing_joints(legs)["sit-to-stand"]
    ('pelvis', 'neck')
    """
    return {name: _lacking(task, recording.joints) for name, task in TASKS.items()}


def _lacking(task: Task, joints: tuple[str, ...]) -> tuple[str, ...]:
    lacking: dict[str, None] = {}
    for _ in range(_MOST_ROUNDS):
        names = (*joints, *lacking)
        places = np.random.default_rng(0).normal(size=(2, len(names), 3)) * 1000.0
        try:
            task.run(PoseSequence.from_arrays([0.0, 0.01], places, names))
        except MissingJointsError as error:
            if set(error.missing) <= set(names):
                break
            lacking |= dict.fromkeys(error.missing)
        except NeuroPoseError:  # two frames are too few for it
            break
        else:
            break
    return tuple(lacking)
