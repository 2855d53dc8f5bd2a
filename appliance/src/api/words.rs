//! The words of the API for those of the room.

use room::view::{self, InvitationEnd};

use super::state::{Content, Device, InvitationAnswer, Language, Layout, Share, Switch};

impl From<view::Language> for Language {
    fn from(language: view::Language) -> Language {
        match language {
            view::Language::French => Language::Fr,
            view::Language::English => Language::En,
            view::Language::German => Language::De,
        }
    }
}

impl From<Language> for view::Language {
    fn from(language: Language) -> view::Language {
        match language {
            Language::Fr => view::Language::French,
            Language::En => view::Language::English,
            Language::De => view::Language::German,
        }
    }
}

impl From<view::Switch> for Switch {
    fn from(switch: view::Switch) -> Switch {
        match switch {
            view::Switch::On => Switch::On,
            view::Switch::Off => Switch::Off,
            view::Switch::Changing { .. } => Switch::Changing,
            view::Switch::Missing => Switch::Missing,
            view::Switch::Failed => Switch::Failed,
            view::Switch::Forbidden => Switch::Forbidden,
        }
    }
}

impl From<InvitationEnd> for InvitationAnswer {
    fn from(end: InvitationEnd) -> InvitationAnswer {
        match end {
            InvitationEnd::Accepted => InvitationAnswer::Accepted,
            InvitationEnd::Declined => InvitationAnswer::Declined,
            InvitationEnd::Unanswered => InvitationAnswer::Unanswered,
        }
    }
}

impl From<view::Share> for Share {
    fn from(share: view::Share) -> Share {
        match share {
            view::Share::Missing => Share::Missing,
            view::Share::Off { offered: true } => Share::Offered,
            view::Share::Off { offered: false } => Share::Off,
            view::Share::Changing { .. } => Share::Changing,
            view::Share::On => Share::On,
            view::Share::NoSignal => Share::NoSignal,
            view::Share::Protected => Share::Protected,
            view::Share::Forbidden => Share::Forbidden,
        }
    }
}

impl From<view::Layout> for Layout {
    fn from(layout: view::Layout) -> Layout {
        use view::{ContentLayout, PeopleLayout};
        match layout {
            view::Layout::People(PeopleLayout::SpeakerWithStrip) => Layout::SpeakerWithStrip,
            view::Layout::People(PeopleLayout::Speaker) => Layout::Speaker,
            view::Layout::People(PeopleLayout::Grid) => Layout::Grid,
            view::Layout::Content(ContentLayout::WithSpeaker) => Layout::ContentWithSpeaker,
            view::Layout::Content(ContentLayout::Only) => Layout::ContentOnly,
        }
    }
}

impl From<Layout> for view::Layout {
    fn from(layout: Layout) -> view::Layout {
        use view::{ContentLayout, PeopleLayout};
        match layout {
            Layout::SpeakerWithStrip => view::Layout::People(PeopleLayout::SpeakerWithStrip),
            Layout::Speaker => view::Layout::People(PeopleLayout::Speaker),
            Layout::Grid => view::Layout::People(PeopleLayout::Grid),
            Layout::ContentWithSpeaker => view::Layout::Content(ContentLayout::WithSpeaker),
            Layout::ContentOnly => view::Layout::Content(ContentLayout::Only),
        }
    }
}

impl From<view::Device> for Device {
    fn from(device: view::Device) -> Device {
        match device {
            view::Device::Ready => Device::Ready,
            view::Device::Missing => Device::Missing,
            view::Device::Failed => Device::Failed,
        }
    }
}

impl From<view::Content> for Content {
    fn from(content: view::Content) -> Content {
        match content {
            view::Content::Missing => Content::Missing,
            view::Content::NoSignal => Content::NoSignal,
            view::Content::Protected => Content::Protected,
            view::Content::Ready => Content::Ready,
        }
    }
}
