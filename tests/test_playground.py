"""The page Playground, in a real browser and from the disk, used as a reader uses it."""

import re
from pathlib import Path

import live
import numpy as np
import pytest

ROOT = Path(__file__).parent.parent
SITE = ROOT / "_build" / "html"
PAGE = SITE / "playground.html"
NARROW, WIDE = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
LONGEST = 60
MODELS = {
    "dates": ["2026년 11월 22일 일요일", "1999. 1. 31.", "이천이십육년 시월 이십이일", "2026년 13월 99일"],
    "scan": ["jump", "look around right after run", "walk opposite left thrice and jump twice", "twice"],
    "sentences": ["나는 학교에 간다", "나는 보았다", "학교에 나는 간다"],
    "early": ["나는 학교에 간다", "나는 보았다", "어제 그는 공원에서 사과를 먹었다"],
}  # fmt: skip
FAULTY = "Never seen in training"

NAMELESS = """[...document.querySelectorAll(".s2s-live :is(button, input, select, svg[role=img], [tabindex])")]
    .filter(e => !(e.getAttribute("aria-label") || e.labels?.length || e.textContent.trim()))
    .map(e => e.outerHTML.slice(0, 80))"""
SHIFTED = """new Promise(done => new PerformanceObserver(list =>
    done(list.getEntries().filter(e => !e.hadRecentInput).reduce((sum, e) => sum + e.value, 0))
).observe({type: "layout-shift", buffered: true}))"""


def open_page(browser, viewport=WIDE, page=PAGE, **settings):
    """Open a page in a tab of its own, and return it with what it complains of and asks for."""
    assert page.is_file(), "there is no built book: make book"
    context = browser.new_context(viewport=viewport, **settings)
    tab = context.new_page()
    tab.set_default_timeout(10_000)
    tab.complaints, tab.requests = [], []
    tab.on("pageerror", lambda error: tab.complaints.append(str(error)))
    tab.on("console", lambda said: tab.complaints.append(said.text) if said.type == "error" else None)  # fmt: skip
    tab.on("request", lambda sent: tab.requests.append(sent.url))
    tab.goto(page.as_uri())
    return tab


@pytest.fixture
def tab(browser):
    """The page, its first model loaded."""
    tab = open_page(browser)
    ready(tab)
    yield tab
    assert not tab.complaints
    assert all(url.startswith(("file:", "data:", "blob:")) for url in tab.requests)
    tab.context.close()


def ready(tab):
    tab.locator(".s2s-said", has_text=re.compile("read, .* written")).wait_for()


def choose(tab, name):
    tab.get_by_label("Model", exact=True).select_option(index=[*MODELS].index(name))
    ready(tab)


def typed(tab, text):
    tab.locator(".s2s-typed input").fill(text)


def said(tab):
    return tab.locator(".s2s-said").inner_text()


def answer(tab):
    return tab.locator(".s2s-answer").inner_text().strip()


@pytest.fixture(scope="module")
def nets():
    return {name: live.load(name) for name in MODELS}


@pytest.mark.parametrize("name", MODELS)
def test_typing_gives_the_answer_that_numpy_gives(tab, nets, name):
    choose(tab, name)
    for text in MODELS[name]:
        typed(tab, text)
        assert answer(tab) == nets[name].translate([text], max_length=LONGEST)[0]


@pytest.mark.parametrize("name", MODELS)
def test_a_beam_lists_the_hypotheses_that_numpy_finds(tab, nets, name):
    choose(tab, name)
    tab.get_by_label("Beam", exact=True).select_option("4")
    for text in MODELS[name]:
        typed(tab, text)
        (found,) = nets[name].search([text], beam_size=4, max_length=LONGEST)
        listed = tab.locator(".s2s-hypotheses .s2s-found")
        decode = nets[name].target_vocab.decode
        titles = [item.get_attribute("title") for item in listed.all()]
        titles = [title.removesuffix(" ■").removesuffix(" …") for title in titles]
        assert titles == [decode(h.tokens) for h in found]
        assert answer(tab) == decode(found[0].tokens)
        assert tab.locator(".s2s-hypotheses .s2s-won").count() == 1


