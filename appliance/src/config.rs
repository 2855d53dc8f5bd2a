//! What IT decided about this room: one TOML file.

use std::net::SocketAddr;
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use room::destination::is_on_this_machine;
use room::view::Trouble;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use url::Url;

use crate::administrator::AdminCode;
use crate::wired::Network;

/// The configuration of one room. Unknown keys are errors: a misspelt key must not be a silent default.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub room: RoomSection,
    #[serde(default)]
    pub meetings: MeetingsSection,
    #[serde(default)]
    pub devices: DevicesSection,
    #[serde(default)]
    pub window: WindowSection,
    #[serde(default)]
    pub api: ApiSection,
    #[serde(default)]
    pub panel: PanelSection,
    pub calendar: Option<CalendarSection>,
    /// What the room may do; everything without it.
    pub policy: Option<PolicySection>,
    /// Who the room is, and whom it believes.
    #[serde(default)]
    pub identity: IdentitySection,
    /// How long the room keeps the evidence of its meetings.
    #[serde(default)]
    pub evidence: EvidenceSection,
    /// The cable and what is at its end. In the appliance image `huisclos network` tells systemd; the daemon only checks it.
    #[serde(default)]
    pub network: Network,
    /// Meetings known beforehand, soonest first.
    #[serde(default)]
    pub agenda: Vec<AgendaItem>,
    /// Where the room keeps what must survive a restart; `$STATE_DIRECTORY` by default.
    pub state_directory: Option<PathBuf>,
    /// The socket on which the room control API is served, for `huisclos` and others on this machine; in `$RUNTIME_DIRECTORY` by default.
    pub control_socket: Option<PathBuf>,
}

/// Who the room is.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoomSection {
    /// The room's name, on the panel and, unless `display_name` says otherwise, in meetings.
    pub name: String,
    pub display_name: Option<String>,
    /// `fr`, `en` or `de`, at the room's start; `fr`, or what was set at the panel, when nothing is said.
    pub language: Option<String>,
    /// Loudspeaker volume at the room's start in percent, 0 to 100; 70, or what was set at the panel, when nothing is said.
    pub volume: Option<u8>,
    /// Black and white with bright edges on the panel and the display; not, or as set at the panel, when nothing is said.
    pub high_contrast: Option<bool>,
    /// Everything on the panel a quarter larger; as `high_contrast`.
    pub large_text: Option<bool>,
    /// How many meetings joined from this room can be joined again from its panel, 0 to 20. They are kept for a
    /// day, in memory only, and never when they are private. None by default.
    #[serde(default)]
    pub history: usize,
    /// Minutes without a touch or movement after which the screens go dark, 1 to 1440; never with 0.
    #[serde(default = "ten_minutes")]
    pub standby_min: u64,
    /// Whether the board's motion sensor is read, so that whoever comes in finds the room light. It is by default.
    #[serde(default = "yes")]
    pub motion_sensor: bool,
    /// The panel says what is on it, from the start: for people who do not see it.
    #[serde(default)]
    pub screen_reader: bool,
    /// Whom people ask when something does not work: `Poste 4242`. Shown on the display.
    pub support: Option<String>,
    /// What the room says instead of its meetings. The appliance image sets it, beside a policy that allows none.
    pub trouble: Option<TroubleSection>,
}

/// [`room::view::Trouble`].
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TroubleSection {
    /// The configuration cannot be read, and never could.
    Configuration,
    /// The state cannot be opened.
    State,
}

impl From<TroubleSection> for Trouble {
    fn from(section: TroubleSection) -> Trouble {
        match section {
            TroubleSection::Configuration => Trouble::Configuration,
            TroubleSection::State => Trouble::State,
        }
    }
}

impl RoomSection {
    /// How long nobody touches anything or moves before the screens go dark; never with `None`.
    pub fn standby_after(&self) -> Option<Duration> {
        (self.standby_min > 0).then(|| Duration::from_secs(60 * self.standby_min))
    }
}

