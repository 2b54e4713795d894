"""The shipped folders are found in a checkout, in an editable install and in a built wheel."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from reviewbot import resources

ROOT = Path(__file__).parent.parent
# -S and -I: only the unpacked wheel is importable, not the environment that the tests run in.
ASK = """
import site, sys
site.addsitedir(sys.argv[1])
from reviewbot import resources
print(resources.folder("prompts"), resources.folder("rules"), sep="\\n")
"""


def built(folder, *, editable):
    hook = "build_editable" if editable else "build_wheel"
    code = f"import sys, hatchling.build; print(hatchling.build.{hook}(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", code, str(folder)], cwd=ROOT, check=True, capture_output=True, timeout=100)
    (wheel,) = folder.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(folder / "site")
    asked = [sys.executable, "-I", "-S", "-c", ASK, str(folder / "site")]
    answer = subprocess.run(asked, check=True, capture_output=True, text=True, timeout=60, cwd=folder)
    return [Path(line) for line in answer.stdout.splitlines()]


def files(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_checkout_has_them_at_its_top():
    assert resources.folder("prompts") == ROOT / "prompts"
    assert resources.folder("rules") == ROOT / "rules"


def test_a_built_wheel_carries_them(tmp_path):
    for name, found in zip(("prompts", "rules"), built(tmp_path, editable=False), strict=True):
        assert found == tmp_path / "site" / "reviewbot" / "_data" / name
        assert files(found) == files(ROOT / name)


def test_an_editable_install_uses_the_checkout(tmp_path):
    assert built(tmp_path, editable=True) == [ROOT / "prompts", ROOT / "rules"]


@pytest.mark.parametrize("name", ["prompts", "rules"])
def test_nothing_but_data_is_shipped(name):
    assert not [path for path in files(resources.folder(name)) if path.endswith((".py", ".pyc"))]
