"""What the pods would have written: a process that writes each launch's output as soon as there is a place for it.

Pods on fake nodes run nothing. A launch's place (`.daybreak/staging/LAUNCH/` below the store) is there before its Job is
created, so its output is written while its pod has still to be made, bound and started.
"""

import ctypes
import multiprocessing
import os
import struct

STAGING = ".daybreak/staging"
IN_MOVED_TO, IN_CREATE = 0x80, 0x100
EVENT = struct.Struct("iIII")


class Writer:
    """The process, for as long as the `with` lasts. It knows outputs that are named like their partition's key."""

    def __init__(self, store):
        self.staging = store / STAGING
        self.process = multiprocessing.get_context("fork").Process(target=self.write_all, daemon=True)
        self.watch = None

    def __enter__(self):
        self.staging.mkdir(parents=True, exist_ok=True)
        libc = ctypes.CDLL(None, use_errno=True)
        self.watch = libc.inotify_init()
        if libc.inotify_add_watch(self.watch, bytes(self.staging), IN_CREATE | IN_MOVED_TO) < 0:
            raise OSError(ctypes.get_errno(), "cannot watch", self.staging)
        self.process.start()
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.join()
        os.close(self.watch)

    def write_all(self):
        """Write whatever is wanted, for good."""
        while True:
            events, offset = os.read(self.watch, 1 << 16), 0
            while offset < len(events):
                *_, length = EVENT.unpack_from(events, offset)
                offset += EVENT.size + length
                launch = os.fsdecode(events[offset - length : offset].rstrip(b"\0"))
                key = launch.rsplit(".", 4)[1]  # PIPELINE.KEY.STEP.ATTEMPT.LAUNCH
                with open(self.staging / launch / key, "wb"):
                    pass
