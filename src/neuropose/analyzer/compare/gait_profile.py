"""How far a gait is from that of a reference group: Movement Analysis Profile, GPS and GDI."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neuropose.errors import SequenceError

Array = NDArray[np.float64]

PROFILE_ANGLES = (
    "pelvis_tilt",
    "pelvis_obliquity",
    "pelvis_rotation",
    "hip_flexion",
    "hip_abduction",
    "hip_internal_rotation",
    "knee_flexion",
    "ankle_dorsiflexion",
    "foot_progression",
)
"""The nine curves of one side that the scores are made of; all are needed."""
_COMPONENTS = 15
_LEAST_MEMBERS = 2


@dataclass(frozen=True, eq=False)
class ReferenceGroup:
    """Curves of people without a disorder of gait.

    Parameters
    ----------
    name : str
        Who they are; every score states it.
    curves_deg : mapping of str to ndarray, shape (N, P)
        Mean cycles of N sides, by the names of `PROFILE_ANGLES`, degrees, at the same P points.

    Raises
    ------
    SequenceError
        If it has no name, or lacks an angle, or the curves have different shapes.
    """

    name: str
    curves_deg: Mapping[str, Array]

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise SequenceError(
                "the reference group has no name", hint="say who they are: a score depends on it"
            )
        shapes = {np.shape(self.curves_deg[name]) for name in _needed(self.curves_deg)}
        if len(shapes) > 1 or any(len(s) != 2 or s[0] < _LEAST_MEMBERS for s in shapes):
            raise SequenceError(
                "the curves of the reference group have different shapes, or are of one side only",
                hint="give one row per side of a person, and equally many points in each",
            )

    @cached_property
    def vectors(self) -> Array:
        """All curves of each side, one after the other, shape (N, 9 P)."""
        return np.concatenate([self.curves_deg[name] for name in PROFILE_ANGLES], axis=1)

    @cached_property
    def means_deg(self) -> dict[str, Array]:
        """Mean curve of the group by angle."""
        return {name: np.mean(self.curves_deg[name], axis=0) for name in PROFILE_ANGLES}


class GaitProfile(NamedTuple):
    """Movement Analysis Profile and Gait Profile Score of one side.

    Parameters
    ----------
    variable_scores_deg : dict of str to float
        Gait Variable Score of every angle: root mean square distance from the group's mean.
    score_deg : float
        Gait Profile Score: root mean square of them.
    reference : str
        Name of the reference group.
    """

    variable_scores_deg: dict[str, float]
    score_deg: float
    reference: str


class DeviationIndex(NamedTuple):
    """Gait Deviation Index of one side.

    Parameters
    ----------
    value : float
        100: as far from the mean as the group is on average; 10 less is one standard deviation
        further.
    explained : float
        Share of the group's sum of squares that the components hold.
    reference : str
        Name of the reference group.
    """

    value: float
    explained: float
    reference: str


def gait_profile(curves_deg: Mapping[str, Array], reference: ReferenceGroup) -> GaitProfile:
    """Compute the Movement Analysis Profile and the Gait Profile Score.

    Parameters
    ----------
    curves_deg : mapping of str to ndarray, shape (P,)
        Mean cycle of every angle of one side, by the names of `PROFILE_ANGLES`, degrees.
    reference : ReferenceGroup
        Whom the side is compared with.

    Returns
    -------
    GaitProfile

    Raises
    ------
    SequenceError
        If an angle is missing.

    Notes
    -----
    Baker et al. 2009, Gait Posture 30:265.

    Examples
    --------
    >>> group = ReferenceGroup(
    ...     "two made-up people", {name: np.zeros((2, 51)) for name in PROFILE_ANGLES}
    ... )
    >>> gait_profile({name: np.full(51, 4.0) for name in PROFILE_ANGLES}, group).score_deg
    4.0
    """
    scores = {
        name: float(np.sqrt(np.mean((curves_deg[name] - reference.means_deg[name]) ** 2)))
        for name in _needed(curves_deg)
    }
    squares = np.array(list(scores.values())) ** 2
    return GaitProfile(scores, float(np.sqrt(squares.mean())), reference.name)


def gait_deviation_index(
    curves_deg: Mapping[str, Array], reference: ReferenceGroup, *, components: int = _COMPONENTS
) -> DeviationIndex:
    """Compute the Gait Deviation Index.

    Parameters
    ----------
    curves_deg : mapping of str to ndarray, shape (P,)
        Mean cycle of every angle of one side, by the names of `PROFILE_ANGLES`, degrees.
    reference : ReferenceGroup
        Whom the side is compared with; more sides than `components`.
    components : int
        Number of the group's singular vectors that curves are described by.

    Returns
    -------
    DeviationIndex

    Raises
    ------
    SequenceError
        If an angle is missing, or the group is too small.

    Notes
    -----
    Schwartz & Rozumalski 2008, Gait Posture 28:351. Their 15 singular vectors are of 6702 strides
    of patients and others, and are not used here: the vectors are those of the reference group,
    so that values are comparable only within one group.
    """
    _needed(curves_deg)
    vectors = reference.vectors
    if len(vectors) <= components:
        raise SequenceError(
            f"{len(vectors)} sides in the reference group are too few for {components} components",
            hint="take more people, or fewer components",
        )
    _, sizes, axes = np.linalg.svd(vectors, full_matrices=False)
    axes = axes[:components]
    own = np.concatenate([curves_deg[name] for name in PROFILE_ANGLES])
    centre = (vectors @ axes.T).mean(axis=0)
    of_group = np.log(np.linalg.norm(vectors @ axes.T - centre, axis=1))
    distance = float(np.linalg.norm(axes @ own - centre))
    z = (np.log(max(distance, np.finfo(float).tiny)) - of_group.mean()) / of_group.std(ddof=1)
    explained = float(np.sum(sizes[:components] ** 2) / np.sum(sizes**2))
    return DeviationIndex(100.0 - 10.0 * float(z), explained, reference.name)


def _needed(curves: Mapping[str, Array]) -> tuple[str, ...]:
    missing = [name for name in PROFILE_ANGLES if name not in curves]
    if missing:
        raise SequenceError(
            f"no {', '.join(missing)}: a score of gait needs all nine angles",
            hint="use a marker set or a model that gives them; a partial score means nothing",
        )
    return PROFILE_ANGLES
