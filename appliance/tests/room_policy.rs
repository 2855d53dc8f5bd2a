//! A daemon whose configuration names a policy: it obeys it, or joins nothing.

#[allow(dead_code)] // most of it is for the tests of the API
mod support;

use std::io::ErrorKind;
use std::net::TcpListener;
use std::path::Path;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use support::*;

const POLICY: &str = "[policy]\nname = \"town-hall\"\nversion = 3\n\
                      [[platforms]]\nhost = \"visio.example\"\nkind = \"visio\"\nencryption = \"required\"\n\
                      [roles]\nroom_user = [\"join\"]\nit = [\"join\", \"start\"]\n";

/// As [`configured_with`], with [`POLICY`].
fn configured(folder: &Path) -> String {
    configured_with(folder, POLICY)
}

/// Signs the policy into this folder, and names it in a configuration.
fn configured_with(folder: &Path, policy: &str) -> String {
    let signer = minisign::KeyPair::generate_unencrypted_keypair().unwrap();
    let signature = minisign::sign(Some(&signer.pk), &signer.sk, policy.as_bytes(), None, None).unwrap();
    let file = folder.join("policy.toml");
    std::fs::write(&file, policy).unwrap();
    std::fs::write(folder.join("policy.toml.minisig"), signature.into_string()).unwrap();
    let key = signer.pk.to_base64();
    format!(
        "[meetings]\ninstance = \"https://visio.example/\"\n[policy]\nfile = \"{}\"\nkeys = ['{key}']",
        file.display()
    )
}

