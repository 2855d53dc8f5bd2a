//! What an audio check found, and what a technician should make of it.

/// How an audio check goes.
#[derive(Debug, Clone, PartialEq)]
pub enum AudioCheck {
    /// The sweep is being played; how far it is, in percent.
    Running(u8),
    Done(AudioReport),
}

/// What was measured.
#[derive(Debug, Clone, PartialEq)]
pub struct AudioReport {
    /// Whether the sweep could be played.
    pub loudspeaker: bool,
    /// Every microphone of the room by its place; none where there is none now.
    pub microphones: Vec<Option<Measured>>,
}

/// What one microphone heard.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// Of the quiet room, root mean square in dB below full scale.
    pub noise_dbfs: f32,
    /// Not a single sample differed from zero.
    pub is_dead: bool,
    pub is_clipped: bool,
    /// The way from the loudspeaker; none if it was not heard.
    pub echo: Option<EchoPath>,
}

/// The way from the loudspeaker to a microphone.
#[derive(Debug, Clone, PartialEq)]
pub struct EchoPath {
    /// From where sound is given to the loudspeaker to where it comes back, devices included.
    pub delay_ms: f32,
    /// Echo return loss: how much softer than what is played; negative is louder.
    pub return_loss_db: f32,
    /// Until sound has died away by 60 dB; none if noise hides that.
    pub reverberation_ms: Option<f32>,
    /// The impulse response in steps of 5 ms: 0 for -60 dB, 100 for its peak.
    pub picture: Vec<u8>,
}

/// One thing to know about a room's sound. Each has its sentence, and all but the first what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    Good,
    LoudspeakerMissing,
    MicrophoneMissing,
    /// It gives nothing but zeros, as one whose own mute button is pressed does.
    MicrophoneSilent,
    /// It hears something, but not the loudspeaker.
    NotHeard,
    Clipped,
    /// The echo is louder than what is played.
    EchoLoud,
    /// The loudspeaker is hardly heard.
    EchoFaint,
    /// Sound is under way for too long.
    Late,
    Noisy,
    Reverberant,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    Good,
    /// Meetings work, and could be better.
    Fair,
    /// Meetings do not work.
    Bad,
}

/// Beyond these a finding is told. A microphone on a table hears its loudspeaker 0 to 30 dB softer, in
/// a room of -70 to -55 dBFS that reverberates for less than 0.8 s (DIN 18041 for rooms to speak in).
const ECHO_LOUD_DB: f32 = -3.0;
const ECHO_FAINT_DB: f32 = 45.0;
const LATE_MS: f32 = 300.0;
const NOISY_DBFS: f32 = -50.0;
const REVERBERANT_MS: f32 = 800.0;

impl Finding {
    pub fn verdict(self) -> Verdict {
        match self {
            Finding::Good => Verdict::Good,
            Finding::LoudspeakerMissing
            | Finding::MicrophoneMissing
            | Finding::MicrophoneSilent
            | Finding::NotHeard
            | Finding::Clipped => Verdict::Bad,
            Finding::EchoLoud | Finding::EchoFaint | Finding::Late | Finding::Noisy | Finding::Reverberant => {
                Verdict::Fair
            }
        }
    }
}

impl AudioReport {
    /// What is to be said of the microphone at this place, the worst first; never nothing.
    pub fn findings(&self, microphone: usize) -> Vec<Finding> {
        if !self.loudspeaker {
            return vec![Finding::LoudspeakerMissing];
        }
        let Some(Some(measured)) = self.microphones.get(microphone) else { return vec![Finding::MicrophoneMissing] };
        if measured.is_dead {
            return vec![Finding::MicrophoneSilent];
        }
        let mut found = Vec::new();
        if measured.is_clipped {
            found.push(Finding::Clipped);
        }
        match &measured.echo {
            None => found.push(Finding::NotHeard),
            // What is clipped has no size.
            Some(_) if measured.is_clipped => {}
            Some(echo) => {
                let is = [
                    (echo.return_loss_db < ECHO_LOUD_DB, Finding::EchoLoud),
                    (echo.return_loss_db > ECHO_FAINT_DB, Finding::EchoFaint),
                    (echo.delay_ms > LATE_MS, Finding::Late),
                ];
                found.extend(is.into_iter().filter_map(|(is, finding)| is.then_some(finding)));
            }
        }
        if measured.noise_dbfs > NOISY_DBFS {
            found.push(Finding::Noisy);
        }
        let reverberation = measured.echo.as_ref().and_then(|echo| echo.reverberation_ms);
        if reverberation.is_some_and(|reverberation| reverberation > REVERBERANT_MS) {
            found.push(Finding::Reverberant);
        }
        if found.is_empty() { vec![Finding::Good] } else { found }
    }

