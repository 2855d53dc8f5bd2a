//! The room window in a browser.

mod support;

use demo::room::Room;
use demo::stage;
use support::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_person_at_the_room_window_sees_touches_and_pulls_the_camera_out() {
    let _alone = alone().await;
    let stage = stage().await.unwrap();
    let room = Room::start(&stage.meeting, &stage.meeting, "fr").await.unwrap();
    let guest = Python::join(&stage, "ada").await;
    let folder = root().join(".huisclos/tests");
    std::fs::create_dir_all(&folder).unwrap();
    let status = tokio::process::Command::new("node")
        .arg(root().join("tests/interop/window.mjs"))
        .arg(room.window().as_str())
        .arg(folder.join("window.png"))
        .kill_on_drop(true)
        .status()
        .await
        .expect("node starts");
    assert!(status.success());
    guest.until("being alone again", SOON, |s| s.alone).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_room_window_answers_only_this_machine() {
    let _alone = alone().await;
    let stage = stage().await.unwrap();
    let room = Room::start(&stage.meeting, &stage.meeting, "fr").await.unwrap();
    let client = reqwest::Client::new();
    let state = room.window().join("state").unwrap();
    let ask = |name: &'static str, value: &'static str| client.get(state.clone()).header(name, value).send();
    assert_eq!(ask("host", "evil.example").await.unwrap().status(), 403);
    assert_eq!(ask("origin", "https://evil.example").await.unwrap().status(), 403);
    let answer = client.get(state.clone()).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["cross-origin-resource-policy"], "same-origin");
    let touch = serde_json::json!({ "kind": "down", "x": 1, "y": 1 });
    let knob = serde_json::json!({ "device": "camera", "knob": "unplug", "on": true });
    for (path, body) in [("touch", &touch), ("knob", &knob)] {
        let post = || client.post(room.window().join(path).unwrap()).json(body);
        for (name, value) in [("host", "evil.example"), ("origin", "https://evil.example"), ("origin", "null")] {
            assert_eq!(post().header(name, value).send().await.unwrap().status(), 403, "{path} {name} {value}");
        }
    }
    // The knob was not turned.
    let turned = |s: &serde_json::Value| s["devices"].to_string().contains("\"on\":true");
    assert!(!turned(&client.get(state).send().await.unwrap().json().await.unwrap()));
}
