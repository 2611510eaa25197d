"""From released results to the page, as data: what the notebooks show and the press writes."""

from pbc_eval.report.page import Page, page_of

__all__ = ["Page", "page_of"]
