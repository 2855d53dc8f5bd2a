//! Session descriptions as text: what str0m does not say, LiveKit clients need to hear.

use std::collections::HashMap;

/// One media section of a client's description.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Section {
    pub mid: String,
    pub audio: bool,
    /// The client sends here.
    pub sends: bool,
    /// The client receives here.
    pub receives: bool,
    /// The track's id in `a=msid`.
    pub msid_track: Option<String>,
    pub rids: Vec<String>,
    payload_types: Vec<String>,
    /// The payload type of redundant audio.
    red: Option<String>,
    /// The codec of each payload type, in small letters.
    codecs: HashMap<String, String>,
}

impl Section {
    /// Has redundant audio come first in the answer, or not first: the first is what clients send.
    pub fn prefer_red(&mut self, wanted: bool) {
        let red = self.red.as_ref();
        if wanted {
            self.payload_types.sort_by_key(|t| Some(t) != red);
        } else if red.is_some() && self.payload_types.first() == red && self.payload_types.len() > 1 {
            self.payload_types.swap(0, 1);
        }
    }

    /// Has a codec, such as `video/VP8`, come first in the answer, if it was offered: the first is what clients send.
    pub fn prefer_codec(&mut self, mime: &str) {
        let name = mime.rsplit('/').next().unwrap_or_default().to_lowercase();
        let codecs = &self.codecs;
        self.payload_types.sort_by_key(|t| codecs.get(t) != Some(&name));
    }
}

/// What our side of a section, on which only we send, should say.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Outgoing {
    /// Nothing yet.
    Free,
    /// What was here is gone.
    Gone,
    Track {
        publisher: String,
        track: String,
        ssrc: u32,
        rtx: Option<u32>,
    },
}

/// The audio and video sections of a description.
pub(super) fn sections(sdp: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    let mut media = false;
    for line in sdp.lines() {
        if let Some(line) = line.strip_prefix("m=") {
            media = line.starts_with("audio") || line.starts_with("video");
            if media {
                sections.push(Section {
                    mid: String::new(),
                    audio: line.starts_with("audio"),
                    sends: true,
                    receives: true,
                    msid_track: None,
                    rids: Vec::new(),
                    payload_types: line.split_whitespace().skip(3).map(str::to_owned).collect(),
                    red: None,
                    codecs: HashMap::new(),
                });
            }
        }
        let Some(section) = sections.last_mut().filter(|_| media) else { continue };
        if let Some(mid) = line.strip_prefix("a=mid:") {
            section.mid = mid.trim().into();
        } else if let Some(msid) = line.strip_prefix("a=msid:") {
            section.msid_track = msid.split_whitespace().nth(1).map(str::to_owned);
        } else if let Some((pt, codec)) = line.strip_prefix("a=rtpmap:").and_then(|map| map.split_once(' ')) {
            let name = codec.split('/').next().unwrap_or_default().to_lowercase();
            section.red = section.red.take().or_else(|| (name == "red").then(|| pt.to_owned()));
            section.codecs.insert(pt.into(), name);
        } else if let Some(rid) = line.strip_prefix("a=rid:") {
            section.rids.extend(rid.split_whitespace().next().map(str::to_owned));
        } else {
            match line.trim() {
                "a=sendonly" => section.receives = false,
                "a=recvonly" => section.sends = false,
                "a=inactive" => (section.sends, section.receives) = (false, false),
                _ => {}
            }
        }
    }
    sections
}

/// Makes str0m's description name the tracks, by section, and prefer codecs in the client's order.
///
/// str0m gives each section one name for life; LiveKit puts one track after another in it.
pub(super) fn rewrite(sdp: &str, outgoing: &HashMap<String, Outgoing>, offer: &[Section]) -> String {
    let mut parts = sdp.split("\r\nm=");
    let mut text = String::new();
    for line in parts.next().unwrap_or_default().lines() {
        let line = if line.starts_with("a=msid-semantic:") { "a=msid-semantic:WMS *" } else { line };
        push(&mut text, line);
    }
    for part in parts {
        let mid = part.lines().find_map(|l| l.strip_prefix("a=mid:")).unwrap_or_default();
        let media = format!("m={}", part.lines().next().unwrap_or_default());
        let wanted = offer.iter().find(|s| s.mid == mid).map(|s| &s.payload_types[..]).unwrap_or_default();
        push(&mut text, &in_order(&media, wanted));
        let says = outgoing.get(mid);
        for line in part.lines().skip(1).filter(|l| !l.is_empty()) {
            let names = ["a=msid:", "a=ssrc:", "a=ssrc-group:"].iter().any(|n| line.starts_with(n));
            match says {
                _ if !names && line != "a=sendonly" => push(&mut text, line),
                None if !names => push(&mut text, line),
                Some(says) if line == "a=sendonly" => describe(&mut text, says),
                _ => {}
            }
        }
    }
    text
}

