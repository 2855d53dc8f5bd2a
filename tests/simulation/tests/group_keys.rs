//! Two rooms with device certificates in one encrypted meeting, through a server and over a bad network.

#[path = "../../../appliance/meeting/tests/support/own_key.rs"]
mod own_key;

use std::time::Duration;

use meeting::e2ee::Secret;
use own_key::device;
use sandbox::network::Weather;
use simulation::pair::Pair;

const BAD: Weather =
    Weather { loss: 0.1, delay: Duration::from_millis(25), jitter: Duration::from_millis(30), ..Weather::FINE };

/// Lets time pass until both show the same code.
fn agreed(pair: &mut Pair) -> String {
    for _ in 0..300 {
        pair.run(Duration::from_millis(100));
        if let (Some(near), Some(far)) = (pair.code(0), pair.code(1))
            && near == far
        {
            return near.to_owned();
        }
    }
    panic!("{:?} and {:?} after {:?}", pair.code(0), pair.code(1), pair.elapsed());
}

/// What the key of a meeting's link costs is not in the clock of a simulation: `cargo xtask bench e2ee` measures that.
#[test]
fn others_are_heard_and_seen_as_soon_in_an_encrypted_meeting_as_in_a_clear_one() {
    let began = |mut pair: Pair| {
        pair.run(Duration::from_secs(10));
        [0, 1].map(|way| pair.way(way).began().expect("sound and pictures"))
    };
    for seed in 1..6 {
        let devices = ["Salle Lovelace", "Salle Turing"].map(device);
        let encrypted = began(Pair::encrypted(seed, Secret::Bytes(b"behind the link".to_vec().into()), devices));
        let clear = began(Pair::new(seed));
        for (encrypted, clear) in encrypted.into_iter().zip(clear) {
            for (encrypted, clear) in [(encrypted.0, clear.0), (encrypted.1, clear.1)] {
                assert!(encrypted <= clear + Duration::from_millis(50), "{encrypted:?} and {clear:?}, seed {seed}");
            }
        }
    }
}

/// Both hear each other for ten seconds.
fn heard(pair: &mut Pair) {
    let from = pair.elapsed() + Duration::from_secs(2);
    pair.run(Duration::from_secs(12));
    for way in 0..2 {
        let heard = pair.way(way).heard(from, from + Duration::from_secs(9));
        assert!(heard > 0.8, "{heard} of the sound, way {way}");
    }
}

#[test]
fn two_rooms_on_a_bad_network_see_the_same_code_and_another_when_one_was_away() {
    for seed in 1..4 {
        let devices = ["Salle Lovelace", "Salle Turing"].map(device);
        let mut pair = Pair::encrypted(seed, Secret::Bytes(b"behind the link".to_vec().into()), devices);
        pair.run(Duration::from_millis(400));
        assert_eq!((pair.code(0), pair.code(1)), (None, None), "nothing is agreed on before the weather turns");
        pair.weather(BAD);
        let first = agreed(&mut pair);
        heard(&mut pair);
        pair.leave(1);
        pair.run(Duration::from_secs(5));
        assert_eq!(pair.code(0), None, "nobody is there to compare with");
        pair.come_back(1);
        let second = agreed(&mut pair);
        assert_ne!(first, second, "what was known to whoever left is of no use");
        heard(&mut pair);
        assert_eq!((pair.code(0), pair.code(1)), (Some(second.as_str()), Some(second.as_str())), "and there it rests");
    }
}
