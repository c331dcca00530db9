"""Pages to look at: their command."""

from neuropose.cli.report.command import report as report
