"""The notebooks themselves, and copies of them in a folder of the user's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from chainrule.files import write_whole

FOLDER = Path(__file__).with_name("lessons")

LESSONS = {
    "activations": "Activation functions and their derivatives, any two compared; ELU and its α",
    "by_hand": "Calculations by hand: every number of a step of training, with weights that can be edited",
    "architecture": "Layers, activation, dropout and learning rate, tried on FashionMNIST by a button",
    "boundaries": "Decision boundaries by the number of hidden units: from too few to too many",
    "softmax": "One layer on MNIST: its weights as pictures, from the first step on",
    "eight": "Is it an eight? Where to draw the line between yes and no",
    "tutorial": "PyTorch's beginner tutorial, with sliders for what it fixes",
}


@dataclass(frozen=True)
class Copy:
    """A notebook in a folder of the user's.

    Attributes
    ----------
    path : Path
    changed : bool
        Whether another file stood there, which was left as it is.
    """

    path: Path
    changed: bool


def lesson(name: str) -> Path:
    """Return the file of a lesson in the package.

    Examples
    --------
    >>> lesson("by_hand").name
    'by_hand.ipynb'
    """
    return FOLDER / f"{name}.ipynb"


def copy_lessons(names: Iterable[str], folder: Path) -> list[Copy]:
    """Copy lessons to a folder. A file that is there and differs is somebody's work, and stays.

    Parameters
    ----------
    names : iterable of str
        Keys of ``LESSONS``.
    folder : Path
        Made if it is missing.

    Returns
    -------
    list of Copy

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> [copy] = copy_lessons(["softmax"], folder)
    >>> _ = copy.path.write_text("my own")
    >>> copy_lessons(["softmax"], folder)[0].changed, copy.path.read_text()
    (True, 'my own')
    """
    copies = []
    for name in names:
        ours, path = lesson(name).read_bytes(), folder / f"{name}.ipynb"
        changed = path.exists() and path.read_bytes() != ours
        if not path.exists():
            with write_whole(path) as file:
                file.write(ours)
        copies.append(Copy(path, changed))
    return copies
