//! USB devices outside of a machine, and their cables: QEMU's `usb-redir` puts what answers at a socket behind a port of the
//! machine's xHCI controller. Connecting is plugging in, hanging up is pulling out; the machine's own drivers see a device
//! like any other.
//!
//! Not the kernel's `dummy_hcd`, which has no isochronous transfers: `f_uvc` and `f_uac2` find no endpoint there
//! ([decision 0037](../../../docs/decisions/0037-usb-devices.md)).

pub mod camera;
mod redirection;
pub mod speakerphone;

use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::thread::JoinHandle;
use std::time::Instant;

use anyhow::Context;
use redirection::End;

/// How fast a device speaks: full (12 Mbit/s) or high (480 Mbit/s) speed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speed {
    Full = 1,
    High = 2,
}

/// What a device says of itself: USB 2.0, 9.6.
#[derive(Debug, Clone)]
pub struct Descriptors {
    pub device: [u8; 18],
    /// The one configuration, with its interfaces and endpoints.
    pub configuration: Vec<u8>,
    /// From number 1 on.
    pub strings: Vec<String>,
}

/// A request on endpoint 0: USB 2.0, 9.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setup {
    pub kind: u8,
    pub request: u8,
    pub value: u16,
    pub index: u16,
    pub length: u16,
}

/// A device that may be plugged in.
pub trait Device: Send {
    fn speed(&self) -> Speed;

    fn descriptors(&self) -> &Descriptors;

    /// Answers a request of its class; `data` is what came with it. `None`: it knows no such request.
    fn request(&mut self, setup: Setup, data: &[u8]) -> Option<Vec<u8>>;

    /// The next transfer of a bulk endpoint, `length` bytes at most; `None` while there is nothing.
    fn bulk_in(&mut self, _length: usize, _now: Instant) -> Option<Vec<u8>> {
        None
    }

    /// The next millisecond of an isochronous endpoint.
    fn isochronous_in(&mut self) -> Vec<u8> {
        Vec::new()
    }

    /// A millisecond for an isochronous endpoint.
    fn isochronous_out(&mut self, _data: &[u8]) {}
}

/// A device that is plugged in; pulled out when dropped.
pub struct Cable {
    socket: UnixStream,
    device: Option<JoinHandle<anyhow::Result<()>>>,
}

impl Cable {
    /// Plugs a device into the port whose socket is at `port`.
    ///
    /// # Errors
    /// When there is no such port, or something is plugged in already.
    pub fn plug(port: &Path, device: Box<dyn Device>) -> anyhow::Result<Cable> {
        let socket = UnixStream::connect(port).with_context(|| format!("no USB port at {}", port.display()))?;
        let mut end = End::greet(socket.try_clone()?, device)?;
        let device = std::thread::Builder::new().name("usb device".into()).spawn(move || end.serve())?;
        Ok(Cable { socket, device: Some(device) })
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        let _ = self.socket.shutdown(Shutdown::Both);
        if let Some(Ok(Err(error))) = self.device.take().map(JoinHandle::join) {
            eprintln!("a USB device: {error:#}");
        }
    }
}

/// The descriptors in a configuration, one after the other; each has its length, its kind, and what it needs at least.
fn parts(configuration: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = configuration;
    std::iter::from_fn(move || {
        let length = usize::from(*rest.first()?).max(2);
        let (part, after) = rest.split_at_checked(length)?;
        rest = after;
        Some(part)
    })
}

/// A device descriptor: USB 2.0, in which each function says what it is; Huis Clos's test devices by the test numbers of
/// pid.codes (1209:0001 to 1209:0010). Strings: 1 the maker, 2 the product, 3 the serial number.
fn device_descriptor(product: u16) -> [u8; 18] {
    let [low, high] = product.to_le_bytes();
    [18, 1, 0x00, 0x02, 0xef, 0x02, 0x01, 64, 0x09, 0x12, low, high, 0x00, 0x01, 1, 2, 3, 1]
}

/// The head of a configuration, with everything after it; 500 mA from the bus.
fn configuration(interfaces: u8, parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    let [low, high] = (body.len() as u16 + 9).to_le_bytes();
    [&[9, 2, low, high, interfaces, 1, 0, 0x80, 250], &body[..]].concat()
}

/// Puts the length of a class's whole description into its first descriptor, at this place.
fn with_total(mut description: Vec<u8>, at: usize) -> Vec<u8> {
    let total = (description.len() as u16).to_le_bytes();
    description[at..at + 2].copy_from_slice(&total);
    description
}

#[cfg(test)]
mod tests {
    use super::camera::Camera;
    use super::speakerphone::Speakerphone;
    use std::time::Duration;

    use super::*;

    /// What a host may count on before it believes a word: USB 2.0, 9.5 and 9.6.
    #[test]
    fn what_devices_say_of_themselves_is_as_long_as_they_say_and_counted_right() {
        let devices: [Box<dyn Device>; 2] = [Box::new(Camera::new(1)), Box::new(Speakerphone::new(440.0))];
        for device in devices {
            let Descriptors { device: head, configuration, strings } = device.descriptors();
            assert_eq!((head[0], head[1], strings.len()), (18, 1, 3));
            let total = usize::from(u16::from_le_bytes([configuration[2], configuration[3]]));
            assert_eq!(total, configuration.len());
            assert_eq!(parts(configuration).map(<[u8]>::len).sum::<usize>(), total, "nothing is left over");
            let of_kind = |kind: u8| parts(configuration).filter(move |part| part[1] == kind);
            let interfaces: Vec<_> = of_kind(4).filter(|part| part[3] == 0).map(|part| part[2]).collect();
            assert_eq!(interfaces, (0..configuration[4]).collect::<Vec<_>>());
            let endpoints = of_kind(4).map(|part| usize::from(part[4])).sum::<usize>();
            assert_eq!(of_kind(5).count(), endpoints);
        }
    }

    #[test]
    fn a_camera_sends_whole_pictures_at_its_pace() {
        let mut camera = Camera::new(0x99);
        let begun = Instant::now();
        let mut picture = Vec::new();
        let flags = loop {
            let payload = camera.bulk_in(16_384, begun + Duration::from_secs(1)).expect("it is due");
            picture.extend_from_slice(&payload[2..]);
            if payload[1] & 2 != 0 {
                break payload[1];
            }
        };
        assert_eq!((picture.len(), flags & 1), (320 * 180 * 2, 1));
        let luma: Vec<u8> = picture.iter().step_by(2).copied().collect();
        assert_eq!(sandbox::mark::read_luma(&luma, 320, 320, 180, (0, 0, 320, 180)), Some(0x99));
        let is_due = camera.bulk_in(16_384, begun + Duration::from_secs(1)).is_some();
        assert!(!is_due, "the next one");
        let next = camera.bulk_in(16_384, begun + Duration::from_secs(2)).expect("it is due");
        assert_eq!(next[1] & 1, 0, "it is told from the one before");
    }
}
