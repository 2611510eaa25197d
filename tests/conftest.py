"""What holds for every test."""

import os

import pytest
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


# What these make is made by one worker while the other goes on. The mark that xdist has for it does
# nothing since pytest 9.2 (pytest-xdist, issue 1386).
MADE_BY_ONE = ("packaging/test_wheel.py", "report/test_language_pages.py",
               "publish/test_browser.py")  # fmt: skip


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """``--dist loadgroup``: one by one to whichever worker is free, those files as a whole."""
    if config.getvalue("dist") != "loadgroup":
        return None
    from xdist.scheduler import LoadScopeScheduling  # noqa: PLC0415 where there are workers

    class OneByOne(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            file = nodeid.partition("::")[0]
            return file if file.endswith(MADE_BY_ONE) else nodeid

    return OneByOne(config, log)


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