def test_the_shown_probabilities_are_those_of_numpy(tab, nets):
    net, text = nets["dates"], "26. 11. 22."
    typed(tab, text)
    tab.get_by_role("button", name="Start").click()
    for _ in range(len(text) + 1):
        tab.get_by_role("button", name="One step").click()
    shown = tab.locator(".s2s-bars .s2s-p").all_inner_texts()
    source = np.array(net.source_vocab.encode(text))[:, None]
    log_probs, _ = net.step([1], net.start(source))
    for percent, p in zip(shown, np.sort(np.exp(log_probs[0]))[::-1], strict=False):
        number = float(re.search(r"[\d.]+", percent)[0]) / 100
        assert number == pytest.approx(p, abs=1e-3)


def test_each_step_shows_one_token_more(tab):
    typed(tab, "26. 1. 2.")
    tab.get_by_role("button", name="Start").click()
    assert "state is zero" in said(tab)
    read = tab.locator(".s2s-reads button:not(.s2s-future)")
    written = tab.locator(".s2s-writes button:visible")
    for step in range(1, 12):
        tab.get_by_role("button", name="One step").click()
        assert read.count() == min(step, 9)
        assert written.count() == max(0, step - 9)
        assert said(tab).startswith(f"Step {step}.")
    tab.get_by_role("button", name="Back").click()
    assert said(tab).startswith("Step 10.")


def test_play_runs_to_the_end_and_can_be_paused(tab):
    tab.clock.install()
    typed(tab, "26. 1. 2.")
    tab.get_by_role("button", name="Play").click()
    tab.clock.run_for(1000)
    tab.get_by_role("button", name="Pause").click()
    paused = said(tab)
    assert paused.startswith("Step")
    tab.clock.run_for(1000)
    assert said(tab) == paused
    tab.get_by_role("button", name="Play").click()
    tab.clock.run_for(20_000)
    assert "tokens written" in said(tab)
    assert tab.get_by_role("button", name="Play").is_visible()


def test_where_motion_is_not_wanted_play_shows_the_end_at_once(browser):
    tab = open_page(browser, reduced_motion="reduce")
    ready(tab)
    tab.get_by_role("button", name="Start").click()
    tab.get_by_role("button", name="Play").click()
    assert "tokens written" in said(tab)
    tab.context.close()


def test_the_keyboard_alone_is_enough(tab, nets):
    def focused(script):
        return tab.evaluate(f"document.activeElement.{script}")

    def tab_to(selector):
        for _ in range(120):
            if focused(f"matches({selector!r})"):
                return
            tab.keyboard.press("Tab")
        pytest.fail(f"Tab does not reach {selector}")

    tab_to(".s2s-typed input")
    tab.keyboard.press("Control+A")
    tab.keyboard.type("99. 1. 2.")
    assert answer(tab) == nets["dates"].translate(["99. 1. 2."])[0]
    tab_to(".s2s-steps button")  # Start
    tab.keyboard.press("Enter")
    assert "state is zero" in said(tab)
    tab_to(".s2s-steps input")
    tab.keyboard.press("ArrowRight")
    assert said(tab).startswith("Step 1.")
    tab_to(".s2s-reads button")
    for step in (2, 3):
        tab.keyboard.press("ArrowRight")
        assert focused("getAttribute('aria-label')").startswith(f"Step {step}, reads")
        assert focused("getAttribute('aria-current')") == "step"
        assert said(tab).startswith(f"Step {step}.")
    tab.keyboard.press("End")
    assert said(tab).startswith("Step 9.")
    assert tab.evaluate(
        "getComputedStyle(document.activeElement).outlineStyle !== 'none'"
    )
    tab_to(".s2s-scroll")  # one stop for each strip, however long
    tab.keyboard.press("Shift+Tab")
    assert focused("closest('.s2s-writes') !== null") or focused("closest('.s2s-reads') !== null")  # fmt: skip


def test_everything_that_can_be_used_has_a_name(tab):
    assert not tab.evaluate(NAMELESS)


