//! Promises of the plan.

use std::time::{Duration, Instant};

use room::view::Quality;

use super::*;

fn person(identity: &str) -> Participant {
    Participant {
        identity: identity.into(),
        name: identity.into(),
        microphone_on: true,
        camera_on: true,
        sharing: false,
        speaking: false,
        hand_raised: false,
        hand_raised_at: None,
        quality: Quality::Good,
        unreadable: None,
        verification: Default::default(),
    }
}

fn camera_of(identity: &str) -> Track {
    Track {
        id: TrackId(format!("TR_{identity}")),
        participant: identity.into(),
        kind: Kind::Video,
        source: Source::Camera,
        muted: false,
    }
}

fn share_of(identity: &str) -> Track {
    Track { id: TrackId(format!("TR_{identity}_share")), source: Source::ScreenShare, ..camera_of(identity) }
}

/// A stage on a stepped clock.
struct World {
    stage: Stage,
    people: Vec<Participant>,
    now: Instant,
}

impl World {
    fn with(names: &[&str]) -> World {
        let people = names.iter().map(|name| person(name)).collect();
        let mut world = World { stage: Stage::default(), people, now: Instant::now() };
        for name in names {
            world.stage.track_added(camera_of(name));
        }
        world.speak(&[]);
        world
    }

