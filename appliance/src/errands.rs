//! What the room asks for that takes longer than its task may wait: done elsewhere, answered by an event.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use room::administration::{Code, Settings};
use room::booking::{BookingFailure, BookingReport, Change};
use room::diagnostics::Facts;
use room::power::PowerAct;
use tokio::sync::mpsc;

use provisioning::power;

use crate::administrator::AdminCode;
use crate::calendar::Order;
use crate::event::Event;
use crate::facts::{self, Gauge};
use crate::identity_store::{self, Held};
use crate::settings;
use crate::translate;

/// Runs them.
pub struct Errands {
    events: mpsc::Sender<Event>,
    /// To the calendar's task, when there is one.
    orders: Option<mpsc::Sender<Order>>,
    admin_code: Option<Arc<AdminCode>>,
    settings: PathBuf,
    identity: Held,
    pub gauge: Gauge,
}

impl Errands {
    /// `settings`: the file they are kept in.
    pub fn new(
        events: mpsc::Sender<Event>,
        orders: Option<mpsc::Sender<Order>>,
        admin_code: Option<AdminCode>,
        settings: PathBuf,
        identity: Held,
    ) -> Errands {
        let (admin_code, gauge) = (admin_code.map(Arc::new), Gauge::new(Instant::now()));
        Errands { events, orders, admin_code, settings, identity, gauge }
    }

    /// Hands a booking to the calendar's task.
    pub fn change_calendar(&self, request: u64, change: Change) {
        let order = Order { request, change, asked: Instant::now() };
        let failure = match &self.orders {
            None => BookingFailure::NoCalendar,
            Some(orders) => match orders.try_send(order) {
                Ok(()) => return,
                // It has not come to the last ones.
                Err(_) => BookingFailure::Offline,
            },
        };
        self.answer(Event::Booking(BookingReport::Done { request, result: Err(failure) }));
    }

    /// Checks a code, away from everything that must not wait.
    pub fn check_code(&self, attempt: u64, code: Code) {
        let (events, hash) = (self.events.clone(), self.admin_code.clone());
        tokio::task::spawn_blocking(move || {
            let is_right = hash.is_some_and(|hash| hash.is(&code));
            tracing::info!(is_right, "somebody typed an administrator code at the panel");
            let _ = events.blocking_send(Event::CodeChecked { attempt, is_right });
        });
    }

    /// Keeps the settings over the next start.
    pub fn keep(&self, settings: Settings) {
        let path = self.settings.clone();
        tokio::task::spawn_blocking(move || {
            if let Err(error) = settings::save(&settings, &path) {
                tracing::error!("what was set at the panel is lost at the next start: {error:#}");
            }
        });
    }

    /// Has the machine restart or switch itself off.
    pub fn power(&self, act: PowerAct) {
        let events = self.events.clone();
        tokio::task::spawn_blocking(move || {
            tracing::info!(?act, "the machine stops");
            if let Err(error) = power::ask(Path::new(power::SOCKET), translate::power(act)) {
                tracing::error!(?act, "the machine goes on: {error:#}");
                let _ = events.blocking_send(Event::PowerFailed);
            }
        });
    }

    /// Completes what a technician wants to know.
    pub fn complete(&self, facts: Facts) {
        let (events, identity) = (self.events.clone(), self.identity.borrow().clone());
        tokio::task::spawn_blocking(move || {
            let certificate = identity_store::certificate(identity.as_deref(), identity_store::now());
            events.blocking_send(Event::Facts(Facts { certificate, ..facts::complete(facts) }))
        });
    }

    fn answer(&self, event: Event) {
        let events = self.events.clone();
        tokio::spawn(async move { events.send(event).await });
    }
}
