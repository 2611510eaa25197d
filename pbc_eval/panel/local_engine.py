"""The DuckDB in this process: how it is set up, and one database for all that is read.

A database of its own for each frame would cost 25 ms of setting up; a session of one that is there
costs none. Sessions see nothing of each other: what is registered or held in one goes with it.
"""

import atexit
import os
import threading
from collections.abc import Callable
from typing import Any

# What pandas.read_csv takes as missing, so that a file and its frame give the same numbers.
MISSING_WORDS = ("", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "None", "#N/A", "<NA>")
# Dates that are not year-month-day, and times with a zone, stay text: which is the day is settled
# over the whole column, and a place's own date is kept (time_values.py). All rows are read to
# settle the types.
TEXT_OPTIONS = {
    "nullstr": list(MISSING_WORDS),
    "sample_size": -1,
    "dateformat": "%Y-%m-%d",
    "timestampformat": "%Y-%m-%d %H:%M:%S",
    "auto_type_candidates": ["BOOLEAN", "BIGINT", "DOUBLE", "DATE", "TIMESTAMP", "VARCHAR"],
}
# An engine that is handed a file of unknown origin loads and fetches nothing on its behalf.
NOTHING_FETCHED = {"autoinstall_known_extensions": False, "autoload_known_extensions": False}


class OneDatabase:
    """Gives sessions of one database, which is set up when the first is asked for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._database: Any = None
        self._of_parents: list[Any] = []  # kept: their threads did not come along, so that closing
        if hasattr(os, "register_at_fork"):  # one of them in a child would wait for ever
            os.register_at_fork(after_in_child=self._begin_anew)

    def session(self, connect: Callable[[], Any]) -> Any:
        """A new connection of DuckDB; ``connect`` sets the database up."""
        with self._lock:
            if self._database is None:
                self._database = connect()
                atexit.register(self._close)
            return self._database.cursor()

    def _close(self) -> None:
        """Before the interpreter takes itself apart, which the engine would complain of."""
        database, self._database = self._database, None
        if database is not None:
            database.close()

    def _begin_anew(self) -> None:
        self._lock = threading.Lock()
        self._of_parents.append(self._database)
        self._database = None
