//! The TCP port that all shards share: reads a connection's first frame to learn whose it is, then lets go of it.
//!
//! The first frame must be a connectivity check for a ufrag that is ours. Until it has come, a stranger costs one
//! descriptor and a small buffer, for ten seconds at most.

use std::collections::HashMap;
use std::io::Read;
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sfu_proto::framing::FrameReader;
use sfu_proto::transport::ice;

use super::sys::{self, Epoll, Ready};
use super::tcp::is_temporary;
use crate::shard::port::Input;
use crate::ufrags::Ufrags;

/// The accepting thread.
pub(crate) struct Acceptor {
    listener: TcpListener,
    stop: Arc<StopSign>,
    ufrags: Arc<Ufrags>,
    epoll: Epoll,
    strangers: HashMap<u64, Stranger>,
    next: u64,
    ready: Vec<Ready>,
}

/// Tells the thread to end.
#[derive(Debug)]
pub(crate) struct StopSign {
    asked: AtomicBool,
    eventfd: OwnedFd,
}

/// A connection that has not said yet whose it is.
struct Stranger {
    stream: TcpStream,
    remote: SocketAddr,
    received: Vec<u8>,
    since: Instant,
}

enum Greeting {
    Incomplete,
    Refused,
    For(Arc<crate::shard::port::Port>),
}

impl StopSign {
    pub(crate) fn new() -> std::io::Result<Self> {
        Ok(Self { asked: AtomicBool::new(false), eventfd: sys::eventfd()? })
    }

    pub(crate) fn raise(&self) {
        self.asked.store(true, Ordering::Release);
        sys::eventfd_add(self.eventfd.as_fd());
    }
}

impl Acceptor {
    pub(crate) fn new(
        listener: TcpListener,
        stop: Arc<StopSign>,
        ufrags: Arc<Ufrags>,
    ) -> std::io::Result<Self> {
        let epoll = Epoll::new()?;
        epoll.add(listener.as_fd(), LISTENER)?;
        epoll.add(stop.eventfd.as_fd(), STOP)?;
        Ok(Self {
            listener,
            stop,
            ufrags,
            epoll,
            strangers: HashMap::new(),
            next: FIRST_STRANGER,
            ready: Vec::new(),
        })
    }

    /// Runs until the stop sign is raised.
    pub(crate) fn run(mut self) {
        while !self.stop.asked.load(Ordering::Acquire) {
            self.turn();
            self.expire(Instant::now());
        }
    }

    /// Waits for something to happen and sees to it.
    fn turn(&mut self) {
        let mut ready = std::mem::take(&mut self.ready);
        self.epoll.wait(&mut ready, self.patience());
        for event in &ready {
            match event.token {
                LISTENER => self.accept(),
                STOP => {}
                token => self.listen_to(token),
            }
        }
        self.ready = ready;
    }

    /// Closes the connections of strangers who have had their time.
    fn expire(&mut self, now: Instant) {
        self.strangers.retain(|_, stranger| now.duration_since(stranger.since) < FIRST_FRAME);
    }

    /// How long until the next stranger has had his time.
    fn patience(&self) -> Duration {
        let first = self.strangers.values().map(|stranger| stranger.since).min();
        first.map_or(Duration::from_secs(3600), |since| {
            FIRST_FRAME.saturating_sub(since.elapsed()) + Duration::from_millis(1)
        })
    }

    fn accept(&mut self) {
        loop {
            let (stream, remote) = match self.listener.accept() {
                Ok(accepted) => accepted,
                Err(error) if is_temporary(error.kind()) => return,
                Err(error) => {
                    // Out of descriptors, most likely. The listener stays readable: do not spin on it.
                    tracing::warn!(%error, "cannot accept a media connection");
                    std::thread::sleep(Duration::from_millis(50));
                    return;
                }
            };
            let remote = SocketAddr::new(remote.ip().to_canonical(), remote.port());
            let from_there =
                |ip: IpAddr| self.strangers.values().filter(|other| other.remote.ip() == ip).count();
            if self.strangers.len() >= MAX_STRANGERS || from_there(remote.ip()) >= MAX_STRANGERS_PER_ADDRESS {
                continue;
            }
            let prepared = stream.set_nonblocking(true).and_then(|()| stream.set_nodelay(true));
            let token = self.next;
            if prepared.and_then(|()| self.epoll.add(stream.as_fd(), token)).is_err() {
                continue;
            }
            self.next += 1;
            self.strangers
                .insert(token, Stranger { stream, remote, received: Vec::new(), since: Instant::now() });
        }
    }

