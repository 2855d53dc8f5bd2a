//! Which elements encode and decode here: a ladder per codec, the best rung first.
//!
//! A rung is tried before it is trusted, and what was found out is kept for the next start. One that
//! fails at work is left alone for a while, longer each time, and the next one takes over: only who
//! makes a new encoder or decoder notices.

mod memory;
#[cfg(test)]
pub(crate) mod misbehaving;
mod probe;
pub(crate) mod rungs;
pub(crate) mod speed;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gstreamer as gst;

use crate::mailbox::lock;
use crate::types::{Codec, Feed, VideoCodec};
use memory::Memory;
pub(crate) use rungs::{Decoder, Encoder};

/// How long a rung that failed at work is left alone the first time.
const DISTRUST: Duration = Duration::from_secs(600);
/// It doubles so many times at most: most of a day.
const DISTRUST_DOUBLINGS_MAX: u32 = 7;
/// How often decoders of one kind may fail before others are used for new tracks: a stream that
/// is broken, or made to look so, fails in every decoder.
const DECODER_FAILURES: u32 = 3;

/// What frames of `codec` are called in GStreamer.
pub(crate) fn frame_caps(codec: Codec) -> gst::Caps {
    let caps = match codec {
        Codec::Opus => {
            return gst::Caps::builder("audio/x-opus")
                .field("channel-mapping-family", 0)
                .field("rate", 48_000)
                .field("channels", 2)
                .build();
        }
        Codec::Vp8 => gst::Caps::builder("video/x-vp8"),
        Codec::Vp9 => gst::Caps::builder("video/x-vp9"),
        Codec::H264 => {
            gst::Caps::builder("video/x-h264").field("stream-format", "byte-stream").field("alignment", "au")
        }
        Codec::Av1 => gst::Caps::builder("video/x-av1").field("stream-format", "obu-stream").field("alignment", "tu"),
    };
    caps.build()
}

/// What an encoder's output must be.
pub(crate) fn encoded_caps(codec: VideoCodec) -> gst::Caps {
    frame_caps(codec.into())
}

/// Pictures in memory the processor can read.
pub(crate) fn raw_caps() -> gst::Caps {
    gst::Caps::builder("video/x-raw").build()
}

/// A candidate for one kind of work.
trait Rung: Copy {
    fn element(&self) -> &'static str;
    /// What it is remembered by; with its settings, as they are part of what was tried.
    fn name(&self) -> String;
    /// Whether it is a device's. That software did not work may be the fault of a busy moment: it is not kept.
    fn in_hardware(&self) -> bool;
    fn try_out(&self) -> bool;
}

/// An encoder for a codec.
#[derive(Clone, Copy)]
struct EncoderRung(VideoCodec, Encoder);

/// A decoder for a codec.
#[derive(Clone, Copy)]
struct DecoderRung(Codec, Decoder);

impl Rung for EncoderRung {
    fn element(&self) -> &'static str {
        self.1.element
    }

    fn name(&self) -> String {
        format!("encode {:?} {}", self.0, self.1.description(self.0, Feed::Room))
    }

    fn in_hardware(&self) -> bool {
        self.1.ability.in_hardware
    }

    fn try_out(&self) -> bool {
        let EncoderRung(codec, encoder) = *self;
        probe::within(timeout(encoder.ability), encoder.element, move || probe::encodes(&encoder, codec))
    }
}

impl Rung for DecoderRung {
    fn element(&self) -> &'static str {
        self.1.element
    }

    fn name(&self) -> String {
        format!("decode {:?} {}", self.0, self.1.description)
    }

    fn in_hardware(&self) -> bool {
        self.1.ability.in_hardware
    }

    fn try_out(&self) -> bool {
        let DecoderRung(codec, decoder) = *self;
        probe::within(timeout(decoder.ability), decoder.element, move || probe::decodes(&decoder, codec))
    }
}

/// How long a probe may take.
fn timeout(ability: hal::codec::CodecAbility) -> Duration {
    if ability.in_hardware { probe::PROBE_TIMEOUT } else { probe::PATIENCE }
}

/// What is known of a rung.
#[derive(Debug, Clone, Copy, Default)]
struct Standing {
    works: Option<bool>,
    /// How often it failed at work.
    failures: u32,
    /// It failed at work, and is left alone until then.
    until: Option<Instant>,
}

