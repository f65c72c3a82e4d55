//! What the measurements need of the machine: pinned threads, CPU clocks, large sockets, batches.

use std::io;
use std::net::{SocketAddr, SocketAddrV4, UdpSocket};
use std::os::fd::{AsRawFd, RawFd};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

/// Where the measured thread runs.
pub(crate) const SERVER_CORE: usize = 0;
/// Where its load comes from and goes to.
pub(crate) const LOAD_CORE: usize = 1;

/// Moves the calling thread to a core, if there is such a core.
pub(crate) fn pin_to(core: usize) {
    pin_thread(0, core);
}

/// Moves a thread of ours, 0 being the caller, to a core, if there is such a core.
fn pin_thread(thread: i32, core: usize) {
    // SAFETY: a cpu_set_t is plain bits; the size given is its size. A failure leaves the thread where it was.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(core, &mut set);
        libc::sched_setaffinity(thread, size_of_val(&set), &raw const set);
    }
}

/// Lifts the limit of open files to what the system allows us.
pub(crate) fn allow_many_sockets() {
    // SAFETY: both calls take a pointer to a valid rlimit.
    unsafe {
        let mut limit: libc::rlimit = std::mem::zeroed();
        libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit);
        limit.rlim_cur = limit.rlim_max;
        libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit);
    }
}

/// The CPU time that the calling thread has used.
pub(crate) fn own_cpu_time() -> Duration {
    // SAFETY: the clock exists on Linux, and the timespec is valid.
    let time = unsafe {
        let mut time: libc::timespec = std::mem::zeroed();
        libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time);
        time
    };
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// The CPU time that a process has used, with that of its threads that have ended.
pub(crate) fn process_cpu_time(process: i32) -> Result<Duration> {
    // SAFETY: the clock and the time are writable.
    let (result, time) = unsafe {
        let mut clock: libc::clockid_t = 0;
        let mut time: libc::timespec = std::mem::zeroed();
        let result = match libc::clock_getcpuclockid(process, &raw mut clock) {
            0 => libc::clock_gettime(clock, &raw mut time),
            _ => -1,
        };
        (result, time)
    };
    ensure!(result == 0, "process {process} has no clock");
    Ok(Duration::new(time.tv_sec as u64, time.tv_nsec as u32))
}

