//! Which finger counts, and what it does: the kernel's multi-touch protocol B, and screens that feel one finger.
//!
//! The first finger counts until it is lifted; others are not felt meanwhile. Whatever is not certain cancels: a touch
//! that people meant is made again, one that nobody meant joins a meeting.
//!
//! Source: the kernel's `Documentation/input/multi-touch-protocol.rst` and `event-codes.rst`.

use std::time::SystemTime;

use ::evdev::{AbsoluteAxisCode as Axes, EventSummary, InputEvent, KeyCode, SynchronizationCode as Syn};

use super::place::Axis;
use crate::credible::Credible;

/// As many fingers as are told apart. A controller that knows more is not asked about them.
const SLOTS: usize = 16;
/// What a device may say before it says that this was all. The kernel sends what a frame can hold, and fewer.
const FRAME_MAX: u32 = 512;
/// As often as fingers come down in a second. Nobody taps twenty times; a controller that is wet does.
const DOWNS_MAX: u32 = 20;

/// What the finger that counts did, in the touchscreen's units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Down(i32, i32),
    Move(i32, i32),
    Up(i32, i32),
    Cancel,
}

/// One finger on the glass, as far as it was said.
#[derive(Debug, Clone, Copy, Default)]
struct Contact {
    /// The kernel's number of this touch; none while there is no finger.
    id: Option<i32>,
    /// As last said of this slot, also of an earlier finger: what is as before is not said again.
    x: Option<i32>,
    y: Option<i32>,
    /// It came while another counted, or while nobody was believed: it never counts.
    unfelt: bool,
}

/// Puts together what the kernel says in pieces.
pub(super) struct Contacts {
    axes: [Axis; 2],
    has_slots: bool,
    slots: [Contact; SLOTS],
    /// The one that what is said is about; none while it is one that is not asked about.
    slot: Option<usize>,
    /// Which finger counts: its slot and number.
    owner: Option<(usize, i32)>,
    /// Where it was last told to be.
    told: Option<(i32, i32)>,
    /// Something was lost: until the end of this frame nothing is certain.
    dropped: bool,
    said: u32,
    touches: i32,
    downs: Credible,
}

impl Contacts {
    /// Of a device with `axes`; `has_slots`: it tells fingers apart.
    pub fn new(axes: [Axis; 2], has_slots: bool) -> Contacts {
        Contacts {
            axes,
            has_slots,
            slots: [Contact::default(); SLOTS],
            slot: Some(0),
            owner: None,
            told: None,
            dropped: false,
            said: 0,
            touches: 0,
            downs: Credible::new(DOWNS_MAX),
        }
    }

    /// What the device said it is at before it was listened to, or after something was lost.
    pub fn begin(&mut self, slot: i32, at: (i32, i32)) {
        if self.has_slots {
            self.absolute(Axes::ABS_MT_SLOT, slot);
        } else {
            self.absolute(Axes::ABS_X, at.0);
            self.absolute(Axes::ABS_Y, at.1);
        }
    }

    /// One piece, said at this time; what the finger did when it completes a frame: at most two things.
    pub fn feel(&mut self, event: InputEvent, now: SystemTime) -> [Option<Change>; 2] {
        match event.destructure() {
            EventSummary::Synchronization(_, Syn::SYN_DROPPED, _) => self.dropped = true,
            EventSummary::Synchronization(_, Syn::SYN_REPORT, _) => {
                self.said = 0;
                if std::mem::take(&mut self.dropped) {
                    return [self.forget(), None];
                }
                return self.frame(now);
            }
            _ if self.dropped => {}
            _ if self.said >= FRAME_MAX => self.dropped = true,
            EventSummary::AbsoluteAxis(_, axis, value) => {
                self.said += 1;
                self.absolute(axis, value);
            }
            EventSummary::Key(_, KeyCode::BTN_TOUCH, value) if !self.has_slots => {
                self.said += 1;
                if value == 0 {
                    self.slots[0].id = None;
                } else if self.slots[0].id.is_none() {
                    self.touches = self.touches.wrapping_add(1);
                    self.slots[0] = Contact { id: Some(self.touches), unfelt: false, ..self.slots[0] };
                }
            }
            _ => self.said += 1,
        }
        [None, None]
    }

    fn absolute(&mut self, axis: Axes, value: i32) {
        let (x, y) = (self.axes[0].has(value), self.axes[1].has(value));
        if !self.has_slots {
            match axis {
                Axes::ABS_X if x => self.slots[0].x = Some(value),
                Axes::ABS_Y if y => self.slots[0].y = Some(value),
                _ => {}
            }
            return;
        }
        if axis == Axes::ABS_MT_SLOT {
            self.slot = usize::try_from(value).ok().filter(|slot| *slot < SLOTS);
            return;
        }
        let Some(contact) = self.slot.and_then(|slot| self.slots.get_mut(slot)) else { return };
        match axis {
            Axes::ABS_MT_TRACKING_ID if value < 0 => contact.id = None,
            Axes::ABS_MT_TRACKING_ID if contact.id != Some(value) => {
                *contact = Contact { id: Some(value), unfelt: false, ..*contact };
            }
            Axes::ABS_MT_POSITION_X if x => contact.x = Some(value),
            Axes::ABS_MT_POSITION_Y if y => contact.y = Some(value),
            _ => {}
        }
    }

    /// A whole frame was said.
    fn frame(&mut self, now: SystemTime) -> [Option<Change>; 2] {
        let followed = self.follow();
        let came = if self.owner.is_none() { self.come_down(now) } else { None };
        if let Some((owner, _)) = self.owner {
            let others =
                self.slots.iter_mut().enumerate().filter(|(slot, contact)| *slot != owner && contact.id.is_some());
            others.for_each(|(_, contact)| contact.unfelt = true);
        }
        [followed, came]
    }

    /// What became of the finger that counts.
    fn follow(&mut self) -> Option<Change> {
        let (slot, id) = self.owner?;
        let told = self.told?;
        let contact = &self.slots[slot];
        if contact.id != Some(id) {
            (self.owner, self.told) = (None, None);
            return Some(Change::Up(told.0, told.1));
        }
        let at = contact.x.zip(contact.y).filter(|at| *at != told)?;
        self.told = Some(at);
        Some(Change::Move(at.0, at.1))
    }

    /// A finger that came counts when no other does.
    fn come_down(&mut self, now: SystemTime) -> Option<Change> {
        let here = |contact: &Contact| Some((contact.id?, contact.x?, contact.y?)).filter(|_| !contact.unfelt);
        let (slot, (id, x, y)) = self.slots.iter().enumerate().find_map(|(slot, c)| Some((slot, here(c)?)))?;
        if !self.downs.believe(now) {
            self.slots[slot].unfelt = true;
            return None;
        }
        (self.owner, self.told) = (Some((slot, id)), Some((x, y)));
        Some(Change::Down(x, y))
    }

    /// What lies on the glass is not known any more.
    pub fn forget(&mut self) -> Option<Change> {
        self.slots = [Contact::default(); SLOTS];
        self.owner = None;
        self.told.take().map(|_| Change::Cancel)
    }

    /// Whether the controller is not believed now; asked once, to say so once.
    pub fn has_become_incredible(&mut self) -> bool {
        self.downs.is_news()
    }
}
