//! The display thread: composes the scene when something changed, and only what changed.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer_video as gst_video;
use gstreamer_video::prelude::*;

use crate::canvas::{Area, Canvas, Planes};
use crate::capture::{CaptureHub, next_serial};
use crate::counters::{Tally, count};
use crate::mailbox::lock;
use crate::raw::{Converter, RawPicture, colours, rgba};
use crate::remote_video::VideoTrack;
use crate::scene::{DisplayPicture, Picture, Rect, Scene, Tile, TileSource};
use crate::types::TrackKey;
use crate::worker::{Pace, Stop, Worker};

/// Between a label and its tile's edges.
const LABEL_MARGIN: usize = 16;

/// The remote pictures there are.
pub(crate) type Tracks = Mutex<BTreeMap<TrackKey, Arc<VideoTrack>>>;

/// What other threads change while the display thread works.
pub(crate) struct DisplayControl {
    /// The same for every display.
    pub tracks: Arc<Tracks>,
    scene: Mutex<(u64, Arc<Scene>)>,
    /// What is on the display, and its number. Held while it is drawn on, which is not long.
    canvas: Mutex<(u64, Canvas)>,
    to_rgba: Mutex<Converter>,
}

impl DisplayControl {
    pub fn new((width, height): (u32, u32), tracks: Arc<Tracks>) -> DisplayControl {
        DisplayControl {
            tracks,
            scene: Mutex::new((next_serial(), Arc::default())),
            canvas: Mutex::new((0, Canvas::new(width, height))),
            to_rgba: Mutex::default(),
        }
    }

    pub fn set_scene(&self, scene: Scene) {
        let mut current = lock(&self.scene);
        if *current.1 != scene {
            *current = (next_serial(), Arc::new(scene));
        }
    }

    /// The newest composed picture in red, green, blue and alpha.
    pub fn picture(&self) -> DisplayPicture {
        let (serial, canvas) = lock(&self.canvas).clone();
        let (width, height) = (canvas.width as u32, canvas.height as u32);
        let pixels = self.convert(&canvas).unwrap_or_else(|| vec![0; canvas.width * canvas.height * 4]);
        DisplayPicture { width, height, rgba: pixels, serial }
    }

    fn convert(&self, canvas: &Canvas) -> Option<Vec<u8>> {
        let (width, height) = (canvas.width, canvas.height);
        let from = gst_video::VideoInfo::builder(gst_video::VideoFormat::I420, width as u32, height as u32)
            .colorimetry(&colours())
            .offset(&[0, width * height, width * height * 5 / 4])
            .stride(&[width as i32, width as i32 / 2, width as i32 / 2])
            .build()
            .ok()?;
        let to = rgba(width as u32, height as u32)?;
        let buffer = gst::Buffer::from_slice([&canvas.luma[..], &canvas.blue, &canvas.red].concat());
        let converted = lock(&self.to_rgba).convert(&buffer, &from, &to, None)?;
        converted.map_readable().ok().map(|data| data.to_vec())
    }
}

/// Starts the display thread.
pub(crate) fn start(
    name: &'static str,
    control: Arc<DisplayControl>,
    screen: Option<Arc<dyn hal::PictureSink>>,
    hub: Arc<CaptureHub>,
    content: Arc<CaptureHub>,
    fps: u32,
    tally: Arc<Tally>,
) -> std::io::Result<Worker> {
    Worker::spawn(name, move |stop| {
        let composer =
            Composer { control, screen, hub, content, tally, last: None, scalers: Vec::new(), art: Artwork::default() };
        composer.run(fps.max(1), &stop);
    })
}

struct Composer {
    control: Arc<DisplayControl>,
    screen: Option<Arc<dyn hal::PictureSink>>,
    hub: Arc<CaptureHub>,
    content: Arc<CaptureHub>,
    tally: Arc<Tally>,
    last: Option<OnCanvas>,
    /// One per tile, each remembers its sizes and its last result.
    scalers: Vec<Scaler>,
    art: Artwork,
}

/// What is on the canvas, by serial.
#[derive(PartialEq, Eq)]
struct OnCanvas {
    scene: u64,
    /// By tile; 0 without a picture, and whether it is marked as standing still.
    pictures: Vec<(u64, bool)>,
}

