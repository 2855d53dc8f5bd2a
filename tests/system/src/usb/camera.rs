//! A camera on USB: USB Video Class 1.0, uncompressed pictures over a bulk endpoint, pan, tilt and zoom.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{Descriptors, Device, Setup, Speed, configuration, device_descriptor, with_total};

/// Small and slow: an emulated machine has to encode it beside everything else.
const WIDTH: u16 = 320;
const HEIGHT: u16 = 180;
const FPS: u32 = 10;
/// Of a picture as YUYV.
const PICTURE_BYTES: u32 = WIDTH as u32 * HEIGHT as u32 * 2;
/// What one transfer takes: as much as Linux gives it room for.
const PAYLOAD_BYTES: u32 = 16_384;
const FRAME_INTERVAL: u32 = 10_000_000 / FPS;

/// Requests of the class (USB Video Class 1.0, A.8).
const SET_CUR: u8 = 0x01;
const GET_CUR: u8 = 0x81;
const GET_MIN: u8 = 0x82;
const GET_MAX: u8 = 0x83;
const GET_RES: u8 = 0x84;
const GET_LEN: u8 = 0x85;
const GET_INFO: u8 = 0x86;
const GET_DEF: u8 = 0x87;

/// The lens, and the controls of it.
const LENS: u8 = 1;
const ZOOM: u8 = 0x0b;
const PAN_TILT: u8 = 0x0d;

/// Where a camera looks: pan and tilt in seconds of arc, zoom without a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lens {
    pub pan: i32,
    pub tilt: i32,
    pub zoom: u16,
}

const LEAST: Lens = Lens { pan: -612_000, tilt: -324_000, zoom: 100 };
const MOST: Lens = Lens { pan: 612_000, tilt: 324_000, zoom: 600 };
const STEP: Lens = Lens { pan: 3600, tilt: 3600, zoom: 1 };
const AHEAD: Lens = Lens { pan: 0, tilt: 0, zoom: 100 };

/// A camera that shows the mark `id`, in front of what moves.
pub struct Camera {
    descriptors: Descriptors,
    id: u8,
    lens: Arc<Mutex<Lens>>,
    /// What was agreed on (USB Video Class 1.0, 4.3.1.1).
    agreed: [u8; 26],
    picture: Vec<u8>,
    /// How much of the picture was sent.
    sent: usize,
    number: u64,
    next: Instant,
}

impl Camera {
    pub fn new(id: u8) -> Camera {
        let strings = ["Huis Clos", "Test Camera", "C1"].map(str::to_owned).to_vec();
        let descriptors = Descriptors { device: device_descriptor(1), configuration: description(), strings };
        let mut agreed = [0; 26];
        (agreed[2], agreed[3]) = (1, 1);
        agreed[4..8].copy_from_slice(&FRAME_INTERVAL.to_le_bytes());
        agreed[18..22].copy_from_slice(&PICTURE_BYTES.to_le_bytes());
        agreed[22..26].copy_from_slice(&PAYLOAD_BYTES.to_le_bytes());
        let (lens, next) = (Arc::new(Mutex::new(AHEAD)), Instant::now());
        Camera { descriptors, id, lens, agreed, picture: Vec::new(), sent: 0, number: 0, next }
    }

    /// Where it looks, also when it is plugged in.
    pub fn lens(&self) -> Arc<Mutex<Lens>> {
        self.lens.clone()
    }

    /// The picture of this number: the mark, and a grey that moves.
    fn draw(&mut self) {
        let (width, height) = (u32::from(WIDTH), u32::from(HEIGHT));
        let shift = self.number as usize * 4;
        let across = |x: usize| (60 + (x + shift) % usize::from(WIDTH) / 5) as u8;
        let row: Vec<u8> = (0..usize::from(WIDTH)).map(across).collect();
        let mut luma = row.repeat(usize::from(HEIGHT));
        sandbox::mark::draw_luma(&mut luma, width, height, width, self.id);
        // No colour.
        self.picture = luma.into_iter().flat_map(|grey| [grey, 128]).collect();
    }

    fn turn(&mut self, control: u8, request: u8, data: &[u8]) -> Option<Vec<u8>> {
        let mut now = self.lens.lock().unwrap_or_else(PoisonError::into_inner);
        let lens = match request {
            SET_CUR => {
                match (control, data) {
                    (ZOOM, [low, high]) => now.zoom = u16::from_le_bytes([*low, *high]),
                    (PAN_TILT, [a, b, c, d, e, f, g, h]) => {
                        now.pan = i32::from_le_bytes([*a, *b, *c, *d]);
                        now.tilt = i32::from_le_bytes([*e, *f, *g, *h]);
                    }
                    _ => return None,
                }
                return Some(Vec::new());
            }
            // It can be asked and set.
            GET_INFO => return Some(vec![3]),
            GET_CUR => *now,
            GET_MIN => LEAST,
            GET_MAX => MOST,
            GET_RES => STEP,
            GET_DEF => AHEAD,
            _ => return None,
        };
        match control {
            ZOOM => Some(lens.zoom.to_le_bytes().to_vec()),
            PAN_TILT => Some([lens.pan.to_le_bytes(), lens.tilt.to_le_bytes()].concat()),
            _ => None,
        }
    }
}

