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
    assert_eq!(client.get(state.clone()).send().await.unwrap().status(), 200);
}
