"""The daemon: run it, install it as a service, and stop all that a crash left behind."""

from neuropose.cli.daemon.reset import reset as reset
from neuropose.cli.daemon.watch import watch as watch
