import pytest


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    """These tests time nothing: nobody's threads need to fall asleep."""
    monkeypatch.setattr("chainrule.interop.pytorch.PAUSE", 0)


@pytest.fixture(scope="session")
def needs_masks():
    """Skip where PyTorch draws masks from MKL's generator, which is not reproduced: on Intel processors."""
    torch = pytest.importorskip("torch")
    mask = torch.empty(64).bernoulli_(0.5, generator=torch.Generator().manual_seed(0)).bool()
    u = torch.rand(64, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    if not (mask == (u < 0.5)).all():
        pytest.skip("PyTorch draws its masks from MKL on this processor")
