"""The content security policy of the built pages: every page has one, its own scripts run, and no other does."""

import re

import policy
import pytest
from test_book import PAGES, SITE

PAGE = '<meta charset="utf-8" /><body onload="go()"><script>let a = 1 &amp;&amp; 2</script>{}</body>'
RULE = re.compile('<meta http-equiv="Content-Security-Policy" content="([^"]+)" />')


def test_a_policy_names_the_scripts_that_stand_in_the_page_and_no_others():
    plain = policy.policy(PAGE.format(""))
    assert plain.count("sha256-") == 3  # with MathJax
    assert f"'sha256-{policy.digest('go()')}'" in plain
    data = '<script type="application/json">{}</script><script src="a.js"></script>'
    assert policy.policy(PAGE.format(data)) == plain
    assert policy.policy(PAGE.format("<script>alert(1)</script>")) != plain


def test_a_policy_lets_nothing_in_from_elsewhere():
    allowed = policy.policy(PAGE.format(""))
    assert allowed.startswith("default-src 'none'; script-src 'self' file: ")
    assert not re.search(r"https?:|\*|'unsafe-eval'", allowed)


@pytest.mark.parametrize("name", PAGES)
def test_a_built_page_says_its_policy_before_it_loads_anything(name):
    page = (SITE / name).read_text(encoding="utf-8")
    assert page.index("http-equiv") < page.index("<script") < page.index("<link")
    assert len(RULE.findall(page)) == 1


def test_a_script_that_was_smuggled_into_a_page_does_not_run(browser, tmp_path):
    page = (SITE / "index.html").read_text(encoding="utf-8")
    smuggled = "<script>document.title = 'taken over'</script>"
    tab = browser.new_page()
    for allowed, text in ((False, page), (True, RULE.sub("", page))):
        path = tmp_path / "index.html"
        path.write_text(text.replace("</body>", f"{smuggled}</body>"), encoding="utf-8")
        tab.goto(path.as_uri())
        assert (tab.title() == "taken over") is allowed
    tab.close()


def test_a_page_cannot_send_anything_away(browser):
    tab = browser.new_page()
    tab.goto((SITE / "index.html").as_uri())
    sent = "fetch('https://example.org').then(() => 'sent', error => String(error))"
    with tab.expect_console_message(
        lambda said: "Content Security Policy" in said.text
    ):
        assert tab.evaluate(sent) != "sent"
    tab.close()
