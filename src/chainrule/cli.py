"""The command line: ``chainrule lab`` and ``chainrule data``."""

from __future__ import annotations

import sys

try:
    from chainrule.commands import main
except ImportError as error:  # pragma: no cover - shown to those who installed the core alone
    if error.name not in ("click", "rich"):
        raise
    message = f'the command line needs {error.name}: pip install "chainrule[lab]"'

    def main() -> None:  # type: ignore[misc]
        """Say what is missing."""
        sys.exit(message)


__all__ = ["main"]
