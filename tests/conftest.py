"""What holds for every test."""

import os

from hypothesis import settings
from kernels import forked_kernels, source_of_kernels

__all__ = ["forked_kernels", "source_of_kernels"]

# No test is timed: a machine that is busy is no fault. Speed is measured in benchmarks/.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# What continuous integration installs must be there: a test that is skipped for the lack of it
# would go on to be skipped without anybody noticing.
NOTHING_LACKS = "PBC_EVAL_TESTS_LACK_NOTHING"
_LACKING = ("not installed", "not on this machine", "could not import")


def pytest_sessionfinish(session):
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if not os.environ.get(NOTHING_LACKS) or reporter is None:
        return
    skipped = [str(report.longrepr) for report in reporter.stats.get("skipped", ())]
    lacking = [why for why in skipped if any(words in why for words in _LACKING)]
    if lacking:
        reporter.write_line("")
        for why in sorted(set(lacking)):
            reporter.write_line(f"skipped, and {NOTHING_LACKS} is set: {why}", red=True)
        session.exitstatus = 1
