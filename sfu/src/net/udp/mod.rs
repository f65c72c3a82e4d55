//! One UDP socket in batches: `recvmmsg(2)`, and `sendmmsg(2)` with UDP segmentation offload where there is any.
//!
//! The kernel's way through its network stack costs far more than anything we do with a packet, and it is the same for
//! one packet as for a run of packets of one size to one address (GSO): so runs are what we make.

mod address;
mod receive;
mod send;

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::{AsFd, BorrowedFd};

use super::sys;
pub(crate) use receive::ReceiveBatch;
pub(crate) use send::SendBatch;

/// A media socket.
#[derive(Debug)]
pub(crate) struct MediaSocket {
    socket: UdpSocket,
    v6: bool,
    wildcard: bool, // then every datagram tells which address of ours it came to
    segmentation: bool,
}

impl MediaSocket {
    /// Binds the socket. An unspecified IPv6 address also takes IPv4.
    pub(crate) fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = UdpSocket::bind(address)?;
        socket.set_nonblocking(true)?;
        let wildcard = address.ip().is_unspecified();
        let v6 = address.is_ipv6();
        let fd = socket.as_fd();
        for (forced, plain) in
            [(libc::SO_RCVBUFFORCE, libc::SO_RCVBUF), (libc::SO_SNDBUFFORCE, libc::SO_SNDBUF)]
        {
            // Beyond its limits the kernel gives room only to the privileged; less only means more loss in bursts.
            if sys::set_option(fd, libc::SOL_SOCKET, forced, SOCKET_BUFFER).is_err() {
                sys::set_option(fd, libc::SOL_SOCKET, plain, SOCKET_BUFFER)?;
            }
        }
        if wildcard {
            match v6 {
                true => sys::set_option(fd, libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO, 1)?,
                false => sys::set_option(fd, libc::IPPROTO_IP, libc::IP_PKTINFO, 1)?,
            }
        }
        Ok(Self { socket, v6, wildcard, segmentation: true })
    }

    pub(crate) fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// The same socket, for a runtime to wait on.
    pub(crate) fn to_wait_on(&self) -> io::Result<UdpSocket> {
        self.socket.try_clone()
    }

    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// Datagrams and messages per system call.
pub(crate) const BATCH: usize = 64;

const SOCKET_BUFFER: i32 = 4 << 20;

#[cfg(test)]
mod tests {
    use std::net::IpAddr;
    use std::time::Duration;

    use sfu_proto::path::Path;
    use sfu_proto::transmit::Transmits;

    use super::receive::DATAGRAM;
    use super::*;

    #[test]
    fn a_datagram_tells_where_it_came_from_and_to_which_address_of_ours() {
        for (bind, send_to, local) in [
            ("127.0.0.1:0", "127.0.0.1", None),
            ("0.0.0.0:0", "127.0.0.1", Some("127.0.0.1")),
            ("[::]:0", "127.0.0.1", Some("127.0.0.1")),
            ("[::]:0", "::1", Some("::1")),
        ] {
            let server = MediaSocket::bind(bind.parse().expect("an address")).expect("a port");
            let port = server.local_addr().expect("bound").port();
            let ip: IpAddr = send_to.parse().expect("an address");
            let client = UdpSocket::bind(SocketAddr::new(ip, 0)).expect("a port");
            client.send_to(b"hello", SocketAddr::new(ip, port)).expect("sent");

            let mut batch = ReceiveBatch::new();
            sys::wait_readable([server.fd()], Some(Duration::from_secs(5)));
            assert_eq!(batch.receive(&server), 1);

            let (path, datagram) = batch.datagram(0).expect("a datagram");
            assert_eq!(datagram, b"hello");
            let remote = client.local_addr().expect("bound");
            let local = local.map(|ip| ip.parse().expect("an address"));
            assert_eq!(path, Path::Udp { remote, local }, "{bind}");
        }
    }

    #[test]
    fn an_answer_leaves_from_the_address_that_was_asked() {
        for bind in ["0.0.0.0:0", "[::]:0"] {
            let server = MediaSocket::bind(bind.parse().expect("an address")).expect("a port");
            let asked = SocketAddr::from(([127, 0, 0, 9], server.local_addr().expect("bound").port()));
            let client = UdpSocket::bind("127.0.0.1:0").expect("a port");
            client.set_read_timeout(Some(Duration::from_secs(5))).expect("set");
            client.send_to(b"question", asked).expect("sent");

            let mut batch = ReceiveBatch::new();
            sys::wait_readable([server.fd()], Some(Duration::from_secs(5)));
            assert_eq!(batch.receive(&server), 1);
            let (path, _) = batch.datagram(0).expect("a datagram");
            let Path::Udp { remote, local } = path else { panic!("{path:?}") };
            assert!(server.send_now(b"answer", remote, local));

            let mut buffer = [0; 100];
            let (len, from) = client.recv_from(&mut buffer).expect("an answer");
            assert_eq!((&buffer[..len], from), (&b"answer"[..], asked), "{bind}");
        }
    }

    #[test]
    fn an_oversized_datagram_is_no_datagram() {
        let server = MediaSocket::bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
        let client = UdpSocket::bind("127.0.0.1:0").expect("a port");
        client.send_to(&[0; DATAGRAM + 1], server.local_addr().expect("bound")).expect("sent");
        let mut batch = ReceiveBatch::new();
        sys::wait_readable([server.fd()], Some(Duration::from_secs(5)));
        assert_eq!(batch.receive(&server), 1);
        assert!(batch.datagram(0).is_none());
    }

    #[test]
    fn runs_arrive_as_the_packets_they_were_with_and_without_segmentation() {
        for (bind, receiver) in
            [("127.0.0.1:0", "127.0.0.1:0"), ("[::]:0", "127.0.0.1:0"), ("[::]:0", "[::1]:0")]
        {
            for segmentation in [true, false] {
                let mut server = MediaSocket::bind(bind.parse().expect("an address")).expect("a port");
                server.segmentation = segmentation;
                let client = UdpSocket::bind(receiver).expect("a port");
                client.set_read_timeout(Some(Duration::from_secs(5))).expect("set");
                let remote = client.local_addr().expect("bound");

                let packets: Vec<Vec<u8>> = [9, 9, 9, 4, 9, 30, 30]
                    .into_iter()
                    .enumerate()
                    .map(|(index, len)| vec![index as u8; len])
                    .collect();
                let mut transmits = Transmits::default();
                let local = Some(remote.ip()).filter(|_| server.wildcard);
                for packet in &packets {
                    transmits.push(Path::Udp { remote, local }, packet);
                }
                let mut batch = SendBatch::new();
                for queue in transmits.queues() {
                    batch.send(&mut server, &transmits, queue, remote, local);
                }
                batch.flush(&mut server);

                assert_eq!((batch.dropped, server.segmentation), (0, segmentation));
                for packet in &packets {
                    let mut buffer = [0; 100];
                    let (len, from) = client.recv_from(&mut buffer).expect("a packet");
                    assert_eq!(buffer[..len], packet[..]);
                    assert_eq!(from.port(), server.local_addr().expect("bound").port());
                }
            }
        }
    }
}
