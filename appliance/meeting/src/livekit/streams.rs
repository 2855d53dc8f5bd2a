//! Sections that carry another stream than before.
//!
//! Servers use the sections of those who left for those who come. str0m takes such a new stream, named
//! in the description, for a continuation of the old one: everything up to the old one's last sequence
//! number is dropped as late, and we would be deaf to the newcomer for minutes. A stream that replaces
//! another is therefore kept from the description and declared apart, under a stream id of its own.

use std::collections::BTreeMap;

use str0m::change::DirectApi;
use str0m::media::{Mid, Rid};

/// Which stream each section of the remote description carries.
#[derive(Debug, Default)]
pub(super) struct Streams {
    known: BTreeMap<String, Known>,
}

#[derive(Debug)]
struct Known {
    ssrc: u32,
    /// Streams this section carried before.
    replaced: u32,
}

/// A section's stream gave way to another.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Replacement {
    mid: String,
    gone: u32,
    ssrc: u32,
    rtx: Option<u32>,
    rid: String,
}

impl Streams {
    /// Takes the streams that replace others out of a remote description.
    pub fn take(&mut self, sdp: &str) -> (String, Vec<Replacement>) {
        let mut kept = String::with_capacity(sdp.len());
        let mut replacements = Vec::new();
        for section in sections(sdp) {
            match self.replacement(section) {
                Some(replacement) => {
                    replacements.push(replacement);
                    let others = section.split_inclusive('\n').filter(|line| !line.starts_with("a=ssrc"));
                    kept.extend(others);
                }
                None => kept.push_str(section),
            }
        }
        (kept, replacements)
    }

    fn replacement(&mut self, section: &str) -> Option<Replacement> {
        let line = |prefix: &str| section.lines().find_map(|line| line.strip_prefix(prefix));
        let mid = line("a=mid:")?.trim();
        let mut group = line("a=ssrc-group:FID ").unwrap_or_default().split_whitespace().map(str::parse);
        let (ssrc, rtx) = match (group.next(), group.next()) {
            (Some(Ok(ssrc)), Some(Ok(rtx))) => (ssrc, Some(rtx)),
            _ => (line("a=ssrc:")?.split_whitespace().next()?.parse().ok()?, None),
        };
        let Some(known) = self.known.get_mut(mid) else {
            self.known.insert(mid.to_owned(), Known { ssrc, replaced: 0 });
            return None;
        };
        if known.ssrc == ssrc {
            return None;
        }
        let gone = std::mem::replace(&mut known.ssrc, ssrc);
        known.replaced = known.replaced.wrapping_add(1);
        Some(Replacement { mid: mid.to_owned(), gone, ssrc, rtx, rid: rid(known.replaced) })
    }

    /// The id of the stream in this section, if it is not the first there.
    pub fn rid(&self, mid: Mid) -> Option<Rid> {
        let known = self.known.get(&*mid).filter(|known| known.replaced > 0)?;
        Some(Rid::from(rid(known.replaced).as_str()))
    }
}

impl Replacement {
    /// Declares the new stream, once the description is in force.
    pub fn declare(&self, api: &mut DirectApi<'_>) {
        api.remove_stream_rx(self.gone.into());
        let (mid, rid) = (Mid::from(self.mid.as_str()), Rid::from(self.rid.as_str()));
        let stream = api.expect_stream_rx(self.ssrc.into(), self.rtx.map(Into::into), mid, Some(rid));
        // Without a stream for repairs nobody answers.
        stream.suppress_nack(self.rtx.is_none());
    }

    pub fn mid(&self) -> Mid {
        Mid::from(self.mid.as_str())
    }
}

/// Stream ids are short: eight characters at most.
fn rid(replaced: u32) -> String {
    format!("{:07x}", replaced & 0x0fff_ffff)
}

/// The session's lines, then each section's, in order and without a gap.
fn sections(sdp: &str) -> impl Iterator<Item = &str> {
    let starts = std::iter::once(0).chain(sdp.match_indices("\nm=").map(|(at, _)| at + 1));
    let ends = sdp.match_indices("\nm=").map(|(at, _)| at + 1).chain(std::iter::once(sdp.len()));
    starts.zip(ends).map(|(start, end)| &sdp[start..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sdp(ssrc: u32) -> String {
        format!(
            "v=0\r\nm=audio 9 X 111\r\na=mid:0\r\na=ssrc:{ssrc} cname:a\r\na=sendonly\r\n\
             m=video 9 X 96\r\na=mid:1\r\na=ssrc-group:FID 7 8\r\na=ssrc:7 cname:a\r\na=ssrc:8 cname:a\r\n"
        )
    }

    #[test]
    fn a_first_stream_and_one_that_stays_are_left_alone() {
        let mut streams = Streams::default();
        for _ in 0..2 {
            assert_eq!(streams.take(&sdp(5)), (sdp(5), Vec::new()));
        }
        assert_eq!(streams.rid(Mid::from("0")), None);
    }

    #[test]
    fn a_stream_that_replaces_another_is_declared_apart() {
        let mut streams = Streams::default();
        streams.take(&sdp(5));
        let (kept, replacements) = streams.take(&sdp(6));
        let new = Replacement { mid: "0".into(), gone: 5, ssrc: 6, rtx: None, rid: "0000001".into() };
        assert_eq!(replacements, [new]);
        assert_eq!(kept, sdp(6).replace("a=ssrc:6 cname:a\r\n", ""));
        assert_eq!(streams.rid(Mid::from("0")), Some(Rid::from("0000001")));
        assert_eq!(streams.rid(Mid::from("1")), None);
    }

    #[test]
    fn nonsense_is_kept_as_it_is() {
        for text in ["", "m=", "\nm=audio\na=mid:\na=ssrc:x", "a=ssrc:1\nm=\nm=\n"] {
            assert_eq!(Streams::default().take(text), (text.to_owned(), Vec::new()));
        }
    }
}
