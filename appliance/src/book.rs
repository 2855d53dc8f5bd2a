//! The evidence of one meeting, written down while it goes on: by its sockets, and by what its session tells.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, MutexGuard};
use std::time::Instant;

use evidence::{
    Accepted, Count, Dtls, FlowKey, FrameEncryption, Hex, Jurisdiction, Ledger, Meeting, Names, Platform,
    PolicyReference, Protection, Protocol, Purpose, Recording, Tls, Traffic,
};
use jiff::Timestamp;
use meeting::io as m;
use policy::Language;

use crate::whereabouts::Whereabouts;

/// Peers by UDP that are told apart when they answer.
const PEERS_MAX: usize = 128;

/// One meeting's evidence so far.
pub struct Book {
    whereabouts: Option<Whereabouts>,
    began: Instant,
    pages: Mutex<Pages>,
}

struct Pages {
    ledger: Ledger,
    /// What was sent to whom by UDP for what: an answer says nothing of it.
    asked: HashMap<SocketAddr, m::Purpose>,
    /// What has been held back.
    refused: HashSet<(m::Purpose, IpAddr)>,
    /// What protects media, as DTLS has agreed with the server on it. It says nothing of its own suite.
    dtls: Option<Dtls>,
    /// Who has been verified, by the platform's identity and the authority: each is counted once. Never written.
    verified: HashSet<(String, String)>,
}

impl Book {
    /// A meeting begins.
    pub fn begin(whereabouts: Whereabouts, joined_by: &str) -> Book {
        let platform = Platform { kind: whereabouts.kind.word().to_owned(), host: whereabouts.host.to_string() };
        let policy = whereabouts.policy.as_deref().map(|policy| PolicyReference {
            name: policy.name().to_owned(),
            version: policy.version(),
            sha256: Hex(policy.digest().0),
        });
        let may_name = whereabouts.policy.as_deref().is_some_and(|policy| policy.evidence().names);
        Book::with(Some(whereabouts), platform, joined_by, policy, may_name)
    }

    /// Of something that is no meeting of a room: it is counted, and nobody keeps it.
    pub fn of_nothing() -> Book {
        Book::with(None, Platform { kind: String::new(), host: String::new() }, "", None, false)
    }

    fn with(
        whereabouts: Option<Whereabouts>,
        platform: Platform,
        joined_by: &str,
        policy: Option<PolicyReference>,
        may_name: bool,
    ) -> Book {
        let id = Hex(*uuid::Uuid::new_v4().as_bytes());
        let ledger = Ledger::new(id, platform, joined_by, policy, may_name, Timestamp::now());
        let pages =
            Pages { ledger, asked: HashMap::new(), refused: HashSet::new(), dtls: None, verified: HashSet::new() };
        Book { whereabouts, began: Instant::now(), pages: Mutex::new(pages) }
    }

    /// Somebody in the room has accepted that the meeting crosses the border.
    pub fn accepted(&self, accepted: Accepted) {
        self.pages().ledger.accept(accepted);
    }

    /// Bytes went out.
    pub fn sent(&self, flow: FlowKey, bytes: usize) {
        self.count(&mut self.pages(), flow, Traffic { sent: one(bytes), received: Count::default() });
    }

    /// Bytes came in.
    pub fn received(&self, flow: FlowKey, bytes: usize) {
        self.count(&mut self.pages(), flow, Traffic { sent: Count::default(), received: one(bytes) });
    }

    /// A datagram went out.
    pub fn datagram_sent(&self, purpose: m::Purpose, to: SocketAddr, bytes: usize) {
        let mut pages = self.pages();
        if pages.asked.len() < PEERS_MAX {
            pages.asked.insert(to, purpose);
        }
        let traffic = Traffic { sent: one(bytes), received: Count::default() };
        self.count(&mut pages, flow(purpose, to, Protocol::Udp), traffic);
    }

    /// A datagram came in. What for says what it answers; who was asked nothing is nobody of the meeting.
    pub fn datagram_received(&self, from: SocketAddr, bytes: usize) {
        let mut pages = self.pages();
        // With more peers than are told apart, this may be one of the others: what came is then counted among them.
        let purpose = pages.asked.get(&from).copied().or((pages.asked.len() >= PEERS_MAX).then_some(m::Purpose::Media));
        if let Some(purpose) = purpose {
            let traffic = Traffic { sent: Count::default(), received: one(bytes) };
            self.count(&mut pages, flow(purpose, from, Protocol::Udp), traffic);
        }
    }

