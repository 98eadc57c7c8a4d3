"""``chainrule report``: the page of a run on the command line."""

from __future__ import annotations

from pathlib import Path

import click

from chainrule.inspection.diagnosis import conclusion
from chainrule.inspection.page import NAME, examine, write_page
from chainrule.inspection.remarks import remarks


@click.command("report")
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path),
    help=f"The page.  [default: {NAME} in the run's folder]",
)  # fmt: skip
def command(run: Path, out: Path | None) -> None:
    """Show what went on in a training, and what is wrong with it.

    RUN is the folder of a lab's run, or a file that chainrule.train.Recorder wrote. The page is one file of HTML,
    which works without network: curves, gradient flow, distributions, and epoch by epoch what is taken for what,
    the worst mistakes and the weights.
    """
    try:
        examined = examine(run)
        page = write_page(examined, run, out)
    except (OSError, ValueError, ImportError) as error:
        raise click.ClickException(str(error)) from error
    for recording, findings in examined:
        click.echo(f"{recording.name}: {conclusion(findings)}" if recording.name else conclusion(findings))
        for remark in remarks(recording):
            click.echo(f"  {remark}")
        for finding in findings:
            if finding.is_wrong:
                click.echo(f"  {finding.sentence}")
    click.echo(f"Written to {page}.")
