"""Files of strangers: damaged, cut off, or made to do harm. Each reader says what is wrong; nothing else happens."""

import ast
import gzip
import json
import lzma
import signal
import struct
import tracemalloc
import zlib
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import readers
from hypothesis import given, settings
from hypothesis import strategies as st
from readers import KINDS, RESULTS, SOUNDS, TEXT, fit, of_corpus, small_model, sound
from resumed_run import VOCAB
from safetensors.numpy import save

from s2s_np import CheckpointError, Seq2Seq, Vocab
from s2s_np.checkpoint import FORMAT, load_checkpoint, save_checkpoint
from s2s_np.corpora import ChangedCorpusError
from s2s_np.results import ResultsError, read_results
from s2s_np.tasks.speech_recognition import read_wav

ROOT = Path(__file__).parent.parent
SECONDS = 10  # in which any file must have been read
MARGIN = 16 << 20  # bytes that reading may take beside forty times the file

# examples: of a default run, and of a thorough one
EXAMPLES = [100, pytest.param(1000, marks=pytest.mark.exhaustive)]


@pytest.fixture(params=KINDS)
def reader(request, tmp_path, monkeypatch):
    monkeypatch.setenv("S2S_DATA", str(tmp_path))
    return readers.reader(request.param, tmp_path)


@contextmanager
def bounded(size):
    """Fail if what is inside takes more than its share of memory, or too long."""

    def late(*_):
        raise AssertionError(f"not read within {SECONDS} seconds")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(SECONDS)
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    assert peak < 40 * size + MARGIN, f"{peak} bytes for a file of {size}"


def read(reader, path, content, error):
    """Read a file of this content: either it is read, or the error says which file is wrong. Return whether it is."""
    path.write_bytes(content)
    raised = None
    with bounded(len(content)):
        try:
            reader(path)
        except Exception as caught:
            raised = caught
    if raised is not None:
        assert type(raised) is error, repr(raised)
        assert path.name in str(raised)
    return raised is None


def bytes_like(whole):
    """Draw what becomes of a file: bytes changed, lost, added, doubled, cut off, or numbers made as large as can be."""
    places = st.integers(0, len(whole))
    edits = st.tuples(
        st.sampled_from(["change", "lose", "add", "double", "cut", "largest"]),
        places,
        st.integers(1, 64),
        st.binary(min_size=1, max_size=16),
    )

    def apply(edits):
        content = bytearray(whole)
        for kind, place, length, new in edits:
            end = place + length
            if kind == "change":
                content[place : place + len(new)] = new
            elif kind == "lose":
                del content[place:end]
            elif kind == "add":
                content[place:place] = new
            elif kind == "double":
                content[place:place] = content[place:end]
            elif kind == "cut":
                del content[place:]
            else:
                content[place : place + 8] = b"\xff" * 8
        return bytes(content)

    return st.lists(edits, min_size=1, max_size=4).map(apply)


@pytest.mark.parametrize("examples", EXAMPLES)
def test_a_damaged_file_is_named_by_its_reader(reader, examples):
    read_it, path, whole, error = reader
    assert read(read_it, path, whole, error)
    refused = []

    @settings(max_examples=examples)
    @given(bytes_like(whole))
    def check(content):
        refused.append(not read(read_it, path, content, error))

    check()
    assert sum(refused) > examples / 4


# What JSON can say in the place of anything else.
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from([10**9, 2**31, 2**63, 2**64, -1, 1e308, "x" * 1000]),
    st.sampled_from([[], {}, ["a"] * 5, [[[[]]]], {"a": {"b": None}}]),
)


def places(value, path=()):
    """Yield the path of every part of a value of JSON."""
    if path:
        yield path
    keys = range(len(value)) if isinstance(value, list) else ()
    for key in value if isinstance(value, dict) else keys:
        yield from places(value[key], (*path, key))


def changed(value, edits):
    """Return a copy of a value of JSON with some parts replaced, or taken away."""
    value = json.loads(json.dumps(value))
    for path, kind, new in edits:
        try:
            parent = value
            for key in path[:-1]:
                parent = parent[key]
            if kind == "replace":
                parent[path[-1]] = json.loads(
                    json.dumps(new)
                )  # a copy, which another edit may change
            else:
                del parent[path[-1]]
        except (KeyError, IndexError, TypeError):  # gone with an edit before
            continue
    return value


