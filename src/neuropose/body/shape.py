"""What is known about a person's build before a recording is fitted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuropose.body.fit import Person, ShapePrior
from neuropose.body.start import usual_lengths_mm
from neuropose.body.structure import Structure
from neuropose.data import BodyShape

Array = NDArray[np.float64]

APART_MM, APART_TOGETHER_MM = 60.0, 15.0
"""Spread of one landmark's offset in several views, and of the mean of all views.

In a rendered walk seen from the front and behind, keypoints of heels are 48 mm off and 19 mm about
a constant of their own; those of toes 115 and 70 mm.
"""
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
    return Person(usual_lengths_mm(body, height_mm), np.zeros(body.offset_spread_mm.shape))


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
        Each length is its share of the stature, with the spread between people. The offsets of a
        landmark that is apart in the views are about that which it has in the model.
    """
    count = len(body.lengths)
    size = count + body.offset_spread_mm.size
    matrix = np.zeros((size, size))
    matrix[0, 0] = 1.0 / height_error_mm**2
    for row, name in enumerate(body.lengths[1:], start=1):
        length = body.model.lengths[name]
        from_height = np.zeros(size)
        from_height[row], from_height[0] = 1.0, -length.of_height
        spread_mm = length.spread * length.of_height * height_mm
        matrix += np.outer(from_height, from_height) / spread_mm**2
    precision = (body.offset_spread_mm * (height_mm / 1700.0)) ** -2.0
    precision[len(body.kinds) :] = 0.0
    matrix[np.arange(count, size), np.arange(count, size)] = precision.ravel()
    for kind, own in body.apart:
        for axis in range(3):
            apart = np.zeros((len(own) + 1, size))  # each view's offset from the shared; their mean
            apart[:, count + 3 * kind + axis] = -1.0
            columns = count + 3 * own + axis
            apart[np.arange(len(own)), columns] = 1.0
            apart[-1, columns] = 1.0 / len(own)
            apart /= np.append(np.full(len(own), APART_MM), APART_TOGETHER_MM)[:, None]
            matrix += apart.T @ apart
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
    offsets_mm = np.zeros(body.offset_spread_mm.shape)
    for row, kind in enumerate(body.kinds):
        offsets_mm[row] = shape.offsets_mm.get(kind, (0.0, 0.0, 0.0))
    for row, own in body.apart:
        offsets_mm[own] = offsets_mm[row]
    person = Person(lengths_mm, offsets_mm)
    prior = shape_prior(body, shape.height_mm, GIVEN_LENGTH_MM, observations_share)
    matrix = prior.matrix.copy()
    held = np.arange(len(body.lengths))
    matrix[held, held] += 1.0 / GIVEN_LENGTH_MM**2 / observations_share
    return person, ShapePrior(matrix, person.vector)
