"""What pages of HTML have in common: how they begin, and their colours by day and by night."""

from __future__ import annotations

from html import escape

STYLE = """
:root { color-scheme: light dark; --text: #1a1a1a; --soft: #595959; --page: #fff; --line: #ccc; --card: #f6f6f6;
  --blue: #0072B2; }
@media (prefers-color-scheme: dark) { :root { --text: #e8e8e8; --soft: #aaa; --page: #161616; --line: #444;
  --card: #212121; --blue: #56B4E9; } }
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem; color: var(--text);
  background: var(--page); }
h1 { font-size: 1.6rem; margin: .5rem 0; line-height: 1.25; }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .5rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.5rem 0 .5rem; }
a { color: var(--blue); }
""".strip()


def page(title: str, body: str, style: str = "") -> str:
    """Return a page.

    Parameters
    ----------
    title : str
        Plain text.
    body : str
        HTML.
    style : str
        What this kind of page needs beyond what is common.

    Examples
    --------
    >>> from chainrule.pages import page
    >>> text = page("1 < 2", "<p>Yes.</p>")
    >>> "<title>1 &lt; 2</title>" in text, text.splitlines()[-3:]
    (True, ['<p>Yes.</p>', '</body>', '</html>'])
    """
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{STYLE}\n{style.strip()}\n</style>\n</head>\n<body>\n"
        f"{body.strip()}\n</body>\n</html>\n"
    )
