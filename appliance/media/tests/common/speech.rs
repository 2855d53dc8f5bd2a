//! Sound that behaves like speech, the same every time: no recording of a person is needed.

/// Whose voice.
#[derive(Clone, Copy, PartialEq)]
pub enum Voice {
    /// About 110 Hz.
    Low,
    /// About 210 Hz.
    High,
}

/// Formants of a, e, i, o, u in hertz (Peterson and Barney 1952).
const VOWELS: [[f32; 3]; 5] = [
    [730.0, 1090.0, 2440.0],
    [530.0, 1840.0, 2480.0],
    [270.0, 2290.0, 3010.0],
    [570.0, 840.0, 2410.0],
    [300.0, 870.0, 2240.0],
];

/// White noise of this root mean square.
pub fn noise(seed: u64, seconds: f32, level: f32) -> Vec<f32> {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    (0..(seconds * 48_000.0) as usize).map(|_| (random.next() + random.next() + random.next()) * level).collect()
}

/// Syllables of a vowel with a melody, hisses before some, pauses between words and sentences; 48 kHz,
/// root mean square -26 dBFS (ITU-T P.56's usual level) over all, about 15 dB more at the peaks.
pub fn speech(voice: Voice, seed: u64, seconds: f32) -> Vec<i16> {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let length = (seconds * 48_000.0) as usize;
    let mut sound: Vec<f32> = Vec::with_capacity(length + 48_000);
    let (pitch, stretch) = if voice == Voice::Low { (110.0, 1.0) } else { (210.0, 1.15) };
    let mut phase = 0.0_f32;
    let mut syllable = 0;
    while sound.len() < length {
        if random.next() > 0.1 {
            hiss(&mut sound, &mut random);
        }
        let vowel = VOWELS[(random.unit() * 4.999) as usize];
        let mut resonators = vowel.map(|hertz| Resonator::new(hertz * stretch, 60.0 + hertz * 0.05));
        let samples = (48_000.0 * (0.12 + 0.14 * random.unit())) as usize;
        let (from, to) = (pitch * (1.0 + 0.25 * random.next()), pitch * (1.0 + 0.25 * random.next()));
        for n in 0..samples {
            let part = n as f32 / samples as f32;
            phase += (from + (to - from) * part) / 48_000.0;
            // A pulse per period, with a breath of noise.
            let pulse = if phase >= 1.0 {
                phase -= 1.0;
                1.0
            } else {
                0.0
            };
            let source = pulse + 0.004 * random.next();
            let shaped: f32 = resonators.iter_mut().zip([1.0, 0.6, 0.3]).map(|(r, gain)| r.pass(source) * gain).sum();
            sound.push(shaped * (std::f32::consts::PI * part).sin().powf(0.6));
        }
        syllable += 1;
        let pause = match syllable % 12 {
            0 => 0.5,
            3 | 7 => 0.12,
            _ => 0.02,
        };
        sound.extend((0..(48_000.0 * pause) as usize).map(|_| 0.0));
    }
    sound.truncate(length);
    let rms = (sound.iter().map(|sample| sample * sample).sum::<f32>() / length.max(1) as f32).sqrt();
    let scale = 32_768.0 * 10_f32.powf(-26.0 / 20.0) / rms.max(f32::EPSILON);
    sound.iter().map(|sample| (sample * scale).clamp(-32_768.0, 32_767.0) as i16).collect()
}

fn hiss(sound: &mut Vec<f32>, random: &mut Random) {
    let samples = (48_000.0 * (0.05 + 0.05 * random.unit())) as usize;
    let mut resonator = Resonator::new(3500.0 + 3000.0 * random.unit(), 2000.0);
    for n in 0..samples {
        let envelope = (std::f32::consts::PI * n as f32 / samples as f32).sin();
        sound.push(resonator.pass(random.next()) * envelope * 0.04);
    }
}

/// Two poles: what a cavity does to sound.
struct Resonator {
    a: f32,
    b: f32,
    gain: f32,
    past: [f32; 2],
}

impl Resonator {
    fn new(hertz: f32, width: f32) -> Resonator {
        let radius = (-std::f32::consts::PI * width / 48_000.0).exp();
        let a = 2.0 * radius * (std::f32::consts::TAU * hertz / 48_000.0).cos();
        Resonator { a, b: -radius * radius, gain: 1.0 - radius, past: [0.0; 2] }
    }

    fn pass(&mut self, sample: f32) -> f32 {
        let out = self.gain * sample + self.a * self.past[0] + self.b * self.past[1];
        self.past = [out, self.past[0]];
        out
    }
}

struct Random(u64);

impl Random {
    /// -1 to 1.
    fn next(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 40) as f32 / (1 << 23) as f32 - 1.0
    }

    /// 0 to 1.
    fn unit(&mut self) -> f32 {
        (self.next() + 1.0) / 2.0
    }
}

/// How well speech can still be understood, 0 to 1: the mean correlation of band envelopes over
/// stretches of 400 ms, as STOI measures it (Taal, Hendriks, Heusdens and Jensen 2011), without its
/// clipping. 0.75 and more is understood without effort.
pub fn intelligibility(clean: &[i16], heard: &[i16]) -> f64 {
    let envelopes = |sound: &[i16]| -> Vec<Vec<f64>> {
        // Fifteen bands, a third of an octave wide, from 150 Hz on; two resonators in a row each.
        (0..15)
            .map(|band| {
                let hertz = 150.0 * 2_f32.powf(band as f32 / 3.0);
                let mut filters = [Resonator::new(hertz, hertz * 0.23), Resonator::new(hertz, hertz * 0.23)];
                let passed = sound.iter().map(|sample| {
                    let [first, second] = &mut filters;
                    f64::from(second.pass(first.pass(f32::from(*sample))))
                });
                let passed: Vec<f64> = passed.collect();
                passed.chunks_exact(614).map(|frame| frame.iter().map(|s| s * s).sum::<f64>().sqrt()).collect()
            })
            .collect()
    };
    let (clean, heard) = (envelopes(clean), envelopes(heard));
    let loudest = clean[4].iter().copied().fold(0.0, f64::max);
    let (mut sum, mut count) = (0.0, 0);
    for (clean, heard) in clean.iter().zip(&heard) {
        for (at, (x, y)) in clean.windows(30).zip(heard.windows(30)).enumerate().step_by(10) {
            // Pauses say nothing.
            if x.iter().copied().fold(0.0, f64::max) < loudest * 0.01 || at + 30 > heard.len() {
                continue;
            }
            let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
            let (mx, my) = (mean(x), mean(y));
            let product = |a: &[f64], ma: f64, b: &[f64], mb: f64| -> f64 {
                a.iter().zip(b).map(|(a, b)| (a - ma) * (b - mb)).sum()
            };
            let scale = (product(x, mx, x, mx) * product(y, my, y, my)).sqrt();
            sum += if scale > 0.0 { product(x, mx, y, my) / scale } else { 0.0 };
            count += 1;
        }
    }
    sum / f64::from(count.max(1))
}
