"""Damaged C3D and TRC files: a recording that can be used, or an error of ours; never another.

A thousand of each kind in every run; ``NEUROPOSE_MUTATIONS=10000`` tries that many.
"""

from __future__ import annotations

import os
import random
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.io.c3d_files import DEC, MIPS, c3d_bytes, floats, words
from tests.io.markers.test_trc import trc

from neuropose.data import MarkerRecording
from neuropose.errors import FileFormatError
from neuropose.io import read_c3d, read_trc

COUNT = int(os.environ.get("NEUROPOSE_MUTATIONS", "1000"))
MOST_BYTES = 50_000_000
POINTS = np.random.default_rng(3).uniform(-900.0, 900.0, (30, 4, 3)).round()
LABELS = ("Ann:LKNE", "Ann:LANK", "Bob:LKNE", "*4")
EVENTS = (("LHS", "", 0.1), ("Foot Off", "Right", 0.2))
C3D_FILES = (
    c3d_bytes(POINTS, LABELS, events=EVENTS, groups={"ANGLES": ["Ann:LANK"]}),
    c3d_bytes(POINTS, LABELS, scale=0.1, processor=DEC, analog=6, channels=3),
    c3d_bytes(POINTS, LABELS, units=None, processor=MIPS, scale=0.1, header={"scale": 0.2}),
    c3d_bytes(POINTS, LABELS, trial=False, point={"LONG_FRAMES": floats(30.0)}),
    c3d_bytes(POINTS, LABELS, first_frame=70_000, point={"FRAMES": words(0xFFFF)}),
)
TRC_FILES = tuple(
    text.encode(encoding)
    for text, encoding in (
        (trc(), "utf-8"),
        (trc(units=""), "utf-16"),
        (trc().replace(".", ","), "latin-1"),
        (trc().replace("\t", " "), "utf-8"),
    )
)
BYTES = (0, 1, 9, 10, 13, 32, 44, 45, 46, 47, 101, 127, 128, 254, 255)


def damaged(data: bytes, rng: random.Random) -> bytes:
    """Some bytes changed, cut out, doubled or put in, most of them where a file says what it is."""
    mutant = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        at = rng.randrange(len(mutant) if rng.random() < 0.2 else min(len(mutant), 1500))
        how, count = rng.randrange(5), rng.choice([1, 1, 2, 4, 30])
        if how == 0:
            mutant[at] = rng.randrange(256)
        elif how == 1:
            mutant[at] = rng.choice(BYTES)
        elif how == 2 and len(mutant) > count + 1:
            del mutant[at : at + count]
        elif how == 3:
            mutant[at:at] = mutant[at : at + count]
        else:
            mutant[at:at] = rng.randbytes(count)
    return bytes(mutant[: rng.randrange(len(mutant))] if rng.random() < 0.1 else mutant)


@pytest.mark.parametrize(
    ("read", "originals"), [(read_c3d, C3D_FILES), (read_trc, TRC_FILES)], ids=["c3d", "trc"]
)
def test_damaged(
    tmp_path: Path, read: Callable[[Path], MarkerRecording], originals: tuple[bytes, ...]
) -> None:
    rng, path, outcomes = random.Random(read.__name__), tmp_path / "mutant", []
    unexplained = 0
    tracemalloc.start()
    try:
        for number in range(COUNT):
            path.write_bytes(damaged(originals[number % len(originals)], rng))
            try:
                recording = read(path)
            except FileFormatError as error:
                unexplained += not error.message or "\n" in error.message
                outcomes.append(False)
                continue
            outcomes.append(True)
            assert recording.positions_mm.shape == (len(recording.time_s), len(recording.names), 3)
            assert not np.isinf(recording.positions_mm).any()
            assert (np.diff(recording.time_s) > 0.0).all()
        assert tracemalloc.get_traced_memory()[1] < MOST_BYTES
    finally:
        tracemalloc.stop()
    assert unexplained == 0
    assert 0.02 < np.mean(outcomes) < 0.98
