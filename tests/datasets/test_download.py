"""Downloads: resumed, checked, atomic, safe against a second process; from a server in this process."""

import gzip
import io
import pickle
import random
import subprocess
import sys
import time

import numpy as np
import pytest
from tests.stress.disks import limited

from chainrule.datasets import MNIST, DownloadError, fetch, load, verify
from chainrule.datasets.download import fetch_set

FETCH = """
import pickle, sys
from pathlib import Path
from chainrule.datasets.download import fetch_set
image_set = pickle.loads(Path(sys.argv[1]).read_bytes())
print(*[file.state for file in fetch_set(image_set, Path(sys.argv[2]))], sep=",")
"""


@pytest.fixture
def served(tiny, mirror):
    mirror.serve(tiny, "mnist")
    return mirror


@pytest.fixture
def train_images(tiny):
    return f"/mnist/{tiny.image_set.files[0].name}.gz"


def assert_whole(tiny, folder):
    names = {f"{file.name}.gz" for file in tiny.image_set.files}
    assert {path.name for path in folder.iterdir()} - {".lock"} == names
    assert all(check.ok for check in verify(["MNIST"], folder))


def fetch_in_a_process(tiny, tmp_path, folder):
    pickled = tmp_path / "set.pickle"
    pickled.write_bytes(pickle.dumps(tiny.image_set))
    command = [sys.executable, "-c", FETCH, str(pickled), str(folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_files_are_fetched_once(tiny, served, tmp_path):
    assert {file.state for file in fetch_set(tiny.image_set, tmp_path)} == {"downloaded"}
    assert_whole(tiny, tmp_path)
    assert {file.state for file in fetch_set(tiny.image_set, tmp_path)} == {"already there"}
    assert len(served.requests) == 4


def test_a_dataset_downloads_what_is_nowhere_to_its_root(tiny, served, tmp_path):
    train = MNIST(tmp_path, download=True)
    np.testing.assert_array_equal(train.data, tiny.arrays[0])
    assert train.source.where == str(tmp_path / "MNIST" / "raw")
    assert MNIST(tmp_path, train=False, download=True, source="full").source.kind == "full"
    assert len(served.requests) == 4


def test_without_a_root_the_download_goes_to_the_cache(tiny, served, bare_machine):
    MNIST(download=True)
    assert MNIST(train=False).source.where == str(bare_machine / "cache" / "mnist")


def test_nothing_is_downloaded_unless_asked_for(tiny, served):
    assert MNIST().source.kind == "sample"
    assert served.requests == []


def test_an_interrupted_set_is_completed(tiny, served, tmp_path):
    tiny.write(tmp_path / "MNIST" / "raw", only=[0, 1])
    assert MNIST(tmp_path, train=False, download=True).source.kind == "full"
    assert len(served.requests) == 2


def test_a_cut_connection_is_resumed_from_where_it_broke(tiny, served, tmp_path, train_images):
    served.cut_after[train_images] = [100_000, 50_000]
    fetch_set(tiny.image_set, tmp_path)
    assert_whole(tiny, tmp_path)
    starts = [int(wanted[6:-1]) for path, wanted in served.requests if path == train_images and wanted]
    assert len(starts) == 2
    assert 0 < starts[0] < starts[1]


def test_a_server_without_ranges_is_read_from_the_start(tiny, served, tmp_path, train_images):
    served.ranges = False
    served.cut_after[train_images] = [100_000, 50_000]
    fetch_set(tiny.image_set, tmp_path)
    assert_whole(tiny, tmp_path)


def test_a_connection_that_brings_nothing_is_given_up(tiny, served, tmp_path, train_images):
    served.cut_after[train_images] = [0] * 50
    with pytest.raises(DownloadError):
        fetch_set(tiny.image_set, tmp_path)
    assert len(served.requests) <= 2


def part_of(folder):
    [part] = folder.glob("*.part")
    return part


def cut_short(tiny, served, folder, train_images):
    """Leave a partial file of the training images in a folder."""
    served.cut_after[train_images] = [100_000, 0]
    with pytest.raises(DownloadError):
        fetch_set(tiny.image_set, folder)
    assert not list(folder.glob("*.gz"))
    return part_of(folder)


def test_a_partial_file_is_resumed_by_a_later_run(tiny, served, tmp_path, train_images):
    before = cut_short(tiny, served, tmp_path, train_images).stat()
    assert before.st_size > 0
    served.requests.clear()
    fetch_set(tiny.image_set, tmp_path)
    assert served.requests[0] == (train_images, f"bytes={before.st_size}-")
    assert_whole(tiny, tmp_path)
    # The same file under another name: it was moved into place, not written there.
    assert (tmp_path / f"{tiny.image_set.files[0].name}.gz").stat().st_ino == before.st_ino


def test_a_partial_file_that_does_not_fit_is_begun_again(tiny, served, tmp_path, train_images):
    part = cut_short(tiny, served, tmp_path, train_images)
    part.write_bytes(b"x" * part.stat().st_size)
    fetch_set(tiny.image_set, tmp_path)
    assert_whole(tiny, tmp_path)


def test_a_partial_file_that_is_already_whole_is_taken(tiny, served, tmp_path, train_images):
    part = cut_short(tiny, served, tmp_path, train_images)
    part.write_bytes(served.files[train_images])
    served.requests.clear()
    fetch_set(tiny.image_set, tmp_path)
    assert [path for path, _ in served.requests].count(train_images) == 1
    assert_whole(tiny, tmp_path)


def test_a_partial_file_is_not_taken_for_data(tiny, served, tmp_path, train_images):
    cut_short(tiny, served, tmp_path / "mnist", train_images)
    assert MNIST(tmp_path).source.kind == "sample"


WRONG = {
    "other content": lambda good: gzip.compress(gzip.decompress(good)[:-1] + b"\0"),
    "web page": lambda good: b"<html>Please log in</html>",
    "truncated": lambda good: good[:-30],
    "endless": lambda good: good * 20,
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_file_with_wrong_content_is_refused_and_leaves_nothing(tiny, served, tmp_path, train_images, wrong):
    served.files[train_images] = WRONG[wrong](served.files[train_images])
    with pytest.raises(DownloadError, match=r"train-images.*SHA|web page|gzip|more than"):
        fetch_set(tiny.image_set, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} <= {".lock"}


def test_the_next_mirror_is_tried(monkeypatch, tiny, mirror, tmp_path, train_images):
    from dataclasses import replace

    monkeypatch.delenv("CHAINRULE_MIRROR")
    for folder in ("wrong", "cut", "good"):
        mirror.serve(tiny, folder)
    name = train_images.removeprefix("/mnist/")
    mirror.files[f"/wrong/{name}"] = b"<html>"
    mirror.cut_after[f"/cut/{name}"] = [100_000, 0]
    bases = tuple(f"{mirror.url}/{folder}/" for folder in ("missing", "wrong", "cut", "good"))
    fetch_set(replace(tiny.image_set, mirrors=bases), tmp_path)
    assert_whole(tiny, tmp_path)  # the part of the mirror that broke is cleared away, too


def test_the_error_lists_what_each_mirror_gave(monkeypatch, tiny, mirror, tmp_path):
    from dataclasses import replace

    monkeypatch.delenv("CHAINRULE_MIRROR")
    bases = (f"{mirror.url}/one/", f"{mirror.url}/two/")
    with pytest.raises(DownloadError) as raised:
        fetch_set(replace(tiny.image_set, mirrors=bases), tmp_path)
    for part in ("/one/", "/two/", "404", "CHAINRULE_DATA"):
        assert part in str(raised.value)


NOWHERE = "http://127.0.0.1:9"  # nothing listens there


def test_each_mirror_that_fails_gets_one_short_sentence(monkeypatch, tiny, mirror, tmp_path, train_images):
    from dataclasses import replace

    monkeypatch.delenv("CHAINRULE_MIRROR")
    monkeypatch.setattr("chainrule.datasets.download._TIMEOUT", (1.0, 0.1))
    mirror.serve(tiny, "silent")
    mirror.cut_after[f"/silent/{train_images.removeprefix('/mnist/')}"] = [0]
    mirror.stall = True
    bases = (f"{NOWHERE}/", f"{mirror.url}/missing/", f"{mirror.url}/silent/")
    with pytest.raises(DownloadError) as raised:
        fetch_set(replace(tiny.image_set, mirrors=bases), tmp_path)
    name = train_images.removeprefix("/mnist/")
    assert str(raised.value).splitlines()[1:4] == [
        f"  {NOWHERE}/{name}: there is no connection to the server",
        f"  {mirror.url}/missing/{name}: the server answered 404 Not Found",
        f"  {mirror.url}/silent/{name}: there is no connection to the server",
    ]


def test_a_proxy_that_does_not_answer_is_named_as_the_cause(monkeypatch, tiny, tmp_path):
    monkeypatch.setenv("CHAINRULE_MIRROR", "http://mirror.invalid")
    monkeypatch.setenv("http_proxy", NOWHERE)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with pytest.raises(DownloadError, match="gz: the proxy can't be reached\n"):
        fetch_set(tiny.image_set, tmp_path)


def test_a_broken_file_is_replaced_by_fetching(tiny, served, tmp_path):
    folder = tiny.write(tmp_path / "mnist", zipped=False)
    broken = folder / tiny.image_set.files[0].name
    broken.write_bytes(broken.read_bytes()[:-1])
    states = [file.state for file in fetch(["mnist"], tmp_path)]
    assert states == ["downloaded"] + ["already there"] * 3
    assert not broken.exists()
    assert MNIST(tmp_path).source.kind == "full"


def test_two_processes_at_once_end_with_good_files(tiny, served, tmp_path):
    folder = tmp_path / "both"
    processes = [fetch_in_a_process(tiny, tmp_path, folder) for _ in range(2)]
    outputs = [process.communicate(timeout=60) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], outputs
    states = [output.strip().split(",") for output, _ in outputs]
    assert sorted(states) == [["already there"] * 4, ["downloaded"] * 4]
    assert len(served.requests) == 4
    assert_whole(tiny, folder)


def begun(process, folder):
    """Wait until a process has got a part of a file."""
    deadline = time.monotonic() + 30
    while not any(part.stat().st_size for part in folder.glob("*.part")):
        assert time.monotonic() < deadline
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)


def test_a_process_that_waits_goes_on_where_a_killed_one_stood(tiny, served, tmp_path, train_images):
    folder = tmp_path / "both"
    served.cut_after[train_images] = [150_000]
    served.stall = True
    first = fetch_in_a_process(tiny, tmp_path, folder)
    begun(first, folder)
    second = fetch_in_a_process(tiny, tmp_path, folder)
    with pytest.raises(subprocess.TimeoutExpired):
        second.wait(1)
    first.kill()
    first.communicate()
    size = part_of(folder).stat().st_size
    served.stall = False
    assert second.communicate(timeout=60)[0].strip() == ",".join(["downloaded"] * 4)
    assert served.requests[1] == (train_images, f"bytes={size}-")
    assert_whole(tiny, folder)


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.full) for seed in range(1, 15))])
def test_two_processes_end_with_good_files_whatever_the_server_does_and_one_is_killed(
    tiny, served, tmp_path, seed
):
    """Connections break off, ranges are granted or not, there is rubbish in the folder, and one process dies."""
    rng, folder = random.Random(seed), tmp_path / "both"
    folder.mkdir()
    for path, content in served.files.items():
        if len(content) > 1 << 16:  # an attempt that brings no chunk of 16 kB counts as none
            served.cut_after[path] = [rng.randint(1 << 15, 1 << 16) for _ in range(rng.randrange(4))]
        name = path.rpartition("/")[2]
        if rng.random() < 0.3:
            (folder / name).write_bytes(content[: rng.randrange(len(content))])
        if rng.random() < 0.3:
            (folder / name.removesuffix(".gz")).write_bytes(rng.randbytes(1000))
    served.ranges, served.seconds_before_an_answer = rng.random() < 0.7, rng.uniform(0, 0.1)
    first, second = (fetch_in_a_process(tiny, tmp_path, folder) for _ in range(2))
    time.sleep(rng.uniform(0.3, 1.2))
    first.kill()
    first.communicate()
    assert second.wait(60) == 0, second.communicate()
    second.communicate()
    assert_whole(tiny, folder)


