"""The sides of the contests, one file for each way to write them. Each takes a `benchmarks.problem.Problem`."""
