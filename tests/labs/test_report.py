"""Tables with words at the left and numbers at the right, and what was run."""

import pytest

from chainrule.labs.report import markdown_table, what_was_run


@pytest.mark.parametrize(
    "number",
    [
        "3",
        "1,000",
        "92.08%",
        "-0.5",
        "+3.1 ± 0.2",
        "× 1.4",
        "2.4 × 10⁻⁷",
        "0.1 / 0.2 / 0.3",
        "8.8 ± 0.7 ° (of 73)",
        "12 of 36",
        "0.3 s",
        "1.8e-04",
        "–",
        "not run",
    ],
)
def test_columns_of_numbers_stand_at_the_right(number):
    assert "-:|" in markdown_table([{"x": number}]).splitlines()[1]


@pytest.mark.parametrize("words", ["rounding", "3 seeds give 0.40 to 0.60", "no", "2-3-1: output"])
def test_columns_of_words_stand_at_the_left(words):
    assert ":-" in markdown_table([{"x": "1"}, {"x": words}]).splitlines()[1]


def test_a_bar_in_a_cell_does_not_end_it():
    assert "\\|difference\\|" in markdown_table([{"x": "|difference|"}])


def test_what_was_run_names_data_reference_versions_and_threads():
    data = {"train": {"dataset": "MNIST", "kind": "full", "images": 60_000}}
    summary = {"data": data, "note": "None.", "versions": {"numpy": "2.4"}, "threads": {"openblas": 2}}
    assert what_was_run(summary, "Network: 1 layer.").splitlines() == [
        "- Network: 1 layer.",
        "- Training data: MNIST, full, 60,000 images. Checksums are in `summary.json`.",
        "- Reference: None.",
        "- Versions: numpy 2.4. Threads: openblas: 2.",
    ]
