"""A body between what is seen and what is measured: kinematic skeleton, fit and error."""

from neuropose.body.model import BodyModel, load_body_model
from neuropose.body.recording import DRAWS, reconstruct, reconstruct_markers

__all__ = ["DRAWS", "BodyModel", "load_body_model", "reconstruct", "reconstruct_markers"]
