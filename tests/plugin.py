"""An installed package of fake pose models, found by their entry points like anyone's."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = "neuropose_fakes"
_SOURCE = '''
"""Fake pose models, one a loader."""

import dataclasses
import os
import signal
import sys
import threading
import time
from pathlib import Path

import numpy as np

from neuropose.testing import FakeModel, synthetic_predictions
from neuropose.testing.conformance.faults import failed
from neuropose.testing.people.scene import detect
from neuropose.testing.people.synthetic import synthetic_poses_mm


def one(options):
    """One person in every picture."""
    return FakeModel()


def two(options):
    """Two people in each of 30 pictures of 640 x 480 px."""
    return FakeModel.replaying(synthetic_predictions(frame_count=30, people=2))


def nobody(options):
    return FakeModel([])


def wrong(options):
    """A model that gives something else in frame 7."""
    return FakeModel(faults={7: lambda found: "nothing of use"})


def failing(options):
    """A model that fails in frame 7."""

    def fail(found):
        raise KeyError("no such tensor")

    return FakeModel(faults={7: fail})


def dazzled(options):
    """A model that cannot cope with the picture of frame 7, and says so."""
    return FakeModel(faults={7: failed("too bright")})


def fickle(options):
    """A model that gives other numbers in every run."""
    calls = []

    def programme(picture, camera):
        calls.append(1)
        return detect(synthetic_poses_mm(np.zeros(1))[0] + len(calls), camera)

    return FakeModel(programme)


def stuck(options):
    """A model that says so when it comes to frame 7, and then never ends."""

    def wait(found):
        print("stuck", file=sys.stderr, flush=True)
        threading.Event().wait()

    return FakeModel(faults={7: wait})


def waiting(options):
    """A model that waits in frame 7 until there is a file `go` in the data directory."""
    go = Path(os.environ["NEUROPOSE_DATA_DIR"], "go")

    def wait(found):
        while not go.exists():
            time.sleep(0.01)
        return found

    return FakeModel(faults={7: wait})


def talking(options):
    """A model that says something in frame 7, and goes on."""

    def say(found):
        print("talking", file=sys.stderr, flush=True)
        return found

    return FakeModel(faults={7: say})


def slow(options):
    """A model that takes 20 ms a picture."""
    return FakeModel(delay_s=0.02)


def moody(options):
    """A model that takes 20 ms a picture, and ends badly with pictures of some widths."""
    hoard = []

    def programme(picture, camera):
        width = picture.shape[1]
        if width == 96:
            os.kill(os.getpid(), signal.SIGSEGV)
        if width == 112:
            threading.Event().wait()
        while width == 128:
            hoard.append(np.ones(4 << 20))
            time.sleep(0.01)
        return detect(synthetic_poses_mm(np.zeros(1))[0], camera)

    return FakeModel(programme, delay_s=0.02)


def other(options):
    """The model `one` with the weights that a variable of the environment names."""
    model = FakeModel()
    hashes = {"fake.bin": os.environ.get("FAKE_WEIGHTS", "0" * 64)}
    model._info = model.info.model_copy(update={"weights_sha256": hashes})
    return model


def unloadable(options):
    raise KeyError("no such tensor")
'''
MODELS = (
    "one",
    "two",
    "nobody",
    "wrong",
    "failing",
    "fickle",
    "stuck",
    "waiting",
    "talking",
    "dazzled",
    "slow",
    "moody",
    "other",
    "unloadable",
)


def install_fake_models(folder: Path) -> Path:
    """Install the fakes; each is registered as ``fake-NAME``.

    Parameters
    ----------
    folder : Path
        Made; to be put on the module search path.

    Returns
    -------
    Path
        The same folder.
    """
    info = folder / f"{_PACKAGE}-1.0.dist-info"
    info.mkdir(parents=True)
    (folder / f"{_PACKAGE}.py").write_text(_SOURCE)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {_PACKAGE}\nVersion: 1.0\n")
    points = [f"fake-{name} = {_PACKAGE}:{name}" for name in MODELS]
    (info / "entry_points.txt").write_text("\n".join(["[neuropose.models]", *points, ""]))
    return folder
