//! The room control API of a daemon with simulated devices.

mod support;

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use support::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_wish_is_answered_with_the_state_it_led_to_or_with_the_reason_why_not() {
    let room = room("").await;
    let state = room.state().await;
    assert_eq!([&state["room"], &state["screen"], &state["language"]], ["Turing", "home", "en"]);
    assert_eq!((&state["devices"]["camera"], &state["call"]), (&json!("ready"), &Value::Null));

    let (status, state) = room.ask(Method::PUT, "/v1/volume", json!({ "percent": 40 })).await;
    assert_eq!((status, &state["volume_percent"]), (StatusCode::OK, &json!(40)));
    let (_, state) = room.ask(Method::PUT, "/v1/volume", json!({ "percent": 41.0 })).await;
    assert_eq!(state["volume_percent"], 41, "a whole number, however it is written");
    let (status, _) = room.ask(Method::POST, "/v1/leave", Value::Null).await;
    assert_eq!(status, StatusCode::OK, "it is in no meeting: done already");
    let (status, _) = room.ask(Method::PUT, "/v1/layout", json!({ "layout": "grid" })).await;
    assert_eq!(status, StatusCode::OK, "kept for later meetings");

    for (method, path, body, reason, status) in [
        (Method::PUT, "/v1/microphone", json!({ "on": false }), "in-no-meeting", 409),
        (Method::PUT, "/v1/camera", json!({ "on": true }), "in-no-meeting", 409),
        (Method::PUT, "/v1/share", json!({ "on": true }), "in-no-meeting", 409),
        (Method::PUT, "/v1/hand", json!({ "raised": true }), "in-no-meeting", 409),
        (Method::POST, "/v1/join", json!({ "destination": "http://visio.example/abc-defg-hij" }), "not-encrypted", 422),
        (Method::POST, "/v1/join", json!({ "destination": "" }), "not-a-destination", 422),
        (Method::POST, "/v1/join", json!({ "destination": "abc-defg-hij" }), "no-instance", 422),
        (Method::POST, "/v1/join", json!({ "destination": "wss://livekit.example" }), "token-missing", 422),
        (Method::POST, "/v1/join", json!({ "destination": "ws://x.example", "token": "t" }), "not-encrypted", 422),
        (Method::POST, "/v1/agenda/0123456789abcdef/join", Value::Null, "no-such-meeting", 404),
        (Method::POST, "/v1/camera/presets/1/recall", Value::Null, "no-such-preset", 404),
        (Method::PUT, "/v1/camera/presets/5", Value::Null, "no-such-preset", 404),
        (Method::PUT, "/v1/camera/presets/first", Value::Null, "no-such-preset", 404),
        (Method::POST, "/v1/meetings", Value::Null, "no-platform", 409),
        // Nothing on this machine does it.
        (Method::POST, "/v1/power", json!({ "act": "restart" }), "no-power-service", 409),
        (Method::POST, "/v1/power", json!({ "act": "off", "force": true }), "no-power-service", 409),
    ] {
        let (found, problem) = room.ask(method, path, body.clone()).await;
        assert_eq!((found.as_u16(), &problem["reason"]), (status, &json!(reason)), "{path} {body}: {problem}");
        assert_eq!(problem["status"], status);
        assert!(problem["detail"].as_str().unwrap().ends_with('.'), "{problem}");
    }
    // The meeting of the agenda that has no link.
    let id = room.state().await["agenda"][0]["id"].as_str().unwrap().to_owned();
    let (status, problem) = room.ask(Method::POST, &format!("/v1/agenda/{id}/join"), Value::Null).await;
    assert_eq!((status, &problem["reason"]), (StatusCode::CONFLICT, &json!("no-link")), "{problem}");

    // The room says it in its own language, and nothing of all this is on its panel.
    let (_, state) = room.ask(Method::PUT, "/v1/language", json!({ "language": "de" })).await;
    assert_eq!((&state["language"], &state["notice"]), (&json!("de"), &Value::Null));
    let (_, problem) = room.ask(Method::PUT, "/v1/hand", json!({ "raised": true })).await;
    assert!(problem["detail"].as_str().unwrap().contains("Besprechung"), "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_is_on_the_panel_and_in_the_state() {
    let room = room("").await;
    let invitation = json!({ "destination": "https://visio.example/abc-defg-hij", "from": "Reception\u{202e}" });
    let (status, state) = room.ask(Method::POST, "/v1/invitations", invitation.clone()).await;
    assert_eq!(status, StatusCode::OK, "{state}");
    assert_eq!(state["invitation"], json!({ "from": "Reception", "meeting": "abc-defg-hij" }));
    for (body, reason, status) in [
        (invitation, "already-invited", 409),
        (json!({ "destination": "see you there!", "from": "Reception" }), "no-instance", 422),
        (json!({ "destination": "x", "from": "R".repeat(201) }), "invalid", 422),
    ] {
        let (found, problem) = room.ask(Method::POST, "/v1/invitations", body).await;
        assert_eq!((found.as_u16(), &problem["reason"]), (status, &json!(reason)), "{problem}");
    }
    let (_, state) = room.ask(Method::PUT, "/v1/volume", json!({ "percent": 40 })).await;
    assert_eq!((&state["invitation"]["from"], &state["invitation_answer"]), (&json!("Reception"), &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_a_problem_and_changes_nothing() {
    let room = room("").await;
    let before = room.state().await;
    let json_type = "application/json";
    let long = format!("{{\"destination\": \"https://visio.example/{}\"}}", "a".repeat(2048));
    let larger = format!("{{\"destination\": \"{}\"}}", "a".repeat(300_000));
    let deep = "[".repeat(10_000);
    for (method, path, kind, body, status, reason) in [
        ("PUT", "/v1/volume", json_type, r#"{"percent": 101}"#, 422, "invalid"),
        ("PUT", "/v1/volume", json_type, r#"{"percent": -1}"#, 422, "invalid"),
        ("PUT", "/v1/volume", json_type, r#"{"percent": 40.5}"#, 422, "invalid"),
        ("PUT", "/v1/volume", json_type, r#"{"percent": "40"}"#, 422, "invalid"),
        ("PUT", "/v1/volume", json_type, r#"{"percent": 40, "fade": true}"#, 422, "invalid"),
        ("PUT", "/v1/volume", json_type, r#"{"percent": 40, "percent": 50}"#, 422, "invalid"),
        ("PUT", "/v1/volume", json_type, "{}", 422, "invalid"),
        ("PUT", "/v1/volume", json_type, "{\"percent\": 40", 400, "malformed"),
        ("PUT", "/v1/volume", json_type, "", 400, "malformed"),
        ("PUT", "/v1/volume", json_type, deep.as_str(), 422, "invalid"),
        ("PUT", "/v1/volume", "text/plain", r#"{"percent": 40}"#, 415, "no-json"),
        ("PUT", "/v1/layout", json_type, r#"{"layout": "mosaic"}"#, 422, "invalid"),
        ("PUT", "/v1/language", json_type, r#"{"language": "it"}"#, 422, "invalid"),
        ("POST", "/v1/join", json_type, r#"{"destination": 7}"#, 422, "invalid"),
        ("POST", "/v1/join", json_type, long.as_str(), 422, "invalid"),
        ("POST", "/v1/join", json_type, larger.as_str(), 413, "too-large"),
        ("GET", "/v1/screenshots/keyboard", json_type, "", 404, "no-such-screen"),
        ("GET", "/v1/screenshots/second-display", json_type, "", 404, "no-such-screen"),
        ("GET", "/v2/state", json_type, "", 404, "not-found"),
        ("DELETE", "/v1/state", json_type, "", 405, "method-not-allowed"),
    ] {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let request = room.request(method.clone(), path).header("content-type", kind).body(body.to_owned());
        let answer = request.send().await.unwrap();
        let told = format!("{method} {path} {:.60}", body);
        assert_eq!(answer.status(), status, "{told}");
        assert_eq!(answer.headers()["content-type"], "application/problem+json", "{told}");
        assert_eq!(answer.headers().contains_key("allow"), status == 405, "{told}");
        let problem: Value = answer.json().await.unwrap();
        assert_eq!(problem["reason"], reason, "{told}: {problem}");
    }
    assert_eq!(room.state().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_the_web_get_nothing() {
    let room = room("").await;
    for origin in ["https://evil.example", "null"] {
        let answer = room.request(Method::POST, "/v1/leave").header("origin", origin).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::FORBIDDEN);
        assert_eq!(answer.json::<Value>().await.unwrap()["reason"], "web-page");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_follows_is_told_the_state_and_every_change_as_it_happens() {
    let room = room("").await;
    let mut events = room.follow(None).await;
    let first = events.next().await;
    assert_eq!(first.name, "state");
    assert_eq!(first.data, room.state().await);

    room.ask(Method::PUT, "/v1/volume", json!({ "percent": 33 })).await;
    let change = events.next().await;
    assert_eq!((change.name.as_str(), &change.data), ("change", &json!({ "volume_percent": 33 })));
    assert_ne!(change.id, first.id);
    // A wish that is refused changes nothing, and one that changes nothing is no event.
    room.ask(Method::PUT, "/v1/hand", json!({ "raised": true })).await;
    room.ask(Method::PUT, "/v1/volume", json!({ "percent": 33 })).await;
    room.daemon.shared.turn("camera", "unplug", true);
    loop {
        let change = events.next().await;
        assert_eq!(change.data.as_object().unwrap().keys().collect::<Vec<_>>(), ["devices"], "{}", change.data);
        if change.data["devices"] == json!({ "camera": "missing" }) {
            break;
        }
    }

    let mut back = room.follow(Some(&first.id)).await;
    assert_eq!(back.next().await.name, "missed");
    let state = back.next().await;
    assert_eq!((state.name.as_str(), &state.data["volume_percent"]), ("state", &json!(33)));
}

#[tokio::test(flavor = "multi_thread")]
async fn screenshots_are_pictures_of_the_screens_as_they_are() {
    let room = room("").await;
    for (screen, size) in [("panel", (1280, 800)), ("display", (1920, 1080))] {
        let answer = room.request(Method::GET, &format!("/v1/screenshots/{screen}")).send().await.unwrap();
        assert_eq!(
            (answer.status(), &answer.headers()["content-type"]),
            (StatusCode::OK, &"image/png".parse().unwrap())
        );
        let bytes = answer.bytes().await.unwrap();
        let reader = png::Decoder::new(std::io::Cursor::new(&bytes)).read_info().unwrap();
        assert_eq!((reader.info().width, reader.info().height), size, "{screen}");
    }
    let panel = room.request(Method::GET, "/v1/screenshots/panel").send().await.unwrap().bytes().await.unwrap();
    let mut reader = png::Decoder::new(std::io::Cursor::new(&panel)).read_info().unwrap();
    let mut shown = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut shown).unwrap();
    assert!(shown == *room.daemon.shared.panel.borrow().rgba.as_slice(), "another picture than the panel's");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audio_check_is_started_followed_and_not_started_twice() {
    let room = room("").await;
    let (status, begun) = room.ask(Method::POST, "/v1/audio-check", Value::Null).await;
    assert_eq!((status, &begun["is_running"]), (StatusCode::OK, &json!(true)), "{begun}");
    assert_eq!(begun["check"]["number"], 1);
    let (status, problem) = room.ask(Method::POST, "/v1/audio-check", Value::Null).await;
    assert_eq!((status, &problem["reason"]), (StatusCode::CONFLICT, &json!("already-checking")));
    let mut events = room.follow(None).await;
    assert_eq!(events.next().await.data["screen"], "audio-check");
    room.ask(Method::POST, "/v1/leave", Value::Null).await;
    assert_eq!(events.next().await.data["screen"], "home", "leaving ends it");
    let health = room.get("/v1/health").await;
    assert_eq!((&health["screen"], &health["microphones"][0]["state"]), (&json!("home"), &json!("ready")));
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tls_only_who_has_a_certificate_of_the_authority_gets_anything() {
    let ours = Authority::new();
    let others = Authority::new();
    let files = tempfile::tempdir().unwrap();
    let server = ours.certificate("room.example");
    let config = tls_config(files.path(), &ours, &server);
    let room = room(&config).await;
    let address = room.daemon.api.unwrap();
    // Who says nothing holds nobody up.
    let _silent = tokio::net::TcpStream::connect(address).await.unwrap();
    let client = |identity: Option<&Certificate>| https(&ours, identity, address);

    let state = client(Some(&ours.certificate("panel"))).get("https://room.example/v1/state").send().await.unwrap();
    assert_eq!(state.json::<Value>().await.unwrap()["room"], "Turing");
    for (who, identity) in [("nobody", None), ("a stranger", Some(others.certificate("panel")))] {
        let refused = client(identity.as_ref()).get("https://room.example/v1/state").send().await;
        assert!(refused.is_err(), "{who} was answered: {refused:?}");
    }
    // Nor is anything said in clear.
    let plain = format!("http://{address}/v1/state");
    assert!(reqwest::Client::builder().no_proxy().build().unwrap().get(plain).send().await.is_err());

    // Renewed without a restart: who was let in by the old authority no longer is.
    tls_config(files.path(), &others, &others.certificate("room.example"));
    let renewed = https(&others, Some(&others.certificate("panel")), address);
    let started = std::time::Instant::now();
    while renewed.get("https://room.example/v1/state").send().await.is_err() {
        assert!(started.elapsed() < Duration::from_secs(10), "the certificates were not renewed");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let old = https(&others, Some(&ours.certificate("panel")), address);
    assert!(old.get("https://room.example/v1/state").send().await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_does_not_belong_to_the_certificate_is_an_error_at_the_start() {
    let ours = Authority::new();
    let files = tempfile::tempdir().unwrap();
    let config = tls_config(files.path(), &ours, &ours.certificate("room.example"));
    std::fs::write(files.path().join("key.pem"), ours.certificate("room.example").key).unwrap();
    let error = start(&config).await.err().expect("the daemon started");
    assert!(format!("{error:#}").contains("do not go together"), "{error:#}");
}
