import ast
import inspect
import subprocess
import sys
from functools import wraps

import pytest

import s2s_np
from s2s_np.show import markdown, show, without_docstrings

COMMENTED = '''def area(r):
    """The area of a circle.

    r: its radius
    """

    # by hand
    return 3.14 * r * r   # roughly'''


def test_a_function_is_shown_below_its_file_in_a_python_block_as_it_is_written():
    text = markdown(without_docstrings)
    assert text.startswith(
        "`s2s_np/show.py`\n\n```python\ndef without_docstrings(source):\n    lines = "
    )
    assert text.endswith("\n    )\n```")


def test_the_docstring_is_shown_when_asked_for():
    assert '"""Return `source`' in markdown(without_docstrings, docstring=True)
    assert '"""' not in markdown(without_docstrings)


def test_comments_stay_where_the_docstring_goes():
    assert without_docstrings(COMMENTED) == (
        "def area(r):\n    # by hand\n    return 3.14 * r * r   # roughly"
    )


@pytest.mark.parametrize("name", s2s_np.__all__)
def test_all_that_the_package_offers_can_be_shown_and_is_still_python(name):
    thing = getattr(s2s_np, name)
    if not inspect.isroutine(thing) and not inspect.isclass(thing):
        pytest.skip(f"{name} is a constant")
    ast.parse(markdown(thing).partition("```python\n")[2].removesuffix("```"))


def test_a_class_is_shown_without_the_docstrings_of_its_methods():
    source = (
        'class A:\n    """A."""\n\n    def f(self):\n        """F."""\n        return 1'
    )
    assert without_docstrings(source) == "class A:\n    def f(self):\n        return 1"


def test_a_body_that_is_nothing_but_a_docstring_stays():
    source = 'class A(ValueError):\n    """A."""'
    assert without_docstrings(source) == source


def test_a_function_without_a_docstring_is_shown_whole():
    source = "def f(x):\n\n    return x"
    assert without_docstrings(source) == source


def test_a_method_is_shown_at_the_left_margin():
    from s2s_np.vocab import Vocab

    assert "```python\ndef tokenize(self, text):\n    return " in markdown(
        Vocab.tokenize
    )


def test_a_wrapped_function_is_shown_itself_and_not_its_wrapper():
    @wraps(markdown)
    def wrapper(*objects):
        return None

    assert markdown(wrapper) == markdown(markdown)


def test_functions_of_one_file_stand_below_one_name():
    from s2s_np.vocab import split

    text = markdown(markdown, without_docstrings, split)
    assert text.count("`s2s_np/show.py`\n") == 1
    assert (
        text.index("`s2s_np/show.py`\n")
        < text.index("def without_docstrings")
        < text.index("`s2s_np/vocab.py`\n")
    )


def test_what_is_not_written_in_python_is_refused():
    with pytest.raises(TypeError):
        markdown(len)


def test_show_displays_markdown(monkeypatch):
    import IPython.display

    shown = []
    monkeypatch.setattr(IPython.display, "display", shown.append)
    show(markdown)
    assert [type(output).__name__ for output in shown] == ["Markdown"]
    assert shown[0].data == markdown(markdown)


def test_without_ipython_show_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "IPython.display", None)
    with pytest.raises(ModuleNotFoundError, match="pip install ipython"):
        show(markdown)


def test_importing_the_module_does_not_import_ipython():
    code = "import sys, s2s_np.show; sys.exit('IPython' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
