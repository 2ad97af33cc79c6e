"""Shell commands as templates; the pairs are made up here, in the manner of the corpus."""

import pytest

from s2s_np.tasks.nl2bash import (
    NotPlainError,
    fill,
    prepared_pairs,
    request_words,
    source,
    split_command,
    split_pairs,
    template,
    without_quotes,
)

NAMES = ["ant", "bee", "cat", "dog", "eel", "fox", "gnu", "hen", "ibex", "jay"]
PAIRS = [
    (f'Find files "{name}.{end}" in /{name}', f"find /{name} -name '{name}.{end}'")
    for name in NAMES
    for end in ("txt", "log", "py")
]


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("find . -name '*.txt' -type f", "find . -name PATTERN -type f"),
        ("find /tmp -size +10M -mtime -7", "find PATH -size SIZE -mtime NUMBER"),
        ("find . -exec chmod 644 {} \\;", "find . -exec chmod NUMBER {} \\;"),
        ("find . -print0|xargs -0 -n 1 rm -f", "find . -print0 | xargs -0 -n NUMBER rm -f"),
        ("sudo /bin/ls -l $HOME", "sudo ls -l VARIABLE"),
        ("sort -t, -k2 a.csv > out.txt", "sort -tTEXT -kNUMBER PATH > PATH"),
        ("head -5 x 2>/dev/null; tail -n10 y", "head NUMBER TEXT 2> PATH ; tail -nNUMBER TEXT"),
        ("awk '{print $1; exit}' f", "awk TEXT TEXT"),
        ('grep "a|b" f && echo it\\ is', "grep TEXT TEXT && echo TEXT"),
        ("tar --file=x.tar -x", "tar --file=PATH -x"),
    ],
)  # fmt: skip
def test_a_template_keeps_utilities_options_and_signs_and_types_the_arguments(command, expected):  # fmt: skip
    assert template(command) == expected


@pytest.mark.parametrize(
    "command",
    [
        "",
        "   ",
        "echo $(date)",
        "echo `date`",
        "diff <(ls) <(ls)",
        "for f in *; do rm $f; done",
        "x=3",
        "(cd /tmp)",
        "echo 'open",
        'echo "open',
        "echo naïve",
        "echo a\necho b",
        "cat << end",
        "ls | 'two words'",
    ],
)
def test_a_command_that_is_no_plain_chain_is_refused_by_name(command):
    with pytest.raises(NotPlainError, match=r"stands|begins|empty"):
        template(command)


def test_a_command_is_split_at_its_signs_and_not_inside_quotes():
    assert split_command("a 'b | c'|d>>e 2>&1") == ["a", "'b | c'", "|", "d", ">>", "e", "2>&1"]  # fmt: skip


def test_typed_words_of_a_request_become_their_types():
    words, values = request_words('Find all "*.txt" files bigger than 10M, in /tmp (not "old ones").')  # fmt: skip
    assert " ".join(words) == "find all PATTERN files bigger than SIZE in PATH not TEXT"
    assert values == [("PATTERN", "*.txt"), ("SIZE", "10M"), ("PATH", "/tmp"), ("TEXT", "old ones")]  # fmt: skip


def test_a_template_is_filled_with_the_arguments_of_the_request_in_their_order():
    request = 'print 3 lines of /a and "b c" and 5'
    assert fill("head -nNUMBER PATH | grep TEXT | tail NUMBER NUMBER", request) == (
        "head", "-n3", "/a", "|", "grep", "b c", "|", "tail", "5", "NUMBER",
    )  # fmt: skip
    assert without_quotes(["grep", "'b c'"]) == without_quotes(["grep", '"b c"'])


def test_pairs_are_prepared_and_what_is_left_out_is_counted():
    odd = [
        ("run", "echo $(date)"),
        ("", "ls"),
        ("long", "echo " + "a " * 40),
        (PAIRS[0][0] + " ", PAIRS[0][1]),
    ]
    pairs, left_out = prepared_pairs(PAIRS + odd)
    assert len(pairs) == len(PAIRS)
    assert left_out == {"form": 1, "length": 2, "twice": 1}
    assert pairs[0].template == "find PATH -name PATH"
    assert source(pairs[0]) == "find files PATH in PATH"


def test_rare_utilities_are_left_out(monkeypatch):
    monkeypatch.setattr("s2s_np.tasks.nl2bash.UTILITIES", 1)
    pairs, left_out = prepared_pairs([*PAIRS, ("show", "ls -l")])
    assert len(pairs) == len(PAIRS)
    assert left_out == {"utility": 1}


def test_no_request_and_no_command_of_one_list_stands_in_another():
    pairs, _ = prepared_pairs(
        [(f"list {n} and {m}", f"ls {m}") for n in NAMES for m in NAMES]
        + [(f"erase {n}", f"rm {n}") for n in NAMES]
        + [(f"show {n}", f"cat {n}") for n in NAMES]
    )
    train, valid, test = split_pairs(pairs)
    assert sum(map(len, (train, valid, test))) == len(pairs)
    assert all((train, valid, test))
    for one, other in ((train, valid), (train, test), (valid, test)):
        assert not {source(p) for p in one} & {source(p) for p in other}
        assert not {p.command for p in one} & {p.command for p in other}


def test_a_handful_of_pairs_cannot_be_split():
    pairs, _ = prepared_pairs(PAIRS[:3])
    with pytest.raises(ValueError, match="3 pairs; expected at least 12"):
        split_pairs(pairs)
