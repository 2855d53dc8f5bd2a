//! A rectangle of pixels to draw on: a part of a screen, or a small picture of its own.

use core::convert::Infallible;

use cosmic_text::{SwashContent, SwashImage};
use embedded_graphics::Pixel;
use embedded_graphics::geometry::Dimensions;
use embedded_graphics::pixelcolor::{Rgb888, RgbColor};
use embedded_graphics::prelude::{DrawTarget, Drawable, Point, Primitive, Size};
use embedded_graphics::primitives::{PrimitiveStyle, Rectangle};
use tiny_skia::{FillRule, LineCap, LineJoin, Paint, Path, PathBuilder, PathSegment, Pixmap, Stroke, Transform};

use crate::fonts::Fonts;
use crate::geometry::{Area, Rect};
use crate::icon::Icon;
use crate::style::{Color, Palette, Rgba};
use crate::text::Text;

/// Pixels of one region of a screen, premultiplied; what falls outside is not drawn.
pub(crate) struct Canvas {
    region: Rect,
    /// Pixels per layout unit.
    scale: f32,
    palette: &'static Palette,
    pixmap: Pixmap,
}

impl Canvas {
    /// A transparent canvas; `None` for a region without pixels.
    pub fn new(region: Rect, scale: f32, palette: &'static Palette) -> Option<Canvas> {
        Some(Canvas { region, scale, palette, pixmap: Pixmap::new(region.width, region.height)? })
    }

    pub fn clear(&mut self, color: Color) {
        self.pixmap.fill(self.palette.resolve(color).into());
    }

    /// The premultiplied pixels, row by row.
    pub fn pixels(&self) -> &[u8] {
        self.pixmap.data()
    }

    /// A rectangle with rounded corners; an opaque one without is filled to whole pixels.
    pub fn fill(&mut self, area: Area, radius: f32, color: Color) {
        if radius <= 0.0 && color.alpha == u8::MAX {
            let Rect { x, y, width, height } = area.pixels(self.scale);
            let rectangle = Rectangle::new(Point::new(x, y), Size::new(width, height));
            let color = Rgb888::from(self.palette.resolve(color));
            let Ok(()) = rectangle.into_styled(PrimitiveStyle::with_fill(color)).draw(self);
        } else if let Some(path) = rounded(area, radius) {
            self.fill_path(&path, color, Transform::identity());
        }
    }

    /// A line along the inside of a rectangle's edge.
    pub fn outline(&mut self, area: Area, radius: f32, width: f32, color: Color) {
        let inside = area.inset(width / 2.0, width / 2.0);
        if let Some(path) = rounded(inside, radius - width / 2.0) {
            self.stroke_path(&path, width, color, Transform::identity());
        }
    }

    /// An icon filling a square; `slash` strikes it through, kept apart from it by the given colour
    /// of the background.
    pub fn icon(&mut self, icon: Icon, area: Area, color: Color, slash: Option<Color>) {
        let unit = area.width.min(area.height) / Icon::GRID;
        let place = Transform::from_row(unit, 0.0, 0.0, unit, area.x, area.y);
        let drawing = icon.drawing();
        if let Some(path) = drawing.filled {
            self.fill_path(&path, color, place);
        }
        if let Some(path) = drawing.stroked {
            self.stroke_path(&path, Icon::STROKE, color, place);
        }
        if let (Some(behind), Some(path)) = (slash, Icon::slash()) {
            self.stroke_path(&path, Icon::STROKE * 2.8, behind, place);
            self.stroke_path(&path, Icon::STROKE, color, place);
        }
    }

    /// Text in its area, see [`Text`].
    pub fn text(&mut self, fonts: &Fonts, text: &Text, area: Area) {
        let shaped = fonts.shape(text, area.width);
        let top = if text.at_top { area.y } else { area.y + (area.height - shaped.height) / 2.0 };
        let (scale, color) = (self.scale, self.palette.resolve(text.color));
        fonts.paint(&shaped, text.align, (area.x, top, area.width), scale, |x, y, image| {
            self.glyph(x, y, image, color);
        });
    }

    fn glyph(&mut self, left: i32, top: i32, image: &SwashImage, color: Rgba) {
        let (width, height) = (image.placement.width as i32, image.placement.height as i32);
        let bytes_per_pixel = match image.content {
            SwashContent::Mask => 1,
            SwashContent::Color => 4,
            // Never asked for: glyphs are rendered as plain masks.
            SwashContent::SubpixelMask => return,
        };
        for (row, data) in image.data.chunks_exact(width.max(1) as usize * bytes_per_pixel).enumerate() {
            let y = top + row as i32 - self.region.y;
            if row as i32 >= height || y < 0 || y >= self.region.height as i32 {
                continue;
            }
            for (column, source) in data.chunks_exact(bytes_per_pixel).enumerate() {
                let x = left + column as i32 - self.region.x;
                if x < 0 || x >= self.region.width as i32 {
                    continue;
                }
                let at = (y as usize * self.region.width as usize + x as usize) * 4;
                let Some(pixel) = self.pixmap.data_mut().get_mut(at..at + 4) else { continue };
                match *source {
                    [0] | [_, _, _, 0] => {}
                    [coverage] => blend(pixel, color, coverage),
                    [red, green, blue, alpha] => blend(pixel, Rgba { red, green, blue, alpha }, color.alpha),
                    _ => {}
                }
            }
        }
    }

