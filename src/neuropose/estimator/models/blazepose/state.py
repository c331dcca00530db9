"""The state from which BlazePose resumes: a few people's whereabouts, as bytes."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from neuropose.errors import ModelStateError
from neuropose.estimator.models.blazepose.landmarks import BODY_COUNT, Whereabouts
from neuropose.estimator.models.blazepose.region import Region

_VALUES = 2 * BODY_COUNT + 4  # points and region of one person
_SIDE = -2


def pack(turn: int, recent: Sequence[Sequence[Whereabouts]]) -> bytes:
    """Encode the state before a search as bytes.

    Parameters
    ----------
    turn : int
        Number of searches started before.
    recent : sequence of sequence of Whereabouts
        People of the last frames, oldest first.

    Returns
    -------
    bytes
        The state, without loss of precision.

    Examples
    --------
    >>> unpack(pack(3, [[], []]), frames=2)
    (3, [[], []])
    """
    counts = [len(people) for people in recent]
    values = [_values(person) for people in recent for person in people]
    head = struct.pack(f"<{1 + len(counts)}I", turn, *counts)
    return head + np.array(values, "<f8").tobytes()


def unpack(state: bytes, *, frames: int) -> tuple[int, list[list[Whereabouts]]]:
    """Decode what `pack` wrote.

    Parameters
    ----------
    state : bytes
        The state, as `pack` returned it.
    frames : int
        Number of frames whose people it must hold.

    Returns
    -------
    tuple of int and list of list of Whereabouts
        The arguments of `pack`.

    Raises
    ------
    ModelStateError
        If it cannot be what `pack` wrote.
    """
    head = struct.Struct(f"<{1 + frames}I")
    turn, *counts = head.unpack_from(state) if len(state) >= head.size else (0,)
    if turn == 0 or len(state) != head.size + 8 * _VALUES * sum(counts):
        raise ModelStateError("this is not a state that BlazePose returned")
    values = np.frombuffer(state, "<f8", offset=head.size).reshape(-1, _VALUES)
    if not np.isfinite(values).all() or (values[:, _SIDE] <= 0.0).any():
        raise ModelStateError("the state does not match the picture: nobody is there")
    people = (_person(one) for one in values)
    return turn, [list(islice(people, count)) for count in counts]


def _values(person: Whereabouts) -> NDArray[np.float64]:
    region = person.next_region
    square = (region.x_px, region.y_px, region.side_px, region.angle_rad)
    return np.concatenate([person.points_px.ravel(), square])


def _person(values: NDArray[np.float64]) -> Whereabouts:
    points_px = values[:-4].astype(np.float64).reshape(BODY_COUNT, 2)
    return Whereabouts(points_px, Region(*values[-4:].tolist()))
