"""Pickles of arrays are read without unpickling; of anything else, nothing is."""

from __future__ import annotations

import os
import pickle
import pickletools
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neuropose.errors import FileFormatError
from neuropose.io.rig_file.numpy_pickle import read_numpy_pickle

HELD = {
    "square": np.arange(9.0).reshape(3, 3),
    "by columns": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "large end first": np.array([1.5, -2.0], ">f4"),
    "whole": np.array([[1920], [1080]]),
    "empty": np.empty((0, 5)),
    "scalar": np.float64(0.25),
    "plain": [1, 2.5, None, True, "text", (3, 4)],
    "nested": {"a": [], "b": {}},
}


@pytest.mark.parametrize("protocol", range(6))
def test_arrays_of_any_protocol(protocol: int) -> None:
    found = read_numpy_pickle(pickle.dumps(HELD, protocol))
    assert found.keys() == HELD.keys()
    for name, value in HELD.items():
        if isinstance(value, np.ndarray):
            np.testing.assert_array_equal(found[name], value)
            assert found[name].shape == value.shape
        else:
            assert found[name] == value


def test_what_python_2_wrote() -> None:
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\np0\n(cnumpy\nndarray\np1\n(I0\ntp2\nS'b'\np3\ntp4\nRp5\n"
        b"(I1\n(I2\ntp6\ncnumpy\ndtype\np7\n(S'f8'\np8\nI0\nI1\ntp9\nRp10\n"
        b"(I3\nS'<'\np11\nNNNI-1\nI-1\nI0\ntp12\nbI00\n"
        b"U\x10\x00\x00\x00\x00\x00\x00\xf8?\x00\x00\x00\x00\x00\x00\x00\xc0tb."
    )
    np.testing.assert_array_equal(read_numpy_pickle(array), [1.5, -2.0])


class Evil:
    """What runs a command as it is unpickled."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.called = (function, arguments)

    def __reduce__(self) -> Any:
        return self.called


@pytest.mark.parametrize("protocol", range(6))
def test_nothing_is_run(protocol: int, tmp_path: Path) -> None:
    left = tmp_path / "left"
    for evil in (
        Evil(os.system, f"touch {left}"),
        Evil(eval, f"open({str(left)!r}, 'w')"),
        Evil(subprocess.check_call, ["touch", str(left)]),
        Evil(np.load, str(left)),
    ):
        data = pickle.dumps({"intrinsicMat": evil}, protocol)
        with pytest.raises(FileFormatError, match="would import"):
            read_numpy_pickle(data)
    assert not left.exists()


def test_arrays_of_objects_are_refused() -> None:
    with pytest.raises(FileFormatError, match="not of numbers"):
        read_numpy_pickle(pickle.dumps(np.array([{}], object)))
    with pytest.raises(FileFormatError, match="would import"):
        read_numpy_pickle(pickle.dumps({1, Path("x")}, 2))
    with pytest.raises(FileFormatError, match="than the file of a camera"):
        read_numpy_pickle(pickle.dumps(np.zeros(1 << 20)))


def test_every_way_of_cutting_it_off_is_refused() -> None:
    whole = pickle.dumps(HELD, 4)
    for length in range(len(whole)):
        with pytest.raises(FileFormatError):
            read_numpy_pickle(whole[:length])


def test_no_change_of_a_byte_does_anything_but_a_refusal_or_other_numbers() -> None:
    whole = pickle.dumps(HELD, 2)
    draw = np.random.default_rng(0)
    for at in range(len(whole)):
        changed = bytearray(whole)
        changed[at] = draw.integers(256)
        with suppress(FileFormatError):
            read_numpy_pickle(bytes(changed))


def test_that_the_oracle_has_all_instructions_in_use() -> None:
    used = {
        operation.name
        for protocol in range(6)
        for operation, _, _ in pickletools.genops(pickle.dumps(HELD, protocol))
    }
    assert {"BUILD", "REDUCE", "GLOBAL", "STACK_GLOBAL", "MEMOIZE", "BYTEARRAY8"} <= used
