"""The labs: one package per document, each read as the lesson. ``chainrule lab NAME`` runs one.

A lab is a package with a function ``run(options)`` that returns a ``LabResult``; ``tutorial`` is the model of all.
It says with ``EPOCHS``, ``BATCH_SIZE``, ``LR`` and ``SEED`` what is usual there. A list ``EXTRA`` of click's
options is what it lets its user choose besides; these come in ``options.extra``. What labs share are the modules
beside them: ``run`` and ``folder`` (a run that can be interrupted anywhere), ``study`` (many trainings),
``reference`` and ``comparison`` (PyTorch beside us), ``stated``, ``repeated`` and ``rounding`` (what a difference
means), ``words`` and ``report`` (how it is said).
"""

LABS = {
    "tutorial": "PyTorch's beginner tutorial on FashionMNIST, in NumPy beside PyTorch",
    "softmax": "Softmax regression on MNIST: what one layer sees, and two ways to write its loss",
    "eight": "A two-layer network that recognises the digit 8, trained one example at a time",
    "ann": "Activations, calculations by hand, a FashionMNIST classifier, experiments on depth and activation",
    "framework": "Layers that compose: decision boundaries, regression, perceptrons of 1, 2 and 3 layers on MNIST",
}
