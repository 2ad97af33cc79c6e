"""A notebook taken along: saved with one click, or opened on Binder or Colab from the repository's address."""

import json
import re
from functools import partial
from html import unescape
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import yaml
from take_along import mend, single_buttons

ROOT = Path(__file__).parent.parent
SITE = ROOT / "_build" / "html"
BOOK = ROOT / "book"
NOTEBOOKS = sorted(p.relative_to(BOOK).with_suffix("") for p in BOOK.rglob("*.ipynb"))
CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
ADDRESS = CONFIG["repository"]["url"]
LINK = '<a href="../_sources/architecture/encoder.ipynb" target="_blank"'


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *said):
        pass


@pytest.fixture(scope="module")
def served():
    """The address of the built book on a server of this machine."""
    handler = partial(Quiet, directory=SITE)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def tab(browser):
    tab = browser.new_page()
    yield tab
    tab.context.close()


def button(tab):
    return tab.get_by_role("link", name="Download this page as a notebook")


@pytest.mark.parametrize("name", ["autoencoder", "architecture/encoder"])
def test_one_click_saves_the_notebook(tab, served, name):
    tab.goto(f"{served}/{name}.html")
    with tab.expect_download() as saving:
        button(tab).click()
    assert saving.value.suggested_filename == f"{name.replace('/', '-')}.ipynb"
    saved = json.loads(saving.value.path().read_text(encoding="utf-8"))
    assert saved == json.loads((BOOK / f"{name}.ipynb").read_text(encoding="utf-8"))
    assert len(tab.context.pages) == 1


def test_one_click_on_a_page_from_disk_opens_the_notebook_that_lies_there_too(tab):
    tab.goto((SITE / "autoencoder.html").as_uri())
    with tab.expect_popup() as opening:
        button(tab).click()
    opening.value.wait_for_url((SITE / "_sources" / "autoencoder.ipynb").as_uri())


def test_a_saved_notebook_is_named_after_its_chapter_too():
    expected = f'{LINK} download="architecture-encoder.ipynb"'
    assert mend(LINK) == mend(expected) == expected
    assert mend(LINK.replace(".ipynb", ".md")) == LINK.replace(".ipynb", ".md")


def test_a_button_that_stands_for_itself_is_an_icon_with_a_name():
    menu = [
        {"type": "link", "text": ".ipynb", "icon": "a", "tooltip": "Download source"},
        {"type": "javascript", "text": ".pdf", "icon": "b", "tooltip": "Print to PDF"},
    ]
    notebook, printer = single_buttons({"buttons": menu})
    assert notebook["tooltip"] == "Download this page as a notebook"
    assert printer["tooltip"] == "Print to PDF"
    assert [notebook["text"], printer["text"]] == [None, None]


@pytest.mark.parametrize("name", NOTEBOOKS, ids=str)
def test_binder_and_colab_open_the_page_from_the_repository(name):
    html = (SITE / f"{name}.html").read_text(encoding="utf-8")
    who = ADDRESS.removeprefix("https://github.com/")
    path = f"book/{name.as_posix()}.ipynb"
    binder, colab = (CONFIG["launch_buttons"][f"{of}_url"] for of in ("binderhub", "colab"))  # fmt: skip
    assert f'href="{binder}/v2/gh/{who}/main?urlpath=lab/tree/{path}"' in html
    assert f'href="{colab}/github/{who}/blob/main/{path}"' in html


def test_the_address_of_the_repository_stands_in_one_place():
    """But for the citation, which no build fills in."""
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"repository-code: {ADDRESS}\n" in citation
    files = [*ROOT.glob("*.md"), *ROOT.glob("*.toml"), *ROOT.glob("binder/*")]
    files += [p for p in BOOK.rglob("*") if p.suffix in (".md", ".ipynb", ".py")]
    naming = [p.name for p in files if ADDRESS in p.read_text(encoding="utf-8")]
    assert not naming


@pytest.mark.parametrize("name", ["index", "trouble"])
def test_a_page_that_says_how_to_install_names_the_repository(name):
    html = (SITE / f"{name}.html").read_text(encoding="utf-8")
    text = unescape(re.sub(r"<[^>]+>", "", html))
    assert re.search(rf'pip install "s2s_np\[book\] @ git\+{ADDRESS}"', text)


def test_binder_installs_the_locked_requirements_and_then_the_package():
    wanted = (ROOT / "binder" / "requirements.txt").read_text(encoding="utf-8")
    (line,) = re.findall(r"^[^#\n].*", wanted, re.MULTILINE)
    path = re.fullmatch(r"-r (.+)", line)[1]
    assert (ROOT / "binder" / path).resolve() == ROOT / "requirements.txt"
    after = (ROOT / "binder" / "postBuild").read_text(encoding="utf-8")
    assert "pip install --no-deps --no-build-isolation -e ." in after
