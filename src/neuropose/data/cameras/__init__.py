"""Cameras, alone and several at known places."""

from neuropose.data.cameras.camera import Camera, CameraSource, Lens
from neuropose.data.cameras.rig import RIG_SCHEMA_VERSION, Clock, Rig, RigCamera

__all__ = ["RIG_SCHEMA_VERSION", "Camera", "CameraSource", "Clock", "Lens", "Rig", "RigCamera"]
