"""Cameras in one world from the files of several programs, and the rig file."""

from neuropose.io.rig_file.found import Unit
from neuropose.io.rig_file.reading import load_intrinsics, load_rig
from neuropose.io.rig_file.writing import save_rig

__all__ = ["Unit", "load_intrinsics", "load_rig", "save_rig"]
