//! The pixels of a screen, kept in step with its scene by redrawing only what changed.

use crate::canvas::Canvas;
use crate::fonts::Fonts;
use crate::geometry::Rect;
use crate::scene::Scene;
use crate::style::BACKGROUND;

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
    scale: f32,
    pixels: Vec<u8>,
    shown: Option<Scene>,
}

impl Surface {
    /// A screen of this size, whose layouts were designed for `designed`.
    pub fn new(size: (u32, u32), designed: (f32, f32), fonts: Fonts) -> Surface {
        let scale = (size.0 as f32 / designed.0).min(size.1 as f32 / designed.1);
        let pixels =
            [BACKGROUND.red, BACKGROUND.green, BACKGROUND.blue, u8::MAX].repeat(size.0 as usize * size.1 as usize);
        Surface { fonts, size, scale: scale.max(f32::EPSILON), pixels, shown: None }
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
        let Some(mut canvas) = Canvas::new(region, self.scale) else { return };
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
