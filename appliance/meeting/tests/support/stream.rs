//! A TCP or TLS stream that does not block.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore};

pub struct Stream {
    tcp: TcpStream,
    tls: Option<ClientConnection>,
    /// The client was told that it is open.
    pub told: bool,
}

impl Stream {
    /// Opens a stream; with a name, TLS begins and is verified against it.
    pub fn open(remote: SocketAddr, name: Option<String>, trusted: &RootCertStore) -> std::io::Result<Stream> {
        let tcp = TcpStream::connect(remote)?;
        tcp.set_nonblocking(true)?;
        let tls = name.map(|name| {
            let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
            let config = ClientConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()
                .expect("versions")
                .with_root_certificates(trusted.clone())
                .with_no_client_auth();
            let name = ServerName::try_from(name).expect("a server name");
            ClientConnection::new(Arc::new(config), name).expect("a TLS connection")
        });
        Ok(Stream { tcp, tls, told: false })
    }

    pub fn local(&self) -> SocketAddr {
        self.tcp.local_addr().expect("a connected stream")
    }

    /// Connected and, with TLS, verified.
    pub fn is_ready(&self) -> bool {
        self.tls.as_ref().is_none_or(|tls| !tls.is_handshaking())
    }

    /// What has come, and nothing when nothing has. An error: the stream is over.
    pub fn read(&mut self) -> Result<Vec<u8>, ()> {
        let mut plain = Vec::new();
        let Some(tls) = &mut self.tls else {
            let mut buffer = [0; 4096];
            return match self.tcp.read(&mut buffer) {
                Ok(0) => Err(()),
                Ok(length) => Ok(buffer[..length].to_vec()),
                Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(plain),
                Err(_) => Err(()),
            };
        };
        flush(tls, &mut self.tcp);
        match tls.read_tls(&mut self.tcp) {
            Ok(0) => return Err(()),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(plain),
            Err(_) => return Err(()),
        }
        tls.process_new_packets().map_err(|error| eprintln!("TLS: {error}"))?;
        flush(tls, &mut self.tcp);
        // "Would block" says that this was all.
        let _ = tls.reader().read_to_end(&mut plain);
        Ok(plain)
    }

    pub fn write(&mut self, bytes: &[u8]) {
        match &mut self.tls {
            Some(tls) => {
                tls.writer().write_all(bytes).expect("TLS takes what it is given");
                flush(tls, &mut self.tcp);
            }
            // On the loopback the system's buffer holds all that a test sends.
            None => self.tcp.write_all(bytes).unwrap_or_else(|error| eprintln!("TCP: {error}")),
        }
    }
}

fn flush(tls: &mut ClientConnection, tcp: &mut TcpStream) {
    while tls.wants_write() && tls.write_tls(tcp).is_ok() {}
}
