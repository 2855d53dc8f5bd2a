//! One meeting, as people read it.

use evidence::{Flow, Language, Meeting, Record, Recording, Summary, phrase};
use jiff::Timestamp;
use serde::Serialize;

/// One meeting: for programs as JSON, for people as text.
#[derive(Serialize)]
pub struct Page<'a> {
    /// Of the record that says this.
    number: u64,
    summary: Summary,
    sentences: Vec<String>,
    meeting: &'a Meeting,
}

/// The pages of some records, the oldest meeting first.
pub fn pages(records: &[Record], language: Language) -> Vec<Page<'_>> {
    let page = |(number, meeting)| {
        let summary = Summary::of(meeting);
        Page { number, sentences: summary.sentences(meeting, language), summary, meeting }
    };
    super::meetings(records).into_iter().map(page).collect()
}

impl Page<'_> {
    /// A heading, what it comes to, and every flow.
    pub fn text(&self, language: Language) -> String {
        let meeting = self.meeting;
        let end = meeting.ended.map_or_else(|| phrase(language, "open", []), minute);
        let mut lines = vec![format!(
            "{} – {end}  {} ({})  #{}",
            minute(meeting.began),
            meeting.platform.host,
            meeting.platform.kind,
            self.number
        )];
        let mut add = |line: String| lines.push(format!("  {line}"));
        self.sentences.iter().cloned().for_each(&mut add);
        add(match &meeting.policy {
            Some(policy) => phrase(
                language,
                "policy",
                [("name", policy.name.as_str().into()), ("version", policy.version.to_string().into())],
            ),
            None => phrase(language, "no-policy", []),
        });
        if let Some(accepted) = &meeting.accepted {
            let variables =
                [("transition", accepted.transition.as_str().into()), ("language", accepted.language.as_str().into())];
            add(phrase(language, "accepted", variables));
        }
        for verified in &meeting.verified {
            let variables = [("count", verified.count.into()), ("authority", verified.authority.as_str().into())];
            let names =
                if verified.names.is_empty() { String::new() } else { format!(" ({})", verified.names.join(", ")) };
            add(phrase(language, "verified", variables) + &names);
        }
        for recorded in &meeting.recorded {
            let key = match recorded.what {
                Recording::Recording => "recorded-recording",
                Recording::Transcription => "recorded-transcription",
            };
            let until = recorded.until.map_or_else(|| phrase(language, "open", []), minute);
            add(phrase(language, key, [("since", minute(recorded.since).into()), ("until", until.into())]));
        }
        table(meeting, language).into_iter().for_each(&mut add);
        for refused in &meeting.refused {
            let variables = [
                ("times", refused.times.to_string().into()),
                ("purpose", refused.purpose.in_language(language).into()),
                ("peer", refused.peer.to_string().into()),
                ("reason", refused.reason.as_str().into()),
            ];
            add(phrase(language, "refused-row", variables));
        }
        lines.push(String::new());
        lines.join("\n")
    }
}

/// `2027-06-30 08:00Z`
fn minute(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%MZ").to_string()
}

/// Every flow, one a line, in columns.
fn table(meeting: &Meeting, language: Language) -> Vec<String> {
    if meeting.flows.is_empty() {
        return Vec::new();
    }
    let columns = ["purpose", "peer", "where", "listed", "sent", "received", "protection"];
    let mut rows = vec![columns.map(|column| phrase(language, &format!("column-{column}"), []))];
    rows.extend(meeting.flows.iter().map(|flow| row(meeting, flow, language)));
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths: [usize; 7] = std::array::from_fn(width);
    let line = |row: &[String; 7]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

fn row(meeting: &Meeting, flow: &Flow, language: Language) -> [String; 7] {
    let word = |key| phrase(language, key, []);
    let protocol = format!("{:?}", flow.key.protocol).to_lowercase();
    let mut protections: Vec<&str> = Vec::new();
    if let Some(tls) = &flow.protection.tls {
        protections.extend([tls.version.as_str(), tls.suite.as_str()]);
    }
    if let Some(dtls) = &flow.protection.dtls {
        protections.push("DTLS");
        protections.extend([&dtls.suite, &dtls.srtp, &dtls.fingerprint].into_iter().flatten().map(String::as_str));
    }
    [
        flow.key.purpose.in_language(language),
        format!("{protocol} {}", std::net::SocketAddr::new(flow.key.peer, flow.key.port)),
        flow.jurisdiction
            .as_ref()
            .map_or_else(|| word("unknown"), |id| meeting.jurisdiction_name(id, language).to_owned()),
        word(if flow.listed { "yes" } else { "no" }),
        kilobytes(flow.traffic.sent.bytes),
        kilobytes(flow.traffic.received.bytes),
        if protections.is_empty() { word("unknown") } else { protections.join(" ") },
    ]
}

/// In thousands of bytes, which are `kB` in every language here; never less than there were.
fn kilobytes(bytes: u64) -> String {
    format!("{} kB", bytes.div_ceil(1000))
}
