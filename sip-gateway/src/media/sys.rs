//! Thin, safe wrappers around the Linux system calls of the media threads: `epoll(7)`, `eventfd(2)`, `recvmmsg(2)`.

use std::ffi::c_int;
use std::io::{Error, Result};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::thread::JoinHandleExt;
use std::ptr::null_mut;
use std::thread::JoinHandle;
use std::time::Duration;

/// Turns a system call's -1 into the error that goes with it.
fn check(result: c_int) -> Result<c_int> {
    if result < 0 {
        return Err(Error::last_os_error());
    }
    Ok(result)
}

/// A counter that wakes a thread.
#[derive(Debug)]
pub(super) struct Wake(OwnedFd);

impl Wake {
    pub(super) fn new() -> Result<Self> {
        // SAFETY: no pointers; the descriptor is ours.
        unsafe {
            let fd = check(libc::eventfd(0, libc::EFD_NONBLOCK | libc::EFD_CLOEXEC))?;
            Ok(Self(OwnedFd::from_raw_fd(fd)))
        }
    }

    /// Wakes whoever waits for it.
    pub(super) fn ring(&self) {
        let one = 1_u64.to_ne_bytes();
        // SAFETY: the buffer is readable for its length. It fails only if the counter is not zero: what we want.
        unsafe { libc::write(self.0.as_raw_fd(), one.as_ptr().cast(), one.len()) };
    }

    /// Makes it silent until it rings again.
    pub(super) fn reset(&self) {
        let mut count = [0; 8];
        // SAFETY: the buffer is writable for its length. It fails only if the counter is zero: what we want.
        unsafe { libc::read(self.0.as_raw_fd(), count.as_mut_ptr().cast(), count.len()) };
    }

    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        use std::os::fd::AsFd;
        self.0.as_fd()
    }
}

/// Interest in a set of descriptors.
#[derive(Debug)]
pub(super) struct Epoll {
    fd: OwnedFd,
    events: Box<[libc::epoll_event; READY]>,
    count: usize,
}

impl Epoll {
    pub(super) fn new() -> Result<Self> {
        // SAFETY: no pointers; the descriptor is ours.
        let fd = unsafe { OwnedFd::from_raw_fd(check(libc::epoll_create1(libc::EPOLL_CLOEXEC))?) };
        Ok(Self { fd, events: Box::new([libc::epoll_event { events: 0, u64: 0 }; READY]), count: 0 })
    }

    /// Adds a descriptor. Closing it removes it.
    pub(super) fn add(&self, fd: BorrowedFd<'_>, token: u64) -> Result<()> {
        let mut event = libc::epoll_event { events: libc::EPOLLIN as u32, u64: token };
        // SAFETY: the event is readable; both descriptors are live.
        unsafe {
            check(libc::epoll_ctl(self.fd.as_raw_fd(), libc::EPOLL_CTL_ADD, fd.as_raw_fd(), &mut event))?;
        }
        Ok(())
    }

    /// Removes a descriptor that goes elsewhere.
    pub(super) fn remove(&self, fd: BorrowedFd<'_>) {
        // SAFETY: both descriptors are live; the event is not looked at. One that is not there needs no removal.
        unsafe { libc::epoll_ctl(self.fd.as_raw_fd(), libc::EPOLL_CTL_DEL, fd.as_raw_fd(), null_mut()) };
    }

    /// Waits until a descriptor is ready or the time is over, and tells how many are.
    pub(super) fn wait(&mut self, timeout: Duration) -> usize {
        // Rounded up: woken early, the thread would turn for nothing.
        let millis = timeout.as_micros().div_ceil(1_000).min(3_600_000) as c_int;
        // SAFETY: the array is writable for its length.
        let count = unsafe {
            libc::epoll_wait(self.fd.as_raw_fd(), self.events.as_mut_ptr(), READY as c_int, millis)
        };
        self.count = count.max(0) as usize;
        self.count
    }

    /// The token of a descriptor that was found ready.
    pub(super) fn token(&self, at: usize) -> u64 {
        debug_assert!(at < self.count, "only what was found ready");
        self.events[at].u64
    }
}

/// Room for the datagrams that one socket gives at once.
pub(super) struct Burst {
    buffers: Box<[[u8; DATAGRAM]; BURST]>,
    names: Box<[libc::sockaddr_storage; BURST]>,
    lens: [usize; BURST],
    truncated: [bool; BURST],
}

impl Burst {
    pub(super) fn new() -> Self {
        // SAFETY: all-zero bytes are valid values of these plain structs and arrays.
        unsafe {
            Self {
                buffers: Box::new_zeroed().assume_init(),
                names: Box::new_zeroed().assume_init(),
                lens: [0; BURST],
                truncated: [false; BURST],
            }
        }
    }

