//! The few colours of every screen.

use embedded_graphics::pixelcolor::Rgb888;

/// A colour with straight alpha.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Color {
    pub red: u8,
    pub green: u8,
    pub blue: u8,
    pub alpha: u8,
}

impl Color {
    const fn hex(value: u32) -> Color {
        Color { red: (value >> 16) as u8, green: (value >> 8) as u8, blue: value as u8, alpha: 255 }
    }

    pub const fn with_alpha(self, alpha: u8) -> Color {
        Color { alpha, ..self }
    }

    /// This colour with `share` percent of `other` mixed in.
    pub fn mixed(self, other: Color, share: u16) -> Color {
        let mix = |a: u8, b: u8| ((u16::from(a) * (100 - share) + u16::from(b) * share) / 100) as u8;
        Color {
            red: mix(self.red, other.red),
            green: mix(self.green, other.green),
            blue: mix(self.blue, other.blue),
            alpha: self.alpha,
        }
    }
}

impl From<Color> for Rgb888 {
    fn from(color: Color) -> Rgb888 {
        Rgb888::new(color.red, color.green, color.blue)
    }
}

impl From<Color> for tiny_skia::Color {
    fn from(color: Color) -> tiny_skia::Color {
        tiny_skia::Color::from_rgba8(color.red, color.green, color.blue, color.alpha)
    }
}

pub(crate) const BACKGROUND: Color = Color::hex(0x0f1720);
pub(crate) const SURFACE: Color = Color::hex(0x1a2531);
pub(crate) const RAISED: Color = Color::hex(0x263444);
pub(crate) const LINE: Color = Color::hex(0x33445a);
pub(crate) const TEXT: Color = Color::hex(0xf3f6fa);
/// For what matters less; still far above 4.5:1 on every surface.
pub(crate) const QUIET: Color = Color::hex(0xaab7c8);
pub(crate) const ACCENT: Color = Color::hex(0x6a8cff);
/// Text and icons on the accent.
pub(crate) const ON_ACCENT: Color = Color::hex(0x0a1226);
pub(crate) const DANGER: Color = Color::hex(0xce2f3b);
/// Red enough to read as text on dark.
pub(crate) const DANGER_TEXT: Color = Color::hex(0xff8a8f);
pub(crate) const WARNING: Color = Color::hex(0xf5b94f);
pub(crate) const GOOD: Color = Color::hex(0x4ecb8d);
pub(crate) const WHITE: Color = Color::hex(0xffffff);

/// Behind initials: calm, dark enough for white text.
pub(crate) const PEOPLE: [Color; 8] = [
    Color::hex(0x3d5a99),
    Color::hex(0x2f6f73),
    Color::hex(0x6b4f93),
    Color::hex(0x8a4b5e),
    Color::hex(0x3c7050),
    Color::hex(0x7a5a34),
    Color::hex(0x4d6378),
    Color::hex(0x934a3c),
];

/// The same colour for the same name, everywhere.
pub(crate) fn color_of(name: &str) -> Color {
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    PEOPLE[hash as usize % PEOPLE.len()]
}
