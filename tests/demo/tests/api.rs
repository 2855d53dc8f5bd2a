//! The room control API, in a meeting and in other people's hands.

mod support;

use std::path::Path;
use std::process::Stdio;

use demo::room::{Options, Room, picture};
use demo::{Stage, stage};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use support::*;
use tokio::process::Command;

struct Api(Client);

impl Api {
    fn of(room: &Room) -> Api {
        Api(Client::builder().unix_socket(room.control_socket().as_path()).timeout(SOON).build().unwrap())
    }

    async fn ask(&self, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
        let request = self.0.request(method, format!("http://room{path}"));
        let request = if body.is_null() { request } else { request.json(&body) };
        let answer = request.send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    }

    async fn wish(&self, method: Method, path: &str, body: Value) -> Value {
        let (status, state) = self.ask(method, path, body).await;
        assert_eq!(status, StatusCode::OK, "{path}: {state}");
        state
    }

    async fn state(&self) -> Value {
        self.wish(Method::GET, "/v1/state", Value::Null).await
    }

    async fn until(&self, what: &str, holds: impl Fn(&Value) -> bool) {
        let started = std::time::Instant::now();
        loop {
            let state = self.state().await;
            if holds(&state) {
                return;
            }
            assert!(started.elapsed() < SOON, "waited for {what}: {state}");
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }

    async fn screenshot(&self, screen: &str) -> (StatusCode, Vec<u8>) {
        let answer = self.0.get(format!("http://room/v1/screenshots/{screen}")).send().await.unwrap();
        (answer.status(), answer.bytes().await.unwrap().to_vec())
    }

    async fn join(&self) {
        let id = self.state().await["agenda"][0]["id"].as_str().unwrap().to_owned();
        let state = self.wish(Method::POST, &format!("/v1/agenda/{id}/join"), Value::Null).await;
        assert_eq!([&state["screen"], &state["meeting"]], ["joining", "Weekly meeting"]);
        self.until("the meeting", |s| s["screen"] == "in-call").await;
    }
}

async fn room_with(stage: &Stage, api: Option<toml::Table>) -> Room {
    Room::start_with(&stage.meeting, &Options { api, ..Options::default() }).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_through_the_api_happens_in_the_meeting() {
    let _alone = alone().await;
    let stage = stage().await.unwrap();
    let room = room_with(&stage, None).await;
    let api = Api::of(&room);
    let guest = Python::join(&stage, "ada").await;
    api.join().await;
    guest.meets_the_room().await;
    api.until("open microphones and camera", |s| s["call"]["microphone"] == "on" && s["call"]["camera"] == "on").await;
    assert_eq!(api.state().await["call"]["others"], 1);

    api.wish(Method::PUT, "/v1/microphone", json!({ "on": false })).await;
    api.wish(Method::PUT, "/v1/camera", json!({ "on": false })).await;
    api.until("closed ones", |s| s["call"]["microphone"] == "off" && s["call"]["camera"] == "off").await;
    api.wish(Method::PUT, "/v1/hand", json!({ "raised": true })).await;
    api.until("a raised hand", |s| s["call"]["hand_raised"] == true).await;
    let state = api.wish(Method::PUT, "/v1/layout", json!({ "layout": "grid" })).await;
    assert_eq!(state["call"]["layout"], "grid");
    for (path, member) in [("/v1/captions", "captions"), ("/v1/self-view", "self_view")] {
        for on in [true, false] {
            assert_eq!(api.wish(Method::PUT, path, json!({ "on": on })).await["call"][member], on);
        }
    }
    let (table, whole) = (json!({ "pan": 300, "tilt": -100, "zoom": 500 }), json!({ "pan": 0, "tilt": 0, "zoom": 0 }));
    let state = api.wish(Method::PUT, "/v1/camera/pose", table.clone()).await;
    assert_eq!(state["call"]["camera_view"], json!({ "pose": table, "presets": [] }));
    let state = api.wish(Method::PUT, "/v1/camera/presets/2", Value::Null).await;
    assert_eq!(state["call"]["camera_view"]["presets"], json!([2]));
    api.wish(Method::PUT, "/v1/camera/pose", whole).await;
    let state = api.wish(Method::POST, "/v1/camera/presets/2/recall", Value::Null).await;
    assert_eq!(state["call"]["camera_view"]["pose"], table);
    room.turn("content", "plug", true).await.unwrap();
    api.until("a laptop", |s| s["devices"]["content"] == "ready").await;
    api.wish(Method::PUT, "/v1/share", json!({ "on": true })).await;
    api.until("a share", |s| s["call"]["share"] == "on").await;
    assert_eq!(api.state().await["call"]["layout"], "content-with-speaker");

    let (status, problem) = api.ask(Method::POST, "/v1/join", json!({ "destination": stage.meeting })).await;
    assert_eq!((status, &problem["reason"]), (StatusCode::CONFLICT, &json!("already-in-call")));
    let (status, problem) = api.ask(Method::POST, "/v1/audio-check", Value::Null).await;
    assert_eq!((status, &problem["reason"]), (StatusCode::CONFLICT, &json!("already-in-call")));
    // Two rooms on one machine may hear each other, which is told; that somebody asked is not.
    let notice = api.state().await["notice"].clone();
    assert_ne!(notice, problem["detail"], "who asked is answered, not the people in the room");

    // What the meeting shows, and whom the panel names, stays in the room.
    for screen in ["panel", "display"] {
        let (status, problem) = api.screenshot(screen).await;
        let problem: Value = serde_json::from_slice(&problem).unwrap();
        assert_eq!((status, &problem["reason"]), (StatusCode::FORBIDDEN, &json!("shows-a-meeting")), "{screen}");
    }
    let told = api.state().await.to_string() + &api.ask(Method::GET, "/v1/health", Value::Null).await.1.to_string();
    assert!(!told.contains("Ada"), "{told}");

    let state = api.wish(Method::POST, "/v1/leave", Value::Null).await;
    assert_eq!([&state["screen"], &state["call"]], [&json!("home"), &Value::Null]);
    let left = std::time::Instant::now();
    while api.screenshot("display").await.0 != StatusCode::OK {
        assert!(left.elapsed() < SOON, "no picture of the display after the meeting");
    }
    guest.until("being alone again", SOON, |s| s.alone).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_may_let_pictures_of_meetings_out() {
    let _alone = alone().await;
    let stage = stage().await.unwrap();
    let room = room_with(&stage, Some(toml::toml! { meeting_screenshots = true })).await;
    let api = Api::of(&room);
    let _guest = Python::join(&stage, "ada").await;
    api.join().await;
    room_meets_the_guest(&room).await;
    let state = room.state().await.unwrap();
    let tile = state.tiles.iter().find(|tile| tile.who == "remote").unwrap();
    let (status, png) = api.screenshot("display").await;
    assert_eq!(status, StatusCode::OK);
    let shown = picture(&png).unwrap();
    let mark =
        sandbox::mark::read_rgba(&shown.rgba, shown.width, shown.height, (tile.x, tile.y, tile.width, tile.height));
    assert_eq!(mark, Some(GUEST_MARK));
    assert_eq!(api.screenshot("panel").await.0, StatusCode::OK);
}

/// Certificates for a server on loopback and a client, and the configuration that goes with them.
fn tls(folder: &Path, port: u16) -> toml::Table {
    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    // An issuer of the name of whom it vouches for would be taken for itself.
    params.distinguished_name.push(DnType::CommonName, "an authority");
    let key = KeyPair::generate().unwrap();
    std::fs::write(folder.join("ca.pem"), params.self_signed(&key).unwrap().pem()).unwrap();
    let issuer = Issuer::new(params, key);
    for (name, subject) in [("room", "127.0.0.1"), ("client", "panel")] {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![subject.to_owned()]).unwrap();
        params.use_authority_key_identifier_extension = true;
        let pem = params.signed_by(&key, &issuer).unwrap().pem();
        std::fs::write(folder.join(format!("{name}.pem")), pem).unwrap();
        std::fs::write(folder.join(format!("{name}-key.pem")), key.serialize_pem()).unwrap();
    }
    let path = |name: &str| folder.join(name).display().to_string();
    let listen = format!("127.0.0.1:{port}");
    let (certificate, key, client_ca) = (path("room.pem"), path("room-key.pem"), path("ca.pem"));
    toml::toml! {
        [tls]
        listen = listen
        certificate = certificate
        key = key
        client_ca = client_ca
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_schemathesis_sends_is_answered_as_the_description_says() {
    let _alone = alone().await;
    let stage = stage().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let room = room_with(&stage, Some(tls(folder.path(), port))).await;
    let program = root().join(".huisclos/python/bin/schemathesis");
    assert!(program.exists(), "schemathesis is not installed: sh tests/interop/setup.sh all");
    let url = format!("https://127.0.0.1:{port}");
    let file = |name: &str| folder.path().join(name);
    let output = Command::new(program)
        .arg("--config-file")
        .arg(root().join("tests/interop/schemathesis.toml"))
        .args(["run", &format!("{url}/openapi.json"), "--url", &url, "--no-color"])
        .arg("--request-cert")
        .arg(file("client.pem"))
        .arg("--request-cert-key")
        .arg(file("client-key.pem"))
        .arg("--tls-verify")
        .arg(file("ca.pem"))
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .expect("schemathesis starts");
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    println!("{said}");
    // It has tried everything but the stream, which never ends.
    let document: Value =
        serde_json::from_slice(&std::fs::read(root().join("docs/api/openapi.json")).unwrap()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let operations: usize = paths.values().map(|item| item.as_object().unwrap().len()).sum();
    assert!(said.contains(&format!("Tested: {}\n", operations - 1)), "{said}");
    // And the room is a room as before.
    let api = Api::of(&room);
    api.wish(Method::POST, "/v1/leave", Value::Null).await;
    api.wish(Method::PUT, "/v1/language", json!({ "language": "en" })).await;
    api.join().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_examples_of_the_guide_work_as_written() {
    let _alone = alone().await;
    let stage = stage().await.unwrap();
    let room = room_with(&stage, None).await;
    let _guest = Python::join(&stage, "ada").await;
    let guide = std::fs::read_to_string(root().join("docs/guides/integrators.md")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let here = std::env::current_exe().unwrap();
    let programs = here.parent().unwrap().parent().unwrap().display().to_string();
    let path = format!("{programs}:{}", std::env::var("PATH").unwrap());
    let socket = room.control_socket().display().to_string();
    let mut run = 0;
    for block in guide.split("```sh\n").skip(1) {
        let script = block.split("```").next().unwrap();
        let script = script.replace("/run/huisclos/control.sock", &socket);
        let script = script.replace("https://visio.example/abc-defg-hij", stage.meeting.as_str());
        let output = Command::new("sh")
            .args(["-e", "-c", &script])
            .current_dir(folder.path())
            .env("PATH", &path)
            .env("XDG_RUNTIME_DIR", folder.path())
            .kill_on_drop(true)
            .output()
            .await
            .unwrap();
        assert!(output.status.success(), "{script}\n{output:?}");
        run += 1;
    }
    assert!(run >= 4, "only {run} examples");
    assert!(picture(&std::fs::read(folder.path().join("panel.png")).unwrap()).is_ok());
}
