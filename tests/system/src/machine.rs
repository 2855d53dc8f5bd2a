//! A room in a virtual machine: the image, as firmware finds it on a disk.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use demo::room::{Picture, Room, picture};
use serde_json::json;
use tempfile::TempDir;

use crate::usb::{Cable, Device};

/// Emulated without KVM, starting takes about a minute, on a busy machine two; and some machines have to start four times.
const BOOT_TIMEOUT: Duration = Duration::from_secs(600);
/// How long something in the machine may take.
const GUEST_TIMEOUT: Duration = Duration::from_secs(120);
/// Where the room window is inside; it is passed on at the next port.
const WINDOW_PORT: u16 = 8080;

/// Where a test's own programs are inside: on a disk of their own, as the image has next to none.
pub const TOOLS: &str = "/run/huisclos-tools";

/// What an update of the image under test has at the end of its version.
pub const NEXT: &str = ".next";

/// How a machine differs from the usual one.
#[derive(Debug, Default)]
pub struct Options {
    /// The room's configuration; without it the image's own.
    pub configuration: Option<String>,
    /// Whether it has a TPM 2.0.
    pub tpm: bool,
    /// Whether the tests of `hal` are beside the tools: those inside of it as `hal-tests`, those of its promises as `hal-promises`.
    pub hal_tests: bool,
    /// How many USB ports it has, for [`Machine::plug_usb`].
    pub usb_ports: usize,
    /// Whether hostapd is beside the tools, for an access point inside.
    pub access_point: bool,
    /// More arguments for QEMU.
    pub arguments: Vec<String>,
}

/// A running machine. It is switched off when dropped.
pub struct Machine {
    process: Child,
    image: PathBuf,
    options: Options,
    /// What the machine keeps: disk, firmware's variables, TPM.
    home: TempDir,
}

/// The image under test: `HUISCLOS_IMAGE`, or the last one in the folder of that name, or the last that `./huisclos image`
/// made.
///
/// # Errors
/// When there is none.
pub fn image() -> anyhow::Result<PathBuf> {
    let named = std::env::var_os("HUISCLOS_IMAGE").map(PathBuf::from);
    let folder = named.unwrap_or_else(|| project().join(".huisclos/image"));
    if folder.is_file() {
        return Ok(folder.canonicalize()?);
    }
    let why = || format!("there is no image in {}; ./huisclos image makes one", folder.display());
    let entries = std::fs::read_dir(&folder).with_context(why)?;
    // Parts of images have their kind in their names as well, and an update of one its own name.
    let is_image = |name: &str| {
        let others = ["-", ".esp.raw", NEXT];
        name.starts_with("huisclos_") && name.ends_with(".raw") && !others.iter().any(|other| name.contains(other))
    };
    let images = entries.flatten().filter(|entry| entry.file_name().to_str().is_some_and(is_image));
    let made = |entry: &std::fs::DirEntry| entry.metadata().and_then(|file| file.modified()).ok();
    Ok(images.max_by_key(made).with_context(why)?.path().canonicalize()?)
}

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

impl Machine {
    /// Switches a new machine on.
    ///
    /// # Errors
    /// When there is no image, or QEMU cannot be started.
    pub fn start(options: Options) -> anyhow::Result<Machine> {
        let home = tempfile::Builder::new().prefix("huisclos-machine-").tempdir()?;
        let image = image()?;
        let process = switch_on(&image, home.path(), &options)?;
        Ok(Machine { process, image, options, home })
    }

    /// Its folder, with `serial.log`.
    pub fn folder(&self) -> &Path {
        self.home.path()
    }

    /// Takes the power away. What the machine has handed to its disk is kept: the disk is this computer's memory, so what
    /// a real disk loses of its own cache is not lost here.
    ///
    /// # Errors
    /// When it has ended before.
    pub fn cut_power(&mut self) -> anyhow::Result<()> {
        self.process.kill().context("the machine does not run")?;
        self.process.wait()?;
        Ok(())
    }

    /// Gives it power again.
    ///
    /// # Errors
    /// When QEMU cannot be started.
    pub fn power_up(&mut self) -> anyhow::Result<()> {
        self.process = switch_on(&self.image, self.home.path(), &self.options)?;
        Ok(())
    }

