//! Builds a scene out of texts, cards and buttons that look the same on every screen.

use phrase::FluentValue;
use room::View;
use room::classified::Standing;
use room::view::{Appearance, Language};

use crate::fonts::Fonts;
use crate::frame::Frame;
use crate::geometry::Area;
use crate::icon::Icon;
use crate::phrases;
use crate::scene::{Act, Scene, Shape, Target, Widget};
use crate::style::{ACCENT, BACKGROUND, Color, DANGER, LINE, ON_ACCENT, QUIET, RAISED, SURFACE, TEXT, WHITE};
use crate::surface::Surface;
use crate::text::{Text, Weight};

/// What stays free at the left and right of every screen of the panel.
pub(crate) const MARGIN: f32 = 48.0;
/// Corner radius of cards and buttons.
pub(crate) const RADIUS: f32 = 18.0;

/// A scene being written.
pub(crate) struct Page<'a> {
    pub language: Language,
    appearance: Appearance,
    pub fonts: &'a Fonts,
    /// The whole screen, in layout units. On the panel at least 1024 wide and 640 high, with text as usual at least
    /// 1280 and 800.
    pub area: Area,
    /// The target under a finger.
    pressed: Option<&'a str>,
    /// The target the screen reader has found.
    focus: Option<&'a str>,
    scene: Scene,
    /// Around the page, with how large it is with it.
    frame: Option<(Frame, Standing, (f32, f32))>,
}

/// How much a button asks for attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// The one thing most people come for.
    Primary,
    Plain,
    /// Plain, and what it stands for is on.
    Active,
    /// Leads out of the meeting.
    Danger,
    /// Cannot be pressed now.
    Disabled,
}

/// Something to press.
pub(crate) struct Button {
    pub name: String,
    pub act: Act,
    pub area: Area,
    pub look: Look,
    pub icon: Option<Icon>,
    pub label: String,
    /// Size of the label.
    pub size: f32,
    /// The icon above the label rather than left of it.
    pub stacked: bool,
}

impl<'a> Page<'a> {
    /// An empty page for this view on this surface; `pressed` is the target under a finger.
    pub fn new(view: &View, surface: &'a Surface, pressed: Option<&'a str>) -> Page<'a> {
        let (width, height) = surface.extent();
        let frame = surface.frame().zip(view.classified).map(|(frame, standing)| (frame, standing, (width, height)));
        let whole = Area::new(0.0, 0.0, width, height);
        let area = frame.map_or(whole, |(frame, _, whole)| frame.inside(whole));
        let (language, appearance) = (view.language, view.appearance);
        let (fonts, scene) = (surface.fonts(), Scene::default());
        Page { language, appearance, fonts, area, pressed, focus: None, scene, frame }
    }

    /// Shows which target the screen reader has found.
    pub fn with_focus(self, focus: Option<&'a str>) -> Page<'a> {
        Page { focus, ..self }
    }

    /// How much lower the screen is than the 800 layout units layouts are first thought for; the lower part of a layout
    /// moves up by so much.
    pub fn rise(&self) -> f32 {
        (800.0 - self.area.height).max(0.0)
    }

    /// Where the large buttons of a screen are.
    pub fn actions(&self) -> Area {
        Area { y: self.area.height - 204.0, height: 88.0, ..self.area.inset(MARGIN, 0.0) }
    }

    /// Below everything that can be pressed: for notices, or else what is good to know.
    pub fn foot(&self) -> Area {
        Area { y: self.area.height - 98.0, height: 84.0, ..self.area.inset(MARGIN, 0.0) }
    }

    /// Whether a classified room sends nothing because somebody is not verified.
    pub fn is_withheld(&self) -> bool {
        self.frame.is_some_and(|(_, standing, _)| standing == Standing::Withheld)
    }

    pub fn finish(mut self) -> Scene {
        if let Some((frame, standing, whole)) = self.frame {
            self.scene.widgets.iter_mut().for_each(|widget| widget.move_by(frame.edge, frame.top));
            self.scene.widgets.splice(0..0, frame.widgets(whole, self.fonts, self.language, standing));
        }
        self.scene
    }

    pub fn say(&self, key: &str) -> String {
        phrases::say(self.language, key)
    }

    pub fn say_with(&self, key: &str, variables: &[(&'static str, FluentValue<'_>)]) -> String {
        phrases::say_with(self.language, key, variables)
    }

    pub fn text(&mut self, text: Text, area: Area) {
        self.card(area, vec![Shape::Text { text, area }]);
    }

    /// Shapes that belong together and cannot be pressed.
    pub fn card(&mut self, area: Area, shapes: Vec<Shape>) {
        self.scene.widgets.push(Widget { area, target: None, words: None, shapes });
    }

    pub fn button(&mut self, button: Button) {
        let Button { name, act, area, look, icon, label, size, stacked } = button;
        let pressed = self.is_pressed(&name);
        let (ground, ink) = look.colors(pressed);
        let mut shapes = vec![Shape::Fill { area, radius: RADIUS, color: ground }];
        let spoken = self.spoken(&name, &label);
        let label = Text::new(label, size).weight(Weight::SemiBold).color(ink).centred();
        let inside = area.inset(8.0, 4.0);
        match (icon, stacked) {
            (Some(icon), _) if label.content.is_empty() => {
                shapes.push(Shape::Icon { icon, area: area.square(size * 1.5), color: ink, slash: None });
            }
            (Some(icon), true) => {
                let line = size * 1.3;
                let spare = inside.height - line;
                let (side, gap) = ((size * 1.8).min(spare * 0.62), (size * 0.6).min(spare * 0.14));
                let block = inside.below((inside.height - side - gap - line) / 2.0);
                shapes.push(Shape::Icon { icon, area: block.top(side).square(side), color: ink, slash: None });
                shapes.push(Shape::Text { text: label, area: block.below(side + gap).top(line) });
            }
            (Some(icon), false) => {
                let (side, gap) = (size * 1.25, size * 0.55);
                let width = (self.fonts.width(&label) + side + gap).min(inside.width);
                let start = inside.after((inside.width - width) / 2.0);
                shapes.push(Shape::Icon { icon, area: start.left(side).square(side), color: ink, slash: None });
                let area = start.after(side + gap).left(width - side - gap);
                shapes.push(Shape::Text { text: label, area });
            }
            (None, _) => shapes.push(Shape::Text { text: label, area: inside }),
        }
        let is_disabled = look == Look::Disabled;
        let words = is_disabled.then(|| self.say_with("spoken-disabled", &[("what", spoken.as_str().into())]));
        let target = (!is_disabled).then_some(Target { name, spoken, act });
        self.push_target(Widget { area, target, words, shapes });
    }

    /// A card that can be pressed and draws itself; `act` is `None` while it cannot.
    pub fn pressable(&mut self, area: Area, name: &str, act: Option<Act>, shapes: Vec<Shape>) {
        let target = act.map(|act| Target { name: name.to_owned(), spoken: self.spoken(name, &texts(&shapes)), act });
        self.push_target(Widget { area, target, words: None, shapes });
    }

    /// Says more of the target laid out last than what stands on it: which one of several it is, or its state.
    pub fn tell(&mut self, more: &str) {
        if let Some(target) = self.scene.widgets.last_mut().and_then(|widget| widget.target.as_mut()) {
            target.spoken = format!("{}, {more}", target.spoken);
        }
    }

    /// Says that what the target laid out last switches is on, or off.
    pub fn tell_state(&mut self, on: bool) {
        self.tell(&self.say(if on { "spoken-on" } else { "spoken-off" }));
    }

    /// Says this of the target laid out last, instead of what stands on it.
    pub fn tell_instead(&mut self, words: String) {
        if let Some(target) = self.scene.widgets.last_mut().and_then(|widget| widget.target.as_mut()) {
            target.spoken = words;
        }
    }

    /// Where contrast matters more than calm, what can be pressed has an edge; and so has what the screen reader has found.
    fn push_target(&mut self, mut widget: Widget) {
        if self.focus.is_some_and(|focus| widget.is_target(focus)) {
            widget.shapes.push(Shape::Outline { area: widget.area, radius: RADIUS, width: 6.0, color: WHITE });
        } else if self.appearance.high_contrast && widget.target.is_some() {
            widget.shapes.push(Shape::Outline { area: widget.area, radius: RADIUS, width: 2.0, color: LINE });
        }
        self.scene.widgets.push(widget);
    }

    /// What a target is, in words: what stands on it, or else the phrase for its name.
    fn spoken(&self, name: &str, words: &str) -> String {
        if words.is_empty() { self.say(&format!("spoken-{name}")) } else { words.to_owned() }
    }

    pub fn is_pressed(&self, name: &str) -> bool {
        self.pressed == Some(name)
    }
}