/// Waits until a socket has something to read, or the time is over.
pub(crate) fn wait_readable(sockets: &[&UdpSocket], timeout: Duration) {
    let interest =
        |socket: &&UdpSocket| libc::pollfd { fd: socket.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    let mut interests: Vec<libc::pollfd> = sockets.iter().map(interest).collect();
    let millis = timeout.as_millis().min(60_000) as libc::c_int;
    // SAFETY: the array is writable for its length.
    unsafe { libc::poll(interests.as_mut_ptr(), interests.len() as libc::nfds_t, millis) };
}

/// Another thread of this program.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Thread(i32);

impl Thread {
    /// The newest thread of that name. A thread just started takes its name a moment later, so this waits for it.
    pub(crate) fn named(name: &str) -> Result<Self> {
        let deadline = Instant::now() + Duration::from_secs(5);
        loop {
            if let Some(thread) = Self::find(name)? {
                return Ok(thread);
            }
            ensure!(Instant::now() < deadline, "no thread is called {name}");
            std::thread::yield_now();
        }
    }

    fn find(name: &str) -> Result<Option<Self>> {
        let mut found = None;
        for entry in std::fs::read_dir("/proc/self/task")? {
            let path = entry?.path();
            let comm = std::fs::read_to_string(path.join("comm")).unwrap_or_default();
            if comm.trim_end() == name {
                let id: i32 = path.file_name().and_then(|id| id.to_str()).context("a task")?.parse()?;
                found = found.max(Some(id));
            }
        }
        Ok(found.map(Self))
    }

    /// Moves it to a core.
    pub(crate) fn pin_to(self, core: usize) {
        pin_thread(self.0, core);
    }

    /// The part of its CPU time that was not the kernel's, as far as the kernel counts that apart: in ticks of 10 ms.
    pub(crate) fn own_time(self) -> Result<Duration> {
        let text = std::fs::read_to_string(format!("/proc/self/task/{}/stat", self.0))?;
        // The name in brackets may contain anything; user time is the twelfth field behind it.
        let fields = text.rsplit_once(')').context("no name")?.1;
        let ticks: u64 = fields.split_whitespace().nth(11).context("a short stat")?.parse()?;
        Ok(Duration::from_millis(ticks * 10))
    }

    /// The CPU time that it has used.
    pub(crate) fn cpu_time(self) -> Result<Duration> {
        let text = std::fs::read_to_string(format!("/proc/self/task/{}/schedstat", self.0))?;
        let nanoseconds = text.split(' ').next().context("an empty schedstat")?.parse()?;
        Ok(Duration::from_nanos(nanoseconds))
    }
}

/// A socket on loopback with large buffers that never blocks.
pub(crate) fn socket() -> Result<UdpSocket> {
    let socket = UdpSocket::bind("127.0.0.1:0").context("open a socket")?;
    socket.set_nonblocking(true)?;
    let size: libc::c_int = 4 << 20;
    // The forcing options need privileges and go beyond the system's limit; the others are the fallback.
    for (forced, plain) in [(libc::SO_RCVBUFFORCE, libc::SO_RCVBUF), (libc::SO_SNDBUFFORCE, libc::SO_SNDBUF)]
    {
        if set_option(socket.as_raw_fd(), forced, size).is_err() {
            set_option(socket.as_raw_fd(), plain, size).context("enlarge a socket's buffers")?;
        }
    }
    Ok(socket)
}

/// Has the kernel note when each datagram arrives.
pub(crate) fn stamp_arrivals(socket: &UdpSocket) -> Result<()> {
    set_option(socket.as_raw_fd(), libc::SO_TIMESTAMPNS, 1).context("have arrivals stamped")
}

/// The clock of those stamps.
pub(crate) fn wall_clock() -> Duration {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default()
}

fn set_option(fd: RawFd, option: libc::c_int, value: libc::c_int) -> io::Result<()> {
    // SAFETY: value is readable for the length given.
    let result = unsafe {
        libc::setsockopt(fd, libc::SOL_SOCKET, option, (&raw const value).cast(), size_of_val(&value) as u32)
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Sends packets of one size with one system call, so that they arrive together.
pub(crate) fn send_run(socket: &UdpSocket, to: SocketAddr, packets: &[Vec<u8>]) {
    let (Some(first), SocketAddr::V4(to)) = (packets.first(), to) else { return };
    let run = packets.concat();
    let mut name = socket_address(to);
    // SAFETY: all-zero bytes are valid for the struct; every pointer in it is to memory that lives through the system
    // call; the control buffer holds one aligned message of two bytes.
    unsafe {
        let mut vector = libc::iovec { iov_base: run.as_ptr().cast_mut().cast(), iov_len: run.len() };
        let mut control = [0_u64; 3];
        let mut header: libc::msghdr = std::mem::zeroed();
        prepare_run(&mut header, &mut name, &mut vector, &mut control, first.len() as u16);
        libc::sendmsg(socket.as_raw_fd(), &raw const header, 0);
    }
}

/// Fills in a message of one or more packets of `segment` bytes each.
///
/// # Safety
/// The header points to the other arguments; it is of use only while they live.
pub(crate) unsafe fn prepare_run(
    header: &mut libc::msghdr,
    name: &mut libc::sockaddr_in,
    vector: &mut libc::iovec,
    control: &mut [u64; 3],
    segment: u16,
) {
    header.msg_name = std::ptr::from_mut(name).cast();
    header.msg_namelen = size_of::<libc::sockaddr_in>() as u32;
    header.msg_iov = vector;
    header.msg_iovlen = 1;
    header.msg_control = control.as_mut_ptr().cast();
    // SAFETY: the control buffer has room for one message with two bytes of data.
    unsafe {
        header.msg_controllen = libc::CMSG_SPACE(2) as usize;
        let message = libc::CMSG_FIRSTHDR(header);
        (*message).cmsg_level = libc::SOL_UDP;
        (*message).cmsg_type = libc::UDP_SEGMENT;
        (*message).cmsg_len = libc::CMSG_LEN(2) as usize;
        libc::CMSG_DATA(message).cast::<u16>().write_unaligned(segment);
    }
}

/// The address as the system calls want it.
pub(crate) fn socket_address(address: SocketAddrV4) -> libc::sockaddr_in {
    libc::sockaddr_in {
        sin_family: libc::AF_INET as u16,
        sin_port: address.port().to_be(),
        sin_addr: libc::in_addr { s_addr: u32::from(*address.ip()).to_be() },
        sin_zero: [0; 8],
    }
}

/// When the kernel says that a message arrived.
fn stamp(header: &libc::msghdr) -> Option<Duration> {
    // SAFETY: the kernel has written the control buffer, which lives; a stamp is a timespec, perhaps unaligned.
    unsafe {
        let message = libc::CMSG_FIRSTHDR(header).as_ref()?;
        if message.cmsg_type != libc::SCM_TIMESTAMPNS {
            return None;
        }
        let time = libc::CMSG_DATA(message).cast::<libc::timespec>().read_unaligned();
        Some(Duration::new(time.tv_sec as u64, time.tv_nsec as u32))
    }
}

/// How many datagrams are taken at once.
const BATCH: usize = 64;
/// Larger than any datagram we send.
const DATAGRAM: usize = 2048;

/// Takes many datagrams with one system call.
pub(crate) struct Receiver {
    buffers: Box<[[u8; DATAGRAM]; BATCH]>,
}

impl Receiver {
    pub(crate) fn new() -> Self {
        Self { buffers: Box::new([[0; DATAGRAM]; BATCH]) }
    }

    /// Hands every waiting datagram, up to a batch, to `take`, with the time of its arrival if that is stamped; gives
    /// their number.
    pub(crate) fn receive(
        &mut self,
        socket: &UdpSocket,
        mut take: impl FnMut(&mut [u8], Option<Duration>),
    ) -> usize {
        let mut controls = [[0_u64; 4]; BATCH];
        // SAFETY: all-zero bytes are valid iovecs and mmsghdrs; each is pointed at memory that outlives the call.
        let (count, headers) = unsafe {
            let mut vectors: [libc::iovec; BATCH] = std::mem::zeroed();
            let mut headers: [libc::mmsghdr; BATCH] = std::mem::zeroed();
            let places = self.buffers.iter_mut().zip(&mut vectors).zip(&mut controls);
            for (((buffer, vector), control), header) in places.zip(&mut headers) {
                header.msg_hdr.msg_control = control.as_mut_ptr().cast();
                header.msg_hdr.msg_controllen = size_of_val(control);
                *vector = libc::iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: DATAGRAM };
                header.msg_hdr.msg_iov = vector;
                header.msg_hdr.msg_iovlen = 1;
            }
            let fd = socket.as_raw_fd();
            let count = libc::recvmmsg(
                fd,
                headers.as_mut_ptr(),
                BATCH as u32,
                libc::MSG_DONTWAIT,
                std::ptr::null_mut(),
            );
            (count.max(0) as usize, headers)
        };
        for (buffer, header) in self.buffers.iter_mut().zip(&headers).take(count) {
            take(&mut buffer[..header.msg_len as usize], stamp(&header.msg_hdr));
        }
        count
    }
}
