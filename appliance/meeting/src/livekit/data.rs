//! What travels on the data channels: chat, captions, reactions and notices, in Visio's formats.

use std::collections::{HashMap, VecDeque};
use std::io::Read;

use super::proto::{Packet, Payload, Segment, decode_packet, encode_packet, encode_packet_to};
use crate::io::Event;

/// Chat's text streams.
const CHAT_STREAM: &str = "lk.chat";
/// Chat's packets, for clients that know no streams.
const CHAT_PACKET: &str = "lk-chat-topic";

/// What is said, as text streams of LiveKit's agents, and their attributes. Visio's own subtitles come as
/// `Transcription` packets.
const CAPTION_STREAM: &str = "lk.transcription";
const CAPTION_SEGMENT: &str = "lk.segment_id";
const CAPTION_TRACK: &str = "lk.transcribed_track_id";
const CAPTION_FINAL: &str = "lk.transcription_final";

/// The topic of the packets in which a group agrees on its keys (docs/e2ee.md).
pub const GROUP_TOPIC: &str = "huis-clos.group.1";

/// Text streams put together at once, and the longest of them.
const STREAMS_MAX: usize = 16;
const STREAM_BYTES_MAX: usize = 64 * 1024;

/// The longest chat message we send, in characters, as in Visio's own box.
pub const CHAT_CHARS_MAX: usize = 2_000;

/// Ids of chat messages remembered, so that one told twice is heard once, and the longest of them.
const SEEN_MAX: usize = 64;
const ID_BYTES_MAX: usize = 256;

/// What fits in one piece of a stream.
const CHUNK_BYTES: usize = 15_000;

#[derive(Debug)]
struct Stream {
    from: String,
    id: String,
    next_chunk: u64,
    bytes: Vec<u8>,
    content: Content,
}

/// What a text stream is.
#[derive(Debug)]
enum Content {
    Chat,
    /// A piece of what `speaker` says.
    Caption {
        speaker: String,
        segment: String,
        is_final: bool,
    },
}

impl Stream {
    /// What was said so far, when it is a caption.
    fn said(&self, is_whole: bool) -> Option<Event> {
        let Content::Caption { speaker, segment, is_final } = &self.content else { return None };
        // A letter may be cut in two.
        let text = match std::str::from_utf8(&self.bytes) {
            Ok(text) => text,
            Err(error) => std::str::from_utf8(&self.bytes[..error.valid_up_to()]).unwrap_or_default(),
        };
        let (from, segment, text) = (Some(speaker.clone()), segment.clone(), text.to_owned());
        Some(Event::Caption { from, segment, text, is_final: *is_final && is_whole })
    }
}

/// Puts streams together and turns packets into events.
#[derive(Debug, Default)]
pub struct Inbox {
    streams: VecDeque<Stream>,
    seen: VecDeque<String>,
}

impl Inbox {
    /// Takes one message of a data channel. `owner` says whose a track is.
    pub fn receive(&mut self, bytes: &[u8], owner: impl Fn(&str) -> Option<String>) -> Option<Event> {
        let Packet { from, payload } = decode_packet(bytes)?;
        match payload {
            Payload::User { topic: Some(topic), bytes } if topic == CHAT_PACKET => self.chat_packet(from, &bytes),
            Payload::User { topic, bytes } if topic.as_deref().unwrap_or("").is_empty() => Some(notice(from, bytes)),
            Payload::User { topic, bytes } => Some(Event::Data { from, topic: topic.unwrap_or_default(), bytes }),
            Payload::Chat { id, text, .. } => self.chat(from, id, text),
            Payload::StreamHeader { id, topic, text: true, total_bytes, inline, deflated, attributes, .. } => {
                let content = match topic.as_str() {
                    CHAT_STREAM => Content::Chat,
                    CAPTION_STREAM => caption(&from, &id, &attributes, owner),
                    _ => return None,
                };
                if total_bytes.is_some_and(|n| n > STREAM_BYTES_MAX as u64) {
                    return None;
                }
                let stream = Stream { from, id, next_chunk: 0, bytes: Vec::new(), content };
                self.begin(stream, inline, deflated)
            }
            Payload::StreamChunk { id, index, bytes } => self.piece(&from, &id, index, &bytes),
            Payload::StreamTrailer { id, attributes } => {
                let index = self.streams.iter().position(|s| s.id == id && s.from == from)?;
                let mut stream = self.streams.remove(index)?;
                if let Content::Caption { is_final, .. } = &mut stream.content {
                    // Said at the end when it was not known at the start.
                    *is_final |= attributes.get(CAPTION_FINAL).is_some_and(|value| value == "true");
                }
                self.whole(stream)
            }
            Payload::Transcription { participant, mut segments } => {
                // One for each packet; of several the last is being said.
                let Segment { id, text, is_final } = segments.pop()?;
                let from = if participant.is_empty() { from } else { participant };
                Some(Event::Caption { from: Some(from), segment: id, text, is_final })
            }
            _ => None,
        }
    }

