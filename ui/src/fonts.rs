//! Letters: fonts handed in as bytes, shaped text, and glyph pictures, all cached.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cosmic_text::{
    Attrs, Buffer, Ellipsize, EllipsizeHeightLimit, Family, FeatureTag, FontFeatures, FontSystem, LayoutGlyph, Metrics,
    Shaping, SwashCache, SwashImage, Wrap, fontdb,
};

use crate::text::{Align, Elide, Text, Weight};

/// Shaped texts kept; a screen shows fewer than a hundred.
const SHAPED_MAX: usize = 1024;
/// Glyph pictures kept, at most about 10 MB.
const GLYPHS_MAX: usize = 4096;
const LINE_HEIGHT: f32 = 1.28;
/// Letters smaller than this, in layout units, are nothing: a screen of a pixel or two has no room for words, and laying out
/// lines without a height never ends.
const SIZE_MIN: f32 = 0.5;

/// Why fonts cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FontError {
    /// No file was given.
    #[error("no font was given")]
    NoFont,
    /// A file holds no font we can read.
    #[error("font file {index} holds no readable OpenType font")]
    Unreadable {
        /// The file's place in the list given, from 0.
        index: usize,
    },
}

/// The fonts of every screen. Cloning shares them and their caches.
#[derive(Clone)]
pub struct Fonts {
    shared: Arc<Mutex<Shared>>,
}

struct Shared {
    system: FontSystem,
    family: String,
    glyphs: SwashCache,
    shaped: HashMap<Key, Arc<Shaped>>,
}

#[derive(PartialEq, Eq, Hash)]
struct Key {
    content: String,
    size: u32,
    weight: Weight,
    width: u32,
    lines: u8,
    elide: Elide,
    tabular: bool,
    balanced: bool,
}

/// Text broken into lines of placed glyphs, in layout units from its own top left.
pub(crate) struct Shaped {
    lines: Vec<Line>,
    /// Of the longest line.
    pub width: f32,
    pub height: f32,
}

struct Line {
    glyphs: Vec<LayoutGlyph>,
    baseline: f32,
    width: f32,
}

impl Line {
    /// A space at the start, left over from where the line before was broken, does not count.
    fn new(text: &str, glyphs: &[LayoutGlyph], baseline: f32, width: f32) -> Line {
        let is_space = |glyph: &&LayoutGlyph| text.get(glyph.start..glyph.end) == Some(" ");
        let spaces = glyphs.iter().take_while(is_space).count();
        let indent: f32 = glyphs[..spaces].iter().map(|glyph| glyph.w).sum();
        let mut glyphs = glyphs[spaces..].to_vec();
        // What is written from the right stands at the right of the width it was given: where it goes is ours to say.
        let left = glyphs.iter().map(|glyph| glyph.x).reduce(f32::min).unwrap_or_default();
        for glyph in &mut glyphs {
            glyph.x -= left;
        }
        Line { glyphs, baseline, width: width - indent }
    }
}

impl Fonts {
    /// Reads OpenType files. The first file's family is used in its weights regular, medium, semi-bold
    /// and bold; further families serve for letters the first lacks.
    ///
    /// # Errors
    /// When there is no file, or one that holds no font.
    pub fn new(files: Vec<impl AsRef<[u8]> + Send + Sync + 'static>) -> Result<Fonts, FontError> {
        let mut database = fontdb::Database::new();
        for (index, file) in files.into_iter().enumerate() {
            if database.load_font_source(fontdb::Source::Binary(Arc::new(file))).is_empty() {
                return Err(FontError::Unreadable { index });
            }
        }
        let first = database.faces().next().and_then(|face| face.families.first());
        let family = first.map(|(name, _)| name.clone()).ok_or(FontError::NoFont)?;
        let shared = Shared {
            system: FontSystem::new_with_locale_and_db("fr".to_owned(), database),
            family,
            glyphs: SwashCache::new(),
            shaped: HashMap::new(),
        };
        Ok(Fonts { shared: Arc::new(Mutex::new(shared)) })
    }

    /// Forgets every text that was shaped.
    pub fn forget(&self) {
        self.lock().shaped = HashMap::new();
    }

    /// Shapes text into lines no wider than `width`, where words allow it.
    pub(crate) fn shape(&self, text: &Text, width: f32) -> Arc<Shaped> {
        let mut shared = self.lock();
        let key = Key {
            content: text.content.clone(),
            size: text.size.to_bits(),
            weight: text.weight,
            width: width.to_bits(),
            lines: text.lines,
            elide: text.elide,
            tabular: text.tabular,
            balanced: text.is_balanced(),
        };
        if let Some(shaped) = shared.shaped.get(&key) {
            return Arc::clone(shaped);
        }
        if shared.shaped.len() >= SHAPED_MAX {
            shared.shaped.clear();
        }
        let shaped = Arc::new(shared.shape(text, width));
        shared.shaped.insert(key, Arc::clone(&shaped));
        shaped
    }

    /// How wide one line of this text is when nothing limits it.
    pub(crate) fn width(&self, text: &Text) -> f32 {
        let line = Text { lines: 1, elide: Elide::Never, ..text.clone() };
        // A hair more, so that the same text shaped to this width is not taken for too long.
        self.shape(&line, f32::MAX).width.ceil() + 1.0
    }