def test_the_pictures_are_told_in_words(tab):
    typed(tab, "26. 11. 22.")
    assert "nearest to the vector of “" in tab.locator(".s2s-map").get_attribute("aria-label")  # fmt: skip
    tab.get_by_label("Beam", exact=True).select_option("2")
    assert answer(tab) in tab.locator(".s2s-tree").get_attribute("aria-label")
    column = tab.locator(".s2s-writes button").first.get_attribute("aria-label")
    assert re.search(
        r"given the beginning, writes “1” with probability .*%: \d+ of \d+", column
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_each_group_on_the_map_has_a_colour_of_its_own(browser, scheme):
    tab = open_page(browser, color_scheme=scheme)
    ready(tab)
    colours = tab.evaluate(
        "[...document.querySelectorAll('.s2s-map + * path, .s2s-map ~ * path')].map(e => getComputedStyle(e).fill)"
    )
    tab.context.close()
    assert len(colours) == len(set(colours)) > 4
    assert "rgb(0, 0, 0)" not in colours


def test_changes_are_announced_politely_and_not_while_playing(tab):
    line = tab.locator(".s2s-said")
    assert line.get_attribute("role") == "status"
    tab.get_by_role("button", name="Play").click()
    assert line.get_attribute("aria-live") == "off"
    tab.get_by_role("button", name="Pause").click()
    assert line.get_attribute("aria-live") is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "The box is empty"),
        ("   ", "The box is empty"),
        ("1" * 75, "That is 75 characters; this page reads up to 60. Please shorten it by 15."),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_answered_in_words(tab, text, words):
    typed(tab, text)
    assert words in said(tab)
    assert answer(tab) == ""
    assert tab.get_by_role("button", name="Play").is_disabled()
    typed(tab, "26. 1. 2.")
    assert tab.get_by_role("button", name="Play").is_enabled()
    assert answer(tab)


def test_unknown_tokens_are_named(tab):
    typed(tab, "2026년 X월 1일 ☃")
    assert f"{FAULTY}, and read as “unknown”: “X”, “☃”" in said(tab)
    choose(tab, "scan")
    typed(tab, "jump thrice and hop")
    assert f"{FAULTY}, and read as “unknown”: “hop”" in said(tab)
    typed(tab, "jump thrice")
    assert FAULTY not in said(tab)


def test_every_example_is_read(tab):
    for name in MODELS:
        choose(tab, name)
        examples = tab.locator(".s2s-examples button")
        assert examples.count() >= 3
        for example in examples.all():
            example.click()
            assert tab.locator(".s2s-typed input").input_value() == example.inner_text()
            assert answer(tab)


def test_a_model_that_does_not_load_is_reported(browser, tmp_path):
    scripts = "".join(
        f'<script src="{(live.SOURCES / script).as_uri()}"></script>'
        for script in live.SCRIPTS
    )
    models = '[{"name": "none", "title": "", "label": "", "examples": ["a"]}]'
    page = tmp_path / "page.html"
    page.write_text(
        "<meta charset='utf-8'>"
        f"<div class='s2s-live' data-show='map' data-models='{models}'></div>{scripts}"
    )
    tab = browser.new_page()
    tab.goto(page.as_uri())
    tab.get_by_text("models/none.js does not load").wait_for()
    tab.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_too_wide_for_a_phone_at_any_step(browser, scheme):
    tab = open_page(browser, NARROW, color_scheme=scheme)
    ready(tab)
    for name, texts in MODELS.items():
        choose(tab, name)
        tab.get_by_label("Beam", exact=True).select_option("4")
        for text in [*texts, "twice " * 40, "1" * 60, "☃" * 70]:
            typed(tab, text)
            assert tab.evaluate("document.documentElement.scrollWidth") <= 390, text
    assert not tab.complaints
    tab.context.close()


def test_the_page_does_not_move_while_it_loads_or_plays(browser):
    tab = open_page(browser)
    tab.clock.install()
    ready(tab)
    height = "document.querySelector('.s2s-live').getBoundingClientRect().height"
    whole = tab.evaluate(height)
    tab.get_by_role("button", name="Start").click()
    assert tab.evaluate(height) == whole
    tab.get_by_role("button", name="Play").click()
    tab.clock.run_for(3000)
    assert tab.evaluate(height) == whole
    assert tab.evaluate(SHIFTED) < 0.02
    tab.context.close()