/// The rungs for one codec.
struct Rungs<R> {
    rungs: Vec<(R, Mutex<Standing>)>,
    /// Held while one is tried, which may take long; the standings can be read and changed meanwhile.
    trying: Mutex<()>,
}

impl<R: Rung> Rungs<R> {
    fn new(rungs: impl Iterator<Item = R>) -> Rungs<R> {
        Rungs { rungs: rungs.map(|rung| (rung, Mutex::default())).collect(), trying: Mutex::default() }
    }

    /// The best one that is usable, works and is trusted; when none is trusted, the one that will be
    /// first. Takes seconds when some were not tried yet and hang.
    fn choose(&self, usable: impl Fn(&R) -> bool, memory: &Mutex<Memory>, now: Instant) -> Option<R> {
        let distrusted = |standing: &Mutex<Standing>| lock(standing).until.filter(|until| *until > now);
        let usable = || self.rungs.iter().filter(|(rung, _)| usable(rung));
        let mut trusted = usable().filter(|(_, standing)| distrusted(standing).is_none());
        if let Some((rung, _)) = trusted.find(|(rung, standing)| self.works(rung, standing, memory)) {
            return Some(*rung);
        }
        let working = usable().filter(|(rung, standing)| self.works(rung, standing, memory));
        working.min_by_key(|(_, standing)| distrusted(standing)).map(|(rung, _)| *rung)
    }

    /// As [`Rungs::choose`], of what is known by now. Waits for nothing.
    fn known(&self, usable: impl Fn(&R) -> bool, now: Instant) -> Option<R> {
        let trusted = |standing: &Standing| standing.works == Some(true) && standing.until.is_none_or(|at| at <= now);
        let mut rungs = self.rungs.iter().filter(|(rung, standing)| usable(rung) && trusted(&lock(standing)));
        rungs.next().map(|(rung, _)| *rung)
    }

    fn works(&self, rung: &R, standing: &Mutex<Standing>, memory: &Mutex<Memory>) -> bool {
        let known = lock(standing).works;
        if let Some(works) = known {
            return works;
        }
        if !probe::is_there(rung.element()) {
            return false;
        }
        let _trying = lock(&self.trying);
        let known = lock(standing).works;
        if let Some(works) = known {
            return works;
        }
        let name = rung.name();
        let recalled = lock(memory).recall(&name);
        let works = recalled.unwrap_or_else(|| {
            let works = rung.try_out();
            if works || rung.in_hardware() {
                lock(memory).note(&name, works);
            }
            works
        });
        lock(standing).works = Some(works);
        works
    }

    /// Tries everything there is, so that falling from rung to rung takes no time later.
    fn try_all(&self, memory: &Mutex<Memory>) {
        for (rung, standing) in &self.rungs {
            self.works(rung, standing, memory);
        }
    }

    /// Notes that a rung failed at work. Does not wait for anything.
    fn note_failure(&self, element: &str, failures_borne: u32, memory: &Mutex<Memory>, now: Instant) {
        let Some((rung, standing)) = self.rungs.iter().find(|(rung, _)| rung.element() == element) else { return };
        let mut standing = lock(standing);
        standing.failures += 1;
        let Some(doublings) = standing.failures.checked_sub(failures_borne + 1) else { return };
        // Another thread's encoder of the same kind fails with it: that counts once.
        if standing.until.is_none_or(|until| until <= now) {
            standing.until = Some(now + DISTRUST * 2_u32.pow(doublings.min(DISTRUST_DOUBLINGS_MAX)));
            tracing::warn!(element, "fails at work and is left alone for a while");
        }
        drop(standing);
        lock(memory).forget(&rung.name());
    }
}

/// Everything that may encode or decode on this machine.
pub(crate) struct Ladder {
    encoders: BTreeMap<VideoCodec, Rungs<EncoderRung>>,
    decoders: BTreeMap<Codec, Rungs<DecoderRung>>,
    memory: Mutex<Memory>,
}

