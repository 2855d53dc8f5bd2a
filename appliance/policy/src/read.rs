//! From what is written to what is meant: parsed once, with everything that is wrong told at once.

use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::ops;

use ipnet::IpNet;
use jiff::civil::Date;
use toml::Spanned;

use crate::addresses::{Jurisdiction, Jurisdictions, Purpose, Range};
use crate::classified::Mode;
use crate::file::{
    AddressesEntry, EvidenceEntry, File, JurisdictionEntry, PlatformEntry, RolesEntry, Text, TransitionEntry,
    WordsEntry,
};
use crate::host::HostPattern;
use crate::pin::Pin;
use crate::platform::{Platform, PlatformKind, Transition};
use crate::policy::{Digest, EvidenceRules, Policy};
use crate::problem::{Fault, Problem, Problems};
use crate::role::{Action, Permission, Role};
use crate::usb::UsbDevice;
use crate::value::{is_identifier, prefix, turns_around};
use crate::word::{Word, Words};

/// What a policy file has at most, in bytes: the prefixes of a few large countries fit.
pub(crate) const FILE_BYTES_MAX: usize = 1024 * 1024;
/// What a name has at most, in characters.
const NAME_LENGTH_MAX: usize = 64;
/// Ten years.
const KEEP_DAYS_MAX: u16 = 3660;
/// What a sentence has at most, in characters: it has to fit on a panel.
const SENTENCE_LENGTH_MAX: usize = 400;

impl Policy {
    /// Reads the text of a policy, signed or not.
    ///
    /// # Errors
    /// Everything that is wrong with it, line by line. What is no TOML, a key that nobody knows and one that is missing
    /// are told one at a time.
    pub fn parse(text: &str) -> Result<Policy, Problems> {
        let whole = |fault| Problems(vec![Problem { line: None, field: String::new(), fault }]);
        if text.len() > FILE_BYTES_MAX {
            return Err(whole(Fault::TooLarge));
        }
        let file: File = toml::from_str(text).map_err(|error| {
            let line = error.span().map(|span| line_of(text, span.start));
            Problems(vec![Problem { line, field: String::new(), fault: Fault::Toml(error.message().into()) }])
        })?;
        let mut reader = Reader { text, problems: Vec::new() };
        let policy = reader.policy(&file);
        match policy {
            Some(policy) if reader.problems.is_empty() => Ok(policy),
            _ => {
                reader.problems.sort_by_key(|problem| problem.line);
                Err(Problems(reader.problems))
            }
        }
    }

    /// Reads the bytes of a policy file.
    ///
    /// # Errors
    /// As [`Policy::parse`].
    pub fn read(bytes: &[u8]) -> Result<Policy, Problems> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Policy::parse(text),
            Err(_) => Err(Problems(vec![Problem { line: None, field: String::new(), fault: Fault::NotText }])),
        }
    }
}

fn line_of(text: &str, place: usize) -> usize {
    1 + text.bytes().take(place).filter(|byte| *byte == b'\n').count()
}

