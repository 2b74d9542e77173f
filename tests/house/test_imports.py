"""What importing kaiyan costs and brings: nothing heavy, and the public names are all there."""

import subprocess
import sys

import kaiyan


def _fresh(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


HEAVY = {"numpy", "torch", "llvmlite", "PIL"}
LOADED = f"import sys; print(sorted({{name.partition('.')[0] for name in sys.modules}} & set({sorted(HEAVY)})))"


def test_importing_kaiyan_imports_no_array_library() -> None:
    assert _fresh(f"import kaiyan; {LOADED}") == "[]"


def test_describing_a_convolution_imports_no_array_library() -> None:
    assert _fresh(f"import kaiyan; kaiyan.Conv(3, 8, 3).output_shape((1, 3, 9, 9)); {LOADED}") == "[]"


def test_computing_on_numpy_imports_no_torch() -> None:
    code = "import numpy as np, kaiyan; kaiyan.conv(np.ones((1, 1, 4)), np.ones((1, 1, 2)))"
    assert _fresh(f"{code}; {LOADED}") == "['llvmlite', 'numpy']"


def test_what_is_imported_is_seen() -> None:
    assert _fresh(f"import numpy; {LOADED}") == "['numpy']"


def test_every_public_name_can_be_had_and_is_documented() -> None:
    assert kaiyan.__all__[:-1] == sorted(kaiyan.__all__[:-1])
    for name in kaiyan.__all__[:-1]:
        assert getattr(kaiyan, name).__doc__


def test_see_stays_a_function_after_its_room_was_entered() -> None:
    code = "import kaiyan.pictures.see, kaiyan; print(callable(kaiyan.see), callable(kaiyan.conv))"
    assert _fresh(code) == "True True"


def test_an_unknown_name_is_an_attribute_error() -> None:
    assert not hasattr(kaiyan, "convolve_all_the_things")