impl Ladder {
    /// A ladder of these rungs; what `memory` (a file) knows of this machine is not tried again.
    pub fn new(
        encoders: impl Fn(VideoCodec) -> Vec<Encoder>,
        decoders: impl Fn(Codec) -> Vec<Decoder>,
        memory: Option<PathBuf>,
    ) -> Ladder {
        let encoding =
            |codec| (codec, Rungs::new(encoders(codec).into_iter().map(move |rung| EncoderRung(codec, rung))));
        let decoding =
            |codec| (codec, Rungs::new(decoders(codec).into_iter().map(move |rung| DecoderRung(codec, rung))));
        Ladder {
            encoders: [VideoCodec::Vp8, VideoCodec::H264].map(encoding).into(),
            decoders: [Codec::Opus, Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Av1].map(decoding).into(),
            memory: Mutex::new(Memory::read(memory, memory::this_machine())),
        }
    }

    /// The ladder of this process for this file: what one engine has tried, the next one knows.
    pub fn of_this_machine(memory: Option<PathBuf>) -> Arc<Ladder> {
        static LADDERS: Mutex<BTreeMap<Option<PathBuf>, Arc<Ladder>>> = Mutex::new(BTreeMap::new());
        let mut ladders = lock(&LADDERS);
        let ladder = ladders.entry(memory.clone()).or_insert_with(|| {
            let encoders = |codec| rungs::encoders_of(codec).to_vec();
            let decoders = |codec| rungs::decoders_of(codec).to_vec();
            Arc::new(Ladder::new(encoders, decoders, memory))
        });
        ladder.clone()
    }

    /// The best encoder for pictures of this size. May take seconds the first time.
    pub fn encoder(&self, codec: VideoCodec, size: (u32, u32), now: Instant) -> Option<Encoder> {
        let fits = |rung: &EncoderRung| rung.1.ability.fits(size);
        let chosen = self.encoders.get(&codec)?.choose(fits, &self.memory, now);
        chosen.map(|EncoderRung(_, encoder)| encoder)
    }

    /// The codec that costs least to send pictures of this size in, by what is known now: the first of those that a
    /// circuit encodes, H.264 before VP8, else of those that an element does which is light work for a processor. VP8
    /// when nothing is known. Waits for nothing.
    pub fn codec_to_send(&self, size: (u32, u32), now: Instant) -> VideoCodec {
        let known = |codec| {
            let fits = |rung: &EncoderRung| rung.1.ability.fits(size);
            self.encoders.get(&codec).and_then(|rungs| rungs.known(fits, now)).map(|EncoderRung(_, encoder)| encoder)
        };
        let codecs = [VideoCodec::H264, VideoCodec::Vp8].map(|codec| (codec, known(codec)));
        let first = |is: fn(&Encoder) -> bool| codecs.iter().find(|(_, encoder)| encoder.as_ref().is_some_and(is));
        let best = first(|encoder| encoder.ability.in_hardware).or_else(|| first(Encoder::is_light));
        best.map_or(VideoCodec::Vp8, |(codec, _)| *codec)
    }

