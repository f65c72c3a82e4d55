//! Sockets as signalling wants them: marked CS3, IPv6 apart from IPv4, a long queue of connections.

use std::io;
use std::net::SocketAddr;

use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::net::{TcpListener, TcpSocket, TcpStream, UdpSocket};

use super::limits::BACKLOG;

/// The DSCP of signalling, CS3 (RFC 4594 §4.3), where the traffic class has it.
const CS3: u32 = 24 << 2;
/// Room for a burst of datagrams while we are at something else.
const RECEIVE_BUFFER: usize = 4 * 1024 * 1024;

pub(super) fn udp(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = open(address, Type::DGRAM, Protocol::UDP)?;
    // The system gives as much of it as it allows.
    socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
    socket.bind(&address.into())?;
    UdpSocket::from_std(socket.into())
}

pub(super) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = open(address, Type::STREAM, Protocol::TCP)?;
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG as i32)?;
    TcpListener::from_std(socket.into())
}

/// A connection from the address that we listen at, if that is a particular one, and any port.
pub(super) async fn connect(local: SocketAddr, remote: SocketAddr) -> io::Result<TcpStream> {
    let socket = open(remote, Type::STREAM, Protocol::TCP)?;
    if !local.ip().is_unspecified() && local.is_ipv4() == remote.is_ipv4() {
        socket.bind(&SocketAddr::new(local.ip(), 0).into())?;
    }
    let stream = TcpSocket::from_std_stream(socket.into()).connect(remote).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Readies a connection that somebody has opened to us.
pub(super) fn accepted(stream: &TcpStream) -> io::Result<()> {
    mark(&SockRef::from(stream), stream.peer_addr()?)?;
    stream.set_nodelay(true)
}

fn open(address: SocketAddr, kind: Type, protocol: Protocol) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), kind, Some(protocol))?;
    socket.set_nonblocking(true)?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    mark(&socket, address)?;
    Ok(socket)
}

fn mark(socket: &Socket, address: SocketAddr) -> io::Result<()> {
    if address.is_ipv4() { socket.set_tos_v4(CS3) } else { socket.set_tclass_v6(CS3) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn signalling_is_marked_cs3_in_both_families() {
        let v4 = udp("127.0.0.1:0".parse().unwrap()).unwrap();
        assert_eq!(SockRef::from(&v4).tos_v4().unwrap(), 0x60);
        let listener = listen("[::1]:0".parse().unwrap()).unwrap();
        let remote = listener.local_addr().unwrap();
        let (opened, taken) = tokio::join!(connect(remote, remote), listener.accept());
        let (opened, (taken, _)) = (opened.unwrap(), taken.unwrap());
        accepted(&taken).unwrap();
        for stream in [&opened, &taken] {
            assert_eq!(SockRef::from(stream).tclass_v6().unwrap(), 0x60);
            assert!(stream.nodelay().unwrap());
        }
    }
}
