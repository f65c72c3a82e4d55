//! What a participant may do: from its token, and changed while it is there.

use livekit_protocol::{ParticipantPermission, TrackSource};

use crate::token::VideoGrant;

impl VideoGrant {
    /// The permission with which a participant of this token begins. Publishing and subscribing are allowed unless
    /// they are forbidden, data as publishing is; everything else must be granted.
    #[must_use]
    #[allow(deprecated)]
    pub fn permission(&self) -> ParticipantPermission {
        let can_publish = self.can_publish.unwrap_or(true);
        ParticipantPermission {
            can_subscribe: self.can_subscribe.unwrap_or(true),
            can_publish,
            can_publish_data: self.can_publish_data.unwrap_or(can_publish),
            can_publish_sources: self.can_publish_sources.iter().map(|name| source(name) as i32).collect(),
            hidden: self.hidden,
            recorder: self.recorder,
            can_update_metadata: self.can_update_own_metadata.unwrap_or(false),
            agent: self.agent,
            can_subscribe_metrics: self.can_subscribe_metrics.unwrap_or(false),
            can_manage_agent_session: self.can_manage_agent_session.unwrap_or(false),
        }
    }
}

impl From<&ParticipantPermission> for VideoGrant {
    #[allow(deprecated)]
    fn from(permission: &ParticipantPermission) -> Self {
        Self {
            can_subscribe: Some(permission.can_subscribe),
            can_publish: Some(permission.can_publish),
            can_publish_data: Some(permission.can_publish_data),
            can_publish_sources: permission
                .can_publish_sources()
                .map(|source| source.as_str_name().to_ascii_lowercase())
                .collect(),
            hidden: permission.hidden,
            recorder: permission.recorder,
            can_update_own_metadata: Some(permission.can_update_metadata),
            agent: permission.agent,
            can_subscribe_metrics: Some(permission.can_subscribe_metrics),
            can_manage_agent_session: Some(permission.can_manage_agent_session),
            ..Self::default()
        }
    }
}

/// Whether a permission allows a source to be published. Where sources are listed, one of unknown origin is none of them.
#[must_use]
pub fn may_publish(permission: &ParticipantPermission, source: TrackSource) -> bool {
    let listed = permission.can_publish_sources.contains(&(source as i32)) && source != TrackSource::Unknown;
    permission.can_publish && (permission.can_publish_sources.is_empty() || listed)
}

/// The permission after a change by the server API. What a participant is (hidden, recorder, agent) was settled when
/// it joined: others have been told, or not told, of it since.
#[must_use]
#[allow(deprecated)]
pub fn changed(current: &ParticipantPermission, wanted: ParticipantPermission) -> ParticipantPermission {
    ParticipantPermission {
        hidden: current.hidden,
        recorder: current.recorder,
        agent: current.agent,
        ..wanted
    }
}

/// A name we do not know stays in the list as unknown: an empty list would allow everything.
fn source(name: &str) -> TrackSource {
    TrackSource::from_str_name(&name.to_ascii_uppercase()).unwrap_or(TrackSource::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_token_may_publish_and_subscribe_and_nothing_more() {
        let permission = VideoGrant::default().permission();

        let expected = ParticipantPermission {
            can_subscribe: true,
            can_publish: true,
            can_publish_data: true,
            ..Default::default()
        };
        assert_eq!(permission, expected);
    }

    #[test]
    fn data_follows_publishing_unless_it_is_said() {
        let mut grant = VideoGrant { can_publish: Some(false), ..Default::default() };
        assert!(!grant.permission().can_publish_data);

        grant.can_publish_data = Some(true);
        assert!(grant.permission().can_publish_data);
        assert!(!may_publish(&grant.permission(), TrackSource::Camera));
    }

    #[test]
    fn listed_sources_are_the_only_ones() {
        let sources = ["microphone", "SCREEN_SHARE"].map(str::to_owned).to_vec();
        let permission = VideoGrant { can_publish_sources: sources, ..Default::default() }.permission();

        assert!(may_publish(&permission, TrackSource::Microphone));
        assert!(may_publish(&permission, TrackSource::ScreenShare));
        assert!(!may_publish(&permission, TrackSource::Camera));
        assert!(!may_publish(&permission, TrackSource::Unknown));
    }

    #[test]
    fn a_misspelt_source_allows_nothing() {
        let sources = vec!["microphon".to_owned()];
        let permission = VideoGrant { can_publish_sources: sources, ..Default::default() }.permission();

        for source in [TrackSource::Unknown, TrackSource::Microphone, TrackSource::Camera] {
            assert!(!may_publish(&permission, source));
        }
    }

    #[test]
    fn a_change_leaves_what_a_participant_is() {
        let hidden = VideoGrant { hidden: true, ..Default::default() }.permission();

        let muted = changed(&hidden, ParticipantPermission { can_subscribe: true, ..Default::default() });

        assert!(muted.hidden && muted.can_subscribe && !muted.can_publish);
    }
}
