//! What has to hold around a classified room, by what the devices say, the policy lists and the configuration asks for.

use std::time::{Duration, Instant};

use hal::surroundings::Surroundings;
use policy::{Mode, Policy, UsbDevice};
use room::classified::Demand;

use crate::config::Config;
use crate::room_policy::RoomPolicy;

/// Whoever looks says so every second; after so long a driver hangs, and nobody knows.
const SILENCE_MAX: Duration = Duration::from_secs(10);

/// Knows what does not hold.
pub struct Guard {
    /// What may be plugged in.
    listed: Vec<UsbDevice>,
    /// Others could see the room's screens, or steer it, from elsewhere.
    is_seen_from_elsewhere: bool,
    /// And when that was. `None` until it was looked at, and while it cannot be.
    around: Option<(Surroundings, Instant)>,
    /// When the relay last did what it was told; `None` when it did not.
    relay: Option<Instant>,
    told: Option<Vec<Demand>>,
}

impl Guard {
    /// Of a room whose policy is a classified one; others have none.
    pub fn of(policy: Option<&RoomPolicy>, config: &Config) -> Option<Guard> {
        let Some(RoomPolicy::InForce(policy)) = policy else { return None };
        (policy.mode() == Mode::Classified).then(|| Guard::new(policy, is_seen_from_elsewhere(config)))
    }

    /// Of a room with this classified policy.
    pub fn new(policy: &Policy, is_seen_from_elsewhere: bool) -> Guard {
        if is_seen_from_elsewhere {
            tracing::error!(
                "the configuration asks for a room window, for the API on the network or for screenshots of meetings: a classified room with any of them joins no meeting"
            );
        }
        let listed = policy.usb().to_vec();
        Guard { listed, is_seen_from_elsewhere, around: None, relay: None, told: None }
    }

    /// What is around now; `None`: nobody sees it.
    pub fn saw(&mut self, around: Option<Surroundings>, now: Instant) {
        let is_news = self.around.as_ref().map(|(before, _)| before) != around.as_ref();
        if is_news {
            self.note(around.as_ref());
        }
        self.around = around.map(|around| (around, now));
    }

    fn note(&self, around: Option<&Surroundings>) {
        for radio in around.into_iter().flat_map(|around| &around.radios) {
            tracing::warn!(name = radio.name, kind = radio.kind, "a radio is on");
        }
        for device in around.into_iter().flat_map(|around| &around.usb).filter(|device| !self.is_listed(device)) {
            let id = format!("{:04x}:{:04x}", device.vendor, device.product);
            tracing::warn!(id, "a USB device is plugged in that the policy does not list");
        }
    }

    /// Whether the relay in the microphones' line does what it is told.
    pub fn relay(&mut self, works: bool, now: Instant) {
        self.relay = works.then_some(now);
    }

    /// What does not hold, when that is not what was said last.
    pub fn news(&mut self, now: Instant) -> Option<Vec<Demand>> {
        let unmet: Vec<Demand> = Demand::ALL.into_iter().filter(|demand| !self.is_met(*demand, now)).collect();
        (self.told.as_ref() != Some(&unmet)).then(|| self.told.insert(unmet).clone())
    }

    fn is_met(&self, demand: Demand, now: Instant) -> bool {
        let is_fresh = |at: Instant| now.saturating_duration_since(at) <= SILENCE_MAX;
        let seen = self.around.as_ref().filter(|(_, at)| is_fresh(*at));
        let around = |holds: fn(&Guard, &Surroundings) -> bool| seen.is_some_and(|(seen, _)| holds(self, seen));
        match demand {
            Demand::RadiosOff => around(|_, seen| seen.radios.is_empty()),
            Demand::OnlyListedUsb => around(|guard, seen| seen.usb.iter().all(|device| guard.is_listed(device))),
            Demand::NoRemoteView => !self.is_seen_from_elsewhere,
            Demand::MicrophoneRelay => self.relay.is_some_and(is_fresh),
        }
    }

    fn is_listed(&self, device: &hal::surroundings::UsbDevice) -> bool {
        let is_it = |listed: &UsbDevice| listed.means(device.vendor, device.product, device.serial.as_deref());
        self.listed.iter().any(is_it)
    }
}

