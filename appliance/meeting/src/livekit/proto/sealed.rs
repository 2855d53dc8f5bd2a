//! Data packets whose content is encrypted.

use livekit_protocol as lk;
use lk::data_packet::Value as Clear;
use lk::encrypted_packet_payload::Value as Content;
use prost::Message;

use crate::e2ee::SealedData;

/// The packet with its content sealed. `None`: it holds nothing that is ever sealed, or sealing failed.
pub fn seal_packet(packet: &[u8], seal: impl FnOnce(&[u8]) -> Option<SealedData>) -> Option<Vec<u8>> {
    let mut packet = lk::DataPacket::decode(packet).ok()?;
    let content = match packet.value.take()? {
        Clear::User(value) => Content::User(value),
        Clear::ChatMessage(value) => Content::ChatMessage(value),
        Clear::StreamHeader(value) => Content::StreamHeader(value),
        Clear::StreamChunk(value) => Content::StreamChunk(value),
        Clear::StreamTrailer(value) => Content::StreamTrailer(value),
        _ => return None,
    };
    let content = lk::EncryptedPacketPayload { value: Some(content) }.encode_to_vec();
    let SealedData { iv, index, bytes } = seal(&content)?;
    packet.value = Some(Clear::EncryptedPacket(lk::EncryptedPacket {
        encryption_type: lk::encryption::Type::Gcm as i32,
        iv,
        key_index: index,
        encrypted_value: bytes,
    }));
    Some(packet.encode_to_vec())
}

/// The packet with its content in clear. `None`: it was not sealed, or does not open.
pub fn open_packet(packet: &[u8], open: impl FnOnce(&SealedData) -> Option<Vec<u8>>) -> Option<Vec<u8>> {
    let mut packet = lk::DataPacket::decode(packet).ok()?;
    let Clear::EncryptedPacket(sealed) = packet.value.take()? else { return None };
    let sealed = SealedData { iv: sealed.iv, index: sealed.key_index, bytes: sealed.encrypted_value };
    let content = lk::EncryptedPacketPayload::decode(open(&sealed)?.as_slice()).ok()?;
    packet.value = Some(match content.value? {
        Content::User(value) => Clear::User(value),
        Content::ChatMessage(value) => Clear::ChatMessage(value),
        Content::StreamHeader(value) => Clear::StreamHeader(value),
        Content::StreamChunk(value) => Clear::StreamChunk(value),
        Content::StreamTrailer(value) => Clear::StreamTrailer(value),
        _ => return None,
    });
    Some(packet.encode_to_vec())
}
