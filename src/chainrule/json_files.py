"""Reading JSON that may be damaged, or made to do harm."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any


def parse_json(text: str | bytes) -> Any:
    """Return what a JSON text says.

    Parameters
    ----------
    text : str or bytes
        Bytes are UTF-8.

    Returns
    -------
    dict, list, str, int, float, bool or None

    Raises
    ------
    ValueError
        If it is not JSON, an object has a key twice, or lists are nested beyond what Python can follow.

    Examples
    --------
    >>> parse_json('{"lr": 0.1, "lr": 1000.0}')
    Traceback (most recent call last):
    ...
    ValueError: the key 'lr' is given twice
    """
    try:
        return json.loads(text if isinstance(text, str) else text.decode(), object_pairs_hook=_each_once)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def read_json(path: Path) -> Any:
    """Return what a JSON file says.

    Parameters
    ----------
    path : Path

    Raises
    ------
    OSError
        If it can't be read.
    ValueError
        If it is damaged, or no JSON at all; the error names the file.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "options.json")
    >>> _ = path.write_text('{"lr": 0.1}')
    >>> read_json(path)
    {'lr': 0.1}
    """
    try:
        return parse_json(path.read_bytes())
    except ValueError as error:
        raise ValueError(f"{path} is no JSON, or it is damaged: {error}") from error


def seal(content: dict[str, Any]) -> dict[str, Any]:
    """Return an object with its own checksum: a digit that changes in a JSON file makes another valid file.

    Parameters
    ----------
    content : dict
        Of what JSON can hold, so that it comes back equal.

    Examples
    --------
    >>> unseal(seal({"lr": 0.1}))
    {'lr': 0.1}
    """
    return {**content, "sha256": _checksum(content)}


def unseal(content: Any) -> dict[str, Any]:
    """Return what :func:`seal` was given.

    Raises
    ------
    ValueError
        If it is no longer that.

    Examples
    --------
    >>> unseal({**seal({"lr": 0.1}), "lr": 0.7})
    Traceback (most recent call last):
    ...
    ValueError: the content does not agree with its checksum
    """
    if isinstance(content, dict) and "sha256" not in content:
        raise ValueError("it has no checksum of its own, as in older versions")
    inner = {key: value for key, value in content.items() if key != "sha256"} if isinstance(content, dict) else {}
    if not inner or content.get("sha256") != _checksum(inner):
        raise ValueError("the content does not agree with its checksum")
    return inner


def _checksum(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for key, value in pairs:
        if key in content:
            raise ValueError(f"the key {key[:80]!r} is given twice")
        content[key] = value
    return content
