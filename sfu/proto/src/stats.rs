//! Counters of one shard.

/// What has happened on a shard since its start, and what is there now. No counter ever goes back but the first two.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SfuStats {
    /// Peers there are.
    pub peers: u64,
    /// Conferences there are.
    pub conferences: u64,
    /// Datagrams and frames received.
    pub packets_in: u64,
    /// Bytes in them.
    pub bytes_in: u64,
    /// RTP and RTCP packets sent.
    pub packets_out: u64,
    /// Bytes in them.
    pub bytes_out: u64,
    /// Dropped: neither STUN nor DTLS nor RTP.
    pub dropped_unknown: u64,
    /// Dropped: a STUN message that no peer of ours believed.
    pub dropped_stun: u64,
    /// Dropped: from where no ICE check has succeeded.
    pub dropped_no_path: u64,
    /// Dropped: media before the handshake was complete.
    pub dropped_early: u64,
    /// Dropped: SRTP that came before, or too late to tell.
    pub dropped_replayed: u64,
    /// Dropped: SRTP that is malformed or not authentic.
    pub dropped_unauthentic: u64,
    /// Not sent: a packet that could not be encrypted.
    pub dropped_protect: u64,
    /// Not sent: lossy data without room or channel.
    pub dropped_data: u64,
    /// Faults of ours that ended a peer or a conference.
    pub panics: u64,
}

impl SfuStats {
    /// Adds the counters of another shard.
    pub fn add(&mut self, other: &Self) {
        let Self {
            peers,
            conferences,
            packets_in,
            bytes_in,
            packets_out,
            bytes_out,
            dropped_unknown,
            dropped_stun,
            dropped_no_path,
            dropped_early,
            dropped_replayed,
            dropped_unauthentic,
            dropped_protect,
            dropped_data,
            panics,
        } = other;
        self.peers += peers;
        self.conferences += conferences;
        self.packets_in += packets_in;
        self.bytes_in += bytes_in;
        self.packets_out += packets_out;
        self.bytes_out += bytes_out;
        self.dropped_unknown += dropped_unknown;
        self.dropped_stun += dropped_stun;
        self.dropped_no_path += dropped_no_path;
        self.dropped_early += dropped_early;
        self.dropped_replayed += dropped_replayed;
        self.dropped_unauthentic += dropped_unauthentic;
        self.dropped_protect += dropped_protect;
        self.dropped_data += dropped_data;
        self.panics += panics;
    }
}