#[derive(Default)]
struct Scaler {
    converter: Converter,
    done: Option<(u64, Area, gst::Buffer, gst_video::VideoInfo)>,
}

impl Composer {
    /// Looks twice as often as pictures come: one that just missed a look waits half as long, and
    /// what did not change is not drawn again.
    fn run(mut self, fps: u32, stop: &Stop) {
        let period = Duration::from_secs(1) / (2 * fps);
        let mut pace = Pace::new(Instant::now(), period);
        while stop.sleep_until(pace.next(Instant::now(), period)) {
            self.step(Instant::now());
        }
    }

    fn step(&mut self, now: Instant) {
        // This thread runs whatever the camera does.
        self.hub.look(now);
        self.content.look(now);
        let (revision, scene) = lock(&self.control.scene).clone();
        let tracks = lock(&self.control.tracks).clone();
        // Tracks nobody looks at must not keep their pictures waiting either.
        let due: BTreeMap<_, _> = tracks.iter().map(|(key, track)| (key, track.picture(now))).collect();
        let sources: Vec<Option<Arc<RawPicture>>> = scene
            .tiles
            .iter()
            .map(|tile| match &tile.source {
                TileSource::Track(key) => due.get(key).cloned().flatten(),
                TileSource::Own => self.hub.newest(),
                TileSource::Content => self.content.newest(),
                TileSource::None => None,
            })
            .collect();
        let is_still = |tile: &Tile| match &tile.source {
            TileSource::Track(key) if tile.still.is_some() => tracks.get(key).is_some_and(|track| track.is_still(now)),
            _ => false,
        };
        let pictures = scene.tiles.iter().zip(&sources).map(|(tile, source)| match source {
            Some(picture) => (picture.serial, is_still(tile)),
            None => (0, false),
        });
        let wanted = OnCanvas { scene: revision, pictures: pictures.collect() };
        if self.last.as_ref() == Some(&wanted) {
            return;
        }
        self.compose(&scene, &sources, &wanted);
        self.last = Some(wanted);
        count(&self.tally.composed);
        for (tile, source) in scene.tiles.iter().zip(&sources) {
            if let (TileSource::Track(key), true) = (&tile.source, source.is_some())
                && let Some(track) = tracks.get(key)
            {
                track.note_on_display();
            }
        }
    }

    fn compose(&mut self, scene: &Scene, sources: &[Option<Arc<RawPicture>>], wanted: &OnCanvas) {
        // A banner lies over everything through its alpha: what is below it must be fresh.
        let same_scene = scene.banner.is_none() && self.last.as_ref().is_some_and(|last| last.scene == wanted.scene);
        let stale = match &self.last {
            Some(last) if same_scene => stale(scene, &last.pictures, &wanted.pictures),
            _ => vec![true; scene.tiles.len()],
        };
        let control = self.control.clone();
        let mut held = lock(&control.canvas);
        let (serial, canvas) = &mut *held;
        if !same_scene {
            self.art.keep_only(scene);
            self.scalers.resize_with(scene.tiles.len(), Scaler::default);
            self.clear(canvas, scene);
        }
        for (index, (tile, source)) in scene.tiles.iter().zip(sources).enumerate() {
            if stale[index] {
                let is_still = wanted.pictures.get(index).is_some_and(|(_, is_still)| *is_still);
                self.draw_tile(canvas, index, tile, source.as_deref(), is_still);
            }
        }
        let whole = 0..canvas.height as u32;
        let rows = if same_scene { changed_rows(scene, &stale, canvas) } else { whole };
        if let Some(banner) = &scene.banner {
            let left = (canvas.width.saturating_sub(banner.width as usize) / 2) & !1;
            let place = Area { x: left, y: 0, width: canvas.width - left, height: canvas.height };
            self.art.draw(canvas, banner, place);
        }
        *serial = next_serial();
        if let Some(screen) = &self.screen
            && let Err(error) = screen.show([&canvas.luma, &canvas.blue, &canvas.red], rows)
        {
            tracing::debug!(%error, "the display does not show a picture");
        }
    }

