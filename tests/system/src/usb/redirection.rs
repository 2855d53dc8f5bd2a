//! The device's end of a cable, in the words of the USB network redirection protocol, version 0.7, as far as a device without
//! streams of USB 3 and without interrupt endpoints needs them.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use super::{Device, Setup, parts};

/// Kinds of packets, those on endpoints from 100 on.
mod kind {
    pub const HELLO: u32 = 0;
    pub const DEVICE_CONNECT: u32 = 1;
    pub const RESET: u32 = 3;
    pub const INTERFACE_INFO: u32 = 4;
    pub const ENDPOINT_INFO: u32 = 5;
    pub const SET_CONFIGURATION: u32 = 6;
    pub const GET_CONFIGURATION: u32 = 7;
    pub const CONFIGURATION_STATUS: u32 = 8;
    pub const SET_ALTERNATE: u32 = 9;
    pub const GET_ALTERNATE: u32 = 10;
    pub const ALTERNATE_STATUS: u32 = 11;
    pub const START_ISOCHRONOUS: u32 = 12;
    pub const STOP_ISOCHRONOUS: u32 = 13;
    pub const ISOCHRONOUS_STATUS: u32 = 14;
    pub const CANCEL: u32 = 21;
    pub const CONTROL: u32 = 100;
    pub const BULK: u32 = 101;
    pub const ISOCHRONOUS: u32 = 102;
}

const SUCCESS: u8 = 0;
const CANCELLED: u8 = 1;
const STALL: u8 = 4;
/// Bits of what both ends can: a version in [`kind::DEVICE_CONNECT`], packet sizes in [`kind::ENDPOINT_INFO`], ids of 64 bits,
/// and lengths of 32 bits in [`kind::BULK`].
const ABILITIES: u32 = 1 << 1 | 1 << 4 | 1 << 5 | 1 << 6;
/// The endpoints that are told of: 16 out, 16 in.
const ENDPOINTS: usize = 32;
/// No packet is longer.
const LENGTH_MAX: usize = 1 << 20;

/// The device's end of the cable.
pub(super) struct End {
    socket: UnixStream,
    device: Box<dyn Device>,
    received: Vec<u8>,
    configuration: u8,
    /// The alternate setting of each interface, 0 where none is named.
    alternates: BTreeMap<u8, u8>,
    /// Asked for on a bulk endpoint, and not answered yet: id, endpoint, bytes.
    waiting: Vec<(u64, u8, usize)>,
    /// The isochronous endpoint that is listened to, since when, and how many milliseconds were told.
    streaming: Option<(u8, Instant, u64)>,
}

struct Packet {
    kind: u32,
    id: u64,
    body: Vec<u8>,
}

impl Packet {
    fn byte(&self, at: usize) -> anyhow::Result<u8> {
        self.body.get(at).copied().with_context(|| format!("a packet of kind {} is too short", self.kind))
    }

    fn word(&self, at: usize) -> anyhow::Result<u16> {
        Ok(u16::from_le_bytes([self.byte(at)?, self.byte(at + 1)?]))
    }
}

impl End {
    /// Says hello, and what is plugged in.
    pub fn greet(mut socket: UnixStream, device: Box<dyn Device>) -> anyhow::Result<End> {
        // The first packet's id has 32 bits, as nobody knows yet what the other can.
        let mut header = [0; 12];
        socket.set_read_timeout(Some(Duration::from_secs(10)))?;
        socket.read_exact(&mut header).context("QEMU does not say hello")?;
        let length = u32::from_le_bytes([header[4], header[5], header[6], header[7]]) as usize;
        let mut hello = vec![0; length.min(LENGTH_MAX)];
        socket.read_exact(&mut hello)?;
        let can = hello.get(64..68).map_or(0, |can| u32::from_le_bytes([can[0], can[1], can[2], can[3]]));
        if header[..4] != kind::HELLO.to_le_bytes() || can & ABILITIES != ABILITIES {
            bail!("this QEMU speaks another protocol");
        }
        let mut hello = [kind::HELLO, 68, 0].map(u32::to_le_bytes).concat();
        hello.extend_from_slice(b"huisclos");
        hello.resize(12 + 64, 0);
        hello.extend_from_slice(&ABILITIES.to_le_bytes());
        socket.write_all(&hello)?;

        let mut end = End {
            socket,
            device,
            received: Vec::new(),
            configuration: 0,
            alternates: BTreeMap::new(),
            waiting: Vec::new(),
            streaming: None,
        };
        end.tell_interfaces()?;
        let device = end.device.descriptors().device;
        let speed = end.device.speed() as u8;
        end.send(kind::DEVICE_CONNECT, 0, &[&[speed][..], &device[4..7], &device[8..14]])?;
        Ok(end)
    }

