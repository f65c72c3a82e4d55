"""Makes tones to speak with, and measures what was heard."""

import copy
import struct
import wave
from pathlib import Path

import numpy as np

AMPLITUDE = 10_362


def write_tone(path: Path, hertz: int, rate: int, channels: int = 1, seconds: int = 60) -> None:
    time = np.arange(rate * seconds) / rate
    samples = np.round(AMPLITUDE * np.sin(2 * np.pi * hertz * time)).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.repeat(samples, channels).tobytes())


class Heard:
    """A recording, from which the tone of each moment can be read."""

    def __init__(self, path: Path):
        # The phone writes the lengths when it closes the file, so an open recording is read to its real end.
        data = path.read_bytes()
        form, start = data.find(b"fmt "), data.find(b"data")
        self.rate, self.samples = 8_000, np.zeros(0)
        if form < 0 or start < 0:
            return
        channels, self.rate = struct.unpack_from("<HI", data, form + 10)
        body = data[start + 8 :]
        samples = np.frombuffer(body[: len(body) // (2 * channels) * 2 * channels], dtype="<i2")
        self.samples = samples[::channels].astype(float)

    @property
    def level(self) -> float:
        """The root mean square, in the samples' unit."""
        return float(np.sqrt(np.mean(self.samples**2))) if len(self.samples) else 0.0

    def last(self, seconds: float) -> "Heard":
        """The end of the recording."""
        end = copy.copy(self)
        end.samples = self.samples[-int(seconds * self.rate) :]
        return end

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.rate

    def amplitude(self, hertz: float, start: float = 0.0, end: float | None = None) -> float:
        """The amplitude of one tone between two moments, in the samples' unit."""
        piece = self.samples[int(start * self.rate) : None if end is None else int(end * self.rate)]
        if len(piece) == 0:
            return 0.0
        turn = np.exp(-2j * np.pi * hertz * np.arange(len(piece)) / self.rate)
        return 2 * abs(np.dot(piece, turn)) / len(piece)

    def windows(self, hertz: float, length: float = 0.1) -> list[float]:
        """The amplitude of one tone in each window of the given length."""
        count = int(self.seconds / length)
        return [self.amplitude(hertz, at * length, (at + 1) * length) for at in range(count)]

    def longest(self, hertz: float, above: float = 8_000, length: float = 0.1) -> float:
        """For how many seconds on end the tone was heard loud."""
        best = run = 0
        for amplitude in self.windows(hertz, length):
            run = run + 1 if amplitude > above else 0
            best = max(best, run)
        return best * length