    /// A connection is protected by TLS.
    pub fn protected(&self, flow: FlowKey, tls: Tls) {
        self.pages().ledger.protect(flow, Protection { tls: Some(tls), dtls: None });
    }

    /// Something was held back, for a reason that is a word. `true`: for the first time.
    pub fn refused(&self, purpose: m::Purpose, address: IpAddr, reason: &str) -> bool {
        let mut pages = self.pages();
        pages.ledger.refuse(purpose_of(purpose), address, reason);
        pages.refused.len() < PEERS_MAX && pages.refused.insert((purpose, address))
    }

    /// What a meeting's session tells, as far as it is evidence.
    pub fn note(&self, event: &m::Event) {
        let now = Timestamp::now();
        let mut pages = self.pages();
        match event {
            m::Event::Joined { encrypted, .. } => {
                let state = if *encrypted { FrameEncryption::SharedKey } else { FrameEncryption::None };
                pages.ledger.encrypt(state, None, now);
            }
            m::Event::Recording { recording, transcription } => {
                pages.ledger.record(Recording::Recording, *recording, now);
                pages.ledger.record(Recording::Transcription, *transcription, now);
            }
            m::Event::Encryption(encryption) => pages.encrypted(encryption, now),
            m::Event::Secured { fingerprint, srtp } => {
                let (fingerprint, srtp) = (Some(fingerprint.clone()), srtp.map(str::to_owned));
                pages.dtls = Some(Dtls { suite: None, srtp, fingerprint });
            }
            _ => {}
        }
    }

    /// Everything so far.
    pub fn so_far(&self) -> Meeting {
        let mut pages = self.pages();
        pages.protect_media();
        pages.ledger.so_far(self.lasted_ms())
    }

    /// Everything, at the end.
    pub fn close(&self) -> Meeting {
        let mut pages = self.pages();
        pages.protect_media();
        pages.ledger.clone().close(self.lasted_ms(), Timestamp::now())
    }

    fn lasted_ms(&self) -> u64 {
        self.began.elapsed().as_millis().try_into().unwrap_or(u64::MAX)
    }

    fn count(&self, pages: &mut Pages, flow: FlowKey, traffic: Traffic) {
        pages.ledger.count(flow, traffic, |address| self.where_it_is(flow.purpose, address));
    }

    /// Whose law holds at an address, and whether the policy lists it.
    fn where_it_is(&self, purpose: Purpose, address: IpAddr) -> (Option<Jurisdiction>, bool) {
        let Some(whereabouts) = &self.whereabouts else { return (None, false) };
        let known = whereabouts.policy.as_ref().and_then(|policy| policy.jurisdiction_of(address));
        let jurisdiction = known.map(|jurisdiction| {
            let name = |language| jurisdiction.names.in_language(language).to_owned();
            let names = Names { fr: name(Language::French), en: name(Language::English), de: name(Language::German) };
            Jurisdiction { id: jurisdiction.id.clone(), names }
        });
        (jurisdiction, whereabouts.judge(purpose, address) == Some(Ok(())))
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(|e| e.into_inner())
    }
}

impl Pages {
    fn encrypted(&mut self, encryption: &m::Encryption, now: Timestamp) {
        match encryption {
            m::Encryption::None => self.ledger.encrypt(FrameEncryption::None, None, now),
            m::Encryption::SharedKey { .. } => self.ledger.encrypt(FrameEncryption::SharedKey, None, now),
            // Nothing is sent.
            m::Encryption::Withheld { .. } => {}
            m::Encryption::Group { epoch, members, .. } => {
                self.ledger.encrypt(FrameEncryption::GroupKey, Some(*epoch), now);
                for member in members {
                    let Ok(identity) = &member.identity else { continue };
                    let once = (member.participant.clone(), identity.by.clone());
                    if self.verified.len() < PEERS_MAX && self.verified.insert(once) {
                        self.ledger.verify(&identity.by, Some(&identity.name));
                    }
                }
            }
        }
    }

    /// DTLS is one for all ways that media takes.
    fn protect_media(&mut self) {
        if let Some(dtls) = &self.dtls {
            self.ledger.protect_all(Purpose::Media, Protection { tls: None, dtls: Some(dtls.clone()) });
        }
    }
}

