//! The pixels of a screen, kept in step with its scene by redrawing only what changed.

use room::view::Appearance;

use crate::canvas::Canvas;
use crate::fonts::Fonts;
use crate::frame::Frame;
use crate::geometry::Rect;
use crate::scene::Scene;
use crate::style::{BACKGROUND, CALM, DIMMED, HIGH_CONTRAST, Palette};

/// What a drawing changed on a screen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Damage {
    regions: Vec<Rect>,
}

impl Damage {
    /// Whether not a single region was redrawn.
    pub fn is_empty(&self) -> bool {
        self.regions.is_empty()
    }

    /// The redrawn regions; they do not overlap.
    pub fn regions(&self) -> &[Rect] {
        &self.regions
    }

    /// Adds a region; those it overlaps become one with it.
    fn add(&mut self, mut region: Rect) {
        while let Some(index) = self.regions.iter().position(|other| other.overlaps(&region)) {
            region = region.union(&self.regions.swap_remove(index));
        }
        self.regions.push(region);
    }
}

pub(crate) struct Surface {
    fonts: Fonts,
    size: (u32, u32),
    /// The size layouts are designed for, in layout units.
    designed: (f32, f32),
    /// Pixels a millimetre, where that is known.
    density: Option<f32>,
    scale: f32,
    palette: &'static Palette,
    /// Nobody is there to look.
    dimmed: bool,
    /// There is a frame around everything.
    framed: bool,
    /// Fingers have to find what is on it.
    is_touched: bool,
    pixels: Vec<u8>,
    shown: Option<Scene>,
}

/// What a finger needs (EN 301 549 names no size; ISO 9241-411 and the makers' guidelines 9 mm), in millimetres.
const FINGER_MM: f32 = 9.0;
/// The least width and height of what can be pressed, in layout units.
pub(crate) const FINGER: f32 = 80.0;
/// How many times larger everything is for people who asked for large text.
const LARGE: f32 = 1.25;

impl Surface {
    /// A screen of this size, whose layouts were designed for `designed`.
    pub fn new(size: (u32, u32), designed: (f32, f32), fonts: Fonts) -> Surface {
        let black = [0, 0, 0, u8::MAX].repeat(size.0 as usize * size.1 as usize);
        let scale = scale(size, designed);
        Surface {
            fonts,
            size,
            designed,
            density: None,
            scale,
            palette: &CALM,
            dimmed: false,
            framed: false,
            is_touched: false,
            pixels: black,
            shown: None,
        }
    }

    /// A screen of another size, at which everything is drawn anew.
    pub fn resize(&mut self, size: (u32, u32)) {
        let (designed, fonts, density) = (self.designed, self.fonts.clone(), self.density);
        *self = Surface {
            density,
            is_touched: self.is_touched,
            palette: self.palette,
            ..Surface::new(size, designed, fonts)
        };
    }

    /// Makes what can be pressed large enough for a finger on a screen of so many pixels a millimetre.
    pub fn set_density(&mut self, pixels_per_mm: f32) {
        self.density = (pixels_per_mm.is_finite() && pixels_per_mm > 0.0).then_some(pixels_per_mm);
    }

    /// Draws everything so from now on.
    pub fn set_appearance(&mut self, appearance: Appearance) {
        let palette = match appearance {
            _ if self.dimmed => &DIMMED,
            Appearance { high_contrast: true, .. } => &HIGH_CONTRAST,
            Appearance { high_contrast: false, .. } => &CALM,
        };
        let designed = self.designed_scale();
        let for_fingers = self.density.map_or(1.0, |density| FINGER_MM * density / (FINGER * designed));
        // What can be pressed is no smaller for a frame.
        let least = if self.is_touched { scale(self.size, self.designed) / designed } else { 1.0 };
        let scale = designed * if appearance.large_text { LARGE } else { for_fingers.clamp(least, LARGE) };
        if (palette, scale) != (self.palette, self.scale) {
            (self.palette, self.scale, self.shown) = (palette, scale, None);
        }
    }

    /// Draws everything dark from the next appearance on, or no longer.
    pub fn set_dimmed(&mut self, dimmed: bool) {
        self.dimmed = dimmed;
    }

    /// A screen on which things are pressed.
    pub fn touched(self) -> Surface {
        Surface { is_touched: true, ..self }
    }

    /// Leaves room for a frame from the next appearance on, or no longer.
    pub fn set_framed(&mut self, framed: bool) {
        self.framed = framed;
    }

    /// The frame, as thick in pixels however large the rest is.
    pub fn frame(&self) -> Option<Frame> {
        let as_designed = self.designed_scale() / self.scale;
        self.framed.then(|| Frame::designed(self.designed).times(as_designed))
    }

    /// With everything as large as it was designed.
    fn designed_scale(&self) -> f32 {
        let designed = self.designed;
        scale(self.size, if self.framed { Frame::designed(designed).around(designed) } else { designed })
    }

    pub fn fonts(&self) -> &Fonts {
        &self.fonts
    }

    pub fn size(&self) -> (u32, u32) {
        self.size
    }

    pub fn scale(&self) -> f32 {
        self.scale
    }

    /// Width and height in layout units.
    pub fn extent(&self) -> (f32, f32) {
        (self.size.0 as f32 / self.scale, self.size.1 as f32 / self.scale)
    }

    #[cfg(test)]
    pub fn palette(&self) -> &'static Palette {
        self.palette
    }

    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// Shows this scene instead of the last one.
    pub fn show(&mut self, scene: Scene) -> Damage {
        let mut damage = Damage::default();
        match &self.shown {
            None => damage.add(Rect { x: 0, y: 0, width: self.size.0, height: self.size.1 }),
            Some(before) => {
                let changed = scene.changes(before).into_iter();
                changed.filter_map(|area| area.pixels(self.scale).clipped(self.size)).for_each(|rect| damage.add(rect));
            }
        }
        for region in &damage.regions {
            self.redraw(*region, &scene);
        }
        self.shown = Some(scene);
        damage
    }

    fn redraw(&mut self, region: Rect, scene: &Scene) {
        let Some(mut canvas) = Canvas::new(region, self.scale, self.palette) else { return };
        canvas.clear(BACKGROUND);
        for widget in scene.widgets.iter().filter(|widget| widget.area.pixels(self.scale).overlaps(&region)) {
            widget.draw(&mut canvas, &self.fonts);
        }
        let (stride, bytes) = (self.size.0 as usize * 4, region.width as usize * 4);
        let rows = self.pixels.chunks_exact_mut(stride).skip(region.y as usize);
        for (row, drawn) in rows.zip(canvas.pixels().chunks_exact(bytes)) {
            row[region.x as usize * 4..][..bytes].copy_from_slice(drawn);
        }
    }
}

/// Pixels per layout unit, where everything designed is to be seen.
fn scale(size: (u32, u32), designed: (f32, f32)) -> f32 {
    (size.0 as f32 / designed.0).min(size.1 as f32 / designed.1).max(f32::EPSILON)
}
