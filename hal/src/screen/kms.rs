//! Screens at the outputs of a graphics card, by the kernel's mode setting (KMS): dumb buffers, which every driver has,
//! and page flips, atomic where the driver is.
//!
//! One file is open for all outputs of a card: who opened it first is the only one who may set modes.
//! Sources: the kernel's `Documentation/gpu/drm-kms.rst` and `drm-uapi.rst`.

use std::cell::RefCell;
use std::collections::hash_map::DefaultHasher;
use std::fs::{File, OpenOptions};
use std::hash::{Hash, Hasher};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use ::drm::buffer::{Buffer, DrmFourcc};
use ::drm::control::atomic::AtomicModeReq;
use ::drm::control::dumbbuffer::DumbBuffer;
use ::drm::control::{
    AtomicCommitFlags, Device as Control, Event, Mode, ModeFlags, ModeTypeFlags, PageFlipFlags, PlaneType,
    ResourceHandle, connector, crtc, framebuffer, plane, property,
};
use ::drm::{ClientCapability, Device, DriverCapability};

use super::Ring;
use super::frame::Glass;
use super::modes;
use super::painter::{Plugged, Scanout};
use crate::mailbox::Inbox;

const CARDS_MAX: usize = 8;
/// How often a card is looked for that is not there yet.
const LOOK: Duration = Duration::from_secs(2);

/// A graphics card with outputs.
pub(super) struct Card {
    file: File,
    is_atomic: bool,
    /// Those whose last flip has been seen.
    flipped: RefCell<Vec<crtc::Handle>>,
    /// Those that an output has.
    taken: RefCell<Vec<crtc::Handle>>,
}

impl AsFd for Card {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

impl AsRawFd for Card {
    fn as_raw_fd(&self) -> RawFd {
        self.file.as_raw_fd()
    }
}

impl Device for Card {}
impl Control for Card {}

/// The card at `path`, or the first with outputs, once there is one; none when it is time to end.
pub(super) fn wait_for_card(path: Option<&Path>, inbox: &Inbox<Ring>) -> Option<Rc<Card>> {
    let mut was_missed = false;
    loop {
        match Card::first(path) {
            Ok(card) => return Some(Rc::new(card)),
            Err(error) if !was_missed => {
                was_missed = true;
                tracing::warn!(%error, "there is no graphics card to show anything with");
            }
            Err(_) => {}
        }
        inbox.wait(Some(LOOK)).ok()?;
    }
}

impl Card {
    fn first(path: Option<&Path>) -> io::Result<Card> {
        let numbered = || (0..CARDS_MAX).map(|number| PathBuf::from(format!("/dev/dri/card{number}"))).collect();
        let paths: Vec<PathBuf> = path.map_or_else(numbered, |path| vec![path.to_owned()]);
        let mut why = io::Error::from(io::ErrorKind::NotFound);
        for path in paths {
            match Card::open(&path) {
                Ok(card) => {
                    tracing::info!(path = %path.display(), atomic = card.is_atomic, "graphics card found");
                    return Ok(card);
                }
                // That one is not there says least.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => why = error,
            }
        }
        Err(why)
    }

    fn open(path: &Path) -> io::Result<Card> {
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        let (flipped, taken) = (RefCell::default(), RefCell::default());
        let mut card = Card { file, is_atomic: false, flipped, taken };
        let has_outputs = card.resource_handles().is_ok_and(|all| !all.connectors().is_empty());
        if !has_outputs || card.get_driver_capability(DriverCapability::DumbBuffer)? == 0 {
            return Err(io::Error::new(io::ErrorKind::Unsupported, "the card has no outputs, or no simple buffers"));
        }
        let able = |capability| card.set_client_capability(capability, true).is_ok();
        card.is_atomic = able(ClientCapability::UniversalPlanes) && able(ClientCapability::Atomic);
        Ok(card)
    }

