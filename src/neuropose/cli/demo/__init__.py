"""The demonstration: its command, and the job that it takes through the daemon."""

from neuropose.cli.demo.command import demo as demo
from neuropose.cli.demo.sample_study import study_demo as study_demo
