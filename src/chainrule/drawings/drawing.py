"""``Drawing``: a graph in Graphviz's language, and what Graphviz makes of it."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from chainrule.files import write_text, write_whole

FORMATS = {".svg": "svg", ".png": "png", ".pdf": "pdf"}
SHARP = "-Gdpi=150"  # of PNG: twice what a screen of 75 dots to the inch needs
MISSING = (
    "this needs Graphviz, whose program `dot` was not found: install it (Debian and Ubuntu: apt install graphviz; "
    "macOS: brew install graphviz; Windows: winget install graphviz; conda: conda install graphviz), or write the "
    'source with save("drawing.dot") and draw that elsewhere'
)


@dataclass(frozen=True, repr=False)
class Drawing:
    """What :func:`~chainrule.draw` returns. A notebook shows it as a picture.

    Attributes
    ----------
    source : str
        The graph in the DOT language, which needs nothing installed.
    title : str

    Examples
    --------
    >>> Drawing("digraph { x -> y }", "two nodes")
    <Drawing of two nodes: save() it, or look at it in a notebook>
    """

    source: str
    title: str

    def svg(self) -> str:
        """Return it as SVG.

        Raises
        ------
        RuntimeError
            If Graphviz is not installed.
        """
        return self._rendered("svg").decode()

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write it to a file, whole or not at all.

        Parameters
        ----------
        path : path-like
            Ending in .svg, .png or .pdf, which Graphviz draws, or in .dot, which is the source.

        Returns
        -------
        Path

        Raises
        ------
        ValueError
            If it ends otherwise.
        RuntimeError
            If Graphviz is needed and not installed.
        """
        target = Path(path)
        suffix = target.suffix.lower()
        if suffix == ".dot":
            write_text(target, self.source)
            return target
        if suffix not in FORMATS:
            raise ValueError(f"path expected to end in {', '.join(FORMATS)} or .dot, got {target.name!r}")
        picture = self._rendered(FORMATS[suffix])
        with write_whole(target) as file:
            file.write(picture)
        return target

    def _rendered(self, kind: str) -> bytes:
        dot = shutil.which("dot")
        if dot is None:
            raise RuntimeError(MISSING)
        done = subprocess.run([dot, f"-T{kind}", *([SHARP] if kind == "png" else [])], input=self.source.encode(),
                              capture_output=True)  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"dot could not draw this: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout

    def __repr__(self) -> str:
        return f"<Drawing of {self.title}: save() it, or look at it in a notebook>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """Return what a notebook shows; without Graphviz, what is missing and the source."""
        if shutil.which("dot") is None:
            return {"text/plain": f"{self!r}\n{MISSING}\n\n{self.source}"}
        return {"image/svg+xml": self.svg(), "text/plain": repr(self)}
