"""Numbers that a document states: met to its digits, and explained only where that is known or measured."""

import pytest

from chainrule.labs.stated import NOT_EXPLAINED, Stated, met_of, other_conditions


@pytest.mark.parametrize(
    ("stated", "ours", "met"),
    [
        ("0.0872", 0.08724, True),
        ("0.0872", 0.08726, False),
        ("92.08%", 0.920849, True),
        ("92.08%", 0.9209, False),
        ("1.8e-04", 1.84e-4, True),
        ("1.8e-04", 1.9e-4, False),
        ("567,434", 567434, True),
        ("-0.0153", -0.015349, True),
    ],
)
def test_a_number_is_met_to_the_digits_that_the_document_prints(stated, ours, met):
    assert Stated("x", stated, ours).met is met


def test_digits_that_the_document_leaves_out_count_if_they_are_meant():
    assert Stated("ReLU(1)", "1", 1.4).met
    assert not Stated("ReLU(1)", "1", 1.4, places=8).met
    assert Stated("ReLU(1)", "1", 1.0, places=8).met
    assert Stated("accuracy", "92%", 0.921, places=1).shown(0.921) == "92.1%"


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({}, NOT_EXPLAINED),
        ({"why": "a slip"}, "a slip"),
        ({"others": [0.4, 0.6], "runs": "3 seeds"}, "3 seeds give 0.40 to 0.60"),
        (
            {"others": [0.55, 0.6, 0.57], "runs": "3 seeds"},
            "3 seeds give 0.55 to 0.60; one more can give what the document has",
        ),
        ({"others": [0.55, 0.6], "runs": "2 seeds"}, f"{NOT_EXPLAINED}: 2 seeds give 0.55 to 0.60"),
        ({"others": [0.58, 0.6, 0.59], "runs": "3 seeds"}, f"{NOT_EXPLAINED}: 3 seeds give 0.58 to 0.60"),
    ],
)
def test_a_missed_number_is_explained_only_by_what_is_known_or_measured(more, reason):
    assert Stated("x", "0.50", 0.55, **more).cells()["why they differ"] == reason


def test_a_met_number_needs_no_reason_but_pytorchs_may_differ():
    assert Stated("x", "0.50", 0.501, 0.502, "a slip").reason() == "they don't"
    assert Stated("x", "0.50", 0.501, 0.6).reason() == "only PyTorch's does"


def test_met_numbers_are_counted():
    met, missed = Stated("a", "1", 1.0), Stated("b", "1", 2.0)
    assert met_of([met, met]).startswith("All 2 numbers")
    assert met_of([met, missed]).endswith("not met: b.")
    assert "not met: " not in met_of([missed] * 6)


def test_conditions_are_compared_whatever_they_are():
    document = {"images": "the first 5,000", "seed": 42, "learning rate": 0.2}
    own = {**document, "images": "others", "epochs": 3}
    assert other_conditions(own, document) == "images others instead of the first 5,000"
    assert other_conditions(document, document) == ""
