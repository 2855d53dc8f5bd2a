//! The room in its namespace: `huisclosd`, and `huisclos` to speak to it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use demo::SLUG;
use serde_json::Value;

/// A room on a busy machine.
const PATIENCE: Duration = Duration::from_secs(45);

/// What the room is held to.
pub enum Policy {
    Absent,
    InForce,
    /// As in force, and this must vouch for the platform.
    PinnedTo(String),
    /// This text.
    Written(String),
}

/// What else a room is made of.
pub struct Made {
    pub name: String,
    /// A board file; the simulated one without.
    pub board: Option<PathBuf>,
    /// More lines of its configuration.
    pub config: String,
    /// Where it lives; what is in its `state` is there before it starts.
    pub home: tempfile::TempDir,
}

impl Default for Made {
    fn default() -> Made {
        let home = tempfile::tempdir().unwrap();
        Made { name: "Salle Turing".into(), board: None, config: String::new(), home }
    }
}

/// The policy of these tests; `pins` goes into its platform.
pub fn policy(pins: &str) -> String {
    format!(
        r#"
        [policy]
        name = "border"
        version = 1
        [[platforms]]
        host = "visio.example"
        kind = "visio"
        encryption = "preferred"
        {pins}
        [jurisdictions.FR]
        names = {{ fr = "France", en = "France", de = "Frankreich" }}
        prefixes = ["203.0.113.0/24"]
        [addresses]
        media = ["FR"]
        signalling = ["FR"]
        turn = ["203.0.113.34"]
        dns = ["203.0.113.53"]
        [roles]
        room_user = ["join"]
        it = ["join"]
        "#
    )
}

/// A program of ours.
pub fn binary(name: &str) -> PathBuf {
    let here = std::env::current_exe().unwrap();
    let path = here.parent().unwrap().join("..").join(name);
    assert!(path.exists(), "{name} is not built: cargo build --bin {name}");
    path
}

/// What follows runs in the namespaces of this process.
pub fn beside(process: u32) -> Command {
    let mut command = Command::new("nsenter");
    command.args(["--net", "--mount", "--target", &process.to_string(), "--"]);
    command
}

/// A running room. Ends when dropped.
pub struct Room {
    process: tokio::process::Child,
    home: tempfile::TempDir,
}

impl Room {
    pub async fn start(beside_process: u32, authority_pem: &str, policy: Policy, made: Made) -> Room {
        let Made { name, board, config: more, home } = made;
        let board = board.map_or_else(|| "simulated".into(), |path| path.display().to_string());
        let at = |name: &str| home.path().join(name).display().to_string();
        std::fs::write(at("ca.pem"), authority_pem).unwrap();
        let text = match policy {
            Policy::Absent => None,
            Policy::InForce => Some(self::policy("")),
            Policy::PinnedTo(pin) => Some(self::policy(&format!("pins = [\"{pin}\"]"))),
            Policy::Written(text) => Some(text),
        };
        let mut config = format!(
            "state_directory = \"{}\"\ncontrol_socket = \"{}\"\n[room]\nname = \"{name}\"\nlanguage = \"en\"\n\
             [devices]\nboard = \"{board}\"\n[meetings]\ninstance = \"https://visio.example/\"\nextra_ca = \"{}\"\n",
            at("state"),
            at("control.sock"),
            at("ca.pem"),
        );
        if let Some(text) = text {
            let pair = minisign::KeyPair::generate_unencrypted_keypair().unwrap();
            let signature = minisign::sign(None, &pair.sk, text.as_bytes(), None, None).unwrap();
            std::fs::write(at("policy.toml"), text).unwrap();
            std::fs::write(at("policy.toml.minisig"), signature.into_string()).unwrap();
            config += &format!("[policy]\nfile = \"{}\"\nkeys = [\"{}\"]\n", at("policy.toml"), pair.pk.to_base64());
        }
        config += &more;
        std::fs::write(at("room.toml"), config).unwrap();
        let mut daemon = beside(beside_process);
        daemon.arg(binary("huisclosd")).args(["--config", &at("room.toml")]).stdin(Stdio::null()).stdout(Stdio::null());
        let process = tokio::process::Command::from(daemon).kill_on_drop(true).spawn().unwrap();
        let room = Room { process, home };
        room.until("the room is there", |_| true).await;
        room
    }