    /// The element of the best encoder for pictures of this size, by what is known now. Waits for nothing.
    pub fn known_encoder(&self, codec: VideoCodec, size: (u32, u32), now: Instant) -> Option<&'static str> {
        let fits = |rung: &EncoderRung| rung.1.ability.fits(size);
        self.encoders.get(&codec)?.known(fits, now).map(|EncoderRung(_, encoder)| encoder.element)
    }

    /// The best decoder for pictures of this size, if it is known, but for some elements. May take
    /// seconds the first time.
    pub fn decoder(
        &self,
        codec: Codec,
        size: Option<(u32, u32)>,
        excluded: &[&'static str],
        now: Instant,
    ) -> Option<Decoder> {
        let fits = |rung: &DecoderRung| {
            size.is_none_or(|size| rung.1.ability.fits(size)) && !excluded.contains(&rung.1.element)
        };
        let chosen = self.decoders.get(&codec)?.choose(fits, &self.memory, now);
        chosen.map(|DecoderRung(_, decoder)| decoder)
    }

    /// Leaves an encoder alone that failed at work. Never waits.
    pub fn distrust_encoder(&self, codec: VideoCodec, encoder: &Encoder, now: Instant) {
        if let Some(rungs) = self.encoders.get(&codec) {
            rungs.note_failure(encoder.element, 0, &self.memory, now);
        }
    }

    /// Notes that a decoder failed at work, which may be the stream's fault. Never waits.
    pub fn suspect_decoder(&self, codec: Codec, decoder: &Decoder, now: Instant) {
        if let Some(rungs) = self.decoders.get(&codec) {
            rungs.note_failure(decoder.element, DECODER_FAILURES - 1, &self.memory, now);
        }
    }

    /// Leaves a decoder alone that hung, which is nobody else's fault. Never waits.
    pub fn distrust_decoder(&self, codec: Codec, decoder: &Decoder, now: Instant) {
        if let Some(rungs) = self.decoders.get(&codec) {
            rungs.note_failure(decoder.element, 0, &self.memory, now);
        }
    }

    /// Measures how quick the encoder for large pictures is, in `codec` or in whichever costs least, unless that is known
    /// well enough; says whether it is quick enough. Takes up to some seconds.
    pub fn measure(&self, codec: Option<VideoCodec>) -> bool {
        let codec = codec.unwrap_or_else(|| {
            self.try_all();
            self.codec_to_send(speed::LARGE, Instant::now())
        });
        let Some(encoder) = self.encoder(codec, speed::LARGE, Instant::now()) else { return false };
        let name = EncoderRung(codec, encoder).name();
        let known = lock(&self.memory).recall_speed(&name);
        let is_known = |taken| speed::is_enough(&encoder, taken, speed::cores()) || !speed::is_close(taken);
        if known.is_none_or(|taken| !is_known(taken)) {
            let (tell, told) = std::sync::mpsc::channel();
            let measuring = move || speed::measure(&encoder, codec).is_some_and(|taken| tell.send(taken).is_ok());
            if probe::within(probe::PATIENCE, encoder.element, measuring)
                && let Ok(taken) = told.try_recv()
            {
                let taken = known.map_or(taken, |known| known.min(taken));
                tracing::info!(element = encoder.element, ?taken, "what a picture of 1080p takes to encode");
                lock(&self.memory).note_speed(&name, taken);
            }
        }
        self.is_quick(codec, &encoder)
    }

    /// Whether this encoder is proven quick enough for pictures of 1080p. Never waits long.
    pub fn is_quick(&self, codec: VideoCodec, encoder: &Encoder) -> bool {
        let taken = lock(&self.memory).recall_speed(&EncoderRung(codec, *encoder).name());
        taken.is_some_and(|taken| speed::is_enough(encoder, taken, speed::cores()))
    }

    /// Tries everything there is, the usual codecs first.
    pub fn try_all(&self) {
        for codec in [VideoCodec::Vp8, VideoCodec::H264] {
            if let Some(rungs) = self.encoders.get(&codec) {
                rungs.try_all(&self.memory);
            }
            if let Some(rungs) = self.decoders.get(&codec.into()) {
                rungs.try_all(&self.memory);
            }
        }
        for rungs in self.decoders.values() {
            rungs.try_all(&self.memory);
        }
    }
}

#[cfg(test)]
impl Ladder {
    /// As if this encoder had been measured.
    pub fn prove(&self, codec: VideoCodec, encoder: &Encoder, taken: Duration) {
        lock(&self.memory).note_speed(&EncoderRung(codec, *encoder).name(), taken);
    }
}

#[cfg(test)]
mod tests {
    use super::misbehaving::*;
    use super::probe::*;
    use super::rungs::*;
    use super::*;

    const SIZE: (u32, u32) = (640, 360);

