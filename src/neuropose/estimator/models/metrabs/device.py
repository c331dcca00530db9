"""Where TensorFlow runs."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any

from neuropose.errors import DeviceError

_SEED = 0


def tensorflow() -> Any:
    """Import TensorFlow without its messages on stderr.

    Returns
    -------
    module
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tensorflow as tf

    return tf


def choose_device(wanted: str, *, deterministic: bool = False) -> str:
    """Pick a device, and set TensorFlow up for it.

    Parameters
    ----------
    wanted : str
        ``auto`` (the first GPU if there is one), ``cpu``, ``gpu`` or ``gpu:N``.
    deterministic : bool
        Whether operations must produce the same bits on every run; applies to the whole process.

    Returns
    -------
    str
        ``cpu`` or ``gpu:N``.

    Raises
    ------
    DeviceError
        If it does not exist.
    """
    tf = tensorflow()
    if deterministic:
        tf.config.experimental.enable_op_determinism()
        tf.random.set_seed(_SEED)
    gpus = tf.config.list_physical_devices("GPU")
    for gpu in gpus:
        with suppress(RuntimeError):  # it is in use already, as it was set up then
            tf.config.experimental.set_memory_growth(gpu, True)
    return pick_device(wanted, len(gpus))


def other_devices(wanted: str) -> tuple[str, ...]:
    """Return the GPUs that other instances of a model could use.

    Parameters
    ----------
    wanted : str
        As for `choose_device`; if a certain GPU or the CPU is requested, there are no others.

    Returns
    -------
    tuple of str
        Their names, ``gpu:N``.
    """
    if wanted not in ("auto", "gpu"):
        return ()
    count = len(tensorflow().config.list_physical_devices("GPU"))
    return tuple(f"gpu:{number}" for number in range(1, count))


def pick_device(wanted: str, gpus: int) -> str:
    """Pick a device by name.

    Parameters
    ----------
    wanted : str
        ``auto``, ``cpu``, ``gpu`` or ``gpu:N``.
    gpus : int
        Number of GPUs.

    Returns
    -------
    str
        ``cpu`` or ``gpu:N``.

    Raises
    ------
    DeviceError
        If it does not exist, or is not a device name.

    Examples
    --------
    >>> pick_device("auto", 0), pick_device("gpu", 2), pick_device("gpu:1", 2)
    ('cpu', 'gpu:0', 'gpu:1')
    """
    if wanted == "cpu" or (wanted == "auto" and not gpus):
        return "cpu"
    kind, colon, digits = wanted.partition(":")
    number = int(digits) if digits.isascii() and digits.isdigit() else 0
    if not (wanted in ("auto", "gpu") or (kind == "gpu" and colon and digits == str(number))):
        raise DeviceError(f"there is no device {wanted!r}", hint="use auto, cpu, gpu or gpu:N")
    if number >= gpus:
        there = f"{gpus} GPU{'s' if gpus > 1 else ''}" if gpus else "no GPU"
        raise DeviceError(
            f"device {wanted!r} is not there: TensorFlow sees {there}",
            hint="use --device cpu; for a GPU of NVIDIA, pip install 'neuropose[metrabs-gpu]'",
        )
    return f"gpu:{number}"
