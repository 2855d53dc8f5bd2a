//! A simulated screen: two buffers in memory, and every way in which real ones misbehave.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::frame::Glass;
use super::painter::{Painter, Plugged, Scanout};
use super::{Canvas, Lit, Screen, paint};
use crate::knob::{self, DeviceKnobs, Switch, Turned};
use crate::mailbox::Mailbox;
use crate::plug::Plug;
use crate::rotation::Rotation;

/// Sixty pictures a second.
const RHYTHM: Duration = Duration::from_millis(16);
/// The other screen that a room may get: pixels and millimetres, those of a panel of 7 inches.
const OTHER: ((u32, u32), Option<(u32, u32)>) = ((1024, 600), Some((154, 86)));

/// A panel that is only in memory.
pub(crate) struct SimulatedScreen {
    screen: Screen,
    device: Arc<Device>,
}

struct Device {
    plug: Plug,
    /// It takes no new picture.
    stall: Switch,
    fail_next: Switch,
    /// Another one hangs there, of another size.
    other: Switch,
    size: (u32, u32),
    pluggings: AtomicU64,
    shown: Mutex<Shown>,
}

/// What is on the glass.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Shown {
    pub size: (u32, u32),
    /// XRGB8888, without padding; empty while it is dark.
    pub bytes: Vec<u8>,
    /// Counts pictures.
    pub serial: u64,
}

/// The driver's end.
struct Memory {
    device: Arc<Device>,
    lit: Option<Buffers>,
}

struct Buffers {
    screen: Plugged,
    buffers: [Vec<u8>; 2],
    asked: Option<usize>,
}

impl Memory {
    fn lit(&mut self) -> io::Result<&mut Buffers> {
        let there = self.look()?;
        self.lit.as_mut().filter(|lit| there == Some(lit.screen)).ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    fn shows(&self, bytes: &[u8], size: (u32, u32)) {
        let mut shown = self.device.shown.lock().unwrap_or_else(PoisonError::into_inner);
        *shown = Shown { size, bytes: bytes.to_vec(), serial: shown.serial + 1 };
    }
}

impl Scanout for Memory {
    fn look(&mut self) -> io::Result<Option<Plugged>> {
        let (size, millimetres) = if self.device.other.is_on() { OTHER } else { (self.device.size, None) };
        let number = self.device.pluggings.load(Ordering::Acquire);
        Ok(self.device.plug.is_in().then_some(Plugged { size, millimetres, number }))
    }

    fn light(&mut self) -> io::Result<()> {
        let screen = self.look()?.ok_or(io::ErrorKind::NotConnected)?;
        let black = vec![0; screen.size.0 as usize * screen.size.1 as usize * 4];
        self.shows(&black, screen.size);
        self.lit = Some(Buffers { screen, buffers: [black.clone(), black], asked: None });
        Ok(())
    }

    fn go_dark(&mut self) {
        if let Some(Buffers { screen: Plugged { size, .. }, .. }) = self.lit.take() {
            self.shows(&vec![0; size.0 as usize * size.1 as usize * 4], size);
        }
    }

    fn buffer(&mut self, number: usize, paint: &mut dyn FnMut(Glass<'_>)) -> io::Result<()> {
        let lit = self.lit()?;
        let (size, bytes) = (lit.screen.size, &mut lit.buffers[number]);
        paint(Glass { bytes, pitch: size.0 as usize * 4, size });
        Ok(())
    }

    fn flip(&mut self, number: usize) -> io::Result<()> {
        if self.device.fail_next.take() {
            return Err(io::Error::other("it was told to fail"));
        }
        let lit = self.lit()?;
        if lit.asked.replace(number).is_some() {
            return Err(io::ErrorKind::ResourceBusy.into());
        }
        Ok(())
    }

    fn flipped(&mut self) -> bool {
        if self.device.stall.is_on() {
            return false;
        }
        let Ok(lit) = self.lit() else { return false };
        let Some(number) = lit.asked.take() else { return false };
        let (bytes, size) = (std::mem::take(&mut lit.buffers[number]), lit.screen.size);
        self.shows(&bytes, size);
        if let Some(lit) = &mut self.lit {
            lit.buffers[number] = bytes;
        }
        true
    }

    fn rhythm(&self) -> Option<Duration> {
        Some(RHYTHM)
    }
}

impl SimulatedScreen {
    /// One of this size that hangs so. `lit` is told whenever it is lit.
    ///
    /// # Errors
    /// When there is no thread to paint it.
    pub fn new(size: (u32, u32), rotation: Rotation, lit: Box<dyn Fn(Lit) + Send>) -> io::Result<SimulatedScreen> {
        let device = Arc::new(Device {
            plug: Plug::default(),
            stall: Switch::new("stall", "Bloquer", "Stall", "Hängen"),
            fail_next: Switch::new("fail-next", "Échouer une fois", "Fail once", "Einmal versagen"),
            other: Switch::new("other", "Autre taille", "Another size", "Andere Größe"),
            size: rotation.turn(size),
            pluggings: AtomicU64::new(0),
            shown: Mutex::default(),
        });
        let canvas: Arc<Canvas> = Arc::default();
        let memory = Memory { device: device.clone(), lit: None };
        let painter = Painter::new(memory, canvas.clone(), rotation, lit);
        let bell = Mailbox::spawn("panel", move |inbox| paint(&inbox, vec![painter], None, || Ok(())))?;
        Ok(SimulatedScreen { screen: Screen { canvas, bell: Arc::new(bell) }, device })
    }

    pub fn screen(&self) -> &Screen {
        &self.screen
    }

    /// What people see; none while it is pulled out.
    pub fn shown(&self) -> Option<Shown> {
        self.device.plug.is_in().then(|| self.device.shown.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    fn switches(&self) -> [&Switch; 3] {
        [&self.device.stall, &self.device.fail_next, &self.device.other]
    }

    pub fn knobs(&self) -> DeviceKnobs {
        knob::list("panel", &self.device.plug, &self.switches())
    }

    pub fn turn(&self, name: &str, on: bool) -> Turned {
        let turned = knob::turn(&self.device.plug, &self.switches(), name, on);
        if matches!(turned, Turned::Plugged { present: true }) {
            self.device.pluggings.fetch_add(1, Ordering::AcqRel);
        }
        // The kernel says that something was plugged.
        self.screen.look_again();
        turned
    }
}