pub(crate) struct Reader<'t> {
    text: &'t str,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    /// `None` only where a problem was noted.
    fn policy(&mut self, file: &File) -> Option<Policy> {
        let example = "ministry";
        let name =
            self.identifier(&file.policy.name, "policy.name", NAME_LENGTH_MAX, example, |b| !b.is_ascii_uppercase());
        let version = u64::try_from(*file.policy.version.get_ref()).ok().filter(|version| *version > 0);
        if version.is_none() {
            self.note(file.policy.version.span(), "policy.version", Fault::Version);
        }
        let jurisdictions = self.jurisdictions(&file.jurisdictions);
        let known = &file.jurisdictions;
        let platforms: Vec<Platform> = file.platforms.iter().filter_map(|p| self.platform(p, known)).collect();
        let transitions: Vec<Transition> = file.transitions.iter().filter_map(|t| self.transition(t, known)).collect();
        self.places_once(file);
        let permissions = [
            (&file.permissions.recording, Permission::Recording),
            (&file.permissions.transcription, Permission::Transcription),
            (&file.permissions.captions, Permission::Captions),
            (&file.permissions.chat, Permission::Chat),
            (&file.permissions.sharing, Permission::Sharing),
            (&file.permissions.people_counting, Permission::PeopleCounting),
        ];
        let is_yes = |yes: &Option<Spanned<bool>>| yes.as_ref().is_some_and(|yes| *yes.get_ref());
        let mode = match &file.policy.mode {
            Some(word) => self.word(word, "policy.mode"),
            None => Some(Mode::DEFAULT),
        };
        if mode == Some(Mode::Classified) {
            self.classified(file);
        }
        Some(Policy {
            mode: mode?,
            valid_until: file.policy.valid_until.as_ref().and_then(|day| self.day(day, "policy.valid_until")),
            platforms,
            addresses: self.addresses(&file.addresses, known),
            permissions: permissions.iter().filter(|(yes, _)| is_yes(yes)).map(|(_, permission)| *permission).collect(),
            roles: self.roles(&file.roles),
            usb: self.usb(file, mode),
            evidence: self.evidence(&file.evidence),
            transitions,
            digest: Digest::of(self.text.as_bytes()),
            name: name?,
            version: version?,
            jurisdictions,
        })
    }

    fn platform(&mut self, entry: &PlatformEntry, known: &BTreeMap<String, JurisdictionEntry>) -> Option<Platform> {
        let host = self.host(&entry.host, "platforms.host");
        let kind = self.word(&entry.kind, "platforms.kind");
        let encryption = self.word(&entry.encryption, "platforms.encryption");
        let pins = entry.pins.iter().filter_map(|pin| self.pin(pin)).collect();
        let addresses = entry.addresses.as_ref().map(|list| {
            self.not_empty(list, "platforms.addresses");
            self.ranges(list.get_ref(), "platforms.addresses", known)
        });
        Some(Platform { host: host?, kind: kind?, encryption: encryption?, pins, addresses })
    }

    fn transition(
        &mut self,
        entry: &TransitionEntry,
        known: &BTreeMap<String, JurisdictionEntry>,
    ) -> Option<Transition> {
        let example = "sip-gateway";
        let name =
            self.identifier(&entry.name, "transitions.name", NAME_LENGTH_MAX, example, |b| !b.is_ascii_uppercase());
        let host = self.host(&entry.host, "transitions.host");
        let kind = self.word(&entry.kind, "transitions.kind");
        let encryption = self.word(&entry.encryption, "transitions.encryption");
        let until = self.day(&entry.until, "transitions.until");
        self.not_empty(&entry.crosses, "transitions.crosses");
        self.not_empty(&entry.addresses, "transitions.addresses");
        let crosses = self.words(entry.crosses.get_ref(), "transitions.crosses");
        let addresses = self.ranges(entry.addresses.get_ref(), "transitions.addresses", known);
        let sentence = self.sentence(&entry.sentence, "transitions.sentence", SENTENCE_LENGTH_MAX);
        Some(Transition {
            name: name?,
            host: host?,
            kind: kind?,
            encryption: encryption?,
            until: until?,
            crosses,
            addresses,
            sentence: sentence?,
        })
    }

    /// The same host and kind may be said once: of two that disagree nobody would know which one counts.
    fn places_once(&mut self, file: &File) {
        let platforms = file.platforms.iter().map(|p| (&p.host, &p.kind, "platforms.host"));
        let transitions = file.transitions.iter().map(|t| (&t.host, &t.kind, "transitions.host"));
        let mut seen: Vec<(HostPattern, PlatformKind)> = Vec::new();
        for (host, kind, field) in platforms.chain(transitions) {
            let (Ok(pattern), Some(kind)) = (HostPattern::parse(host.get_ref()), PlatformKind::of(kind.get_ref()))
            else {
                continue;
            };
            if seen.contains(&(pattern.clone(), kind)) {
                self.note(host.span(), field, Fault::Twice(pattern.to_string()));
            }
            seen.push((pattern, kind));
        }
    }

    fn addresses(
        &mut self,
        entry: &AddressesEntry,
        known: &BTreeMap<String, JurisdictionEntry>,
    ) -> BTreeMap<Purpose, Vec<Range>> {
        let lists = [
            (Purpose::Media, &entry.media, "addresses.media"),
            (Purpose::Signalling, &entry.signalling, "addresses.signalling"),
            (Purpose::Turn, &entry.turn, "addresses.turn"),
            (Purpose::Dns, &entry.dns, "addresses.dns"),
            (Purpose::Ntp, &entry.ntp, "addresses.ntp"),
            (Purpose::Updates, &entry.updates, "addresses.updates"),
            (Purpose::Calendar, &entry.calendar, "addresses.calendar"),
            (Purpose::Control, &entry.control, "addresses.control"),
        ];
        lists.into_iter().map(|(purpose, list, field)| (purpose, self.ranges(list, field, known))).collect()
    }

    fn jurisdictions(&mut self, entries: &BTreeMap<String, JurisdictionEntry>) -> Jurisdictions {
        let mut owners: BTreeMap<IpNet, &str> = BTreeMap::new();
        let mut all = BTreeMap::new();
        for (id, entry) in entries {
            if !is_identifier(id, 32, |_| true) {
                self.note(entry.names.span(), "jurisdictions", Fault::Identifier { max: 32, example: "FR" });
            }
            let mut prefixes = Vec::new();
            for text in &entry.prefixes {
                let Some(prefix) = self.prefix(text, "jurisdictions.prefixes") else { continue };
                if let Some(other) = owners.insert(prefix, id) {
                    let fault = Fault::PrefixOfTwo { prefix: prefix.to_string(), other: other.into() };
                    self.note(text.span(), "jurisdictions.prefixes", fault);
                }
                prefixes.push(prefix);
            }
            let names = self.sentence(entry.names.get_ref(), "jurisdictions.names", NAME_LENGTH_MAX);
            all.extend(names.map(|names| (id.clone(), Jurisdiction { id: id.clone(), names, prefixes })));
        }
        Jurisdictions::new(all)
    }

    fn roles(&mut self, entry: &RolesEntry) -> BTreeMap<Role, Vec<Action>> {
        let lists = [
            (Role::Participant, &entry.participant, "roles.participant"),
            (Role::RoomUser, &entry.room_user, "roles.room_user"),
            (Role::Facilities, &entry.facilities, "roles.facilities"),
            (Role::It, &entry.it, "roles.it"),
            (Role::SecurityOfficer, &entry.security_officer, "roles.security_officer"),
            (Role::Auditor, &entry.auditor, "roles.auditor"),
        ];
        lists.into_iter().map(|(role, list, field)| (role, self.words(list, field))).collect()
    }

    fn evidence(&mut self, entry: &EvidenceEntry) -> EvidenceRules {
        let keep_days = entry.keep_days.as_ref().and_then(|days| {
            let number = u16::try_from(*days.get_ref()).ok().filter(|days| *days <= KEEP_DAYS_MAX);
            let number = number.and_then(NonZeroU16::new);
            if number.is_none() {
                self.note(days.span(), "evidence.keep_days", Fault::Days { max: KEEP_DAYS_MAX });
            }
            number
        });
        EvidenceRules { names: entry.names.as_ref().is_some_and(|yes| *yes.get_ref()), keep_days }
    }

    fn usb(&mut self, file: &File, mode: Option<Mode>) -> Vec<UsbDevice> {
        let Some(entry) = &file.usb else { return Vec::new() };
        if mode == Some(Mode::Usual) {
            self.note(entry.span(), "usb", Fault::OnlyClassified);
        }
        let mut devices = Vec::new();
        for text in &entry.get_ref().allowed {
            let given = text.get_ref().clone();
            match UsbDevice::parse(&given) {
                Ok(device) => devices.push(device),
                Err(source) => self.note(text.span(), "usb.allowed", Fault::Usb { given, source }),
            }
        }
        devices
    }

    fn ranges(&mut self, list: &[Text], field: &str, known: &BTreeMap<String, JurisdictionEntry>) -> Vec<Range> {
        let mut ranges = Vec::with_capacity(list.len());
        for text in list {
            let given = text.get_ref();
            if known.contains_key(given) {
                ranges.push(Range::Jurisdiction(given.clone()));
            } else if given.contains(['/', '.', ':']) {
                ranges.extend(self.prefix(text, field).map(Range::Prefix));
            } else {
                self.note(text.span(), field, Fault::RangeUnknown { given: given.clone() });
            }
        }
        ranges
    }

    fn prefix(&mut self, text: &Text, field: &str) -> Option<IpNet> {
        match prefix(text.get_ref()) {
            Ok(prefix) => Some(prefix),
            Err(fault) => {
                self.note(text.span(), field, fault);
                None
            }
        }
    }

    fn host(&mut self, text: &Text, field: &str) -> Option<HostPattern> {
        let fault = |source| Fault::Host { given: text.get_ref().clone(), source };
        HostPattern::parse(text.get_ref()).map_err(|source| self.note(text.span(), field, fault(source))).ok()
    }

    fn pin(&mut self, text: &Text) -> Option<Pin> {
        let fault = |source| Fault::Pin { given: text.get_ref().clone(), source };
        Pin::parse(text.get_ref()).map_err(|source| self.note(text.span(), "platforms.pins", fault(source))).ok()
    }

    fn word<W: Word>(&mut self, text: &Text, field: &str) -> Option<W> {
        let word = W::named(text.get_ref());
        if word.is_none() {
            self.note(text.span(), field, Fault::Unknown { given: text.get_ref().clone(), expected: W::known() });
        }
        word
    }

    fn words<W: Word>(&mut self, list: &[Text], field: &str) -> Vec<W> {
        list.iter().filter_map(|text| self.word(text, field)).collect()
    }

    fn day(&mut self, text: &Text, field: &str) -> Option<Date> {
        // Shape first: jiff also reads times, and would leave out what is behind the day.
        let is_day = text.get_ref().len() == "2027-06-30".len();
        let day = text.get_ref().parse().ok().filter(|_| is_day);
        if day.is_none() {
            self.note(text.span(), field, Fault::Day);
        }
        day
    }

    fn sentence(&mut self, entry: &WordsEntry, field: &str, max: usize) -> Option<Words> {
        let mut line = |text: &Text, language| {
            let trimmed = text.get_ref().trim();
            let is_line = (1..=max).contains(&trimmed.chars().count()) && !trimmed.chars().any(turns_around);
            if !is_line {
                self.note(text.span(), &format!("{field}.{language}"), Fault::Line { max });
            }
            is_line.then(|| trimmed.to_owned())
        };
        let (french, english, german) = (line(&entry.fr, "fr"), line(&entry.en, "en"), line(&entry.de, "de"));
        Some(Words { french: french?, english: english?, german: german? })
    }

    fn identifier(
        &mut self,
        text: &Text,
        field: &str,
        max: usize,
        example: &'static str,
        also: impl Fn(u8) -> bool,
    ) -> Option<String> {
        let is_identifier = is_identifier(text.get_ref(), max, also);
        if !is_identifier {
            self.note(text.span(), field, Fault::Identifier { max, example });
        }
        is_identifier.then(|| text.get_ref().clone())
    }

    fn not_empty<T>(&mut self, list: &Spanned<Vec<T>>, field: &str) {
        if list.get_ref().is_empty() {
            self.note(list.span(), field, Fault::Empty);
        }
    }

    pub(crate) fn note(&mut self, place: ops::Range<usize>, field: &str, fault: Fault) {
        self.problems.push(Problem { line: Some(line_of(self.text, place.start)), field: field.into(), fault });
    }
}
