//! How the others are arranged on the displays: what people chose, kept apart for meetings with and
//! without something shared, so that a share that begins or ends needs no touch.

/// How people are arranged while nothing is shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PeopleLayout {
    /// Whoever speaks, on the whole display.
    Speaker,
    /// Whoever speaks, and a column of others.
    SpeakerWithStrip,
    /// Everybody of one size.
    Grid,
}

/// How content and people are arranged while something is shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ContentLayout {
    /// The content, and whoever speaks beside it.
    WithSpeaker,
    /// The content, on the whole display.
    Only,
}

/// One of the layouts a person can choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Layout {
    People(PeopleLayout),
    Content(ContentLayout),
}

impl Layout {
    /// What there is to choose from while something is shared, or nothing is.
    pub fn offered(is_shared: bool) -> &'static [Layout] {
        const PEOPLE: [Layout; 3] = [
            Layout::People(PeopleLayout::SpeakerWithStrip),
            Layout::People(PeopleLayout::Speaker),
            Layout::People(PeopleLayout::Grid),
        ];
        const CONTENT: [Layout; 2] =
            [Layout::Content(ContentLayout::WithSpeaker), Layout::Content(ContentLayout::Only)];
        if is_shared { &CONTENT } else { &PEOPLE }
    }
}

/// Everything people chose about the displays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrangement {
    pub people: PeopleLayout,
    pub content: ContentLayout,
    /// Who is shown whoever speaks, by identity; somebody who is there.
    pub pinned: Option<String>,
    /// Whose share is shown when several share, by identity; somebody who shares.
    pub share: Option<String>,
    /// Whether our own picture is in the corner.
    pub self_view: bool,
    /// Whether what is said is shown as text, when the meeting transcribes it.
    pub captions: bool,
}

impl Default for Arrangement {
    fn default() -> Arrangement {
        Arrangement {
            people: PeopleLayout::SpeakerWithStrip,
            content: ContentLayout::WithSpeaker,
            pinned: None,
            share: None,
            self_view: true,
            captions: false,
        }
    }
}

impl Arrangement {
    /// The layout in use while something is shared, or nothing is.
    pub fn layout(&self, is_shared: bool) -> Layout {
        if is_shared { Layout::Content(self.content) } else { Layout::People(self.people) }
    }

    pub(crate) fn choose(&mut self, layout: Layout) {
        match layout {
            Layout::People(people) => self.people = people,
            Layout::Content(content) => self.content = content,
        }
    }

    /// What belonged to a meeting that is over: its people.
    pub(crate) fn forget_people(&mut self) {
        (self.pinned, self.share) = (None, None);
    }
}
