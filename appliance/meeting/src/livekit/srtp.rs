//! What protects media between us and the server. str0m does not say, but the DTLS that it is given knows.

use std::cell::RefCell;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use str0m::crypto::dtls::{
    DtlsCert, DtlsImplError, DtlsInstance, DtlsOutput, DtlsProvider, DtlsVersion, ProtocolVersion, SrtpProfile,
};
use str0m::crypto::{CryptoError, CryptoProvider, from_feature_flags};
use str0m::{Rtc, RtcConfig};

/// What DTLS has agreed on with the server for SRTP (RFC 5764, section 4.1), once it has.
#[derive(Debug, Clone, Default)]
pub(super) struct Agreed(Arc<OnceLock<SrtpProfile>>);

impl Agreed {
    /// The protection profile's name at IANA; `None` before there is one.
    pub fn profile(&self) -> Option<&'static str> {
        match *self.0.get()? {
            SrtpProfile::AES128_CM_SHA1_80 => Some("SRTP_AES128_CM_HMAC_SHA1_80"),
            SrtpProfile::AEAD_AES_128_GCM => Some("SRTP_AEAD_AES_128_GCM"),
            SrtpProfile::AEAD_AES_256_GCM => Some("SRTP_AEAD_AES_256_GCM"),
            _ => None,
        }
    }
}

thread_local! {
    /// Of the connection that is being made. Its provider is the same for all, and is asked for a DTLS within [`build`].
    static MAKING: RefCell<Agreed> = RefCell::default();
}

/// Makes a connection, and what will say how its media is protected.
pub(super) fn build(config: RtcConfig, now: Instant) -> (Rtc, Agreed) {
    let provider = CryptoProvider { dtls_provider: &Witness, ..from_feature_flags() };
    MAKING.take();
    let rtc = config.set_crypto_provider(Arc::new(provider)).build(now);
    (rtc, MAKING.take())
}

/// Gives out str0m's own DTLS, and looks at what it agrees on.
#[derive(Debug)]
struct Witness;

impl DtlsProvider for Witness {
    fn generate_certificate(&self) -> Option<DtlsCert> {
        from_feature_flags().dtls_provider.generate_certificate()
    }

    fn new_dtls(
        &self,
        cert: &DtlsCert,
        now: Instant,
        dtls_version: DtlsVersion,
        mtu: Option<usize>,
    ) -> Result<Box<dyn DtlsInstance>, CryptoError> {
        let instance = from_feature_flags().dtls_provider.new_dtls(cert, now, dtls_version, mtu)?;
        let agreed = MAKING.with_borrow(Agreed::clone);
        Ok(Box::new(Witnessed { instance, agreed }))
    }
}

#[derive(Debug)]
struct Witnessed {
    instance: Box<dyn DtlsInstance>,
    agreed: Agreed,
}

impl DtlsInstance for Witnessed {
    fn poll_output<'a>(&mut self, buf: &'a mut [u8]) -> DtlsOutput<'a> {
        let output = self.instance.poll_output(buf);
        if let DtlsOutput::KeyingMaterial(_, profile) = &output {
            // A connection has one handshake.
            let _ = self.agreed.0.set(*profile);
        }
        output
    }

    fn set_active(&mut self, active: bool) {
        self.instance.set_active(active);
    }

    fn handle_packet(&mut self, packet: &[u8]) -> Result<(), DtlsImplError> {
        self.instance.handle_packet(packet)
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), DtlsImplError> {
        self.instance.handle_timeout(now)
    }

    fn send_application_data(&mut self, data: &[u8]) -> Result<usize, DtlsImplError> {
        self.instance.send_application_data(data)
    }

    fn is_active(&self) -> bool {
        self.instance.is_active()
    }

    fn protocol_version(&self) -> Option<ProtocolVersion> {
        self.instance.protocol_version()
    }

    fn is_closing(&self) -> bool {
        self.instance.is_closing()
    }

    fn is_closed(&self) -> bool {
        self.instance.is_closed()
    }

    fn close(&mut self) -> Result<(), DtlsImplError> {
        self.instance.close()
    }
}
