"""JupyterLab for a project: a start page, launcher cards, a token, and nothing open but loopback.

    pbc-eval lab ─ command_of ▶ jupyter lab --config … ─ _load_jupyter_server_extension ▶ start page
                                                                                ▶ offers, problems

The one home of jupyter_server. The start page is behind the server's own login, as all of it is;
reports are made by pressing a button that carries the server's own guard against forged requests.
What an editor may offer is asked for by ``browser/pbc-eval/offers.js``, which JupyterLab loads. The
wheel puts that and this extension where any JupyterLab of the environment finds them: started by
its own command, it completes too, and has no start page. Nothing else of the package is loaded
before it is asked for, since that server may be there for other work.
"""

import asyncio
import datetime as dt
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from jupyter_server.base.handlers import APIHandler, JupyterHandler
from jupyter_server.utils import url_path_join
from tornado.web import HTTPError, authenticated

from pbc_eval.errors import SpecError

START = "pbc-eval/start"
WRITING = "pbc-eval/writing"  # what may be written, and what is wrong with what is
BROWSER = Path(__file__).parent / "browser"  # what JupyterLab loads: no Node, nothing built
SETTINGS = Path(__file__).parent / "settings"  # JupyterLab's own, unless a person chose others
PLACES = "pbc_eval"  # the server's setting: the folders of evaluations and of reports
CARDS = "pbc-eval"  # the heading of the launcher's cards
LONGEST = 3600  # seconds for a report


def command_of(root: Path, folder: Path, reports: Path, *, port: int, browser: bool) -> list[str]:
    """The command that starts JupyterLab on ``root`` with its start page.

    Raises SpecError for folders that do not lie below ``root``: nobody could open their files.
    """
    for name, path in (("the folder of evaluations", folder), ("--reports", reports)):
        if not path.resolve().is_relative_to(root):
            raise SpecError(
                f"{name}: {path} lies outside of {root}. Start in a folder that holds both."
            )
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--ip=127.0.0.1",
        f"--port={port}",
        f"--ServerApp.root_dir={root}",
        "--ServerApp.jpserver_extensions={'pbc_eval.lab.server': True}",
        f"--LabApp.default_url=/{START}",
        f"--LabApp.extra_labextensions_path={BROWSER}",
        "--LabApp.extension_manager=readonly",  # nothing is asked of a package index,
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",  # nor of anybody else
        "--LabApp.news_url=None",
        *(
            ["--allow-root"] if _is_root() else []
        ),  # in a container; loopback and token all the same
        f"--ServerApp.tornado_settings={{{PLACES!r}: {[str(folder), str(reports)]!r}}}",
    ]
    return command if browser else [*command, "--no-browser"]


def with_settings(path: str) -> str:
    """``path``, JUPYTER_CONFIG_PATH as it is, with the folder of our settings behind its own."""
    return os.pathsep.join(part for part in (path, str(SETTINGS)) if part)


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def write_cards(root: Path, folder: Path, reports: Path, into: Path) -> Path:
    """The launcher's cards, as jupyter-app-launcher reads them from ``into``."""
    python = f'"{sys.executable}" -m pbc_eval'
    data, out = (path.resolve().relative_to(root).as_posix() or "." for path in (folder, reports))
    terminals = (
        ("New evaluation", "Asks what it needs, and makes a folder.", f"{python} new"),
        ("Inspect a file", "Looks at a spreadsheet.", f"{python} inspect --help"),
        ("Check", "Checks every evaluation.", f"{python} check {data}/*/"),
        ("Make all reports", "Those of which something changed.", f"{python} batch {data} "
         f"--reports {out}"),
        ("State of all", "What is late, due, unsigned.", f"{python} status {data} --reports {out}"),
    )  # fmt: skip
    cards: list[dict[str, Any]] = [
        {
            "id": "start",
            "title": "Start page",
            "description": "Every evaluation and what comes next.",
            "type": "url",
            "source": f"/{START}",
            "catalog": CARDS,
            "args": {"sandbox": ["allow-same-origin", "allow-forms", "allow-top-navigation"]},
        }
    ]
    cards += [
        {
            "id": title,
            "title": title,
            "description": words,
            "type": "terminal",
            "source": line,
            "cwd": str(root),
            "catalog": CARDS,
        }
        for title, words, line in terminals
    ]
    target = into / "jp_app_launcher.yaml"
    target.write_text(json.dumps(cards, indent=1), encoding="utf-8", newline="\n")  # JSON is YAML
    return target


