"""The kernel a report runs in: of this very environment, reached over a private socket.

Where the system has Unix sockets the kernel is not reachable over the network at all.
"""

import os
import sys

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from traitlets import Unicode


class PrivateKernelManager(AsyncKernelManager):
    """A kernel manager that talks over Unix sockets where there are any, else over loopback."""

    transport = Unicode("ipc" if os.name == "posix" else "tcp")

    @property
    def kernel_spec(self) -> KernelSpec:
        """This Python, whatever kernel a user has installed under the name of python3."""
        return KernelSpec(
            argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            display_name="Python of this environment",
            language="python",
        )