impl Device for Camera {
    fn speed(&self) -> Speed {
        Speed::High
    }

    fn descriptors(&self) -> &Descriptors {
        &self.descriptors
    }

    fn request(&mut self, setup: Setup, data: &[u8]) -> Option<Vec<u8>> {
        let [_, control] = setup.value.to_le_bytes();
        let [interface, unit] = setup.index.to_le_bytes();
        match (interface, unit, control, setup.request) {
            (0, LENS, control, request) => self.turn(control, request, data),
            // There is one format: whatever is proposed or agreed on, it is this. Agreeing begins anew.
            (1, 0, 1, SET_CUR) => Some(Vec::new()),
            (1, 0, 2, SET_CUR) => {
                (self.sent, self.next) = (0, Instant::now());
                Some(Vec::new())
            }
            (1, 0, 1 | 2, GET_CUR | GET_MIN | GET_MAX | GET_DEF) => Some(self.agreed.to_vec()),
            (1, 0, 1 | 2, GET_LEN) => Some((self.agreed.len() as u16).to_le_bytes().to_vec()),
            (1, 0, 1 | 2, GET_INFO) => Some(vec![3]),
            _ => None,
        }
    }

    fn bulk_in(&mut self, length: usize, now: Instant) -> Option<Vec<u8>> {
        const HEADER: usize = 2;
        const END_OF_HEADER: u8 = 0x80;
        const END_OF_PICTURE: u8 = 0x02;
        if self.sent == 0 {
            if now < self.next {
                return None;
            }
            // A machine that was busy is not sent what it has missed.
            let interval = Duration::from_secs(1) / FPS;
            let is_late = now.duration_since(self.next) > interval;
            self.next = if is_late { now } else { self.next } + interval;
            self.number += 1;
            self.draw();
        }
        let size = length.min(PAYLOAD_BYTES as usize).checked_sub(HEADER)?;
        let rest = &self.picture[self.sent..];
        let part = &rest[..size.min(rest.len())];
        let end = if part.len() == rest.len() { END_OF_PICTURE } else { 0 };
        // The lowest bit tells one picture from the next.
        let flags = END_OF_HEADER | end | (self.number & 1) as u8;
        let payload = [&[HEADER as u8, flags], part].concat();
        self.sent = if end == 0 { self.sent + part.len() } else { 0 };
        Some(payload)
    }
}

/// USB Video Class 1.0, 3.
fn description() -> Vec<u8> {
    let [wide, wider] = WIDTH.to_le_bytes();
    let [high, higher] = HEIGHT.to_le_bytes();
    // Zoom is the ninth control of a lens, pan and tilt the eleventh.
    const CONTROLS: [u8; 3] = [0, 1 << 1 | 1 << 3, 0];
    let control = [
        // Header: version 1.0, one stream, at interface 1.
        &[13, 0x24, 1, 0x00, 0x01, 0, 0, 0x80, 0x8d, 0x5b, 0x00, 1, 1][..],
        // A lens, and what leaves by USB.
        &[18, 0x24, 2, LENS, 0x01, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 3, CONTROLS[0], CONTROLS[1], CONTROLS[2]],
        &[9, 0x24, 3, 2, 0x01, 0x01, 0, LENS, 0],
    ];
    let bits_per_second = (PICTURE_BYTES * 8 * FPS).to_le_bytes();
    let (bytes, interval) = (PICTURE_BYTES.to_le_bytes(), FRAME_INTERVAL.to_le_bytes());
    let stream = [
        // Header: one format, by endpoint 1, of what terminal 2 gives.
        &[14, 0x24, 1, 1, 0, 0, 0x81, 0, 2, 0, 0, 0, 1, 0][..],
        // Uncompressed: YUY2, 16 bits a pixel, one size.
        &[27, 0x24, 4, 1, 1],
        b"YUY2\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71",
        &[16, 1, 0, 0, 0, 0],
        // The size, at one rate.
        &[30, 0x24, 5, 1, 0, wide, wider, high, higher],
        &bits_per_second,
        &bits_per_second,
        &bytes,
        &interval,
        &[1],
        &interval,
    ];
    configuration(
        2,
        &[
            // Two interfaces that are one camera: control, and the stream.
            &[8, 0x0b, 0, 2, 0x0e, 0x03, 0, 2],
            &[9, 4, 0, 0, 0, 0x0e, 1, 0, 2],
            &with_total(control.concat(), 5),
            &[9, 4, 1, 0, 1, 0x0e, 2, 0, 0],
            &with_total(stream.concat(), 4),
            // Bulk, in, 512 bytes.
            &[7, 5, 0x81, 0x02, 0x00, 0x02, 0],
        ],
    )
}
