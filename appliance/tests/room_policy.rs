//! A daemon whose configuration names a policy: it obeys it, or joins nothing.

#[allow(dead_code)] // most of it is for the tests of the API
mod support;

use std::path::Path;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use support::*;

const POLICY: &str = "[policy]\nname = \"town-hall\"\nversion = 3\n\
                      [[platforms]]\nhost = \"visio.example\"\nkind = \"visio\"\nencryption = \"required\"\n\
                      [roles]\nroom_user = [\"join\"]\nit = [\"join\", \"start\"]\n";

/// Signs the policy into this folder, and names it in a configuration.
fn configured(folder: &Path) -> String {
    let signer = minisign::KeyPair::generate_unencrypted_keypair().unwrap();
    let signature = minisign::sign(Some(&signer.pk), &signer.sk, POLICY.as_bytes(), None, None).unwrap();
    let file = folder.join("policy.toml");
    std::fs::write(&file, POLICY).unwrap();
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
