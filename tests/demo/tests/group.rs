//! Two rooms in an encrypted meeting: keys of their own, one code, certificates, and what becomes of it when somebody else comes.

mod enrolment;
mod support;

use std::path::Path;
use std::time::Instant;

use demo::room::{Options, Room};
use demo::{Stage, stage};
use enrolment::{Authority, authority, enrol};
use serde_json::Value;
use support::*;
use tokio::process::Command;

const PASSPHRASE: &str = "0123456789abcdef0123456789abcdef0123456789abcdef";
const AUTHORITY: &str = "Ministère de l’Exemple";

/// An encrypted meeting that nobody has joined yet, a folder for its rooms with the authority's certificate, and the authority.
async fn encrypted() -> (Stage, tempfile::TempDir, Authority) {
    let mut stage = stage().await.unwrap();
    stage.encrypt(PASSPHRASE);
    let home = tempfile::tempdir().unwrap();
    let authority = authority(AUTHORITY);
    std::fs::write(home.path().join("authority.pem"), authority.pem()).unwrap();
    (stage, home, authority)
}

/// A room in the meeting, enrolled when `enrolled` is its state directory.
async fn room(stage: &Stage, name: &str, authority: &Path, enrolled: Option<&Path>) -> Room {
    let file = authority.display().to_string();
    let authority = toml::Table::from_iter([("file".to_owned(), file.into())]);
    let identity = toml::Table::from_iter([("authorities".to_owned(), vec![authority].into())]);
    let state = enrolled.map(Path::to_owned);
    let options = Options { name: name.into(), identity: Some(identity), state, ..Options::default() };
    let room = Room::start_with(&stage.meeting, &options).await.unwrap();
    room.find_and_touch("join").await.unwrap();
    let_in(stage, name).await;
    at(&room, "in-call").await;
    room
}

/// What the room says of its call.
async fn call(room: &Room) -> Value {
    let here = std::env::current_exe().unwrap();
    let huisclos = here.parent().unwrap().join("../huisclos");
    let said = Command::new(huisclos).arg("--socket").arg(room.control_socket()).arg("state").output().await.unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    serde_json::from_slice::<Value>(&said.stdout).unwrap()["call"].clone()
}

/// Waits until both rooms say that the meeting is encrypted in this way; the code that both of them show.
async fn both_are(rooms: [&Room; 2], encryption: &str) -> Option<String> {
    let started = Instant::now();
    loop {
        let (one, two) = (call(rooms[0]).await, call(rooms[1]).await);
        let code = |call: &Value| call["authentication_code"].as_str().map(str::to_owned);
        let are = [&one, &two].iter().all(|call| call["encryption"] == encryption);
        if are && code(&one) == code(&two) {
            return code(&one);
        }
        assert!(started.elapsed() < PATIENCE, "the rooms are not both {encryption}: {one} {two}");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}

/// Waits until a room decodes what comes.
async fn sees_more(room: &Room) {
    let before = room.state().await.unwrap().media.decoded;
    room.wait("pictures", PATIENCE, |s| s.media.decoded > before + 20).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_rooms_have_keys_of_their_own_until_somebody_without_comes() {
    let _alone = alone().await;
    let (stage, home, authority) = encrypted().await;
    let pem = home.path().join("authority.pem");
    let (turing, curie) = (home.path().join("turing"), home.path().join("curie"));
    enrol(&turing, "Salle Turing", &authority);
    enrol(&curie, "Salle Curie", &authority);
    let one = room(&stage, "Salle Turing", &pem, Some(&turing)).await;
    let two = room(&stage, "Salle Curie", &pem, Some(&curie)).await;

    let code = both_are([&one, &two], "group").await.expect("a code");
    sees_more(&one).await;
    sees_more(&two).await;
    keep(&one, "panel", "group").await;
    one.find_and_touch("participants").await.unwrap();
    one.wait("the list", SOON, |s| s.targets.iter().any(|t| t.name == "code-of-meeting")).await.unwrap();
    keep(&one, "panel", "group-people").await;
    one.find_and_touch("code-of-meeting").await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    keep(&one, "panel", "group-code").await;

    // Ada has the link and no keys of her own: everybody goes on with the link's.
    let mut ada = Python::join_with(&stage, "ada", &["--passphrase", PASSPHRASE]).await;
    assert_eq!(both_are([&one, &two], "shared-key").await, None);
    sees_more(&one).await;
    sees_more(&two).await;
    keep(&one, "panel", "group-lost").await;

    ada.say("leave").await;
    // She was never in the group, which is the same as before.
    assert_eq!(both_are([&one, &two], "group").await, Some(code));
    sees_more(&one).await;
    sees_more(&two).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_nobody_vouches_for_is_in_the_group_and_shown_as_not_verified() {
    let _alone = alone().await;
    let (stage, home, authority) = encrypted().await;
    let pem = home.path().join("authority.pem");
    let turing = home.path().join("turing");
    enrol(&turing, "Salle Turing", &authority);
    let one = room(&stage, "Salle Turing", &pem, Some(&turing)).await;
    let two = room(&stage, "Salle Curie", &pem, None).await;
    both_are([&one, &two], "group").await.expect("a code");
    one.find_and_touch("participants").await.unwrap();
    two.find_and_touch("participants").await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    keep(&one, "panel", "group-sees-unverified").await;
    keep(&two, "panel", "group-sees-verified").await;
}
