"""Tell somebody that a batch did not end well: by mail, to a web address, or to a command.

Where it goes is in the environment, secrets with it, and never in a file:

    PBC_EVAL_ALERT_COMMAND   a command, which gets the text on its standard input
    PBC_EVAL_ALERT_WEBHOOK   an https address, which gets {"text": …} by POST
    PBC_EVAL_ALERT_MAIL      an address to write to, through
    PBC_EVAL_SMTP            smtp.example.org:587, as PBC_EVAL_SMTP_USER with PBC_EVAL_SMTP_PASSWORD
"""

import json
import os
import shlex
import signal
import smtplib
import subprocess
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path

from pbc_eval.batch.local import what_the_system_says
from pbc_eval.batch.run import Interrupted, Whole
from pbc_eval.batch.status import ANSWER
from pbc_eval.errors import PbcError

DEADLINE = 60  # seconds for each way
MOST = 20  # reports that are named
WAYS = ("PBC_EVAL_ALERT_COMMAND", "PBC_EVAL_ALERT_WEBHOOK", "PBC_EVAL_ALERT_MAIL")


def text_of(whole: Whole, reports: Path) -> str:
    """What failed, what that means, and what to open."""
    failed = [result for result in whole.results if result.problem]
    site = whole.site
    unpublished = len(failed) + len(whole.in_doubt)
    lines = [
        f"pbc-eval: {unpublished} of {len(whole.results)} reports were not published ({reports}).",
        "What was published before stands as it was; no half edition is shown.",
    ]
    if site is None:
        lines.append(f"The site was not built: {whole.problem}")
    for sentence in site.damaged if site else ():
        lines.append(f"Not listed: {sentence}")
    for result in whole.in_doubt[:MOST]:
        lines += [f"\n{result.job.name}", f"  why:  made, and not listed: {ANSWER}."]
        if result.page is not None:
            lines.append(f"  open: {result.page.parent / 'downloads' / 'disclosure-review.csv'}")
    for result in failed[:MOST]:
        lines += [f"\n{result.job.name}", f"  why:  {result.problem.strip().splitlines()[0]}"]
        lines.append(f"  open: {result.to_open}")
    if len(failed) > MOST:
        lines.append(f"\nand {len(failed) - MOST} more; see batch.jsonl")
    lines.append("\nAfter a correction: pbc-eval batch FOLDER --only-failed")
    return "\n".join(lines)


def text_of_none(reports: Path, why: str) -> str:
    """That a batch did not run, or not to its end, and why; what that means, and what to do."""
    return "\n".join(
        [
            f"pbc-eval: a batch of reports did not run to its end ({reports}).",
            "What was published before stands as it was; no half edition is shown.",
            f"  why:  {why.strip()}",
            "\nAfter a correction, the same command goes on from there.",
        ]
    )


@contextmanager
def alerts(reports: Path, tell: Callable[[str], None], *, asked: bool) -> Iterator[None]:
    """Send an alert, and ``tell`` what kept it from being sent, when what runs within is ended by
    an error, or by a signal that nobody gave from the keyboard. The error goes on."""
    try:
        yield
    except Interrupted as stopped:
        if asked and stopped.number != signal.SIGINT:
            name = signal.Signals(stopped.number).name
            why = f"ended by the system ({name}), {stopped.done} of {stopped.total} reports done."
            _send_or_tell(text_of_none(reports, why), tell)
        raise
    except Exception as problem:
        if asked:
            _send_or_tell(text_of_none(reports, _why(problem)), tell)
        raise


def _why(problem: Exception) -> str:
    if isinstance(problem, PbcError):
        return str(problem)
    return what_the_system_says(problem) if isinstance(problem, OSError) else repr(problem)


def _send_or_tell(text: str, tell: Callable[[str], None]) -> None:
    for problem in send(text):
        tell(problem)


def send(text: str, environment: Mapping[str, str] | None = None) -> list[str]:
    """Send ``text`` by every way that the environment names; a sentence on each that failed, and
    one when none is named."""
    given = os.environ if environment is None else environment
    ways: dict[str, Callable[[str, str, Mapping[str, str]], None]] = {
        "PBC_EVAL_ALERT_COMMAND": _by_command,
        "PBC_EVAL_ALERT_WEBHOOK": _by_webhook,
        "PBC_EVAL_ALERT_MAIL": _by_mail,
    }
    asked = [name for name in WAYS if given.get(name)]
    if not asked:
        return [f"nobody was alerted: none of {', '.join(WAYS)} is set."]
    problems = []
    for name in asked:
        try:
            ways[name](given[name], text, given)
        except (OSError, ValueError, subprocess.SubprocessError, smtplib.SMTPException) as problem:
            problems.append(f"{name}: the alert was not sent ({type(problem).__name__}).")
    return problems


def _by_command(command: str, text: str, given: Mapping[str, str]) -> None:
    subprocess.run(  # noqa: S603 the user's own command, from the user's own environment
        shlex.split(command), input=text, encoding="utf-8", check=True, timeout=DEADLINE
    )


def _by_webhook(address: str, text: str, given: Mapping[str, str]) -> None:
    if not address.startswith("https://"):
        raise ValueError(address)
    request = urllib.request.Request(  # noqa: S310 https only, checked above
        address,
        data=json.dumps({"text": text}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=DEADLINE):  # noqa: S310 likewise
        pass


def _by_mail(to: str, text: str, given: Mapping[str, str]) -> None:
    host, _, port = given.get("PBC_EVAL_SMTP", "localhost:25").partition(":")
    user = given.get("PBC_EVAL_SMTP_USER", "")
    message = EmailMessage()
    message["Subject"] = text.splitlines()[0]
    message["From"] = user if "@" in user else to
    message["To"] = to
    message.set_content(text)
    with smtplib.SMTP(host, int(port or 25), timeout=DEADLINE) as server:
        if user:
            server.starttls()
            server.login(user, given.get("PBC_EVAL_SMTP_PASSWORD", ""))
        server.send_message(message)
