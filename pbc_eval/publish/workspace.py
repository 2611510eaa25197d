"""Where runs happen: beside the folder of reports, never within what is copied to a server.

    reports/            what readers get
    .reports-work/      locks, private runs and what a refused run left, memory of checks

Refused releases hold what may not be told; they stay here, for whoever looks into them.
"""

from pathlib import Path

from pbc_eval.errors import PublicationError


def workspace_of(reports: Path) -> Path:
    """The folder beside ``reports`` in which runs happen; made when there is none.

    Raises PublicationError where it cannot be made.
    """
    whole = reports.resolve()
    folder = whole.parent / f".{whole.name}-work"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        whole.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise PublicationError(
            f"{folder.name}: runs need a folder beside {whole.name}, and it cannot be made "
            f"({problem.strerror}). Put the folder of reports into one that you may write to."
        ) from None
    return folder
