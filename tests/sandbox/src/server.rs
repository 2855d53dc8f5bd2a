//! The platform on loopback sockets.

mod driver;
mod levers;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use axum::Json;
use axum::body::Bytes;
use axum::extract::ws::{WebSocketUpgrade, rejection::WebSocketUpgradeRejection};
use axum::extract::{OriginalUri, Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::visio::Platform;
use crate::{core, guest};
use driver::Driver;

/// How long a shutdown waits for clients to hear it.
const GOODBYE: Duration = Duration::from_secs(1);

/// What a server is told once. Port 0 means any free port.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where it listens, and media reaches it. Anything but loopback only where nobody else is, in a network namespace.
    pub address: Ipv4Addr,
    /// Where others find it when something stands in between; without it at its own address.
    pub origin: Option<String>,
    pub http_port: u16,
    pub udp_port: u16,
    /// For ICE over TCP.
    pub tcp_port: u16,
    pub api_key: String,
    /// Signs tokens; random unless set.
    pub api_secret: Option<String>,
    /// Whether `/rtc/v1` is there; without it clients use two connections over `/rtc`.
    pub single_peer_connection: bool,
    /// Whether the server leaves connectivity checks to its clients. The recorded servers make them too.
    pub ice_lite: bool,
    /// Whether each client is sent no more than its path carries, as real servers do.
    pub congestion_control: bool,
    /// Whether video that does not fit is paused, and the client told; real servers do not unless configured to.
    pub allow_pause: bool,
    /// Whether media may go over UDP; without it only TCP is offered.
    pub udp: bool,
    /// Pages of others beside the guest's: same origin, so that they may ask for entry.
    pub pages: axum::Router,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            address: Ipv4Addr::LOCALHOST,
            origin: None,
            http_port: 0,
            udp_port: 0,
            tcp_port: 0,
            api_key: "devkey".into(),
            api_secret: None,
            single_peer_connection: true,
            ice_lite: false,
            congestion_control: false,
            allow_pause: false,
            udp: true,
            pages: axum::Router::new(),
        }
    }
}

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("cannot bind {what} to port {port}")]
    Bind {
        what: &'static str,
        port: u16,
        #[source]
        source: std::io::Error,
    },
}

/// A running platform. Dropping it stops it without saying goodbye; see [`Server::shutdown`].
#[derive(Debug)]
pub struct Server {
    /// Signalling, REST and the guest page.
    pub http_addr: SocketAddr,
    origin: String,
    driver: Arc<Driver>,
    platform: Arc<Platform>,
    reports: Arc<Mutex<Vec<guest::Report>>>,
    stop: watch::Sender<bool>,
    tasks: [JoinHandle<()>; 2],
}

#[derive(Clone)]
struct Shared {
    driver: Arc<Driver>,
    reports: Arc<Mutex<Vec<guest::Report>>>,
}

impl Server {
    /// Starts on loopback.
    ///
    /// # Errors
    /// When a port cannot be had.
    pub async fn start(config: Config) -> Result<Server, StartError> {
        let (listener, http_addr) = listen("HTTP", config.address, config.http_port).await?;
        let (tcp, tcp_addr) = listen("ICE-TCP", config.address, config.tcp_port).await?;
        let bind = |source| StartError::Bind { what: "UDP", port: config.udp_port, source };
        let udp = UdpSocket::bind((config.address, config.udp_port)).await.map_err(bind)?;
        let udp_addr = udp.local_addr().map_err(bind)?;

        let api_secret = config.api_secret.unwrap_or_else(|| Uuid::new_v4().simple().to_string());
        let origin = config.origin.unwrap_or_else(|| format!("http://{http_addr}/"));
        let platform = Arc::new(Platform::new(origin.clone(), config.api_key.clone(), api_secret.clone()));
        let core = core::Core::new(core::Config {
            udp: config.udp.then_some(udp_addr),
            tcp: Some(tcp_addr),
            api_key: config.api_key,
            api_secret,
            single_peer_connection: config.single_peer_connection,
            ice_lite: config.ice_lite,
            congestion_control: config.congestion_control,
            allow_pause: config.allow_pause,
            seed: Uuid::new_v4().as_u64_pair().0,
        });
        let driver = Arc::new(Driver::new(core, platform.clone()));
        let reports = Arc::default();
        let shared = Shared { driver: driver.clone(), reports: Arc::clone(&reports) };
        let (stop, stopped) = watch::channel(false);

        let after_rest = driver.clone();
        // What REST changed in a meeting is applied at once, not with the next packet.
        let rest =
            crate::visio::router(platform.clone()).layer(axum::middleware::map_response(move |response: Response| {
                after_rest.wake();
                std::future::ready(response)
            }));
        let router = axum::Router::new()
            .route("/rtc", get(signalling))
            .route("/rtc/validate", get(signalling))
            .route("/rtc/v1", get(signalling))
            .route("/rtc/v1/validate", get(signalling))
            .route("/twirp/livekit.RoomService/{method}", post(room_service))
            .route("/guest/report", post(report))
            .with_state(shared)
            .merge(rest)
            .merge(crate::page::router())
            .merge(config.pages)
            .layer(axum::middleware::from_fn_with_state(platform.clone(), own_name_only));
        let mut http_stopped = stopped.clone();
        let http = tokio::spawn(async move {
            let serve = axum::serve(listener, router);
            let stopped = async move {
                let _ = http_stopped.wait_for(|s| *s).await;
            };
            let _ = serve.with_graceful_shutdown(stopped).await;
        });
        let media = tokio::spawn(driver::run(driver.clone(), udp, tcp, stopped));
        Ok(Server { http_addr, origin, driver, platform, reports, stop, tasks: [http, media] })
    }

