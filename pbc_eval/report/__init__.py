"""From released results to the sections of a page: what the notebooks call."""

from pbc_eval.report.downloads import write_downloads
from pbc_eval.report.note_downloads import write_note
from pbc_eval.report.page import section
from pbc_eval.report.portfolio_downloads import write_portfolio

__all__ = ["section", "write_downloads", "write_note", "write_portfolio"]