def test_without_javascript_a_picture_stands_there(browser):
    tab = open_page(browser, java_script_enabled=False)
    picture = tab.locator(".s2s-live img")
    picture.scroll_into_view_if_needed()
    assert picture.is_visible()
    assert len(picture.get_attribute("alt")) > 60
    source = (PAGE.parent / picture.get_attribute("src")).resolve()
    assert source.stat().st_size <= 200_000
    assert "JavaScript" in tab.locator(".s2s-live").inner_text()
    tab.context.close()


def test_each_model_is_a_small_file_that_only_its_readers_load(tab):
    files = sorted((SITE / "_static" / "models").iterdir())
    assert [path.stem for path in files] == sorted(MODELS) == sorted(live.MODELS)
    assert all(path.stat().st_size < 500_000 for path in files)
    assert not [url for url in tab.requests if url.endswith("models/scan.js")]
    for page in (SITE / "index.html", SITE / "references.html"):
        text = page.read_text(encoding="utf-8")
        assert "_static/live" not in text and "_static/models" not in text


# ---- The small versions on other pages

SMALL = {
    "encoder": ("sentences", [".s2s-reads", ".s2s-map"], [".s2s-writes", ".s2s-bars", ".s2s-tree"]),
    "decoder": ("sentences", [".s2s-writes", ".s2s-bars"], [".s2s-reads", ".s2s-map", ".s2s-tree"]),
    "generator": ("early", [".s2s-bars", ".s2s-tree"], [".s2s-reads", ".s2s-map", ".s2s-writes"]),
}  # fmt: skip


@pytest.mark.parametrize("name", SMALL)
def test_a_small_version_shows_its_parts_and_its_steps_alone(browser, nets, name):
    model, there, missing = SMALL[name]
    page = SITE / "architecture" / f"{name}.html"
    tab = open_page(browser, NARROW, page)
    tab.locator(".s2s-said", has_text="read").wait_for()
    typed(tab, "어제 그는 공원에서 사과를 먹었다")
    assert all(tab.locator(part).count() == 1 for part in there)
    assert not any(tab.locator(part).count() for part in missing)
    tab.get_by_role("button", name="Start").click()
    assert said(tab).startswith("Step 0." if name == "encoder" else "Step 5.")
    tab.get_by_role("button", name="End").click()
    if name == "encoder":
        assert said(tab).startswith("Step 5. The encoder has read all 5 words.")
    else:
        expected = nets[model].translate(["어제 그는 공원에서 사과를 먹었다"])
        assert [answer(tab)] == expected
    assert tab.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    assert not tab.evaluate(NAMELESS)
    assert not tab.complaints
    tab.context.close()


@pytest.mark.parametrize("name", SMALL)
def test_a_small_version_has_its_own_picture_without_javascript(browser, name):
    page = SITE / "architecture" / f"{name}.html"
    tab = open_page(browser, page=page, java_script_enabled=False)
    picture = tab.locator(".s2s-live img")
    assert picture.is_visible()
    assert f"playground_{name}" in picture.get_attribute("src")
    tab.context.close()


def test_the_slider_over_the_memorization_curves_is_moved_by_keys(browser):
    page = SITE / "limitations" / "memorization.html"
    tab = open_page(browser, NARROW, page)
    slider = tab.get_by_label("Size H of the vector")
    slider.focus()
    seen = []
    for group in live.groups_of_curves():
        tab.get_by_label("Model and words").select_option(group["name"])
        slider.press("Home")
        for curve in group["curves"]:
            expected = f"H = {curve['H']}: half of the copies are exact at length {curve['reach']:.1f}."
            assert expected in said(tab)
            assert expected in tab.locator(".s2s-plot").get_attribute("aria-label")
            assert slider.get_attribute("aria-valuetext") == f"H = {curve['H']}"
            seen.append(curve["H"])
            slider.press("ArrowRight")
    assert len(seen) == 30
    assert tab.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    assert not tab.complaints
    tab.context.close()


def test_the_slider_shows_the_stored_runs():
    (gru, *_) = live.groups_of_curves()
    smallest = gru["curves"][0]
    assert (smallest["H"], smallest["median"][0]) == (16, 1.0)
    assert all(
        least <= median <= most
        for curve in gru["curves"]
        for least, median, most in zip(curve["least"], curve["median"], curve["most"])
    )