def json_like(value):
    """Draw what becomes of a value of JSON."""
    kinds = st.sampled_from(["replace", "replace", "lose"])
    edits = st.lists(st.tuples(st.sampled_from(list(places(value))), kinds, ODD), min_size=1, max_size=3)  # fmt: skip
    return edits.map(lambda edits: changed(value, edits))


@pytest.mark.parametrize("examples", EXAMPLES)
@pytest.mark.parametrize("read_it", [Seq2Seq.load, fit])
def test_a_checkpoint_whose_description_lies_is_named(tmp_path, read_it, examples):
    """Whole files, whose settings, vocabularies, random numbers, history … are anything that JSON can say."""
    path = tmp_path / "x"
    fit(path)
    tensors, description = load_checkpoint(path)

    @settings(max_examples=examples)
    @given(json_like(description))
    def check(description):
        save_checkpoint(path, tensors, description)
        read(read_it, path, path.read_bytes(), CheckpointError)

    check()


@pytest.mark.parametrize("examples", EXAMPLES)
def test_a_checkpoint_whose_tensors_lie_is_named(tmp_path, examples):
    """Whole files again, with tensors of other shapes and types, too many and too few of them."""
    path = tmp_path / "x"
    small_model().save(path)
    tensors, description = load_checkpoint(path)
    metadata = {"format": FORMAT, "description": json.dumps(description)}
    names = st.sampled_from(sorted(tensors))
    types = st.sampled_from(["float16", "float64", "int8", "uint64", "bool", "complex64"])  # fmt: skip
    shapes = st.lists(st.integers(0, 5), max_size=4)
    kinds = st.sampled_from(["type", "shape", "lose", "more", "nan"])

    @settings(max_examples=examples)
    @given(st.lists(st.tuples(names, kinds, types, shapes), min_size=1, max_size=3))
    def check(edits):
        odd = dict(tensors)
        for name, kind, dtype, shape in edits:
            if kind == "lose":
                odd.pop(name, None)
            elif kind == "more":
                odd[f"{name}.more"] = np.zeros(shape, dtype)
            elif kind == "nan":
                odd[name] = np.full_like(tensors[name], np.nan)
            elif kind == "type":
                odd[name] = tensors[name].astype(dtype)
            else:
                odd[name] = np.zeros(shape, np.float32)
        read(Seq2Seq.load, path, save(odd, metadata=metadata), CheckpointError)

    check()


@pytest.mark.parametrize("examples", EXAMPLES)
def test_results_that_are_anything_json_can_say_are_named(tmp_path, examples):
    lines = [json.loads(line) for line in RESULTS.splitlines()]

    @settings(max_examples=examples)
    @given(json_like(lines))
    def check(lines):
        content = "".join(json.dumps(line) + "\n" for line in lines).encode()
        read(read_results, tmp_path / "x", content, ResultsError)

    check()


@pytest.mark.parametrize("examples", EXAMPLES)
def test_a_vocabulary_that_is_anything_json_can_say_is_refused(examples):
    vocab = {"tokens": VOCAB.tokens, "level": "char"}

    @settings(max_examples=examples)
    @given(json_like(vocab))
    def check(vocab):
        try:
            made = Vocab(vocab.get("tokens"), vocab.get("level"))
        except (TypeError, ValueError):
            return
        assert made.decode(range(3, len(made))) == "".join(made.tokens[3:]) or made.level == "word"  # fmt: skip

    check()


# Made to do harm ------------------------------------------------------------------------------------------------


def safetensors(header, data=b""):
    header = json.dumps(header).encode()
    return struct.pack("<Q", len(header)) + header + data


