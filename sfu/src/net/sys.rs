//! Thin, safe wrappers around Linux system calls. Batched UDP is in `udp.rs`; nowhere else is there unsafe code.

use std::ffi::c_int;
use std::io::{Error, Result};
use std::net::IpAddr;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::time::Duration;

/// Turns a system call's -1 into the error that goes with it.
pub(crate) fn check(result: c_int) -> Result<c_int> {
    if result < 0 {
        return Err(Error::last_os_error());
    }
    Ok(result)
}

/// A counter that a thread can sleep on (`eventfd(2)`).
pub(crate) fn eventfd() -> Result<OwnedFd> {
    // SAFETY: no pointers; the descriptor is ours.
    unsafe {
        let fd = check(libc::eventfd(0, libc::EFD_NONBLOCK | libc::EFD_CLOEXEC))?;
        Ok(OwnedFd::from_raw_fd(fd))
    }
}

/// Wakes whoever sleeps on the counter.
pub(crate) fn eventfd_add(fd: BorrowedFd<'_>) {
    let one = 1_u64.to_ne_bytes();
    // SAFETY: the buffer is readable for its length. A failure means that the counter is not zero: what we want.
    unsafe { libc::write(fd.as_raw_fd(), one.as_ptr().cast(), one.len()) };
}

/// Sets the counter to zero.
pub(crate) fn eventfd_reset(fd: BorrowedFd<'_>) {
    let mut count = [0; 8];
    // SAFETY: the buffer is writable for its length. A failure means that the counter is zero: what we want.
    unsafe { libc::read(fd.as_raw_fd(), count.as_mut_ptr().cast(), count.len()) };
}

/// Waits until one of the descriptors can be read, or until the time is over; says which.
pub(crate) fn wait_readable<const N: usize>(
    fds: [BorrowedFd<'_>; N],
    timeout: Option<Duration>,
) -> [bool; N] {
    let mut polled = fds.map(|fd| libc::pollfd { fd: fd.as_raw_fd(), events: libc::POLLIN, revents: 0 });
    let timeout = timeout.map(|timeout| libc::timespec {
        tv_sec: timeout.as_secs().min(3600) as libc::time_t,
        tv_nsec: timeout.subsec_nanos().into(),
    });
    let timeout = timeout.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    // SAFETY: the array is writable for its length; the timeout is null or points to a live timespec; no signal mask.
    let ready = unsafe { libc::ppoll(polled.as_mut_ptr(), N as libc::nfds_t, timeout, std::ptr::null()) };
    if ready <= 0 {
        // Time is over, or a signal came: the caller looks at everything again anyway.
        return [false; N];
    }
    polled.map(|polled| polled.revents != 0)
}

/// Waits until a descriptor can be written or the time is over.
pub(crate) fn wait_writable(fd: BorrowedFd<'_>, timeout: Duration) {
    let mut polled = libc::pollfd { fd: fd.as_raw_fd(), events: libc::POLLOUT, revents: 0 };
    // SAFETY: one entry, writable. Whether it succeeded shows at the next write.
    unsafe { libc::poll(&mut polled, 1, timeout.as_millis() as c_int) };
}

/// How much processor time the calling thread has had.
pub(crate) fn thread_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the timespec is writable.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Keeps the calling thread on one core.
pub(crate) fn pin_to_core(core: usize) -> Result<()> {
    // SAFETY: an all-zero set is the empty set; the set is readable for the size given.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(core % libc::CPU_SETSIZE as usize, &mut set);
        check(libc::sched_setaffinity(0, size_of_val(&set), &set))?;
    }
    Ok(())
}

/// Puts the calling thread before others that want the same core.
pub(crate) fn raise_priority() -> Result<()> {
    // SAFETY: no pointers. For a thread, Linux takes 0 as the thread itself.
    unsafe { check(libc::setpriority(libc::PRIO_PROCESS, 0, MEDIA_NICENESS))? };
    Ok(())
}

/// Above everything ordinary, below what the system itself may need.
const MEDIA_NICENESS: c_int = -10;

/// Sets a socket option that is an integer.
pub(crate) fn set_option(fd: BorrowedFd<'_>, level: c_int, name: c_int, value: c_int) -> Result<()> {
    let len = size_of::<c_int>() as libc::socklen_t;
    // SAFETY: the value is readable for its size.
    unsafe { check(libc::setsockopt(fd.as_raw_fd(), level, name, (&raw const value).cast(), len))? };
    Ok(())
}

/// Asks for as many descriptors as we may have; says how many that is.
pub(crate) fn raise_descriptors() -> Result<usize> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the struct is writable, and then readable.
    unsafe {
        check(libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit))?;
        if limit.rlim_cur < limit.rlim_max {
            let more = libc::rlimit { rlim_cur: limit.rlim_max, ..limit };
            if check(libc::setrlimit(libc::RLIMIT_NOFILE, &raw const more)).is_ok() {
                limit = more;
            }
        }
    }
    Ok(usize::try_from(limit.rlim_cur).unwrap_or(usize::MAX))
}

