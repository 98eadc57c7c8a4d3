"""torchvision's own dataset and PyTorch's own ``DataLoader``, as the tutorial writes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from chainrule.datasets import FashionMNIST
from chainrule.datasets.idx import idx_header
from chainrule.files import write_whole
from chainrule.interop.pytorch import import_torch

FILES = {True: "train", False: "t10k"}


def torch_loaders(train: FashionMNIST, test: FashionMNIST, batch_size: int, root: Path) -> tuple[Any, Any]:
    """Return the tutorial's two loaders over the images of our datasets.

    Parameters
    ----------
    train, test : FashionMNIST
        Their images are written to ``root``, uncompressed, where torchvision looks for them.
    batch_size : int
    root : Path
        A folder; about 55 MB are written for the whole set.

    Returns
    -------
    (DataLoader, DataLoader)
        PyTorch's, yielding its tensors.

    Raises
    ------
    ImportError
        If PyTorch or torchvision is not installed, or they don't fit each other.
    """
    torch = import_torch()
    try:
        from torchvision import datasets
        from torchvision.transforms import ToTensor
    except (ImportError, RuntimeError) as error:
        raise ImportError(
            f"torchvision's dataset needs a torchvision that fits PyTorch {torch.__version__}: {error}"
        ) from error
    for dataset in (train, test):
        _write_idx(dataset, root / "FashionMNIST" / "raw")
    DataLoader = torch.utils.data.DataLoader
    training_data = datasets.FashionMNIST(root=str(root), train=True, download=False, transform=ToTensor())
    test_data = datasets.FashionMNIST(root=str(root), train=False, download=False, transform=ToTensor())
    return DataLoader(training_data, batch_size=batch_size), DataLoader(test_data, batch_size=batch_size)


def _write_idx(dataset: FashionMNIST, folder: Path) -> None:
    name = FILES[dataset.train]
    for kind, array in (("images-idx3", dataset.data), ("labels-idx1", dataset.targets.astype("u1"))):
        with write_whole(folder / f"{name}-{kind}-ubyte") as file:
            file.write(idx_header(array.shape))
            file.write(array.tobytes())