    fn listen_to(&mut self, token: u64) {
        let Some(stranger) = self.strangers.get_mut(&token) else {
            return;
        };
        match stranger.greeting(&self.ufrags) {
            Greeting::Incomplete => {}
            Greeting::Refused => {
                self.strangers.remove(&token);
            }
            Greeting::For(port) => {
                let Some(stranger) = self.strangers.remove(&token) else {
                    return;
                };
                // The descriptor moves to the shard's own set.
                if self.epoll.remove(stranger.stream.as_fd()).is_ok() {
                    // A shard that is overloaded or gone takes no more connections: this one closes.
                    let _ = port.send(Input::Tcp {
                        stream: stranger.stream,
                        remote: stranger.remote,
                        received: stranger.received,
                    });
                }
            }
        }
    }
}

impl Stranger {
    fn greeting(&mut self, ufrags: &Ufrags) -> Greeting {
        let mut buffer = [0; 2048];
        match self.stream.read(&mut buffer) {
            Ok(0) => return Greeting::Refused,
            Ok(len) => self.received.extend(&buffer[..len]),
            Err(error) if is_temporary(error.kind()) => return Greeting::Incomplete,
            Err(_) => return Greeting::Refused,
        }
        let mut reader = FrameReader::default();
        reader.push(&self.received);
        match reader.next_frame() {
            // One frame is all that may come before an answer, and none is that long.
            Ok(None) if self.received.len() <= MAX_GREETING => Greeting::Incomplete,
            Ok(Some(frame)) => ice::addressee(frame)
                .and_then(|ufrag| ufrags.find(&ufrag))
                .map_or(Greeting::Refused, Greeting::For),
            Ok(None) | Err(_) => Greeting::Refused,
        }
    }
}

const LISTENER: u64 = 0;
const STOP: u64 = 1;
const FIRST_STRANGER: u64 = 2;

/// Time for the first frame.
const FIRST_FRAME: Duration = Duration::from_secs(10);

/// A connectivity check with everything that a client puts in.
const MAX_GREETING: usize = 1024;

const MAX_STRANGERS: usize = 512;

/// A whole post may sit behind one address, and all of it may join in the same second.
const MAX_STRANGERS_PER_ADDRESS: usize = 64;

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_stranger_who_says_nothing_whole_is_closed_after_his_time() {
        let mut acceptor = acceptor();
        let mut stranger =
            TcpStream::connect(acceptor.listener.local_addr().expect("bound")).expect("accepted");
        stranger.write_all(&[0, 100, 0, 1]).expect("sent");
        acceptor.turn();
        acceptor.turn();
        assert_eq!(acceptor.strangers.len(), 1);

        acceptor.expire(Instant::now() + FIRST_FRAME - Duration::from_secs(1));
        assert_eq!(acceptor.strangers.len(), 1);
        acceptor.expire(Instant::now() + FIRST_FRAME);
        assert_eq!(acceptor.strangers.len(), 0);
        // A reset if we had left something unread, else an end.
        assert!(!matches!(stranger.read(&mut [0; 8]), Ok(1..)));
    }

    #[test]
    fn one_address_cannot_take_all_places() {
        let mut acceptor = acceptor();
        let address = acceptor.listener.local_addr().expect("bound");
        let strangers: Vec<_> = (0..MAX_STRANGERS_PER_ADDRESS + 10)
            .map(|_| TcpStream::connect(address).expect("accepted"))
            .collect();
        acceptor.turn();
        assert_eq!(acceptor.strangers.len(), MAX_STRANGERS_PER_ADDRESS);
        drop(strangers);
    }

    fn acceptor() -> Acceptor {
        let listener = sys::listen_tcp(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a port");
        let stop = Arc::new(StopSign::new().expect("a descriptor"));
        Acceptor::new(listener, stop, Arc::default()).expect("descriptors")
    }
}
