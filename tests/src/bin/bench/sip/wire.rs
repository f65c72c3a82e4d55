//! The socket of many phones towards one server.

use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::child::Server;
use crate::machine::{self, Receiver};

/// Datagrams to and from one server.
pub(crate) struct Wire {
    pub(crate) socket: UdpSocket,
    pub(crate) local: SocketAddr,
    receiver: Receiver,
}

impl Wire {
    pub(crate) fn to(server: SocketAddr) -> Result<Self> {
        let socket = machine::socket()?;
        socket.connect(server)?;
        Ok(Self { local: socket.local_addr()?, socket, receiver: Receiver::new() })
    }

    /// Sends a message; one that finds no room is lost and will be sent again.
    pub(crate) fn send(&self, message: &str) {
        let _ = self.socket.send(message.as_bytes());
    }

    /// Hands over all messages that have come; their number.
    pub(crate) fn receive(&mut self, mut take: impl FnMut(&str)) -> usize {
        self.receiver.receive(&self.socket, |datagram, _| {
            if let Ok(message) = std::str::from_utf8(datagram) {
                take(message);
            }
        })
    }

    /// Waits for one message for which `wanted` is true.
    pub(crate) fn wait_for(&mut self, wanted: impl Fn(&str) -> bool) -> Result<String> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let mut found = None;
            self.receive(|message| {
                if found.is_none() && wanted(message) {
                    found = Some(message.to_owned());
                }
            });
            if let Some(message) = found {
                return Ok(message);
            }
            ensure!(Instant::now() < deadline, "the server does not say what was waited for");
            machine::wait_readable(&[&self.socket], Duration::from_millis(100));
        }
    }
}

/// Waits until a server that was just started answers.
pub(crate) fn wait_until_answers(address: SocketAddr, server: &mut Server) -> Result<()> {
    let wire = Wire::to(address)?;
    let deadline = Instant::now() + PATIENCE;
    let mut asked = 0;
    loop {
        server.check()?;
        asked += 1;
        wire.send(&format!(
            "OPTIONS sip:{address} SIP/2.0\r\nVia: SIP/2.0/UDP {local};branch=z9hG4bK-up{asked};rport\r\n\
             Max-Forwards: 70\r\nFrom: <sip:up@{local}>;tag=up\r\nTo: <sip:{address}>\r\nCall-ID: up{asked}\r\n\
             CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
            local = wire.local
        ));
        machine::wait_readable(&[&wire.socket], Duration::from_millis(100));
        // Before the server listens the system answers that nobody does.
        if wire.socket.recv(&mut [0; 2048]).is_ok() {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "the server does not answer");
        std::thread::yield_now();
    }
}

/// How long a server may take to say something.
const PATIENCE: Duration = Duration::from_secs(20);
