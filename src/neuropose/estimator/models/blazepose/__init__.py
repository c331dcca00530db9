"""BlazePose, the embedded pose model: 33 joints of several people, on any CPU.

Loaders for the three sizes of its landmark graph; ``full`` is the default.
"""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING

from neuropose import assets
from neuropose.estimator.model import LoadOptions, ModelInfo
from neuropose.skeletons import BLAZEPOSE_33

if TYPE_CHECKING:
    from neuropose.estimator.models.blazepose.model import BlazePose

DETECTOR = "pose_detection.tflite"


class Loader:
    """Loads one size of BlazePose; registered under ``neuropose.models``.

    Parameters
    ----------
    name : str
        Name of the model.
    landmarks : str
        Artefact name of its landmark graph.
    """

    license = "Apache-2.0"
    inference_options = ("skeleton", "deterministic")  # it always is
    skeletons = (BLAZEPOSE_33.name,)
    devices = ("cpu",)

    def __init__(self, name: str, landmarks: str) -> None:
        self.name = name
        self.landmarks = landmarks

    @property
    def artefacts(self) -> tuple[str, ...]:
        """Names of the weights files."""
        return (DETECTOR, self.landmarks)

    def __call__(self, options: LoadOptions) -> BlazePose:
        """Load the model.

        Parameters
        ----------
        options : LoadOptions
            Where weights are kept.

        Returns
        -------
        BlazePose

        Raises
        ------
        AssetError
            If the weights cannot be obtained.
        """
        from neuropose.estimator.models.blazepose.model import MOST_WORKERS, BlazePose

        paths = {
            name: assets.fetch(name, options.model_cache_dir, report=options.report)
            for name in self.artefacts
        }
        info = ModelInfo(
            name=self.name,
            weights_sha256={name: assets.ARTEFACTS[name].sha256 for name in self.artefacts},
            skeletons=(BLAZEPOSE_33,),
            runtime=f"ai-edge-litert {metadata.version('ai-edge-litert')}",
            device="cpu",
            gives_confidence=True,
            most_workers=MOST_WORKERS,
            license=self.license,
            settings={"precision": "float32"},
        )
        return BlazePose(info, paths[DETECTOR].read_bytes(), paths[self.landmarks].read_bytes())


load_full = Loader("blazepose", "pose_landmark_full.tflite")
load_lite = Loader("blazepose-lite", "pose_landmark_lite.tflite")
load_heavy = Loader("blazepose-heavy", "pose_landmark_heavy.tflite")