def test_a_full_disk_is_no_fault_of_the_mirror_and_is_gone_on_with_when_there_is_room(tiny, served, disk):
    folder = disk.folder / "files"
    with disk.full(), pytest.raises(DownloadError, match=r"MNIST can't be kept in .*: (No space|File too large)"):
        fetch_set(tiny.image_set, folder)
    assert not list(folder.glob("*.gz"))
    fetch_set(tiny.image_set, folder)
    assert_whole(tiny, folder)


def test_what_has_arrived_on_a_disk_that_fills_up_is_not_fetched_again(tiny, served, tmp_path, train_images):
    with limited(100_000), pytest.raises(DownloadError, match="File too large"):
        fetch_set(tiny.image_set, tmp_path)
    assert part_of(tmp_path).stat().st_size == 100_000
    fetch_set(tiny.image_set, tmp_path)
    assert (train_images, "bytes=100000-") in served.requests
    assert_whole(tiny, tmp_path)


@pytest.mark.parametrize("length", ["many", "-1", "²"])
def test_a_length_that_is_no_number_is_passed_over(tiny, served, tmp_path, length):
    served.announced_length = length
    fetch_set(tiny.image_set, tmp_path)
    assert_whole(tiny, tmp_path)


def test_a_killed_download_leaves_no_file_that_looks_whole_and_is_resumed(tiny, served, tmp_path, train_images):
    folder = tmp_path / "killed"
    served.cut_after[train_images] = [150_000]
    served.stall = True
    process = fetch_in_a_process(tiny, tmp_path, folder)
    begun(process, folder)
    process.kill()
    process.communicate()
    assert not list(folder.glob("*.gz"))
    size = part_of(folder).stat().st_size
    served.stall = False
    served.requests.clear()
    fetch_set(tiny.image_set, folder)
    assert served.requests[0] == (train_images, f"bytes={size}-")
    assert_whole(tiny, folder)


