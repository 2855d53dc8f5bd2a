//! Our own tracks: what is asked of the server, what it granted, what is muted.

use super::encode::{Rung, ladder, share_ladder};
use super::proto::{AddTrack, Published, TrackInfo};
use std::time::{Duration, Instant};

use crate::io::{Codec, Kind, Layer, Share, Source};

/// What everybody takes: RFC 7742 asks it of every browser, and so do we of every device.
pub(super) const BACKUP: Codec = Codec::Vp8;

/// How long a server may take to grant a track; after that it has refused.
const GRANT_TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    /// To be asked for.
    Wanted,
    /// Asked for; `with_join` in the address only, which old servers pass over.
    Asked {
        with_join: bool,
        refused_at: Instant,
    },
    Published {
        sid: String,
    },
    /// Not now: no permission, or the server said no.
    Refused,
}

/// One of our tracks.
#[derive(Debug, Clone)]
pub(super) struct OwnTrack {
    pub source: Source,
    pub cid: String,
    pub muted: bool,
    state: State,
}

impl OwnTrack {
    fn new(source: Source, muted: bool) -> OwnTrack {
        OwnTrack { source, cid: new_cid(), muted, state: State::Wanted }
    }

    pub fn kind(&self) -> Kind {
        match self.source {
            Source::Camera | Source::ScreenShare => Kind::Video,
            _ => Kind::Audio,
        }
    }

    pub fn sid(&self) -> Option<&str> {
        match &self.state {
            State::Published { sid } => Some(sid),
            _ => None,
        }
    }

    /// Its section is not used again: it goes on under a new name. The old one.
    fn renew(&mut self, state: State) -> String {
        self.state = state;
        std::mem::replace(&mut self.cid, new_cid())
    }

    /// Others get what we send.
    pub fn is_live(&self) -> bool {
        !self.muted && self.sid().is_some()
    }
}

/// What a server's word about a mute comes to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ByServer {
    Known,
    Muted(Source),
    /// It would open what people closed.
    Unwanted,
}

/// All our tracks.
#[derive(Debug)]
pub(super) struct Publications {
    tracks: Vec<OwnTrack>,
    codec: Codec,
    sizes: Sizes,
    encrypted: bool,
}

/// How large our pictures are.
#[derive(Debug, Clone, Copy)]
struct Sizes {
    camera: (u32, u32),
    share: (u32, u32),
}

impl Sizes {
    fn of(&self, source: Source) -> (u32, u32) {
        if source == Source::ScreenShare { self.share } else { self.camera }
    }

    fn ladder(&self, source: Source) -> Vec<Rung> {
        if source == Source::ScreenShare { share_ladder(self.share) } else { ladder(self.camera) }
    }
}

impl Publications {
    pub fn new(microphone: bool, camera: Option<bool>, codec: Codec, size: (u32, u32)) -> Publications {
        let mut tracks = vec![OwnTrack::new(Source::Microphone, !microphone)];
        tracks.extend(camera.map(|on| OwnTrack::new(Source::Camera, !on)));
        Publications { tracks, codec, sizes: Sizes { camera: size, share: (0, 0) }, encrypted: false }
    }

    /// Everything of ours is end-to-end encrypted.
    pub fn encrypted(self) -> Publications {
        Publications { encrypted: true, ..self }
    }

    /// What our pictures are sent in.
    pub fn codec(&self) -> Codec {
        self.codec
    }

    /// The server does not take our codec at all: what is asked for comes in the other one.
    pub fn use_backup(&mut self) {
        self.codec = BACKUP;
    }

    /// Somebody does not take our codec: pictures are published anew, in one that everybody takes. The names of
    /// the sections they had.
    pub fn republish_in_backup(&mut self) -> Vec<String> {
        self.use_backup();
        let asked = |t: &&mut OwnTrack| !matches!(t.state, State::Wanted | State::Refused);
        let pictures = self.tracks.iter_mut().filter(|t| t.kind() == Kind::Video).filter(asked);
        pictures.map(|track| track.renew(State::Wanted)).collect()
    }

    /// A new session: everything is to be asked for again.
    pub fn begin(&mut self) {
        for track in &mut self.tracks {
            track.state = State::Wanted;
        }
    }

    pub fn get(&self, source: Source) -> Option<&OwnTrack> {
        self.tracks.iter().find(|t| t.source == source)
    }

    pub fn all(&self) -> impl Iterator<Item = &OwnTrack> {
        self.tracks.iter()
    }