    /// Puts an update into the other slot, with three tries, as if the machine had done so before its power was cut. The
    /// update lies beside the image, with `.next` after its version: the same programs, made where it is not there yet.
    ///
    /// # Errors
    /// When it cannot be made, or the other slot is not empty.
    pub fn update(&self) -> anyhow::Result<()> {
        let folder = self.image.parent().context("the image lies nowhere")?;
        let stem = self.image.file_stem().and_then(|name| name.to_str()).context("an image's name is text")?;
        let version = format!("{}{NEXT}", stem.trim_start_matches("huisclos_"));
        let images = folder.to_str().context("a folder's name is text")?;
        if !folder.join(format!("huisclos_{version}.raw")).exists() {
            let mut build = Command::new(project().join("os-image/build"));
            // Nobody sends it anywhere.
            build.args(["--output", images, "--version", &version]).env("HUISCLOS_ZSTD_LEVEL", "1");
            let made = build.status().context("os-image/build does not run")?;
            anyhow::ensure!(made.success(), "the update could not be made");
        }
        self.with_tools(&["os-image/slot", images, &version, &self.disk()]).map(|_| ())
    }

    /// The machine's disk, to be looked at and changed while it is off.
    pub fn disk(&self) -> String {
        self.folder().join("disk.raw").display().to_string()
    }

