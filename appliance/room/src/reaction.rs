//! Reactions: a closed set, so that each has its words and its icon.

/// What people in the room can send in one touch: those of Visio's own front end (recorded, reference/visio.md B).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reaction {
    ThumbsUp,
    ThumbsDown,
    Applause,
    Heart,
    Laughter,
    Surprise,
    Party,
    Thanks,
}

impl Reaction {
    /// In the order of Visio's toolbar.
    pub const ALL: [Reaction; 8] = [
        Reaction::ThumbsUp,
        Reaction::ThumbsDown,
        Reaction::Applause,
        Reaction::Heart,
        Reaction::Laughter,
        Reaction::Surprise,
        Reaction::Party,
        Reaction::Thanks,
    ];

    /// What platforms call it.
    pub fn name(self) -> &'static str {
        match self {
            Reaction::ThumbsUp => "thumbs-up",
            Reaction::ThumbsDown => "thumbs-down",
            Reaction::Applause => "clapping-hands",
            Reaction::Heart => "red-heart",
            Reaction::Laughter => "face-with-tears-of-joy",
            Reaction::Surprise => "face-with-open-mouth",
            Reaction::Party => "party-popper",
            Reaction::Thanks => "folded-hands",
        }
    }
}
