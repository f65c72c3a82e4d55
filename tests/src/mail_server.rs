//! A mail server that keeps what it is given (RFC 5321), as far as ours goes to it: in the clear or with STARTTLS, and
//! with the refusals that a scenario orders.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;

/// The server, as a scenario holds it. Dropping it closes it for newcomers.
pub struct MailServer {
    /// Where it listens.
    pub address: SocketAddr,
    mails: mpsc::UnboundedReceiver<Received>,
    orders: Arc<Mutex<Orders>>,
    task: tokio::task::JoinHandle<()>,
}

/// A mail as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Whom its envelope names as sender.
    pub from: String,
    /// Whom it was for.
    pub to: String,
    /// The message.
    pub message: Vec<u8>,
    /// Whether it came under TLS.
    pub encrypted: bool,
}

#[derive(Default)]
struct Orders {
    /// What is answered to the next recipients instead of a welcome.
    replies: VecDeque<String>,
}

impl MailServer {
    /// Opens on a free port, in the clear.
    ///
    /// # Panics
    /// When there is no port.
    pub async fn start() -> Self {
        Self::open(None).await
    }

    /// Opens with STARTTLS; the certificate, for `localhost`, is written to a file.
    ///
    /// # Panics
    /// When there is no port.
    pub async fn start_with_tls(certificate: &Path) -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        std::fs::write(certificate, made.cert.pem()).expect("a file");
        let key = rustls::pki_types::PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .expect("a usable certificate");
        Self::open(Some(TlsAcceptor::from(Arc::new(config)))).await
    }

    async fn open(tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound socket");
        let (told, mails) = mpsc::unbounded_channel();
        let orders = Arc::new(Mutex::new(Orders::default()));
        let shared = Arc::clone(&orders);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let visit = Visit { told: told.clone(), orders: Arc::clone(&shared), encrypted: false };
                let tls = tls.clone();
                tokio::spawn(async move {
                    // Whoever hangs up in the middle has said nothing.
                    let _ = visit.serve(stream, tls).await;
                });
            }
        });
        Self { address, mails, orders, task }
    }

    /// The next mail.
    ///
    /// # Panics
    /// When none comes in time.
    pub async fn next(&mut self) -> Received {
        let mail = tokio::time::timeout(PATIENCE, self.mails.recv()).await.expect("a mail in time");
        mail.expect("the server lives")
    }

    /// Whether no mail has come.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.mails.is_empty()
    }

    /// Answers the next recipient with this instead of a welcome.
    pub fn refuse_next(&self, reply: &str) {
        self.orders().replies.push_back(reply.to_owned());
    }

    fn orders(&self) -> MutexGuard<'_, Orders> {
        self.orders.lock().expect("nobody panics with it")
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Visit {
    told: mpsc::UnboundedSender<Received>,
    orders: Arc<Mutex<Orders>>,
    encrypted: bool,
}

impl Visit {
    async fn serve(mut self, stream: TcpStream, tls: Option<TlsAcceptor>) -> std::io::Result<()> {
        let mut stream: BufReader<Box<dyn Both>> = BufReader::new(Box::new(stream));
        say(&mut stream, "220 sink").await?;
        let (mut from, mut to) = (String::new(), String::new());
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let line = line.trim_end();
            let word = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            match (word.as_str(), &tls) {
                ("EHLO", Some(_)) if !self.encrypted => say(&mut stream, "250-sink\r\n250 STARTTLS").await?,
                ("EHLO" | "HELO", _) => say(&mut stream, "250-sink\r\n250 8BITMIME").await?,
                ("STARTTLS", Some(tls)) => {
                    say(&mut stream, "220 go on").await?;
                    let encrypted = tls.accept(stream.into_inner()).await?;
                    stream = BufReader::new(Box::new(encrypted));
                    self.encrypted = true;
                }
                ("MAIL", _) => {
                    from = between(line);
                    say(&mut stream, "250 ok").await?;
                }
                ("RCPT", _) => {
                    to = between(line);
                    let reply = self.orders.lock().expect("nobody panics with it").replies.pop_front();
                    say(&mut stream, reply.as_deref().unwrap_or("250 ok")).await?;
                }
                ("DATA", _) => {
                    say(&mut stream, "354 go on").await?;
                    let message = data(&mut stream).await?;
                    let (from, to) = (from.clone(), to.clone());
                    // The scenario may be over.
                    let _ = self.told.send(Received { from, to, message, encrypted: self.encrypted });
                    say(&mut stream, "250 kept").await?;
                }
                ("QUIT", _) => return say(&mut stream, "221 bye").await,
                ("RSET" | "NOOP", _) => say(&mut stream, "250 ok").await?,
                _ => say(&mut stream, "500 what?").await?,
            }
        }
    }
}

trait Both: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Both for S {}

/// The message up to the lone dot, with doubled dots made single (RFC 5321 §4.5.2).
async fn data(stream: &mut BufReader<Box<dyn Both>>) -> std::io::Result<Vec<u8>> {
    let mut message = Vec::new();
    loop {
        let mut line = Vec::new();
        if stream.read_until(b'\n', &mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if line == b".\r\n" {
            return Ok(message);
        }
        message.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
    }
}

async fn say<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut BufReader<S>,
    line: &str,
) -> std::io::Result<()> {
    stream.write_all(format!("{line}\r\n").as_bytes()).await?;
    stream.flush().await
}

fn between(line: &str) -> String {
    let inside = line.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inside.map(|(address, _)| address.to_owned()).unwrap_or_default()
}

const PATIENCE: Duration = Duration::from_secs(30);