@pytest.mark.parametrize(
    "content",
    [
        struct.pack("<Q", 2**63) + b"{}",
        struct.pack("<Q", 90_000_000) + b"{}",
        safetensors({"a": {"dtype": "F32", "shape": [10**12], "data_offsets": [0, 4 * 10**12]}}),
        safetensors({"a": {"dtype": "F32", "shape": [10**12], "data_offsets": [0, 4]}}, b"abcd"),
        safetensors({"a": {"dtype": "F32", "shape": [2**32, 2**32], "data_offsets": [0, 0]}}),
        safetensors({"a": {"dtype": "F32", "shape": [1], "data_offsets": [2**64 - 4, 0]}}, b"abcd"),
        safetensors({"__metadata__": {"format": FORMAT, "description": "[" * 200_000}}),
        safetensors({"__metadata__": {"format": FORMAT, "description": "9" * 200_000}}),
        safetensors({"__metadata__": {"format": FORMAT, "description": "[]"}}),
    ],
    ids=range(9),
)  # fmt: skip
def test_a_checkpoint_that_promises_more_than_it_holds_is_refused(tmp_path, content):
    assert not read(Seq2Seq.load, tmp_path / "x", content, CheckpointError)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("hidden_size", 100_000),
        ("embedding_size", 10**12),
        ("num_layers", 10**12),
        ("hidden_size", 10**400),
    ],
)
def test_settings_of_a_huge_model_are_refused_before_it_is_made(tmp_path, setting, value):  # fmt: skip
    model = small_model()
    description = model.description
    description["config"] = model.config | {setting: value}
    save_checkpoint(tmp_path / "x", model.state_dict(), description)
    content = (tmp_path / "x").read_bytes()
    assert not read(Seq2Seq.load, tmp_path / "x", content, CheckpointError)


def test_two_small_weights_do_not_add_up_to_a_large_one(tmp_path):
    """Each size is one that some tensor has, yet their product, a weight that is missing, would be a hundred times
    the file."""
    model = small_model()
    tensors = model.state_dict()
    tensors["decoder.embedding.weight"] = np.zeros((10, 30_000), np.float32)
    tensors["decoder.rnn.weight_hh_l0"] = np.zeros((900, 300), np.float32)
    description = model.description
    description["config"] = model.config | {"embedding_size": 30_000, "hidden_size": 300}  # fmt: skip
    save_checkpoint(tmp_path / "x", tensors, description)
    content = (tmp_path / "x").read_bytes()
    assert not read(Seq2Seq.load, tmp_path / "x", content, CheckpointError)


@pytest.fixture
def stranger(tmp_path, monkeypatch):
    """Put a packed file in the place of a corpus, and return whether it was read."""
    monkeypatch.setenv("S2S_DATA", str(tmp_path))

    def put(file, content, suffix):
        reader = of_corpus(file, SOUNDS if file.endswith(".tar") else TEXT)
        folder = tmp_path / f"stranger {file}"
        folder.mkdir(exist_ok=True)
        return read(reader, folder / f"{file}{suffix}", content, ChangedCorpusError)

    return put


@pytest.mark.parametrize(
    ("pack", "suffix"), [(gzip.compress, ".gz"), (lzma.compress, ".xz")]
)
def test_of_a_file_that_unpacks_to_far_more_only_a_little_is_unpacked(
    stranger, pack, suffix
):
    assert stranger("x", pack(TEXT), suffix)
    assert not stranger("x", pack(bytes(100 << 20)), suffix)
    assert not stranger("x.tar", pack(bytes(100 << 20)), suffix)


def test_a_file_that_wants_a_dictionary_of_gigabytes_is_refused(stranger):
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 16}]
    packed = lzma.compress(TEXT, filters=filters)
    assert stranger("x", packed, ".xz")
    block = bytearray(packed[12:24])  # the header of the block, checksum at its end
    block[4] = 36  # a dictionary of 1 GiB, as the format writes it
    block[-4:] = struct.pack("<I", zlib.crc32(block[:-4]))
    assert not stranger("x", packed[:12] + bytes(block) + packed[24:], ".xz")


def header(name, size, kind=b"0", more=b""):
    """Return the header of a member of an archive, whose size is written in eleven digits if it fits these."""
    if 0 <= size < 8**11:
        number = b"%011o\0" % size
    else:
        number = bytes([0x80 if size > 0 else 0xFF]) + size.to_bytes(11, "big", signed=True)  # fmt: skip
    block = bytearray(512)
    block[:100] = name.ljust(100, b"\0")
    block[100:124] = b"0000644\0" + b"0000000\0" * 2
    block[124:136] = number
    block[136:148] = b"00000000000\0"
    block[156:157] = kind
    block[257:265] = b"ustar  \0" if more else b"ustar\x0000"
    block[386 : 386 + len(more)] = more
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


