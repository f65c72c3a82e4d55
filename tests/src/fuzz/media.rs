//! What arrives on the media port.

use sfu_proto::srtp::{KeyingMaterial, SrtpProfile, SrtpReceiver, SrtpSender};

/// SRTP and SRTCP: as they come, and with the right protection around whatever is inside.
pub(super) fn srtp(data: &[u8]) {
    let Some((&choice, packet)) = data.split_first() else { return };
    let profile = [SrtpProfile::AeadAes128Gcm, SrtpProfile::AeadAes256Gcm, SrtpProfile::Aes128CmHmacSha1_80]
        [usize::from(choice) % 3];
    let keys = KeyingMaterial::split(profile, &vec![7; profile.keying_len()]).expect("as long as needed");
    let mut sender = SrtpSender::new(&keys.client);
    let mut receiver = SrtpReceiver::new(&keys.client);

    assert!(receiver.unprotect_rtp(&mut packet.to_vec()).is_err(), "a stranger has made an authentic packet");
    assert!(
        receiver.unprotect_rtcp(&mut packet.to_vec()).is_err(),
        "a stranger has made an authentic packet"
    );

    let mut out = vec![0; packet.len() + 64];
    // A bare header, as the sender must be given all of it.
    let mut packet = packet.to_vec();
    if let Some(first) = packet.first_mut() {
        *first &= 0xE0;
    }
    let (header, payload) = packet.split_at(packet.len().min(12));
    if let Ok(len) = sender.protect_rtp(header, &[], payload, &mut out)
        && let Ok(plain) = receiver.unprotect_rtp(&mut out[..len])
    {
        assert_eq!(&out[..plain], packet, "what was protected comes out again");
    }
    if let Ok(len) = sender.protect_rtcp(&packet, &mut out)
        && let Ok(plain) = receiver.unprotect_rtcp(&mut out[..len])
    {
        assert_eq!(&out[..plain], packet, "what was protected comes out again");
    }
}
