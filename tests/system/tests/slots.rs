//! What the image does when a disk, or who has had it, gives it something else than what was signed.

mod world;

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};

use system::{Machine, NEXT, Options};
use world::{is_well, keep};

const MIB: u64 = 1024 * 1024;

#[test]
#[ignore = "boots the image: ./huisclos test --system"]
fn a_slot_that_is_not_what_was_signed_gives_way_to_the_other() {
    let mut machine = Machine::start(Options { tpm: true, ..Options::default() }).unwrap();
    is_well(&mut machine);
    let first = version(&machine);
    let keeps = "cat /etc/machine-id /var/lib/huisclos/device-id";
    let kept = machine.sh(keeps).unwrap();
    machine.sh("sync").unwrap();
    machine.cut_power().unwrap();

    // Another version has the same state, and has gone well once it is there.
    machine.update().unwrap();
    machine.power_up().unwrap();
    is_well(&mut machine);
    let second = version(&machine);
    assert_eq!(second, format!("{first}{NEXT}"));
    assert_eq!(machine.sh(keeps).unwrap(), kept);
    machine.sh("sync").unwrap();
    machine.cut_power().unwrap();
    assert_eq!(entries(&machine), [format!("huisclos_{first}.efi"), format!("huisclos_{second}.efi")]);

    // Its disk goes bad, in every sixteenth MiB: the kernel gives out nothing of that.
    let whole = damage(&machine, &format!("huisclos_{second}"));
    machine.power_up().unwrap();
    is_well(&mut machine);
    assert_eq!(version(&machine), first);
    assert_eq!(machine.sh(keeps).unwrap(), kept);
    machine.sh("sync").unwrap();
    machine.cut_power().unwrap();
    assert_eq!(entries(&machine), [format!("huisclos_{first}.efi"), format!("huisclos_{second}+0-3.efi")]);

    // And one whose disk is whole, but which nobody has signed as it is: firmware does not start it.
    repair(&machine, whole);
    let bad = format!("::/EFI/Linux/huisclos_{second}+0-3.efi");
    let again = format!("::/EFI/Linux/huisclos_{second}+3.efi");
    let esp = esp(&machine);
    machine.with_tools(&["mren", "-i", &esp, &bad, &again]).unwrap();
    spoil_signature(&machine, &esp, &again);
    machine.power_up().unwrap();
    is_well(&mut machine);
    assert_eq!(version(&machine), first);
    assert_eq!(machine.sh(keeps).unwrap(), kept);
}

#[test]
#[ignore = "boots the image: ./huisclos test --system"]
fn a_state_that_its_tpm_does_not_open_is_told_on_the_panel() {
    let mut machine = Machine::start(Options { tpm: true, ..Options::default() }).unwrap();
    is_well(&mut machine);
    let id = machine.sh("cat /etc/machine-id").unwrap();
    machine.sh("sync").unwrap();
    machine.cut_power().unwrap();
    // The disk in another machine, or a board that was replaced.
    let (tpm, elsewhere) = (machine.folder().join("tpm"), machine.folder().join("tpm-of-old"));
    std::fs::rename(&tpm, &elsewhere).unwrap();
    machine.power_up().unwrap();
    machine.until_up().unwrap();
    let waited = std::time::Instant::now();
    while machine.ask("systemctl is-active huisclosd").unwrap().0.trim() != "active" {
        assert!(waited.elapsed() < world::PATIENCE, "the daemon does not start");
        std::thread::sleep(std::time::Duration::from_secs(1));
    }
    world::until_lit(&machine);
    std::thread::sleep(std::time::Duration::from_secs(5));
    keep(&machine, 1, "image-state-lost");
    assert_ne!(machine.sh("cat /etc/machine-id").unwrap(), id);
    let said = machine.sh("journalctl -b --no-pager -o cat -u huisclos-config -u huisclosd").unwrap();
    assert!(said.contains("the room joins nothing") && said.contains("room=\"Huis Clos\""), "{said}");
    // It is none that went well, and nothing else has failed.
    assert_eq!(machine.failed().unwrap(), ["huisclos-healthy.service"]);
    // In its own machine it is as it was.
    machine.cut_power().unwrap();
    std::fs::remove_dir_all(&tpm).unwrap();
    std::fs::rename(&elsewhere, &tpm).unwrap();
    machine.power_up().unwrap();
    is_well(&mut machine);
    assert_eq!(machine.sh("cat /etc/machine-id").unwrap(), id);
}

/// The version that runs.
fn version(machine: &Machine) -> String {
    let said = machine.sh("grep ^IMAGE_VERSION= /usr/lib/os-release").unwrap();
    said.trim().trim_start_matches("IMAGE_VERSION=").trim_matches('"').to_owned()
}

/// The EFI partition of a machine that is off, as mtools name it.
fn esp(machine: &Machine) -> String {
    let (start, _) = partition(machine, "esp");
    format!("{}@@{start}", machine.disk())
}

/// The names of the UKIs.
fn entries(machine: &Machine) -> Vec<String> {
    let said = machine.with_tools(&["mdir", "-b", "-i", &esp(machine), "::/EFI/Linux"]).unwrap();
    let mut names: Vec<_> = said.lines().filter_map(|line| line.rsplit('/').next()).map(str::to_owned).collect();
    names.sort();
    names
}

/// Where the first partition of this name begins, and how large it is, in bytes.
fn partition(machine: &Machine, name: &str) -> (u64, u64) {
    let said = machine.with_tools(&["sfdisk", "--json", &machine.disk()]).unwrap();
    let table: serde_json::Value = serde_json::from_str(&said).unwrap();
    let table = &table["partitiontable"];
    let sector = table["sectorsize"].as_u64().unwrap();
    let found = table["partitions"].as_array().unwrap().iter().find(|partition| partition["name"] == name);
    let found = found.unwrap_or_else(|| panic!("there is no {name}: {table}"));
    (found["start"].as_u64().unwrap() * sector, found["size"].as_u64().unwrap() * sector)
}

/// What was at a place of the disk.
type Was = (u64, Vec<u8>);

/// Changes one block in every sixteenth MiB of the root of this name, but not the first, and says what was there.
fn damage(machine: &Machine, name: &str) -> Vec<Was> {
    let (start, size) = partition(machine, name);
    let mut disk = open(machine);
    let places = (1..size / (16 * MIB)).map(|n| start + n * 16 * MIB);
    places
        .map(|at| {
            let mut was = vec![0; 4096];
            disk.seek(SeekFrom::Start(at)).unwrap();
            disk.read_exact(&mut was).unwrap();
            disk.seek(SeekFrom::Start(at)).unwrap();
            disk.write_all(&[0xA5; 4096]).unwrap();
            (at, was)
        })
        .collect()
}

fn repair(machine: &Machine, whole: Vec<Was>) {
    let mut disk = open(machine);
    for (at, was) in whole {
        disk.seek(SeekFrom::Start(at)).unwrap();
        disk.write_all(&was).unwrap();
    }
}

/// Changes a byte in the middle of a UKI.
fn spoil_signature(machine: &Machine, esp: &str, name: &str) {
    let file = machine.folder().join("spoilt.efi");
    let path = file.to_str().unwrap();
    machine.with_tools(&["mcopy", "-o", "-i", esp, name, path]).unwrap();
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    machine.with_tools(&["mcopy", "-o", "-i", esp, path, name]).unwrap();
}

fn open(machine: &Machine) -> File {
    OpenOptions::new().read(true).write(true).open(machine.disk()).unwrap()
}
