//! The few colours of every screen: layouts say what a colour is for, a palette what it looks like.

use embedded_graphics::pixelcolor::Rgb888;

/// What a colour is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Background,
    Surface,
    Raised,
    Line,
    Text,
    Quiet,
    Accent,
    OnAccent,
    Danger,
    DangerText,
    Warning,
    Good,
    White,
    Behind,
    Person(u8),
}

/// A colour by its role, with others mixed in, and straight alpha.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Color {
    role: Role,
    /// Mixed in one after the other, each with its share in percent.
    mixed: [Option<(Role, u8)>; 2],
    pub alpha: u8,
}

impl Color {
    const fn of(role: Role) -> Color {
        Color { role, mixed: [None; 2], alpha: u8::MAX }
    }

    pub const fn with_alpha(self, alpha: u8) -> Color {
        Color { alpha, ..self }
    }

    /// This colour with `share` percent of `other`, a plain one, mixed in; at most twice.
    pub fn mixed(self, other: Color, share: u8) -> Color {
        debug_assert!(self.mixed[1].is_none() && other.mixed[0].is_none(), "{self:?} with {other:?}");
        let new = Some((other.role, share.min(100)));
        let mixed = if self.mixed[0].is_none() { [new, None] } else { [self.mixed[0], new] };
        Color { mixed, ..self }
    }
}

/// A colour as it is drawn, with straight alpha.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rgba {
    pub red: u8,
    pub green: u8,
    pub blue: u8,
    pub alpha: u8,
}

impl Rgba {
    pub const fn hex(value: u32) -> Rgba {
        Rgba { red: (value >> 16) as u8, green: (value >> 8) as u8, blue: value as u8, alpha: u8::MAX }
    }

    fn mixed(self, other: Rgba, share: u8) -> Rgba {
        let share = u16::from(share);
        let mix = |a: u8, b: u8| ((u16::from(a) * (100 - share) + u16::from(b) * share) / 100) as u8;
        Rgba {
            red: mix(self.red, other.red),
            green: mix(self.green, other.green),
            blue: mix(self.blue, other.blue),
            alpha: self.alpha,
        }
    }
}

impl From<Rgba> for Rgb888 {
    fn from(color: Rgba) -> Rgb888 {
        Rgb888::new(color.red, color.green, color.blue)
    }
}

impl From<Rgba> for tiny_skia::Color {
    fn from(color: Rgba) -> tiny_skia::Color {
        tiny_skia::Color::from_rgba8(color.red, color.green, color.blue, color.alpha)
    }
}

pub(crate) const BACKGROUND: Color = Color::of(Role::Background);
pub(crate) const SURFACE: Color = Color::of(Role::Surface);
pub(crate) const RAISED: Color = Color::of(Role::Raised);
pub(crate) const LINE: Color = Color::of(Role::Line);
pub(crate) const TEXT: Color = Color::of(Role::Text);
/// For what matters less; still far above 4.5:1 on every surface.
pub(crate) const QUIET: Color = Color::of(Role::Quiet);
pub(crate) const ACCENT: Color = Color::of(Role::Accent);
/// Text and icons on the accent.
pub(crate) const ON_ACCENT: Color = Color::of(Role::OnAccent);
pub(crate) const DANGER: Color = Color::of(Role::Danger);
/// Red enough to read as text on dark.
pub(crate) const DANGER_TEXT: Color = Color::of(Role::DangerText);
pub(crate) const WARNING: Color = Color::of(Role::Warning);
pub(crate) const GOOD: Color = Color::of(Role::Good);
pub(crate) const WHITE: Color = Color::of(Role::White);
/// Behind captions.
pub(crate) const BEHIND: Color = Color::of(Role::Behind);

const PEOPLE: usize = 8;

/// The same colour for the same name, everywhere: behind initials, calm, dark enough for white text.
pub(crate) fn color_of(name: &str) -> Color {
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    Color::of(Role::Person((hash as usize % PEOPLE) as u8))
}

/// What the colours look like.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Palette {
    background: Rgba,
    surface: Rgba,
    raised: Rgba,
    line: Rgba,
    text: Rgba,
    quiet: Rgba,
    accent: Rgba,
    on_accent: Rgba,
    danger: Rgba,
    danger_text: Rgba,
    warning: Rgba,
    good: Rgba,
    behind: Rgba,
    people: [Rgba; PEOPLE],
}

