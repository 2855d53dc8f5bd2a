//! A classified room, with everything around it: it meets only while nobody could listen, only those who are verified, and
//! nothing of a meeting is left in it.

mod enrolment;
mod world;

use std::fs;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::time::{Duration, Instant};

use demo::SLUG;
use enrolment::{authority, enrol};
use memchr::memmem;
use serde_json::Value;
use world::{Made, Policy, Room, World, in_a_world};

const PASSPHRASE: &str = "5a1d0f7c3b9e42688d17f0c6a2b4e8935a1d0f7c3b9e4268";
/// Bytes of memory read at once.
const PIECE: usize = 64 * 1024;
/// Names that nothing else has in its memory.
const HERE: &str = "Salle Bourbaki";
const THERE: &str = "Salle Zéphyrine";
const CERTIFIED: &str = "zephyrine.rooms.example";

fn policy(pin: &str) -> Policy {
    Policy::Written(format!(
        r#"
        [policy]
        name = "closed"
        version = 1
        mode = "classified"
        [[platforms]]
        host = "visio.example"
        kind = "visio"
        encryption = "required"
        pins = ["{pin}"]
        [jurisdictions.FR]
        names = {{ fr = "France", en = "France", de = "Frankreich" }}
        prefixes = ["203.0.113.0/24"]
        [addresses]
        media = ["FR"]
        signalling = ["FR"]
        dns = ["203.0.113.53"]
        [usb]
        allowed = ["046d:0943"]
        [permissions]
        sharing = true
        [roles]
        room_user = ["join", "share"]
        it = ["join"]
        "#
    ))
}

/// What the kernel says of the machine's devices: a radio that is off, and a camera bar that the policy lists.
struct Devices(tempfile::TempDir);

impl Devices {
    fn plugged_in() -> Devices {
        let devices = Devices(tempfile::tempdir().unwrap());
        for (attribute, value) in [("name", "phy0"), ("type", "wlan"), ("hard", "0"), ("soft", "1")] {
            devices.write(&format!("class/rfkill/rfkill0/{attribute}"), value);
        }
        devices.plug("1-1", "046d", "0943");
        devices
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.0.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn switch_radio(&self, on: bool) {
        self.write("class/rfkill/rfkill0/soft", if on { "0" } else { "1" });
    }

    fn plug(&self, place: &str, vendor: &str, product: &str) {
        self.write(&format!("bus/usb/devices/{place}/idVendor"), vendor);
        self.write(&format!("bus/usb/devices/{place}/idProduct"), product);
    }

    fn pull_out(&self, place: &str) {
        fs::remove_dir_all(self.0.path().join("bus/usb/devices").join(place)).unwrap();
    }
}

/// An encrypted meeting, the devices of whoever joins it, and who vouches for rooms.
fn closed(world: &World) -> (Devices, enrolment::Authority) {
    world.server.platform().set_encryption(SLUG, sandbox::visio::EncryptionMode::Basic);
    let devices = Devices::plugged_in();
    world.show_devices(devices.0.path());
    (devices, authority("Ministère de l’Exemple"))
}

/// A classified room of the simulated board that looks around at `Devices`.
async fn room(world: &World, name: &str, certified: &str, authority: &enrolment::Authority) -> Room {
    let made = Made { name: name.into(), ..Made::default() };
    let home = made.home.path();
    enrol(&home.join("state"), certified, authority);
    fs::write(home.join("authority.pem"), authority.pem()).unwrap();
    let board = include_str!("../../../hardware/boards/simulated.toml");
    let (before, after) = board.split_once("[surroundings]").unwrap();
    let after = after.replacen("kind = \"simulated\"", "kind = \"kernel\"", 1);
    let before = before.replace("kind = \"none\"", "kind = \"simulated\"");
    let file = format!("file = \"{}\"", home.join("display").display());
    let before = before.replace("# file = \"/dev/shm/display\"", &file);
    fs::write(home.join("board.toml"), format!("{before}[surroundings]{after}")).unwrap();
    let config = format!("[[identity.authorities]]\nfile = \"{}\"\n", home.join("authority.pem").display());
    let board = Some(home.join("board.toml"));
    world.room_of(policy(&world.authority_pin()), Made { board, config, ..made }).await
}

async fn join(world: &World, room: &Room, name: &str) {
    let link = format!("https://visio.example/{SLUG}#{PASSPHRASE}");
    assert!(room.command(&["join", &link]).await.is_some(), "the room does not take the meeting");
    let (platform, started) = (world.server.platform(), Instant::now());
    while !platform.waiting(SLUG).iter().any(|entry| entry.username == name && platform.admit(SLUG, &entry.id)) {
        assert!(started.elapsed() < Duration::from_secs(45), "{name} is not at the door");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    room.reaches("in-call").await;
}

async fn stands(room: &Room, standing: &str) -> Value {
    room.until(standing, |state| state["classified"] == standing).await
}

/// Waits until stripes are at the left edge of the room's display, and keeps what it shows where people can look at it.
async fn is_framed(room: &Room) {
    let started = Instant::now();
    let mut display = hal::DisplayReader::open(&room.home().join("display")).unwrap();
    loop {
        if let Some(shown) = display.rows(&[(0, 1080)]).unwrap() {
            let luma = &shown.luma[0];
            let edge: Vec<u8> = luma.chunks_exact(1920).skip(100).take(900).map(|row| row[8]).collect();
            if edge.iter().any(|luma| *luma < 60) && edge.iter().any(|luma| *luma > 110) {
                return keep(luma);
            }
        }
        assert!(started.elapsed() < Duration::from_secs(20), "no frame lies around the display");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn keep(luma: &[u8]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.huisclos/tests");
    fs::create_dir_all(&folder).unwrap();
    let mut picture = png::Encoder::new(fs::File::create(folder.join("classified-display.png")).unwrap(), 1920, 1080);
    picture.set_color(png::ColorType::Grayscale);
    picture.write_header().unwrap().write_image_data(luma).unwrap();
}

/// Which of these words are anywhere in the memory of a process that it could write.
fn in_memory<'a>(process: u32, words: &[&'a str]) -> Vec<&'a str> {
    let maps = fs::read_to_string(format!("/proc/{process}/maps")).unwrap();
    let mut memory = fs::File::open(format!("/proc/{process}/mem")).unwrap();
    let mut found = Vec::new();
    for line in maps.lines() {
        let mut columns = line.split_whitespace();
        let (place, rights) = (columns.next().unwrap(), columns.next().unwrap());
        if !rights.starts_with("rw") {
            continue;
        }
        let (from, to) = place.split_once('-').unwrap();
        let [from, to] = [from, to].map(|place| u64::from_str_radix(place, 16).unwrap());
        let mut bytes = Vec::new();
        for place in (from..to).step_by(PIECE) {
            let mut piece = vec![0; PIECE.min((to - place) as usize)];
            // A piece that is gone meanwhile holds nothing.
            if memory.seek(SeekFrom::Start(place)).and_then(|_| memory.read_exact(&mut piece)).is_ok() {
                bytes.append(&mut piece);
            }
        }
        let holds = |word: &&&str| memmem::find(&bytes, word.as_bytes()).is_some();
        found.extend(words.iter().filter(holds));
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Which of these words are in a file below.
fn on_disk<'a>(folder: &Path, words: &[&'a str]) -> Vec<&'a str> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            found.extend(on_disk(&entry.path(), words));
        } else {
            let bytes = fs::read(entry.path()).unwrap();
            let holds = |word: &&&str| memmem::find(&bytes, word.as_bytes()).is_some();
            found.extend(words.iter().filter(holds));
        }
    }
    found
}