/// What people may do at the panel.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PanelSection {
    /// The hash of the code that opens the settings: `huisclos admin-code` makes it. There are no settings without one.
    pub admin_code: Option<AdminCode>,
}

/// Where the room may go.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeetingsSection {
    /// The La Suite Meet instance that typed room codes mean, `https://visio.numerique.gouv.fr/`.
    pub instance: Option<Url>,
    /// A file that holds the session of the room's own account on `instance` (the value of its `sessionid` cookie), read
    /// when the room starts. In meetings where the account is an administrator, people at the panel let others in,
    /// remove them and lower their hands. Without it the room is a guest.
    pub session_file: Option<PathBuf>,
    /// A PEM file of authorities to trust beside the system's.
    pub extra_ca: Option<PathBuf>,
    /// What our camera is sent in: `auto` (default, whichever costs this machine least), `vp8` or `h264`. Where
    /// somebody does not take H.264, VP8 is sent all the same.
    #[serde(default)]
    pub video_codec: VideoCodec,
    /// LiveKit servers that people may name on the panel.
    #[serde(default)]
    pub livekit: Vec<LiveKitServer>,
}

/// A LiveKit server and where its token is.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LiveKitServer {
    /// `wss://livekit.example`
    pub server: String,
    /// A file that holds the access token, read when the room starts.
    pub token_file: PathBuf,
}

/// A codec for our camera.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VideoCodec {
    #[default]
    Auto,
    Vp8,
    H264,
}

impl VideoCodec {
    /// The codec that is laid down; `None`: whichever costs this machine least.
    pub fn fixed(self) -> Option<media::VideoCodec> {
        match self {
            VideoCodec::Auto => None,
            VideoCodec::Vp8 => Some(media::VideoCodec::Vp8),
            VideoCodec::H264 => Some(media::VideoCodec::H264),
        }
    }
}

/// The signed policy that the room obeys: see [`policy`].
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicySection {
    /// The policy, read when the room starts; its signature is beside it, with `.minisig` behind the name.
    pub file: PathBuf,
    /// The public keys of those who may sign it, as minisign writes them: the second line of a `.pub` file is enough.
    #[serde(deserialize_with = "policy_keys")]
    pub keys: Vec<policy::Key>,
}

/// Who the room is, and whom it believes: see [`identity`]. Files are read when the room starts, and again every hour.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentitySection {
    /// The room's certificate and those between it and its authority, PEM; the one that `huisclos identity install` has put
    /// into the state directory unless given.
    pub certificate: Option<PathBuf>,
    /// Who is believed when they say who somebody is.
    #[serde(default)]
    pub authorities: Vec<AuthorityFile>,
    /// Files with their revocation lists, PEM or DER. An authority whose list is here must have a fresh one.
    #[serde(default)]
    pub revocations: Vec<PathBuf>,
    /// Whether every authority must have a list.
    #[serde(default)]
    pub revocations_required: bool,
}

/// How long the room keeps the evidence of its meetings: see [`evidence`].
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EvidenceSection {
    /// Days; at most one more.
    pub keep_days: NonZeroU16,
    /// Of all records together, in MiB.
    pub keep_mib: NonZeroU16,
}

impl Default for EvidenceSection {
    fn default() -> EvidenceSection {
        EvidenceSection {
            keep_days: const { NonZeroU16::new(366).unwrap() },
            keep_mib: const { NonZeroU16::new(64).unwrap() },
        }
    }
}

impl EvidenceSection {
    /// The same, as evidence takes it; with a policy that says for how long, as long as that.
    pub fn retention(&self, of_policy: Option<NonZeroU16>) -> evidence::Retention {
        let days = of_policy.unwrap_or(self.keep_days).get();
        evidence::Retention {
            age_max: jiff::SignedDuration::from_hours(24 * i64::from(days)),
            bytes_max: u64::from(self.keep_mib.get()) << 20,
            ..evidence::Retention::default()
        }
    }
}

/// A PEM file of certificates of one authority.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthorityFile {
    pub file: PathBuf,
    /// What people see: verified by … What the certificate says itself unless given.
    pub name: Option<String>,
}