    fn begin(&mut self, mut stream: Stream, inline: Option<Vec<u8>>, deflated: bool) -> Option<Event> {
        if let Some(inline) = inline {
            stream.bytes = if deflated { inflate(&inline)? } else { inline };
            return self.whole(stream);
        }
        // A compressed stream in pieces is only sent to clients that say they can read it.
        if !deflated {
            if self.streams.len() >= STREAMS_MAX {
                self.streams.pop_front();
            }
            self.streams.push_back(stream);
        }
        None
    }

    /// The next piece of a stream; what is being said is shown as it comes.
    fn piece(&mut self, from: &str, id: &str, index: u64, bytes: &[u8]) -> Option<Event> {
        let position = self.streams.iter().position(|s| s.id == id && s.from == from)?;
        let stream = &mut self.streams[position];
        if stream.next_chunk != index || stream.bytes.len() + bytes.len() > STREAM_BYTES_MAX {
            self.streams.remove(position);
            return None;
        }
        stream.next_chunk += 1;
        stream.bytes.extend_from_slice(bytes);
        stream.said(false)
    }

    fn whole(&mut self, stream: Stream) -> Option<Event> {
        match stream.content {
            Content::Chat => self.chat(stream.from, stream.id, String::from_utf8(stream.bytes).ok()?),
            Content::Caption { .. } => stream.said(true),
        }
    }

    fn chat_packet(&mut self, from: String, bytes: &[u8]) -> Option<Event> {
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Message {
            #[serde(default)]
            id: String,
            message: String,
            #[serde(default)]
            ignore_legacy: bool,
        }
        let message: Message = serde_json::from_slice(bytes).ok()?;
        // The same message comes as a stream.
        if message.ignore_legacy { None } else { self.chat(from, message.id, message.message) }
    }

    fn chat(&mut self, from: String, id: String, text: String) -> Option<Event> {
        // Longer than any stream of it could be: nobody typed that.
        if text.len() > STREAM_BYTES_MAX || id.len() > ID_BYTES_MAX || from.len() > ID_BYTES_MAX {
            return None;
        }
        if !id.is_empty() {
            let key = format!("{from}/{id}");
            if self.seen.contains(&key) {
                return None;
            }
            if self.seen.len() >= SEEN_MAX {
                self.seen.pop_front();
            }
            self.seen.push_back(key);
        }
        Some(Event::Chat { from, text })
    }
}

/// Agents transcribe the tracks of others, and send on their own behalf.
fn caption(
    from: &str,
    id: &str,
    attributes: &HashMap<String, String>,
    owner: impl Fn(&str) -> Option<String>,
) -> Content {
    let speaker = attributes.get(CAPTION_TRACK).and_then(|track| owner(track)).unwrap_or_else(|| from.to_owned());
    let segment = attributes.get(CAPTION_SEGMENT).map_or(id, String::as_str).to_owned();
    let is_final = attributes.get(CAPTION_FINAL).is_some_and(|value| value == "true");
    Content::Caption { speaker, segment, is_final }
}

