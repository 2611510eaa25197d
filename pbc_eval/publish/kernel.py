"""The kernel a report runs in: of this very environment, reached over a private socket.

Where the system has Unix sockets the kernel is not reachable over the network at all.
"""

import os

from jupyter_client.manager import AsyncKernelManager
from traitlets import Unicode


class PrivateKernelManager(AsyncKernelManager):
    """A kernel manager that talks over Unix sockets where there are any, else over loopback."""

    transport = Unicode("ipc" if os.name == "posix" else "tcp")
