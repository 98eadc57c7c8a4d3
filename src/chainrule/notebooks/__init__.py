"""Interactive notebooks: lessons with sliders, for the chapters of the teaching texts that the labs work through.

The notebooks themselves are in ``lessons/``; ``chainrule notebook`` copies and opens them. The modules here build
their interactive parts from ipywidgets and Plotly, each of which can be used without a browser, too: set the
``value`` of a control, and read the figure.
"""
