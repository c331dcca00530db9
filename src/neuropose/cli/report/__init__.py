"""Pages to look at: their commands."""

from neuropose.cli.report.command import report as report
from neuropose.cli.report.compare import compare as compare