impl Look {
    /// Of the ground and of what stands on it.
    pub fn colors(self, pressed: bool) -> (Color, Color) {
        let (ground, ink) = match self {
            Look::Primary => (ACCENT, ON_ACCENT),
            Look::Plain => (RAISED, TEXT),
            Look::Active => (RAISED.mixed(ACCENT, 38), WHITE),
            Look::Danger => (DANGER, WHITE),
            Look::Disabled => (SURFACE, disabled_ink()),
        };
        (if pressed { pressed_color(ground) } else { ground }, ink)
    }
}

/// Everything written in these shapes.
fn texts(shapes: &[Shape]) -> String {
    let texts = shapes.iter().filter_map(|shape| match shape {
        Shape::Text { text, .. } if !text.content.is_empty() => Some(text.content.as_str()),
        _ => None,
    });
    texts.collect::<Vec<_>>().join(", ")
}

/// Of words on what cannot be pressed now.
pub(crate) fn disabled_ink() -> Color {
    QUIET.mixed(BACKGROUND, 45)
}

/// What a finger does to the colour under it.
pub(crate) fn pressed_color(ground: Color) -> Color {
    if ground == ACCENT { ground.mixed(WHITE, 35) } else { ground.mixed(WHITE, 22) }
}

/// A switch at the right end of a row: it says by where its knob is, and by how light it is, whether it is on.
pub(crate) fn switch(row: Area, on: bool) -> [Shape; 3] {
    let slot = Area::new(row.right() - 80.0, row.y + (row.height - 36.0) / 2.0, 64.0, 36.0);
    let knob = Area::new(slot.x + if on { 32.0 } else { 4.0 }, slot.y + 4.0, 28.0, 28.0);
    let (ground, edge, ink) = if on { (ACCENT, ACCENT, ON_ACCENT) } else { (BACKGROUND, QUIET, QUIET) };
    [
        Shape::Fill { area: slot, radius: 18.0, color: ground },
        Shape::Outline { area: slot, radius: 18.0, width: 2.0, color: edge },
        Shape::Fill { area: knob, radius: 14.0, color: ink },
    ]
}

/// A filled card with a fine edge.
pub(crate) fn framed(area: Area, color: Color) -> Vec<Shape> {
    vec![Shape::Fill { area, radius: RADIUS, color }, Shape::Outline { area, radius: RADIUS, width: 1.0, color: LINE }]
}
