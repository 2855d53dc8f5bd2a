//! QEMU's monitor: one command, one answer (<https://www.qemu.org/docs/master/interop/qmp-spec.html>).

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

use anyhow::{Context, bail};
use serde_json::{Value, json};

/// A connection to the monitor of one virtual machine. There is one at a time.
pub struct Qmp(BufReader<UnixStream>);

impl Qmp {
    /// # Errors
    /// When the machine does not run.
    pub fn connect(socket: &Path) -> anyhow::Result<Qmp> {
        let stream = UnixStream::connect(socket).with_context(|| format!("no machine at {}", socket.display()))?;
        let mut qmp = Qmp(BufReader::new(stream));
        qmp.line()?;
        qmp.ask("qmp_capabilities", json!({}))?;
        Ok(qmp)
    }

    /// What the machine answers to a command.
    ///
    /// # Errors
    /// When it refuses, or is gone.
    pub fn ask(&mut self, command: &str, arguments: Value) -> anyhow::Result<Value> {
        let line = json!({ "execute": command, "arguments": arguments });
        writeln!(self.0.get_mut(), "{line}")?;
        loop {
            // What happens meanwhile (`event`) is passed over.
            let mut answer = self.line()?;
            if let Some(error) = answer.get("error") {
                bail!("{command}: {error}");
            }
            if let Some(value) = answer.get_mut("return") {
                return Ok(value.take());
            }
        }
    }

    fn line(&mut self) -> anyhow::Result<Value> {
        let mut line = String::new();
        if self.0.read_line(&mut line)? == 0 {
            bail!("the machine is gone");
        }
        Ok(serde_json::from_str(&line)?)
    }
}
