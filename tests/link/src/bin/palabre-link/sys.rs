//! The system calls that the link takes. Nowhere else is there unsafe code.

use std::fs::{File, OpenOptions};
use std::io::{Error, Result};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::time::Duration;

/// Takes the calling thread, and what it starts from now on, into a new network namespace.
pub(crate) fn leave_network() -> Result<()> {
    // SAFETY: no pointers.
    check(unsafe { libc::unshare(libc::CLONE_NEWNET) })
}

/// Makes a network device of the calling thread's namespace, of which the file is the other side: what is read from it
/// was sent through the device, and what is written to it arrives there, whole IP packets without anything before.
pub(crate) fn device(name: &str) -> Result<File> {
    let file = OpenOptions::new().read(true).write(true).open("/dev/net/tun")?;
    // SAFETY: all zeroes are a valid request.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (place, byte) in request.ifr_name.iter_mut().zip(name.bytes()) {
        *place = byte.cast_signed();
    }
    request.ifr_ifru.ifru_flags = (libc::IFF_TUN | libc::IFF_NO_PI) as i16;
    // SAFETY: the request is readable and writable for its size, and its name ends with a zero.
    check(unsafe { libc::ioctl(file.as_raw_fd(), libc::TUNSETIFF as libc::Ioctl, &raw mut request) })?;
    // SAFETY: no pointers.
    check(unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETFL, libc::O_NONBLOCK) })?;
    Ok(file)
}

/// Puts the calling thread before all that is ordinary, if it may: a link that is late is another link.
pub(crate) fn hurry() {
    // SAFETY: no pointers. For a thread, Linux takes 0 as the thread itself.
    unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, -20) };
}

/// Waits until one of the descriptors can be read or the time is over.
pub(crate) fn wait(fds: &[BorrowedFd<'_>], timeout: Duration) {
    let mut polled: Vec<_> =
        fds.iter().map(|fd| libc::pollfd { fd: fd.as_raw_fd(), events: libc::POLLIN, revents: 0 }).collect();
    let timeout = libc::timespec {
        tv_sec: timeout.as_secs().min(60) as libc::time_t,
        tv_nsec: timeout.subsec_nanos().into(),
    };
    // SAFETY: the array is writable for its length, the timeout is alive; no signal mask. Whatever it tells, the caller
    // looks at everything again.
    unsafe {
        libc::ppoll(polled.as_mut_ptr(), polled.len() as libc::nfds_t, &raw const timeout, std::ptr::null())
    };
}

fn check(result: libc::c_int) -> Result<()> {
    if result < 0 { Err(Error::last_os_error()) } else { Ok(()) }
}