# Of an old GNU sparse file: one piece, and the size that it has when unpacked, eight gigabytes.
SPARSE = b"%011o\0%011o\0" % (0, 0) + bytes(72) + b"\0" + b"%011o\0" % (8**11 - 1)


@pytest.mark.parametrize(
    "content",
    [
        header(b"a/0_x_1.wav", 8**11 - 1),
        header(b"a/0_x_1.wav", 10**18),
        header(b"a/0_x_1.wav", -512),
        header(b"a/0_x_1.wav", -1024) + bytes(1024),
        header(b"a/x", 0) + header(b"a/0_x_1.wav", -512) + bytes(1024),
        header(b"././@LongLink", -512, b"L") + header(b"a/0_x_1.wav", 0),
        header(b"././@LongLink", 10**18, b"L") + bytes(512),
        header(b"a", -512, b"x") + bytes(512),
        header(b"././@LongLink", 1, b"L") + bytes(512),
        (header(b"././@LongLink", 1, b"L") + bytes(512)) * 800,
        header(b"a/0_x_1.wav", 0, b"S", SPARSE) + bytes(1024),
    ],
    ids=range(11),
)
def test_an_archive_whose_members_lie_is_refused(stranger, content):
    assert not stranger("x.tar", content, "")


@pytest.mark.parametrize("size", [2**32 - 1, 2**31, 10**9])
def test_a_sound_that_claims_to_be_longer_than_its_file_takes_no_more_memory(
    tmp_path, size
):
    content = bytearray(sound())
    content[4:8] = content[40:44] = struct.pack("<I", size)
    read(read_wav, tmp_path / "x", bytes(content), ValueError)


@pytest.mark.parametrize(
    "line",
    ["[" * 200_000, "9" * 200_000, '{"a":' * 100_000, "NaN", "1e999", "\ud800"],
    ids=range(6),
)
def test_a_result_that_is_nested_too_deep_or_no_number_is_refused(tmp_path, line):
    line = line.encode("utf-8", "surrogatepass")
    for content in (RESULTS + line, line):
        assert not read(read_results, tmp_path / "x", content, ResultsError)


# No code in data ------------------------------------------------------------------------------------------------

FORBIDDEN_MODULES = {"pickle", "cPickle", "_pickle", "marshal", "shelve", "dill", "joblib", "cloudpickle"}  # fmt: skip
FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__"}


def forbidden(source):
    """Yield what a source does that could make data into code."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                modules = {alias.name.partition(".")[0] for alias in names}
                yield from modules & FORBIDDEN_MODULES
            case ast.ImportFrom(module=str(module)):
                yield from {module.partition(".")[0]} & FORBIDDEN_MODULES
            case ast.Call(func=ast.Name(id=name)) if name in FORBIDDEN_CALLS:
                yield f"{name}()"
            case ast.keyword(arg="allow_pickle", value=value):
                if not (isinstance(value, ast.Constant) and value.value is False):
                    yield "allow_pickle"


def sources():
    """Return the package's files and the book's scripts and notebooks, as Python."""
    found = {}
    for folder in ("s2s_np", "figures", "benchmarks", "book/_ext"):
        for path in (ROOT / folder).rglob("*.py"):
            found[str(path.relative_to(ROOT))] = path.read_text(encoding="utf-8")
    for path in (ROOT / "book").rglob("*.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]  # fmt: skip
        plain = [line for cell in code for line in cell.splitlines() if not line.startswith(("%", "!"))]  # fmt: skip
        found[str(path.relative_to(ROOT))] = "\n".join(plain)
    return found


def test_nothing_makes_data_into_code():
    found = {name: sorted(set(forbidden(source))) for name, source in sources().items()}
    assert len(found) > 80
    assert {name: what for name, what in found.items() if what} == {}


@pytest.mark.parametrize(
    "source",
    [
        "import pickle", "from pickle import loads", "import joblib.x", "eval('1')", "exec(text)",
        "np.load(path, allow_pickle=True)", "np.load(path, allow_pickle=flag)", "compile(text, '', 'exec')",
    ],
)  # fmt: skip
def test_the_search_finds_what_it_looks_for(source):
    assert list(forbidden(source))
