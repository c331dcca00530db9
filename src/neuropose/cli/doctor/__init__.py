"""Whether this machine is fit: the command, and what it checks."""

from neuropose.cli.doctor.command import doctor as doctor
