//! The ICE-TCP connections of one shard (RFC 6544, passive side; frames of RFC 4571).

use std::collections::HashMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use sfu_proto::framing::{self, FrameReader};
use sfu_proto::path::{Path, TcpId};

use super::sys::{Epoll, Ready};

/// All connections of a shard.
#[derive(Debug)]
pub(crate) struct Connections {
    epoll: Epoll,
    open: HashMap<TcpId, Connection>,
    next: u64,
    ready: Vec<Ready>,
    /// Frames that found no room in a connection's queue.
    pub(crate) dropped: u64,
}

#[derive(Debug)]
struct Connection {
    stream: TcpStream,
    remote: SocketAddr,
    reader: FrameReader,
    unsent: Vec<u8>,
    sent: usize,   // of `unsent`
    blocked: bool, // waits until the stream can be written
}

/// What has come from a connection.
pub(crate) enum Arrival<'a> {
    Frame(Path, &'a mut [u8]),
    Closed(Path),
}

impl Connections {
    pub(crate) fn new() -> std::io::Result<Self> {
        Ok(Self { epoll: Epoll::new()?, open: HashMap::new(), next: 1, ready: Vec::new(), dropped: 0 })
    }

    /// Readable when any of them is ready.
    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.epoll.fd()
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.open.len()
    }

    /// Takes over a connection, of which some bytes have been read already. `None` when there are too many.
    pub(crate) fn add(&mut self, stream: TcpStream, remote: SocketAddr, received: &[u8]) -> Option<Path> {
        if self.open.len() >= MAX_CONNECTIONS {
            return None;
        }
        let connection = TcpId(self.next);
        self.epoll.add(stream.as_fd(), connection.0).ok()?;
        self.next += 1;
        let mut reader = FrameReader::default();
        reader.push(received);
        self.open.insert(
            connection,
            Connection { stream, remote, reader, unsent: Vec::new(), sent: 0, blocked: false },
        );
        Some(Path::Tcp { connection, remote })
    }

    /// Ends a connection.
    pub(crate) fn close(&mut self, id: TcpId) {
        self.open.remove(&id);
    }

    /// Gives the frames that a connection holds already.
    pub(crate) fn take_frames(&mut self, id: TcpId, take: &mut impl FnMut(Arrival<'_>)) {
        if let Some(connection) = self.open.get_mut(&id) {
            let path = connection.path(id);
            if !drain_frames(&mut connection.reader, path, take) {
                self.end(id, take);
            }
        }
    }

    /// Reads and writes what can be read and written without waiting.
    pub(crate) fn turn(&mut self, take: &mut impl FnMut(Arrival<'_>)) {
        let mut ready = std::mem::take(&mut self.ready);
        self.epoll.wait(&mut ready, Duration::ZERO);
        for event in &ready {
            let id = TcpId(event.token);
            let Some(connection) = self.open.get_mut(&id) else {
                continue;
            };
            let path = connection.path(id);
            let mut alive = true;
            if event.writable {
                alive = connection.write(&self.epoll, id);
            }
            if alive && event.readable {
                alive = connection.read(path, take);
            }
            if !alive {
                self.end(id, take);
            }
        }
        self.ready = ready;
    }

    /// Queues packets as frames and writes what can be written. What finds no room is lost, as on any network.
    pub(crate) fn send<'a>(&mut self, id: TcpId, packets: impl Iterator<Item = &'a [u8]>) {
        let Some(connection) = self.open.get_mut(&id) else {
            return;
        };
        for packet in packets {
            let len = u16::try_from(packet.len()).ok();
            let room = connection.unsent.len() + packet.len() <= WRITE_QUEUE;
            let Some(len) = len.filter(|_| room) else {
                self.dropped += 1;
                continue;
            };
            connection.unsent.extend(framing::header(len));
            connection.unsent.extend(packet);
        }
        // A connection that fails here is found dead by the next read.
        if !connection.blocked {
            connection.write(&self.epoll, id);
        }
    }

    fn end(&mut self, id: TcpId, take: &mut impl FnMut(Arrival<'_>)) {
        if let Some(connection) = self.open.remove(&id) {
            take(Arrival::Closed(connection.path(id)));
        }
    }
}

impl Connection {
    fn path(&self, connection: TcpId) -> Path {
        Path::Tcp { connection, remote: self.remote }
    }

    /// Reads once; level-triggered readiness brings us back for more. Whether the connection lives on.
    fn read(&mut self, path: Path, take: &mut impl FnMut(Arrival<'_>)) -> bool {
        let mut buffer = [0; READ];
        match self.stream.read(&mut buffer) {
            Ok(0) => false,
            Ok(len) => {
                self.reader.push(&buffer[..len]);
                drain_frames(&mut self.reader, path, take)
            }
            Err(error) => is_temporary(error.kind()),
        }
    }

    fn write(&mut self, epoll: &Epoll, id: TcpId) -> bool {
        while self.sent < self.unsent.len() {
            match self.stream.write(&self.unsent[self.sent..]) {
                Ok(0) => return false,
                Ok(len) => self.sent += len,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.unsent.drain(..self.sent);
                    self.sent = 0;
                    return self.set_blocked(epoll, id, true);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return false,
            }
        }
        self.unsent.clear();
        self.sent = 0;
        self.set_blocked(epoll, id, false)
    }

    fn set_blocked(&mut self, epoll: &Epoll, id: TcpId, blocked: bool) -> bool {
        if self.blocked == blocked {
            return true;
        }
        self.blocked = blocked;
        epoll.want_writable(self.stream.as_fd(), id.0, blocked).is_ok()
    }
}

/// Whether all frames were good.
fn drain_frames(reader: &mut FrameReader, path: Path, take: &mut impl FnMut(Arrival<'_>)) -> bool {
    loop {
        match reader.next_frame() {
            Ok(Some(frame)) => take(Arrival::Frame(path, frame)),
            Ok(None) => return true,
            Err(_) => return false,
        }
    }
}

pub(crate) fn is_temporary(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

/// Connections of one shard.
const MAX_CONNECTIONS: usize = 4096;

/// Bytes that may wait for one connection: a quarter of a second at 8 Mbit/s. More would only be late.
const WRITE_QUEUE: usize = 256 * 1024;

const READ: usize = 16 * 1024;
