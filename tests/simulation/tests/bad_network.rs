//! Two rooms talk over a bad network, on a virtual clock. Figures:
//! `cargo test --workspace --test bad_network -- --nocapture`.

use std::time::Duration;

use meeting::io::Layer;
use sandbox::network::Weather;
use simulation::pair::Pair;

/// A twentieth of a second there and back.
const WIRE: Weather = Weather { delay: Duration::from_millis(25), ..Weather::FINE };

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Two rooms that have talked for a while over a wire.
fn talking(seed: u64) -> Pair {
    let mut pair = Pair::new(seed);
    pair.run(seconds(3));
    pair.weather(WIRE);
    pair.run(seconds(12));
    pair
}

#[test]
#[allow(clippy::print_stdout)]
fn people_are_heard_through_a_dip_and_seen_soon_after_its_beginning() {
    let mut pair = talking(1);
    let wide = Weather { bottleneck_bps: Some(4_000_000), ..WIRE };
    pair.weather(wide);
    pair.run(seconds(10));
    let begins = pair.elapsed();
    pair.weather(Weather { bottleneck_bps: Some(500_000), ..WIRE });
    pair.run(seconds(20));
    let ends = pair.elapsed();
    pair.weather(wide);
    pair.run(seconds(20));
    for (number, name) in ["out", "back"].into_iter().enumerate() {
        let way = pair.way(number);
        let (fps, longest) = way.seen(begins, ends);
        let (heard, again) = (way.heard(begins, ends), way.whole_again(Layer::High, ends));
        println!("{name}: heard {heard:.3}, {fps:.1} pictures a second, longest without {longest:.1?}, {again:.1?}");
        assert!(heard > 0.93, "{name}: {heard}");
        assert!(longest < Duration::from_millis(4500), "{name}: {longest:?}");
    }
}

#[test]
#[allow(clippy::print_stdout)]
fn people_are_heard_and_seen_where_packets_are_lost() {
    for (percent, heard_min, fps_min) in [(0, 0.99, 29.0), (10, 0.97, 25.0), (20, 0.97, 22.0), (30, 0.95, 20.0)] {
        let mut pair = talking(2);
        pair.weather(Weather { loss: f64::from(percent) / 100.0, ..WIRE });
        pair.run(seconds(10));
        let from = pair.elapsed();
        pair.run(seconds(20));
        for (number, name) in ["out", "back"].into_iter().enumerate() {
            let way = pair.way(number);
            let (fps, longest) = way.seen(from, from + seconds(20));
            let (heard, layer) = (way.heard(from, from + seconds(19)), way.layer());
            println!(
                "{percent} % {name}: heard {heard:.3}, {fps:.1} pictures a second, longest without {longest:.1?}, {layer:?}"
            );
            // What comes back is the server's to repeat.
            assert!(number == 1 || (heard > heard_min && fps > fps_min), "{percent} %: {heard}, {fps}");
        }
    }
}
