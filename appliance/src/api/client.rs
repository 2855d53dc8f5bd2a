//! The other end of the control socket, for the command line.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use reqwest::{Method, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{CheckProgress, Problem, State};

const PATIENCE: Duration = Duration::from_secs(10);

/// Speaks to a daemon on this machine.
pub struct Client {
    path: PathBuf,
    http: reqwest::Client,
}

impl Client {
    /// # Errors
    /// When HTTP cannot be set up.
    pub fn new(path: PathBuf) -> anyhow::Result<Client> {
        let http = reqwest::Client::builder().unix_socket(path.as_path()).build()?;
        Ok(Client { path, http })
    }

    /// Whether a daemon answers.
    pub fn is_there(&self) -> bool {
        std::os::unix::net::UnixStream::connect(&self.path).is_ok()
    }

    /// What the room is.
    ///
    /// # Errors
    /// When no daemon answers.
    pub async fn state(&self) -> anyhow::Result<State> {
        json(self.send::<()>(Method::GET, "/v1/state", None).await?).await
    }

    /// What IT watches, as it was told.
    ///
    /// # Errors
    /// When no daemon answers.
    pub async fn health(&self) -> anyhow::Result<serde_json::Value> {
        json(self.send::<()>(Method::GET, "/v1/health", None).await?).await
    }

    /// Does something that needs no more words, such as `/v1/leave`.
    ///
    /// # Errors
    /// When no daemon answers, or the room refuses: the sentence says why.
    pub async fn post(&self, path: &str) -> anyhow::Result<State> {
        json(self.send::<()>(Method::POST, path, None).await?).await
    }

    /// Does something, such as `/v1/join`.
    ///
    /// # Errors
    /// As [`Client::post`].
    pub async fn post_with(&self, path: &str, body: &impl Serialize) -> anyhow::Result<State> {
        json(self.send(Method::POST, path, Some(body)).await?).await
    }

    /// Sets something, such as `/v1/volume`.
    ///
    /// # Errors
    /// As [`Client::post`].
    pub async fn put(&self, path: &str, body: &impl Serialize) -> anyhow::Result<State> {
        json(self.send(Method::PUT, path, Some(body)).await?).await
    }

    /// Starts an audio check.
    ///
    /// # Errors
    /// As [`Client::post`].
    pub async fn check_audio(&self) -> anyhow::Result<CheckProgress> {
        json(self.send::<()>(Method::POST, "/v1/audio-check", None).await?).await
    }

    /// How the newest audio check goes.
    ///
    /// # Errors
    /// When no daemon answers.
    pub async fn audio_check(&self) -> anyhow::Result<CheckProgress> {
        json(self.send::<()>(Method::GET, "/v1/audio-check", None).await?).await
    }

    /// A screen as PNG: `panel`, `display` or `second-display`.
    ///
    /// # Errors
    /// As [`Client::post`].
    pub async fn screenshot(&self, screen: &str) -> anyhow::Result<Vec<u8>> {
        let answer = self.send::<()>(Method::GET, &format!("/v1/screenshots/{screen}"), None).await?;
        Ok(answer.bytes().await?.to_vec())
    }

    /// Follows the room: `told` gets the name and the data of each event, until it says no more.
    ///
    /// # Errors
    /// When no daemon answers, or it ends.
    pub async fn follow(&self, mut told: impl FnMut(&str, &str) -> bool) -> anyhow::Result<()> {
        let request = self.http.get("http://room/v1/events");
        let mut answer = request.send().await.with_context(|| self.no_daemon())?;
        let mut lines = Lines::default();
        let mut name = String::new();
        while let Some(piece) = answer.chunk().await.context("the room has ended")? {
            for line in lines.feed(&piece) {
                if let Some(event) = line.strip_prefix("event: ") {
                    event.clone_into(&mut name);
                } else if let Some(data) = line.strip_prefix("data: ")
                    && !told(&name, data)
                {
                    return Ok(());
                }
            }
        }
        bail!("the room has ended")
    }

    async fn send<T: Serialize>(&self, method: Method, path: &str, body: Option<&T>) -> anyhow::Result<Response> {
        let mut request = self.http.request(method, format!("http://room{path}")).timeout(PATIENCE);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.with_context(|| self.no_daemon())?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let status = answer.status();
        match answer.json::<Problem>().await {
            Ok(problem) => bail!("{}", problem.detail),
            Err(_) => bail!("the room answers {status}"),
        }
    }

    fn no_daemon(&self) -> String {
        no_daemon(&self.path)
    }
}

fn no_daemon(path: &Path) -> String {
    format!("no room answers on {}; is huisclosd running?", path.display())
}

async fn json<T: DeserializeOwned>(answer: Response) -> anyhow::Result<T> {
    answer.json().await.context("the room's answer is not understood")
}

/// Bytes as they come, as lines.
#[derive(Default)]
struct Lines(Vec<u8>);

impl Lines {
    fn feed(&mut self, bytes: &[u8]) -> Vec<String> {
        self.0.extend_from_slice(bytes);
        let mut lines = Vec::new();
        while let Some(end) = self.0.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.0.drain(..=end).collect();
            lines.push(String::from_utf8_lossy(&line[..end]).trim_end_matches('\r').to_owned());
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_whole_however_they_come() {
        let mut lines = Lines::default();
        assert_eq!(lines.feed("event: st".as_bytes()), [] as [&str; 0]);
        assert_eq!(lines.feed("ate\r\ndata: {}\n\nda".as_bytes()), ["event: state", "data: {}", ""]);
        assert_eq!(lines.feed("ta: é\n".as_bytes()), ["data: é"]);
    }
}