/// Visio's notices: JSON without a topic.
fn notice(from: String, bytes: Vec<u8>) -> Event {
    #[derive(serde::Deserialize)]
    struct Notice {
        r#type: String,
        #[serde(default)]
        data: serde_json::Value,
    }
    let Ok(notice) = serde_json::from_slice::<Notice>(&bytes) else {
        return Event::Data { from, topic: String::new(), bytes };
    };
    match notice.r#type.as_str() {
        "participantWaiting" => Event::SomebodyWaiting,
        "reactionReceived" => match notice.data.get("emoji").and_then(|e| e.as_str()) {
            Some(emoji) => Event::Reaction { from, emoji: emoji.to_owned() },
            None => Event::Data { from, topic: String::new(), bytes },
        },
        _ => Event::Data { from, topic: String::new(), bytes },
    }
}

fn inflate(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::new();
    let limit = STREAM_BYTES_MAX as u64 + 1;
    flate2::read::DeflateDecoder::new(bytes).take(limit).read_to_end(&mut plain).ok()?;
    (plain.len() <= STREAM_BYTES_MAX).then_some(plain)
}

/// The packets of one chat message: the stream, then the packet for clients that know no streams.
pub fn chat(id: &str, timestamp_ms: i64, text: &str) -> Vec<Vec<u8>> {
    let text: String = text.chars().take(CHAT_CHARS_MAX).collect();
    let mut payloads = vec![Payload::StreamHeader {
        id: id.to_owned(),
        timestamp_ms,
        topic: CHAT_STREAM.into(),
        text: true,
        total_bytes: Some(text.len() as u64),
        inline: None,
        deflated: false,
        attributes: HashMap::new(),
    }];
    for (index, piece) in text.as_bytes().chunks(CHUNK_BYTES).enumerate() {
        payloads.push(Payload::StreamChunk { id: id.to_owned(), index: index as u64, bytes: piece.to_vec() });
    }
    payloads.push(Payload::StreamTrailer { id: id.to_owned(), attributes: HashMap::new() });
    let packet = serde_json::json!({
        "id": id, "timestamp": timestamp_ms, "message": text, "ignoreLegacy": true
    });
    payloads.push(Payload::User { topic: Some(CHAT_PACKET.into()), bytes: packet.to_string().into_bytes() });
    payloads.into_iter().map(|payload| encode_packet(Packet { from: String::new(), payload })).collect()
}

/// The packet of one reaction.
pub fn reaction(emoji: &str) -> Vec<u8> {
    let json = serde_json::json!({ "type": "reactionReceived", "data": { "emoji": emoji } });
    let payload = Payload::User { topic: None, bytes: json.to_string().into_bytes() };
    encode_packet(Packet { from: String::new(), payload })
}

/// A packet of a group's, for everybody.
pub fn of_group(bytes: Vec<u8>) -> Vec<u8> {
    encode_packet(Packet { from: String::new(), payload: Payload::User { topic: Some(GROUP_TOPIC.into()), bytes } })
}

/// The packet that tells somebody that we turned off their microphone, as Visio's front end sends it.
pub fn muted(identity: &str) -> Vec<u8> {
    let json = serde_json::json!({ "type": "participantMuted" });
    encode_packet_to(identity, json.to_string().into_bytes())
}

/// What a room's metadata and flag say of recording.
pub fn recording(metadata: &str, active: bool) -> Event {
    #[derive(serde::Deserialize, Default)]
    struct Metadata {
        recording_mode: Option<String>,
        recording_status: Option<String>,
    }
    let visio: Metadata = serde_json::from_str(metadata).unwrap_or_default();
    match (visio.recording_mode.as_deref(), visio.recording_status.as_deref()) {
        // Visio says more than the flag, which is set from before the start to after the end.
        (Some(mode), Some(status)) => {
            let on = active && status == "started";
            Event::Recording { recording: on && mode != "transcript", transcription: on && mode == "transcript" }
        }
        _ => Event::Recording { recording: active, transcription: false },
    }
}

