"""What needs the notebooks' libraries to be imported is left out where they are not installed."""

from importlib.util import find_spec

NEEDING = ["src/chainrule/notebooks/*.py", "tests/notebooks/reference.py"]
collect_ignore_glob = [] if find_spec("anywidget") and find_spec("plotly") else NEEDING