    /// What a command of the tools tree says, which sees the machine's folder, and that of its image.
    ///
    /// # Errors
    /// When it fails.
    pub fn with_tools(&self, command: &[&str]) -> anyhow::Result<String> {
        let folders = [self.image.parent().context("the image lies nowhere")?, self.folder()];
        let shared = folders.map(|folder| folder.display().to_string()).join(":");
        let mut entering = Command::new(project().join("os-image/enter"));
        let output =
            entering.args(command).env("HUISCLOS_SHARE", shared).output().context("os-image/enter does not run")?;
        if !output.status.success() {
            bail!("{command:?}: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(String::from_utf8(output.stdout)?)
    }

    /// Waits until commands are heard.
    ///
    /// # Errors
    /// When that takes more than ten minutes, or the machine ends.
    pub fn until_up(&mut self) -> anyhow::Result<()> {
        let started = Instant::now();
        while self.guest(&["sh", "true"], Duration::from_secs(10)).is_err() {
            if let Some(status) = self.process.try_wait()? {
                bail!("the machine ended ({status}): {}", self.last_words());
            }
            if started.elapsed() > BOOT_TIMEOUT {
                bail!("the machine is not up within {} s: {}", BOOT_TIMEOUT.as_secs(), self.last_words());
            }
            std::thread::sleep(Duration::from_secs(1));
        }
        self.sh(&format!(
            "[ -e {TOOLS}/busybox ] || {{ mkdir -p {TOOLS} && mount -t vfat -o ro /dev/disk/by-id/virtio-tools-part1 {TOOLS}; }}"
        ))?;
        Ok(())
    }

    /// Waits until systemd has started everything.
    ///
    /// # Errors
    /// As [`Machine::until_up`], and when a unit has failed.
    pub fn until_running(&mut self) -> anyhow::Result<()> {
        self.until_up()?;
        let started = Instant::now();
        loop {
            let (state, _) = self.ask("systemctl is-system-running")?;
            match state.trim() {
                "running" => return Ok(()),
                "degraded" | "maintenance" => bail!("failed: {}", self.failures()?),
                _ if started.elapsed() > BOOT_TIMEOUT => bail!("still {}", state.trim()),
                _ => std::thread::sleep(Duration::from_secs(1)),
            }
        }
    }

    /// Waits until it has switched itself off.
    ///
    /// # Errors
    /// When that takes more than ten minutes.
    pub fn until_off(&mut self) -> anyhow::Result<()> {
        let started = Instant::now();
        while self.process.try_wait()?.is_none() {
            if started.elapsed() > BOOT_TIMEOUT {
                bail!("the machine is still on: {}", self.last_words());
            }
            std::thread::sleep(Duration::from_secs(1));
        }
        Ok(())
    }

    /// What a command says in root's shell, which a test puts into the machine. Of what a shell may ask for, much is only
    /// in `$TOOLS/busybox`.
    ///
    /// # Errors
    /// When it fails, or takes more than two minutes.
    pub fn sh(&self, command: &str) -> anyhow::Result<String> {
        match self.ask(command)? {
            (said, true) => Ok(said),
            (said, false) => bail!("{command}: {said}"),
        }
    }

    /// What a command says, and whether it was done.
    ///
    /// # Errors
    /// When the shell is not there, or the command takes more than two minutes.
    pub fn ask(&self, command: &str) -> anyhow::Result<(String, bool)> {
        self.guest(&["sh", command], GUEST_TIMEOUT)
    }

    /// What `os-image/guest` says, and whether what it was to do in the machine was done there.
    fn guest(&self, arguments: &[&str], limit: Duration) -> anyhow::Result<(String, bool)> {
        let output = Command::new(project().join("os-image/guest"))
            .arg(self.folder())
            .args(arguments)
            .env("TIMEOUT", limit.as_secs().to_string())
            .output()
            .context("os-image/guest does not run")?;
        // What goes wrong outside of the machine it says there.
        if !output.stderr.is_empty() {
            bail!("{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok((String::from_utf8_lossy(&output.stdout).into_owned(), output.status.success()))
    }

    /// Which units have failed.
    ///
    /// # Errors
    /// When the shell is not there.
    pub fn failed(&self) -> anyhow::Result<Vec<String>> {
        let (units, _) = self.ask("SYSTEMD_COLORS=0 systemctl --failed --no-legend --plain")?;
        Ok(units.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect())
    }

    /// Which units have failed, and their last words.
    fn failures(&self) -> anyhow::Result<String> {
        let units = self.failed()?;
        let mut all = units.join(" ") + "\n";
        for unit in units {
            all += &self.ask(&format!("journalctl --no-pager -b -n 20 -u {unit}"))?.0;
        }
        Ok(all)
    }

    /// The room, seen through its room window.
    ///
    /// # Errors
    /// When the configuration has no room window, or the way there cannot be opened.
    pub fn room(&self) -> anyhow::Result<Room> {
        let outside = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let inside = WINDOW_PORT + 1;
        // It listens to the machine's own network only as long as the test does; the image has no such thing.
        self.sh(&format!(
            "{TOOLS}/huisclos-guest forward {inside} 127.0.0.1:{WINDOW_PORT} >/dev/null 2>&1 </dev/null &"
        ))?;
        let line = format!("hostfwd_add net tcp:127.0.0.1:{outside}-:{inside}");
        let command = json!({ "command-line": line }).to_string();
        let (said, _) = self.guest(&["qmp", "human-monitor-command", &command], GUEST_TIMEOUT)?;
        // It says nothing where it has done it.
        if said.trim() != "\"\"" {
            bail!("{line}: {said}");
        }
        Room::at(format!("http://127.0.0.1:{outside}/").parse()?)
    }

    /// What a screen shows: 1 is the panel, 2 the display.
    ///
    /// # Errors
    /// When the machine has no such screen.
    pub fn screen(&self, number: u32) -> anyhow::Result<Picture> {
        let file = self.folder().join("screen.png");
        self.photograph(number, &file)?;
        picture(&std::fs::read(&file)?)
    }

    /// Writes down as PNG what a screen shows.
    ///
    /// # Errors
    /// When the machine has no such screen, or the file cannot be written.
    pub fn photograph(&self, number: u32, file: &Path) -> anyhow::Result<()> {
        let file = file.to_str().context("a file's name is text")?;
        self.guest(&["screen", &number.to_string(), file], GUEST_TIMEOUT).map(|_| ())
    }

    /// Plugs a screen of this many pixels in.
    ///
    /// # Errors
    /// When the machine has no such output.
    pub fn plug(&self, number: u32, (width, height): (u32, u32)) -> anyhow::Result<()> {
        self.guest(&["plug", &number.to_string(), &format!("{width}x{height}")], GUEST_TIMEOUT).map(|_| ())
    }

    /// Plugs a device into a USB port, from 0 on, until the cable is dropped.
    ///
    /// # Errors
    /// When there is no such port, or something is plugged in already.
    pub fn plug_usb(&self, port: usize, device: impl Device + 'static) -> anyhow::Result<Cable> {
        Cable::plug(&usb_port(self.folder(), port), Box::new(device))
    }

    /// A finger on the glass for a moment, at this place of the panel's picture, in pixels of one so large.
    ///
    /// # Errors
    /// When the machine does not run.
    pub fn touch(&self, (x, y): (i32, i32), (width, height): (u32, u32)) -> anyhow::Result<()> {
        let part = |at: i32, of: u32| (f64::from(at) / f64::from(of)).to_string();
        self.guest(&["touch", &part(x, width), &part(y, height)], GUEST_TIMEOUT).map(|_| ())
    }

    /// The end of what the machine has said on its serial line.
    pub fn last_words(&self) -> String {
        let log = std::fs::read(self.folder().join("serial.log")).unwrap_or_default();
        let text = String::from_utf8_lossy(&log);
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn switch_on(image: &Path, folder: &Path, options: &Options) -> anyhow::Result<Child> {
    let mut command = Command::new(project().join("os-image/run"));
    command.arg(image).arg(folder).arg("--shell");
    if options.tpm {
        command.arg("--tpm");
    }
    if let Some(text) = &options.configuration {
        let file = folder.join("room.toml");
        std::fs::write(&file, text)?;
        command.arg("--room").arg(file);
    }
    lay_out_tools(&folder.join("tools"))?;
    if options.access_point {
        let from = project().join(".huisclos/tools/usr/sbin/hostapd");
        let to = folder.join("tools/hostapd");
        std::fs::copy(&from, to).with_context(|| format!("there is no {}", from.display()))?;
    }
    if options.hal_tests {
        let programs = [("hal-tests", "hal-", "kernel_tests::"), ("hal-promises", "promises-", "kernel::")];
        for (name, program, has) in programs {
            let to = folder.join("tools").join(name);
            std::fs::copy(tests_of_hal(program, has)?, to).context("the tests of hal cannot be copied")?;
        }
    }
    let disk = format!("if=none,id=tools,format=raw,readonly=on,file=fat:ro:{}", folder.join("tools").display());
    command.args(["-drive", &disk, "-device", "virtio-blk-pci,drive=tools,serial=tools"]);
    if options.usb_ports > 0 {
        command.args(["-device", "qemu-xhci,id=usb"]);
    }
    for port in 0..options.usb_ports {
        let socket = usb_port(folder, port);
        let socket = format!("socket,id=usb-{port},path={},server=on,wait=off", socket.display());
        command.args(["-chardev", &socket, "-device", &format!("usb-redir,chardev=usb-{port},bus=usb.0")]);
    }
    command.args(&options.arguments).stdin(Stdio::null());
    command.spawn().context("os-image/run does not start")
}

/// What is behind a USB port, outside.
fn usb_port(folder: &Path, port: usize) -> PathBuf {
    folder.join(format!("usb-{port}"))
}

/// A program of tests of `hal` as it was built last, beside this program: its name's beginning, and what one of its tests
/// has in its name.
fn tests_of_hal(program: &str, has: &str) -> anyhow::Result<PathBuf> {
    let here = std::env::current_exe()?;
    let beside = std::fs::read_dir(here.parent().context("this program lies nowhere")?)?.flatten();
    let is_test = |path: &PathBuf| {
        let listed = Command::new(path).arg("--list").output();
        listed.is_ok_and(|listed| String::from_utf8_lossy(&listed.stdout).contains(has))
    };
    let named = beside.map(|entry| entry.path()).filter(|path| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.starts_with(program) && !name.contains('.')
    });
    let made = |path: &PathBuf| path.metadata().and_then(|file| file.modified()).ok();
    let built = named.filter(is_test).max_by_key(made);
    built.context("hal's tests are not built: cargo test --workspace --lib --test promises --no-run")
}

/// Puts a test's programs into a folder: its own, and a busybox of the tools tree.
fn lay_out_tools(folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)?;
    let here = std::env::current_exe()?;
    let beside = here.parent().and_then(Path::parent).context("this program lies nowhere")?.join("huisclos-guest");
    for from in [beside, project().join(".huisclos/tools/usr/bin/busybox")] {
        let to = folder.join(from.file_name().context("a program has a name")?);
        std::fs::copy(&from, to).with_context(|| format!("there is no {}", from.display()))?;
    }
    Ok(())
}
