//! The settings behind the administrator code, and the facts for technicians, on a whole room.

mod support;

use std::process::Stdio;

use demo::room::{Options, Room};
use support::*;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use url::Url;

/// What `huisclos admin-code` makes of a code.
async fn hash_of(code: &str) -> String {
    let huisclos = std::env::current_exe().unwrap().parent().unwrap().join("../huisclos");
    let mut process = Command::new(huisclos)
        .args(["admin-code", "--stdin"])
        .kill_on_drop(true)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("huisclos is built: cargo build --bin huisclos");
    process.stdin.take().unwrap().write_all(format!("{code}\n").as_bytes()).await.unwrap();
    let output = process.wait_with_output().await.unwrap();
    assert!(output.status.success());
    let lines: toml::Table = String::from_utf8(output.stdout).unwrap().parse().unwrap();
    lines["panel"]["admin_code"].as_str().unwrap().to_owned()
}

async fn type_code(room: &Room, code: &str) {
    for digit in code.chars() {
        room.find_and_touch(&format!("key-{digit}")).await.unwrap();
    }
    room.find_and_touch("enter").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_set_behind_the_code_survives_a_restart_and_facts_need_none() {
    let _alone = alone().await;
    let folder = tempfile::tempdir().unwrap();
    let meeting = Url::parse("https://visio.example/abc-defg-hij").unwrap();
    let options = Options {
        admin_code: Some(hash_of("31415926").await),
        state: Some(folder.path().join("state")),
        ..Options::default()
    };
    let room = Room::start_with(&meeting, &options).await.unwrap();
    for code in ["31415927", "31415926"] {
        room.find_and_touch("about").await.unwrap();
        room.find_and_touch("settings").await.unwrap();
        type_code(&room, code).await;
        if code == "31415927" {
            // Keys come back when the code is checked; what was there before must not be touched.
            room.find_and_touch("close").await.unwrap();
        }
    }
    room.find_and_touch("start-de").await.unwrap();
    keep_panel(&room, "settings").await;
    room.find_and_touch("close").await.unwrap();
    room.find_and_touch("about").await.unwrap();
    room.wait("the page of facts", SOON, |s| s.targets.iter().any(|t| t.name == "settings")).await.unwrap();
    keep_panel(&room, "facts").await;
    // Closed is closed.
    room.touch("settings").await.unwrap();
    room.wait("the code to be asked for", SOON, |s| s.targets.iter().any(|t| t.name == "key-1")).await.unwrap();
    drop(room);

    let room = Room::start_with(&meeting, &options).await.unwrap();
    room.find_and_touch("code").await.unwrap();
    room.find_and_touch("key-dot").await.unwrap();
    room.find_and_touch("join-code").await.unwrap();
    let german = |s: &demo::room::State| s.notice.as_ref().is_some_and(|notice| notice.contains("Besprechungscode"));
    room.wait("a refusal in German", SOON, german).await.unwrap();
}