    /// The simulcast layers of a track's section; empty for audio.
    pub fn layers(&self, track: &OwnTrack) -> Vec<Layer> {
        match track.kind() {
            Kind::Audio => Vec::new(),
            Kind::Video => self.sizes.ladder(track.source).iter().map(|r| r.layer).collect(),
        }
    }

    /// Mutes or unmutes. A camera that was not there is wanted from now on.
    /// `Some(sid)`: the server is to be told.
    pub fn set_muted(&mut self, source: Source, muted: bool) -> Option<String> {
        match self.tracks.iter_mut().find(|t| t.source == source) {
            Some(track) if track.muted != muted => {
                track.muted = muted;
                track.sid().map(str::to_owned)
            }
            Some(_) => None,
            None => {
                if !muted {
                    self.tracks.push(OwnTrack::new(source, false));
                }
                None
            }
        }
    }

    /// Whether we share, or are about to.
    pub fn is_sharing(&self) -> bool {
        self.get(Source::ScreenShare).is_some()
    }

    /// Shares from now on; `Some(sid)`: the server is to be told the new size of what it knows already.
    pub fn share(&mut self, share: Share) -> Option<String> {
        let before = std::mem::replace(&mut self.sizes.share, share.size);
        if let Some(track) = self.get(Source::ScreenShare) {
            return track.sid().filter(|_| before != share.size).map(str::to_owned);
        }
        self.tracks.push(OwnTrack::new(Source::ScreenShare, false));
        if share.audio {
            self.tracks.push(OwnTrack::new(Source::ScreenShareAudio, false));
        }
        None
    }

    /// Shares no longer. The names of the sections that were used for it.
    pub fn unshare(&mut self) -> Vec<String> {
        let of_share = |t: &mut OwnTrack| matches!(t.source, Source::ScreenShare | Source::ScreenShareAudio);
        self.tracks.extract_if(.., of_share).map(|t| t.cid).collect()
    }

    /// Whether the server does not take what we want to share.
    pub fn is_share_refused(&self) -> bool {
        self.get(Source::ScreenShare).is_some_and(|t| t.state == State::Refused)
    }

    /// The tracks to ask for with the join.
    pub fn ask_with_join(&mut self, now: Instant) -> Vec<AddTrack> {
        self.ask_for(true, |_| true, now)
    }

    /// The tracks to ask for now, of those that may be published.
    pub fn ask(&mut self, may: impl Fn(Source) -> bool, now: Instant) -> Vec<AddTrack> {
        self.ask_for(false, may, now)
    }

    fn ask_for(&mut self, with_join: bool, may: impl Fn(Source) -> bool, now: Instant) -> Vec<AddTrack> {
        let (codec, sizes, encrypted) = (self.codec, self.sizes, self.encrypted);
        let wanted = self.tracks.iter_mut().filter(|t| t.state == State::Wanted && may(t.source));
        wanted
            .map(|track| {
                track.state = State::Asked { with_join, refused_at: now + GRANT_TIMEOUT };
                AddTrack { encrypted, ..request(track, codec, sizes) }
            })
            .collect()
    }

    /// The tracks asked for with the join that the server passed over: servers before fast publish.
    pub fn ask_again(&mut self, now: Instant) -> Vec<AddTrack> {
        let (codec, sizes, encrypted) = (self.codec, self.sizes, self.encrypted);
        let silent = self.tracks.iter_mut().filter(|t| matches!(t.state, State::Asked { with_join: true, .. }));
        silent
            .map(|track| {
                track.state = State::Asked { with_join: false, refused_at: now + GRANT_TIMEOUT };
                AddTrack { encrypted, ..request(track, codec, sizes) }
            })
            .collect()
    }

    /// Whether the server still owes an answer.
    pub fn is_asking(&self) -> bool {
        self.tracks.iter().any(|t| matches!(t.state, State::Asked { .. }))
    }

    /// When the server's silence counts as a refusal.
    pub fn deadline(&self) -> Option<Instant> {
        let refused_at = |t: &OwnTrack| match t.state {
            State::Asked { refused_at, .. } => Some(refused_at),
            _ => None,
        };
        self.tracks.iter().filter_map(refused_at).min()
    }

    /// What was asked for too long ago counts as refused; whether anything was.
    pub fn timeout(&mut self, now: Instant) -> bool {
        let mut refused = false;
        for track in &mut self.tracks {
            if matches!(track.state, State::Asked { refused_at, .. } if refused_at <= now) {
                track.state = State::Refused;
                refused = true;
            }
        }
        refused
    }

