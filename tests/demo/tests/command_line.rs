//! `huisclos`, as a technician types it.

mod support;

use std::path::PathBuf;
use std::process::Stdio;

use demo::room::Room;
use demo::stage;
use support::*;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

fn huisclos() -> Command {
    let here = std::env::current_exe().unwrap();
    let path: PathBuf = here.parent().unwrap().join("../huisclos");
    assert!(path.exists(), "huisclos is not built: cargo build --bin huisclos");
    let mut command = Command::new(path);
    command.kill_on_drop(true).stdin(Stdio::null()).env_remove("HUISCLOS_TOKEN");
    command
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
    assert!(say(&["join", stage.meeting.as_str()]).await.status.success());
    at(&room, "in-call").await;
    let status = say(&["status"]).await;
    assert_eq!(String::from_utf8_lossy(&status.stdout).trim(), "Salle Turing: in-call");
    assert!(say(&["leave"]).await.status.success());
    at(&room, "home").await;
}
