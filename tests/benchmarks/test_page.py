"""The page: its sentences are right whichever side wins, and it is made of what is there."""

import json

import matplotlib.image
import pytest
from benchmarks.__main__ import render, summary
from benchmarks.page import main, page
from benchmarks.reports import all_ratios, load
from benchmarks.sentences import duration, on_data, on_labs, on_losses, on_others, on_promises, on_sweep
from benchmarks.works import CAPTURED, EAGER, FLOOR, JAX, PYTORCH, registry
from click.testing import CliRunner

WORKS = registry()


@pytest.fixture
def tutorial(made_up):
    """Return a function of the times of captured steps, PyTorch and JAX; the floor takes 1."""

    def report(captured, pytorch, jax=2.0, **how):
        seconds = {CAPTURED: captured, EAGER: 1.0, PYTORCH: pytorch, JAX: jax, FLOOR: 1.0}
        return made_up(WORKS["tutorial"], seconds, **how)

    return report


@pytest.fixture
def sweeps(made_up):
    return [
        made_up(WORKS[f"{axis}-{kind}"], {CAPTURED: 0.9, EAGER: 1.1, PYTORCH: 1.0, FLOOR: 0.5})
        for axis in ("batch-size", "width", "depth")
        for kind in ("training", "inference")
    ]


def ratios(*reports):
    return list(all_ratios(reports))


# ---- sentences -------------------------------------------------------------------------------------------------


def test_promises_that_are_not_kept_are_listed_with_what_was_measured(tutorial):
    text = on_promises(ratios(tutorial(1.1, 1.25)))
    assert text.startswith("3 of 4 promises are kept. Not kept:")
    assert "tutorial: chainrule captured / PyTorch eager is 0.88, promised was at most 0.75" in text
    assert "bare products" not in text


def test_promises_that_are_all_kept_are_said_to_be(tutorial):
    assert on_promises(ratios(tutorial(1.1, 2.0))) == "All 4 promises are kept."


def test_nothing_promised_is_no_promise_kept(made_up):
    report = made_up(WORKS["framework"], {CAPTURED: 1.0, PYTORCH: 2.0})
    assert on_promises(ratios(report)) == "Nothing was promised of what was measured."


def test_where_a_peer_is_faster_it_is_said(tutorial):
    text = on_losses(ratios(tutorial(1.1, pytorch=1.0, jax=0.5)))
    assert "**PyTorch eager**: in 1 of 1:\n  - tutorial (1.10)" in text
    assert "**JAX jit**: in 1 of 1:\n  - tutorial (2.20)" in text
    assert "bare products" not in text


def test_where_no_peer_is_faster_it_is_said(tutorial, sweeps):
    text = on_losses(ratios(tutorial(0.9, pytorch=1.0, jax=1.0), *sweeps))
    assert "**PyTorch eager**: nowhere in 55 contests" in text
    assert "**JAX jit**: not in the one contest" in text


def test_a_sweep_lists_the_points_where_a_peer_is_faster(made_up):
    slow = made_up(WORKS["depth-training"], {CAPTURED: 1.5, PYTORCH: 1.0})
    assert "depth-training, at 1, 2, 4, 8 and 16 hidden layers (1.50)" in on_losses(ratios(slow))


@pytest.mark.parametrize(("captured", "wins"), [(0.5, 5), (2.0, 0)])
def test_the_title_of_a_sweep_counts_the_points(made_up, captured, wins):
    title = on_sweep(made_up(WORKS["depth-inference"], {CAPTURED: captured, PYTORCH: 1.0}))
    assert title.startswith(f"Inference: captured takes {captured:.2f} to {captured:.2f} of PyTorch eager's time")
    assert f"at {wins} of 5 points" in title


@pytest.mark.parametrize(("captured", "faster", "than_pytorch"), [(0.5, 2, 1), (1.5, 1, 0), (3.0, 0, 0)])
def test_the_title_of_the_overview_counts_the_contests(tutorial, captured, faster, than_pytorch):
    title = on_labs([tutorial(captured, pytorch=1.0, jax=2.0)])
    assert f"in {faster} of 2 contests" in title
    assert f"than PyTorch eager's in {than_pytorch} of 1" in title


