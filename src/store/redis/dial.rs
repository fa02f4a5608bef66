//! Opening the bare connection: addresses, time, TLS.

use std::io;
use std::net::{TcpStream, ToSocketAddrs as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, RootCertStore, SignatureScheme, StreamOwned,
};

use super::failure::plain;
use super::target::{Address, Target, Tls};
use super::wire::{Socket, Stream, Wire};

/// Why there is no connection.
pub(super) enum Failed {
    /// As the network tells it.
    Io(io::Error),
    /// What was given for TLS cannot be used.
    Tls(String),
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Failed {
        Failed::Io(error)
    }
}

/// Opens it, within the time that a connection may take.
pub(super) fn dial(target: &Target) -> Result<Wire, Failed> {
    let stream = match &target.address {
        Address::Unix(path) => Stream::Plain(unix(path)?),
        Address::Tcp { host, port, tls: false } => {
            Stream::Plain(tcp(host, *port, target.connect_timeout)?.into())
        }
        Address::Tcp { host, port, tls: true } => {
            let config = config(&target.tls, Checks::Name).map_err(Failed::Tls)?;
            let name = target.tls.sni.as_ref().unwrap_or(host).clone();
            let name = ServerName::try_from(name).map_err(|error| Failed::Tls(error.to_string()))?;
            let mut session = ClientConnection::new(Arc::new(config), name)
                .map_err(|error| Failed::Tls(error.to_string()))?;
            let mut socket: Socket = tcp(host, *port, target.connect_timeout)?.into();
            socket.limit(target.connect_timeout)?;
            while session.is_handshaking() {
                session.complete_io(&mut socket)?;
            }
            Stream::Tls(Box::new(StreamOwned::new(session, socket)))
        }
    };
    let mut wire = Wire::new(stream);
    // Until the login is through, an answer counts as a part of connecting.
    wire.limit(target.connect_timeout)?;
    Ok(wire)
}

fn unix(path: &Path) -> io::Result<Socket> {
    loop {
        match UnixStream::connect(path) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            connected => return Ok(connected?.into()),
        }
    }
}

/// Tries all addresses of a host, within this time together.
fn tcp(host: &str, port: u16, within: Duration) -> io::Result<TcpStream> {
    let began = Instant::now();
    let mut last = None;
    for address in (host, port).to_socket_addrs()? {
        let left = within.saturating_sub(began.elapsed());
        if left.is_zero() {
            last.get_or_insert_with(|| io::ErrorKind::TimedOut.into());
            break;
        }
        match TcpStream::connect_timeout(&address, left) {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(|| io::Error::other("failed to lookup address information")))
}

/// What is checked of a certificate, where it is checked at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Checks {
    /// Whose it is, and who says so.
    Name,
    /// Who says so.
    #[cfg_attr(not(feature = "postgres"), expect(dead_code, reason = "libpq's verify-ca"))]
    Authority,
}

pub(in crate::store) fn config(tls: &Tls, checks: Checks) -> Result<ClientConfig, String> {
    let read = |path: &Path, what: &str, mark: &str| {
        let shown = path.display();
        let bytes = std::fs::read(path)
            .map_err(|error| format!("cannot read the {what} {shown}: {}", plain(&error)))?;
        // Without this an empty list of authorities would look like an untrusted server.
        if memchr::memmem::find(&bytes, mark.as_bytes()).is_none() {
            return Err(format!("the {what} {shown} is not a PEM file with `{mark}` in it"));
        }
        Ok(bytes)
    };
    let certificates = |bytes: &[u8], what: &str| {
        CertificateDer::pem_slice_iter(bytes)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| format!("the {what} cannot be read: {error}"))
    };
    let own = match (&tls.cert, &tls.key) {
        (Some(cert), Some(key)) => {
            let cert = read(cert, "client certificate", "BEGIN CERTIFICATE")?;
            let key = read(key, "key of the client certificate", "PRIVATE KEY")?;
            let key = PrivateKeyDer::from_pem_slice(&key)
                .map_err(|error| format!("the key of the client certificate cannot be read: {error}"))?;
            Some((certificates(&cert, "client certificate")?, key))
        }
        (None, None) => None,
        (Some(_), None) => return Err("--cert also needs the certificate's --key".to_string()),
        (None, Some(_)) => return Err("--key also needs its certificate, --cert".to_string()),
    };
    let mut roots = RootCertStore::empty();
    if let Some(path) = &tls.cacert {
        let bytes = read(path, "CA certificate", "BEGIN CERTIFICATE")?;
        for certificate in certificates(&bytes, "CA certificate")? {
            roots
                .add(certificate)
                .map_err(|error| format!("the CA certificate {} cannot be used: {error}", path.display()))?;
        }
    } else if !tls.insecure {
        let system = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(system.certs);
        if roots.is_empty() {
            let why = system.errors.first().map_or_else(String::new, |error| format!(": {error}"));
            return Err(format!("the system's certificates cannot be read{why}; name them with --cacert"));
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots.clone());
    let mut config = match own {
        Some((chain, key)) => config.with_client_auth_cert(chain, key).map_err(|error| error.to_string())?,
        None => config.with_no_client_auth(),
    };
    if tls.insecure {
        config.dangerous().set_certificate_verifier(Arc::new(Anybody::new(&provider)));
        config.enable_sni = tls.sni.is_some();
    } else if checks == Checks::Authority {
        let usual = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .map_err(|error| error.to_string())?;
        config.dangerous().set_certificate_verifier(Arc::new(AnyName(usual)));
    }
    Ok(config)
}

/// Takes the certificate of a known authority for any name.
#[derive(Debug)]
struct AnyName(Arc<WebPkiServerVerifier>);

impl ServerCertVerifier for AnyName {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        use rustls::CertificateError::{NotValidForName, NotValidForNameContext};
        // The name is looked at last.
        match self.0.verify_server_cert(end_entity, intermediates, name, ocsp, now) {
            Err(rustls::Error::InvalidCertificate(NotValidForName | NotValidForNameContext { .. })) => {
                Ok(ServerCertVerified::assertion())
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

/// Takes every certificate (`--insecure`).
#[derive(Debug)]
struct Anybody(WebPkiSupportedAlgorithms);

impl Anybody {
    fn new(provider: &CryptoProvider) -> Anybody {
        Anybody(provider.signature_verification_algorithms)
    }
}

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}
