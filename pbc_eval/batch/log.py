"""The log of batches: a line of JSON for each thing that happened, for machines and for the next
run.

    .reports-work/batch.jsonl    begin, report, end; once it is long it becomes batch.1.jsonl
"""

import contextlib
import datetime as dt
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pbc_eval.batch.jobs import Job, JobResult
from pbc_eval.publish.workspace import workspace_of

LOG = "batch.jsonl"
OLDER = "batch.1.jsonl"
LONGEST = 20_000_000  # bytes, after which a new file is begun


class Log:
    """Lines of one batch, each written whole as it happens."""

    def __init__(self, reports: Path) -> None:
        work = workspace_of(reports)
        self.file = work / LOG
        if self.file.is_file() and self.file.stat().st_size > LONGEST:
            self.file.replace(work / OLDER)
        self.batch = f"{_now()} {os.getpid()}"

    def add(self, event: str, **facts: Any) -> None:
        """One line: when, of which batch, what, its facts. A disk that is full stops no batch."""
        line = json.dumps({"time": _now(), "batch": self.batch, "event": event, **facts})
        with contextlib.suppress(OSError), self.file.open("a", encoding="utf-8") as stream:
            stream.write(line + "\n")

    def add_result(self, result: JobResult) -> None:
        """One line on a report: done, unchanged or failed, with the reason and the file to open."""
        self.add(
            "report",
            name=result.job.name,
            evaluation=str(result.job.evaluation.resolve()),
            report=result.job.report,
            outcome=result.outcome,
            seconds=round(result.seconds, 2),
            page=None if result.page is None else str(result.page),
            problem=result.problem,
            open=None if result.to_open is None else str(result.to_open),
        )


def lines(reports: Path) -> Iterator[dict[str, Any]]:
    """Every line that can be read, oldest first; one that a crash cut short is passed over."""
    for name in (OLDER, LOG):
        file = workspace_of(reports) / name
        if not file.is_file():
            continue
        with file.open(encoding="utf-8", errors="replace") as stream:
            for text in stream:
                try:
                    line = json.loads(text)
                except ValueError:
                    continue
                if isinstance(line, dict):
                    yield line


def last_outcomes(reports: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """How each report ended last, by its file and its kind where one was named. What was begun and
    has no end, because the batch was killed, ended as failed."""
    outcomes: dict[tuple[str, str], dict[str, Any]] = {}
    for line in lines(reports):
        if line.get("event") == "report":
            outcomes[str(line.get("evaluation")), str(line.get("report", ""))] = line
        elif line.get("event") == "begin":
            for path, report in line.get("jobs", []):
                before = outcomes.get((path, report), {})
                if before.get("outcome") != "failed":
                    outcomes[path, report] = {**before, "outcome": "interrupted"}
    return outcomes


def failed_last(jobs: list[Job], reports: Path) -> list[Job]:
    """Those of ``jobs`` that were not published when they were last tried."""
    outcomes = last_outcomes(reports)
    return [
        job
        for job in jobs
        if outcomes.get((str(job.evaluation.resolve()), job.report), {}).get("outcome")
        in ("failed", "interrupted")
    ]


def _now() -> str:
    return dt.datetime.now().astimezone().isoformat(timespec="milliseconds")