/// Where the room's agenda comes from.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalendarSection {
    #[serde(default)]
    pub kind: CalendarKind,
    /// With CalDAV the calendar itself, or the server, where the calendar is then looked for.
    /// With `ics` the file. https, or http on this machine.
    pub url: Url,
    /// Which calendar to take, by the name people see, when an account has several.
    pub name: Option<String>,
    /// The account; with `password_file`.
    pub user: Option<String>,
    /// A file that holds the account's password, read when the room starts.
    pub password_file: Option<PathBuf>,
    /// A file that holds a bearer token (RFC 6750), instead of an account.
    pub token_file: Option<PathBuf>,
    /// The room's own mail addresses: meetings they have declined are not shown.
    #[serde(default)]
    pub addresses: Vec<String>,
    /// Seconds from one reading to the next, 5 to 60.
    #[serde(default = "minute")]
    pub interval_s: u64,
    /// Whether people may book the room at its panel: then bookings are written into the calendar, and nothing else.
    #[serde(default = "yes")]
    pub booking: bool,
    /// Whether people may also release meetings that somebody else made: the room then declines its invitation.
    #[serde(default)]
    pub may_release: bool,
    /// Minutes after which a meeting that nobody has come to is released, 5 to 60; with `may_release`. Never by default.
    pub release_after_min: Option<u8>,
}

impl CalendarSection {
    /// Has people neither book the room at its panel nor release it, whatever it says.
    pub fn forbid_booking(&mut self) {
        (self.booking, self.may_release, self.release_after_min) = (false, false, None);
    }
}

/// How a calendar is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CalendarKind {
    /// RFC 4791.
    #[default]
    Caldav,
    /// One iCalendar file.
    Ics,
}

/// Which devices the room drives.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DevicesSection {
    /// `auto`, `simulated`, the name of a board that is installed (`raspberry-pi-5`), or the path of a board file.
    #[serde(default = "auto")]
    pub board: String,
}

impl Default for DevicesSection {
    fn default() -> Self {
        DevicesSection { board: auto() }
    }
}

/// The room window, a page that shows the room on this machine. Off unless asked for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WindowSection {
    /// A loopback address; port 0 takes a free one.
    pub listen: Option<SocketAddr>,
    /// A page where a guest can sit in the same meeting, linked from the room window.
    pub guest_page: Option<Url>,
}

/// The room control API. It is always on the control socket, and on the network only with [`ApiTls`].
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiSection {
    /// Whether screenshots may show a meeting: what is on the display, who is named on the panel. Off by default.
    #[serde(default)]
    pub meeting_screenshots: bool,
    pub tls: Option<ApiTls>,
}

/// The room control API on the network, for clients with a certificate. The files are PEM, and read again when they
/// change.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiTls {
    /// Port 0 takes a free one.
    pub listen: SocketAddr,
    /// The room's certificate, and those between it and its authority.
    pub certificate: PathBuf,
    /// The certificate's private key.
    pub key: PathBuf,
    /// The authorities whose certificates let a client in; anybody they sign may do what the policy lets `role` do, without
    /// a policy everything.
    pub client_ca: PathBuf,
    /// What those clients are to the room, as policies call it; `it` by default.
    #[serde(default = "it", deserialize_with = "role")]
    pub role: policy::Role,
}

/// A meeting known beforehand.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgendaItem {
    pub title: String,
    /// RFC 3339.
    pub start: jiff::Timestamp,
    /// RFC 3339.
    pub end: jiff::Timestamp,
    /// A meeting link or code, or the address of a LiveKit server.
    pub link: Option<String>,
    /// For a LiveKit server: a file with the token. Not the token itself: configuration is read by many.
    pub token_file: Option<PathBuf>,
}

fn policy_keys<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<policy::Key>, D::Error> {
    let texts = Vec::<String>::deserialize(from)?;
    if texts.is_empty() {
        return Err(D::Error::custom("policy.keys is empty: nobody could sign the policy"));
    }
    let key =
        |text: &String| policy::Key::parse(text).map_err(|error| D::Error::custom(format!("policy.keys: {error}")));
    texts.iter().map(key).collect()
}