    fn fill_path(&mut self, path: &Path, color: Color, place: Transform) {
        let Some(path) = snapped(path, place.post_scale(self.scale, self.scale)) else { return };
        let to_region = Transform::from_translate(-self.region.x as f32, -self.region.y as f32);
        let mut paint = Paint { anti_alias: true, ..Paint::default() };
        paint.set_color(self.palette.resolve(color).into());
        self.pixmap.fill_path(&path, &paint, FillRule::Winding, to_region, None);
    }

    fn stroke_path(&mut self, path: &Path, width: f32, color: Color, place: Transform) {
        let stroke = Stroke { width, line_cap: LineCap::Round, line_join: LineJoin::Round, ..Stroke::default() };
        let (across, _) = place.get_scale();
        if let Some(outline) = path.stroke(&stroke, across * self.scale) {
            self.fill_path(&outline, color, place);
        }
    }
}

/// Solid colours in pixels of the whole screen, so that embedded-graphics can draw on any region.
impl DrawTarget for Canvas {
    type Color = Rgb888;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<Rgb888>>>(&mut self, pixels: I) -> Result<(), Infallible> {
        let visible = self.bounding_box();
        for Pixel(point, color) in pixels {
            if visible.contains(point) {
                self.fill_solid(&Rectangle::new(point, Size::new(1, 1)), color)?;
            }
        }
        Ok(())
    }

    fn fill_solid(&mut self, area: &Rectangle, color: Rgb888) -> Result<(), Infallible> {
        let visible = area.intersection(&self.bounding_box());
        let stride = self.region.width as usize * 4;
        let left = (visible.top_left.x - self.region.x).max(0) as usize * 4;
        let top = (visible.top_left.y - self.region.y).max(0) as usize;
        let bytes = visible.size.width as usize * 4;
        let rows = self.pixmap.data_mut().chunks_exact_mut(stride).skip(top).take(visible.size.height as usize);
        for row in rows {
            for pixel in row[left..left + bytes].chunks_exact_mut(4) {
                pixel.copy_from_slice(&[color.r(), color.g(), color.b(), u8::MAX]);
            }
        }
        Ok(())
    }
}

impl Dimensions for Canvas {
    fn bounding_box(&self) -> Rectangle {
        let Rect { x, y, width, height } = self.region;
        Rectangle::new(Point::new(x, y), Size::new(width, height))
    }
}

/// A path in pixels of the screen, its points on a grid so fine that nobody sees it. A region's offset
/// then leaves no rounding: a shape looks the same whichever part of the screen is redrawn.
fn snapped(path: &Path, to_screen: Transform) -> Option<Path> {
    let snap = |mut point: tiny_skia::Point| {
        to_screen.map_point(&mut point);
        ((point.x * 256.0).round() / 256.0, (point.y * 256.0).round() / 256.0)
    };
    let mut snapped = PathBuilder::with_capacity(path.len(), path.points().len());
    for segment in path.segments() {
        match segment {
            PathSegment::MoveTo(to) => {
                let (x, y) = snap(to);
                snapped.move_to(x, y);
            }
            PathSegment::LineTo(to) => {
                let (x, y) = snap(to);
                snapped.line_to(x, y);
            }
            PathSegment::QuadTo(by, to) => {
                let ((x1, y1), (x, y)) = (snap(by), snap(to));
                snapped.quad_to(x1, y1, x, y);
            }
            PathSegment::CubicTo(first, second, to) => {
                let ((x1, y1), (x2, y2), (x, y)) = (snap(first), snap(second), snap(to));
                snapped.cubic_to(x1, y1, x2, y2, x, y);
            }
            PathSegment::Close => snapped.close(),
        }
    }
    snapped.finish()
}

/// Lays a colour over a premultiplied pixel.
fn blend(pixel: &mut [u8], color: Rgba, coverage: u8) {
    let alpha = u32::from(color.alpha) * u32::from(coverage) / 255;
    let over = |new: u8, old: u8| ((u32::from(new) * alpha + u32::from(old) * (255 - alpha) + 127) / 255) as u8;
    let new = [color.red, color.green, color.blue, u8::MAX];
    for (old, new) in pixel.iter_mut().zip(new) {
        *old = over(new, *old);
    }
}

/// A rectangle whose corners are quarter circles.
fn rounded(area: Area, radius: f32) -> Option<Path> {
    let radius = radius.min(area.width.min(area.height) / 2.0).max(0.0);
    // How far a cubic's handle reaches to follow a quarter circle.
    let reach = radius * 0.447_715;
    let (left, top, right, bottom) = (area.x, area.y, area.right(), area.bottom());
    let mut path = PathBuilder::new();
    path.move_to(left + radius, top);
    path.line_to(right - radius, top);
    path.cubic_to(right - reach, top, right, top + reach, right, top + radius);
    path.line_to(right, bottom - radius);
    path.cubic_to(right, bottom - reach, right - reach, bottom, right - radius, bottom);
    path.line_to(left + radius, bottom);
    path.cubic_to(left + reach, bottom, left, bottom - reach, left, bottom - radius);
    path.line_to(left, top + radius);
    path.cubic_to(left, top + reach, left + reach, top, left + radius, top);
    path.close();
    path.finish()
}
