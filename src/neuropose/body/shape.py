"""What is known about a person's build before a recording is fitted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuropose.body.fit import Person, ShapePrior
from neuropose.body.start import usual_lengths_mm
from neuropose.body.structure import Structure
from neuropose.data import BodyShape

Array = NDArray[np.float64]

GIVEN_LENGTH_MM = 1.0
"""Standard deviation of the lengths of a given shape."""


def usual_person(body: Structure, height_mm: float) -> Person:
    """Return a person of usual build, whose landmarks are where the model has them.

    Parameters
    ----------
    body : Structure
        The body.
    height_mm : float
        Stature.

    Returns
    -------
    Person
    """
    return Person(usual_lengths_mm(body, height_mm), np.zeros((len(body.kinds), 3)))


def shape_prior(
    body: Structure, height_mm: float, height_error_mm: float, observations_share: float
) -> ShapePrior:
    """Return the prior of lengths and offsets.

    Parameters
    ----------
    body : Structure
        The body.
    height_mm, height_error_mm : float
        Stature, and its standard deviation.
    observations_share : float
        Which share of the frames counts as independent.

    Returns
    -------
    ShapePrior
        Each length is its share of the stature, with the spread between people.
    """
    count = len(body.lengths)
    size = count + 3 * len(body.kinds)
    matrix = np.zeros((size, size))
    matrix[0, 0] = 1.0 / height_error_mm**2
    for row, name in enumerate(body.lengths[1:], start=1):
        length = body.model.lengths[name]
        from_height = np.zeros(size)
        from_height[row], from_height[0] = 1.0, -length.of_height
        spread_mm = length.spread * length.of_height * height_mm
        matrix += np.outer(from_height, from_height) / spread_mm**2
    spread = body.offset_spread_mm.ravel() * (height_mm / 1700.0)
    matrix[np.arange(count, size), np.arange(count, size)] = 1.0 / spread**2
    return ShapePrior(matrix / observations_share, usual_person(body, height_mm).vector)


def given_shape_prior(
    body: Structure, shape: BodyShape, observations_share: float
) -> tuple[Person, ShapePrior]:
    """Return the person of a given shape, and a prior that holds the lengths.

    Parameters
    ----------
    body : Structure
        The body.
    shape : BodyShape
        Lengths found in another recording; those that it lacks are in usual proportion.
    observations_share : float
        Which share of the frames counts as independent.

    Returns
    -------
    person : Person
    prior : ShapePrior
    """
    person = usual_person(body, shape.height_mm)
    known = {"height": shape.height_mm, **shape.lengths_mm}
    lengths_mm = np.array(
        [known.get(name, own) for name, own in zip(body.lengths, person.lengths_mm, strict=True)]
    )
    offsets_mm = np.array([shape.offsets_mm.get(kind, (0.0, 0.0, 0.0)) for kind in body.kinds])
    person = Person(lengths_mm, offsets_mm.reshape(-1, 3))
    prior = shape_prior(body, shape.height_mm, GIVEN_LENGTH_MM, observations_share)
    matrix = prior.matrix.copy()
    held = np.arange(len(body.lengths))
    matrix[held, held] += 1.0 / GIVEN_LENGTH_MM**2 / observations_share
    return person, ShapePrior(matrix, person.vector)