    /// Answers until the cable is pulled out.
    pub fn serve(&mut self) -> anyhow::Result<()> {
        let mut buffer = vec![0; 65536];
        loop {
            // A stream is kept going meanwhile.
            let is_busy = self.streaming.is_some() || !self.waiting.is_empty();
            self.socket.set_read_timeout(Some(Duration::from_millis(if is_busy { 2 } else { 200 })))?;
            match self.socket.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(count) => self.received.extend_from_slice(&buffer[..count]),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(error) => return Err(error.into()),
            }
            let done = self.take_packets().and_then(|()| self.stream());
            match done {
                // Pulled out while something was told.
                Err(error) if error.downcast_ref::<std::io::Error>().is_some() => return Ok(()),
                other => other?,
            }
        }
    }

    fn take_packets(&mut self) -> anyhow::Result<()> {
        const HEADER: usize = 16;
        loop {
            let Some(header) = self.received.get(..HEADER) else { return Ok(()) };
            let number = |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
            let (kind, length) = (number(0), number(4) as usize);
            let id = u64::from(number(8)) | u64::from(number(12)) << 32;
            if length > LENGTH_MAX {
                bail!("a packet of {length} bytes");
            }
            if self.received.len() < HEADER + length {
                return Ok(());
            }
            let body = self.received[HEADER..HEADER + length].to_vec();
            self.received.drain(..HEADER + length);
            self.take(&Packet { kind, id, body })?;
        }
    }

    fn take(&mut self, packet: &Packet) -> anyhow::Result<()> {
        match packet.kind {
            kind::RESET => {
                self.alternates.clear();
                self.streaming = None;
                self.waiting.clear();
                Ok(())
            }
            kind::SET_CONFIGURATION => {
                self.configuration = packet.byte(0)?;
                self.alternates.clear();
                self.tell_interfaces()?;
                self.send(kind::CONFIGURATION_STATUS, packet.id, &[&[SUCCESS, self.configuration]])
            }
            kind::GET_CONFIGURATION => {
                self.send(kind::CONFIGURATION_STATUS, packet.id, &[&[SUCCESS, self.configuration]])
            }
            kind::SET_ALTERNATE => {
                let (interface, alternate) = (packet.byte(0)?, packet.byte(1)?);
                self.alternates.insert(interface, alternate);
                self.tell_endpoints()?;
                self.send(kind::ALTERNATE_STATUS, packet.id, &[&[SUCCESS, interface, alternate]])
            }
            kind::GET_ALTERNATE => {
                let interface = packet.byte(0)?;
                let alternate = self.alternates.get(&interface).copied().unwrap_or_default();
                self.send(kind::ALTERNATE_STATUS, packet.id, &[&[SUCCESS, interface, alternate]])
            }
            kind::START_ISOCHRONOUS => {
                let endpoint = packet.byte(0)?;
                if endpoint & 0x80 != 0 {
                    self.streaming = Some((endpoint, Instant::now(), 0));
                }
                self.send(kind::ISOCHRONOUS_STATUS, packet.id, &[&[SUCCESS, endpoint]])
            }
            kind::STOP_ISOCHRONOUS => {
                let endpoint = packet.byte(0)?;
                self.streaming = self.streaming.filter(|(streaming, ..)| *streaming != endpoint);
                self.send(kind::ISOCHRONOUS_STATUS, packet.id, &[&[SUCCESS, endpoint]])
            }
            kind::ISOCHRONOUS => {
                self.device.isochronous_out(packet.body.get(4..).unwrap_or_default());
                Ok(())
            }
            kind::BULK => {
                let length = usize::from(packet.word(2)?) | usize::from(packet.word(8)?) << 16;
                self.waiting.push((packet.id, packet.byte(0)?, length));
                Ok(())
            }
            kind::CANCEL => {
                let Some(at) = self.waiting.iter().position(|(id, ..)| *id == packet.id) else { return Ok(()) };
                let (id, endpoint, _) = self.waiting.remove(at);
                self.answer_bulk(id, endpoint, CANCELLED, &[])
            }
            kind::CONTROL => self.control(packet),
            // Filters and acknowledgements, which nobody has to answer.
            _ => Ok(()),
        }
    }

    /// Endpoint 0.
    fn control(&mut self, packet: &Packet) -> anyhow::Result<()> {
        let (endpoint, request, kind) = (packet.byte(0)?, packet.byte(1)?, packet.byte(2)?);
        let setup = Setup { kind, request, value: packet.word(4)?, index: packet.word(6)?, length: packet.word(8)? };
        let answer = match (kind & 0x60, request) {
            (0, 0x06) => self.descriptor(setup.value),
            // GET_STATUS, and CLEAR_FEATURE of an endpoint that has stalled.
            (0, 0x00) => Some(vec![0, 0]),
            (0, 0x01) => Some(Vec::new()),
            (0, _) => None,
            _ => self.device.request(setup, packet.body.get(10..).unwrap_or_default()),
        };
        let status = if answer.is_some() { SUCCESS } else { STALL };
        let mut data = answer.unwrap_or_default();
        data.truncate(setup.length.into());
        let length = if endpoint & 0x80 == 0 { setup.length } else { data.len() as u16 };
        let numbers = [setup.value, setup.index, length].map(u16::to_le_bytes).concat();
        self.send(kind::CONTROL, packet.id, &[&[endpoint, request, kind, status], &numbers, &data])
    }

    fn descriptor(&self, which: u16) -> Option<Vec<u8>> {
        let descriptors = self.device.descriptors();
        let [number, kind] = which.to_le_bytes();
        match (kind, number) {
            (1, _) => Some(descriptors.device.to_vec()),
            (2, 0) => Some(descriptors.configuration.clone()),
            // The one language: English (USB language identifiers).
            (3, 0) => Some(vec![4, 3, 0x09, 0x04]),
            (3, number) => {
                let text = descriptors.strings.get(usize::from(number) - 1)?;
                let letters: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
                Some([&[letters.len() as u8 + 2, 3], &letters[..]].concat())
            }
            _ => None,
        }
    }

    fn tell_interfaces(&mut self) -> anyhow::Result<()> {
        let configuration = self.device.descriptors().configuration.clone();
        let of_interfaces = parts(&configuration).filter(|part| part[1] == 4 && part[3] == 0);
        let interfaces: Vec<[u8; 4]> = of_interfaces.map(|part| [part[2], part[5], part[6], part[7]]).collect();
        let column = |which: usize| {
            let mut column = [0; 32];
            for (cell, interface) in column.iter_mut().zip(&interfaces) {
                *cell = interface[which];
            }
            column
        };
        let count = (interfaces.len() as u32).to_le_bytes();
        self.send(kind::INTERFACE_INFO, 0, &[&count, &column(0), &column(1), &column(2), &column(3)])?;
        self.tell_endpoints()
    }

    /// Which endpoints there are, in the alternate settings of now.
    fn tell_endpoints(&mut self) -> anyhow::Result<()> {
        const NONE: u8 = 255;
        let (mut kinds, mut intervals, mut interfaces) = ([NONE; ENDPOINTS], [0; ENDPOINTS], [0; ENDPOINTS]);
        let mut sizes = [0_u16; ENDPOINTS];
        // Endpoint 0, out and in.
        for both in [0, ENDPOINTS / 2] {
            (kinds[both], sizes[both]) = (0, 64);
        }
        let configuration = self.device.descriptors().configuration.clone();
        let mut current = None;
        for part in parts(&configuration) {
            match part[1] {
                4 => {
                    let (interface, alternate) = (part[2], part[3]);
                    let chosen = self.alternates.get(&interface).copied().unwrap_or_default();
                    current = (alternate == chosen).then_some(interface);
                }
                5 => {
                    let Some(interface) = current else { continue };
                    let at = usize::from(part[2] & 0x0f) | usize::from(part[2] & 0x80) >> 3;
                    (kinds[at], intervals[at], interfaces[at]) = (part[3] & 3, part[6], interface);
                    sizes[at] = u16::from_le_bytes([part[4], part[5]]);
                }
                _ => {}
            }
        }
        let sizes = sizes.map(u16::to_le_bytes).concat();
        self.send(kind::ENDPOINT_INFO, 0, &[&kinds, &intervals, &interfaces, &sizes])
    }

    /// What is due on its endpoints.
    fn stream(&mut self) -> anyhow::Result<()> {
        while let Some(&(id, endpoint, length)) = self.waiting.first() {
            let Some(data) = self.device.bulk_in(length, Instant::now()) else { break };
            self.waiting.remove(0);
            self.answer_bulk(id, endpoint, SUCCESS, &data)?;
        }
        if let Some((endpoint, since, told)) = self.streaming {
            let due = since.elapsed().as_millis() as u64;
            for _ in told..due {
                let data = self.device.isochronous_in();
                let length = (data.len() as u16).to_le_bytes();
                self.send(kind::ISOCHRONOUS, 0, &[&[endpoint, SUCCESS], &length, &data])?;
            }
            self.streaming = Some((endpoint, since, due));
        }
        Ok(())
    }

    fn answer_bulk(&mut self, id: u64, endpoint: u8, status: u8, data: &[u8]) -> anyhow::Result<()> {
        let length = (data.len() as u32).to_le_bytes();
        // The length's lower half, the stream of USB 3, the length's upper half.
        self.send(kind::BULK, id, &[&[endpoint, status], &length[..2], &[0; 4], &length[2..], data])
    }

    fn send(&mut self, kind: u32, id: u64, parts: &[&[u8]]) -> anyhow::Result<()> {
        let body = parts.concat();
        let length = body.len() as u32;
        let mut packet = Vec::with_capacity(16 + body.len());
        packet.extend_from_slice(&kind.to_le_bytes());
        packet.extend_from_slice(&length.to_le_bytes());
        packet.extend_from_slice(&id.to_le_bytes());
        packet.extend_from_slice(&body);
        Ok(self.socket.write_all(&packet)?)
    }
}