#[test]
fn a_classified_room_meets_verified_rooms_only_and_forgets_them_afterwards() {
    let name = "a_classified_room_meets_verified_rooms_only_and_forgets_them_afterwards";
    in_a_world(name, async |world: World| {
        let (_devices, authority) = closed(&world);
        let here = room(&world, HERE, "bourbaki.rooms.example", &authority).await;
        let there = room(&world, THERE, CERTIFIED, &authority).await;
        stands(&here, "ready").await;
        assert!(here.command(&["screenshot", "panel", "/dev/null"]).await.is_none(), "nobody sees its screens");

        join(&world, &here, HERE).await;
        stands(&here, "withheld").await;
        assert!(here.command(&["unmute"]).await.is_none(), "there is nobody verified to be heard by");
        join(&world, &there, THERE).await;
        let one = stands(&here, "verified").await;
        let two = stands(&there, "verified").await;
        assert_eq!(one["call"]["encryption"], "group");
        assert_eq!(one["call"]["authentication_code"], two["call"]["authentication_code"]);
        assert!(here.command(&["unmute"]).await.is_some());
        here.until("an open microphone", |state| state["call"]["microphone"] == "on").await;
        is_framed(&here).await;

        let words = [THERE, CERTIFIED, PASSPHRASE, SLUG];
        let remembered = in_memory(here.process(), &words);
        assert!(
            [THERE, CERTIFIED, SLUG].iter().all(|word| remembered.contains(word)),
            "nothing to forget: {remembered:?}"
        );
        here.command(&["leave"]).await;
        here.reaches("home").await;
        let (started, mut empty) = (Instant::now(), 0);
        // It grows and shrinks while it is read: once may be luck.
        while empty < 3 {
            let left = in_memory(here.process(), &words);
            empty = if left.is_empty() { empty + 1 } else { 0 };
            assert!(started.elapsed() < Duration::from_secs(30), "{left:?} is still in memory");
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        assert_eq!(on_disk(&here.state_directory(), &words), Vec::<&str>::new());
    });
}

#[test]
fn a_radio_or_an_unknown_device_ends_the_meeting_and_keeps_the_room_out_until_it_is_gone() {
    let name = "a_radio_or_an_unknown_device_ends_the_meeting_and_keeps_the_room_out_until_it_is_gone";
    in_a_world(name, async |world: World| {
        let (devices, authority) = closed(&world);
        let here = room(&world, HERE, "bourbaki.rooms.example", &authority).await;
        let link = format!("https://visio.example/{SLUG}#{PASSPHRASE}");
        stands(&here, "ready").await;

        join(&world, &here, HERE).await;
        devices.switch_radio(true);
        stands(&here, "radio-on").await;
        here.reaches("home").await;
        let before = world.requests();
        assert!(here.command(&["join", &link]).await.is_none(), "a radio is on");
        assert_eq!(world.requests(), before);

        devices.switch_radio(false);
        stands(&here, "ready").await;
        join(&world, &here, HERE).await;
        devices.plug("1-2", "0951", "1666");
        stands(&here, "unlisted-usb").await;
        here.reaches("home").await;
        assert!(here.command(&["join", &link]).await.is_none(), "a stick is plugged in");
        devices.pull_out("1-2");
        stands(&here, "ready").await;
        join(&world, &here, HERE).await;
    });
}
