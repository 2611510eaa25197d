"""The folder that a web server reads: what SHA256SUMS names and nothing else, changed in one step.

    reports/ ── every published file, linked ──▶ .public.new ── changes places with ──▶ public/

While reports are made, an edition stands in ``reports`` some time before the index tells of it. A
server that reads the served folder instead gives its readers the pages of one moment: editions,
contracts' pages and index together, and no draft. Files there that no site of ours wrote stay.
"""

import os
import shutil
from pathlib import Path

from pbc_eval.errors import PublicationError
from pbc_eval.publish.checksums import SUMS, names_in_sums
from pbc_eval.publish.edition_log import LOG
from pbc_eval.publish.exchange import exchange

ALWAYS = (SUMS, LOG)


def put_where_served(reports: Path, served: Path, *, anew: bool = True) -> None:
    """Have ``served`` hold what is published under ``reports``, all of it or what it held before;
    unless ``anew``, it stays as it is where it names the same files with the same hashes.

    Raises PublicationError for a folder that lies in or around ``reports``, and for files of
    somebody else in it that have the name of a page.
    """
    reports, served = reports.resolve(), served.resolve()
    if served.is_relative_to(reports) or reports.is_relative_to(served):
        raise PublicationError(
            f"site.yaml: served: {served.name} must lie beside the folder of reports, neither in "
            "it nor around it: it is replaced whole. Give a folder of its own, such as ../public."
        )
    if served.exists() and not served.is_dir():
        raise PublicationError(
            f"site.yaml: served: {served.name} must be a folder, and is a file. Give another name."
        )
    fresh = served.parent / f".{served.name}.new"
    aside = served.parent / f".{served.name}.old"
    _put_back(served, aside)
    names = {
        *names_in_sums(reports / SUMS),
        *(name for name in ALWAYS if (reports / name).exists()),
    }
    others = _of_others(served)
    if clash := sorted(others & names):
        raise PublicationError(
            f"site.yaml: served: {served.name} holds {clash[0]}, which no site of ours wrote"
            f"{f' (and {len(clash) - 1} more)' if len(clash) > 1 else ''}, and the site has a file "
            "of that name. Move what is there, or give an empty folder."
        )
    if not anew and served.is_dir() and _is_current(reports, served):
        return
    shutil.rmtree(fresh, ignore_errors=True)
    for name in sorted(names):
        _link(reports / name, fresh / name)
    for name in sorted(others):
        _link(served / name, fresh / name)
    _change_places(fresh, served, aside)


def _of_others(served: Path) -> set[str]:
    """Files there that no site of ours wrote, by their path."""
    ours = {*names_in_sums(served / SUMS), *ALWAYS} if (served / SUMS).is_file() else set()
    return {
        path.relative_to(served).as_posix()
        for path in served.rglob("*")
        if path.is_symlink() or not path.is_dir()
    } - ours


def _is_current(reports: Path, served: Path) -> bool:
    """Are the files that are named there those that are published now, and is each there?"""
    for name in ALWAYS:
        pair = [folder / name for folder in (reports, served)]
        contents = {path.read_bytes() if path.is_file() else b"" for path in pair}
        if len(contents) > 1:
            return False
    return all((served / name).is_file() for name in names_in_sums(served / SUMS))


def _link(file: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(file, place, follow_symlinks=False)
    except OSError:  # another file system, or one without links
        shutil.copy2(file, place, follow_symlinks=False)


def _change_places(fresh: Path, served: Path, aside: Path) -> None:
    if served.is_dir() and exchange(fresh, served):
        shutil.rmtree(fresh)
        return
    try:
        if served.exists():
            served.rename(aside)
        fresh.rename(served)
    finally:
        _put_back(served, aside)


def _put_back(served: Path, aside: Path) -> None:
    """After a crash in between: the old folder returns, unless the new one came."""
    if not aside.exists():
        return
    if served.exists():
        shutil.rmtree(aside)
    else:
        aside.rename(served)
