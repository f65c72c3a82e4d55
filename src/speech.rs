//! How participants are to speak: as the link of their post can bear it.

use signaling::Joining;
use signaling_proto::audio::{AudioPolicy, Speech};

use crate::config::Audio;
use crate::directory::{PhoneDirectory, Place};
use crate::meetings::schedule::SeatRole;
use crate::meetings::{Admission, SEAT_ROLE};
use crate::store::{Store, StoreError};

/// Knows whose post has a thin link.
#[derive(Debug)]
pub struct Speaking {
    audio: Audio,
    store: Store,
    directory: PhoneDirectory,
}

impl Speaking {
    /// Answers from what is configured, and from what is known of accounts and posts.
    #[must_use]
    pub fn new(audio: Audio, store: Store, directory: PhoneDirectory) -> Self {
        Self { audio, store, directory }
    }

    /// How somebody who joins is to speak.
    pub async fn of(&self, who: &Joining) -> Speech {
        let place = self.place(&who.identity).await.unwrap_or_else(|error| {
            tracing::error!(%error, "somebody's post could not be looked up, and is taken for none");
            None
        });
        let role = who.attributes.get(SEAT_ROLE);
        Speech {
            policy: policy(&self.audio, place.as_ref()),
            // Whoever interprets speaks while another does, and more quietly.
            always_heard: role.is_some_and(|role| role == SeatRole::Interpreter.as_str()),
        }
    }

    async fn place(&self, identity: &str) -> Result<Option<Place>, StoreError> {
        let Some(id) = Admission::user_of(identity) else { return Ok(None) };
        let user = self.store.user(&id).await?;
        let post = user.and_then(|user| user.post);
        Ok(post.map(|post| self.directory.house().place(post)))
    }
}

/// What the link of a place can bear. Whoever comes from nowhere that we know has a link like any other.
fn policy(audio: &Audio, place: Option<&Place>) -> AudioPolicy {
    let slower = place.and_then(|place| place.down_kbit.into_iter().chain(place.up_kbit).min());
    let thin = slower.is_some_and(|kbit| kbit <= audio.thin_link);
    let (ptime, bitrate) = match thin {
        true => (audio.thin_ptime, audio.thin_bitrate),
        false => (audio.ptime, audio.bitrate),
    };
    AudioPolicy {
        ptime,
        bitrate: Some(bitrate * 1_000),
        stereo: !thin,
        dtx: audio.dtx,
        fec: audio.fec,
        red: audio.red,
    }
}

#[cfg(test)]
mod tests {
    use signaling_proto::audio::Ptime;

    use super::*;
    use crate::config::Config;

    #[test]
    fn a_post_is_thin_by_the_slower_direction_of_its_link() {
        let audio = Config::default().audio;
        let ptime = |down_kbit, up_kbit| {
            let place = Place { city: String::new(), down_kbit, up_kbit };
            policy(&audio, Some(&place)).ptime
        };

        assert_eq!(ptime(Some(1_000), None), Ptime::Ms60);
        assert_eq!(ptime(Some(4_000), Some(512)), Ptime::Ms60);
        assert_eq!(ptime(Some(1_001), Some(1_001)), Ptime::Ms20);
        assert_eq!(ptime(None, None), Ptime::Ms20);
    }

    #[test]
    fn a_thin_link_is_asked_for_a_third_of_the_packets_and_half_of_the_bits() {
        let audio = Config::default().audio;
        let place = Place { city: String::new(), down_kbit: Some(1_000), up_kbit: Some(512) };
        let (usual, thin) = (policy(&audio, None), policy(&audio, Some(&place)));

        assert_eq!((usual.bitrate, usual.ptime.millis()), (Some(32_000), 20));
        assert_eq!((thin.bitrate, thin.ptime.millis()), (Some(16_000), 60));
        assert!(thin.dtx && thin.fec);
    }

    #[test]
    fn no_post_is_thin_where_the_operator_says_so() {
        let audio = Audio { thin_link: 0, ..Config::default().audio };
        let place = Place { city: String::new(), down_kbit: Some(256), up_kbit: Some(64) };

        assert_eq!(policy(&audio, Some(&place)).ptime, Ptime::Ms20);
    }
}
