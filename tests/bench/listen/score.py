"""How well what was heard can be understood: STOI of each sentence (Taal, Hendriks, Heusdens, Jensen 2011, IEEE TASLP
19(7)), by pystoi, after the sentence was found in the recording.

    score.py SPOKEN.wav SENTENCES.json HEARD.wav...

SPOKEN is a loop of sentences, SENTENCES their begins and ends in seconds. A line of JSON for each HEARD, and first one
for SPOKEN itself with three packets of 20 ms in ten left out: what nothing done about it would sound like.
"""

import json
import sys
import wave

import numpy as np
from pystoi import stoi
from scipy.signal import fftconvolve, resample_poly

RATE = 16_000
# How far a sentence may be from where the whole recording's delay puts it, in seconds.
STRAY = 0.6


def read(path):
    with wave.open(path) as file:
        assert file.getframerate() == 48_000 and file.getsampwidth() == 2 and file.getnchannels() == 1, path
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
    return resample_poly(samples.astype(np.float64) / 32768, 1, 3)


def envelope(samples):
    """Loudness, a hundred times a second."""
    step = RATE // 100
    whole = samples[: len(samples) // step * step].reshape(-1, step)
    loud = np.log10(1e-4 + np.sqrt((whole**2).mean(axis=1)))
    return loud - loud.mean()


def offset(spoken, heard):
    """Where in the recording the loop begins, in samples."""
    spoken, heard = envelope(spoken), envelope(heard)
    twice = np.concatenate([spoken, spoken])
    match = fftconvolve(twice, heard[: len(spoken)][::-1], mode="valid")
    return -int(np.argmax(match[: len(spoken)])) * (RATE // 100)


def score(spoken, sentences, heard):
    values = []
    begins = offset(spoken, heard)
    for start, end in sentences:
        reference = spoken[int(start * RATE) : int(end * RATE)]
        stray = int(STRAY * RATE)
        at = (int(start * RATE) + begins) % len(spoken)
        # The recording may hold the sentence more than once.
        while at + len(reference) + stray <= len(heard):
            if at >= stray:
                piece = heard[at - stray : at + len(reference) + stray]
                match = fftconvolve(piece, reference[::-1], mode="valid")
                found = int(np.argmax(np.abs(match)))
                values.append(float(stoi(reference, piece[found : found + len(reference)], RATE)))
            at += len(spoken)
    return {
        "sentences": len(values),
        "stoi": float(np.mean(values)) if values else None,
        "worst": float(np.min(values)) if values else None,
    }


def gaps(samples, share, seed=1):
    packet = RATE // 50
    lost = np.random.default_rng(seed).random(len(samples) // packet + 1) < share
    return np.where(np.repeat(lost, packet)[: len(samples)], 0.0, samples)


def main():
    spoken = read(sys.argv[1])
    with open(sys.argv[2]) as file:
        sentences = json.load(file)
    print(json.dumps(score(spoken, sentences, gaps(np.concatenate([spoken, spoken]), 0.3))))
    for path in sys.argv[3:]:
        print(json.dumps(score(spoken, sentences, read(path))), flush=True)


main()
