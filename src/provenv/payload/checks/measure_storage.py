"""How fast does the project's folder take a flushed write, and give it back from the disk?"""

import os
import shutil
import time

BLOCK = 4 * 1024 * 1024
MOST, BUDGET = 128 * 1024 * 1024, 0.7


def write(path):
    """Return bytes and seconds of a write up to its fsync, within the budget."""
    block, written, begun = os.urandom(BLOCK), 0, time.perf_counter()
    with open(path, "wb", buffering=0) as file:
        while written < MOST and (written == 0 or time.perf_counter() - begun < BUDGET):
            written += file.write(block)
            os.fsync(file.fileno())
    return written, time.perf_counter() - begun


def read(path):
    """Return bytes, seconds and whether the system's cache was kept out."""
    with open(path, "rb", buffering=0) as file:
        past_cache = hasattr(os, "posix_fadvise")
        if past_cache:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        done, begun = 0, time.perf_counter()
        while time.perf_counter() - begun < BUDGET or done == 0:
            block = file.read(BLOCK)
            if not block:
                break
            done += len(block)
        return done, time.perf_counter() - begun, past_cache


def run(options):
    folder = options["scratch"]
    if shutil.disk_usage(folder).free < 2 * MOST:
        return {"skipped": "disk_full"}
    path = os.path.join(folder, "storage")
    try:
        written, write_seconds = write(path)
        done, read_seconds, past_cache = read(path)
    finally:
        if os.path.exists(path):
            os.unlink(path)
    return {
        "write": written / write_seconds / 1e6,
        "read": done / read_seconds / 1e6,
        "past_cache": past_cache,
        "bytes": written,
    }