    /// Hands the picture of every glyph to `paint`, with the pixel its top left falls on.
    pub(crate) fn paint(
        &self,
        shaped: &Shaped,
        align: Align,
        (left, top, width): (f32, f32, f32),
        scale: f32,
        mut paint: impl FnMut(i32, i32, &SwashImage),
    ) {
        let mut shared = self.lock();
        let Shared { system, glyphs, .. } = &mut *shared;
        if glyphs.image_cache.len() > GLYPHS_MAX {
            glyphs.image_cache.clear();
        }
        for line in &shaped.lines {
            let spare = width - line.width;
            let x = left + if align == Align::Centre { spare / 2.0 } else { f32::from(align == Align::Right) * spare };
            let baseline = ((top + line.baseline) * scale).round();
            for glyph in &line.glyphs {
                let placed = glyph.physical((x * scale, baseline), scale);
                if let Some(image) = glyphs.get_image(system, placed.cache_key) {
                    paint(placed.x + image.placement.left, placed.y - image.placement.top, image);
                }
            }
        }
    }

    // A panic elsewhere leaves at worst a cache entry missing: carry on drawing.
    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    fn shape(&mut self, text: &Text, width: f32) -> Shaped {
        // Also when it is not a number.
        if text.size.is_nan() || text.size < SIZE_MIN {
            return Shaped { lines: Vec::new(), width: 0.0, height: 0.0 };
        }
        let line_height = text.size * LINE_HEIGHT;
        let mut features = FontFeatures::new();
        if text.tabular {
            features.enable(FeatureTag::new(b"tnum"));
        }
        let attributes = Attrs::new()
            .family(Family::Name(&self.family))
            .weight(fontdb::Weight(text.weight as u16))
            .font_features(features);
        let mut buffer = Buffer::new_empty(Metrics::new(text.size, line_height));
        let limit = EllipsizeHeightLimit::Lines(usize::from(text.lines));
        let (wrap, ellipsis) = match (text.lines, text.elide) {
            (1, Elide::Never) => (Wrap::None, Ellipsize::None),
            (_, Elide::Never) => (Wrap::Word, Ellipsize::None),
            (1, Elide::Start) => (Wrap::None, Ellipsize::Start(limit)),
            (_, Elide::Start) => (Wrap::WordOrGlyph, Ellipsize::Start(limit)),
            (1, Elide::End) => (Wrap::None, Ellipsize::End(limit)),
            (_, Elide::End) => (Wrap::WordOrGlyph, Ellipsize::End(limit)),
        };
        buffer.set_wrap(wrap);
        // Several lines are shortened only when they must be: with an ellipsis in mind, words break less well.
        buffer.set_ellipsize(if text.lines == 1 { ellipsis } else { Ellipsize::None });
        buffer.set_size((width < f32::MAX).then_some(width), None);
        buffer.set_text(&text.content, &attributes, Shaping::Advanced, None);
        buffer.shape_until_scroll(&mut self.system, false);
        if buffer.layout_runs().count() > usize::from(text.lines) {
            buffer.set_ellipsize(ellipsis);
            buffer.shape_until_scroll(&mut self.system, false);
        }
        if text.is_balanced() && buffer.ellipsize() == Ellipsize::None {
            self.balance(&mut buffer, width);
        }
        let lines: Vec<Line> =
            buffer.layout_runs().map(|run| Line::new(run.text, run.glyphs, run.line_y, run.line_w)).collect();
        let width = lines.iter().fold(0.0_f32, |widest, line| widest.max(line.width));
        let height = lines.len() as f32 * line_height;
        Shaped { lines, width, height }
    }

    /// Narrows a text to lines of about equal length, so that no word stands alone on the last.
    fn balance(&mut self, buffer: &mut Buffer, width: f32) {
        let lines = buffer.layout_runs().count();
        let (mut too_narrow, mut enough) = (width / lines.max(1) as f32 * 0.8, width);
        while lines > 1 && enough - too_narrow > 8.0 {
            let tried = (too_narrow + enough) / 2.0;
            buffer.set_size(Some(tried), None);
            buffer.shape_until_scroll(&mut self.system, false);
            let fits = buffer.layout_runs().all(|run| run.line_w <= tried);
            if fits && buffer.layout_runs().count() == lines { enough = tried } else { too_narrow = tried }
        }
        buffer.set_size(Some(enough), None);
        buffer.shape_until_scroll(&mut self.system, false);
    }
}

#[cfg(test)]
impl Shaped {
    pub fn line_count(&self) -> usize {
        self.lines.len()
    }

    /// From the leftmost glyph's left to the rightmost's right.
    pub fn extent(&self) -> (f32, f32) {
        let glyphs = || self.lines.iter().flat_map(|line| &line.glyphs);
        let left = glyphs().map(|glyph| glyph.x).fold(f32::MAX, f32::min);
        (left, glyphs().map(|glyph| glyph.x + glyph.w).fold(0.0, f32::max))
    }

    /// Whether a letter is in none of the fonts.
    pub fn lacks_letters(&self) -> bool {
        self.lines.iter().flat_map(|line| &line.glyphs).any(|glyph| glyph.glyph_id == 0)
    }
}
