"""The libraries of the notebooks, in one place that says how to get them."""

try:
    import anywidget
    import ipywidgets as widgets
    import plotly.graph_objects as go
    import traitlets
    from plotly.offline import get_plotlyjs
except ImportError as error:  # pragma: no cover - shown to those who lack the extra
    raise ImportError('the interactive notebooks need an extra: pip install "chainrule[lab,notebook]"') from error

__all__ = ["anywidget", "get_plotlyjs", "go", "traitlets", "widgets"]
