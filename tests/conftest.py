"""What holds for every test."""

from hypothesis import settings

# No test is timed: a machine that is busy is no fault. Speed is measured in benchmarks/.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
