"""The command that opens the workbench: lab."""

import os
import subprocess
from pathlib import Path
from typing import Annotated

import typer

from pbc_eval.cli.door import Reports, app, readable


@app.command()
@readable
def lab(
    folder: Annotated[Path, typer.Argument(help="A folder of evaluations.")] = Path("data"),
    reports: Reports = Path("reports"),
    *,
    port: Annotated[int, typer.Option(min=1, max=65535, help="The first free one from here.")] = (
        8888
    ),
    browser: Annotated[bool, typer.Option(help="Open it in a browser.")] = True,
) -> None:
    """Open JupyterLab on this folder, at a start page: every evaluation, its state, what is next.

    It listens on this machine alone and asks for a token. Needs the workbench: pip install
    'pbc-eval[lab]'. Ctrl-C ends it.
    """
    from pbc_eval.lab.server import (  # noqa: PLC0415 heavy: loads Jupyter
        command_of,
        with_settings,
        write_cards,
    )
    from pbc_eval.publish.workspace import workspace_of  # noqa: PLC0415 likewise

    root = Path.cwd().resolve()
    command = command_of(root, folder, reports, port=port, browser=browser)
    cards = workspace_of(reports) / "lab"
    cards.mkdir(exist_ok=True)
    write_cards(root, folder, reports, cards)
    os.environ["JUPYTER_APP_LAUNCHER_PATH"] = str(cards)
    os.environ["JUPYTER_CONFIG_PATH"] = with_settings(os.environ.get("JUPYTER_CONFIG_PATH", ""))
    if os.name == "posix":
        os.execv(command[0], command)  # noqa: S606 our own; signals reach it, and it alone is left
    try:
        raise typer.Exit(subprocess.run(command, check=False).returncode)  # noqa: S603 likewise
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