    /// People switch on what was refused, and is permitted: it is wanted again, under a new name. The
    /// name of the section it had.
    pub fn try_again(&mut self, source: Source) -> Option<String> {
        let track = self.tracks.iter_mut().find(|t| t.source == source && t.state == State::Refused)?;
        Some(track.renew(State::Wanted))
    }

    /// The server granted a track. `Some`: it is to be told that we are (un)muted meanwhile.
    pub fn published(&mut self, cid: &str, info: &TrackInfo) -> Option<(String, bool)> {
        let track = self.tracks.iter_mut().find(|t| t.cid == cid)?;
        track.state = State::Published { sid: info.sid.clone() };
        (track.muted != info.muted).then(|| (info.sid.clone(), track.muted))
    }

    pub fn refused(&mut self, cid: &str) {
        for track in self.tracks.iter_mut().filter(|t| t.cid == cid) {
            track.state = State::Refused;
        }
    }

    /// The server took a track away. Its section's name (`cid`), which is not used again.
    pub fn unpublished(&mut self, sid: &str) -> Option<String> {
        let track = self.tracks.iter_mut().find(|t| t.sid() == Some(sid))?;
        Some(track.renew(State::Refused))
    }

    /// Permissions changed: what was refused and may now be published is wanted again. The names
    /// of the sections of what may not be any more.
    ///
    /// What may not be published any more is off: only people open it when it may be again.
    pub fn permitted(&mut self, may: impl Fn(Source) -> bool) -> Vec<String> {
        let mut retired = Vec::new();
        for track in &mut self.tracks {
            if !may(track.source) {
                track.muted = true;
                if track.state != State::Refused {
                    retired.push(track.renew(State::Refused));
                }
            } else if track.state == State::Refused {
                // The old name may still have a section.
                retired.push(track.renew(State::Wanted));
            }
        }
        retired
    }

    /// The server says that one of our tracks is muted, or is not: which, when that is news.
    ///
    /// A host may silence us. Only people in the room open their microphone or camera: `Unwanted`
    /// is to be told to the server again.
    pub fn muted_by_server(&mut self, sid: &str, muted: bool) -> ByServer {
        match self.tracks.iter_mut().find(|t| t.sid() == Some(sid) && t.muted != muted) {
            None => ByServer::Known,
            Some(_) if !muted => ByServer::Unwanted,
            Some(track) => {
                track.muted = true;
                ByServer::Muted(track.source)
            }
        }
    }

    /// What is published, for a resume.
    pub fn confirmed(&self) -> Vec<Published> {
        let published = |t: &OwnTrack| {
            let (sid, encrypted) = (t.sid()?.to_owned(), self.encrypted);
            let track = TrackInfo { sid, kind: t.kind(), source: t.source, muted: t.muted, encrypted };
            Some(Published { cid: t.cid.clone(), track })
        };
        self.tracks.iter().filter_map(published).collect()
    }
}

fn request(track: &OwnTrack, codec: Codec, sizes: Sizes) -> AddTrack {
    let video = track.kind() == Kind::Video;
    let backup = (video && codec != BACKUP).then_some(name(BACKUP));
    let layers = sizes.ladder(track.source).into_iter().map(|r| (r.layer, r.width, r.height, r.bitrate_bps));
    AddTrack {
        cid: track.cid.clone(),
        source: track.source,
        muted: track.muted,
        codec: video.then_some(name(codec)),
        backup,
        size: if video { sizes.of(track.source) } else { (0, 0) },
        layers: if video { layers.collect() } else { Vec::new() },
        encrypted: false,
    }
}

/// What LiveKit calls a codec of ours.
pub(super) fn name(codec: Codec) -> &'static str {
    match codec {
        Codec::H264 => "h264",
        _ => "vp8",
    }
}