    /// Takes in what the card has to say, which it has.
    ///
    /// # Errors
    /// When it is gone.
    pub fn listen(&self) -> io::Result<()> {
        for event in self.receive_events()? {
            if let Event::PageFlip(flip) = event {
                self.flipped.borrow_mut().push(flip.crtc);
            }
        }
        Ok(())
    }

    fn connector(&self, name: &str, probe: bool) -> io::Result<Option<connector::Info>> {
        for handle in self.resource_handles()?.connectors() {
            // Asking the others would wait for them.
            let info = self.get_connector(*handle, false)?;
            if info.to_string() == name {
                return if probe { self.get_connector(*handle, true).map(Some) } else { Ok(Some(info)) };
            }
        }
        Ok(None)
    }

    /// Which properties something has, by name, and their values.
    fn property(&self, of: impl ResourceHandle, name: &str) -> io::Result<Option<(property::Handle, u64)>> {
        let all = self.get_properties(of)?;
        let (handles, values) = all.as_props_and_values();
        for (handle, value) in handles.iter().zip(values) {
            if self.get_property(*handle)?.name().to_bytes() == name.as_bytes() {
                return Ok(Some((*handle, *value)));
            }
        }
        Ok(None)
    }

    /// The plane that is behind all others of this part of the card.
    fn primary(&self, crtc: crtc::Handle) -> io::Result<Option<plane::Handle>> {
        let all = self.resource_handles()?;
        for plane in self.plane_handles()? {
            let fits = all.filter_crtcs(self.get_plane(plane)?.possible_crtcs()).contains(&crtc);
            let kind = self.property(plane, "type")?.map(|(_, kind)| kind);
            if fits && kind == Some(PlaneType::Primary as u64) {
                return Ok(Some(plane));
            }
        }
        Ok(None)
    }
}

/// One output of a card.
pub(super) struct Output {
    card: Rc<Card>,
    name: String,
    wish: (u32, u32),
    /// The kernel may not know what is plugged in now.
    is_unsure: bool,
    lit: Option<Lit>,
}

/// An output that shows something.
struct Lit {
    crtc: crtc::Handle,
    buffers: [(DumbBuffer, framebuffer::Handle); 2],
    /// Where an atomic driver is told which buffer to show.
    plane: Option<(plane::Handle, property::Handle)>,
}

impl Output {
    /// `name`: as in `/sys/class/drm`, without the card: `HDMI-A-1`. `wish`: pixels, as the screen hangs from the factory.
    pub fn new(card: Rc<Card>, name: String, wish: (u32, u32)) -> Output {
        Output { card, name, wish, is_unsure: true, lit: None }
    }

    fn plugged(&self, probe: bool) -> io::Result<Option<(connector::Info, Mode)>> {
        let Some(info) = self.card.connector(&self.name, probe)? else { return Ok(None) };
        if info.state() != connector::State::Connected {
            return Ok(None);
        }
        let known = |mode: &Mode| modes::Mode {
            size: (mode.size().0.into(), mode.size().1.into()),
            refresh: mode.vrefresh(),
            is_preferred: mode.mode_type().contains(ModeTypeFlags::PREFERRED),
            is_interlaced: mode.flags().contains(ModeFlags::INTERLACE),
        };
        let all: Vec<_> = info.modes().iter().map(known).collect();
        let Some(mode) = modes::choose(&all, self.wish).and_then(|place| info.modes().get(place).copied()) else {
            return Ok(None);
        };
        Ok(Some((info, mode)))
    }

    /// Which screen it is, as far as it says so: by what it tells of itself (EDID).
    fn number(&self, info: &connector::Info) -> io::Result<u64> {
        let blob = self.card.property(info.handle(), "EDID")?.map_or(0, |(_, blob)| blob);
        let edid = if blob == 0 { Vec::new() } else { self.card.get_property_blob(blob)? };
        let mut hasher = DefaultHasher::new();
        (u32::from(info.handle()), edid).hash(&mut hasher);
        Ok(hasher.finish())
    }

