//! Lines over TCP that change the link while it runs, each answered by a line.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};

use anyhow::{Context, Result};

/// Where lines come from.
pub(crate) struct Control {
    listener: TcpListener,
    lines: Vec<Line>,
}

struct Line {
    stream: TcpStream,
    unread: Vec<u8>,
}

impl Control {
    pub(crate) fn listen(address: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind(address).with_context(|| format!("cannot listen on {address}"))?;
        listener.set_nonblocking(true)?;
        Ok(Self { listener, lines: Vec::new() })
    }

    /// What to wait for.
    pub(crate) fn descriptors(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        std::iter::once(self.listener.as_fd()).chain(self.lines.iter().map(|line| line.stream.as_fd()))
    }

    /// Reads what has come, and answers each line with what the closure says.
    pub(crate) fn serve(&mut self, mut answer: impl FnMut(&str) -> String) {
        while let Ok((stream, _)) = self.listener.accept() {
            if self.lines.len() < MOST && stream.set_nonblocking(true).is_ok() {
                self.lines.push(Line { stream, unread: Vec::new() });
            }
        }
        self.lines.retain_mut(|line| line.serve(&mut answer));
    }
}

impl Line {
    /// Tells whether there may be more.
    fn serve(&mut self, answer: &mut impl FnMut(&str) -> String) -> bool {
        let mut bytes = [0; 1_024];
        loop {
            match self.stream.read(&mut bytes) {
                Ok(0) => return false,
                Ok(count) => self.unread.extend(&bytes[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(_) => return false,
            }
            if self.unread.len() > LONGEST {
                return false;
            }
        }
        while let Some(end) = self.unread.iter().position(|&byte| byte == b'\n') {
            let line: Vec<_> = self.unread.drain(..=end).collect();
            let reply = answer(String::from_utf8_lossy(&line).trim());
            if writeln!(self.stream, "{reply}").is_err() {
                return false;
            }
        }
        true
    }
}

const MOST: usize = 16;
const LONGEST: usize = 16 << 10;
