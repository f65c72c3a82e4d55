//! The server that takes our mails (RFC 5321, RFC 8314).

use std::path::Path;
use std::time::Duration;

use lettre::address::Envelope;
use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Severity;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};

use super::Mail;
use crate::config::{self, MailEncryption};

/// The way to the mail server.
pub struct Relay {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    server: String,
    name: String,
    from: Address,
}

/// Why mail cannot be sent at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RelayError {
    /// No list of authorities.
    #[error("the authorities of mail servers in {file} cannot be read: {reason}; see `mail.authorities`")]
    Authorities {
        /// Which file.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
    /// An address that is none, or a server's name that is none.
    #[error("mail cannot be sent as configured: {0}")]
    Unusable(String),
}

/// Why one mail was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct SendError {
    /// What the server said, or what was in the way.
    pub reason: String,
    /// Whether it is of no use to try again.
    pub is_final: bool,
}

impl Relay {
    /// The relay of a configuration; `None` if it names none.
    ///
    /// # Errors
    /// When it cannot be used.
    pub fn of(config: &config::Mail) -> Result<Option<Self>, RelayError> {
        let (Some(server), Some(from)) = (&config.server, &config.from) else { return Ok(None) };
        let from: Address = from.as_str().parse().map_err(unusable)?;
        let tls = match config.encryption {
            MailEncryption::None => Tls::None,
            MailEncryption::StartTls => Tls::Required(trust(config, server)?),
            MailEncryption::Tls => Tls::Wrapper(trust(config, server)?),
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(server)
            .port(config.port)
            .tls(tls)
            .hello_name(ClientId::Domain(from.domain().to_owned()))
            .pool_config(PoolConfig::new().max_size(2).idle_timeout(IDLE))
            .timeout(Some(PATIENCE));
        if let (Some(user), Some(password)) = (&config.user, &config.password) {
            builder = builder.credentials(Credentials::new(user.clone(), password.0.clone()));
        }
        let server = format!("{server}:{}", config.port);
        Ok(Some(Self { transport: builder.build(), server, name: config.name.clone(), from }))
    }

    /// Where it is, for the operator.
    #[must_use]
    pub fn server(&self) -> &str {
        &self.server
    }

    /// From whom mails come: name and address.
    #[must_use]
    pub fn sender(&self) -> (&str, &Address) {
        (&self.name, &self.from)
    }

    /// Hands a mail over.
    ///
    /// # Errors
    /// Why it was not taken.
    pub async fn send(&self, mail: &Mail) -> Result<(), SendError> {
        let to: Result<Address, _> = mail.recipient.as_str().parse();
        let to = to.map_err(|error| SendError { reason: error.to_string(), is_final: true })?;
        let envelope = Envelope::new(Some(self.from.clone()), vec![to])
            .map_err(|error| SendError { reason: error.to_string(), is_final: true })?;
        // The library's limit is for each step; all together may not take for ever either.
        let sent = self.transport.send_raw(&envelope, mail.message.as_bytes());
        match tokio::time::timeout(LONGEST, sent).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(SendError { is_final: is_final(&error), reason: causes(&error) }),
            Err(_) => Err(SendError { reason: "the mail server takes too long".to_owned(), is_final: false }),
        }
    }
}

impl std::fmt::Debug for Relay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Relay").field("server", &self.server).finish_non_exhaustive()
    }
}

/// Whose certificates we believe.
fn trust(config: &config::Mail, server: &str) -> Result<TlsParameters, RelayError> {
    let file = config.authorities.as_deref().unwrap_or(Path::new(crate::phones::AUTHORITIES));
    let refuse = |reason: String| RelayError::Authorities { file: file.display().to_string(), reason };
    let pem = std::fs::read(file).map_err(|error| refuse(error.to_string()))?;
    let authorities = Certificate::from_pem(&pem).map_err(|error| refuse(error.to_string()))?;
    TlsParameters::builder(server.to_owned())
        .certificate_store(CertificateStore::None)
        .add_root_certificate(authorities)
        .build_rustls()
        .map_err(|error| refuse(causes(&error)))
}

fn unusable(error: impl std::fmt::Display) -> RelayError {
    RelayError::Unusable(error.to_string())
}

/// A mail that a server does not want, it does not want later either. A server that does not know us is a mistake
/// somebody will mend.
fn is_final(error: &lettre::transport::smtp::Error) -> bool {
    error.status().is_some_and(|code| {
        code.severity == Severity::PermanentNegativeCompletion && !MENDABLE.contains(&u16::from(code))
    })
}

/// An error and what is behind it, in one line of bounded length: servers write what they like.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect()
}

/// Authentication is required, too weak, or failed (RFC 4954 §6); no mail service here (RFC 7504).
const MENDABLE: [u16; 5] = [521, 530, 534, 535, 538];
/// For one step of the protocol, over a satellite.
const PATIENCE: Duration = Duration::from_secs(60);
/// For a whole mail.
const LONGEST: Duration = Duration::from_secs(300);
/// How long a connection is kept for the next mail.
const IDLE: Duration = Duration::from_secs(20);