    /// A part of the card that can send to this output and does not send to another.
    fn crtc(&self, info: &connector::Info) -> io::Result<crtc::Handle> {
        let all = self.card.resource_handles()?;
        let is_free = |crtc: &crtc::Handle| !self.card.taken.borrow().contains(crtc);
        let encoders = info.current_encoder().into_iter().chain(info.encoders().iter().copied());
        for (place, encoder) in encoders.enumerate() {
            let encoder = self.card.get_encoder(encoder)?;
            // The one in use is no change, if there is one.
            let current = encoder.crtc().filter(|_| place == 0 && info.current_encoder().is_some());
            let possible = all.filter_crtcs(encoder.possible_crtcs());
            if let Some(crtc) = current.into_iter().chain(possible).find(is_free) {
                return Ok(crtc);
            }
        }
        Err(io::Error::other("the graphics card has no part free for this output"))
    }

    fn new_buffer(&self, size: (u32, u32)) -> io::Result<(DumbBuffer, framebuffer::Handle)> {
        let buffer = self.card.create_dumb_buffer(size, DrmFourcc::Xrgb8888, 32)?;
        match self.card.add_framebuffer(&buffer, 24, 32) {
            Ok(framebuffer) => Ok((buffer, framebuffer)),
            Err(error) => {
                let _ = self.card.destroy_dumb_buffer(buffer);
                Err(error)
            }
        }
    }

    /// Sets the mode at once with everything that belongs to it; the plane that is told of buffers from then on.
    fn set_atomically(
        &self,
        info: &connector::Info,
        mode: Mode,
        crtc: crtc::Handle,
        first: framebuffer::Handle,
    ) -> io::Result<(plane::Handle, property::Handle)> {
        let missing = || io::Error::from(io::ErrorKind::Unsupported);
        let plane = self.card.primary(crtc)?.ok_or_else(missing)?;
        let (width, height) = (u64::from(mode.size().0), u64::from(mode.size().1));
        let blob: u64 = self.card.create_property_blob(&mode)?.into();
        let mut request = AtomicModeReq::new();
        let mut set =
            |object: ::drm::control::RawResourceHandle, found: Option<(property::Handle, u64)>, value: u64| {
                let (handle, _) = found.ok_or_else(missing)?;
                request.add_raw_property(object, handle, value);
                Ok::<_, io::Error>(handle)
            };
        let number = |crtc: crtc::Handle| u64::from(u32::from(crtc));
        let of_connector = |name| self.card.property(info.handle(), name);
        let of_crtc = |name| self.card.property(crtc, name);
        let of_plane = |name| self.card.property(plane, name);
        set(info.handle().into(), of_connector("CRTC_ID")?, number(crtc))?;
        set(crtc.into(), of_crtc("MODE_ID")?, blob)?;
        set(crtc.into(), of_crtc("ACTIVE")?, 1)?;
        set(plane.into(), of_plane("CRTC_ID")?, number(crtc))?;
        // Sizes in the buffer are in 1/65536.
        for (name, value) in [("SRC_X", 0), ("SRC_Y", 0), ("SRC_W", width << 16), ("SRC_H", height << 16)] {
            set(plane.into(), of_plane(name)?, value)?;
        }
        for (name, value) in [("CRTC_X", 0), ("CRTC_Y", 0), ("CRTC_W", width), ("CRTC_H", height)] {
            set(plane.into(), of_plane(name)?, value)?;
        }
        let shown = set(plane.into(), of_plane("FB_ID")?, u32::from(first).into())?;
        let committed = self.card.atomic_commit(AtomicCommitFlags::ALLOW_MODESET, request);
        let _ = self.card.destroy_property_blob(blob);
        committed.map(|()| (plane, shown))
    }

    fn set(
        &self,
        info: &connector::Info,
        mode: Mode,
        crtc: crtc::Handle,
        first: framebuffer::Handle,
    ) -> io::Result<Option<(plane::Handle, property::Handle)>> {
        // Whoever had the card before us may have gone since. Refused when it is ours already, or not to be had.
        let _ = self.card.acquire_master_lock();
        if self.card.is_atomic {
            match self.set_atomically(info, mode, crtc, first) {
                Ok(plane) => return Ok(Some(plane)),
                Err(error) => tracing::debug!(%error, "the mode is set in the old way"),
            }
        }
        self.card.set_crtc(crtc, Some(first), (0, 0), &[info.handle()], Some(mode)).map(|()| None)
    }