fn it() -> policy::Role {
    policy::Role::It
}

fn role<'de, D: Deserializer<'de>>(from: D) -> Result<policy::Role, D::Error> {
    let word = String::deserialize(from)?;
    let known = || policy::Role::ALL.iter().map(|role| role.word()).collect::<Vec<_>>().join(", ");
    policy::Role::of(&word).ok_or_else(|| D::Error::custom(format!("api.tls.role: expected one of {}", known())))
}

fn minute() -> u64 {
    60
}

fn ten_minutes() -> u64 {
    10
}

fn yes() -> bool {
    true
}

fn auto() -> String {
    "auto".into()
}

impl Config {
    /// Reads and checks a configuration file.
    ///
    /// # Errors
    /// When the file cannot be read, is no TOML, has unknown keys, or says something impossible.
    pub fn load(path: &Path) -> anyhow::Result<Config> {
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        Config::parse(&text).with_context(|| format!("in {}", path.display()))
    }

    /// Parses and checks the text of a configuration file.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn parse(text: &str) -> anyhow::Result<Config> {
        let config: Config = toml::from_str(text)?;
        if config.room.name.trim().is_empty() {
            bail!("room.name is empty");
        }
        if !matches!(config.room.language.as_deref(), None | Some("fr" | "en" | "de")) {
            bail!("room.language must be fr, en or de");
        }
        if config.room.history > 20 {
            bail!("room.history must be between 0 and 20");
        }
        if config.room.standby_min > 1440 {
            bail!("room.standby_min must be between 0 and 1440");
        }
        if config.room.volume.is_some_and(|percent| percent > 100) {
            bail!("room.volume must be between 0 and 100");
        }
        if let Some(listen) = config.window.listen
            && !listen.ip().is_loopback()
        {
            bail!("window.listen must be a loopback address: the room window has no sign-in");
        }
        if let Some(calendar) = &config.calendar {
            calendar.check()?;
        }
        if config.meetings.session_file.is_some() && !config.meetings.instance.as_ref().is_some_and(is_encrypted) {
            bail!("meetings.session_file goes with meetings.instance, which must begin with https");
        }
        Ok(config)
    }

    /// The configuration of a room that has none: simulated or real devices, no agenda.
    pub fn one_off(name: &str, language: &str, board: &str) -> Config {
        Config {
            room: RoomSection {
                name: name.into(),
                display_name: None,
                language: Some(language.into()),
                volume: None,
                high_contrast: None,
                large_text: None,
                history: 0,
                standby_min: ten_minutes(),
                motion_sensor: true,
                screen_reader: false,
                support: None,
                trouble: None,
            },
            meetings: MeetingsSection::default(),
            devices: DevicesSection { board: board.into() },
            window: WindowSection::default(),
            api: ApiSection::default(),
            panel: PanelSection::default(),
            calendar: None,
            policy: None,
            identity: IdentitySection::default(),
            evidence: EvidenceSection::default(),
            network: Network::default(),
            agenda: Vec::new(),
            state_directory: None,
            control_socket: None,
        }
    }

    /// Where state is kept: configured, else `$STATE_DIRECTORY` (systemd), else `~/.local/state/huisclos`.
    pub fn state_directory(&self) -> PathBuf {
        directory(&self.state_directory, "STATE_DIRECTORY", "XDG_STATE_HOME", ".local/state", "/var/lib")
    }

    /// The control socket: configured, else under `$RUNTIME_DIRECTORY`, else under the user's runtime directory.
    pub fn control_socket(&self) -> PathBuf {
        match &self.control_socket {
            Some(path) => path.clone(),
            None => {
                directory(&None, "RUNTIME_DIRECTORY", "XDG_RUNTIME_DIR", ".local/state", "/run").join("control.sock")
            }
        }
    }
}

