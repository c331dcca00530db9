"""
A report to look at
===================

One file that opens in any browser, without a network: the body, the curves and the time line play
together, and every measure has its error. ``neuropose report`` makes it of a recording, with the
video if there is one.
"""

from pathlib import Path
from tempfile import mkdtemp

from neuropose.analyzer import analyze_gait, gait_report
from neuropose.page import Played, write_page
from neuropose.testing import simulate_walk, walker_sequence

walk = walker_sequence(simulate_walk().with_noise(2.0))
page = Path(mkdtemp(), "report.html")
write_page(page, gait_report(analyze_gait(walk)), Played(walk), code="S01", date="1 March 2026")