/// The addresses of this machine's interfaces that are up; loopback and link-local ones are left out.
pub(crate) fn interface_addresses() -> Result<Vec<IpAddr>> {
    let mut addresses = Vec::new();
    let mut list: *mut libc::ifaddrs = std::ptr::null_mut();
    // SAFETY: `list` is written by the call and freed below; its entries form a linked list of valid structs, of
    // which each `ifa_addr` is null or points to a socket address of the family it names.
    unsafe {
        check(libc::getifaddrs(&mut list))?;
        let mut next = list;
        while let Some(entry) = next.as_ref() {
            next = entry.ifa_next;
            let up = entry.ifa_flags & libc::IFF_UP as u32 != 0;
            let Some(address) = entry.ifa_addr.as_ref().filter(|_| up) else {
                continue;
            };
            match c_int::from(address.sa_family) {
                libc::AF_INET => {
                    let v4 = &*entry.ifa_addr.cast::<libc::sockaddr_in>();
                    addresses.push(IpAddr::from(v4.sin_addr.s_addr.to_ne_bytes()));
                }
                libc::AF_INET6 => {
                    let v6 = &*entry.ifa_addr.cast::<libc::sockaddr_in6>();
                    addresses.push(IpAddr::from(v6.sin6_addr.s6_addr));
                }
                _ => {}
            }
        }
        libc::freeifaddrs(list);
    }
    addresses.retain(|address| !address.is_loopback() && !is_link_local(address));
    Ok(addresses)
}

/// A TCP listener with address reuse and a long queue: connections come in bursts when a network drops UDP.
pub(crate) fn listen_tcp(address: std::net::SocketAddr) -> Result<std::net::TcpListener> {
    // The standard library sets SO_REUSEADDR and a queue of 128; a second listen(2) only lengthens the queue.
    let listener = std::net::TcpListener::bind(address)?;
    // SAFETY: the descriptor is that of a live listener.
    unsafe { check(libc::listen(listener.as_raw_fd(), 1024))? };
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Interest in a set of descriptors that itself can be waited for (`epoll(7)`).
#[derive(Debug)]
pub(crate) struct Epoll(OwnedFd);

/// What a descriptor in an [`Epoll`] is ready for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ready {
    pub(crate) token: u64,
    pub(crate) readable: bool,
    pub(crate) writable: bool,
}

impl Epoll {
    pub(crate) fn new() -> Result<Self> {
        // SAFETY: no pointers; the descriptor is ours.
        unsafe {
            let fd = check(libc::epoll_create1(libc::EPOLL_CLOEXEC))?;
            Ok(Self(OwnedFd::from_raw_fd(fd)))
        }
    }

    /// Adds a descriptor. Closing it removes it.
    pub(crate) fn add(&self, fd: BorrowedFd<'_>, token: u64) -> Result<()> {
        self.control(libc::EPOLL_CTL_ADD, fd, token, false)
    }

    /// Removes a descriptor that goes elsewhere.
    pub(crate) fn remove(&self, fd: BorrowedFd<'_>) -> Result<()> {
        self.control(libc::EPOLL_CTL_DEL, fd, 0, false)
    }

    /// Asks for writability as well, or no longer.
    pub(crate) fn want_writable(&self, fd: BorrowedFd<'_>, token: u64, wanted: bool) -> Result<()> {
        self.control(libc::EPOLL_CTL_MOD, fd, token, wanted)
    }

    /// Waits until one of the descriptors is ready or the time is over.
    pub(crate) fn wait(&self, ready: &mut Vec<Ready>, timeout: Duration) {
        ready.clear();
        let mut events = [libc::epoll_event { events: 0, u64: 0 }; 64];
        let millis = timeout.as_millis().min(3_600_000) as c_int;
        // SAFETY: the array is writable for its length.
        let count = unsafe { libc::epoll_wait(self.0.as_raw_fd(), events.as_mut_ptr(), 64, millis) };
        for event in events.iter().take(count.max(0) as usize) {
            let bits = event.events as c_int;
            ready.push(Ready {
                token: event.u64,
                readable: bits & !libc::EPOLLOUT != 0, // an error or hang-up shows in the next read
                writable: bits & libc::EPOLLOUT != 0,
            });
        }
    }

    /// What can be waited for.
    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        use std::os::fd::AsFd;
        self.0.as_fd()
    }

    fn control(&self, operation: c_int, fd: BorrowedFd<'_>, token: u64, writable: bool) -> Result<()> {
        let bits = libc::EPOLLIN | libc::EPOLLRDHUP | if writable { libc::EPOLLOUT } else { 0 };
        let mut event = libc::epoll_event { events: bits as u32, u64: token };
        // SAFETY: the event is readable; both descriptors are live.
        unsafe { check(libc::epoll_ctl(self.0.as_raw_fd(), operation, fd.as_raw_fd(), &mut event))? };
        Ok(())
    }
}

fn is_link_local(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;

    use super::*;

    #[test]
    fn there_are_as_many_descriptors_as_we_may_have() {
        let first = raise_descriptors().expect("the kernel tells");
        assert!(first > 0);
        assert_eq!(raise_descriptors().expect("the kernel tells"), first);
    }

    #[test]
    fn a_counter_wakes_until_it_is_reset() {
        let counter = eventfd().expect("a descriptor");
        let poll = || wait_readable([counter.as_fd()], Some(Duration::ZERO));
        assert_eq!(poll(), [false]);
        eventfd_add(counter.as_fd());
        assert_eq!(poll(), [true]);
        eventfd_reset(counter.as_fd());
        assert_eq!(poll(), [false]);
    }
}