    fn clear(&mut self, canvas: &mut Canvas, scene: &Scene) {
        canvas.clear();
        let whole = Area { x: 0, y: 0, width: canvas.width, height: canvas.height };
        if let (true, Some(background)) = (scene.tiles.is_empty(), &scene.background) {
            self.art.draw_fitted(canvas, background, whole);
        }
    }

    fn draw_tile(
        &mut self,
        canvas: &mut Canvas,
        index: usize,
        tile: &Tile,
        source: Option<&RawPicture>,
        is_still: bool,
    ) {
        let Some(area) = canvas.area(tile.rect) else { return };
        let Some(scaler) = self.scalers.get_mut(index) else { return };
        // What is drawn through alpha needs fresh ground.
        if source.is_none_or(|picture| area.fit(picture.info.width(), picture.info.height()) != area) {
            canvas.darken(area);
        }
        let drawn = source.is_some_and(|picture| scaler.draw(canvas, picture, area));
        match (drawn, &tile.placeholder) {
            (false, Some(placeholder)) => self.art.draw_fitted(canvas, placeholder, area),
            // As large as the tile, and not needed again soon.
            (true, Some(placeholder)) => self.art.forget(placeholder),
            (_, None) => {}
        }
        if let Some(label) = &tile.label {
            let height = (label.height as usize & !1).min(area.height);
            let left = LABEL_MARGIN.min(area.width - 2);
            let y = area.y + area.height.saturating_sub(height + LABEL_MARGIN);
            let place = Area { x: area.x + left, y, width: area.width - left, height: area.y + area.height - y };
            self.art.draw(canvas, label, place);
        }
        if let (true, Some(still)) = (is_still, &tile.still) {
            let inset = LABEL_MARGIN.min(area.width - 2).min(area.height - 2);
            let (width, height) = (area.width - inset, area.height - inset);
            self.art.draw(canvas, still, Area { x: area.x + inset, y: area.y + inset, width, height });
        }
        if tile.highlight {
            canvas.highlight(area);
        }
    }
}

/// Which tiles must be drawn again: those with another picture, and those that lie over one that is
/// drawn again.
fn stale<T: PartialEq>(scene: &Scene, before: &[T], after: &[T]) -> Vec<bool> {
    let mut stale: Vec<bool> = before.iter().zip(after).map(|(before, after)| before != after).collect();
    stale.resize(scene.tiles.len(), true);
    for above in 1..scene.tiles.len() {
        let covers = |below: usize| overlap(scene.tiles[below].rect, scene.tiles[above].rect);
        stale[above] = stale[above] || (0..above).any(|below| stale[below] && covers(below));
    }
    stale
}

/// From the first row of a tile that was drawn again to the last.
fn changed_rows(scene: &Scene, stale: &[bool], canvas: &Canvas) -> Range<u32> {
    let areas = scene.tiles.iter().zip(stale).filter(|(_, stale)| **stale).filter_map(|(t, _)| canvas.area(t.rect));
    let ends = areas.map(|area| (area.y as u32, (area.y + area.height) as u32));
    let (top, bottom) = ends.fold((u32::MAX, 0), |(top, bottom), (y, end)| (top.min(y), bottom.max(end)));
    top.min(bottom)..bottom
}

fn overlap(a: Rect, b: Rect) -> bool {
    let apart = |start: u32, length: u32, other: u32| u64::from(start) + u64::from(length) <= u64::from(other);
    !(apart(a.x, a.width, b.x) || apart(b.x, b.width, a.x) || apart(a.y, a.height, b.y) || apart(b.y, b.height, a.y))
}

impl Scaler {
    fn draw(&mut self, canvas: &mut Canvas, picture: &RawPicture, area: Area) -> bool {
        let place = area.fit(picture.info.width(), picture.info.height());
        let known = self.done.as_ref().is_some_and(|(serial, at, ..)| (*serial, *at) == (picture.serial, place));
        if !known {
            let old = self.done.take().map(|(_, _, buffer, _)| buffer);
            self.done = self
                .converter
                .scale_to(picture, gst_video::VideoFormat::I420, place.width as u32, place.height as u32, old)
                .map(|(buffer, info)| (picture.serial, place, buffer, info));
        }
        let Some((_, _, buffer, info)) = &self.done else { return false };
        with_planes(buffer, info, |planes| canvas.copy(planes, place))
    }
}

