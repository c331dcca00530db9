"""Cameras calibrated: the commands."""

from neuropose.cli.calibrate.group import app as app
