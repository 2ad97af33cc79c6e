"""The source of a function, shown on a page as it runs (book: index)."""

import ast
import inspect
from textwrap import dedent


def show(*objects, docstring=False):
    """Display the source of functions, classes or methods as Python, below the name of the file they stand in.

    What is shown is read from the running package, so that a page cannot drift from the code. Docstrings are
    left out, since the page says the same at length, unless `docstring` is true; comments stay.
    Raises TypeError for what has no source in Python, ModuleNotFoundError where IPython is missing.
    """
    try:
        from IPython.display import Markdown, display
    except ImportError as error:
        raise ModuleNotFoundError(
            "show needs IPython, which comes with Jupyter: pip install ipython"
        ) from error
    display(Markdown(markdown(*objects, docstring=docstring)))


def markdown(*objects, docstring=False):
    """Return the Markdown that `show` displays."""
    blocks, above = [], None
    for thing in map(inspect.unwrap, objects):
        source = dedent(inspect.getsource(thing)).rstrip()
        path = thing.__module__.replace(".", "/") + ".py"
        if path != above:
            blocks.append(f"`{path}`")
        blocks.append(
            f"```python\n{source if docstring else without_docstrings(source)}\n```"
        )
        above = path
    return "\n\n".join(blocks)


def without_docstrings(source):
    """Return `source`, of a function or class, without its docstrings; one that is a whole body stays."""
    lines = source.splitlines()
    dropped = set()
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, (ast.FunctionDef, ast.ClassDef))
            and ast.get_docstring(node)
            and len(node.body) > 1
        ):
            text = node.body[0]
            dropped.update(range(text.lineno, text.end_lineno + 1))
            if not lines[text.end_lineno]:  # the line after the docstring is blank
                dropped.add(text.end_lineno + 1)
    return "\n".join(
        line for number, line in enumerate(lines, 1) if number not in dropped
    )
