//! What is around, as a tree like the kernel's says it, and as a simulated machine does.

use std::fs;
use std::sync::{Arc, Mutex};

use super::*;
use crate::until::until;

/// A tree like `/sys`, and a file like `/dev/rfkill`.
struct Tree(tempfile::TempDir);

impl Tree {
    fn new() -> Tree {
        let tree = Tree(tempfile::tempdir().unwrap());
        fs::write(tree.rfkill(), "").unwrap();
        tree
    }

    fn rfkill(&self) -> PathBuf {
        self.0.path().join("rfkill")
    }

    fn around(&self) -> Around {
        Around::Kernel { sys: self.0.path().into(), rfkill: self.rfkill() }
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, format!("{text}\n")).unwrap();
    }

    fn switch(&self, number: u32, name: &str, kind: &str, (soft, hard): (u8, u8)) {
        for (attribute, value) in
            [("name", name), ("type", kind), ("soft", &soft.to_string()), ("hard", &hard.to_string())]
        {
            self.write(&format!("class/rfkill/rfkill{number}/{attribute}"), value);
        }
    }

    fn plug(&self, place: &str, (vendor, product): (&str, &str), others: &[(&str, &str)]) {
        for (attribute, value) in [("idVendor", vendor), ("idProduct", product)].iter().chain(others) {
            self.write(&format!("bus/usb/devices/{place}/{attribute}"), value);
        }
    }
}

fn radio(name: &str, kind: &str) -> Radio {
    Radio { name: name.into(), kind: kind.into() }
}

#[test]
fn a_machine_without_radios_and_usb_has_nothing_around_it() {
    assert_eq!(Tree::new().around().look().unwrap(), Surroundings::default());
}

#[test]
fn a_radio_is_on_unless_the_kernel_or_a_switch_on_the_case_blocks_it() {
    let tree = Tree::new();
    tree.switch(0, "phy0", "wlan", (0, 0));
    tree.switch(1, "hci0", "bluetooth", (1, 0));
    tree.switch(2, "phy1", "wlan", (0, 1));
    assert_eq!(tree.around().look().unwrap().radios, [radio("phy0", "wlan")]);
}

#[test]
fn a_radio_that_cannot_be_switched_off_is_on() {
    let tree = Tree::new();
    tree.switch(0, "phy0", "wlan", (1, 0));
    tree.write("class/ieee80211/phy0/rfkill0/name", "phy0");
    tree.write("class/ieee80211/phy1/index", "1");
    tree.write("class/bluetooth/hci0/rfkill3/name", "hci0");
    tree.write("class/bluetooth/hci0:42/type", "link");
    tree.write("class/wwan/wwan0/type", "modem");
    assert_eq!(tree.around().look().unwrap().radios, [radio("phy1", "wlan"), radio("wwan0", "wwan")]);
}

#[test]
fn what_is_plugged_in_is_everything_but_the_machines_own_hubs_interfaces_and_what_the_kernel_shuts_out() {
    let tree = Tree::new();
    tree.plug("usb1", ("1d6b", "0002"), &[]);
    tree.plug("1-1", ("05e3", "0610"), &[("bDeviceClass", "09"), ("authorized", "1")]);
    tree.plug("1-1.2", ("046d", "0943"), &[("serial", "A1B2"), ("authorized", "1")]);
    tree.plug("1-1.3", ("0951", "1666"), &[("authorized", "0")]);
    tree.write("bus/usb/devices/1-1.2:1.0/bInterfaceClass", "0e");
    let hub = UsbDevice { vendor: 0x05e3, product: 0x0610, serial: None };
    let bar = UsbDevice { vendor: 0x046d, product: 0x0943, serial: Some("A1B2".into()) };
    assert_eq!(tree.around().look().unwrap().usb, [bar, hub]);
}

#[test]
fn a_tree_that_makes_no_sense_is_no_machine_without_devices() {
    let tree = Tree::new();
    tree.plug("1-1", ("not", "hex"), &[]);
    assert!(tree.around().look().is_err());
    let tree = Tree::new();
    fs::create_dir_all(tree.0.path().join("class")).unwrap();
    fs::write(tree.0.path().join("class/rfkill"), "no directory").unwrap();
    assert!(tree.around().look().is_err());
}

type Told = Arc<Mutex<Vec<Option<Surroundings>>>>;

fn watch(around: Around) -> (Watch, Told) {
    let told = Told::default();
    let tell = told.clone();
    // What changes.
    let note = move |seen| {
        let mut told = tell.lock().unwrap();
        if told.last() != Some(&seen) {
            told.push(seen);
        }
    };
    let watch = around.watch(note).unwrap();
    until("the first word", || !told.lock().unwrap().is_empty());
    (watch, told)
}

#[test]
fn what_is_around_is_told_again_and_again_so_that_silence_means_something() {
    let (told, tell) = std::sync::mpsc::channel();
    let _watch = Tree::new().around().watch(move |seen| told.send(seen).unwrap()).unwrap();
    for _ in 0..3 {
        assert_eq!(tell.recv_timeout(Duration::from_secs(20)), Ok(Some(Surroundings::default())));
    }
}

#[test]
fn every_radio_is_switched_off_at_first_and_one_that_comes_on_again_is_told_of_and_switched_off_again() {
    let tree = Tree::new();
    tree.switch(0, "phy0", "wlan", (1, 0));
    let (_watch, told) = watch(tree.around());
    // Blocks all kinds (0) with CHANGE_ALL (3): soft, not hard.
    let block = [0, 0, 0, 0, 0, 3, 1, 0];
    assert_eq!(fs::read(tree.rfkill()).unwrap(), block);
    assert_eq!(*told.lock().unwrap(), [Some(Surroundings::default())]);

    fs::write(tree.rfkill(), "").unwrap();
    tree.switch(0, "phy0", "wlan", (0, 0));
    until("it is told", || {
        told.lock().unwrap().last().is_some_and(|last| last.as_ref().is_some_and(|seen| !seen.radios.is_empty()))
    });
    until("it is switched off", || fs::read(tree.rfkill()).unwrap() == block);
}

#[test]
fn surroundings_that_cannot_be_seen_any_more_are_told() {
    let tree = Tree::new();
    let (_watch, told) = watch(tree.around());
    tree.plug("1-1", ("not", "hex"), &[]);
    until("it is told", || *told.lock().unwrap() == [Some(Surroundings::default()), None]);
}

#[test]
fn a_simulated_machine_has_a_radio_that_does_not_obey_and_a_port_for_strangers_on_request() {
    let simulated = Arc::new(SimulatedSurroundings::default());
    let (_watch, told) = watch(Around::Simulated(simulated.clone()));
    let last = || told.lock().unwrap().last().cloned().flatten().unwrap();
    simulated.turn("usb-port", "stranger", true);
    until("the stick", || last().usb.len() == 1);
    simulated.turn("radio", "obstinate", true);
    until("the radio", || last().radios == [radio("phy0", "wlan")]);
    simulated.turn("radio", "obstinate", false);
    simulated.turn("usb-port", "unplug", true);
    until("neither", || last() == Surroundings::default());
}
