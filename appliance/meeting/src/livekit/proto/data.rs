//! Data packets: what travels on the data channels.

use std::collections::HashMap;

use livekit_protocol as lk;
use lk::data_packet::Value;
use prost::Message;

/// One packet of a data channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// The sender's identity; empty when the server sends it.
    pub from: String,
    pub payload: Payload,
}

/// What a packet holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payload {
    User {
        topic: Option<String>,
        bytes: Vec<u8>,
    },
    /// LiveKit's own chat message.
    Chat {
        id: String,
        timestamp_ms: i64,
        text: String,
    },
    /// A stream begins. `inline` is its whole content when that is short.
    StreamHeader {
        id: String,
        timestamp_ms: i64,
        topic: String,
        text: bool,
        total_bytes: Option<u64>,
        inline: Option<Vec<u8>>,
        deflated: bool,
        attributes: HashMap<String, String>,
    },
    StreamChunk {
        id: String,
        index: u64,
        bytes: Vec<u8>,
    },
    StreamTrailer {
        id: String,
        attributes: HashMap<String, String>,
    },
    /// Pieces of what this participant said, as text.
    Transcription {
        participant: String,
        segments: Vec<Segment>,
    },
    /// Nothing we act on, or encrypted.
    Other,
}

/// A piece of speech as text, told again as it grows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    pub id: String,
    pub text: String,
    pub is_final: bool,
}

/// Decodes one message of a data channel. `None`: not a data packet.
pub fn decode_packet(bytes: &[u8]) -> Option<Packet> {
    let packet = lk::DataPacket::decode(bytes).ok()?;
    let mut from = packet.participant_identity;
    let payload = match packet.value {
        #[allow(deprecated)]
        Some(Value::User(u)) => {
            if from.is_empty() {
                from = u.participant_identity;
            }
            Payload::User { topic: u.topic, bytes: u.payload }
        }
        Some(Value::ChatMessage(c)) if !c.deleted => {
            Payload::Chat { id: c.id, timestamp_ms: c.timestamp, text: c.message }
        }
        Some(Value::StreamHeader(h)) => {
            use lk::data_stream::{CompressionType, header::ContentHeader};
            Payload::StreamHeader {
                text: matches!(h.content_header, Some(ContentHeader::TextHeader(_))),
                deflated: h.compression() == CompressionType::DeflateRaw,
                id: h.stream_id,
                timestamp_ms: h.timestamp,
                topic: h.topic,
                total_bytes: h.total_length,
                inline: h.inline_content,
                attributes: h.attributes,
            }
        }
        Some(Value::StreamChunk(c)) => Payload::StreamChunk { id: c.stream_id, index: c.chunk_index, bytes: c.content },
        Some(Value::StreamTrailer(t)) => Payload::StreamTrailer { id: t.stream_id, attributes: t.attributes },
        Some(Value::Transcription(t)) => Payload::Transcription {
            participant: t.transcribed_participant_identity,
            segments: t.segments.into_iter().map(|s| Segment { id: s.id, text: s.text, is_final: s.r#final }).collect(),
        },
        _ => Payload::Other,
    };
    Some(Packet { from, payload })
}

/// Encodes a user packet for one participant only.
pub fn encode_packet_to(identity: &str, bytes: Vec<u8>) -> Vec<u8> {
    let value = Some(Value::User(lk::UserPacket { payload: bytes, ..Default::default() }));
    lk::DataPacket { destination_identities: vec![identity.to_owned()], value, ..Default::default() }.encode_to_vec()
}

/// Encodes one message of a data channel.
pub fn encode_packet(packet: Packet) -> Vec<u8> {
    let value = match packet.payload {
        Payload::User { topic, bytes } => {
            Some(Value::User(lk::UserPacket { payload: bytes, topic, ..Default::default() }))
        }
        Payload::Chat { id, timestamp_ms, text } => Some(Value::ChatMessage(lk::ChatMessage {
            id,
            timestamp: timestamp_ms,
            message: text,
            ..Default::default()
        })),
        Payload::StreamHeader { id, timestamp_ms, topic, text, total_bytes, inline, deflated, attributes } => {
            use lk::data_stream as ds;
            let content_header = if text {
                ds::header::ContentHeader::TextHeader(ds::TextHeader::default())
            } else {
                ds::header::ContentHeader::ByteHeader(ds::ByteHeader::default())
            };
            let compression = if deflated { ds::CompressionType::DeflateRaw } else { ds::CompressionType::None };
            Some(Value::StreamHeader(ds::Header {
                stream_id: id,
                timestamp: timestamp_ms,
                topic,
                mime_type: if text { "text/plain" } else { "application/octet-stream" }.into(),
                total_length: total_bytes,
                inline_content: inline,
                attributes,
                compression: compression as i32,
                content_header: Some(content_header),
                ..Default::default()
            }))
        }
        Payload::StreamChunk { id, index, bytes } => Some(Value::StreamChunk(lk::data_stream::Chunk {
            stream_id: id,
            chunk_index: index,
            content: bytes,
            ..Default::default()
        })),
        Payload::StreamTrailer { id, attributes } => {
            Some(Value::StreamTrailer(lk::data_stream::Trailer { stream_id: id, attributes, ..Default::default() }))
        }
        Payload::Transcription { participant, segments } => {
            let segment = |s: Segment| lk::TranscriptionSegment {
                id: s.id,
                text: s.text,
                r#final: s.is_final,
                ..Default::default()
            };
            Some(Value::Transcription(lk::Transcription {
                transcribed_participant_identity: participant,
                segments: segments.into_iter().map(segment).collect(),
                ..Default::default()
            }))
        }
        Payload::Other => None,
    };
    lk::DataPacket { participant_identity: packet.from, value, ..Default::default() }.encode_to_vec()
}
