"""The kernel a report runs in: of this very environment, reached over a private socket.

Where the system has Unix sockets the kernel is not reachable over the network at all. It starts
from a profile of its own: nobody's start-up files, extensions or settings of IPython run in it.
"""

import os
import sys
import tempfile
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from traitlets import Unicode


class PrivateKernelManager(AsyncKernelManager):
    """A kernel manager that talks over Unix sockets where there are any, else over loopback."""

    transport = Unicode("ipc" if os.name == "posix" else "tcp")

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._private = tempfile.TemporaryDirectory(prefix="pbc-eval-kernel-")

    @property
    def kernel_spec(self) -> KernelSpec:
        """This Python, whatever kernel a user has installed under the name of python3."""
        return KernelSpec(
            argv=[
                sys.executable,
                "-m",
                "ipykernel_launcher",
                "-f",
                "{connection_file}",
                f"--ipython-dir={self._private.name}",
                "--IPKernelApp.exec_PYTHONSTARTUP=False",
            ],
            display_name="Python of this environment",
            language="python",
        )
