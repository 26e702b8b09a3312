"""Runs one command and tells its wall seconds, processor seconds and peak memory.

``python -I -S measure.py RESULT.json COMMAND...``. It is a program of its own, and imports little,
because on Linux the peak memory of a child starts at that of the process it was forked from: a
runner that holds a table would be measured instead of its child.
"""

import json
import os
import sys
import time


def main() -> int:
    start = time.perf_counter()
    child = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
    _, status, usage = os.wait4(child, 0)
    seconds = time.perf_counter() - start
    unit = 1 if sys.platform == "darwin" else 1024
    measured = {
        "seconds": seconds,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_rss_bytes": usage.ru_maxrss * unit,
        "exit_code": os.waitstatus_to_exitcode(status),
    }
    with open(sys.argv[1], "w") as file:
        json.dump(measured, file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
