"""The labs: one file per document, each read as the lesson. ``chainrule lab NAME`` runs one.

A lab is a module of this package with a function ``run(options)`` that returns a ``LabResult``. It says with
``EPOCHS``, ``BATCH_SIZE``, ``LR`` and ``SEED`` what is usual there. A list ``EXTRA`` of click's options is what it
lets its user choose besides; these come in ``options.extra``.
"""

LABS = {
    "tutorial": "PyTorch's beginner tutorial on FashionMNIST, in NumPy beside PyTorch",
    "softmax": "Softmax regression on MNIST: what one layer sees, and two ways to write its loss",
    "eight": "A two-layer network that recognises the digit 8, trained one example at a time",
    "ann": "Activations, calculations by hand, a FashionMNIST classifier, experiments on depth and activation",
    "framework": "Layers that compose: decision boundaries, regression, perceptrons of 1, 2 and 3 layers on MNIST",
}
