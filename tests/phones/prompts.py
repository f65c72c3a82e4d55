"""What the server says to callers: spoken here once more, to be recognised in what a phone has heard."""

import re
import subprocess
import wave
from pathlib import Path

import numpy as np

from tone import Heard

GATEWAY = Path(__file__).parents[2] / "sip-gateway"
TEXTS = GATEWAY / "prompts"
# In words a minute, as the build has them spoken.
SPEED = re.search(r'const SPEED: &str = "(\d+)"', (GATEWAY / "build.rs").read_text())[1]
STEP = 0.02


def texts(language: str) -> dict[str, str]:
    lines = (TEXTS / f"{language}.txt").read_text().splitlines()
    return dict(line.split(": ", 1) for line in lines if line.strip() and not line.startswith("#"))


def envelope(samples: np.ndarray, rate: int) -> np.ndarray:
    """How loud it is in each fiftieth of a second."""
    size = int(rate * STEP)
    frames = samples[: len(samples) // size * size].reshape(-1, size)
    return np.sqrt((frames**2).mean(axis=1))


def spoken(directory: Path, name: str, language: str = "fr") -> np.ndarray:
    """The envelope of a prompt, without the silence around it."""
    path = directory / f"{language}-{name}.wav"
    voice = {"fr": "fr", "en": "en-gb"}[language]
    subprocess.run(["espeak-ng", "-v", voice, "-s", SPEED, "-b", "1", "-w", path, "--", texts(language)[name]], check=True)
    with wave.open(str(path)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(float)
        levels = envelope(samples, file.getframerate())
    loud = np.flatnonzero(levels > levels.max() / 50)
    return levels[loud[0] : loud[-1] + 1]


def likeness(heard: Heard, prompt: np.ndarray) -> float:
    """How well the prompt fits where it fits best in a recording, from -1 to 1: its pauses and its loudness, over its whole length."""
    levels = envelope(heard.samples, heard.rate)
    if len(levels) < len(prompt):
        return 0.0
    windows = np.lib.stride_tricks.sliding_window_view(levels, len(prompt))
    centred = windows - windows.mean(axis=1, keepdims=True)
    wanted = prompt - prompt.mean()
    norms = np.linalg.norm(centred, axis=1) * np.linalg.norm(wanted)
    return float((centred @ wanted / np.maximum(norms, 1e-9)).max())
