"""torchvision's own dataset and PyTorch's own ``DataLoader``, as the tutorial writes them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from chainrule.datasets import FashionMNIST
from chainrule.datasets.idx import idx_header
from chainrule.files import write_whole
from chainrule.interop.exchange import VERSION as TORCH
from chainrule.interop.exchange import import_torch

FILES = {True: "train", False: "t10k"}
VERSION = "0.28.0"  # of torchvision, made for PyTorch's VERSION

_declared: list[Any] = []  # PyTorch forgets the declarations when nobody holds them


def import_torchvision() -> Any:
    """Return torchvision, also beside a PyTorch that its compiled part was not made for.

    The wheel of the package index is made for PyTorch's build with CUDA. Beside the one for the CPU, its operators
    can't be loaded, and its import fails because it describes two of them. So they are declared, and nothing more:
    only its data sets and transforms are used here, which call no operator.

    Raises
    ------
    ImportError
        If PyTorch or torchvision is not installed, or they don't fit each other: the error says what does.
    """
    try:
        torch = import_torch()
        try:
            import torchvision
        except RuntimeError as error:
            if "torchvision::nms" not in str(error) or _declared:
                raise
            library = torch.library.Library("torchvision", "DEF")
            for name in ("nms", "qnms"):
                library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
            _declared.append(library)
            import torchvision
    except (ImportError, RuntimeError) as error:
        raise ImportError(
            "torchvision's data set and PyTorch's DataLoader (--loader torch) need both in versions that fit: "
            f"pip install torch=={TORCH} torchvision=={VERSION} ({error})"
        ) from error
    return torchvision


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
    torchvision, torch = import_torchvision(), import_torch()
    write_files((train, test), root)
    DataLoader = torch.utils.data.DataLoader
    training_data, test_data = (
        torchvision.datasets.FashionMNIST(
            root=str(root), train=is_train, download=False, transform=torchvision.transforms.ToTensor()
        )
        for is_train in (True, False)
    )
    return DataLoader(training_data, batch_size=batch_size), DataLoader(test_data, batch_size=batch_size)


def write_files(datasets: Iterable[FashionMNIST], root: Path) -> None:
    """Write the images and labels of datasets, uncompressed, where torchvision looks for them under a folder."""
    for dataset in datasets:
        name = FILES[dataset.train]
        for kind, array in (("images-idx3", dataset.images), ("labels-idx1", dataset.labels.astype("u1"))):
            with write_whole(root / "FashionMNIST" / "raw" / f"{name}-{kind}-ubyte") as file:
                file.write(idx_header(array.shape))
                file.write(array.data)