    fn destroy(&self, (buffer, framebuffer): (DumbBuffer, framebuffer::Handle)) {
        // What is gone with its card need not be destroyed.
        let _ = self.card.destroy_framebuffer(framebuffer);
        let _ = self.card.destroy_dumb_buffer(buffer);
    }

    fn lit(&self) -> io::Result<&Lit> {
        self.lit.as_ref().ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}

impl Scanout for Output {
    fn look(&mut self) -> io::Result<Option<Plugged>> {
        // Asking the screen itself takes a while, and some blink.
        let probe = std::mem::take(&mut self.is_unsure) || self.lit.is_none();
        let Some((info, mode)) = self.plugged(probe)? else { return Ok(None) };
        let size = (mode.size().0.into(), mode.size().1.into());
        let millimetres = info.size().filter(|(width, height)| *width > 0 && *height > 0);
        Ok(Some(Plugged { size, millimetres, number: self.number(&info)? }))
    }

    fn look_again(&mut self) {
        self.is_unsure = true;
    }

    fn light(&mut self) -> io::Result<()> {
        self.go_dark();
        let (info, mode) = self.plugged(false)?.ok_or(io::ErrorKind::NotConnected)?;
        let size = (mode.size().0.into(), mode.size().1.into());
        let crtc = self.crtc(&info)?;
        let first = self.new_buffer(size)?;
        let second = self.new_buffer(size).inspect_err(|_| self.destroy(first))?;
        match self.set(&info, mode, crtc, first.1) {
            Ok(plane) => {
                self.card.taken.borrow_mut().push(crtc);
                self.lit = Some(Lit { crtc, buffers: [first, second], plane });
                Ok(())
            }
            Err(error) => {
                [first, second].into_iter().for_each(|buffer| self.destroy(buffer));
                Err(error)
            }
        }
    }

    fn go_dark(&mut self) {
        if let Some(lit) = self.lit.take() {
            // Without its picture alone it would go on for nobody. Not allowed while somebody else has the card.
            let _ = self.card.set_crtc(lit.crtc, None, (0, 0), &[], None);
            lit.buffers.into_iter().for_each(|buffer| self.destroy(buffer));
            self.card.taken.borrow_mut().retain(|taken| *taken != lit.crtc);
            self.card.flipped.borrow_mut().retain(|flipped| *flipped != lit.crtc);
        }
    }

    fn buffer(&mut self, number: usize, paint: &mut dyn FnMut(Glass<'_>)) -> io::Result<()> {
        let card = self.card.clone();
        let lit = self.lit.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        let (buffer, _) = &mut lit.buffers[number];
        let (size, pitch) = (buffer.size(), buffer.pitch() as usize);
        let mut bytes = card.map_dumb_buffer(buffer)?;
        paint(Glass { bytes: &mut bytes, pitch, size });
        Ok(())
    }

    fn flip(&mut self, number: usize) -> io::Result<()> {
        let lit = self.lit()?;
        let (_, framebuffer) = lit.buffers[number];
        let Some((plane, shown)) = lit.plane else {
            return self.card.page_flip(lit.crtc, framebuffer, PageFlipFlags::EVENT, None);
        };
        let mut request = AtomicModeReq::new();
        request.add_raw_property(plane.into(), shown, u32::from(framebuffer).into());
        self.card.atomic_commit(AtomicCommitFlags::PAGE_FLIP_EVENT | AtomicCommitFlags::NONBLOCK, request)
    }

    fn flipped(&mut self) -> bool {
        let Some(lit) = &self.lit else { return false };
        let mut flipped = self.card.flipped.borrow_mut();
        let before = flipped.len();
        flipped.retain(|crtc| *crtc != lit.crtc);
        flipped.len() != before
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        self.go_dark();
    }
}

#[cfg(test)]
mod tests;
