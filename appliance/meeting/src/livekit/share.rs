//! What we share: a second source, published in the middle of a session and taken back.

use super::encode::{Usage, divide, share_ladder};
use super::proto::Request;
use super::{Client, State};
use crate::io::{Event, Share, Source};

impl Client {
    /// Shares, or goes on sharing in another size.
    pub(super) fn share(&mut self, share: Share) {
        if self.roster.permission().is_some_and(|p| !p.may_publish(Source::ScreenShare)) {
            return self.event(Event::ShareEnded { by_host: false });
        }
        self.share_allocator.set_ladder(share_ladder(share.size));
        if !self.own.is_sharing() {
            self.share_allocator.begin();
            self.share_usage = Usage::default();
        }
        if let Some(sid) = self.own.share(share) {
            let (width, height) = share.size;
            self.send(Request::Size { sid, width, height });
        }
        if matches!(self.state, State::Running | State::Connecting { .. }) {
            let tracks = self.ask_for_tracks();
            self.add_tracks(tracks);
        }
        self.update_own();
    }

    /// Shares no longer: the server sees it in the offer, which no longer has the sections.
    pub(super) fn unshare(&mut self) {
        let retired = self.own.unshare();
        self.retire(&retired);
        self.settle_grants();
        self.update_own();
    }

    /// We share no longer, by no wish of ours.
    pub(super) fn end_share(&mut self, by_host: bool) {
        tracing::info!(by_host, "what we share is not taken any more");
        self.unshare();
        self.event(Event::ShareEnded { by_host });
    }

    /// Tells the room when the server has refused what we want to share.
    pub(super) fn look_at_share(&mut self) {
        if self.own.is_share_refused() {
            self.end_share(false);
        }
    }

    /// Gives camera and share each its part of what the path carries.
    pub(super) fn divide_bandwidth(&mut self) {
        let is_shared = self.own.get(Source::ScreenShare).is_some_and(|t| t.is_live());
        let parts = self.path.usable_bps().map(|estimate| {
            let (wanted, used) = (self.share_allocator.desired_bps(), self.share_usage.bps());
            if is_shared { divide(estimate, wanted, used) } else { (0, estimate) }
        });
        self.share_allocator.set_estimate(parts.map(|(share, _)| share));
        self.allocator.set_estimate(parts.map(|(_, camera)| camera));
    }
}
