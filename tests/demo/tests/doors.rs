//! Ways in that do not lead in, and those that take patience: each with its sentence on the panel.

mod support;

use std::process::Stdio;

use demo::room::Room;
use demo::{SLUG, stage};
use sandbox::visio::AccessLevel;
use support::*;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;
use url::Url;

async fn room_at(meeting: &Url) -> Room {
    let room = Room::start(meeting, meeting, "fr").await.unwrap();
    room.find_and_touch("join").await.unwrap();
    room
}

async fn fails_with(room: &Room, reason: &str) {
    let failed = |s: &demo::room::State| s.failure.as_deref().is_some_and(|f| f.starts_with(reason));
    room.wait(reason, std::time::Duration::from_secs(45), failed).await.unwrap();
    keep_panel(room, reason.split(' ').next().unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_that_is_not_there_is_told() {
    let _alone = alone().await;
    let stage = stage().await.unwrap();
    let room = room_at(&stage.meeting.join("abc-defg-hij").unwrap()).await;
    fails_with(&room, "RoomNotFound").await;
    room.touch("home").await.unwrap();
    at(&room, "home").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lobby_opens_when_a_host_says_so() {
    let _alone = alone().await;
    let stage = stage().await.unwrap();
    stage.server.platform().create_room(SLUG, AccessLevel::Restricted);
    let room = room_at(&stage.meeting).await;
    at(&room, "lobby").await;
    keep_panel(&room, "lobby").await;
    // Longer than the server remembers who does not ask.
    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    let waiting = stage.server.platform().waiting(SLUG);
    assert_eq!(waiting.len(), 1);
    assert!(stage.server.platform().admit(SLUG, &waiting[0].id));
    at(&room, "in-call").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_at_the_guest_page_turns_the_room_away_and_then_lets_it_in() {
    let _alone = alone().await;
    let stage = stage().await.unwrap();
    stage.server.platform().create_room(SLUG, AccessLevel::Restricted);
    let folder = root().join(".huisclos/tests");
    std::fs::create_dir_all(&folder).unwrap();
    let mut host = Command::new("node")
        .arg(root().join("tests/interop/host.mjs"))
        .arg(stage.host.as_str())
        .arg(folder.join("host.png"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("node starts");
    let mut says = BufReader::new(host.stdout.take().unwrap()).lines();
    assert_eq!(says.next_line().await.unwrap().as_deref(), Some("in the meeting"));
    let room = room_at(&stage.meeting).await;
    at(&room, "lobby").await;
    assert_eq!(says.next_line().await.unwrap().as_deref(), Some("denied"));
    fails_with(&room, "LobbyDenied").await;
    // The platform remembers a refusal for five seconds.
    tokio::time::sleep(std::time::Duration::from_secs(6)).await;
    room.touch("home").await.unwrap();
    room.find_and_touch("join").await.unwrap();
    assert_eq!(says.next_line().await.unwrap().as_deref(), Some("admitted"));
    at(&room, "in-call").await;
    room.wait("the host", SOON, |s| s.others == 1).await.unwrap();
    drop(host.stdin.take());
    assert!(host.wait().await.unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lobby_that_stays_closed_is_told() {
    let _alone = alone().await;
    let stage = stage().await.unwrap();
    stage.server.platform().create_room(SLUG, AccessLevel::Restricted);
    let room = room_at(&stage.meeting).await;
    at(&room, "lobby").await;
    let waiting = stage.server.platform().waiting(SLUG);
    assert!(stage.server.platform().deny(SLUG, &waiting[0].id));
    fails_with(&room, "LobbyDenied").await;
    // The platform remembers a refusal for five seconds.
    tokio::time::sleep(std::time::Duration::from_secs(6)).await;
    room.touch("retry").await.unwrap();
    at(&room, "lobby").await;
    room.find_and_touch("cancel").await.unwrap();
    at(&room, "home").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_there_is_told() {
    let _alone = alone().await;
    // A port where nobody listens: it was ours a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let room = room_at(&Url::parse(&format!("http://127.0.0.1:{port}/abc-defg-hij")).unwrap()).await;
    fails_with(&room, "ServerUnreachable").await;
}

/// A server whose certificate nobody vouches for; counts the requests that got through all the same.
async fn impostor() -> (Url, std::sync::Arc<std::sync::atomic::AtomicUsize>) {
    use tokio::io::AsyncReadExt;
    use tokio_rustls::rustls;
    let certified = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(certified.signing_key.serialize_der()).unwrap();
    let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(std::sync::Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("https://localhost:{}/abc-defg-hij", listener.local_addr().unwrap().port())).unwrap();
    let requests = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counter = requests.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(mut stream) = acceptor.accept(stream).await
                && stream.read(&mut [0; 16]).await.is_ok_and(|read| read > 0)
            {
                counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            }
        }
    });
    (url, requests)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_does_not_verify_is_told_and_nothing_is_sent() {
    let _alone = alone().await;
    let (url, requests) = impostor().await;
    let room = room_at(&url).await;
    fails_with(&room, "CertificateInvalid").await;
    assert_eq!(requests.load(std::sync::atomic::Ordering::Relaxed), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_requests_are_told_with_the_wait() {
    let _alone = alone().await;
    let stage = stage().await.unwrap();
    stage.server.platform().fail_next(429);
    let room = room_at(&stage.meeting).await;
    fails_with(&room, "TooManyRequests").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platform_in_trouble_for_a_moment_is_entered_all_the_same() {
    let _alone = alone().await;
    let stage = stage().await.unwrap();
    stage.server.platform().fail_next(502);
    let room = room_at(&stage.meeting).await;
    at(&room, "in-call").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_that_is_not_registered_is_entered_where_the_platform_allows() {
    let _alone = alone().await;
    let stage = stage().await.unwrap();
    stage.server.platform().allow_unregistered_rooms(true);
    let room = room_at(&stage.meeting.join("neu-esre-ich").unwrap()).await;
    at(&room, "in-call").await;
}