impl Palette {
    /// A colour as this palette has it.
    pub fn resolve(&self, color: Color) -> Rgba {
        let mixed = color.mixed.into_iter().flatten();
        let solid = mixed.fold(self.role(color.role), |under, (role, share)| under.mixed(self.role(role), share));
        Rgba { alpha: color.alpha, ..solid }
    }

    fn role(&self, role: Role) -> Rgba {
        match role {
            Role::Background => self.background,
            Role::Surface => self.surface,
            Role::Raised => self.raised,
            Role::Line => self.line,
            Role::Text => self.text,
            Role::Quiet => self.quiet,
            Role::Accent => self.accent,
            Role::OnAccent => self.on_accent,
            Role::Danger => self.danger,
            Role::DangerText => self.danger_text,
            Role::Warning => self.warning,
            Role::Good => self.good,
            Role::White => Rgba::hex(0xffffff),
            Role::Behind => self.behind,
            Role::Person(index) => self.people[usize::from(index) % PEOPLE],
        }
    }
}

/// Calm and dark, for rooms in which people look at each other.
pub(crate) static CALM: Palette = Palette {
    background: Rgba::hex(0x0f1720),
    surface: Rgba::hex(0x1a2531),
    raised: Rgba::hex(0x263444),
    line: Rgba::hex(0x33445a),
    text: Rgba::hex(0xf3f6fa),
    quiet: Rgba::hex(0xaab7c8),
    accent: Rgba::hex(0x6a8cff),
    on_accent: Rgba::hex(0x0a1226),
    danger: Rgba::hex(0xce2f3b),
    danger_text: Rgba::hex(0xff8a8f),
    warning: Rgba::hex(0xf5b94f),
    good: Rgba::hex(0x4ecb8d),
    behind: Rgba::hex(0x080c12),
    people: [
        Rgba::hex(0x3d5a99),
        Rgba::hex(0x2f6f73),
        Rgba::hex(0x6b4f93),
        Rgba::hex(0x8a4b5e),
        Rgba::hex(0x3c7050),
        Rgba::hex(0x7a5a34),
        Rgba::hex(0x4d6378),
        Rgba::hex(0x934a3c),
    ],
};

/// For a display nobody looks at: dark enough to forget, light enough to read in passing.
pub(crate) static DIMMED: Palette = Palette {
    background: Rgba::hex(0x000000),
    surface: Rgba::hex(0x000000),
    raised: Rgba::hex(0x10151b),
    line: Rgba::hex(0x2a3440),
    text: Rgba::hex(0x8d97a3),
    quiet: Rgba::hex(0x79828d),
    accent: Rgba::hex(0x6a80c8),
    warning: Rgba::hex(0xa58247),
    good: Rgba::hex(0x3f9a6d),
    danger_text: Rgba::hex(0xb06a6e),
    behind: Rgba::hex(0x000000),
    ..CALM
};

/// For people who see little contrast: text at 7:1 and more, and what can be pressed has a bright edge.
pub(crate) static HIGH_CONTRAST: Palette = Palette {
    background: Rgba::hex(0x000000),
    surface: Rgba::hex(0x000000),
    raised: Rgba::hex(0x151b22),
    line: Rgba::hex(0xdce4ee),
    text: Rgba::hex(0xffffff),
    quiet: Rgba::hex(0xe3e9f1),
    accent: Rgba::hex(0x9db8ff),
    on_accent: Rgba::hex(0x000000),
    danger: Rgba::hex(0x98101d),
    danger_text: Rgba::hex(0xffb5b8),
    warning: Rgba::hex(0xffd27a),
    good: Rgba::hex(0x7cf0b4),
    behind: Rgba::hex(0x000000),
    people: [
        Rgba::hex(0x2a427a),
        Rgba::hex(0x1d5256),
        Rgba::hex(0x503775),
        Rgba::hex(0x6a3446),
        Rgba::hex(0x28543a),
        Rgba::hex(0x5c4120),
        Rgba::hex(0x384a5c),
        Rgba::hex(0x70332a),
    ],
};
