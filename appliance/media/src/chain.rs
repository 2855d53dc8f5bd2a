//! From a source of pictures to encoded frames: a device and who keeps it, the hub its pictures pass,
//! an encoder for each layer.

use std::sync::Arc;
use std::time::Instant;

use crate::calls::Calls;
use crate::capture::{self, Camera, CaptureHub, Consumer};
use crate::content::Darkness;
use crate::counters::Tally;
use crate::encode::LayerEncoder;
use crate::event::Events;
use crate::keeper::Keeper;
use crate::ladder::Ladder;
use crate::load::Load;
use crate::types::{Feed, Layer, LayerTarget, VideoCodec};

/// What every chain of an engine shares.
#[derive(Clone)]
pub(crate) struct Shared {
    pub epoch: Instant,
    pub ladder: Arc<Ladder>,
    pub tally: Arc<Tally>,
    pub events: Events,
    pub calls: Arc<Calls>,
}

/// The camera's, or the content's.
pub(crate) struct Chain {
    // Dropped in this order: first whoever gives pictures, then whoever takes them.
    source: Keeper<hal::VideoSource>,
    encoders: Vec<LayerEncoder>,
    pub hub: Arc<CaptureHub>,
}

impl Chain {
    /// The camera is sent in all layers, content in the largest only: nobody reads a small slide.
    ///
    /// # Errors
    /// When there are no threads.
    pub fn start(feed: Feed, fps: u32, shared: &Shared) -> std::io::Result<Chain> {
        let layers: &[Layer] = match feed {
            Feed::Room => &Layer::ALL,
            Feed::Content => &[Layer::High],
        };
        let load = Arc::new(Load::new(feed));
        let encoders = layers.iter().map(|&layer| LayerEncoder::start(feed, layer, load.clone(), shared));
        let encoders = encoders.collect::<Result<Vec<_>, _>>()?;
        let mut consumers: Vec<Consumer> = Vec::new();
        for encoder in &encoders {
            let inlet = encoder.inlet();
            consumers.push(Box::new(move |picture| inlet.offer(picture)));
        }
        if feed == Feed::Content {
            let darkness = Darkness::new(shared.events.clone());
            consumers.push(Box::new(move |picture| darkness.look(picture)));
        }
        let hub = CaptureHub::new(feed, shared.epoch, consumers, shared.tally.clone(), shared.events.clone());
        let hub = Arc::new(hub);
        let taker = hub.clone();
        let mut current: Option<Camera> = None;
        let source = Keeper::start("camera-keeper", move |number, source| {
            // The old one first: a device opens only once.
            drop(current.take());
            current = source.and_then(|source: hal::VideoSource| Camera::start(source, fps, number, taker.clone()));
        })?;
        Ok(Chain { source, encoders, hub })
    }

    /// Takes pictures from another source, or from none. Returns at once.
    pub fn replace(&self, source: Option<hal::VideoSource>) {
        let format = source.as_ref().map(capture::format_of);
        let number = self.hub.expect(format.map(|format| (format.width, format.height)));
        self.source.replace(number, source);
    }

    /// What to encode from now on.
    pub fn encode(&self, codec: VideoCodec, layers: &[LayerTarget]) {
        for encoder in &self.encoders {
            encoder.want(codec, layers.iter().find(|target| target.layer == encoder.layer()));
        }
    }

    /// Makes the next picture of `layer` a key frame.
    pub fn force_keyframe(&self, layer: Layer) {
        for encoder in self.encoders.iter().filter(|encoder| encoder.layer() == layer) {
            encoder.force_keyframe();
        }
    }
}