    /// Where others find it: `http://127.0.0.1:<port>/`, or what [`Config::origin`] says.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// `ws://127.0.0.1:<port>`, what LiveKit clients are given.
    pub fn livekit_url(&self) -> String {
        format!("ws://{}", self.http_addr)
    }

    /// The REST half: rooms and their lobbies.
    pub fn platform(&self) -> &Arc<Platform> {
        &self.platform
    }

    /// What guest pages reported so far.
    pub fn guest_reports(&self) -> Vec<guest::Report> {
        self.reports.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What it comes to.
    pub fn guest_summary(&self) -> guest::Summary {
        guest::Summary::of(&self.guest_reports())
    }

    /// Ends every meeting (SERVER_SHUTDOWN) and closes all sockets.
    pub async fn shutdown(mut self) {
        self.driver.with(|core, now| core.shutdown(now));
        let _ = tokio::time::timeout(GOODBYE, self.driver.quiet()).await;
        let _ = self.stop.send(true);
        for task in &mut self.tasks {
            // A page that holds its connection open does not hold up the end.
            if tokio::time::timeout(GOODBYE, &mut *task).await.is_err() {
                task.abort();
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        for task in &self.tasks {
            task.abort();
        }
    }
}

async fn listen(what: &'static str, address: Ipv4Addr, port: u16) -> Result<(TcpListener, SocketAddr), StartError> {
    let bind = |source| StartError::Bind { what, port, source };
    let listener = TcpListener::bind((address, port)).await.map_err(bind)?;
    let address = listener.local_addr().map_err(bind)?;
    Ok((listener, address))
}

/// Time since the Unix epoch.
fn wall() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

/// Pages from elsewhere whose name was made to lead to this machine get nothing, whatever they ask for.
async fn own_name_only(State(platform): State<Arc<Platform>>, request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|value| value.to_str().ok());
    if host.is_some_and(|host| platform.is_named(host)) {
        next.run(request).await
    } else {
        (StatusCode::BAD_REQUEST, "400 Bad Request\n").into_response()
    }
}

async fn signalling(
    State(shared): State<Shared>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    // A page from elsewhere may ask why its token was refused.
    let answer = |status: StatusCode, text: String| ([(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")], (status, text));
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let query = uri.query().unwrap_or_default();
    match shared.driver.with(|core, now| core.admit(uri.path(), query, authorization, now)) {
        Err(refusal) => {
            let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::UNAUTHORIZED);
            answer(status, refusal.text).into_response()
        }
        Ok(None) => answer(StatusCode::OK, "success".into()).into_response(),
        Ok(Some(admission)) => match upgrade {
            Ok(upgrade) => upgrade.on_upgrade(move |socket| driver::serve(shared.driver, socket, admission)),
            Err(rejection) => rejection.into_response(),
        },
    }
}

async fn room_service(
    State(shared): State<Shared>,
    Path(method): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let (status, text) = shared.driver.with(|core, now| core.room_service(&method, authorization, &body, now));
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, "application/json")], text).into_response()
}

async fn report(State(shared): State<Shared>, Json(report): Json<guest::Report>) -> StatusCode {
    guest::keep(&mut shared.reports.lock().unwrap_or_else(PoisonError::into_inner), report);
    StatusCode::NO_CONTENT
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    use super::{Config, Server};

    async fn status(server: &Server, path: &str, host: &str) -> String {
        let mut stream = TcpStream::connect(server.http_addr).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer.split(' ').nth(1).unwrap().into()
    }

    #[tokio::test]
    async fn a_page_from_elsewhere_gets_nothing() {
        let server = Server::start(Config::default()).await.unwrap();
        let own = server.http_addr.to_string();
        for path in ["/sal-turi-nga", "/api/v1.0/config/", "/page/guest.js", "/rtc/validate"] {
            assert_eq!(status(&server, path, "evil.example").await, "400", "{path}");
            assert_ne!(status(&server, path, &own).await, "400", "{path}");
            assert_ne!(status(&server, path, "localhost:1").await, "400", "{path}");
        }
    }
}
