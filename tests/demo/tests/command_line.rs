//! `huisclos`, as a technician types it.

mod support;

use std::path::PathBuf;
use std::process::Stdio;

use demo::room::{Options, Room};
use demo::stage;
use support::*;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::Command;

fn huisclos() -> Command {
    let here = std::env::current_exe().unwrap();
    let path: PathBuf = here.parent().unwrap().join("../huisclos");
    assert!(path.exists(), "huisclos is not built: cargo build --bin huisclos");
    let mut command = Command::new(path);
    command.kill_on_drop(true).stdin(Stdio::null()).env_remove("HUISCLOS_TOKEN");
    command
}

/// Everything a process started that still runs, and what that started.
fn descendants(of: u32) -> Vec<(u32, String)> {
    let processes: Vec<(u32, u32, String)> = std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| {
            let id: u32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
            let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
            let (name, rest) = (stat.split_once('(')?.1.rsplit_once(')')?.0, stat.rsplit_once(')')?.1);
            let mut fields = rest.split_whitespace();
            let (state, parent) = (fields.next()?, fields.next()?.parse().ok()?);
            (state != "Z").then(|| (id, parent, name.to_owned()))
        })
        .collect();
    let mut found: Vec<(u32, String)> = Vec::new();
    let mut parents = vec![of];
    while let Some(parent) = parents.pop() {
        for (id, _, name) in processes.iter().filter(|(_, p, _)| *p == parent) {
            parents.push(*id);
            found.push((*id, name.clone()));
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demo_that_is_told_to_end_takes_everything_it_started_with_it() {
    let _alone = alone().await;
    let home = tempfile::tempdir().unwrap();
    let demo = Command::new(env!("CARGO_BIN_EXE_huisclos-demo"))
        .args(["--once", "--seconds", "60", "--pictures"])
        .arg(home.path())
        .kill_on_drop(true)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let id = demo.id().unwrap();
    let started = std::time::Instant::now();
    let children = loop {
        let children = descendants(id);
        let has = |wanted: &str| children.iter().any(|(_, name)| name.starts_with(wanted));
        // The browser and its own children, not only the script that starts it.
        if has("huisclosd") && children.iter().filter(|(_, name)| name.starts_with("chrom")).count() > 2 {
            break children;
        }
        assert!(started.elapsed() < SOON, "{children:?}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    assert!(Command::new("kill").args(["-TERM", &id.to_string()]).status().await.unwrap().success());
    let output = tokio::time::timeout(SOON, demo.wait_with_output()).await.unwrap().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("stopped by SIGTERM"), "{output:?}");
    let alive = |id: &u32| {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.starts_with(" Z"))
    };
    let started = std::time::Instant::now();
    while children.iter().any(|(id, _)| alive(id)) {
        let left: Vec<_> = children.iter().filter(|(id, _)| alive(id)).collect();
        assert!(started.elapsed() < std::time::Duration::from_secs(5), "left behind: {left:?}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_one_off_room_joins_a_livekit_server_by_address_and_token() {
    let _alone = alone().await;
    let stage = stage().await.unwrap();
    let guest = Python::join(&stage, "ada").await;
    let home = tempfile::tempdir().unwrap();
    let token = home.path().join("token");
    std::fs::write(&token, stage.server.token(&stage.livekit_room(), "room", "Salle Turing")).unwrap();
    let mut process = huisclos()
        .arg("--socket")
        .arg(home.path().join("control.sock"))
        .args(["join", &stage.server.livekit_url(), "--board", "simulated", "--token-file"])
        .arg(&token)
        .env("XDG_STATE_HOME", home.path())
        .env("XDG_RUNTIME_DIR", home.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    guest.meets_the_room().await;
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let first = lines.next_line().await.unwrap().unwrap();
    assert!(first.starts_with("room window: http://127.0.0.1:"), "{first}");
    // The meeting ends, and with it the room.
    assert!(stage.server.remove_participant(&stage.livekit_room(), "room"));
    let status = tokio::time::timeout(SOON, process.wait()).await.unwrap().unwrap();
    assert!(!status.success(), "being removed is not a success");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_daemon_is_told_to_join_and_to_leave() {
    let _alone = alone().await;
    let stage = stage().await.unwrap();
    let room = Room::start(&stage.meeting, &stage.meeting, "fr").await.unwrap();
    let say = |arguments: &[&str]| {
        let mut command = huisclos();
        command.arg("--socket").arg(room.control_socket()).args(arguments);
        async move { command.output().await.unwrap() }
    };
    let told = say(&["join", "http://example.org/abc-defg-hij"]).await;
    assert!(!told.status.success());
    assert!(String::from_utf8_lossy(&told.stderr).contains("https"), "{told:?}");
    // On standard input nobody else reads a link's key.
    let mut joining = huisclos();
    joining.arg("--socket").arg(room.control_socket()).args(["join", "-"]).stdin(Stdio::piped());
    let mut joining = joining.spawn().unwrap();
    let line = format!("{}\n", stage.meeting);
    joining.stdin.take().unwrap().write_all(line.as_bytes()).await.unwrap();
    assert!(joining.wait().await.unwrap().success());
    at(&room, "in-call").await;
    let status = say(&["status"]).await;
    assert_eq!(String::from_utf8_lossy(&status.stdout).trim(), "Salle Turing: in-call");
    // A microphone loses sound: IT can see it, and nobody else need do anything.
    room.turn("microphone", "xrun", true).await.unwrap();
    let started = std::time::Instant::now();
    let health = loop {
        let told = say(&["status", "--json"]).await;
        let health: serde_json::Value = serde_json::from_slice(&told.stdout).unwrap();
        if health["media"]["microphone_xruns"] == 1 {
            break health;
        }
        assert!(started.elapsed() < SOON, "{health}");
    };
    assert_eq!([&health["screen"], &health["microphones"][0]["state"]], ["in-call", "ready"]);
    assert_eq!(health["media"]["lost_threads"], 0);
    assert!(say(&["leave"]).await.status.success());
    at(&room, "home").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_panel_does_the_command_line_does_and_what_is_refused_says_why() {
    let _alone = alone().await;
    let stage = stage().await.unwrap();
    let room = Room::start(&stage.meeting, &stage.meeting, "en").await.unwrap();
    let say = |command: &str| {
        let mut process = huisclos();
        process.arg("--socket").arg(room.control_socket()).args(command.split(' '));
        async move {
            let output = process.output().await.unwrap();
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            (output.status.success(), text(&output.stdout), text(&output.stderr))
        }
    };
    let (done, _, why) = say("mute").await;
    assert!(!done && why.contains("The room is not in a meeting."), "{why}");
    let (done, agenda, _) = say("agenda").await;
    assert!(done && agenda.lines().count() == 3 && agenda.contains("Budget review  (no link)"), "{agenda}");
    let (done, _, why) = say("agenda --join 4").await;
    assert!(!done && why.contains("no meeting 4"), "{why}");
    assert!(say("agenda --join 1").await.0);
    at(&room, "in-call").await;

    for command in ["mute", "camera off", "hand up", "layout grid", "volume 30", "language de"] {
        let (done, _, why) = say(command).await;
        assert!(done, "{command}: {why}");
    }
    room.wait("closed switches", SOON, |s| s.microphone == "off" && s.camera == "off").await.unwrap();
    let state: serde_json::Value = serde_json::from_str(&say("state").await.1).unwrap();
    assert_eq!([&state["language"], &state["call"]["layout"]], ["de", "grid"]);
    assert_eq!((&state["volume_percent"], &state["call"]["hand_raised"]), (&30.into(), &true.into()));
    for command in ["unmute", "camera on", "hand down"] {
        assert!(say(command).await.0, "{command}");
    }
    room.wait("open switches", SOON, |s| s.microphone == "on" && s.camera == "on").await.unwrap();

    for (command, because) in [
        ("share on", "Laptop"),
        ("volume 101", "101"),
        ("layout mosaic", "mosaic"),
        ("screenshot display x.png", "meeting"),
    ] {
        let (done, said, why) = say(command).await;
        assert!(!done && said.is_empty() && why.contains(because), "{command}: {why}");
    }
    let mut events =
        huisclos().arg("--socket").arg(room.control_socket()).arg("events").stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(events.stdout.take().unwrap()).lines();
    assert!(lines.next_line().await.unwrap().unwrap().starts_with("state {"));
    assert!(say("leave").await.0);
    loop {
        let line = lines.next_line().await.unwrap().unwrap();
        let (name, change) = line.split_once(' ').unwrap();
        let change: serde_json::Value = serde_json::from_str(change).unwrap();
        assert_eq!(name, "change");
        if change["screen"] == "home" {
            break;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_checks_the_sound_and_says_in_words_what_to_do() {
    let _alone = alone().await;
    let stage = stage().await.unwrap();
    let board = "id = 'echo'\nname = 'Echo'\n[camera]\nkind = 'none'\n[[microphone]]\nkind = 'simulated'\n\
                 [[microphone]]\nkind = 'simulated'\n[loudspeaker]\nkind = 'simulated'\n\
                 [acoustics]\necho = true\ndelay_ms = 80\nloss_db = 10\nreverberation_ms = 300\nnoise_dbfs = -62\n";
    let options = Options { board: board.into(), language: "en".into(), ..Options::default() };
    let room = Room::start_with(&stage.meeting, &options).await.unwrap();
    let doctor = |arguments: &[&str]| {
        let mut command = huisclos();
        command.arg("--socket").arg(room.control_socket()).args(["doctor", "audio"]).args(arguments);
        async move {
            let output = command.output().await.unwrap();
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            (output.status.code(), text(&output.stdout), text(&output.stderr))
        }
    };
    for microphone in ["microphone", "microphone-2"] {
        room.turn(microphone, "silence", true).await.unwrap();
    }
    let (code, said, _) = doctor(&[]).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("The sound works") && said.contains("[2]") && said.contains("echo return loss"), "{said}");
    keep_panel(&room, "audio-check").await;

    room.turn("microphone-2", "mute", true).await.unwrap();
    let (code, said, _) = doctor(&["--json"]).await;
    assert_eq!(code, Some(4), "{said}");
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    let near = |name: &str, wanted: f64, by: f64| {
        let measured = said["microphones"][0][name].as_f64().unwrap();
        assert!((measured - wanted).abs() < by, "{name}: {measured}");
    };
    // The simulated devices run in real time: on a busy machine one of them may be a block of 10 ms behind.
    near("delay_ms", 85.0, 6.0);
    near("echo_return_loss_db", 10.0, 1.5);
    near("noise_dbfs", -62.0, 2.0);
    let finding = &said["microphones"][1]["findings"][0];
    assert_eq!(finding["finding"], "MicrophoneSilent");
    assert!(finding["advice"].as_str().unwrap().contains("mute button"), "{finding}");

    room.find_and_touch("home").await.unwrap();
    room.find_and_touch("join").await.unwrap();
    at(&room, "in-call").await;
    let (code, _, refused) = doctor(&[]).await;
    assert_eq!(code, Some(1));
    assert!(refused.contains("in a meeting"), "{refused}");
}
