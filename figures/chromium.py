"""An installed Chromium, for the scripts and tests that open pages; Playwright drives it."""

import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
MISSING = (
    "no browser: install Chromium (on Debian and Ubuntu: apt-get install chromium)"
)


def launch(playwright):
    """Return a running browser of this machine, or Playwright's own; raises FileNotFoundError where there is none."""
    own = playwright.chromium.executable_path
    found = next(filter(None, map(shutil.which, (*NAMES, own))), None)
    if found is None:
        raise FileNotFoundError(MISSING)
    return playwright.chromium.launch(executable_path=found, args=FLAGS)
