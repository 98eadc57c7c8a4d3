"""The labs: one file per document, each read as the lesson. ``chainrule lab NAME`` runs one."""

LABS = {
    "tutorial": "PyTorch's beginner tutorial on FashionMNIST, in NumPy beside PyTorch",
}