    /// The microphone that needs a person most; the first one among equals.
    pub fn worst(&self) -> usize {
        let verdict = |place: usize| self.findings(place).first().map(|finding| finding.verdict());
        let places = 0..self.microphones.len().max(1);
        places.rev().max_by_key(|place| verdict(*place)).unwrap_or(0)
    }

    /// Of the whole room.
    pub fn verdict(&self) -> Verdict {
        self.findings(self.worst()).first().map_or(Verdict::Good, |finding| finding.verdict())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured() -> Measured {
        let echo =
            EchoPath { delay_ms: 80.0, return_loss_db: 12.0, reverberation_ms: Some(400.0), picture: Vec::new() };
        Measured { noise_dbfs: -62.0, is_dead: false, is_clipped: false, echo: Some(echo) }
    }

    fn findings(change: impl FnOnce(&mut Measured)) -> Vec<Finding> {
        let mut measured = measured();
        change(&mut measured);
        AudioReport { loudspeaker: true, microphones: vec![Some(measured)] }.findings(0)
    }

    #[test]
    fn an_ordinary_room_is_good_and_each_trouble_has_its_name() {
        assert_eq!(findings(|_| {}), [Finding::Good]);
        assert_eq!(findings(|m| m.echo = None), [Finding::NotHeard]);
        assert_eq!(findings(|m| m.is_clipped = true), [Finding::Clipped]);
        assert_eq!(findings(|m| m.noise_dbfs = -40.0), [Finding::Noisy]);
        let echo = |change: fn(&mut EchoPath)| findings(|m| m.echo.iter_mut().for_each(change));
        assert_eq!(echo(|echo| echo.return_loss_db = -9.0), [Finding::EchoLoud]);
        assert_eq!(echo(|echo| echo.return_loss_db = 50.0), [Finding::EchoFaint]);
        assert_eq!(echo(|echo| echo.delay_ms = 400.0), [Finding::Late]);
        assert_eq!(echo(|echo| echo.reverberation_ms = Some(1200.0)), [Finding::Reverberant]);
        assert_eq!(echo(|echo| echo.reverberation_ms = None), [Finding::Good]);
    }

    #[test]
    fn silence_explains_everything_else_and_the_worst_comes_first() {
        let silent = |m: &mut Measured| (m.is_dead, m.echo, m.noise_dbfs) = (true, None, -120.0);
        assert_eq!(findings(silent), [Finding::MicrophoneSilent]);
        let both = findings(|m| (m.echo, m.noise_dbfs) = (None, -30.0));
        assert_eq!(both, [Finding::NotHeard, Finding::Noisy]);
    }

    #[test]
    fn the_microphone_that_fails_is_the_one_to_look_at() {
        let deaf = Measured { echo: None, ..measured() };
        let noisy = Measured { noise_dbfs: -40.0, ..measured() };
        let mut report = AudioReport { loudspeaker: true, microphones: vec![Some(measured()), Some(measured())] };
        assert_eq!((report.worst(), report.verdict()), (0, Verdict::Good));
        report.microphones = vec![Some(measured()), Some(noisy), Some(deaf.clone()), None];
        assert_eq!((report.worst(), report.verdict()), (2, Verdict::Bad));
        report.microphones = vec![None];
        assert_eq!(report.findings(0), [Finding::MicrophoneMissing]);
        report.microphones.clear();
        assert_eq!((report.worst(), report.findings(0)), (0, vec![Finding::MicrophoneMissing]));
        report.loudspeaker = false;
        report.microphones = vec![Some(deaf)];
        assert_eq!(report.findings(0), [Finding::LoudspeakerMissing]);
    }
}