def test_progress_is_quiet_when_the_output_is_not_a_terminal(tiny, served, tmp_path, capfd):
    fetch_set(tiny.image_set, tmp_path)
    assert capfd.readouterr() == ("", "")


def test_progress_is_drawn_on_a_terminal(monkeypatch, tiny, served, tmp_path):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", Terminal())
    fetch_set(tiny.image_set, tmp_path)
    drawn = sys.stderr.getvalue()
    assert "train-images" in drawn


def test_without_a_network_the_sample_is_used_and_the_line_says_why(monkeypatch, tiny, tmp_path, capsys):
    monkeypatch.setenv("CHAINRULE_MIRROR", NOWHERE)
    assert MNIST(tmp_path, download=True).source.kind == "sample"
    MNIST(tmp_path, train=False, download=True)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert "(train-images-idx3-ubyte.gz of MNIST could not be downloaded); using" in lines[0]
    with pytest.raises(DownloadError):
        MNIST(tmp_path, download=True, source="full")


@pytest.mark.parametrize("package", ["requests", "filelock", "rich"])
def test_a_missing_package_is_named_with_the_extra_to_install(monkeypatch, tiny, tmp_path, package, capsys):
    for loaded in [name for name in sys.modules if name.split(".")[0] == package]:
        monkeypatch.delitem(sys.modules, loaded)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=r'pip install "chainrule\[lab\]"') as raised:
        MNIST(tmp_path, download=True, source="full")
    assert package in str(raised.value)
    assert MNIST(tmp_path, download=True).source.kind == "sample"
    assert "chainrule[lab]" in capsys.readouterr().err


def test_importing_datasets_imports_nothing_but_numpy_and_the_standard_library():
    script = (
        "import sys, chainrule.datasets, chainrule.data\n"
        "print([n for n in ('requests', 'platformdirs', 'filelock', 'rich', 'torch') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_lines_of_one_process_are_not_repeated(capsys):
    load._notice("once")
    load._notice("once")
    assert capsys.readouterr().err == "once\n"
