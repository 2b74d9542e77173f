"""The page's moving pictures, opened by a reader that is not ours."""

import io
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

PIL = pytest.importorskip("PIL.Image")

WRITER = Path(__file__).parents[2] / "studio-web" / "src" / "stage" / "gif.mjs"
HEIGHT, WIDTH, FRAMES = 37, 53, 6

SCRIPT = """
import { createGif } from '%s'
const [height, width, frames] = [%d, %d, %d]
const palette = Array.from({ length: 255 }, (_, i) => [i, (7 * i) %% 256, 255 - i])
const entry = (frame) => (_, at) => (at * at * (frame + 1) + (at >> 5)) %% 255
const entries = (frame) => Uint8Array.from({ length: height * width }, entry(frame))
const file = createGif(width, height, palette)
for (let frame = 0; frame < frames; frame++)
  file.frame(entries(frame), 10 * (frame + 1))
process.stdout.write(file.done())
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="the page's modules run in node")
def test_pillow_reads_every_frame_of_a_gif_of_the_page() -> None:
    """Sizes, times and every pixel of every frame."""
    script = SCRIPT % (WRITER.as_uri(), HEIGHT, WIDTH, FRAMES)
    run = subprocess.run(["node", "--input-type=module", "-e", script], capture_output=True, check=True)
    film = PIL.open(io.BytesIO(run.stdout))
    assert (film.size, film.n_frames, film.info["loop"]) == ((WIDTH, HEIGHT), FRAMES, 0)
    at = np.arange(HEIGHT * WIDTH)
    for frame in range(FRAMES):
        film.seek(frame)
        assert film.info["duration"] == 100 * (frame + 1)
        entries = (at * at * (frame + 1) + (at >> 5)) % 255
        expected = np.stack([entries, 7 * entries % 256, 255 - entries], axis=-1)
        assert np.array_equal(np.asarray(film.convert("RGB")).reshape(-1, 3), expected)