    /// Takes what has arrived, at most [`BURST`] datagrams, without waiting.
    pub(super) fn receive(&mut self, socket: &UdpSocket) -> usize {
        // SAFETY: all-zero bytes are valid values of these plain structs.
        let (mut headers, mut vectors): ([libc::mmsghdr; BURST], [libc::iovec; BURST]) =
            unsafe { std::mem::zeroed() };
        for at in 0..BURST {
            vectors[at] = libc::iovec { iov_base: self.buffers[at].as_mut_ptr().cast(), iov_len: DATAGRAM };
            let header = &mut headers[at].msg_hdr;
            header.msg_iov = &raw mut vectors[at];
            header.msg_iovlen = 1;
            header.msg_name = (&raw mut self.names[at]).cast();
            header.msg_namelen = size_of::<libc::sockaddr_storage>() as libc::socklen_t;
        }
        // SAFETY: every pointer in the headers leads to memory of ours that is writable for the length beside it and
        // outlives the call.
        let count = unsafe {
            libc::recvmmsg(
                socket.as_raw_fd(),
                headers.as_mut_ptr(),
                BURST as u32,
                libc::MSG_DONTWAIT,
                null_mut(),
            )
        };
        let count = count.max(0) as usize;
        for (at, header) in headers.iter().enumerate().take(count) {
            self.lens[at] = (header.msg_len as usize).min(DATAGRAM);
            self.truncated[at] = header.msg_hdr.msg_flags & libc::MSG_TRUNC != 0;
        }
        count
    }

    /// A datagram of the last burst and where it came from; `None` if it was longer than any that we take.
    pub(super) fn datagram(&mut self, at: usize) -> Option<(SocketAddr, &mut [u8])> {
        if self.truncated[at] {
            return None;
        }
        let from = read_address(&self.names[at])?;
        Some((from, &mut self.buffers[at][..self.lens[at]]))
    }
}

fn read_address(name: &libc::sockaddr_storage) -> Option<SocketAddr> {
    let start = std::ptr::from_ref(name);
    match i32::from(name.ss_family) {
        libc::AF_INET => {
            // SAFETY: the family says that it is this struct; the storage is large and aligned enough.
            let v4 = unsafe { &*start.cast::<libc::sockaddr_in>() };
            let ip = IpAddr::from(v4.sin_addr.s_addr.to_ne_bytes());
            Some(SocketAddr::new(ip, u16::from_be(v4.sin_port)))
        }
        libc::AF_INET6 => {
            // SAFETY: as above.
            let v6 = unsafe { &*start.cast::<libc::sockaddr_in6>() };
            let ip = IpAddr::from(v6.sin6_addr.s6_addr);
            Some(SocketAddr::new(ip, u16::from_be(v6.sin6_port)))
        }
        _ => None,
    }
}

/// Marks what a socket sends as expedited forwarding (RFC 3246), as routers of posts expect of speech.
pub(super) fn mark_as_speech(socket: &UdpSocket, v6: bool) -> Result<()> {
    let (level, name) =
        if v6 { (libc::IPPROTO_IPV6, libc::IPV6_TCLASS) } else { (libc::IPPROTO_IP, libc::IP_TOS) };
    let (value, len) = (EXPEDITED, size_of::<c_int>() as libc::socklen_t);
    // SAFETY: the value is readable for its size.
    unsafe { check(libc::setsockopt(socket.as_raw_fd(), level, name, (&raw const value).cast(), len))? };
    Ok(())
}

/// Puts the calling thread before others that want the same core, if we may.
pub(super) fn raise_priority() {
    // SAFETY: no pointers. For a thread, Linux takes 0 as the thread itself.
    unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, MEDIA_NICENESS) };
}

/// For how long a thread has had a core.
pub(super) fn cpu_time(of: &JoinHandle<()>) -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    let mut clock = 0;
    // SAFETY: the thread was not joined, so that it is still known; the clock and the time are writable.
    unsafe {
        if libc::pthread_getcpuclockid(of.as_pthread_t(), &mut clock) == 0 {
            libc::clock_gettime(clock, &mut time);
        }
    }
    Duration::new(time.tv_sec.max(0) as u64, time.tv_nsec.clamp(0, 999_999_999) as u32)
}

/// The longest datagram taken: phones stay below an Ethernet frame.
pub(super) const DATAGRAM: usize = 1_536;

/// Datagrams that one socket gives at once; who sends more waits for its next turn.
pub(super) const BURST: usize = 8;

/// Sockets that one wait can find ready.
const READY: usize = 256;

/// DSCP 46, shifted to its place in the octet.
const EXPEDITED: c_int = 46 << 2;

/// Above everything ordinary, below what the system itself may need.
const MEDIA_NICENESS: c_int = -10;
