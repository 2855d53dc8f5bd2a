//! With a graphics card of the kernel: `virtio-gpu` in a virtual machine, `vkms` elsewhere.

use std::sync::mpsc;

use super::*;
use crate::kernel_tests::{given, until};
use crate::rotation::Rotation;
use crate::screen::{Lit as LitScreen, Wanted, at_outputs};

/// The first output with a screen.
fn first(is_atomic: bool) -> io::Result<Output> {
    let mut card = Card::first(None)?;
    card.is_atomic &= is_atomic;
    for handle in card.resource_handles()?.connectors() {
        let info = card.get_connector(*handle, true)?;
        if info.state() == connector::State::Connected {
            return Ok(Output::new(Rc::new(card), info.to_string(), (1024, 768)));
        }
    }
    Err(io::ErrorKind::NotConnected.into())
}

#[test]
fn a_screen_of_the_kernel_takes_pictures_atomically_and_in_the_old_way() {
    for is_atomic in [true, false] {
        let Some(mut output) = given("screen", first(is_atomic)) else { return };
        let screen = output.look().unwrap().unwrap();
        output.light().unwrap();
        assert_eq!(output.lit().unwrap().plane.is_some(), is_atomic && output.card.is_atomic);
        assert_eq!(output.look().unwrap(), Some(screen), "it is still that screen");
        for number in [1, 0, 1] {
            output.buffer(number, &mut |glass| glass.bytes.fill(50 + number as u8)).unwrap();
            output.flip(number).unwrap();
            assert!(!output.flipped(), "it takes a moment");
            until("the picture is seen", || {
                output.card.listen().unwrap();
                output.flipped()
            });
            let lit = output.lit().unwrap();
            let seen = output.card.primary(lit.crtc).unwrap().unwrap();
            assert_eq!(output.card.get_plane(seen).unwrap().framebuffer(), Some(lit.buffers[number].1));
            let mut kept = false;
            output
                .buffer(number, &mut |glass| kept = glass.bytes.iter().all(|byte| *byte == 50 + number as u8))
                .unwrap();
            assert!(kept);
        }
        output.go_dark();
        assert!(output.flip(0).is_err(), "it is dark");
    }
}

#[test]
fn a_screen_that_was_pulled_out_is_lit_again_by_itself() {
    let Some(name) = given("screen", first(true).map(|output| output.name.clone())) else { return };
    let entries = std::fs::read_dir("/sys/class/drm").unwrap().map(|entry| entry.unwrap().path());
    let output = entries.filter(|path| path.to_string_lossy().ends_with(&format!("-{name}"))).last().unwrap();
    let says = |what: &str| std::fs::read_to_string(output.join(what)).unwrap().trim().to_owned();
    let (told, tell) = mpsc::channel();
    let lit = Box::new(move |lit: LitScreen| _ = told.send(lit.size));
    let wanted = Wanted { output: name, size: (1024, 768), rotation: Rotation::None, lit };
    let screens = at_outputs(None, vec![wanted]).unwrap();
    let size = tell.recv().unwrap();
    screens[0].show(vec![200; (size.0 * size.1 * 4) as usize].into(), size, &[]);
    for _ in 0..2 {
        until("it is lit", || says("enabled") == "enabled");
        std::fs::write(output.join("status"), "off").unwrap();
        until("it is let go", || says("enabled") == "disabled");
        std::fs::write(output.join("status"), "on").unwrap();
        assert_eq!(tell.recv().unwrap(), size, "it is lit again");
    }
    std::fs::write(output.join("status"), "detect").unwrap();
}
