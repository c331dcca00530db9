"""A body between what is seen and what is measured: kinematic skeleton, fit and error."""

from neuropose.body.from_cameras import reconstruct_cameras
from neuropose.body.from_markers import reconstruct_markers
from neuropose.body.from_video import reconstruct
from neuropose.body.model import BodyModel, load_body_model
from neuropose.body.recording import DRAWS

__all__ = [
    "DRAWS",
    "BodyModel",
    "load_body_model",
    "reconstruct",
    "reconstruct_cameras",
    "reconstruct_markers",
]
