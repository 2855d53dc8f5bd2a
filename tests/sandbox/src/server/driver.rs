//! The core's sockets: one task drains what it wants sent and waits for what it wants to hear.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::ws::{Message, WebSocket};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::{Notify, mpsc, watch};

use super::wall;
use crate::core::{Admission, ConnectionId, Core, Input, Now, Output, Update};
use crate::visio::{Effect, Platform};

/// Messages and packets that may wait for a slow client; beyond this it is cut.
const QUEUE: usize = 1024;
/// The real server pings the WebSocket this often.
const WEBSOCKET_PING: Duration = Duration::from_secs(10);
/// The largest datagram, and then some.
const DATAGRAM_MAX: usize = 2048;
/// Datagrams taken in before anything else gets a turn.
const BURST: usize = 64;

enum ToClient {
    Message(Vec<u8>),
    Close,
    Cut,
}

/// The core and who is connected to it.
pub(super) struct Driver {
    core: Mutex<Core>,
    platform: Arc<Platform>,
    changed: Notify,
    web_sockets: Mutex<HashMap<ConnectionId, mpsc::Sender<ToClient>>>,
    streams: Mutex<HashMap<SocketAddr, mpsc::Sender<Vec<u8>>>>,
    connections: AtomicU64,
    left: Notify,
}

impl std::fmt::Debug for Driver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Driver").finish_non_exhaustive()
    }
}

fn now() -> Now {
    Now { monotonic: Instant::now(), wall: wall() }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Driver {
    pub fn new(core: Core, platform: Arc<Platform>) -> Driver {
        Driver {
            core: Mutex::new(core),
            platform,
            changed: Notify::new(),
            web_sockets: Mutex::default(),
            streams: Mutex::default(),
            connections: AtomicU64::new(1),
            left: Notify::new(),
        }
    }

    /// Does something with the core, and has the result sent.
    pub fn with<T>(&self, act: impl FnOnce(&mut Core, Now) -> T) -> T {
        let result = act(&mut lock(&self.core), now());
        self.wake();
        result
    }

    pub fn wake(&self) {
        self.changed.notify_one();
    }

    /// Returns once no WebSocket is open.
    pub async fn quiet(&self) {
        loop {
            let left = self.left.notified();
            if lock(&self.web_sockets).is_empty() {
                return;
            }
            left.await;
        }
    }

    /// Applies to the meetings what REST asked for.
    fn apply_effects(&self, core: &mut Core) {
        for effect in self.platform.take_effects() {
            let now = now();
            let (room, identity, update) = match effect {
                Effect::SetAttributes { room, identity, attributes } => {
                    (room, identity, Update { attributes: attributes.into_iter().collect(), ..Update::default() })
                }
                Effect::SetName { room, identity, name } => {
                    (room, identity, Update { name: Some(name), ..Update::default() })
                }
                Effect::SetMetadata { room, identity, metadata } => {
                    (room, identity, Update { metadata: Some(metadata), ..Update::default() })
                }
                Effect::SendData { room, payload } => {
                    core.send_data(&room, None, None, payload.as_bytes(), now);
                    continue;
                }
                Effect::Remove { room, identity } => {
                    core.remove_participant(&room, &identity, now);
                    continue;
                }
                Effect::MuteTrack { room, identity, track_sid } => {
                    core.mute_track_by_sid(&room, &identity, &track_sid, now);
                    continue;
                }
            };
            core.update_participant(&room, &identity, update, now);
        }
    }

    fn drain(&self) -> (Vec<Output>, Option<Instant>) {
        let mut core = lock(&self.core);
        self.apply_effects(&mut core);
        let outputs = std::iter::from_fn(|| core.poll_output()).collect();
        (outputs, core.poll_timeout())
    }

    async fn perform(&self, output: Output, udp: &UdpSocket) {
        match output {
            Output::Signal { connection, bytes } => self.tell(connection, ToClient::Message(bytes)),
            Output::Close { connection } => self.tell(connection, ToClient::Close),
            Output::Cut { connection } => self.tell(connection, ToClient::Cut),
            Output::Datagram { remote, bytes } => {
                // A datagram that cannot be sent is lost, as datagrams are.
                let _ = udp.send_to(&bytes, remote).await;
            }
            Output::Tcp { remote, bytes } => {
                let mut streams = lock(&self.streams);
                if streams.get(&remote).is_some_and(|s| s.try_send(bytes).is_err()) {
                    // Leaving bytes out would garble the stream: a client this slow has to come again.
                    streams.remove(&remote);
                }
            }
            Output::Joined { room, identity } => self.platform.participant_joined(&room, &identity),
            Output::Left { room, identity, removed: true } => self.platform.participant_removed(&room, &identity),
            Output::Left { room, identity, removed: false } => self.platform.participant_left(&room, &identity),
            Output::Finished { room } => self.platform.room_finished(&room),
        }
    }

    fn tell(&self, connection: ConnectionId, what: ToClient) {
        let mut web_sockets = lock(&self.web_sockets);
        if web_sockets.get(&connection).is_some_and(|c| c.try_send(what).is_err()) {
            // Dropping its queue ends the client's task.
            web_sockets.remove(&connection);
        }
    }
}

/// Runs until stopped.
pub(super) async fn run(driver: Arc<Driver>, udp: UdpSocket, tcp: TcpListener, mut stopped: watch::Receiver<bool>) {
    let mut buffer = vec![0; DATAGRAM_MAX];
    loop {
        let (outputs, deadline) = driver.drain();
        for output in outputs {
            driver.perform(output, &udp).await;
        }
        let far = || Instant::now() + Duration::from_secs(3600);
        tokio::select! {
            received = udp.recv_from(&mut buffer) => {
                let mut next = received.ok();
                let mut core = lock(&driver.core);
                for _ in 0..BURST {
                    let Some((length, remote)) = next else { break };
                    core.handle(Input::Datagram { remote, bytes: &buffer[..length] }, now());
                    next = udp.try_recv_from(&mut buffer).ok();
                }
                if let Some((length, remote)) = next {
                    core.handle(Input::Datagram { remote, bytes: &buffer[..length] }, now());
                }
            }
            accepted = tcp.accept() => {
                if let Ok((stream, remote)) = accepted {
                    let _ = stream.set_nodelay(true);
                    let (queue, queued) = mpsc::channel(QUEUE);
                    lock(&driver.streams).insert(remote, queue);
                    let (reader, writer) = stream.into_split();
                    tokio::spawn(read_stream(driver.clone(), reader, remote));
                    tokio::spawn(write_stream(writer, queued));
                }
            }
            () = tokio::time::sleep_until(deadline.unwrap_or_else(far).into()) => {
                lock(&driver.core).handle(Input::Timeout, now());
            }
            () = driver.changed.notified() => {}
            _ = stopped.wait_for(|s| *s) => return,
        }
    }
}

async fn read_stream(driver: Arc<Driver>, mut reader: OwnedReadHalf, remote: SocketAddr) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(length @ 1..) = reader.read(&mut buffer).await {
        driver.with(|core, now| core.handle(Input::Tcp { remote, bytes: &buffer[..length] }, now));
    }
    lock(&driver.streams).remove(&remote);
    driver.with(|core, now| core.handle(Input::TcpClosed { remote }, now));
}

