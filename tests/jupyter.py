"""JupyterLab as `pbc-eval lab` starts it, for tests that look at it in a browser."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def lab_in(project: Path, port: int) -> Iterator[tuple[str, str]]:
    """The address that Jupyter prints, which has the token, and the server's address without it."""
    server = subprocess.Popen(
        [sys.executable, "-m", "pbc_eval", "lab", "--no-browser", "--port", str(port)],
        cwd=project, stderr=subprocess.PIPE, text=True, env={**os.environ},
    )  # fmt: skip
    try:
        lines = iter(server.stderr or ())
        printed = (re.search(r"http://127\S+token=\w+", line) for line in lines)
        address = next(match[0] for match in printed if match)
        threading.Thread(target=lambda: list(lines), daemon=True).start()  # else it would fill up
        yield address, "/".join(address.split("/")[:3])
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)
