//! `huisclos evidence`: what IT and auditors do with a room's records. Nothing here asks a daemon.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use evidence::{Digest, Event, Extent, Fault, Language, PublicKey, Record, Report, Verifier, phrase, unverified};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::{Config, arguments, evidence_store};

mod page;

/// Where systemd's unit has the daemon keep its records.
const SERVICE_DIRECTORY: &str = "/var/lib/huisclos/evidence";

/// What is asked of a room's records.
#[derive(Subcommand)]
pub enum EvidenceCommand {
    /// Say in plain words where each meeting's packets went.
    ///
    /// Ends with 0 when that could be read, 4 when something is not to be believed, and 1 when nothing could be found out.
    Show {
        #[command(flatten)]
        place: Place,
        /// A public key of the room, in PEM: the records are verified first. May be given again.
        #[arg(long)]
        key: Vec<PathBuf>,
        #[command(flatten)]
        form: Form,
    },
    /// Verify records with nothing but the room's public key.
    ///
    /// Ends with 0 when everything verifies, 3 when it does and somebody should look at what is remarked, 4 when something is not
    /// to be believed, and 1 when that could not be found out.
    Verify {
        #[command(flatten)]
        place: Place,
        /// A public key of the room, in PEM. May be given again.
        #[arg(long, required = true)]
        key: Vec<PathBuf>,
        /// A record that is known to have been there, as NUMBER:SHA256: what was cut off until there is seen. May be given again.
        #[arg(long, value_parser = known)]
        known: Vec<(u64, Digest)>,
        #[command(flatten)]
        form: Form,
    },
    /// Write the records of some days into one file, which is verified like the whole.
    Export {
        #[command(flatten)]
        place: Place,
        /// The first day, in UTC, as 2027-06-30; from the beginning unless given.
        #[arg(long)]
        from: Option<Date>,
        /// The last day; until now unless given.
        #[arg(long)]
        to: Option<Date>,
        /// The file to write, which must not be there yet.
        #[arg(long)]
        out: PathBuf,
    },
}

/// Which records.
#[derive(Args)]
pub struct Place {
    /// An exported file; the records of this machine's room unless given.
    file: Option<PathBuf>,
    /// The directory of a room's records.
    #[arg(long, conflicts_with = "file")]
    dir: Option<PathBuf>,
}

/// How it is said.
#[derive(Args)]
pub struct Form {
    /// fr, en or de.
    #[arg(long, default_value = "en", value_parser = arguments::language)]
    language: Language,
    /// For programs.
    #[arg(long)]
    json: bool,
}

fn known(text: &str) -> Result<(u64, Digest), String> {
    let (number, digest) = text.split_once(':').ok_or("expected NUMBER:SHA256")?;
    let number = number.parse().map_err(|error| format!("{number}: {error}"))?;
    Ok((number, digest.parse().map_err(|error| format!("{digest}: {error}"))?))
}

impl Place {
    /// The records, and what ought to be there of them.
    fn read(&self) -> anyhow::Result<(Vec<u8>, Extent)> {
        if let Some(file) = &self.file {
            let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
            return Ok((bytes, Extent::Excerpt));
        }
        let service = || Some(PathBuf::from(SERVICE_DIRECTORY)).filter(|directory| directory.exists());
        let own = || evidence_store::directory(&Config::one_off("", "fr", "auto").state_directory());
        let directory = self.dir.clone().or_else(service).unwrap_or_else(own);
        Ok((evidence_store::read(&directory)?, Extent::Whole))
    }
}

impl EvidenceCommand {
    /// Does it, and says what came of it.
    ///
    /// # Errors
    /// When files cannot be read or written.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        match self {
            EvidenceCommand::Show { place, key, form } => show(place, &keys(key)?, form),
            EvidenceCommand::Verify { place, key, known, form } => verify(place, &keys(key)?, known, form),
            EvidenceCommand::Export { place, from, to, out } => export(place, *from, *to, out),
        }
    }
}

fn keys(files: &[PathBuf]) -> anyhow::Result<Vec<PublicKey>> {
    let read = |file: &PathBuf| {
        let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        PublicKey::from_pem(&text).with_context(|| format!("in {}", file.display()))
    };
    files.iter().map(read).collect()
}

#[allow(clippy::print_stdout)] // this is what a person at a terminal reads
fn say(text: &str) {
    println!("{text}");
}

/// The records that verify, and how it ended.
fn verified(
    bytes: &[u8],
    keys: &[PublicKey],
    known: &[(u64, Digest)],
    extent: Extent,
) -> (Vec<Record>, Result<Report, Fault>) {
    let mut verifier = known.iter().fold(Verifier::new(keys), |all, (number, digest)| all.knowing(*number, *digest));
    let mut records = Vec::new();
    for (line, _) in unverified(bytes) {
        match verifier.line(line) {
            Ok(record) => records.push(record),
            Err(fault) => return (records, Err(fault)),
        }
    }
    (records, verifier.finish(extent))
}

/// Why not to believe, for people.
fn fault_of(fault: &Fault, language: Language) -> String {
    phrase(language, "bad", [("line", fault.line.into()), ("why", fault.why.sentence(language).into())])
}

