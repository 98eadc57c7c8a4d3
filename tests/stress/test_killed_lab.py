"""A lab that is killed at random moments, from its first imports to its last figure, ends as one that was not."""

import json
import random
import signal
import subprocess
import sys
import time

import pytest

PROGRAM = [sys.executable, "-c", "from chainrule.cli import main; main()"]
LAB = ["lab", "softmax", "--data", "sample", "--reference", "none", "--epochs", "20"]


def start(folder, *options):
    return subprocess.Popen([*PROGRAM, *LAB, "--out", str(folder), *options], stdout=subprocess.DEVNULL)


def is_finished(folder):
    return (folder / "report.md").exists() and not (folder / "running").exists()


def results(folder):
    records = map(json.loads, (folder / "metrics.jsonl").read_text().splitlines())
    log = [{k: v for k, v in record.items() if "second" not in k} for record in records]
    return log, (folder / "model.safetensors").read_bytes(), {path.name for path in folder.iterdir()}


@pytest.mark.full
def test_a_lab_killed_at_random_moments_ends_as_one_that_was_not(tmp_path):
    once = tmp_path / "once"
    began = time.monotonic()
    assert start(once).wait() == 0
    length, moments, kills = time.monotonic() - began, random.Random(0), 0
    for number in range(12):
        killed = tmp_path / f"run {number}"
        while not is_finished(killed):
            # What a run has left that was killed before it began can be deleted.
            process = start(killed, "--resume" if (killed / "running").exists() else "--overwrite")
            began = time.monotonic()
            time.sleep(moments.uniform(0, 0.8 * length))
            process.send_signal(signal.SIGKILL)
            ended = process.wait()
            assert ended in (0, -signal.SIGKILL)
            kills += ended != 0
            if ended == 0:  # the machine has become faster
                length = min(length, time.monotonic() - began)
        assert results(killed) == results(once)
        if kills >= 6:
            break
    assert kills >= 6
