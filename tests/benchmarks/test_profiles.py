"""Profiles of captured steps."""

import json

from benchmarks import profiles
from click.testing import CliRunner


def test_a_profile_names_the_actions_of_a_step_and_adds_up_to_it(tmp_path, monkeypatch):
    monkeypatch.setattr(profiles, "BUDGET", 0.2)
    result = CliRunner().invoke(profiles.main, ["plane", "--threads", "1", "--json", str(tmp_path)])
    assert result.exit_code == 0, result.output
    profile = json.loads((tmp_path / "profile-plane.json").read_text())
    names = [name for name, _ in profile["actions"]]
    assert names[:4] == ["Linear", "Tanh", "Linear", "CrossEntropy"]
    assert names[-2:] == ["FlatOptimizer._step", "Optimizer.zero_grad"]
    assert 0 < sum(seconds for _, seconds in profile["actions"]) < 2 * profile["step"]
    *_, rest, whole = profiles.rows(profile)
    assert (rest["action"], whole["share"]) == (profiles.REST, "100 %")
