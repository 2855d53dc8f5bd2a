//! Servers in a world: the platform's door, at home and abroad, and a TURN server that lies.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use base64::Engine;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, PublicKeyData};
use sha2::Digest;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{ServerConfig, crypto};

/// TLS in front of the platform, under one name and with one certificate wherever it is.
pub struct Door {
    pub authority_pem: String,
    /// As every server of the world shows it.
    pub certificate_pem: String,
    pub key_pem: String,
    pub authority_pin: String,
    redirection: Arc<Mutex<Option<String>>>,
    requests: Arc<AtomicUsize>,
}

impl Door {
    pub async fn open(platform: SocketAddr, at: &[Ipv4Addr]) -> Door {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let names =
            ["visio.example", "abroad.example", "turn.example", "198.51.100.7", "203.0.113.10"].map(str::to_owned);
        let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &authority).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let door = Door {
            authority_pem: authority.pem(),
            certificate_pem: certificate.pem(),
            key_pem: key.serialize_pem(),
            authority_pin: format!(
                "sha256/{}",
                base64::engine::general_purpose::STANDARD
                    .encode(sha2::Sha256::digest(authority.key().subject_public_key_info()))
            ),
            redirection: Arc::default(),
            requests: Arc::default(),
        };
        for address in at {
            let listener = TcpListener::bind((*address, 443)).await.unwrap();
            let (acceptor, redirection, requests) = (acceptor.clone(), door.redirection.clone(), door.requests.clone());
            tokio::spawn(async move {
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(pass(acceptor.clone(), stream, platform, redirection.clone(), requests.clone()));
                }
            });
        }
        door
    }

    pub fn redirect(&self, place: Option<&str>) {
        *self.redirection.lock().unwrap() = place.map(str::to_owned);
    }

    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }
}

async fn pass(
    acceptor: TlsAcceptor,
    stream: TcpStream,
    platform: SocketAddr,
    redirection: Arc<Mutex<Option<String>>>,
    requests: Arc<AtomicUsize>,
) {
    let Ok(mut stream) = acceptor.accept(stream).await else { return };
    let mut first = [0; 16 * 1024];
    let Ok(length @ 1..) = stream.read(&mut first).await else { return };
    requests.fetch_add(1, Ordering::Relaxed);
    let place = redirection.lock().unwrap().clone();
    if let Some(place) = place {
        let answer =
            format!("HTTP/1.1 302 Found\r\nLocation: {place}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        let _ = stream.write_all(answer.as_bytes()).await;
        let _ = stream.shutdown().await;
        return;
    }
    let Ok(mut inside) = TcpStream::connect(platform).await else { return };
    if inside.write_all(&first[..length]).await.is_ok() {
        let _ = tokio::io::copy_bidirectional(&mut stream, &mut inside).await;
    }
}

/// A captive portal: whoever asks for anything in clear is sent to its page.
pub async fn portal(at: Ipv4Addr, page: &'static str) {
    let listener = TcpListener::bind((at, 80)).await.unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 4096]).await;
            let answer =
                format!("HTTP/1.1 302 Found\r\nLocation: {page}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
}

/// Whoever speaks TLS there meets a certificate that nobody vouches for.
pub async fn stranger(at: Ipv4Addr) {
    let certified = rcgen::generate_simple_self_signed(vec!["login.hotel.example".into()]).unwrap();
    let key = PrivateKeyDer::try_from(certified.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind((at, 443)).await.unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = acceptor.accept(stream).await;
        }
    });
}

/// A TURN server (RFC 8656) that sends its clients abroad: whatever they ask, it answers 300 (Try Alternate).
pub struct Liar(tokio::task::JoinHandle<()>);

/// RFC 8489 §5 and §14.10: an error response to Allocate, and the alternate server.
const ALLOCATE_ERROR: [u8; 2] = [0x01, 0x13];
const ERROR_CODE: [u8; 2] = [0x00, 0x09];
const ALTERNATE_SERVER: [u8; 2] = [0x80, 0x23];

impl Liar {
    pub async fn listen(address: Ipv4Addr) -> Liar {
        let socket = UdpSocket::bind((address, 3478)).await.unwrap();
        Liar(tokio::spawn(async move {
            let mut request = [0; 1500];
            while let Ok((length, from)) = socket.recv_from(&mut request).await {
                if length >= 20 {
                    let _ = socket.send_to(&try_alternate(&request[4..20]), from).await;
                    // And something from a peer that nobody has permitted: a data indication out of nowhere.
                    let _ = socket.send_to(&data_indication(), from).await;
                }
            }
        }))
    }
}

impl Drop for Liar {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// `transaction`: the magic cookie and the transaction id of the request.
fn try_alternate(transaction: &[u8]) -> Vec<u8> {
    let mut attributes = Vec::new();
    attributes.extend(ERROR_CODE);
    attributes.extend([0, 4, 0, 0, 3, 0]);
    attributes.extend(ALTERNATE_SERVER);
    attributes.extend([0, 8, 0, 1]);
    attributes.extend(3478_u16.to_be_bytes());
    attributes.extend([198, 51, 100, 8]);
    message(ALLOCATE_ERROR, transaction, &attributes)
}

/// Data from 198.51.100.9:9, as if an allocation and a permission were there (RFC 8656 §18.3, §18.4).
fn data_indication() -> Vec<u8> {
    let cookie = [0x21, 0x12, 0xa4, 0x42];
    let mut transaction = cookie.to_vec();
    transaction.extend([7; 12]);
    let mut attributes = vec![0x00, 0x12, 0, 8, 0, 1];
    attributes.extend((9 ^ 0x2112_u16).to_be_bytes());
    attributes.extend([198, 51, 100, 9].iter().zip(cookie).map(|(byte, key)| byte ^ key));
    attributes.extend([0x00, 0x13, 0, 4, 1, 2, 3, 4]);
    message([0x00, 0x17], &transaction, &attributes)
}

fn message(kind: [u8; 2], transaction: &[u8], attributes: &[u8]) -> Vec<u8> {
    let mut message = kind.to_vec();
    message.extend((attributes.len() as u16).to_be_bytes());
    message.extend(transaction);
    message.extend(attributes);
    message
}