    fn chosen(ladder: &Ladder, now: Instant) -> Option<&'static str> {
        ladder.encoder(VideoCodec::Vp8, SIZE, now).map(|encoder| encoder.element)
    }

    #[test]
    fn every_codec_has_elements_that_pass_their_probe() {
        gst::init().unwrap();
        let ladder = Ladder::of_this_machine(None);
        for codec in [VideoCodec::Vp8, VideoCodec::H264] {
            assert!(ladder.encoder(codec, SIZE, Instant::now()).is_some(), "{codec:?}");
        }
        for codec in [Codec::Opus, Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Av1] {
            assert!(ladder.decoder(codec, None, &[], Instant::now()).is_some(), "{codec:?}");
        }
    }

    #[test]
    fn every_software_element_works_with_its_settings() {
        gst::init().unwrap();
        for codec in [VideoCodec::Vp8, VideoCodec::H264] {
            for encoder in encoders_of(codec).iter().filter(|encoder| !encoder.ability.in_hardware) {
                assert!(encodes(encoder, codec), "{}", encoder.element);
            }
        }
        for codec in [Codec::Vp8, Codec::Vp9, Codec::H264] {
            for decoder in decoders_of(codec).iter().filter(|decoder| !decoder.ability.in_hardware) {
                assert!(decodes(decoder, codec), "{}", decoder.element);
            }
        }
    }

    #[test]
    fn an_element_that_fails_hangs_or_gives_nonsense_is_not_trusted() {
        gst::init().unwrap();
        register();
        let encoder = |element| encoder_rung(element);
        assert!(encodes(&encoder(GOOD_ENCODER), VideoCodec::Vp8), "it takes NV12 only");
        assert!(!encodes(&encoder("identity"), VideoCodec::Vp8));
        assert!(!encodes(&encoder(CLOSED_ENCODER), VideoCodec::Vp8));
        assert!(!encodes(&encoder(NONSENSE_ENCODER), VideoCodec::Vp8));
        assert!(decodes(&decoder_rung(GOOD_DECODER), Codec::Vp8));
        assert!(!decodes(&decoder_rung(CLOSED_DECODER), Codec::Vp8));
        assert!(!decodes(&decoder_rung("vp9dec"), Codec::Vp8));
        assert!(!is_there("no-such-element"));
        assert!(!within(PROBE_TIMEOUT, "hangs", || {
            std::thread::park_timeout(PROBE_TIMEOUT * 5);
            true
        }));
    }

    /// A rung that does not work, in hardware or not.
    #[derive(Clone, Copy)]
    struct Broken(bool);

    impl Rung for Broken {
        fn element(&self) -> &'static str {
            "identity"
        }

        fn name(&self) -> String {
            format!("broken {}", self.0)
        }

        fn in_hardware(&self) -> bool {
            self.0
        }

        fn try_out(&self) -> bool {
            false
        }
    }

    #[test]
    fn software_that_did_not_work_in_a_busy_moment_is_tried_again_at_the_next_start() {
        gst::init().unwrap();
        let memory = Mutex::new(Memory::default());
        for (rung, kept) in [(Broken(true), Some(false)), (Broken(false), None)] {
            Rungs::new([rung].into_iter()).try_all(&memory);
            assert_eq!(lock(&memory).recall(&rung.name()), kept);
        }
    }

    #[test]
    fn an_encoder_is_given_pictures_as_it_takes_them() {
        gst::init().unwrap();
        register();
        let wrong = Encoder { ability: software(hal::codec::CodecName::Vp8), ..encoder_rung(GOOD_ENCODER) };
        assert!(!encodes(&wrong, VideoCodec::Vp8), "I420 is refused");
        assert!(encodes(&encoder_rung(GOOD_ENCODER), VideoCodec::Vp8));
    }

    #[test]
    fn the_best_rung_that_works_is_chosen_and_one_that_failed_is_left_alone_longer_each_time() {
        gst::init().unwrap();
        register();
        let rungs = ["no-such-element", CLOSED_ENCODER, GOOD_ENCODER, "vp8enc"].map(encoder_rung);
        let ladder = Ladder::new(|_| rungs.to_vec(), |_| Vec::new(), None);
        let mut now = Instant::now();
        assert_eq!(chosen(&ladder, now), Some(GOOD_ENCODER));
        // Three layers fail at once: that is one failure.
        for _ in 0..3 {
            ladder.distrust_encoder(VideoCodec::Vp8, &encoder_rung(GOOD_ENCODER), now);
        }
        assert_eq!(chosen(&ladder, now), Some("vp8enc"));
        now += DISTRUST - Duration::from_secs(1);
        assert_eq!(chosen(&ladder, now), Some("vp8enc"));
        now += Duration::from_secs(1);
        assert_eq!(chosen(&ladder, now), Some(GOOD_ENCODER), "it gets another chance");
        ladder.distrust_encoder(VideoCodec::Vp8, &encoder_rung(GOOD_ENCODER), now);
        assert_eq!(chosen(&ladder, now + DISTRUST), Some("vp8enc"), "and is left alone for longer then");
        ladder.distrust_encoder(VideoCodec::Vp8, &encoder_rung("vp8enc"), now);
        assert!(chosen(&ladder, now).is_some(), "when all have failed, one of them is better than none");
    }

    #[test]
    fn pictures_too_small_for_hardware_go_to_the_next_rung() {
        gst::init().unwrap();
        register();
        let software = Encoder { ability: software(hal::codec::CodecName::Vp8), ..encoder_rung("vp8enc") };
        let ladder = Ladder::new(|_| vec![encoder_rung(GOOD_ENCODER), software], |_| Vec::new(), None);
        let chosen = |size| ladder.encoder(VideoCodec::Vp8, size, Instant::now()).map(|encoder| encoder.element);
        assert_eq!([chosen((640, 360)), chosen((80, 44))], [Some(GOOD_ENCODER), Some("vp8enc")]);
    }

    #[test]
    fn what_costs_least_is_sent() {
        gst::init().unwrap();
        register();
        let on_the_processor = |element| rungs::encoders_of(VideoCodec::H264).iter().find(|e| e.element == element);
        let [x264, openh264] = ["x264enc", "openh264enc"].map(|element| *on_the_processor(element).unwrap());
        let vp8 = encoder_rung("vp8enc");
        let ladder = |h264, vp8| {
            let rungs = move |codec| if codec == VideoCodec::H264 { vec![h264] } else { vec![vp8] };
            Ladder::new(rungs, |_| Vec::new(), None)
        };
        let now = Instant::now();
        let software = ladder(x264, vp8);
        assert_eq!(software.codec_to_send(SIZE, now), VideoCodec::Vp8, "nothing is known yet");
        software.try_all();
        assert_eq!(software.codec_to_send(SIZE, now), VideoCodec::H264);
        software.distrust_encoder(VideoCodec::H264, &x264, now);
        assert_eq!(software.codec_to_send(SIZE, now), VideoCodec::Vp8, "it has failed lately");
        assert_eq!(software.codec_to_send(SIZE, now + DISTRUST), VideoCodec::H264);
        for (h264, vp8) in [(x264, encoder_rung(GOOD_ENCODER)), (openh264, vp8)] {
            let ladder = ladder(h264, vp8);
            ladder.try_all();
            assert_eq!(ladder.codec_to_send(SIZE, now), VideoCodec::Vp8);
        }
    }

    #[test]
    fn what_is_known_is_not_tried_again() {
        gst::init().unwrap();
        register();
        let path = std::env::temp_dir().join(format!("huisclos-ladder-{}", std::process::id()));
        let ladder = || {
            let rungs = [CLOSED_ENCODER, COUNTED_ENCODER].map(encoder_rung);
            Ladder::new(move |_| rungs.to_vec(), |_| Vec::new(), Some(path.clone()))
        };
        let tried = || COUNTED.load(std::sync::atomic::Ordering::Acquire);
        assert_eq!(chosen(&ladder(), Instant::now()), Some(COUNTED_ENCODER));
        assert_eq!(tried(), 1);
        let next_start = ladder();
        assert_eq!(chosen(&next_start, Instant::now()), Some(COUNTED_ENCODER));
        assert_eq!(tried(), 1, "it was known");
        std::fs::write(&path, "another machine\n").unwrap();
        assert_eq!(chosen(&ladder(), Instant::now()), Some(COUNTED_ENCODER));
        assert_eq!(tried(), 2, "what is known of another machine says nothing");
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_decoder_is_distrusted_when_it_hangs_and_only_suspected_when_it_fails() {
        gst::init().unwrap();
        register();
        let rungs = [GOOD_DECODER, "vp8dec"].map(decoder_rung);
        let ladder = Ladder::new(|_| Vec::new(), |_| rungs.to_vec(), None);
        let now = Instant::now();
        let chosen =
            |excluded: &[&'static str]| ladder.decoder(Codec::Vp8, Some(SIZE), excluded, now).map(|d| d.element);
        assert_eq!(chosen(&[]), Some(GOOD_DECODER));
        assert_eq!(chosen(&[GOOD_DECODER]), Some("vp8dec"));
        for _ in 0..DECODER_FAILURES - 1 {
            ladder.suspect_decoder(Codec::Vp8, &rungs[0], now);
        }
        assert_eq!(chosen(&[]), Some(GOOD_DECODER));
        ladder.suspect_decoder(Codec::Vp8, &rungs[0], now);
        assert_eq!(chosen(&[]), Some("vp8dec"));
        ladder.distrust_decoder(Codec::Vp8, &rungs[1], now + DISTRUST);
        assert_eq!(ladder.decoder(Codec::Vp8, None, &[], now + DISTRUST).map(|d| d.element), Some(GOOD_DECODER));
    }
}