/// The codec an answer prefers in a section, such as `video/VP8`; order is the offer's.
pub(super) fn first_codec(answer: &str, offer: &Section) -> Option<String> {
    let wanted = format!("a=mid:{}", offer.mid);
    let part = answer.split("\r\nm=").find(|part| part.lines().any(|l| l == wanted))?;
    let name = |pt: &String| {
        let map = part.lines().find_map(|l| l.strip_prefix("a=rtpmap:")?.strip_prefix(pt.as_str()))?;
        Some(map.strip_prefix(' ')?.split('/').next()?.to_owned())
    };
    let codec = offer.payload_types.iter().find_map(name)?;
    Some(format!("{}/{codec}", if offer.audio { "audio" } else { "video" }))
}

/// The stream numbers in one section of str0m's text: SSRC and, for resends, another.
pub(super) fn numbers(sdp: &str, mid: &str) -> Option<(u32, Option<u32>)> {
    let wanted = format!("a=mid:{mid}");
    let part = sdp.split("\r\nm=").find(|part| part.lines().any(|l| l == wanted))?;
    let numbers = |line: &str| line.split([' ', ':']).filter_map(|w| w.parse().ok()).collect::<Vec<u32>>();
    if let Some([ssrc, rtx]) = part.lines().find(|l| l.starts_with("a=ssrc-group:FID")).map(numbers).as_deref() {
        return Some((*ssrc, Some(*rtx)));
    }
    let line = part.lines().find(|l| l.starts_with("a=ssrc:"))?;
    Some((*numbers(line).first()?, None))
}

fn describe(text: &mut String, says: &Outgoing) {
    match says {
        Outgoing::Free => push(text, "a=sendonly"),
        Outgoing::Gone => push(text, "a=inactive"),
        Outgoing::Track { publisher, track, ssrc, rtx } => {
            push(text, "a=sendonly");
            push(text, &format!("a=msid:{publisher}|{track} {track}"));
            if let Some(rtx) = rtx {
                push(text, &format!("a=ssrc-group:FID {ssrc} {rtx}"));
            }
            for ssrc in std::iter::once(ssrc).chain(rtx) {
                push(text, &format!("a=ssrc:{ssrc} cname:{publisher}|{track}"));
                push(text, &format!("a=ssrc:{ssrc} msid:{publisher}|{track} {track}"));
            }
        }
    }
}

/// An m-line with its payload types in the order of `wanted`.
fn in_order(media: &str, wanted: &[String]) -> String {
    let mut words: Vec<&str> = media.split(' ').collect();
    if let Some(types) = words.get_mut(3..) {
        types.sort_by_key(|t| wanted.iter().position(|w| w == t).unwrap_or(usize::MAX));
    }
    words.join(" ")
}

fn push(text: &mut String, line: &str) {
    text.push_str(line);
    text.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = "v=0\r\na=msid-semantic: WMS x\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111 0\r\na=mid:0\r\n\
        a=sendonly\r\na=msid:x y\r\na=ssrc:1 cname:x\r\nm=video 9 UDP/TLS/RTP/SAVPF 96 97 98\r\na=mid:1\r\n\
        a=recvonly\r\na=msid:x y\r\n";

    #[test]
    fn a_place_is_named_after_its_track() {
        let track = Outgoing::Track { publisher: "PA_a".into(), track: "TR_b".into(), ssrc: 7, rtx: None };
        let text = rewrite(ANSWER, &HashMap::from([("0".into(), track)]), &[]);
        assert!(text.contains("a=msid:PA_a|TR_b TR_b\r\na=ssrc:7 cname:PA_a|TR_b"), "{text}");
        assert!(!text.contains("x y") && text.contains("a=recvonly"), "{text}");
        let gone = rewrite(ANSWER, &HashMap::from([("0".into(), Outgoing::Gone)]), &[]);
        assert!(gone.contains("a=inactive") && !gone.contains("a=sendonly"), "{gone}");
    }

    #[test]
    fn codecs_stay_in_the_clients_order() {
        let offer = sections("m=video 9 UDP/TLS/RTP/SAVPF 98 96 97\r\na=mid:1\r\na=sendonly\r\na=msid:- cam\r\n");
        assert_eq!((offer[0].sends, offer[0].receives), (true, false));
        assert_eq!(offer[0].msid_track.as_deref(), Some("cam"));
        assert!(rewrite(ANSWER, &HashMap::new(), &offer).contains("SAVPF 98 96 97"));
    }

    #[test]
    fn what_a_track_was_announced_in_comes_first() {
        let offer = "m=video 9 UDP/TLS/RTP/SAVPF 96 97 98\r\na=mid:1\r\na=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\n\
            a=rtpmap:98 H264/90000\r\n";
        let mut offer = sections(offer);
        offer[0].prefer_codec("video/AV1");
        assert!(rewrite(ANSWER, &HashMap::new(), &offer).contains("SAVPF 96 97 98"), "it was not offered");
        offer[0].prefer_codec("video/h264");
        assert!(rewrite(ANSWER, &HashMap::new(), &offer).contains("SAVPF 98 96 97"));
    }
}