/// Gives the planes of a picture to `use_them`; false when it cannot be read.
fn with_planes(buffer: &gst::Buffer, info: &gst_video::VideoInfo, use_them: impl FnOnce(&Planes)) -> bool {
    let Ok(frame) = gst_video::VideoFrameRef::from_buffer_ref_readable(buffer, info) else { return false };
    let strides: Vec<usize> = frame.plane_stride().iter().map(|stride| usize::try_from(*stride).unwrap_or(0)).collect();
    let data = frame.planes_data();
    let (Some(&luma), Some(&blue), Some(&red)) = (strides.first(), strides.get(1), strides.get(2)) else {
        return false;
    };
    use_them(&Planes {
        width: info.width() as usize,
        height: info.height() as usize,
        data: [data[0], data[1], data[2]],
        stride: [luma, blue, red],
        alpha: strides.get(3).map(|stride| (data[3], *stride)),
    });
    true
}

/// Drawn pictures, converted once per size.
#[derive(Default)]
struct Artwork {
    known: Vec<(Arc<Picture>, u32, u32, gst::Buffer, gst_video::VideoInfo)>,
}

impl Artwork {
    /// Forgets what `scene` does not use.
    fn keep_only(&mut self, scene: &Scene) {
        let tiles = scene.tiles.iter().flat_map(|tile| [&tile.placeholder, &tile.label, &tile.still]);
        let used: Vec<_> = tiles.chain([&scene.banner, &scene.background]).flatten().collect();
        self.known.retain(|(picture, ..)| used.iter().any(|other| Arc::ptr_eq(picture, other)));
    }

    fn forget(&mut self, picture: &Arc<Picture>) {
        self.known.retain(|(known, ..)| !Arc::ptr_eq(known, picture));
    }

    /// Draws as large as fits, in the middle.
    fn draw_fitted(&mut self, canvas: &mut Canvas, picture: &Arc<Picture>, area: Area) {
        let place = area.fit(picture.width, picture.height);
        self.draw_sized(canvas, picture, place, place.width as u32, place.height as u32);
    }

    /// Draws pixel by pixel from the top left.
    fn draw(&mut self, canvas: &mut Canvas, picture: &Arc<Picture>, area: Area) {
        self.draw_sized(canvas, picture, area, picture.width, picture.height);
    }

    fn draw_sized(&mut self, canvas: &mut Canvas, picture: &Arc<Picture>, area: Area, width: u32, height: u32) {
        let Some((buffer, info)) = self.converted(picture, width, height) else { return };
        with_planes(buffer, info, |planes| canvas.blend(planes, area));
    }

    fn converted(
        &mut self,
        picture: &Arc<Picture>,
        width: u32,
        height: u32,
    ) -> Option<(&gst::Buffer, &gst_video::VideoInfo)> {
        let wanted = |(known, known_width, known_height, ..): &(Arc<Picture>, u32, u32, _, _)| {
            Arc::ptr_eq(known, picture) && (*known_width, *known_height) == (width, height)
        };
        let index = match self.known.iter().position(wanted) {
            Some(index) => index,
            None => {
                let (buffer, info) = convert_picture(picture, width, height)?;
                self.known.push((picture.clone(), width, height, buffer, info));
                self.known.len() - 1
            }
        };
        self.known.get(index).map(|(_, _, _, buffer, info)| (buffer, info))
    }
}