    fn crowd(count: usize) -> World {
        let names: Vec<String> = (0..count).map(|n| format!("p{n}")).collect();
        World::with(&names.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn arrange(&mut self, change: impl FnOnce(&mut Arrangement)) -> &mut World {
        let mut arrangement = self.stage.arrangement.clone();
        change(&mut arrangement);
        self.stage.arrange(arrangement);
        self
    }

    fn people(&mut self, layout: PeopleLayout) -> &mut World {
        self.arrange(|arrangement| arrangement.people = layout)
    }

    fn speak(&mut self, speakers: &[&str]) {
        for person in &mut self.people {
            person.speaking = speakers.contains(&person.identity.as_str());
        }
        let speakers: Vec<String> = speakers.iter().map(|s| (*s).to_owned()).collect();
        self.stage.participants(self.people.clone(), &speakers, self.now);
        self.plan();
    }

    fn share(&mut self, identity: &str) {
        self.people.iter_mut().filter(|p| p.identity == identity).for_each(|p| p.sharing = true);
        self.stage.track_added(share_of(identity));
        self.stage.participants(self.people.clone(), &[], self.now);
    }

    fn pass(&mut self, ms: u64) {
        self.now += Duration::from_millis(ms);
    }

    fn plan(&mut self) -> Plan {
        self.stage.plan(self.now)
    }

    fn who(&mut self) -> Vec<Who> {
        self.plan().first.into_iter().map(|tile| tile.who).collect()
    }

    fn main(&mut self) -> Who {
        self.who().remove(0)
    }
}

fn remote(identity: &str) -> Who {
    Who::Remote(identity.into())
}

fn overlap(a: Rect, b: Rect) -> bool {
    a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
}

const PEOPLE: [PeopleLayout; 3] = [PeopleLayout::Speaker, PeopleLayout::SpeakerWithStrip, PeopleLayout::Grid];
const CONTENT: [ContentLayout; 2] = [ContentLayout::WithSpeaker, ContentLayout::Only];

/// Every layout with every number of people, with and without content, somebody pinned, our own
/// picture, a second display.
fn every_plan(mut see: impl FnMut(&str, &mut World)) {
    for count in (0..12).chain([24, 25, 26, 27, 60]) {
        for people in PEOPLE {
            for content in CONTENT {
                for bits in 0..16_u8 {
                    let [shared, pinned, own, second] = [1, 2, 4, 8].map(|bit| bits & bit != 0);
                    let mut world = World::crowd(count);
                    world.stage.has_second = second;
                    world.stage.own_camera(own);
                    if shared && count > 0 {
                        world.share("p0");
                    }
                    world.arrange(|arrangement| {
                        (arrangement.people, arrangement.content) = (people, content);
                        arrangement.pinned = pinned.then(|| format!("p{}", count.saturating_sub(1)));
                    });
                    see(&format!("{count} people, {people:?}, {content:?}, {bits:04b}"), &mut world);
                }
            }
        }
    }
}

#[test]
fn tiles_stay_on_the_display_and_only_our_own_picture_lies_over_others() {
    every_plan(|name, world| {
        let plan = world.plan();
        for tiles in [plan.first, plan.second.unwrap_or_default()] {
            for (i, a) in tiles.iter().enumerate() {
                let Rect { x, y, width, height } = a.rect;
                assert!(x + width <= DISPLAY.0 && y + height <= DISPLAY.1, "{name}: {a:?}");
                assert!(width >= 160 && [x, y, width, height].iter().all(|side| side % 2 == 0), "{name}: {a:?}");
                for b in tiles[i + 1..].iter().filter(|b| b.who != Who::Own) {
                    assert!(!overlap(a.rect, b.rect), "{name}: {a:?} {b:?}");
                }
            }
        }
    });
}

#[test]
fn nobody_is_shown_twice_and_those_not_shown_are_counted() {
    every_plan(|name, world| {
        let people = world.people.len();
        let plan = world.plan();
        let tiles: Vec<&Planned> = plan.tiles().collect();
        for (i, tile) in tiles.iter().enumerate() {
            assert!(tiles[i + 1..].iter().all(|other| other.who != tile.who), "{name}: {:?} twice", tile.who);
        }
        let faces = plan.first.iter().filter(|tile| matches!(tile.who, Who::Remote(_))).count();
        let more = plan.first.iter().find_map(|tile| if let Who::More(n) = tile.who { Some(n) } else { None });
        let everybody = !matches!(plan.first.first().map(|tile| &tile.who), Some(Who::Share(_)))
            && world.stage.arrangement.people != PeopleLayout::Speaker;
        if everybody {
            assert_eq!(faces + more.unwrap_or(0), people, "{name}");
        } else {
            assert_eq!(more, None, "{name}");
        }
    });
}

#[test]
fn who_is_pinned_is_seen_wherever_there_are_people() {
    every_plan(|name, world| {
        let Some(pinned) = world.stage.arrangement.pinned.clone().filter(|_| !world.people.is_empty()) else { return };
        let only = matches!(world.stage.arrangement.content, ContentLayout::Only)
            && matches!(world.plan().first[0].who, Who::Share(_));
        let seen = world.who().contains(&Who::Remote(pinned));
        assert_eq!(seen, !only, "{name}");
    });
}

#[test]
fn content_has_the_second_display_and_people_the_first() {
    let mut world = World::with(&["ada", "bob"]);
    world.stage.has_second = true;
    world.people(PeopleLayout::Grid);
    let plan = world.plan();
    assert_eq!((plan.first.len(), plan.second), (2, Some(Vec::new())), "the room itself is on the second");
    world.share("bob");
    let plan = world.plan();
    assert_eq!(plan.first.len(), 2);
    let second = plan.second.as_ref().unwrap();
    assert_eq!((second.len(), &second[0].who, second[0].rect), (1, &Who::Share("bob".into()), WHOLE));
    let shown: Vec<String> = plan.shown().into_iter().map(|shown| shown.track.0).collect();
    assert_eq!(shown, ["TR_ada", "TR_bob", "TR_bob_share"]);
}

#[test]
fn one_person_fills_the_display() {
    for layout in PEOPLE {
        let mut world = World::with(&["ada"]);
        let plan = world.people(layout).plan();
        assert_eq!((plan.first.len(), plan.first[0].rect), (1, WHOLE));
        assert_eq!(plan.shown()[0].track, TrackId("TR_ada".into()));
    }
}

#[test]
fn the_last_speaker_keeps_the_floor_in_silence() {
    let mut world = World::with(&["ada", "bob"]);
    assert_eq!(world.main(), remote("ada"));
    world.speak(&["bob"]);
    assert_eq!(world.main(), remote("bob"), "nobody had it");
    world.speak(&[]);
    world.pass(60_000);
    assert_eq!(world.main(), remote("bob"));
    world.people.pop();
    world.speak(&[]);
    assert_eq!(world.main(), remote("ada"));
}

#[test]
fn a_cough_does_not_take_the_floor_and_a_sentence_does() {
    let mut world = World::with(&["ada", "bob"]);
    world.speak(&["ada"]);
    world.speak(&[]);
    world.pass(10_000);
    world.speak(&["bob"]);
    world.pass(600);
    world.speak(&[]);
    world.pass(10_000);
    assert_eq!(world.main(), remote("ada"), "a cough");
    world.speak(&["bob"]);
    let at = world.stage.poll_timeout(world.now).expect("to be looked at again");
    assert_eq!(at - world.now, Duration::from_secs(1));
    assert_eq!(world.main(), remote("ada"));
    world.now = at;
    assert_eq!(world.main(), remote("bob"));
}

#[test]
fn who_speaks_over_whoever_has_the_floor_must_be_louder_for_longer() {
    let mut world = World::with(&["ada", "bob"]);
    world.speak(&["ada"]);
    world.speak(&["bob", "ada"]);
    world.pass(2_900);
    assert_eq!(world.main(), remote("ada"));
    world.speak(&["ada", "bob"]);
    world.speak(&["bob", "ada"]);
    world.pass(2_900);
    assert_eq!(world.main(), remote("ada"));
    world.pass(200);
    assert_eq!(world.main(), remote("bob"));
}

#[test]
fn a_shared_screen_is_seen_large_with_whoever_speaks_beside_it() {
    let mut world = World::with(&["ada", "bob"]);
    world.people(PeopleLayout::Grid).share("bob");
    world.speak(&["ada"]);
    assert_eq!(world.who(), [Who::Share("bob".into()), remote("ada")]);
    world.arrange(|arrangement| arrangement.content = ContentLayout::Only);
    assert_eq!(world.who(), [Who::Share("bob".into())]);
    world.stage.track_removed(&TrackId("TR_bob_share".into()));
    assert_eq!(world.who(), [remote("ada"), remote("bob")], "the grid, as before");
}

#[test]
fn of_several_shares_the_first_is_seen_or_the_one_asked_for() {
    let mut world = World::with(&["ada", "bob"]);
    world.share("bob");
    world.share("ada");
    assert_eq!(world.main(), Who::Share("ada".into()));
    world.arrange(|arrangement| arrangement.share = Some("bob".into()));
    assert_eq!(world.main(), Who::Share("bob".into()));
    world.stage.track_removed(&TrackId("TR_bob_share".into()));
    assert_eq!(world.main(), Who::Share("ada".into()));
}

#[test]
fn whoever_speaks_is_seen_without_moving_the_others() {
    for (layout, tiles) in [(PeopleLayout::Grid, 24), (PeopleLayout::SpeakerWithStrip, 5)] {
        let mut world = World::crowd(40);
        world.people(layout);
        // Somebody has the floor who stays there, so that the strip stays too.
        world.arrange(|arrangement| arrangement.pinned = Some("p0".into()));
        let before = world.who();
        world.speak(&["p30"]);
        world.pass(500);
        assert_eq!(world.who(), before, "{layout:?}: a cough moves nobody");
        world.pass(600);
        let after = world.who();
        assert!(after.contains(&remote("p30")), "{layout:?}: {after:?}");
        let moved = before.iter().zip(&after).filter(|(before, after)| before != after).count();
        assert_eq!((moved, after.len()), (1, tiles + 1), "{layout:?}");
        // Silent again, they keep their place; the next speaker takes another's.
        world.speak(&["p31"]);
        world.pass(1100);
        let later = world.who();
        assert!(later.contains(&remote("p30")) && later.contains(&remote("p31")), "{layout:?}: {later:?}");
    }
}

#[test]
fn who_leaves_gives_the_place_to_who_has_none() {
    let mut world = World::crowd(30);
    let before = world.people(PeopleLayout::Grid).who();
    world.people.remove(3);
    world.speak(&[]);
    let after = world.who();
    assert_eq!(after[3], remote("p24"));
    assert_eq!((&after[..3], &after[4..24]), (&before[..3], &before[4..24]));
    assert_eq!(after[24], Who::More(5));
}

#[test]
fn the_newest_of_two_shares_is_shown_ours_without_the_network() {
    let mut world = World::with(&["bob"]);
    let share = Track { source: Source::ScreenShare, id: TrackId("TR_bob_share".into()), ..camera_of("bob") };
    world.stage.own_share(true);
    assert_eq!(world.main(), Who::OwnShare);
    world.people[0].sharing = true;
    world.speak(&[]);
    world.stage.track_added(share.clone());
    assert_eq!(world.main(), Who::Share("bob".into()));
    world.stage.own_share(true);
    assert_eq!(world.main(), Who::OwnShare, "shared anew");
    world.arrange(|arrangement| arrangement.share = Some("bob".into()));
    assert_eq!(world.main(), Who::Share("bob".into()), "people picked it");
    world.stage.track_removed(&share.id);
    assert_eq!(world.main(), Who::OwnShare, "the other one is gone");
    world.stage.own_share(false);
    assert_eq!(world.main(), remote("bob"));
}

#[test]
fn a_paused_picture_is_marked_wherever_it_is_until_it_flows_or_is_gone() {
    let mut world = World::with(&["ada", "bob"]);
    let marked = |world: &mut World| {
        let plan = world.plan();
        plan.first.iter().filter(|tile| world.stage.is_paused(tile)).map(|tile| tile.who.clone()).collect::<Vec<_>>()
    };
    let track = TrackId("TR_bob".into());
    world.stage.track_paused(&TrackId("TR_nobody".into()), true);
    assert_eq!(marked(&mut world), []);
    world.stage.track_paused(&track, true);
    assert_eq!(marked(&mut world), [remote("bob")]);
    world.people(PeopleLayout::Grid);
    assert_eq!(marked(&mut world), [remote("bob")]);
    world.stage.track_paused(&track, false);
    assert_eq!(marked(&mut world), []);
    world.stage.track_paused(&track, true);
    world.stage.track_removed(&track);
    world.stage.track_added(camera_of("bob"));
    assert_eq!(marked(&mut world), [], "a new one begins as all do");
}

#[test]
fn what_is_shared_is_asked_for_as_large_as_there_is_whatever_its_tile() {
    let mut world = World::with(&["bob"]);
    world.people[0].sharing = true;
    world.speak(&[]);
    world.stage.track_added(Track {
        source: Source::ScreenShare,
        id: TrackId("TR_bob_share".into()),
        ..camera_of("bob")
    });
    let plan = world.plan();
    assert!(plan.first[0].rect.width < DISPLAY.0, "whoever speaks is beside it");
    assert_eq!((plan.shown()[0].width_px, plan.shown()[0].height_px), SHARE_MAX);
}

#[test]
fn our_own_picture_goes_when_people_say_so() {
    let mut world = World::with(&["ada"]);
    world.stage.own_camera(true);
    assert_eq!(world.who(), [remote("ada"), Who::Own]);
    world.arrange(|arrangement| arrangement.self_view = false);
    assert_eq!(world.who(), [remote("ada")]);
    world.people.clear();
    world.speak(&[]);
    assert_eq!(world.who(), []);
    world.arrange(|arrangement| arrangement.self_view = true);
    assert_eq!(world.who(), [Who::Own], "alone, people look at themselves");
}

#[test]
fn a_camera_that_is_off_is_not_asked_for_until_it_is_on() {
    let mut world = World::with(&["ada"]);
    world.people[0].camera_on = false;
    world.speak(&[]);
    // It was off when its track came.
    world.stage.track_added(Track { muted: true, ..camera_of("ada") });
    assert!(world.plan().shown().is_empty());
    world.people[0].camera_on = true;
    world.speak(&[]);
    assert_eq!(world.plan().shown()[0].track, TrackId("TR_ada".into()));
}

#[test]
fn layers_are_asked_for_by_the_size_they_have_on_the_display() {
    let mut world = World::with(&["ada", "bob"]);
    world.people(PeopleLayout::Grid);
    let sizes = |plan: Plan| plan.shown().iter().map(|s| (s.width_px, s.height_px)).collect::<Vec<_>>();
    let grid = sizes(world.plan());
    assert_eq!(grid[0], grid[1]);
    let speaker = sizes(world.people(PeopleLayout::SpeakerWithStrip).plan());
    assert!(speaker[0] > grid[0] && speaker[1] < grid[1], "{grid:?} {speaker:?}");
}
