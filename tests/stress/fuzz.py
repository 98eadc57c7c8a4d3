"""Reads damaged files in a process that has little memory and little time, and prints what went wrong.

python -m tests.stress.fuzz FORMAT FIRST_SEED HOW_MANY
"""

import os
import random
import resource
import signal
import sys
import tempfile
from pathlib import Path

from tests.stress.formats import FORMATS

SECONDS = 10  # for one file of a few kilobytes; the process is killed after that
SPARE = 32 << 20  # bytes of memory above what the process has before it reads
LONGEST = 2000  # characters of an error


def main(name, first, count):
    with tempfile.TemporaryDirectory() as folder:
        form = FORMATS[name](Path(folder))
        path = Path(folder, form.name)
        path.write_bytes(form.good)
        good = form.read(path)
        limit_memory()
        for bomb, content in form.bombs.items() if first == 0 else ():
            begin(bomb)
            path.write_bytes(content)
            report(bomb, read(form, path)[1] or "it was read")
        for seed in range(first, first + count):
            begin(seed)
            rng = random.Random(f"{name} {seed}")
            damage = rng.choice(form.noticed + form.unnoticed)
            content = damage(form.good, rng)
            path.write_bytes(content)
            value, problem = read(form, path)
            if not problem and value is not REFUSED:
                as_good = value == good
                if not as_good and damage in form.noticed:
                    problem = "it was read as something else than what was saved"
                elif not as_good and not form.says(value, content):
                    problem = "it was read as something else than what it says"
            report(seed, problem or REFUSED)
    print("all were read", flush=True)


REFUSED = "refused"


def read(form, path):
    """Return what was read, or REFUSED; and what went wrong, or None."""
    try:
        return form.read(path), None
    except form.refusals as error:
        chain = [error]
        while (cause := chain[-1].__cause__ or chain[-1].__context__) is not None:
            chain.append(cause)
        if any(isinstance(link, MemoryError) for link in chain):
            return REFUSED, f"it took too much memory: {error}"
        if path.name not in str(error):
            return REFUSED, f"the error does not name the file: {error}"
        if len(str(error)) > LONGEST:
            return REFUSED, f"the error has {len(str(error))} characters"
        return REFUSED, REFUSED
    except BaseException as error:  # also what compiled extensions raise when they panic
        return REFUSED, f"{type(error).__name__}: {str(error)[:300]}"


def begin(case):
    print(f"{case} ...", flush=True)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)


def report(case, verdict):
    signal.setitimer(signal.ITIMER_REAL, 0)
    if verdict != REFUSED:
        print(f"FAILED {case}: {verdict}", flush=True)


def limit_memory():
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + SPARE
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


if __name__ == "__main__":
    os.fsync = lambda descriptor: None  # what a power cut leaves is not the question here
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
