//! Rooms and the media engine on loopback, for trying clients: `cargo run -p signaling --example rooms -- 24000`.

use std::net::{Ipv4Addr, SocketAddr};

use signaling::{Rooms, RoomsConfig};
use signaling_proto::token::Keys;

/// The one API key, and its secret.
const KEY: (&str, &str) = ("devkey", "secretsecretsecretsecretsecretsecret");

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
    let port: u16 = std::env::args().nth(1).map_or(Ok(24_000), |p| p.parse())?;
    let at = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));

    let sfu = sfu::Sfu::start(&sfu::SfuConfig {
        listen: at(port + 1),
        tcp: Some(at(port + 1)),
        ..Default::default()
    })?;
    let mut keys = Keys::default();
    keys.insert(KEY.0, KEY.1)?;
    let rooms = Rooms::new(
        sfu,
        RoomsConfig {
            keys,
            limits: Default::default(),
            auto_create: true,
            product: "rooms example".to_owned(),
        },
    );

    let listener = tokio::net::TcpListener::bind(at(port)).await?;
    axum::serve(listener, signaling::router(rooms)).await?;
    Ok(())
}
