"""A tiny published set, and a machine on which no data set lies anywhere."""

import contextlib
import gzip
import http.server
import os
import threading
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from chainrule.datasets import load, places
from chainrule.datasets.catalogue import MNIST_DIGITS, IDXFile, ImageSet, Split
from chainrule.datasets.idx import content_sha256, idx_header

WHOLE_DATA = os.environ.get("CHAINRULE_DATA")


@pytest.fixture(autouse=True)
def bare_machine(monkeypatch, tmp_path_factory):
    """No folder, cache or system path of this machine takes part in a test."""
    nowhere = tmp_path_factory.mktemp("machine")
    monkeypatch.delenv("CHAINRULE_DATA", raising=False)
    monkeypatch.delenv("CHAINRULE_MIRROR", raising=False)
    monkeypatch.setenv("CHAINRULE_CACHE", str(nowhere / "cache"))
    monkeypatch.setattr(places, "SYSTEM", nowhere / "system")
    for proxy in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(proxy, raising=False)
    load._notice.cache_clear()
    return nowhere


@pytest.fixture
def whole_data():
    """The folder of the whole sets, for tests marked `full`."""
    if not WHOLE_DATA:
        pytest.skip("CHAINRULE_DATA names no folder with the whole data sets")
    return Path(WHOLE_DATA)


@dataclass
class TinySet:
    """A published set of few images, and its arrays in the order of its files."""

    image_set: ImageSet
    arrays: list

    def content(self, index):
        array = self.arrays[index]
        return idx_header(array.shape) + array.tobytes()

    def write(self, folder, *, zipped=True, only=range(4)):
        """Lay the files in a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        for index in only:
            name = self.image_set.files[index].name
            if zipped:
                (folder / f"{name}.gz").write_bytes(gzip.compress(self.content(index)))
            else:
                (folder / name).write_bytes(self.content(index))
        return folder


def make_tiny(name, folder, seed, count=(300, 20)):
    rng = np.random.default_rng(seed)
    arrays, splits = [], []
    for published, n in zip((MNIST_DIGITS.train, MNIST_DIGITS.test), count, strict=True):
        images = rng.integers(0, 256, (n, 28, 28), dtype=np.uint8)
        labels = rng.integers(0, 10, n, dtype=np.uint8)
        arrays += [images, labels]
        files = [
            IDXFile(file.name, array.shape, content_sha256(array))
            for file, array in ((published.images, images), (published.labels, labels))
        ]
        splits.append(Split(published.name, *files, sample=published.sample))
    image_set = replace(MNIST_DIGITS, name=name, folder=folder, mirrors=(), train=splits[0], test=splits[1])
    return TinySet(image_set, arrays)


@pytest.fixture
def tiny(monkeypatch):
    """The published MNIST, as far as the tests are concerned."""
    result = make_tiny("MNIST", "mnist", seed=0)
    monkeypatch.setattr(load, "CATALOGUE", (result.image_set,))
    monkeypatch.setattr("chainrule.datasets.manage.CATALOGUE", (result.image_set,))
    monkeypatch.setattr("chainrule.datasets.catalogue.CATALOGUE", (result.image_set,))
    monkeypatch.setattr("chainrule.datasets.mnist.MNIST._published", result.image_set)
    return result


@dataclass
class Mirror:
    """A web server in this process: its files by path, how it behaves, and the requests that came."""

    url: str
    files: dict[str, bytes] = field(default_factory=dict)
    ranges: bool = True
    cut_after: dict[str, list[int]] = field(default_factory=dict)  # body lengths of the next answers for a path
    stall: bool = False
    seconds_before_an_answer: float = 0.0
    announced_length: str = ""  # instead of the true one
    requests: list[tuple[str, str | None]] = field(default_factory=list)

    def serve(self, tiny, folder):
        for index, file in enumerate(tiny.image_set.files):
            self.files[f"/{folder}/{file.name}.gz"] = gzip.compress(tiny.content(index), mtime=0)


@pytest.fixture
def mirror(monkeypatch):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            wanted = self.headers.get("Range")
            state.requests.append((self.path, wanted))
            time.sleep(state.seconds_before_an_answer)
            body = state.files.get(self.path)
            if body is None:
                self.send_error(404)
                return
            start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and state.ranges else 0
            if start and start >= len(body):
                self.send_error(416)
                return
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
            self.send_header("Content-Length", state.announced_length or str(len(body) - start))
            self.end_headers()
            cuts = state.cut_after.get(self.path)
            cut = cuts.pop(0) if cuts else len(body)
            with contextlib.suppress(ConnectionError):  # of a client that has had enough
                self.wfile.write(body[start : start + cut])
                self.wfile.flush()
            while state.stall and cut < len(body) - start:
                time.sleep(0.02)

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    state = Mirror(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("CHAINRULE_MIRROR", state.url)
    yield state
    state.stall = False
    server.shutdown()
    server.server_close()
    thread.join()