async fn write_stream(mut writer: OwnedWriteHalf, mut queued: mpsc::Receiver<Vec<u8>>) {
    while let Some(bytes) = queued.recv().await {
        if writer.write_all(&bytes).await.is_err() {
            return;
        }
    }
}

/// Serves one signalling WebSocket until either side ends it.
pub(super) async fn serve(driver: Arc<Driver>, mut socket: WebSocket, admission: Admission) {
    let connection = driver.connections.fetch_add(1, Ordering::Relaxed);
    let (queue, mut queued) = mpsc::channel(QUEUE);
    lock(&driver.web_sockets).insert(connection, queue);
    let admission = Box::new(admission);
    driver.with(|core, now| core.handle(Input::Opened { connection, admission }, now));
    let mut ping = tokio::time::interval(WEBSOCKET_PING);
    ping.reset();
    loop {
        tokio::select! {
            message = socket.recv() => match message {
                Some(Ok(Message::Binary(bytes))) => {
                    driver.with(|core, now| core.handle(Input::Signal { connection, bytes: &bytes }, now));
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                Some(Ok(_)) => {}
            },
            what = queued.recv() => match what {
                Some(ToClient::Message(bytes)) => {
                    if socket.send(Message::Binary(bytes.into())).await.is_err() {
                        break;
                    }
                }
                Some(ToClient::Close) => {
                    let frame = axum::extract::ws::CloseFrame { code: 1000, reason: "".into() };
                    let _ = socket.send(Message::Close(Some(frame))).await;
                    break;
                }
                Some(ToClient::Cut) | None => break,
            },
            _ = ping.tick() => {
                if socket.send(Message::Ping(Vec::new().into())).await.is_err() {
                    break;
                }
            }
        }
    }
    lock(&driver.web_sockets).remove(&connection);
    driver.with(|core, now| core.handle(Input::Closed { connection }, now));
    driver.left.notify_waiters();
}
