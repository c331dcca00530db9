"""Devices: those that are there, and clear words about those that are not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from neuropose.errors import DeviceError
from neuropose.estimator.models.metrabs.device import pick_device
from neuropose.estimator.models.metrabs.model import MeTRAbs


@pytest.mark.parametrize(
    ("wanted", "gpus", "device"),
    [
        ("auto", 0, "cpu"),
        ("auto", 2, "gpu:0"),
        ("cpu", 2, "cpu"),
        ("gpu", 1, "gpu:0"),
        ("gpu:1", 2, "gpu:1"),
    ],
)
def test_what_is_there_is_picked(wanted: str, gpus: int, device: str) -> None:
    assert pick_device(wanted, gpus) == device


@pytest.mark.parametrize(
    ("wanted", "gpus", "problem"),
    [
        ("gpu", 0, "sees no GPU"),
        ("gpu:1", 1, "sees 1 GPU"),
        ("gpu:2", 2, "sees 2 GPUs"),
        ("tpu", 1, "no device 'tpu'"),
        ("gpu:", 1, "no device 'gpu:'"),
        ("gpu:01", 4, "no device 'gpu:01'"),
        ("gpu:-1", 4, "no device 'gpu:-1'"),
        ("cpu:0", 4, "no device 'cpu:0'"),
    ],
)
def test_what_is_not_is_refused(wanted: str, gpus: int, problem: str) -> None:
    with pytest.raises(DeviceError, match=problem) as raised:
        pick_device(wanted, gpus)
    assert raised.value.hint


def test_a_gpu_that_this_machine_has_not(load: Callable[..., MeTRAbs]) -> None:
    import tensorflow as tf

    absent = len(tf.config.list_physical_devices("GPU"))
    with pytest.raises(DeviceError, match="is not there"):
        load(device=f"gpu:{absent}")