impl CalendarSection {
    fn check(&self) -> anyhow::Result<()> {
        if !is_encrypted(&self.url) {
            bail!("calendar.url must begin with https (http only for this machine)");
        }
        if !self.url.username().is_empty() || self.url.password().is_some() {
            bail!("calendar.url must not carry a password: use calendar.user and calendar.password_file");
        }
        if self.user.is_some() != self.password_file.is_some() {
            bail!("calendar.user and calendar.password_file go together");
        }
        if self.user.is_some() && self.token_file.is_some() {
            bail!("the calendar takes either a user or a token_file");
        }
        if !(5..=60).contains(&self.interval_s) {
            bail!("calendar.interval_s must be between 5 and 60");
        }
        if self.release_after_min.is_some_and(|minutes| !(5..=60).contains(&minutes)) {
            bail!("calendar.release_after_min must be between 5 and 60");
        }
        if self.release_after_min.is_some() && !self.may_release {
            bail!("calendar.release_after_min needs calendar.may_release: what it releases are meetings of others");
        }
        if self.may_release && !self.booking {
            bail!("calendar.may_release needs calendar.booking");
        }
        Ok(())
    }
}

/// Whether what is sent there is encrypted, or stays on this machine.
pub(crate) fn is_encrypted(url: &Url) -> bool {
    url.scheme() == "https" || (url.scheme() == "http" && is_on_this_machine(url))
}

