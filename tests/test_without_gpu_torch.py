"""What programs write for GPUs and determinism does here what it does in PyTorch without a GPU."""

import subprocess
import sys

import pytest

import chainrule

torch = pytest.importorskip("torch")
pytestmark = [
    pytest.mark.torch,
    pytest.mark.skipif(torch.cuda.is_available() or torch.backends.mps.is_available(), reason="there is a GPU"),
]
BOTH = pytest.mark.parametrize("lib", [chainrule, torch])


def seeded(lib, seed_gpus):
    lib.manual_seed(7)
    if seed_gpus:
        lib.cuda.manual_seed(1)
        lib.cuda.manual_seed_all(2)
        lib.cuda.empty_cache()
    return lib.rand(3).tolist()


@BOTH
def test_seeding_gpus_leaves_the_generator_alone(lib):
    assert seeded(lib, True) == seeded(lib, False)


@BOTH
def test_there_is_no_gpu(lib):
    assert lib.cuda.device_count() == 0
    backends = lib.backends
    found = lib.cuda.is_available(), backends.cudnn.is_available(), backends.mps.is_available()
    assert not any([*found, backends.mps.is_built()])
    assert backends.cudnn.version() is None


@BOTH
def test_switches_of_cudnn_can_be_set(lib, monkeypatch):
    cudnn, matmul = lib.backends.cudnn, lib.backends.cuda.matmul
    assert (cudnn.enabled, cudnn.deterministic, cudnn.benchmark, cudnn.allow_tf32) == (True, False, False, True)
    assert matmul.allow_tf32 is False
    for name in ("deterministic", "benchmark"):
        monkeypatch.setattr(cudnn, name, True)
        assert getattr(cudnn, name) is True


@BOTH
def test_the_switch_for_determinism_is_remembered(lib):
    assert lib.are_deterministic_algorithms_enabled() is False
    lib.use_deterministic_algorithms(True, warn_only=True)
    try:
        assert lib.are_deterministic_algorithms_enabled() is True
    finally:
        lib.use_deterministic_algorithms(False)
    with pytest.raises(TypeError, match="mode"):
        lib.use_deterministic_algorithms(1)


@BOTH
def test_schedules_are_derived_from_the_old_name_too(lib):
    class Own(lib.optim.lr_scheduler._LRScheduler):
        def get_lr(self):
            return [0.5 * group["lr"] for group in self.optimizer.param_groups]

    optimizer = lib.optim.SGD([lib.zeros(1, requires_grad=True)], lr=1.0)
    assert Own(optimizer).get_last_lr() == [0.5]
    assert isinstance(Own(optimizer), lib.optim.lr_scheduler.LRScheduler)


@BOTH
def test_memory_formats_preserve_what_they_preserve(lib):
    x = lib.zeros(2, 3).t()
    for y in (lib.zeros_like(x, memory_format=lib.preserve_format), x.clone(memory_format=lib.preserve_format)):
        assert y.stride() == (1, 3)
    assert x.contiguous(memory_format=lib.contiguous_format).stride() == (2, 1)


def test_backends_are_loaded_when_they_are_asked_for():
    code = "import sys, chainrule; print([f'chainrule.{n}' in sys.modules for n in ('backends', 'determinism')])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[False, False]\n"