/// Whether a room's metadata say that the meeting is end-to-end encrypted, where the platform says so at all.
pub fn is_encrypted(metadata: &str) -> Option<bool> {
    #[derive(serde::Deserialize)]
    struct Metadata {
        encryption_mode: String,
    }
    let visio: Metadata = serde_json::from_str(metadata).ok()?;
    Some(visio.encryption_mode != "none")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nobody(_: &str) -> Option<String> {
        None
    }

    fn packet(from: &str, payload: Payload) -> Vec<u8> {
        encode_packet(Packet { from: from.into(), payload })
    }

    fn caption(from: &str, segment: &str, text: &str, is_final: bool) -> Option<Event> {
        let (from, segment, text) = (Some(from.into()), segment.into(), text.into());
        Some(Event::Caption { from, segment, text, is_final })
    }

    fn from(identity: &str, packet: &[u8]) -> Vec<u8> {
        let mut packet = decode_packet(packet).unwrap();
        packet.from = identity.into();
        encode_packet(packet)
    }

    #[test]
    fn a_chat_message_sent_in_both_formats_is_heard_once() {
        let mut inbox = Inbox::default();
        let long = "é".repeat(CHAT_CHARS_MAX);
        for text in ["Bonjour", &long] {
            let events: Vec<_> = chat(&text.len().to_string(), 1, text)
                .iter()
                .filter_map(|p| inbox.receive(&from("anna", p), nobody))
                .collect();
            assert_eq!(events, [Event::Chat { from: "anna".into(), text: text.to_owned() }]);
        }
    }

    #[test]
    fn an_old_clients_chat_packet_is_heard() {
        let mut inbox = Inbox::default();
        let json = br#"{"id":"1","timestamp":5,"message":"Hallo"}"#.to_vec();
        let payload = Payload::User { topic: Some(CHAT_PACKET.into()), bytes: json };
        let packet = encode_packet(Packet { from: "bert".into(), payload });
        assert_eq!(inbox.receive(&packet, nobody), Some(Event::Chat { from: "bert".into(), text: "Hallo".into() }));
        assert_eq!(inbox.receive(&packet, nobody), None);
    }

    #[test]
    fn a_message_of_a_megabyte_is_not_heard_and_not_remembered() {
        let mut inbox = Inbox::default();
        let huge = "x".repeat(1 << 20);
        for (id, message) in [("1", huge.as_str()), (huge.as_str(), "Hallo")] {
            let json = serde_json::json!({ "id": id, "timestamp": 5, "message": message });
            let payload = Payload::User { topic: Some(CHAT_PACKET.into()), bytes: json.to_string().into_bytes() };
            assert_eq!(inbox.receive(&packet("bert", payload), nobody), None);
        }
        let payload = Payload::Chat { id: String::new(), timestamp_ms: 0, text: huge.clone() };
        assert_eq!(inbox.receive(&packet("bert", payload), nobody), None);
        assert!(inbox.seen.is_empty());
    }

    #[test]
    fn what_visio_transcribes_is_heard_as_the_speakers_own() {
        let mut inbox = Inbox::default();
        let segment = |text: &str, is_final| Segment { id: "SG_1".into(), text: text.into(), is_final };
        let said = |segments| Payload::Transcription { participant: "anna".into(), segments };
        let event = inbox.receive(&packet("agent", said(vec![segment("Bonjour", false)])), nobody);
        assert_eq!(event, caption("anna", "SG_1", "Bonjour", false));
        let event = inbox.receive(&packet("agent", said(vec![segment("Bonjour à tous.", true)])), nobody);
        assert_eq!(event, caption("anna", "SG_1", "Bonjour à tous.", true));
        assert_eq!(inbox.receive(&packet("agent", said(Vec::new())), nobody), None);
    }

    #[test]
    fn what_an_agent_streams_is_shown_as_it_comes() {
        let mut inbox = Inbox::default();
        let owner = |track: &str| (track == "TR_1").then(|| "anna".to_owned());
        let attributes = |list: &[(&str, &str)]| list.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        let begin = |id: &str, list: &[(&str, &str)], inline: Option<&str>| Payload::StreamHeader {
            id: id.into(),
            timestamp_ms: 0,
            topic: CAPTION_STREAM.into(),
            text: true,
            total_bytes: None,
            inline: inline.map(|text| text.as_bytes().to_vec()),
            deflated: false,
            attributes: attributes(list),
        };
        let piece = |index, bytes: &[u8]| Payload::StreamChunk { id: "s".into(), index, bytes: bytes.to_vec() };
        let (segment, track) = ((CAPTION_SEGMENT, "SG_1"), (CAPTION_TRACK, "TR_1"));
        let header = begin("s", &[segment, track, (CAPTION_FINAL, "false")], None);
        assert_eq!(inbox.receive(&packet("agent", header), owner), None);
        let (text, cut) = ("Grüß Gott".as_bytes(), 3);
        let event = inbox.receive(&packet("agent", piece(0, &text[..cut])), owner);
        assert_eq!(event, caption("anna", "SG_1", "Gr", false), "half a letter waits");
        let event = inbox.receive(&packet("agent", piece(1, &text[cut..])), owner);
        assert_eq!(event, caption("anna", "SG_1", "Grüß Gott", false));
        let trailer = Payload::StreamTrailer { id: "s".into(), attributes: attributes(&[(CAPTION_FINAL, "true")]) };
        assert_eq!(inbox.receive(&packet("agent", trailer), owner), caption("anna", "SG_1", "Grüß Gott", true));

        let header = begin("t", &[(CAPTION_FINAL, "true")], Some("Danke"));
        assert_eq!(inbox.receive(&packet("bert", header), owner), caption("bert", "t", "Danke", true));
    }

    #[test]
    fn reactions_and_lobby_notices_are_events_and_the_rest_is_data() {
        let mut inbox = Inbox::default();
        let event = inbox.receive(&from("anna", &reaction("party-popper")), nobody);
        assert_eq!(event, Some(Event::Reaction { from: "anna".into(), emoji: "party-popper".into() }));
        let user = |bytes: &[u8]| {
            let payload = Payload::User { topic: None, bytes: bytes.to_vec() };
            encode_packet(Packet { from: String::new(), payload })
        };
        assert_eq!(inbox.receive(&user(br#"{"type":"participantWaiting"}"#), nobody), Some(Event::SomebodyWaiting));
        assert!(matches!(inbox.receive(&user(b"\xff\x00"), nobody), Some(Event::Data { .. })));
        assert_eq!(inbox.receive(b"\xff\xff\xff", nobody), None);
    }

    #[test]
    fn streams_without_end_or_measure_cost_a_bounded_amount() {
        let mut inbox = Inbox::default();
        for n in 0..100 {
            let packets = chat(&format!("{n}"), 0, "x");
            inbox.receive(&packets[0], nobody);
        }
        assert!(inbox.streams.len() <= STREAMS_MAX);
        for index in 0..100 {
            let bytes = vec![0; CHUNK_BYTES];
            let payload = Payload::StreamChunk { id: "99".into(), index, bytes };
            inbox.receive(&encode_packet(Packet { from: String::new(), payload }), nobody);
        }
        assert!(inbox.streams.iter().all(|s| s.bytes.len() <= STREAM_BYTES_MAX));
    }

    #[test]
    fn recording_is_shown_only_when_metadata_and_flag_agree() {
        let said = |metadata, active| match recording(metadata, active) {
            Event::Recording { recording, transcription } => (recording, transcription),
            _ => unreachable!(),
        };
        let started = r#"{"recording_mode":"screen_recording","recording_status":"started"}"#;
        assert_eq!(said(started, true), (true, false));
        assert_eq!(said(started, false), (false, false));
        assert_eq!(said(r#"{"recording_mode":"transcript","recording_status":"started"}"#, true), (false, true));
        assert_eq!(said(r#"{"recording_mode":"transcript","recording_status":"saving"}"#, true), (false, false));
        assert_eq!(said("", true), (true, false));
        assert_eq!(said("not json", false), (false, false));
    }
}
