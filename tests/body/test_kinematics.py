"""Positions and their derivatives, against finite differences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.body.known_bodies import known_body, predictions_of

from neuropose.body.fit import Person, Problem, ShapePrior, normal_equations, residuals
from neuropose.body.kinematics import arguments, by_coordinates, by_shape, forward, positions_mm
from neuropose.body.model import load_body_model
from neuropose.body.observations import from_camera
from neuropose.body.shape import usual_person
from neuropose.body.structure import Structure, structure
from neuropose.sequence.pose_sequence import PoseSequence


@pytest.fixture(params=[1, 3], ids=["one view", "three views"])
def body(request: pytest.FixtureRequest) -> Structure:
    model = load_body_model()
    landmarks = tuple(model.landmarks)
    return structure(model, landmarks, free=("left_knee_abduction",), views=request.param)


@pytest.fixture
def person(body: Structure) -> Person:
    usual = usual_person(body, 1680.0)
    offsets = np.random.default_rng(3).normal(0.0, 10.0, usual.offsets_mm.shape)
    return Person(usual.lengths_mm, offsets)


def test_derivatives_by_coordinates(body: Structure, person: Person) -> None:
    coordinates = np.random.default_rng(1).normal(0.0, 0.5, (4, len(body.names)))
    points, _, _, axes, pivots = forward(
        coordinates, *arguments(body, person.lengths_mm, person.offsets_mm)
    )
    found = by_coordinates(points, axes, pivots, body.turns, body.moves, body.segment)
    step = 1e-6
    for dof in range(len(body.names)):
        moved = np.zeros(len(body.names))
        moved[dof] = step
        ahead = positions_mm(body, coordinates + moved, person.lengths_mm, person.offsets_mm)
        behind = positions_mm(body, coordinates - moved, person.lengths_mm, person.offsets_mm)
        np.testing.assert_allclose(found[..., dof], (ahead - behind) / (2 * step), atol=1e-5)


def test_derivatives_by_shape(body: Structure, person: Person) -> None:
    coordinates = np.random.default_rng(2).normal(0.0, 0.5, (3, len(body.names)))
    _, rotations, _, _, _ = forward(
        coordinates, *arguments(body, person.lengths_mm, person.offsets_mm)
    )
    found = by_shape(body, rotations)
    for row, direction in enumerate(np.eye(len(person.vector))):
        ahead, behind = person.moved(direction), person.moved(-direction)
        apart = positions_mm(body, coordinates, ahead.lengths_mm, ahead.offsets_mm)
        apart = apart - positions_mm(body, coordinates, behind.lengths_mm, behind.offsets_mm)
        np.testing.assert_allclose(found[..., row], 0.5 * apart, atol=1e-8)


@pytest.mark.parametrize("views", [1, 2])
def test_summed_normal_equations_are_those_of_the_dense_derivatives(views: int) -> None:
    known = known_body(frames=12)
    predictions = predictions_of([known], across_mm=15.0, along_mm=80.0)
    sequence = PoseSequence.from_predictions(predictions)
    seen = from_camera(predictions, sequence, known.body.landmarks)
    model, landmarks = known.body.model, known.body.landmarks
    body = structure(model, landmarks, known.skeleton, views=views)
    usual = usual_person(body, 1700.0)
    size = len(usual.vector)
    beside = replace(seen, centre_mm=np.array([300.0, 0.0, 0.0]))
    prior = ShapePrior(np.zeros((size, size)), usual.vector)
    problem = Problem(body, (seen, beside)[:views], prior)
    coordinates = known.coordinates + 0.05
    coordinates[:, :3] = (0.0, 0.0, 4500.0)
    now = residuals(problem, coordinates, usual)
    points, _, _, axes, pivots = now.chain
    dense = now.by(by_coordinates(points, axes, pivots, body.turns, body.moves, body.segment))
    expected = np.einsum(
        "trd,tr->td", dense * now.flat(now.weight)[..., None], now.flat(now.residual)
    )
    gradient, _ = normal_equations(problem, coordinates, now, 0.0)
    blind = tuple(
        replace(
            view,
            rays=np.full_like(view.rays, np.nan),
            points_mm=np.full_like(view.points_mm, np.nan),
        )
        for view in problem.views
    )
    without = replace(problem, views=blind)
    nothing, _ = normal_equations(without, coordinates, residuals(without, coordinates, usual), 0.0)
    np.testing.assert_allclose(gradient - nothing, expected, rtol=1e-8, atol=1e-8)
