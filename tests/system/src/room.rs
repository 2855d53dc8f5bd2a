//! What a room in a virtual machine is told.

use url::Url;

/// The configuration of a room with a meeting at `meeting`, which has begun. `board`: a board's name, or a path in the
/// machine. The room window is there, for the test to look into the room by.
pub fn configuration(meeting: &Url, board: &str) -> String {
    let now = jiff::Timestamp::now();
    let (start, end) = (now - jiff::SignedDuration::from_mins(1), now + jiff::SignedDuration::from_hours(3));
    let mut instance = meeting.clone();
    instance.set_path("/");
    instance.set_fragment(None);
    format!(
        "[room]\nname = \"Salle Turing\"\nlanguage = \"fr\"\n\
         [devices]\nboard = \"{board}\"\n\
         [window]\nlisten = \"127.0.0.1:8080\"\n\
         [meetings]\ninstance = \"{instance}\"\n\
         [[agenda]]\ntitle = \"Point hebdomadaire\"\nstart = \"{start}\"\nend = \"{end}\"\nlink = \"{meeting}\"\n"
    )
}
