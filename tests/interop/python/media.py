"""The guest's camera and microphone, and how others' are recognised: the mark of tests/sandbox/src/mark.rs and tones."""

import numpy as np

SAMPLE_RATE_HZ = 48_000
TONE_AMPLITUDE = 0.1
SILENCE_RMS = 0.003

CELLS = 12
CELLS_PER_WIDTH = 40
CONTRAST_MIN = 80
WHITE, BLACK, GREY = 235, 16, 128


def _cells(number: int) -> list[bool]:
    bits = [bool(number >> (7 - bit) & 1) for bit in range(8)]
    return [True, False, True, *bits, sum(bits) % 2 == 1]


def picture(width: int, height: int, phase: float, number: int) -> bytes:
    """One I420 picture with the mark and a bar that moves with `phase`, 0 to 1."""
    luma = np.tile(np.linspace(60, 150, width, dtype=np.uint8), (height, 1))
    left = int(phase * (width - width // 8))
    luma[height // 3 : height // 2, left : left + width // 8] = 200
    side = width // CELLS_PER_WIDTH
    for cell, white in enumerate(_cells(number)):
        luma[side : 2 * side, side * (cell + 1) : side * (cell + 2)] = WHITE if white else BLACK
    return luma.tobytes() + bytes([GREY]) * (width // 2 * (height // 2) * 2)


def slide(width: int, height: int, phase: float, number: int) -> bytes:
    """One I420 picture as a laptop shares it: the mark, and lines that are grey once it was halved: two pixels wide, for
    those who show it somewhat smaller, and between the pairs of pixels that halving makes one of."""
    luma = np.full((height, width), 225, dtype=np.uint8)
    side = width // CELLS_PER_WIDTH
    for start in (1, 2):
        luma[15 * side : 16 * side, 2 * side + start : width - 2 * side : 4] = 40
    luma[-side:, : int(phase * width)] = 110
    for cell, white in enumerate(_cells(number)):
        luma[side : 2 * side, side * (cell + 1) : side * (cell + 2)] = WHITE if white else BLACK
    return luma.tobytes() + bytes([GREY]) * (width // 2 * (height // 2) * 2)


def read_mark(i420, width: int, height: int) -> int | None:
    """The number in a picture's mark, or None."""
    luma = np.frombuffer(i420, dtype=np.uint8, count=width * height).reshape(height, width)
    side = width / CELLS_PER_WIDTH
    if side < 2 or height < 2 * side:
        return None
    top, bottom = int(np.ceil(1.25 * side)), max(int(1.75 * side), int(np.ceil(1.25 * side)) + 1)
    means = []
    for cell in range(1, CELLS + 1):
        left, right = int(np.ceil((cell + 0.25) * side)), int((cell + 0.75) * side)
        means.append(float(luma[top:bottom, left : max(right, left + 1)].mean()))
    if max(means) - min(means) <= CONTRAST_MIN:
        return None
    bits = [mean > (max(means) + min(means)) / 2 for mean in means]
    number = sum(bit << (7 - index) for index, bit in enumerate(bits[3:11]))
    return number if bits == _cells(number) else None


def tone(hz: float, first_sample: int, samples: int) -> bytes:
    """16-bit mono samples of a continuous tone."""
    time = (first_sample + np.arange(samples)) / SAMPLE_RATE_HZ
    return (TONE_AMPLITUDE * 32767 * np.sin(2 * np.pi * hz * time)).astype(np.int16).tobytes()


def read_tone(samples: np.ndarray) -> float | None:
    """The strongest tone of 16-bit mono samples at 48 kHz in hertz, or None in silence."""
    wave = samples / 32768
    if float(np.sqrt(np.mean(wave**2))) < SILENCE_RMS:
        return None
    spectrum = np.abs(np.fft.rfft(wave * np.hanning(len(wave))))
    peak = int(spectrum[1:-1].argmax()) + 1
    left, top, right = np.log(spectrum[peak - 1 : peak + 2] + 1e-12)
    offset = (left - right) / (2 * (left - 2 * top + right))
    return float((peak + offset) * SAMPLE_RATE_HZ / len(wave))