fn one(bytes: usize) -> Count {
    Count { bytes: bytes as u64, packets: 1 }
}

/// What goes to an address for a purpose.
pub fn flow(purpose: m::Purpose, to: SocketAddr, protocol: Protocol) -> FlowKey {
    FlowKey { purpose: purpose_of(purpose), peer: to.ip(), port: to.port(), protocol }
}

/// What evidence calls a purpose.
pub fn purpose_of(purpose: m::Purpose) -> Purpose {
    match purpose {
        m::Purpose::Signalling => Purpose::Signalling,
        m::Purpose::Media => Purpose::Media,
        m::Purpose::Relay => Purpose::Turn,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use policy::{PlatformKind, Policy};

    use super::*;

    const POLICY: &str = r#"
        [policy]
        name = "ministry"
        version = 3
        [[platforms]]
        host = "visio.example"
        kind = "visio"
        encryption = "preferred"
        [jurisdictions.FR]
        names = { fr = "France", en = "France", de = "Frankreich" }
        prefixes = ["203.0.113.0/24"]
        [addresses]
        media = ["FR"]
        signalling = ["203.0.113.10"]
    "#;

    fn book() -> Book {
        book_under(POLICY)
    }

    fn book_under(policy: &str) -> Book {
        let whereabouts = Whereabouts {
            host: policy::host("visio.example").unwrap(),
            kind: PlatformKind::Visio,
            policy: Some(Arc::new(Policy::parse(policy).unwrap())),
        };
        Book::begin(whereabouts, "panel")
    }

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn what_comes_is_counted_with_what_it_answers_and_strangers_are_not() {
        let book = book();
        book.datagram_sent(m::Purpose::Media, address("203.0.113.20:7882"), 100);
        book.datagram_received(address("203.0.113.20:7882"), 40);
        book.datagram_received(address("203.0.113.21:7882"), 40);
        let meeting = book.so_far();
        assert_eq!(meeting.flows.len(), 1);
        let flow = &meeting.flows[0];
        assert_eq!((flow.traffic.sent.bytes, flow.traffic.received.bytes), (100, 40));
        assert_eq!((flow.jurisdiction.as_deref(), flow.listed), (Some("FR"), true));
        assert_eq!(meeting.policy.map(|policy| (policy.name, policy.version)), Some(("ministry".into(), 3)));
    }

    #[test]
    fn who_was_verified_is_named_only_where_the_policy_says_so() {
        for (rules, names) in [("", vec![]), ("[evidence]\nnames = true\n", vec!["Salle Curie".to_owned()])] {
            let book = book_under(&format!("{POLICY}\n{rules}"));
            let identity = Ok(meeting::device::Verified { name: "Salle Curie".into(), by: "IGC".into() });
            let members = vec![m::Member { participant: "curie".into(), identity }];
            book.note(&m::Event::Encryption(m::Encryption::Group { code: String::new(), epoch: 1, members }));
            let verified = book.close().verified;
            assert_eq!((verified[0].authority.as_str(), verified[0].count, &verified[0].names), ("IGC", 1, &names));
        }
    }

    #[test]
    fn what_the_session_tells_is_in_the_record() {
        let book = book();
        book.datagram_sent(m::Purpose::Media, address("203.0.113.20:7882"), 100);
        book.note(&m::Event::Secured { fingerprint: "sha-256 AB:CD".into(), srtp: Some("SRTP_AEAD_AES_128_GCM") });
        book.note(&m::Event::Joined { title: None, encrypted: true });
        book.note(&m::Event::Recording { recording: true, transcription: false });
        book.refused(m::Purpose::Media, [198, 51, 100, 7].into(), "not-listed");
        let meeting = book.close();
        let dtls = meeting.flows[0].protection.dtls.clone().unwrap();
        assert_eq!(dtls.fingerprint.as_deref(), Some("sha-256 AB:CD"));
        assert_eq!((dtls.srtp.as_deref(), dtls.suite), (Some("SRTP_AEAD_AES_128_GCM"), None));
        assert_eq!(meeting.encryption[0].state, FrameEncryption::SharedKey);
        assert!(meeting.recorded[0].until.is_some(), "it ends with the meeting");
        assert_eq!(meeting.refused[0].reason, "not-listed");
        assert!(meeting.ended.is_some());
    }
}
