"""Replaces a folder as a whole, so that nobody ever sees it half written."""

import contextlib
import ctypes
import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

AT_FDCWD, RENAME_EXCHANGE = -100, 2


@contextlib.contextmanager
def replaced(folder: Path) -> Iterator[Path]:
    """Give an empty folder beside `folder`; when done without an error it takes its place.

    Where the system can exchange two names in one step, every moment has a whole `folder`;
    elsewhere there is a moment without one. What a killed writer left is cleared away.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    for left in folder.parent.iterdir():
        writer = left.name.removeprefix(_prefix(folder)).partition("-")[0]
        if left.name.startswith(_prefix(folder)) and not is_alive(writer):
            shutil.rmtree(left, ignore_errors=True)
    part = _made_beside(folder)
    try:
        part.chmod(0o755)
        yield part
        if folder.exists():
            _exchange(part, folder)
        else:
            os.rename(part, folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _prefix(folder: Path) -> str:
    return f".{folder.name}.part-"


def _made_beside(folder: Path) -> Path:
    prefix = f"{_prefix(folder)}{os.getpid()}-"
    return Path(tempfile.mkdtemp(prefix=prefix, dir=folder.parent))


def is_alive(process: str) -> bool:
    """Whether a process of that number runs; false for what is no number."""
    try:
        os.kill(int(process), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True


def _exchange(one: Path, other: Path) -> None:
    """Swap two folders. Afterwards `one`, if it is left, is what is to be thrown away."""
    swap = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if swap is not None:
        names = [os.fsencode(path) for path in (one, other)]
        if swap(AT_FDCWD, names[0], AT_FDCWD, names[1], RENAME_EXCHANGE) == 0:
            return
        problem = ctypes.get_errno()
        if problem not in (errno.ENOSYS, errno.EINVAL):
            raise OSError(problem, os.strerror(problem), str(other))
    aside = _made_beside(other)
    os.rename(other, aside / other.name)
    os.rename(one, other)
    shutil.rmtree(aside, ignore_errors=True)
