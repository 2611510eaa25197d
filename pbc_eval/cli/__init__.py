"""pbc-eval: the command line. Each command loads what it needs when it is called."""

import sys
from typing import Any

from pbc_eval.cli import look, make, start, watch, work
from pbc_eval.cli.door import app, write_plainly_where_needed

__all__ = ["app", "look", "main", "make", "start", "watch", "work"]


def main() -> Any:
    """The entry point of the ``pbc-eval`` command."""
    write_plainly_where_needed(sys.stdout, sys.stderr)
    return app(prog_name="pbc-eval")
