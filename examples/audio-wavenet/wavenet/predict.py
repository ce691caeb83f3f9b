"""Use the model: sound (`python -m wavenet.predict --voice italian`), or the bits of wav files."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

from provenv_runtime.outputs import write_json

from . import data, mulaw, pictures, sounds, storage
from .data import VOICES
from .errors import WavenetError, run
from .generate import Generator
from .inference import needed
from .storage import Trained


def files(paths: Sequence[Path]) -> list[Path]:
    """Return the wav files that are named, and those in named folders."""
    found = []
    for path in paths:
        inside = sorted(path.rglob("*.wav")) if path.is_dir() else [path]
        if not inside:
            raise WavenetError(f"{path} holds no wav file")
        found += inside
    return found


def measure(model: Trained, paths: Sequence[Path]) -> None:
    """Say how many bits a sample each file takes with each voice: the voice that fits takes fewer."""
    kept = []
    for path in paths:
        prompt = data.read(path, path.as_posix(), 0)
        if not len(prompt.codes):
            raise WavenetError(f"{path} holds nothing but silence")
        bits = [needed(model.network, prompt, voice) / len(prompt.codes) for voice in range(len(VOICES))]
        said = ", ".join(f"{value:.3f} as {name}" for name, value in zip(VOICES, bits, strict=True))
        print(f"{path}: bits a sample {said}")
        kept.append({"file": path.as_posix(), "bits_per_sample": dict(zip(VOICES, bits, strict=True))})
    write_json("outputs/predicted.json", {"predictions": kept})


def speak(model: Trained, voice: str, seconds: float, seed: int, temperature: float, path: Path) -> None:
    """Write a sound of the voice."""
    began = time.perf_counter()
    generator = Generator(model.network, [VOICES.index(voice)])
    codes = generator.go_on(round(seconds * sounds.RATE), seed, temperature)[0]
    sounds.write(path, mulaw.decode(codes))
    print(f"{path}: {seconds:g} s of the {voice} voice, made in {time.perf_counter() - began:.1f} s")


def main() -> int:
    """Read the command line; make a sound, or measure files; with neither, the samples of the report."""
    parser = argparse.ArgumentParser(prog="python -m wavenet.predict", description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="*", type=Path, help="wav files (8 kHz, 16 bits, mono) and folders")
    parser.add_argument("--voice", choices=VOICES, help="make a sound of this voice")
    parser.add_argument("--seconds", type=float, default=2.0, help="how long (default: 2)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--temperature", type=float, default=pictures.TEMPERATURE, help="below 1: less noise")
    parser.add_argument("--to", type=Path, default=Path("outputs/sound.wav"), metavar="FILE")
    options = parser.parse_args()
    if options.seconds <= 0 or options.temperature <= 0:
        raise WavenetError("--seconds and --temperature have to be above 0")
    model = storage.load()
    if options.paths:
        measure(model, files(options.paths))
    elif options.voice:
        speak(model, options.voice, options.seconds, options.seed, options.temperature, options.to)
    else:
        test = data.divided(data.load(), model.settings)["test"]
        pictures.gallery(model, test, options.seed, options.temperature)
    return 0


if __name__ == "__main__":
    run(main)
