//! Whom a client may reach through its relay (RFC 8656 §10 and §12).

use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use super::super::allocation::{Allocation, Refused};
use super::super::framing::is_channel;
use super::super::stun::{Class, attribute};
use super::Turn;
use super::door::{Request, code};

impl Turn {
    pub(super) fn create_permission(&mut self, now: Instant, request: &Request<'_>) -> Result<(), u16> {
        let relay = self.own_allocation(request)?;
        let Some(allocation) = self.allocations.get_mut(&relay) else { return Ok(()) };
        let mut ips: Vec<IpAddr> = Vec::new();
        for value in request.message.all(attribute::XOR_PEER_ADDRESS) {
            let peer = request.message.read_address(value).ok_or(code::BAD_REQUEST)?;
            check_family(allocation, peer)?;
            if !self.peers.admits(peer.ip()) {
                return Err(code::FORBIDDEN);
            }
            if ips.len() >= self.limits.permissions {
                return Err(code::INSUFFICIENT_CAPACITY);
            }
            ips.push(peer.ip());
        }
        if ips.is_empty() {
            return Err(code::BAD_REQUEST);
        }
        allocation.permit(now, self.limits.permissions, &ips).map_err(refusal)?;
        self.answer(request, Class::Success, |_| {});
        Ok(())
    }

    pub(super) fn bind_channel(&mut self, now: Instant, request: &Request<'_>) -> Result<(), u16> {
        let relay = self.own_allocation(request)?;
        let Some(allocation) = self.allocations.get_mut(&relay) else { return Ok(()) };
        let number = match request.message.attribute(attribute::CHANNEL_NUMBER) {
            Some(&[high, low, _, _]) => u16::from_be_bytes([high, low]),
            _ => return Err(code::BAD_REQUEST),
        };
        let peer = request.message.address(attribute::XOR_PEER_ADDRESS).ok_or(code::BAD_REQUEST)?;
        if !is_channel(number) {
            return Err(code::BAD_REQUEST);
        }
        check_family(allocation, peer)?;
        if self.peers.destination(peer).is_none() {
            return Err(code::FORBIDDEN);
        }
        allocation.bind(now, &self.limits, number, peer).map_err(refusal)?;
        self.answer(request, Class::Success, |_| {});
        Ok(())
    }
}

fn check_family(allocation: &Allocation, peer: SocketAddr) -> Result<(), u16> {
    match peer.is_ipv6() == allocation.v6 {
        true => Ok(()),
        false => Err(code::PEER_FAMILY_MISMATCH),
    }
}

fn refusal(refused: Refused) -> u16 {
    match refused {
        Refused::Taken => code::BAD_REQUEST,
        Refused::Full => code::INSUFFICIENT_CAPACITY,
    }
}