fn convert_picture(picture: &Picture, width: u32, height: u32) -> Option<(gst::Buffer, gst_video::VideoInfo)> {
    if !picture.is_sound() {
        tracing::error!(width = picture.width, height = picture.height, "a picture has not as many bytes as it should");
        return None;
    }
    let from = rgba(picture.width, picture.height)?;
    let to = gst_video::VideoInfo::builder(gst_video::VideoFormat::A420, width, height)
        .colorimetry(&colours())
        .build()
        .ok()?;
    let buffer = gst::Buffer::from_slice(picture.rgba.clone());
    Some((Converter::default().convert(&buffer, &from, &to, None)?, to))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Feed;

    fn tile(x: u32, width: u32) -> Tile {
        let rect = Rect { x, y: 0, width, height: 100 };
        Tile { source: TileSource::Own, rect, placeholder: None, label: None, still: None, highlight: false }
    }

    #[test]
    fn only_what_changed_and_what_lies_over_it_is_drawn_again() {
        let scene =
            Scene { tiles: vec![tile(0, 100), tile(100, 100), tile(150, 20), tile(160, 100)], ..Scene::default() };
        assert_eq!(stale(&scene, &[1, 2, 3, 4], &[1, 2, 3, 4]), [false; 4]);
        assert_eq!(stale(&scene, &[1, 2, 3, 4], &[5, 2, 3, 4]), [true, false, false, false], "neighbours only touch");
        assert_eq!(stale(&scene, &[1, 2, 3, 4], &[1, 5, 3, 4]), [false, true, true, true]);
        assert_eq!(stale(&scene, &[1, 2, 3, 4], &[1, 2, 3, 5]), [false, false, false, true]);
    }

    fn picture(width: u32, height: u32, luma: u8) -> Option<Arc<RawPicture>> {
        let info = gst_video::VideoInfo::builder(gst_video::VideoFormat::I420, width, height).build().unwrap();
        let mut bytes = vec![128; info.size()];
        bytes[..info.offset()[1]].fill(luma);
        let buffer = gst::Buffer::from_mut_slice(bytes);
        Some(Arc::new(RawPicture { buffer, info, serial: next_serial() }))
    }

    fn composer() -> Composer {
        let hub = |feed| Arc::new(CaptureHub::new(feed, Instant::now(), Vec::new(), Arc::default(), Arc::new(|_| {})));
        Composer {
            control: Arc::new(DisplayControl::new((320, 100), Arc::default())),
            screen: None,
            hub: hub(Feed::Room),
            content: hub(Feed::Content),
            tally: Arc::default(),
            last: None,
            scalers: Vec::new(),
            art: Artwork::default(),
        }
    }

    fn show(composer: &mut Composer, scene: &Scene, sources: &[Option<Arc<RawPicture>>]) -> Vec<u8> {
        let pictures = sources.iter().map(|s| (s.as_ref().map_or(0, |p| p.serial), false)).collect();
        let wanted = OnCanvas { scene: 1, pictures };
        composer.compose(scene, sources, &wanted);
        composer.last = Some(wanted);
        lock(&composer.control.canvas).1.luma.clone()
    }

    #[test]
    fn a_placeholder_takes_memory_only_while_it_is_seen() {
        gst::init().unwrap();
        let placeholder = Some(Arc::new(Picture { width: 4, height: 4, rgba: vec![255; 64] }));
        let scene = Scene { tiles: vec![Tile { placeholder, ..tile(0, 178) }], ..Scene::default() };
        let mut composer = composer();
        show(&mut composer, &scene, &[None]);
        assert_eq!(composer.art.known.len(), 1);
        show(&mut composer, &scene, &[picture(178, 100, 50)]);
        assert_eq!(composer.art.known.len(), 0);
        let luma = show(&mut composer, &scene, &[None]);
        assert_eq!(luma[50 * 320 + 89], 235, "drawn again when the picture goes");
    }

    #[test]
    fn drawing_only_what_changed_gives_what_drawing_everything_gives() {
        gst::init().unwrap();
        let half_clear = |width: u32, height: u32| {
            let rgba = [255, 255, 255, 100].repeat((width * height) as usize);
            Some(Arc::new(Picture { width, height, rgba }))
        };
        let dressed =
            |tile: Tile| Tile { placeholder: half_clear(40, 40), label: half_clear(30, 20), highlight: true, ..tile };
        let scene = Scene {
            tiles: vec![dressed(tile(0, 178)), dressed(tile(180, 100)), tile(150, 60), dressed(tile(290, 30))],
            ..Scene::default()
        };
        // Filling its tile, then not; coming, going; staying below one that moves.
        let wide = [picture(178, 100, 50), picture(89, 50, 90), picture(40, 90, 130), None, picture(178, 100, 60)];
        let mut partly = composer();
        for step in 0..20_usize {
            let sources: Vec<_> = [step, step / 2, step / 3, step / 4].map(|n| wide[n % wide.len()].clone()).to_vec();
            let sources = &sources[..];
            assert_eq!(show(&mut partly, &scene, sources), show(&mut composer(), &scene, sources), "step {step}");
        }
    }
}