fn is_seen_from_elsewhere(config: &Config) -> bool {
    config.window.listen.is_some() || config.api.tls.is_some() || config.api.meeting_screenshots
}

#[cfg(test)]
mod tests {
    use hal::surroundings::{Radio, UsbDevice as Plugged};
    use policy::profile;

    use super::*;

    /// At the beginning nothing is unmet; the clock is a number of seconds.
    fn guard() -> (Guard, impl Fn(u64) -> Instant) {
        let begun = Instant::now();
        let at = move |seconds| begun + Duration::from_secs(seconds);
        // It lists 046d:0943.
        let policy = Policy::parse(profile("classified").unwrap()).unwrap();
        let mut guard = Guard::new(&policy, false);
        assert_eq!(guard.news(at(0)), Some(vec![Demand::RadiosOff, Demand::OnlyListedUsb, Demand::MicrophoneRelay]));
        guard.relay(true, at(0));
        guard.saw(Some(Surroundings::default()), at(0));
        assert_eq!(guard.news(at(0)), Some(vec![]));
        assert_eq!(guard.news(at(0)), None, "said once");
        (guard, at)
    }

    #[test]
    fn nothing_holds_before_it_was_seen_and_nothing_holds_that_cannot_be_seen_any_more() {
        let (mut guard, at) = guard();
        guard.saw(None, at(0));
        assert_eq!(guard.news(at(0)), Some(vec![Demand::RadiosOff, Demand::OnlyListedUsb]));
    }

    #[test]
    fn who_looks_and_says_nothing_any_more_hangs_and_nothing_holds_until_they_are_back() {
        let (mut guard, at) = guard();
        assert_eq!(guard.news(at(10)), None);
        guard.relay(true, at(8));
        assert_eq!(guard.news(at(11)), Some(vec![Demand::RadiosOff, Demand::OnlyListedUsb]));
        assert_eq!(guard.news(at(19)).unwrap().len(), 3);
        guard.relay(true, at(20));
        guard.saw(Some(Surroundings::default()), at(20));
        assert_eq!(guard.news(at(20)), Some(vec![]));
    }

    #[test]
    fn a_radio_that_is_on_a_device_that_is_not_listed_and_a_relay_that_does_not_work_are_told() {
        let (mut guard, at) = guard();
        let plugged =
            |product, serial: Option<&str>| Plugged { vendor: 0x046d, product, serial: serial.map(Into::into) };
        guard.saw(Some(Surroundings { radios: vec![], usb: vec![plugged(0x0943, Some("A1"))] }), at(0));
        assert_eq!(guard.news(at(0)), None, "it is listed");
        let radio = Radio { name: "hci0".into(), kind: "bluetooth".into() };
        guard.saw(Some(Surroundings { radios: vec![radio], usb: vec![plugged(0x0943, None)] }), at(0));
        assert_eq!(guard.news(at(0)), Some(vec![Demand::RadiosOff]));
        guard
            .saw(Some(Surroundings { radios: vec![], usb: vec![plugged(0x0943, None), plugged(0x0944, None)] }), at(0));
        assert_eq!(guard.news(at(0)), Some(vec![Demand::OnlyListedUsb]));
        guard.relay(false, at(0));
        assert_eq!(guard.news(at(0)), Some(vec![Demand::OnlyListedUsb, Demand::MicrophoneRelay]));
    }

    #[test]
    fn a_configuration_that_lets_others_see_the_room_is_one_in_which_it_joins_nothing() {
        let parse = |text: &str| Config::parse(&format!("[room]\nname = \"Salle\"\n{text}")).unwrap();
        assert!(!is_seen_from_elsewhere(&parse("")));
        for text in ["[window]\nlisten = \"127.0.0.1:0\"", "[api]\nmeeting_screenshots = true"] {
            assert!(is_seen_from_elsewhere(&parse(text)), "{text}");
        }
        let tls = "[api.tls]\nlisten = \"127.0.0.1:0\"\ncertificate = \"a\"\nkey = \"b\"\nclient_ca = \"c\"";
        assert!(is_seen_from_elsewhere(&parse(tls)));
        let policy = Policy::parse(profile("classified").unwrap()).unwrap();
        assert!(Guard::new(&policy, true).news(Instant::now()).unwrap().contains(&Demand::NoRemoteView));
    }
}
