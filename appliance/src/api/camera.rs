//! The room's camera: whether others see its picture, and where it looks.

use axum::extract;
use room::camera::{self, PRESETS, Turning};
use room::event::Wish;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Api;
use super::problem::{Body, Name, Problem};
use super::wishes::{Answer, SwitchRequest, Whole, wish};

/// Where the camera looks, in thousandths of its reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Pose {
    /// -1000 (left, as the camera sees it) to 1000 (right).
    #[schema(value_type = i16, minimum = -1000, maximum = 1000)]
    pub pan: Whole<-1000, 1000>,
    /// -1000 (down) to 1000 (up).
    #[schema(value_type = i16, minimum = -1000, maximum = 1000)]
    pub tilt: Whole<-1000, 1000>,
    /// 0 (everything) to 1000 (nearest).
    #[schema(value_type = i16, minimum = 0, maximum = 1000)]
    pub zoom: Whole<0, 1000>,
}

/// A camera that can be turned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct View {
    /// Where it looks.
    pub pose: Pose,
    /// Numbers, from 1, under which a place to look at is remembered.
    pub presets: Vec<u8>,
}

impl From<Turning> for View {
    fn from(Turning { pose, presets, .. }: Turning) -> View {
        let pose = Pose { pan: Whole(pose.pan), tilt: Whole(pose.tilt), zoom: Whole(pose.zoom) };
        View { pose, presets: (1..).zip(presets).filter_map(|(number, kept)| kept.map(|_| number)).collect() }
    }
}

/// Open or close the camera.
///
/// Others see it when `call.camera` says so.
#[utoipa::path(
    put,
    path = "/v1/camera",
    tag = "meeting",
    request_body = SwitchRequest,
    responses((status = 200, body = super::State, description = "Asked for."))
)]
pub async fn camera(
    extract::State(api): extract::State<Api>,
    Body(SwitchRequest { on }): Body<SwitchRequest>,
) -> Answer {
    wish(&api, Wish::SetCamera { on }).await
}

/// Have the camera look there.
#[utoipa::path(
    put,
    path = "/v1/camera/pose",
    tag = "room",
    request_body = Pose,
    responses((status = 200, body = super::State, description = "On its way there."))
)]
pub async fn pose(extract::State(api): extract::State<Api>, Body(pose): Body<Pose>) -> Answer {
    let Pose { pan, tilt, zoom } = pose;
    wish(&api, Wish::PointCamera(camera::Pose { pan: pan.0, tilt: tilt.0, zoom: zoom.0 })).await
}

/// Have the camera look where it looked when this number was given to it.
#[utoipa::path(
    post,
    path = "/v1/camera/presets/{number}/recall",
    tag = "room",
    params(("number" = String, Path, description = "From 1 to 4.")),
    responses(
        (status = 200, body = super::State, description = "On its way there."),
        (status = 404, body = Problem, content_type = "application/problem+json",
         description = "Nothing is remembered under this number.")
    )
)]
pub async fn recall(extract::State(api): extract::State<Api>, Name(number): Name) -> Answer {
    wish(&api, Wish::RecallPreset(preset(&number))).await
}

/// Remember where the camera looks now under this number.
///
/// It is kept over restarts, in place of what was there.
#[utoipa::path(
    put,
    path = "/v1/camera/presets/{number}",
    tag = "room",
    params(("number" = String, Path, description = "From 1 to 4.")),
    responses(
        (status = 200, body = super::State, description = "Remembered."),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such number.")
    )
)]
pub async fn keep(extract::State(api): extract::State<Api>, Name(number): Name) -> Answer {
    wish(&api, Wish::KeepPreset(preset(&number))).await
}

/// A number from 1 as people read it, or one that no preset has.
fn preset(number: &str) -> usize {
    number.parse().ok().and_then(|number: usize| number.checked_sub(1)).unwrap_or(PRESETS)
}