fn show(place: &Place, keys: &[PublicKey], form: &Form) -> anyhow::Result<ExitCode> {
    let (bytes, extent) = place.read()?;
    let (records, fault) = if keys.is_empty() {
        let mut records = Vec::new();
        let mut fault = None;
        for (index, (_, record)) in unverified(&bytes).enumerate() {
            match record {
                Ok(record) => records.push(record),
                Err(error) => fault = fault.or(Some(Fault { line: index + 1, why: error.into() })),
            }
        }
        (records, fault)
    } else {
        let (records, ended) = verified(&bytes, keys, &[], extent);
        (records, ended.err())
    };
    let pages = page::pages(&records, form.language);
    if form.json {
        let fault = fault.as_ref().map(|fault| fault_of(fault, form.language));
        let answer =
            serde_json::json!({ "verified": !keys.is_empty() && fault.is_none(), "fault": fault, "meetings": pages });
        say(&serde_json::to_string_pretty(&answer)?);
    } else {
        if pages.is_empty() {
            say(&phrase(form.language, "no-meetings", []));
        }
        for page in &pages {
            say(&page.text(form.language));
        }
        if keys.is_empty() {
            say(&phrase(form.language, "not-verified", []));
        }
        if let Some(fault) = &fault {
            say(&fault_of(fault, form.language));
        }
    }
    Ok(if fault.is_none() { ExitCode::SUCCESS } else { ExitCode::from(4) })
}

fn verify(
    place: &Place,
    keys: &[PublicKey],
    known: &[(u64, Digest)],
    Form { language, json }: &Form,
) -> anyhow::Result<ExitCode> {
    let (bytes, extent) = place.read()?;
    let (records, ended) = verified(&bytes, keys, known, extent);
    let report = match ended {
        Ok(report) => report,
        Err(fault) => {
            let why = fault.why.sentence(*language);
            let before = records.len();
            say(&if *json {
                let answer = serde_json::json!({ "verified": false, "line": fault.line, "why": why, "before": before });
                serde_json::to_string_pretty(&answer)?
            } else {
                format!(
                    "{}\n{}",
                    fault_of(&fault, *language),
                    phrase(*language, "bad-before", [("records", before.into())])
                )
            });
            return Ok(ExitCode::from(4));
        }
    };
    if *json {
        let remarks: Vec<String> = report.remarks.iter().map(|remark| remark.sentence(*language)).collect();
        let answer = serde_json::json!({ "verified": true, "report": report, "remarks": remarks });
        say(&serde_json::to_string_pretty(&answer)?);
    } else {
        let text = |value: &dyn ToString| value.to_string().into();
        let variables = [
            ("first", text(&report.first)),
            ("last", text(&report.last)),
            ("room", text(&report.room)),
            ("from", text(&report.from)),
            ("to", text(&report.to)),
        ];
        say(&phrase(*language, "good", variables));
        say(&report.start.sentence(report.first, report.last, *language));
        report.remarks.iter().for_each(|remark| say(&remark.sentence(*language)));
        say(&phrase(*language, "last", [("last", text(&report.last)), ("sha256", text(&report.last_sha256))]));
    }
    let is_unusual = report.remarks.iter().any(evidence::Remark::is_unusual);
    Ok(if is_unusual { ExitCode::from(3) } else { ExitCode::SUCCESS })
}

fn export(place: &Place, from: Option<Date>, to: Option<Date>, out: &Path) -> anyhow::Result<ExitCode> {
    let (bytes, _) = place.read()?;
    let from = from.map_or(Ok(Timestamp::MIN), midnight)?;
    let until = to.map_or(Ok(Timestamp::MAX), |day| midnight(day.checked_add(1.day())?))?;
    let mut lines = Vec::new();
    for (index, (line, record)) in unverified(&bytes).enumerate() {
        // What cannot be read is for auditors to see, where it lies between what they asked for.
        let is_asked_for = record.is_ok_and(|record| record.written >= from && record.written < until);
        lines.push((index, line, is_asked_for));
    }
    let asked = || lines.iter().filter(|(_, _, is_asked_for)| *is_asked_for).map(|(index, ..)| *index);
    let (Some(first), Some(last)) = (asked().next(), asked().next_back()) else {
        bail!("no record was written in these days");
    };
    // Everything between, also what a clock that was set back dated otherwise: no gap.
    let chosen: Vec<u8> = lines[first..=last].iter().flat_map(|(_, line, _)| *line).copied().collect();
    let cannot = || format!("cannot write {}", out.display());
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(out).with_context(cannot)?;
    file.write_all(&chosen).and_then(|()| file.sync_all()).with_context(cannot)?;
    let records = last - first + 1;
    let file = out.display().to_string();
    say(&phrase(Language::English, "exported", [("records", records.into()), ("file", file.into())]));
    Ok(ExitCode::SUCCESS)
}

/// The beginning of a day.
fn midnight(day: Date) -> anyhow::Result<Timestamp> {
    Ok(day.to_zoned(TimeZone::UTC)?.timestamp())
}

/// The meetings of some records: of each its last record, in the order in which they began, with the number of that record.
fn meetings(records: &[Record]) -> Vec<(u64, &evidence::Meeting)> {
    let mut found: Vec<(u64, &evidence::Meeting)> = Vec::new();
    for record in records {
        if let Event::Opened(meeting) | Event::Interim(meeting) | Event::Closed(meeting) = &record.event {
            match found.iter_mut().find(|(_, known)| known.id == meeting.id) {
                Some(known) => *known = (record.number, meeting),
                None => found.push((record.number, meeting)),
            }
        }
    }
    found
}
