"""The pinned artefacts: names, hashes, licences and sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from neuropose.assets.download import UrlSource
from neuropose.assets.sources import SdistSource, Source, WheelSource

METRABS_EFF2L = "metrabs_eff2l_y4_384px_800k_28ds"
METRABS_EFF2S = "metrabs_eff2s_y4_384px_800k_28ds"
METRABS_MOB3L = "metrabs_mob3l_y4_384px_800k_28ds"
METRABS_LICENSE = "non-commercial use only"
METRABS_URL = "https://omnomnom.vision.rwth-aachen.de/data/metrabs"
OFFICIAL_URL = "https://storage.googleapis.com/mediapipe-assets"
SAMPLE_CLIP = "sports2d_demo.mp4"
"""Name of the clip that ``neuropose demo`` runs on."""
SAMPLE_TRIALS = ("sample-balance.trc", "sample-treadmill.c3d")
"""Joints that four cameras saw, and markers on somebody who walks."""

_SPORTS2D_DEMO = WheelSource(
    "sports2d",
    "0.8.34",
    "733b6db70742636ae9c35d870c22bd416582f579abd5881bee93a14bb0e2655d",
    "Sports2D/Demo/demo.mp4",
)


_POSE2SIM_BALANCE = WheelSource(
    "pose2sim",
    "0.4.0",
    "4783ab5b1965155f1f3f43a2e47a1128aeaf3516357abd55d4c04ebe5d6b0ac1",
    "Pose2Sim/Demo/opensim/Balancing_for_IK.trc",
)
_GAITALYTICS_TREADMILL = SdistSource(
    "gaitalytics",
    "0.2.2",
    "02fa69ade972c3d94c29796a090da7aa052d911d704184e732045c27f8a9409d",
    "gaitalytics-0.2.2/tests/treadmill_events.c3d",
)


@dataclass(frozen=True, slots=True)
class Artefact:
    """A file that must be the same everywhere.

    Parameters
    ----------
    name : str
        File name in the cache; for an unpacked artefact, name of the folder.
    sha256 : str or None
        SHA-256 of its content, or of the archive for an unpacked artefact, in lower-case
        hexadecimal. None if not known: then the hash of the first download is recorded and checked
        from then on (unpacked artefacts only).
    size_bytes : int or None
        Size, for display only; None if not known.
    license : str
        SPDX identifier, or a description of the licence.
    sources : tuple of Source
        Where to fetch it from, in order of preference.
    unpacked : bool
        Whether it is a ``.tar.gz`` that is stored unpacked, as a folder.
    must_hold : str or None
        Name of a file that an unpacked artefact must contain.
    notice : str or None
        What users must know before they fetch it.

    Examples
    --------
    >>> Artefact("a.txt", "0" * 64, size_bytes=3, license="MIT").sources
    ()
    """

    name: str
    sha256: str | None
    size_bytes: int | None
    license: str
    sources: tuple[Source, ...] = ()
    unpacked: bool = False
    must_hold: str | None = None
    notice: str | None = None

    def __post_init__(self) -> None:
        if self.sha256 is None and not self.unpacked:
            raise ValueError("only the hash of an unpacked artefact can be recorded later")


def metrabs_artefact(
    name: str,
    sha256: str | None,
    sources: tuple[Source, ...],
    *,
    size_bytes: int | None = None,
) -> Artefact:
    """Return an artefact for MeTRAbs weights: a SavedModel in a ``.tar.gz``.

    Parameters
    ----------
    name : str
        Name of the folder in the cache.
    sha256 : str or None
        SHA-256 of the archive; None if not known.
    sources : tuple of Source
        Where to fetch the archive from.
    size_bytes : int, optional
        Size of the archive.

    Returns
    -------
    Artefact
    """
    return Artefact(
        name,
        sha256,
        size_bytes,
        METRABS_LICENSE,
        sources,
        unpacked=True,
        must_hold="saved_model.pb",
        notice="weights of MeTRAbs are for non-commercial use only (licences of the training data)",
    )


def _released_metrabs(name: str, sha256: str | None, size_bytes: int | None = None) -> Artefact:
    source = UrlSource(f"{METRABS_URL}/{name}.tar.gz")
    return metrabs_artefact(name, sha256, (source,), size_bytes=size_bytes)


def pinned_artefacts(base_url: str = OFFICIAL_URL) -> Mapping[str, Artefact]:
    """Return every artefact that NeuroPose pins, by name.

    Parameters
    ----------
    base_url : str
        URL from which the weights are served; change it for a mirror.

    Returns
    -------
    mapping of str to Artefact
        Read-only.

    Examples
    --------
    >>> pinned_artefacts("http://mirror.example")["pose_detection.tflite"].sources[0].label
    'http://mirror.example/pose_detection.tflite'
    """
    artefacts = (
        _weights(
            "pose_detection.tflite",
            "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c",
            2_959_046,
            base_url,
            _mediapipe("mediapipe/modules/pose_detection/pose_detection.tflite"),
        ),
        _weights(
            "pose_landmark_full.tflite",
            "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
            6_440_512,
            base_url,
            _mediapipe("mediapipe/modules/pose_landmark/pose_landmark_full.tflite"),
        ),
        _weights(
            "pose_landmark_lite.tflite",
            "f17bfbecadb61c3be1baa8b8d851cc6619c870a87167b32848ad20db306b9d61",
            2_819_824,
            base_url,
        ),
        _weights(
            "pose_landmark_heavy.tflite",
            "59e42d71bcd44cbdbabc419f0ff76686595fd265419566bd4009ef703ea8e1fe",
            27_709_200,
            base_url,
        ),
        Artefact(
            SAMPLE_CLIP,
            "d9a66417185647b112304b57093f0c180f37a768e6a14daca75ca541f3b78039",
            3_968_304,
            "BSD-3-Clause",
            (_SPORTS2D_DEMO,),
        ),
        Artefact(
            SAMPLE_TRIALS[0],
            "be5cd0d54fb92cd09a8f9b8dc6478f3c7bc0272b7dce331182f4ffb40aab824e",
            127_289,
            "BSD-3-Clause",
            (_POSE2SIM_BALANCE,),
        ),
        Artefact(
            SAMPLE_TRIALS[1],
            "206c0dfd718d7e3ea4ccb5afc2d094ecf35eef9a2dedc9a1c72490609eab2a97",
            3_581_696,
            "MIT",
            (_GAITALYTICS_TREADMILL,),
        ),
        _released_metrabs(
            METRABS_EFF2L,
            "fa31b5b043f227588c3d224e56db89307d021bfbbb52e36028919f90e1f96c89",
            2_000_000_000,
        ),
        _released_metrabs(METRABS_EFF2S, None),
        _released_metrabs(METRABS_MOB3L, None),
    )
    return MappingProxyType({artefact.name: artefact for artefact in artefacts})


def _weights(name: str, sha256: str, size_bytes: int, base_url: str, *others: Source) -> Artefact:
    sources = (UrlSource(f"{base_url}/{name}"), *others)
    return Artefact(name, sha256, size_bytes, "Apache-2.0", sources)


def _mediapipe(member: str) -> WheelSource:
    return WheelSource(
        "mediapipe",
        "0.10.21",
        "05dc4a9e593655a79558d05d6227d31018c2537a4bd3362b51e230cf22aecfe3",
        member,
        tag="cp311-cp311-manylinux_2_28_x86_64",
    )


ARTEFACTS: Mapping[str, Artefact] = pinned_artefacts()
"""Every artefact that NeuroPose pins, by name."""
