//! What travels on the data channels: chat, reactions and notices, in Visio's formats.

use std::collections::VecDeque;
use std::io::Read;

use super::proto::{Packet, Payload, decode_packet, encode_packet};
use crate::io::Event;

/// Chat's text streams.
const CHAT_STREAM: &str = "lk.chat";
/// Chat's packets, for clients that know no streams.
const CHAT_PACKET: &str = "lk-chat-topic";

/// Text streams put together at once, and the longest of them.
const STREAMS_MAX: usize = 16;
const STREAM_BYTES_MAX: usize = 64 * 1024;

/// The longest chat message we send, in characters, as in Visio's own box.
pub const CHAT_CHARS_MAX: usize = 2_000;

/// Ids of chat messages remembered, so that one told twice is heard once.
const SEEN_MAX: usize = 64;

/// What fits in one piece of a stream.
const CHUNK_BYTES: usize = 15_000;

#[derive(Debug)]
struct Stream {
    from: String,
    id: String,
    next_chunk: u64,
    bytes: Vec<u8>,
}

/// Puts streams together and turns packets into events.
#[derive(Debug, Default)]
pub struct Inbox {
    streams: VecDeque<Stream>,
    seen: VecDeque<String>,
}

impl Inbox {
    /// Takes one message of a data channel.
    pub fn receive(&mut self, bytes: &[u8]) -> Option<Event> {
        let Packet { from, payload } = decode_packet(bytes)?;
        match payload {
            Payload::User { topic: Some(topic), bytes } if topic == CHAT_PACKET => self.chat_packet(from, &bytes),
            Payload::User { topic, bytes } if topic.as_deref().unwrap_or("").is_empty() => Some(notice(from, bytes)),
            Payload::User { topic, bytes } => Some(Event::Data { from, topic: topic.unwrap_or_default(), bytes }),
            Payload::Chat { id, text, .. } => self.chat(from, id, text),
            Payload::StreamHeader { id, topic, text: true, total_bytes, inline, deflated, .. }
                if topic == CHAT_STREAM =>
            {
                self.begin(from, id, total_bytes, inline, deflated)
            }
            Payload::StreamChunk { id, index, bytes } => {
                self.piece(&from, &id, index, &bytes);
                None
            }
            Payload::StreamTrailer { id } => {
                let index = self.streams.iter().position(|s| s.id == id && s.from == from)?;
                let stream = self.streams.remove(index)?;
                let text = String::from_utf8(stream.bytes).ok()?;
                self.chat(from, id, text)
            }
            _ => None,
        }
    }

    fn begin(
        &mut self,
        from: String,
        id: String,
        total_bytes: Option<u64>,
        inline: Option<Vec<u8>>,
        deflated: bool,
    ) -> Option<Event> {
        if total_bytes.is_some_and(|n| n > STREAM_BYTES_MAX as u64) {
            return None;
        }
        if let Some(inline) = inline {
            let bytes = if deflated { inflate(&inline)? } else { inline };
            return self.chat(from, id, String::from_utf8(bytes).ok()?);
        }
        // A compressed stream in pieces is only sent to clients that say they can read it.
        if !deflated {
            if self.streams.len() >= STREAMS_MAX {
                self.streams.pop_front();
            }
            self.streams.push_back(Stream { from, id, next_chunk: 0, bytes: Vec::new() });
        }
        None
    }

    fn piece(&mut self, from: &str, id: &str, index: u64, bytes: &[u8]) {
        let Some(position) = self.streams.iter().position(|s| s.id == id && s.from == from) else { return };
        let stream = &mut self.streams[position];
        if stream.next_chunk != index || stream.bytes.len() + bytes.len() > STREAM_BYTES_MAX {
            self.streams.remove(position);
            return;
        }
        stream.next_chunk += 1;
        stream.bytes.extend_from_slice(bytes);
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
    }];
    for (index, piece) in text.as_bytes().chunks(CHUNK_BYTES).enumerate() {
        payloads.push(Payload::StreamChunk { id: id.to_owned(), index: index as u64, bytes: piece.to_vec() });
    }
    payloads.push(Payload::StreamTrailer { id: id.to_owned() });
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

#[cfg(test)]
mod tests {
    use super::*;

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
            let events: Vec<_> = chat(text, 1, text).iter().filter_map(|p| inbox.receive(&from("anna", p))).collect();
            assert_eq!(events, [Event::Chat { from: "anna".into(), text: text.to_owned() }]);
        }
    }

    #[test]
    fn an_old_clients_chat_packet_is_heard() {
        let mut inbox = Inbox::default();
        let json = br#"{"id":"1","timestamp":5,"message":"Hallo"}"#.to_vec();
        let payload = Payload::User { topic: Some(CHAT_PACKET.into()), bytes: json };
        let packet = encode_packet(Packet { from: "bert".into(), payload });
        assert_eq!(inbox.receive(&packet), Some(Event::Chat { from: "bert".into(), text: "Hallo".into() }));
        assert_eq!(inbox.receive(&packet), None);
    }

    #[test]
    fn reactions_and_lobby_notices_are_events_and_the_rest_is_data() {
        let mut inbox = Inbox::default();
        let event = inbox.receive(&from("anna", &reaction("party-popper")));
        assert_eq!(event, Some(Event::Reaction { from: "anna".into(), emoji: "party-popper".into() }));
        let user = |bytes: &[u8]| {
            let payload = Payload::User { topic: None, bytes: bytes.to_vec() };
            encode_packet(Packet { from: String::new(), payload })
        };
        assert_eq!(inbox.receive(&user(br#"{"type":"participantWaiting"}"#)), Some(Event::SomebodyWaiting));
        assert!(matches!(inbox.receive(&user(b"\xff\x00")), Some(Event::Data { .. })));
        assert_eq!(inbox.receive(b"\xff\xff\xff"), None);
    }

    #[test]
    fn streams_without_end_or_measure_cost_a_bounded_amount() {
        let mut inbox = Inbox::default();
        for n in 0..100 {
            let packets = chat(&format!("{n}"), 0, "x");
            inbox.receive(&packets[0]);
        }
        assert!(inbox.streams.len() <= STREAMS_MAX);
        for index in 0..100 {
            let bytes = vec![0; CHUNK_BYTES];
            let payload = Payload::StreamChunk { id: "99".into(), index, bytes };
            inbox.receive(&encode_packet(Packet { from: String::new(), payload }));
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