fn directory(configured: &Option<PathBuf>, systemd: &str, xdg: &str, home: &str, system: &str) -> PathBuf {
    if let Some(path) = configured {
        return path.clone();
    }
    if let Some(path) = std::env::var_os(systemd) {
        return path.into();
    }
    let base = std::env::var_os(xdg).map(PathBuf::from);
    base.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(home)))
        .unwrap_or_else(|| system.into())
        .join("huisclos")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_key_is_refused_by_name() {
        let error = Config::parse("[room]\nname = \"Turing\"\nlangauge = \"fr\"").unwrap_err();
        assert!(format!("{error:#}").contains("langauge"), "{error:#}");
    }

    #[test]
    fn the_room_window_never_listens_to_the_building() {
        let text = "[room]\nname = \"Turing\"\n[window]\nlisten = \"0.0.0.0:8080\"";
        assert!(Config::parse(text).is_err());
    }

    #[test]
    fn a_calendar_is_read_encrypted_and_its_password_is_not_in_the_configuration() {
        let parse = |calendar: &str| Config::parse(&format!("[room]\nname = \"Turing\"\n[calendar]\n{calendar}"));
        let calendar = parse("url = \"https://cal.example/\"").unwrap().calendar.unwrap();
        assert_eq!((calendar.kind, calendar.interval_s), (CalendarKind::Caldav, 60));
        assert!(parse("url = \"http://127.0.0.1:5232/\"\nkind = \"ics\"\ntoken_file = \"t\"").is_ok());
        for refused in [
            "url = \"http://cal.example/\"",
            "url = \"https://room:secret@cal.example/\"",
            "url = \"ftp://cal.example/\"",
            "url = \"https://cal.example/\"\npassword = \"secret\"",
            "url = \"https://cal.example/\"\nuser = \"room\"",
            "url = \"https://cal.example/\"\nuser = \"room\"\npassword_file = \"p\"\ntoken_file = \"t\"",
            "url = \"https://cal.example/\"\ninterval_s = 1",
            "url = \"https://cal.example/\"\ninterval_s = 600",
            "url = \"https://cal.example/\"\nrelease_after_min = 10",
            "url = \"https://cal.example/\"\nrelease_after_min = 2\nmay_release = true",
            "url = \"https://cal.example/\"\nmay_release = true\nbooking = false",
        ] {
            assert!(parse(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn the_api_is_on_the_network_only_with_certificates() {
        let parse =
            |tls: &str| Config::parse(&format!("[room]\nname = \"Turing\"\n[api.tls]\nlisten = \"[::]:8443\"\n{tls}"));
        assert!(parse("certificate = \"c\"\nkey = \"k\"\nclient_ca = \"a\"").is_ok());
        for missing in ["", "certificate = \"c\"\nkey = \"k\"", "key = \"k\"\nclient_ca = \"a\""] {
            assert!(parse(missing).is_err(), "{missing}");
        }
    }

    #[test]
    fn nothing_is_remembered_unless_asked_and_standby_is_on() {
        let room = |keys: &str| Config::parse(&format!("[room]\nname = \"Turing\"\n{keys}")).map(|config| config.room);
        let plain = room("").unwrap();
        assert_eq!((plain.history, plain.standby_after()), (0, Some(Duration::from_secs(600))));
        assert!(plain.motion_sensor);
        let set = room("history = 5\nstandby_min = 0\nmotion_sensor = false").unwrap();
        assert_eq!((set.history, set.standby_after(), set.motion_sensor), (5, None, false));
        assert!(room("history = 21").is_err() && room("standby_min = 1441").is_err());
    }

    #[test]
    fn a_session_belongs_to_an_instance_and_never_goes_in_clear() {
        let parse = |meetings: &str| Config::parse(&format!("[room]\nname = \"Turing\"\n[meetings]\n{meetings}"));
        assert!(parse("session_file = \"s\"\ninstance = \"https://visio.example/\"").is_ok());
        assert!(parse("session_file = \"s\"\ninstance = \"http://127.0.0.1:8000/\"").is_ok());
        assert!(parse("session_file = \"s\"\ninstance = \"http://visio.example/\"").is_err());
        assert!(parse("session_file = \"s\"").is_err());
    }

    #[test]
    fn nothing_listens_unless_asked() {
        let config = Config::parse("[room]\nname = \"Turing\"").unwrap();
        assert_eq!(config.window.listen, None);
        assert!(config.api.tls.is_none() && !config.api.meeting_screenshots);
        assert_eq!(config.room.language, None);
    }

    #[test]
    fn a_policy_without_a_key_that_could_have_signed_it_is_no_configuration() {
        let parse = |policy: &str| Config::parse(&format!("[room]\nname = \"Turing\"\n[policy]\n{policy}"));
        let pair = minisign::KeyPair::generate_unencrypted_keypair().unwrap();
        let (line, whole) = (pair.pk.to_base64(), pair.pk.to_box().unwrap().into_string());
        let policy = parse(&format!("file = \"p.toml\"\nkeys = ['{line}', '''{whole}''']")).unwrap().policy.unwrap();
        assert_eq!((policy.file, policy.keys.len()), ("p.toml".into(), 2));
        for refused in ["file = \"p.toml\"", "file = \"p.toml\"\nkeys = []", "file = \"p.toml\"\nkeys = [\"RWQ\"]"] {
            assert!(parse(refused).is_err(), "{refused}");
        }
        assert!(parse(&format!("keys = ['{line}']")).is_err());
    }

    #[test]
    fn an_authority_is_a_file_and_a_misspelt_key_of_it_is_refused() {
        let parse = |identity: &str| Config::parse(&format!("[room]\nname = \"Turing\"\n[identity]\n{identity}"));
        let identity =
            parse("authorities = [{ file = \"a.pem\", name = \"X\" }, { file = \"b.pem\" }]").unwrap().identity;
        let names: Vec<_> = identity.authorities.iter().map(|authority| authority.name.as_deref()).collect();
        assert_eq!((names, identity.revocations_required), (vec![Some("X"), None], false));
        for refused in ["authorities = [\"a.pem\"]", "authorities = [{ name = \"X\" }]", "authority = []"] {
            assert!(parse(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn there_is_no_administrator_code_but_the_one_configured_and_only_as_a_hash() {
        assert!(Config::parse("[room]\nname = \"Turing\"").unwrap().panel.admin_code.is_none());
        let parse = |code: &str| Config::parse(&format!("[room]\nname = \"Turing\"\n[panel]\nadmin_code = \"{code}\""));
        assert!(parse("").is_err() && parse("31415926").is_err());
        let code = crate::administrator::new_code().unwrap();
        let hash = AdminCode::of(&code).unwrap();
        let config = parse(hash.as_str()).unwrap();
        assert!(!format!("{config:?}").contains("argon2"));
        assert!(config.panel.admin_code.unwrap().is(&code));
    }
}
