//! `palabre serve`.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::EnvFilter;

use super::say;
use crate::config::Config;
use crate::http::tls::machine_addresses;
use crate::server::{Server, local_url};

pub(super) async fn run(config: Config) -> anyhow::Result<()> {
    tracing_subscriber::fmt().with_env_filter(filter(&config.log.level)).with_writer(std::io::stderr).init();

    let mut stops = Stops::new()?;
    let server = Server::start(config).await?;
    greet(&server).await?;

    stops.next().await;
    tracing::info!("stopping: nobody is let in any more; a second signal ends at once");
    tokio::select! {
        () = server.stop() => Ok(()),
        () = stops.next() => anyhow::bail!("ended at once, on request"),
    }
}

/// What is logged. What the DTLS stack finds odd in a stranger's datagrams wakes nobody; whoever wants to know asks
/// for `rtc_dtls`.
fn filter(level: &str) -> EnvFilter {
    EnvFilter::new(format!("rtc_dtls=off,{level}"))
}

/// Tells the operator where to go.
async fn greet(server: &Server) -> anyhow::Result<()> {
    say(&format!("Palabre {} is running.\n", env!("CARGO_PKG_VERSION")))?;
    say(&format!("  On this machine:     {}", local_url(&server.app.config, server.http)))?;
    if let Some((https, fingerprint)) = &server.https {
        let host = if https.ip().is_unspecified() {
            machine_addresses().first().map_or_else(
                || "localhost".to_owned(),
                |address| match address {
                    std::net::IpAddr::V4(v4) => v4.to_string(),
                    std::net::IpAddr::V6(v6) => format!("[{v6}]"),
                },
            )
        } else {
            https.ip().to_string()
        };
        say(&format!("  From other machines: https://{host}:{}", https.port()))?;
        say(&format!("  Certificate SHA-256: {fingerprint}"))?;
    }
    if let Some(link) = server.administrator_link().await? {
        say("\nThere is no administrator yet. This link makes one; it is good once, for 24 hours:\n")?;
        say(&format!("  {link}\n"))?;
    }
    Ok(())
}

/// The signals that ask us to stop.
struct Stops {
    terminate: Signal,
    interrupt: Signal,
}

impl Stops {
    fn new() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
