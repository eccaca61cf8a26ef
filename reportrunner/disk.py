"""What writers ask of a disk: private folders, locks that end with their process, and what is written staying there.

All of it raises OSError; whose words that becomes is the caller's business.
"""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

LOCKLESS = frozenset({errno.EBADF, errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP})
"""What a file system says that knows no locks."""


def private(folder: Path) -> None:
    """Make a folder, and those above it, for its owner alone."""
    for each in reversed([each for each in (folder, *folder.parents) if not each.exists()]):
        each.mkdir(mode=0o700, exist_ok=True)


def lock(held: int, how: int) -> bool:
    """Take the lock of an open file, which the system takes back from a killed process.

    False where it is held and `how` does not wait, or where there are none.
    """
    try:
        fcntl.flock(held, how)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in LOCKLESS:
            raise
        return False
    return True


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
