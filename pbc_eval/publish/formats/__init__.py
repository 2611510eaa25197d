"""The files beside a page, each format by one writer: they are written because the page names them.

page, released ─ write ▶ downloads/: results.json · one CSV a table and figure · dictionary · …
"""

from pbc_eval.publish.formats.write import write

__all__ = ["write"]