def test_what_was_different_when_losses_were_compared_is_said(tutorial):
    report = tutorial(1.0, 1.0)
    assert "the losses of 96 steps of" in on_data(report)
    report["cases"][0]["checked"]["how"] = "without dropout"
    assert "the losses of 96 steps, without dropout, of" in on_data(report)


def test_a_busy_machine_is_named(tutorial):
    assert "0.01 cores busy" in on_others([tutorial(1.0, 1.0, others=0.01)])
    assert "the sides" not in on_others([tutorial(1.0, 1.0, others=0.01)])
    assert "In 1 of 2 contests" in on_others([tutorial(1.0, 1.0, others=o) for o in (0.01, 1.2)])


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(3.14e-5, "31.4 µs"), (0.25e-3, "250 µs"), (1.2e-3, "1.20 ms"), (0.25, "250 ms"), (61, "61.0 s")],
)
def test_a_time_has_three_figures_and_the_unit_that_suits_it(seconds, text):
    assert duration(seconds) == text


# ---- the page and the terminal ---------------------------------------------------------------------------------


def test_the_command_writes_the_page_and_its_figures(tmp_path, tutorial, sweeps):
    for report in [tutorial(1.2, 1.25, missing={"MLPClassifier": "No module named 'sklearn'"}), *sweeps]:
        (tmp_path / f"{report['work']}.json").write_text(json.dumps(report))
    result = CliRunner().invoke(main, [str(tmp_path), "--out", str(tmp_path / "docs")])
    assert result.exit_code == 0, result.output
    text = (tmp_path / "docs" / "benchmarks.md").read_text()
    for name in ("overview", "batch-size", "width", "depth"):
        assert f"(benchmarks/{name}.png)" in text
        picture = matplotlib.image.imread(tmp_path / "docs" / "benchmarks" / f"{name}.png")
        assert picture[..., :3].std() > 0.05, "something is drawn"
    assert "Left out: MLPClassifier: No module named 'sklearn'" in text
    assert "a processor (x86_64), 2 cores" in text
    assert "**not kept**" in text


def test_the_page_is_made_of_the_works_that_are_there(tmp_path, tutorial):
    text = page({"tutorial": tutorial(1.0, 2.0)}, {}, tmp_path)
    assert "The tutorial's network" in text
    assert "by hidden layers" not in text


def test_a_sweep_without_pytorch_is_not_drawn(tmp_path, made_up):
    names = "depth-training", "depth-inference"
    text = page({name: made_up(WORKS[name], {CAPTURED: 1.0, FLOOR: 0.5}) for name in names}, {}, tmp_path)
    assert "did not take part" in text
    assert not list(tmp_path.iterdir())


def test_profiles_stand_with_their_works(tmp_path, tutorial):
    profile = {"work": "tutorial", "threads": 1, "step": 2e-3, "actions": [["Linear", 1e-3], ["ReLU", 5e-4]]}
    text = page({"tutorial": tutorial(1.0, 2.0)}, {"tutorial": profile}, tmp_path)
    assert "linear layers 50 %, the optimiser 0 %, all else 50 %" in text
    assert [line.split()[-2] for line in text.splitlines() if "the call itself" in line] == ["%"]


def test_reports_of_different_machines_make_no_page(tmp_path, tutorial, made_up):
    reports = tutorial(1.0, 2.0), made_up(WORKS["ann"], {CAPTURED: 1.0, PYTORCH: 2.0}) | {"threads": 1}
    for report in reports:
        (tmp_path / f"{report['work']}.json").write_text(json.dumps(report))
    with pytest.raises(ValueError, match="different machines"):
        load(tmp_path)
    assert CliRunner().invoke(main, [str(tmp_path)]).exit_code == 1


def test_no_report_makes_no_page(tmp_path):
    result = CliRunner().invoke(main, [str(tmp_path)])
    assert result.exit_code == 1
    assert "run python -m benchmarks first" in result.output


def test_the_terminal_shows_times_ratios_and_promises(tutorial, sweeps):
    text = render(tutorial(1.2, 1.25))
    assert "chainrule captured / PyTorch eager" in text
    assert "at most 0.75: not kept" in text
    assert "hidden layers" in render(sweeps[-1])


def test_the_summary_says_what_is_kept(tutorial):
    text = summary([tutorial(1.1, 1.25)])
    assert "NOT KEPT" in text
    assert text.endswith("3 of 4 promises are kept.")
    assert summary([]) == "Nothing was promised of what was measured."