class StartHandler(JupyterHandler):
    """The start page; a POST makes one report."""

    @authenticated
    async def get(self) -> None:
        await self._show("")

    @authenticated
    async def post(self) -> None:
        from pbc_eval.batch.jobs import find_jobs  # noqa: PLC0415 heavy: loads the models

        folder, reports = self._places
        name = self.get_body_argument("name")
        job = next((j for j in find_jobs(folder, reports) if j.name == name), None)
        if job is None:
            raise HTTPError(404, f"{name}: no such evaluation.")
        words = ("run", str(job.evaluation), "--reports", str(reports))
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "pbc_eval", *words,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        try:
            output, _ = await asyncio.wait_for(process.communicate(), LONGEST)
        except TimeoutError:
            process.kill()
            output = b"It took more than an hour and was stopped."
        await self._show(output.decode("utf-8", errors="replace").strip())

    async def _show(self, outcome: str) -> None:
        from pbc_eval.lab.start_page import entries_of, start_page  # noqa: PLC0415 likewise

        folder, reports = self._places
        root = Path(self.settings["server_root_dir"]).expanduser().resolve()
        loop = asyncio.get_running_loop()
        entries, why = await loop.run_in_executor(
            None, entries_of, folder, reports, root, dt.date.today()
        )
        token = self.xsrf_token
        text = token.decode() if isinstance(token, bytes) else str(token)
        self.set_header("Content-Type", "text/html; charset=UTF-8")
        self.finish(start_page(entries, why, base=self.base_url, xsrf=text, outcome=outcome))

    @property
    def _places(self) -> tuple[Path, Path]:
        folder, reports = self.settings[PLACES]
        return Path(folder), Path(reports)


class WritingHandler(APIHandler):
    """For an editor of evaluation.yaml or portfolio.yaml, whose ``path`` is as Jupyter names it:
    with ``text`` and ``offset`` what may be written there, without what is wrong with the file."""

    @authenticated
    async def post(self) -> None:
        from pbc_eval.agreement.yaml_file import LONGEST_FILE  # noqa: PLC0415 likewise
        from pbc_eval.lab.completion.offers import offers_at  # noqa: PLC0415 likewise
        from pbc_eval.lab.completion.problems import problems_of  # noqa: PLC0415 likewise

        asked = self.get_json_body() or {}
        file = self._file(str(asked.get("path", "")))
        text, offset = asked.get("text"), asked.get("offset")
        loop = asyncio.get_running_loop()
        if text is None:
            problems = await loop.run_in_executor(None, problems_of, file)
            self.finish({"problems": [asdict(problem) for problem in problems]})
            return
        if not isinstance(text, str) or not isinstance(offset, int) or not 0 <= offset <= len(text):
            raise HTTPError(400, "offset must lie within text.")
        if len(text) > LONGEST_FILE:
            raise HTTPError(413, f"text has more than {LONGEST_FILE:,} characters.")
        offers = await loop.run_in_executor(None, offers_at, file.name, text, offset, file.parent)
        self.finish(asdict(offers))

    def _file(self, path: str) -> Path:
        from pbc_eval.lab.completion.schema import FILES  # noqa: PLC0415 likewise

        root = Path(self.settings["server_root_dir"]).expanduser().resolve()
        file = (root / path.lstrip("/")).resolve()
        if file.name not in FILES or not file.is_relative_to(root):
            raise HTTPError(404, f"{path}: no file of an evaluation or a portfolio.")
        return file


def _load_jupyter_server_extension(server: Any) -> None:
    """What Jupyter calls: an address more, and the start page where `pbc-eval lab` says of what."""
    settings = server.web_app.settings
    addresses: list[tuple[str, type[JupyterHandler]]] = [(WRITING, WritingHandler)]
    if PLACES in settings:
        addresses.append((START, StartHandler))
    server.web_app.add_handlers(
        ".*$",
        [(url_path_join(settings["base_url"], address), handler) for address, handler in addresses],
    )


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "pbc_eval.lab.server"}]
