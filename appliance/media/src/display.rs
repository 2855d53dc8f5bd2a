//! The display thread: composes the scene thirty times a second, when something changed.

use std::collections::BTreeMap;
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
use crate::scene::{DisplayPicture, Picture, Rect, Scene, TileSource};
use crate::types::TrackKey;
use crate::worker::{Pace, Stop, Worker};

/// Between a label and its tile's edges.
const LABEL_MARGIN: usize = 16;

/// What other threads change while the display thread works.
pub(crate) struct DisplayControl {
    pub tracks: Mutex<BTreeMap<TrackKey, Arc<VideoTrack>>>,
    scene: Mutex<(u64, Arc<Scene>)>,
    newest: Mutex<(u64, Arc<Canvas>)>,
    to_rgba: Mutex<Converter>,
}

impl DisplayControl {
    pub fn new(width: u32, height: u32) -> DisplayControl {
        DisplayControl {
            tracks: Mutex::default(),
            scene: Mutex::new((next_serial(), Arc::default())),
            newest: Mutex::new((0, Arc::new(Canvas::new(width, height)))),
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
        let (serial, canvas) = lock(&self.newest).clone();
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
        let converted = lock(&self.to_rgba).convert(&buffer, &from, &to)?;
        converted.map_readable().ok().map(|data| data.to_vec())
    }
}

/// Starts the display thread.
pub(crate) fn start(
    control: Arc<DisplayControl>,
    screen: Option<Arc<dyn hal::PictureSink>>,
    hub: Arc<CaptureHub>,
    fps: u32,
    tally: Arc<Tally>,
) -> std::io::Result<Worker> {
    Worker::spawn("display", move |stop| {
        let canvas = (*lock(&control.newest).1).clone();
        let composer = Composer {
            control,
            screen,
            hub,
            tally,
            canvas,
            last: Vec::new(),
            scalers: Vec::new(),
            art: Artwork::default(),
        };
        composer.run(fps.max(1), &stop);
    })
}

struct Composer {
    control: Arc<DisplayControl>,
    screen: Option<Arc<dyn hal::PictureSink>>,
    hub: Arc<CaptureHub>,
    tally: Arc<Tally>,
    canvas: Canvas,
    /// The scene and the pictures that are on the canvas, by serial.
    last: Vec<u64>,
    /// One per tile, each remembers its sizes and its last result.
    scalers: Vec<Scaler>,
    art: Artwork,
}

#[derive(Default)]
struct Scaler {
    converter: Converter,
    done: Option<(u64, Area, gst::Buffer, gst_video::VideoInfo)>,
}

impl Composer {
    fn run(mut self, fps: u32, stop: &Stop) {
        let period = Duration::from_secs(1) / fps;
        let mut pace = Pace::new(Instant::now(), period);
        while stop.sleep_until(pace.next(Instant::now(), period)) {
            self.step(Instant::now());
        }
    }

    fn step(&mut self, now: Instant) {
        // This thread runs whatever the camera does.
        self.hub.look(now);
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
                TileSource::None => None,
            })
            .collect();
        let mut serials = vec![revision];
        serials.extend(sources.iter().map(|source| source.as_ref().map_or(0, |picture| picture.serial)));
        if serials == self.last {
            return;
        }
        if serials.first() != self.last.first() {
            self.art.keep_only(&scene);
        }
        self.last = serials;
        self.compose(&scene, &sources);
        self.show();
        *lock(&self.control.newest) = (next_serial(), Arc::new(self.canvas.clone()));
        count(&self.tally.composed);
        for (tile, source) in scene.tiles.iter().zip(&sources) {
            if let (TileSource::Track(key), true) = (&tile.source, source.is_some())
                && let Some(track) = tracks.get(key)
            {
                track.note_on_display();
            }
        }
    }

    fn show(&self) {
        let Some(screen) = &self.screen else { return };
        if let Err(error) = screen.show([&self.canvas.luma, &self.canvas.blue, &self.canvas.red]) {
            tracing::debug!(%error, "the display does not show a picture");
        }
    }

    fn compose(&mut self, scene: &Scene, sources: &[Option<Arc<RawPicture>>]) {
        self.canvas.clear();
        let whole = Rect { x: 0, y: 0, width: self.canvas.width as u32, height: self.canvas.height as u32 };
        let Some(whole) = self.canvas.area(whole) else { return };
        if scene.tiles.is_empty()
            && let Some(background) = &scene.background
        {
            self.art.draw_fitted(&mut self.canvas, background, whole);
        }
        self.scalers.resize_with(scene.tiles.len(), Scaler::default);
        for ((tile, source), scaler) in scene.tiles.iter().zip(sources).zip(&mut self.scalers) {
            let Some(area) = self.canvas.area(tile.rect) else { continue };
            self.canvas.darken(area);
            let drawn = source.as_ref().is_some_and(|picture| scaler.draw(&mut self.canvas, picture, area));
            if let (false, Some(placeholder)) = (drawn, &tile.placeholder) {
                self.art.draw_fitted(&mut self.canvas, placeholder, area);
            }
            if let Some(label) = &tile.label {
                let height = (label.height as usize & !1).min(area.height);
                let left = LABEL_MARGIN.min(area.width - 2);
                let y = area.y + area.height.saturating_sub(height + LABEL_MARGIN);
                let place = Area { x: area.x + left, y, width: area.width - left, height: area.y + area.height - y };
                self.art.draw(&mut self.canvas, label, place);
            }
            if tile.highlight {
                self.canvas.highlight(area);
            }
        }
        if let Some(banner) = &scene.banner {
            let left = (whole.width.saturating_sub(banner.width as usize) / 2) & !1;
            self.art.draw(&mut self.canvas, banner, Area { x: left, width: whole.width - left, ..whole });
        }
    }
}

impl Scaler {
    fn draw(&mut self, canvas: &mut Canvas, picture: &RawPicture, area: Area) -> bool {
        let place = area.fit(picture.info.width(), picture.info.height());
        let known = self.done.as_ref().is_some_and(|(serial, at, ..)| (*serial, *at) == (picture.serial, place));
        if !known {
            self.done = self
                .converter
                .scale(picture, place.width as u32, place.height as u32)
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
        let tiles = scene.tiles.iter().flat_map(|tile| [&tile.placeholder, &tile.label]);
        let used: Vec<_> = tiles.chain([&scene.banner, &scene.background]).flatten().collect();
        self.known.retain(|(picture, ..)| used.iter().any(|other| Arc::ptr_eq(picture, other)));
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
    Some((Converter::default().convert(&buffer, &from, &to)?, to))
}