    /// Where it lives.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// What it keeps.
    pub fn state_directory(&self) -> PathBuf {
        self.home.path().join("state")
    }

    /// The process that it is, beside its helpers.
    pub fn process(&self) -> u32 {
        self.process.id().expect("it runs")
    }

    /// `huisclos`, and what it says. `None`: it failed.
    pub async fn command(&self, arguments: &[&str]) -> Option<String> {
        let output = tokio::process::Command::new(binary("huisclos"))
            .arg("--socket")
            .arg(self.home.path().join("control.sock"))
            .args(arguments)
            .output()
            .await
            .unwrap();
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
    }

    /// Asks for the meeting.
    pub async fn join(&self) {
        let link = format!("https://visio.example/{SLUG}");
        assert!(self.command(&["join", &link]).await.is_some(), "the room does not take {link}");
    }

    /// Waits for a screen.
    pub async fn reaches(&self, screen: &str) {
        self.until(screen, |state| state["screen"] == screen).await;
    }

    /// Waits for a failure with this reason.
    pub async fn fails_with(&self, reason: &str) {
        let failure = self.failure().await;
        assert_eq!(failure["reason"], reason, "{failure}");
    }

    /// Waits for a failure.
    pub async fn failure(&self) -> Value {
        let screen = |state: &Value| state["screen"] == "failed" || state["screen"] == "in-call";
        self.until("the end of the attempt", screen).await["failure"].clone()
    }

    /// Leaves, or gives up.
    pub async fn back_home(&self) {
        self.command(&["leave"]).await;
    }

    /// The record of the last meeting, after two verifiers that share no code have believed everything that there is.
    pub async fn evidence_of_last_meeting(&self) -> Value {
        let at = |name: &str| self.home.path().join(name);
        let key = at("room.pub");
        let printed = Command::new(binary("huisclos"))
            .args(["identity", "key", "--config"])
            .arg(at("room.toml"))
            .output()
            .unwrap();
        assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
        std::fs::write(&key, printed.stdout).unwrap();
        let directory = at("state/evidence");
        let files = || std::fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().path());
        let records: Vec<PathBuf> = files().filter(|path| path.extension().is_some_and(|e| e == "evidence")).collect();
        assert_eq!(records.len(), 1, "one day, one file");
        // The record is written when the meeting is over, beside everything else.
        let started = Instant::now();
        let text = loop {
            let text = std::fs::read_to_string(&records[0]).unwrap();
            if text.contains("\"closed\"") || started.elapsed() > PATIENCE {
                break text;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        let mut ours = Command::new(binary("huisclos"));
        ours.args(["evidence", "verify", "--dir"]).arg(&directory);
        let mut theirs = Command::new(binary("evidence-verifier"));
        theirs.arg(&records[0]);
        for verifier in [&mut ours, &mut theirs] {
            let verdict = verifier.arg("--key").arg(&key).output().unwrap();
            assert!(verdict.status.success(), "{}", String::from_utf8_lossy(&verdict.stdout));
        }
        let (_, json) = text.lines().last().unwrap().split_once(' ').unwrap();
        let record: Value = serde_json::from_str(json).unwrap();
        record["event"]["closed"].clone()
    }

    /// Waits until what it says of itself holds.
    pub async fn until(&self, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let started = Instant::now();
        let mut last = Value::Null;
        while started.elapsed() < PATIENCE {
            if let Some(text) = self.command(&["state"]).await {
                last = serde_json::from_str(&text).unwrap();
                if holds(&last) {
                    return last;
                }
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("waited for {what}; the room says {last}");
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let _ = self.process.start_kill();
    }
}