async fn refused(room: &Room, path: &str, body: Value) -> (String, String) {
    let (status, problem) = room.ask(Method::POST, path, body).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "{problem}");
    assert_eq!(room.state().await["screen"], "home", "nothing is dialled");
    let text = |key: &str| problem[key].as_str().unwrap().to_owned();
    (text("reason"), text("detail"))
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_for_what_the_policy_forbids_is_told_why_and_nothing_is_dialled() {
    let folder = tempfile::tempdir().unwrap();
    let room = room(&configured(folder.path())).await;
    let join = |destination: &str| json!({ "destination": destination });
    let (reason, detail) = refused(&room, "/v1/join", join("https://meet.elsewhere.example/abc-defg-hij")).await;
    assert_eq!(reason, "policy-host");
    assert!(detail.contains("meet.elsewhere.example"), "{detail}");
    for destination in ["https://visio.example/abc-defg-hij", "abc-defg-hij"] {
        assert_eq!(refused(&room, "/v1/join", join(destination)).await.0, "policy-not-end-to-end");
    }
    let livekit = json!({ "destination": "wss://livekit.example", "token": "token" });
    assert_eq!(refused(&room, "/v1/join", livekit).await.0, "policy-host");
    assert_eq!(refused(&room, "/v1/meetings", Value::Null).await.0, "policy-not-end-to-end");
    let invitation = json!({ "destination": "https://meet.elsewhere.example/one", "from": "Reception" });
    assert_eq!(refused(&room, "/v1/invitations", invitation).await.0, "policy-host");
    assert_eq!(room.state().await["invitation"], Value::Null);
    // Of the role of those who speak to the control socket.
    let (status, problem) = room.ask(Method::GET, "/v1/screenshots/panel", Value::Null).await;
    assert_eq!((status, &problem["reason"]), (StatusCode::FORBIDDEN, &json!("policy-role")), "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_whose_policy_was_tampered_with_works_and_joins_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let configuration = configured(folder.path());
    let changed = POLICY.replace("required", "preferred");
    std::fs::write(folder.path().join("policy.toml"), changed).unwrap();
    let room = room(&configuration).await;
    let (status, state) = room.ask(Method::PUT, "/v1/volume", json!({ "percent": 40 })).await;
    assert_eq!((status, &state["volume_percent"]), (StatusCode::OK, &json!(40)));
    for destination in ["https://visio.example/abc-defg-hij", "https://meet.elsewhere.example/abc-defg-hij"] {
        let (reason, detail) = refused(&room, "/v1/join", json!({ "destination": destination })).await;
        assert_eq!(reason, "policy-unreadable");
        assert!(detail.contains("IT"), "{detail}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_without_a_policy_joins_whatever_it_understands() {
    let room = room("").await;
    let body = json!({ "destination": "https://meet.elsewhere.invalid/abc-defg-hij" });
    let (status, state) = room.ask(Method::POST, "/v1/join", body).await;
    assert_eq!(status, StatusCode::OK, "{state}");
}

/// Somebody at the panel taps this target, if it is there.
async fn tap(room: &Room, target: &str) {
    let window = format!("http://{}", room.daemon.window.unwrap());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let state: Value = client.get(format!("{window}/state")).send().await.unwrap().json().await.unwrap();
    let targets = state["targets"].as_array().unwrap();
    let Some(found) = targets.iter().find(|one| one["name"] == target) else { return };
    let middle = |from: &str, length: &str| found[from].as_i64().unwrap() + found[length].as_i64().unwrap() / 2;
    let (x, y) = (middle("x", "width"), middle("y", "height"));
    for kind in ["down", "up"] {
        let touch = json!({ "kind": kind, "x": x, "y": y });
        let answer = client.post(format!("{window}/touch")).json(&touch).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    }
}

/// What the room's records say somebody accepted, once there is a record of a meeting.
async fn accepted_in_evidence(room: &Room) -> Value {
    loop {
        let folder = std::fs::read_dir(room.state_directory().join("evidence")).unwrap();
        let files = folder.map(|entry| entry.unwrap().path());
        let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "evidence"));
        let lines: String = files.map(|path| std::fs::read_to_string(path).unwrap()).collect();
        let records = lines.lines().map(|line| serde_json::from_str::<Value>(&line[129..]).unwrap());
        let mut meetings = records.map(|record| record["event"]["opened"].clone()).filter(|meeting| !meeting.is_null());
        if let Some(meeting) = meetings.next() {
            return meeting["accepted"].clone();
        }
        room.state().await; // it is being written
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_reaches_a_gateway_abroad_before_somebody_at_the_panel_has_accepted_it() {
    let gateway = TcpListener::bind("127.0.0.1:0").unwrap();
    gateway.set_nonblocking(true).unwrap();
    let port = gateway.local_addr().unwrap().port();
    let policy = "[policy]\nname = \"town-hall\"\nversion = 3\n\
                  [roles]\nroom_user = [\"join\", \"accept-transition\"]\nit = [\"join\"]\n\
                  [[transitions]]\nname = \"abroad\"\nhost = \"127.0.0.1\"\nkind = \"visio\"\nencryption = \"off\"\n\
                  until = \"2099-12-31\"\ncrosses = [\"signalling\"]\naddresses = [\"127.0.0.1\"]\n\
                  sentence = { fr = \"Oui ?\", en = \"Yes?\", de = \"Ja?\" }\n";
    let folder = tempfile::tempdir().unwrap();
    let window = "[window]\nlisten = \"127.0.0.1:0\"\n";
    let room = room(&format!("{window}{}", configured_with(folder.path(), policy))).await;
    let join = json!({ "destination": format!("https://127.0.0.1:{port}/abc-defg-hij") });
    let asked = async || {
        let (status, state) = room.ask(Method::POST, "/v1/join", join.clone()).await;
        assert_eq!(
            (status, &state["screen"], &state["meeting"]),
            (StatusCode::OK, &json!("acceptance"), &json!("abc-defg-hij"))
        );
    };

    asked().await;
    let (status, problem) = room.ask(Method::POST, "/v1/join", join.clone()).await;
    assert_eq!((status, &problem["reason"]), (StatusCode::CONFLICT, &json!("already-asking")));
    tap(&room, "do-not-join").await;
    while room.state().await["screen"] == "acceptance" {}
    assert_eq!(room.state().await["screen"], "home");

    asked().await;
    let nobody = gateway.accept().expect_err("dialled before anybody has accepted it");
    assert_eq!(nobody.kind(), ErrorKind::WouldBlock);
    while room.state().await["screen"] == "acceptance" {
        // The first touches come before anybody can have read it.
        tap(&room, "accept-and-join").await;
    }
    while gateway.accept().is_err() {
        assert_ne!(room.state().await["screen"], "home", "on the way, or it says why not");
    }
    assert_eq!(accepted_in_evidence(&room).await, json!({ "transition": "abroad", "language": "en" }));
}
