"""Faults for a `FakeModel`: what goes wrong at a frame."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

from neuropose.estimator.model import Detections

Fault = Callable[[Detections], Detections | None]
"""Takes the correct detections; raises, waits, or returns something else, or None for no result."""


def raising(error: BaseException) -> Fault:
    """Return a fault that raises.

    Parameters
    ----------
    error : BaseException
        What to raise.

    Returns
    -------
    Fault

    Examples
    --------
    >>> raising(MemoryError("no memory"))(Detections.none(33))
    Traceback (most recent call last):
    MemoryError: no memory
    """

    def fault(_: Detections) -> Detections:
        raise error

    return fault


def hanging(until: threading.Event) -> Fault:
    """Return a fault that waits until an event is set.

    Parameters
    ----------
    until : threading.Event
        What to wait for.

    Returns
    -------
    Fault

    Examples
    --------
    >>> released = threading.Event()
    >>> released.set()
    >>> hanging(released)(Detections.none(33)).boxes.shape
    (0, 5)
    """

    def fault(found: Detections) -> Detections:
        until.wait()
        return found

    return fault


def wrong_shape(found: Detections) -> Detections:
    """Drop the depth of the 3D poses; a fault.

    Parameters
    ----------
    found : Detections
        The correct detections.

    Returns
    -------
    Detections
        With ``poses3d`` of shape (P, J, 2).

    Examples
    --------
    >>> wrong_shape(Detections.none(33)).poses3d.shape
    (0, 33, 2)
    """
    return replace(found, poses3d=found.poses3d[..., :2])


def failed(reason: str) -> Fault:
    """Return a fault of a model that cannot process a picture, and says so.

    Parameters
    ----------
    reason : str
        Reason of the failure.

    Returns
    -------
    Fault

    Examples
    --------
    >>> failed("too dark")(Detections.none(33)).failure
    'too dark'
    """

    def fault(found: Detections) -> Detections:
        joint_count = found.poses3d.shape[1]
        gives_uncertainty = found.uncertainty_mm is not None
        nothing = Detections.failed(reason, joint_count, gives_uncertainty=gives_uncertainty)
        return replace(nothing, state=found.state)

    return fault


def no_result(found: Detections) -> None:
    """Return no result for the picture; a fault.

    Parameters
    ----------
    found : Detections
        The correct detections.

    Examples
    --------
    >>> no_result(Detections.none(33))
    """
