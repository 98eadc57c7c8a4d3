"""Full disks: one that is truly full, a limit of the system's on files, and an error as of delayed writing."""

import contextlib
import errno
import os
import resource
import subprocess
from contextlib import contextmanager

import pytest


@contextmanager
def limited(size):
    """Let no file grow beyond a size: the system refuses with EFBIG."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


class Disk:
    """A folder on a disk that has room, but within ``full()``."""

    def __init__(self, folder, monkeypatch):
        self.folder, self.monkeypatch = folder, monkeypatch

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass


class Limited(Disk):
    """Nothing can be written to any file."""

    def full(self):
        return limited(0)


class Delayed(Disk):
    """Writing seems to succeed, and the system reports ENOSPC when all must be on the disk."""

    @contextmanager
    def full(self):
        def fsync(descriptor):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        with self.monkeypatch.context() as patched:
            patched.setattr(os, "fsync", fsync)
            yield


class Mounted(Disk):
    """A file system of a megabyte, filled to the last byte."""

    def __enter__(self):
        self.folder /= "disk"
        self.folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(self.folder)]
        with contextlib.suppress(FileNotFoundError):
            if subprocess.run(command, capture_output=True, check=False).returncode == 0:
                return self
        pytest.skip("mounting a file system is not allowed here")

    def __exit__(self, *error):
        subprocess.run(["umount", "--lazy", str(self.folder)], check=True)

    @contextmanager
    def full(self):
        filler = self.folder / "filler"
        with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
            while file.write(bytes(1 << 12)):
                pass
        yield
        filler.unlink()


KINDS = (Limited, Delayed, Mounted)
