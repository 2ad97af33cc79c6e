"""Search one reader for a file that it does not name, guided by which lines each file reaches, with atheris.

    pip install atheris
    TMPDIR=/dev/shm python tests/fuzz.py tar -max_total_time=600

The first argument is one of `readers.KINDS`; all others are libFuzzer's. It ends by itself, or with the file that made
the reader raise another error than its own, hang, or take more memory than libFuzzer allows (2 GB).
"""

import os
import sys
import tempfile
import warnings
from pathlib import Path

import atheris

with atheris.instrument_imports():
    import readers


def main():
    kind, *options = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        os.environ["S2S_DATA"] = folder
        reader = readers.reader(kind, Path(folder))
        seeds = Path(folder) / "seeds"
        seeds.mkdir()
        (seeds / "whole").write_bytes(reader.whole)

        def read(data):
            reader.path.write_bytes(data)
            try:
                reader.read(reader.path)
            except reader.error as error:
                if type(error) is not reader.error or reader.path.name not in str(
                    error
                ):
                    raise RuntimeError("another error, or no name in it") from error

        warnings.simplefilter("error")
        atheris.Setup([sys.argv[0], "-timeout=10", *options, str(seeds)], read)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