/// Our own name for a track.
fn new_cid() -> String {
    uuid::Uuid::new_v4().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(sid: &str, muted: bool) -> TrackInfo {
        TrackInfo { sid: sid.into(), kind: Kind::Audio, source: Source::Microphone, muted, encrypted: false }
    }

    #[test]
    fn a_mute_before_the_grant_is_told_with_the_grant() {
        let mut own = Publications::new(true, None, Codec::Vp8, (1280, 720));
        let asked = own.ask(|_| true, Instant::now());
        assert_eq!(asked.len(), 1);
        assert!(!asked[0].muted);
        assert_eq!(own.set_muted(Source::Microphone, true), None);
        assert_eq!(own.published(&asked[0].cid, &info("TR_1", false)), Some(("TR_1".into(), true)));
        assert_eq!(own.set_muted(Source::Microphone, false), Some("TR_1".into()));
        assert!(own.get(Source::Microphone).unwrap().is_live());
    }

    #[test]
    fn only_people_in_the_room_open_their_microphone() {
        let mut own = Publications::new(true, None, Codec::Vp8, (1280, 720));
        let asked = own.ask(|_| true, Instant::now());
        own.published(&asked[0].cid, &info("TR_1", false));
        assert_eq!(own.muted_by_server("TR_1", true), ByServer::Muted(Source::Microphone));
        assert_eq!(own.muted_by_server("TR_1", true), ByServer::Known);
        assert_eq!(own.muted_by_server("TR_1", false), ByServer::Unwanted);
        assert!(!own.get(Source::Microphone).unwrap().is_live());
        own.set_muted(Source::Microphone, false);
        assert_eq!(own.muted_by_server("TR_1", false), ByServer::Known);
    }

    #[test]
    fn a_share_is_asked_for_with_its_size_again_in_a_new_session_and_is_gone_when_it_ends() {
        let now = Instant::now();
        let mut own = Publications::new(true, Some(true), Codec::Vp8, (1280, 720));
        own.ask(|_| true, now);
        assert_eq!(own.share(Share { size: (1920, 1080), audio: true }), None);
        let asked = own.ask(|_| true, now);
        let shapes: Vec<_> = asked.iter().map(|t| (t.source, t.size, t.layers.len())).collect();
        assert_eq!(shapes, [(Source::ScreenShare, (1920, 1080), 1), (Source::ScreenShareAudio, (0, 0), 0)]);
        own.published(&asked[0].cid, &info("TR_S", false));
        assert_eq!(own.share(Share { size: (1920, 1080), audio: true }), None);
        assert_eq!(own.share(Share { size: (1280, 800), audio: true }), Some("TR_S".into()), "another mode");
        own.begin();
        assert_eq!(own.ask_with_join(now)[2].size, (1280, 800));
        assert_eq!(own.unshare().len(), 2);
        assert!(!own.is_sharing() && own.ask_again(now).iter().all(|t| t.source != Source::ScreenShare));
    }

    #[test]
    fn only_what_was_asked_for_in_the_address_is_asked_for_again() {
        let mut own = Publications::new(true, Some(true), Codec::Vp8, (1280, 720));
        assert_eq!(own.ask_with_join(Instant::now()).len(), 2);
        assert_eq!(own.ask_again(Instant::now()).len(), 2);
        assert!(own.ask_again(Instant::now()).is_empty());
        own.begin();
        own.ask(|_| true, Instant::now());
        assert!(own.ask_again(Instant::now()).is_empty(), "a second request would publish a second track");
    }

    #[test]
    fn a_lost_permission_unpublishes_and_a_regained_one_publishes_under_a_new_name() {
        let mut own = Publications::new(true, Some(true), Codec::Vp8, (1280, 720));
        let asked = own.ask(|_| true, Instant::now());
        own.published(&asked[0].cid, &info("TR_1", false));
        assert_eq!(own.permitted(|s| s != Source::Microphone), [asked[0].cid.clone()]);
        assert!(!own.get(Source::Microphone).unwrap().is_live());
        own.permitted(|_| true);
        let again = own.ask(|_| true, Instant::now());
        assert_eq!(again.len(), 1);
        assert_ne!(again[0].cid, asked[0].cid);
        assert!(again[0].muted, "only people open what was closed");
    }

    #[test]
    fn silence_is_a_refusal_and_people_may_ask_again() {
        let now = Instant::now();
        let mut own = Publications::new(true, None, Codec::Vp8, (1280, 720));
        let asked = own.ask(|_| true, now);
        assert!(!own.timeout(now) && own.is_asking());
        assert_eq!(own.deadline(), Some(now + GRANT_TIMEOUT));
        assert!(own.timeout(now + GRANT_TIMEOUT) && !own.is_asking());
        assert!(own.ask(|_| true, now).is_empty());
        assert_eq!(own.try_again(Source::Microphone), Some(asked[0].cid.clone()));
        assert_ne!(own.ask(|_| true, now)[0].cid, asked[0].cid);
        assert_eq!(own.try_again(Source::Microphone), None, "it is asked for already");
    }

    #[test]
    fn a_camera_plugged_in_later_is_published_when_it_is_switched_on() {
        let mut own = Publications::new(true, None, Codec::Vp8, (1280, 720));
        own.ask(|_| true, Instant::now());
        own.set_muted(Source::Camera, true);
        assert!(own.ask(|_| true, Instant::now()).is_empty());
        own.set_muted(Source::Camera, false);
        assert_eq!(own.ask(|_| true, Instant::now())[0].source, Source::Camera);
    }
}
