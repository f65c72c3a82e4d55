//! The one or two peer connections of a participant.

use crate::{
    room::PeerKey,
    sdp::{AnsweringSession, IceCredentials, OfferingSession, RemoteTransport},
};

#[derive(Debug)]
pub(crate) struct Transport {
    /// The connection that the client offers.
    pub(crate) answering: AnsweringLeg,
    /// The connection that we offer, if there are two.
    pub(crate) offering: Option<OfferingLeg>,
}

#[derive(Debug)]
pub(crate) struct AnsweringLeg {
    pub(crate) peer: PeerKey,
    pub(crate) ice: IceCredentials,
    pub(crate) session: AnsweringSession,
    /// Whether it stays inside the program.
    pub(crate) direct: bool,
    /// Whether the media engine knows it.
    pub(crate) joined: bool,
    pub(crate) connected: bool,
}

#[derive(Debug)]
pub(crate) struct OfferingLeg {
    pub(crate) peer: PeerKey,
    pub(crate) ice: IceCredentials,
    pub(crate) session: OfferingSession,
    pub(crate) joined: bool,
    /// What the client answered last.
    pub(crate) remote: Option<RemoteTransport>,
    pub(crate) connected: bool,
    /// Whether the participant counts as connected by this one.
    pub(crate) primary: bool,
}

impl Transport {
    pub(crate) fn peers(&self) -> impl Iterator<Item = PeerKey> {
        let offering = self.offering.as_ref().map(|leg| leg.peer);
        std::iter::once(self.answering.peer).chain(offering)
    }

    /// The transports that the media engine knows.
    pub(crate) fn joined_peers(&self) -> Vec<PeerKey> {
        let answering = self.answering.joined.then_some(self.answering.peer);
        let offering = self.offering.as_ref().filter(|leg| leg.joined);
        answering.into_iter().chain(offering.map(|leg| leg.peer)).collect()
    }

    /// Where tracks are sent to the participant.
    pub(crate) fn down_peer(&self) -> PeerKey {
        match &self.offering {
            Some(leg) => leg.peer,
            None => self.answering.peer,
        }
    }

    /// Where data is sent to the participant.
    pub(crate) fn data_peer(&self) -> PeerKey {
        match &self.offering {
            Some(leg) if leg.primary => leg.peer,
            _ => self.answering.peer,
        }
    }

    /// Whether the media engine knows the transport over which data is sent.
    pub(crate) fn takes_data(&self) -> bool {
        self.joined_peers().contains(&self.data_peer())
    }

    /// Notes that a transport is connected; `true` if that makes the participant active.
    pub(crate) fn set_connected(&mut self, peer: PeerKey) -> bool {
        if self.answering.peer == peer {
            self.answering.connected = true;
            return !self.offering.as_ref().is_some_and(|leg| leg.primary);
        }

        match &mut self.offering {
            Some(leg) if leg.peer == peer => {
                leg.connected = true;
                leg.primary
            }
            _ => false,
        }
    }
}
