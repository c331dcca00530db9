"""One person: two recordings compared, and many over months."""

from neuropose.study.person.change import change_report
from neuropose.study.person.history import Visit, history_report
from neuropose.study.person.retest import Retest, read_retest

__all__ = ["Retest", "Visit", "change_report", "history_report", "read_retest"]
