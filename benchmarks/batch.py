"""Our batch and a plain pool of papermill processes on the same notebooks, in one run.

    python benchmarks/batch.py [--copies N] [--synthetic N] [EXAMPLE ...]

Three ways, two at a time, each in a process of its own:
    cells alone      the notebook's cells in warm workers: the floor, no notebook, no page
    papermill pool   papermill's API in a pool of processes, then nbconvert's HTML
    pbc-eval batch   forked kernels; page, companions, manifest, edition in place, and the site
With --synthetic, instead of copies of examples, the made-up contracts that `pbc-eval new` writes.
Prints CPU seconds a report, reports a minute, peak memory of the largest process, and the ratios.
"""

import argparse
import json
import multiprocessing
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

PROJECT = Path(__file__).parents[1]
NOTEBOOK = PROJECT / "notebooks" / "impact_report.ipynb"
EXAMPLES = ("one-service", "tobacco-control", "training-grants", "wheels-to-meals")


def cells(evaluation: str, folder: str) -> None:
    """What the cells of the notebook do."""
    import pbc_eval as pbc
    from pbc_eval.publish.formats import write
    from pbc_eval.report import page_of

    released = pbc.release(pbc.evaluate(pbc.load_evaluation(evaluation)))
    page = page_of(released, "impact_report")
    (Path(folder) / "downloads").mkdir(parents=True, exist_ok=True)
    write(page, released, folder)
    page._repr_html_()


def by_papermill(evaluation: str, folder: str) -> None:
    """As one would without this project: execute, then export."""
    import papermill
    from nbconvert import HTMLExporter

    Path(folder, "downloads").mkdir(parents=True, exist_ok=True)
    out = str(Path(folder) / "out.ipynb")
    parameters = {"evaluation": evaluation, "run_dir": folder}
    papermill.execute_notebook(str(NOTEBOOK), out, parameters=parameters, progress_bar=False)
    html, _ = HTMLExporter(exclude_input=True).from_filename(out)
    Path(folder, "index.html").write_text(html, encoding="utf-8")


def one_way(way: str, evaluations: list[str]) -> None:
    """Run in a process of its own; print how long the reports took, what they cost, the peak."""
    with tempfile.TemporaryDirectory() as folder:
        start, before = time.perf_counter(), cpu()
        if way == "batch":
            words = [
                "batch",
                str(Path(evaluations[0]).parents[1]),
                "--reports",
                f"{folder}/reports",
            ]
            subprocess.run(
                [sys.executable, "-m", "pbc_eval.cli", *words, "--workers", "2"],
                check=True,
                capture_output=True,
            )
        else:
            work = cells if way == "cells" else by_papermill
            context = multiprocessing.get_context("spawn")
            with ProcessPoolExecutor(2, mp_context=context) as pool:
                if way == "cells":  # warm: everything loaded and used once, not counted
                    warm = [f"{folder}/warm{n}" for n in range(2)]
                    list(pool.map(work, [evaluations[0]] * 2, warm))
                    start, before = time.perf_counter(), cpu(pool)
                places = [f"{folder}/{n}" for n in range(len(evaluations))]
                list(pool.map(work, evaluations, places))
                wall, used = time.perf_counter() - start, cpu(pool) - before
        if way != "cells":
            wall, used = time.perf_counter() - start, cpu() - before
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(json.dumps({"wall": wall, "cpu": used, "peak": peak}))


def cpu(pool: ProcessPoolExecutor | None = None) -> float:
    """Of children that ended; with a pool, of its processes so far, too."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    total = ended.ru_utime + ended.ru_stime
    if pool is not None:
        import psutil

        times = [psutil.Process(pid).cpu_times() for pid in pool._processes]
        total += sum(part.user + part.system for part in times)
    return total


def main() -> None:
    given = argparse.ArgumentParser()
    given.add_argument("--copies", type=int, default=3)
    given.add_argument("--synthetic", type=int, default=0)
    given.add_argument("--way", default="")
    given.add_argument("examples", nargs="*", default=EXAMPLES)
    asked = given.parse_args()
    if asked.way:
        one_way(asked.way, asked.examples)
        return
    with tempfile.TemporaryDirectory() as place:
        evaluations = of_portfolio(Path(place), asked.synthetic) or [
            copied(Path(place), name, n) for n in range(asked.copies) for name in asked.examples
        ]
        n, seen = len(evaluations), {}
        print(f"{n} reports, two at a time")
        print(f"{'way':16} {'wall s':>8} {'CPU s/report':>13} {'a minute':>9} {'peak MB':>8}")
        for way in ("cells", "papermill", "batch"):
            words = [sys.executable, __file__, "--way", way, *evaluations]
            done = subprocess.run(words, capture_output=True, text=True, cwd=PROJECT, check=True)
            seen[way] = json.loads(done.stdout.splitlines()[-1])
            wall, used, peak = (seen[way][part] for part in ("wall", "cpu", "peak"))
            print(
                f"{way:16} {wall:8.1f} {used / n:13.2f} {60 * n / wall:9.1f} {peak:8.0f}",
                flush=True,
            )
    print(
        f"CPU of the batch over the cells alone: {seen['batch']['cpu'] / seen['cells']['cpu']:.2f}"
    )
    print(
        f"reports a minute over papermill: {seen['papermill']['wall'] / seen['batch']['wall']:.2f}"
    )


def of_portfolio(place: Path, contracts: int) -> list[str]:
    """So many made-up contracts."""
    if not contracts:
        return []
    from pbc_eval.batch.synthetic import write_synthetic

    return [str(file) for file in write_synthetic(place / "portfolio", contracts)]


def copied(place: Path, name: str, n: int) -> str:
    """An example under another id, so that each copy is a report of its own."""
    folder = place / f"{name}-{n}"
    shutil.copytree(PROJECT / "data" / name, folder)
    for file in folder.rglob("evaluation.yaml"):
        text = file.read_text(encoding="utf-8")
        text = text.replace(f"id: {name}\n", f"id: {name}-{n}\n")
        file.write_text(text, encoding="utf-8")
    return str(folder / "evaluation.yaml")


if __name__ == "__main__":
    main()
