"""The kernel a report runs in: of this very environment, reached over a private socket.

Where the system has Unix sockets the kernel is not reachable over the network at all. It starts
from a profile of its own: nobody's start-up files, extensions or settings of IPython run in it.

    alone          a new process: python -m ipykernel_launcher
    in a batch     forked from the batch's template, which has loaded everything (batch/template.py)
"""

import os
import signal
import sys
import tempfile
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, Protocol

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import Unicode

FORKED = "pbc-eval-forked"
# Reports run beside one another: linear algebra in one thread each, forked or not, so that numbers
# do not depend on how a kernel was started.
ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")


class KernelSource(Protocol):
    """Whoever starts kernels for this process and knows how they ended."""

    def start(self, argv: list[str], env: dict[str, str], cwd: str) -> int:
        """The process id of a new kernel."""

    def exit_code(self, pid: int) -> int | None:
        """None while it runs; negative for the signal that ended it."""


_sources: list[KernelSource] = []  # of this process; the last one is asked


def fork_kernels_from(source: KernelSource) -> None:
    """Have every kernel of this process started by ``source`` from now on."""
    _sources.append(source)


def look_up_provisioners() -> None:
    """What may start kernels, which takes a look through all that is installed, once a process."""
    KernelProvisionerFactory.instance()


class ForkedKernel:
    """A kernel that another process started, as subprocess.Popen would show it."""

    stdin = stdout = stderr = None

    def __init__(self, source: KernelSource, pid: int) -> None:
        self._source = source
        self._code: int | None = None
        self.pid = pid

    def poll(self) -> int | None:
        if self._code is None:
            self._code = self._source.exit_code(self.pid)
        return self._code

    def wait(self) -> int | None:
        return self.poll()  # asked only when it has ended

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)


class ForkedProvisioner(LocalProvisioner):
    """Kernels of the last source that this process was given."""

    async def launch_kernel(self, cmd: list[str], **settings: Any) -> dict[str, Any]:  # type: ignore[override]
        """Have the kernel started; ``cmd`` is what would start it alone."""
        source = _sources[-1]
        argv = cmd[cmd.index("ipykernel_launcher") + 1 :]
        cwd = str(settings.get("cwd") or Path.cwd())
        pid = source.start(argv, dict(settings.get("env") or os.environ), cwd)
        self.process = ForkedKernel(source, pid)  # type: ignore[assignment]
        self.pid = self.pgid = pid
        self.cwd = cwd
        return dict(self.connection_info)


class PrivateKernelManager(AsyncKernelManager):
    """A kernel manager that talks over Unix sockets where there are any, else over loopback."""

    transport = Unicode("ipc" if os.name == "posix" else "tcp")

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._private = tempfile.TemporaryDirectory(prefix="pbc-eval-kernel-")
        self.connection_file = str(Path(self._private.name) / "k.json")  # sockets have short names

    @property
    def kernel_spec(self) -> KernelSpec:
        """This Python, whatever kernel a user has installed under the name of python3."""
        metadata: dict[str, Any] = {}
        if _sources:
            known = KernelProvisionerFactory.instance().provisioners
            known[FORKED] = EntryPoint(
                FORKED,
                f"{__name__}:ForkedProvisioner",
                KernelProvisionerFactory.GROUP_NAME,
            )
            metadata["kernel_provisioner"] = {"provisioner_name": FORKED}
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
            env=ONE_THREAD,
            display_name="Python of this environment",
            language="python",
            metadata=metadata,
        )
