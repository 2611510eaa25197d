"""From released results to the sections of a page: what the notebooks call."""

from pbc_eval.report.downloads import write_downloads
from pbc_eval.report.sections import section

__all__ = ["section", "write_downloads"]
