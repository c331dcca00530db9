"""MeTRAbs, the research model: metric, absolute, truncation-robust poses, on TensorFlow.

Sárándi et al. 2021, T-BIOM 3(1), and 2023, WACV. Loaders for the released weights, and for a
SavedModel from anywhere (``metrabs:PATH`` or ``metrabs:URL``).
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from neuropose.assets.catalogue import (
    METRABS_EFF2L,
    METRABS_EFF2S,
    METRABS_LICENSE,
    METRABS_MOB3L,
)
from neuropose.errors import MissingLibraryError
from neuropose.estimator.model import InferenceOptions, LoadOptions

if TYPE_CHECKING:
    from neuropose.estimator.models.metrabs.model import MeTRAbs


class Loader:
    """Loads MeTRAbs; registered under ``neuropose.models``.

    Parameters
    ----------
    name : str
        Name of the model.
    artefact : str, optional
        Its weights; default: those at `LoadOptions.location`.
    """

    license = METRABS_LICENSE
    inference_options = tuple(InferenceOptions.model_fields)
    devices = ("cpu", "gpu")

    def __init__(self, name: str, artefact: str | None = None) -> None:
        self.name = name
        self.artefacts = () if artefact is None else (artefact,)
        self.takes_location = artefact is None

    @property
    def obstacle(self) -> str | None:
        """Why it cannot run here, if it cannot."""
        if find_spec("tensorflow") is None:
            return "needs TensorFlow, which is not installed"
        return None

    def __call__(self, options: LoadOptions) -> MeTRAbs:
        """Load the model.

        Parameters
        ----------
        options : LoadOptions
            Where weights are kept, the device, and how to run the model.

        Returns
        -------
        MeTRAbs

        Raises
        ------
        MissingLibraryError
            If TensorFlow is not installed; nothing has been fetched then.
        DeviceError
            If the device does not exist.
        ModelLoadError
            If the weights are not a MeTRAbs model, or do not have the skeleton.
        AssetError
            If the weights cannot be obtained.
        """
        if self.obstacle is not None:
            raise MissingLibraryError(
                f"model {self.name!r} {self.obstacle}",
                hint="pip install 'neuropose[metrabs]', or on a GPU workstation "
                "'neuropose[metrabs-gpu]'",
            )
        from neuropose.estimator.models.metrabs.device import choose_device
        from neuropose.estimator.models.metrabs.model import MeTRAbs
        from neuropose.estimator.models.metrabs.saved_model import SavedPoseModel
        from neuropose.estimator.models.metrabs.weights import find_weights

        device = choose_device(options.device, deterministic=options.inference.deterministic)
        weights = find_weights(self.artefacts, options)
        saved = SavedPoseModel(weights.folder, device)
        return MeTRAbs(self.name, saved, weights, options)


load_any = Loader("metrabs")
load_eff2l = Loader("metrabs-eff2l", METRABS_EFF2L)
load_eff2s = Loader("metrabs-eff2s", METRABS_EFF2S)
load_mob3l = Loader("metrabs-mob3l", METRABS_MOB3L)
