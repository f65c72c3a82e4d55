//! Who receives which track, in which size.

use std::time::Instant;

use livekit_protocol::{self as proto, VideoQuality, request_response, signal_response};

use super::{DownKey, MediaCommand, Room, Seat};
use crate::{
    dynacast,
    participant::{Participant, Track, codec_name, mime_name},
    sdp::MediaKind,
    subscription::{Slot, Subscription, SubscriptionRules, TrackSettings, layer_wish, wanted_quality},
    voice::Voice,
};

impl Room {
    /// Offers a track to everybody who may and wants to have it.
    pub(super) fn offer_track(&mut self, now: Instant, sid: &str) {
        let seats: Vec<Seat> = self.participants.keys().copied().collect();
        for seat in seats {
            if self.reconcile(seat, sid) {
                self.settle(now, seat);
            }
        }
        self.update_dynacast(now, sid);
    }

    /// Subscribes a participant to all that it may and wants to have.
    pub(super) fn subscribe_to_all(&mut self, now: Instant, seat: Seat) {
        let tracks: Vec<String> = self.by_track.keys().cloned().collect();
        for sid in tracks {
            if self.reconcile(seat, &sid) {
                self.update_dynacast(now, &sid);
            }
        }
    }

    /// Brings one subscription in line with what is allowed and wanted; `true` if that changed something.
    fn reconcile(&mut self, seat: Seat, sid: &str) -> bool {
        let Some(participant) = self.participant(seat) else {
            return false;
        };
        let subscribed = participant.subscriptions.contains_key(sid);
        match (self.is_due(seat, sid), subscribed) {
            (true, false) => self.subscribe(seat, sid),
            (false, true) => self.unsubscribe(seat, sid),
            _ => return false,
        }
        true
    }

    fn is_due(&self, seat: Seat, sid: &str) -> bool {
        let Some(subscriber) = self.participant(seat) else {
            return false;
        };
        let unasked = match subscriber.voice {
            Some(Voice::Ears) => self.is_for_phones(sid),
            Some(Voice::Seat) | None => subscriber.auto_subscribe,
        };
        let wanted = subscriber.wishes.get(sid).copied().unwrap_or(unasked);

        wanted && self.is_permitted(seat, sid)
    }

    /// Whether a track is a sound that phones can hear and that does not come from one of them.
    fn is_for_phones(&self, sid: &str) -> bool {
        let publisher = self.by_track.get(sid).and_then(|&publisher| self.participant(publisher));
        publisher.is_some_and(|publisher| {
            publisher.voice.is_none()
                && publisher.track(sid).is_some_and(|track| {
                    track.kind() == MediaKind::Audio
                        && track.info.encryption == proto::encryption::Type::None as i32
                })
        })
    }

    pub(super) fn is_permitted(&self, seat: Seat, sid: &str) -> bool {
        let Some(&publisher_seat) = self.by_track.get(sid) else {
            return false;
        };
        let (Some(subscriber), Some(publisher)) = (self.participant(seat), self.participant(publisher_seat))
        else {
            return false;
        };

        publisher_seat != seat
            && publisher.is_visible()
            && publisher.track(sid).is_some_and(Track::is_live)
            && subscriber.permission.can_subscribe
            && publisher.rules.allow(&subscriber.sid, &subscriber.identity, sid)
    }

    fn subscribe(&mut self, seat: Seat, sid: &str) {
        let limit = self.limits.subscriptions;
        let down = DownKey(self.new_key());
        let (ssrc, rtx_ssrc) = (self.new_ssrc(), self.new_ssrc());
        let Some(&publisher_seat) = self.by_track.get(sid) else {
            return;
        };
        let Some(subscriber) = self.participant(seat) else {
            return;
        };
        if subscriber.subscriptions.len() >= limit {
            return;
        }
        let settings = subscriber.settings.get(sid).copied();
        let adaptive = subscriber.adaptive_stream;
        let Some(track) =
            self.participants.get_mut(&publisher_seat).and_then(|publisher| publisher.track_mut(sid))
        else {
            return;
        };
        let wish = layer_wish(track, false, settings, adaptive);
        let first = !std::mem::replace(&mut track.subscriber_told, true);

        self.by_down.insert(down, (seat, sid.to_owned()));
        if let Some(subscriber) = self.participants.get_mut(&seat) {
            subscriber.subscriptions.insert(
                sid.to_owned(),
                Subscription {
                    down,
                    ssrc,
                    rtx_ssrc,
                    slot: Slot::Waiting,
                    wish,
                    backup: false,
                    paused: false,
                },
            );
        }
        self.tell_if_speaking(seat, sid);
        if first {
            let told = proto::TrackSubscribed { track_sid: sid.to_owned() };
            self.send(publisher_seat, signal_response::Message::TrackSubscribed(told));
        }
    }

    pub(super) fn unsubscribe(&mut self, seat: Seat, sid: &str) {
        let Some(participant) = self.participants.get_mut(&seat) else {
            return;
        };
        let Some(subscription) = participant.subscriptions.remove(sid) else {
            return;
        };
        if let Some(mid) = subscription.slot.mid() {
            match &mut participant.transport.offering {
                Some(leg) => leg.session.remove(mid),
                None => participant.transport.answering.session.empty(mid),
            };
        }
        self.by_down.remove(&subscription.down);
        if subscription.slot.is_flowing() {
            self.command(MediaCommand::Unsubscribe { down: subscription.down });
        }
    }

    pub(super) fn rename_subscription(&mut self, seat: Seat, sid: &str, old: DownKey, fresh: DownKey) {
        self.by_down.remove(&old);
        self.by_down.insert(fresh, (seat, sid.to_owned()));
        if let Some(subscription) =
            self.participants.get_mut(&seat).and_then(|participant| participant.subscriptions.get_mut(sid))
        {
            subscription.down = fresh;
        }
    }

    /// A participant asks for tracks, or asks to be spared them.
    pub(super) fn update_subscription(
        &mut self,
        now: Instant,
        seat: Seat,
        update: &proto::UpdateSubscription,
    ) {
        let sids = update
            .track_sids
            .iter()
            .chain(update.participant_tracks.iter().flat_map(|tracks| &tracks.track_sids));
        let limit = self.limits.subscriptions;
        for sid in sids {
            let Some(participant) = self.participants.get_mut(&seat) else {
                return;
            };
            // Wishes for tracks that are not there yet are kept, but not without end.
            if participant.wishes.len() >= limit && !participant.wishes.contains_key(sid) {
                continue;
            }
            participant.wishes.insert(sid.clone(), update.subscribe);
            let changed = self.reconcile(seat, sid);
            if changed {
                self.update_dynacast(now, sid);
            } else if update.subscribe && self.is_denied(seat, sid) {
                self.tell_subscription_permission(seat, sid, false);
            }
        }
        self.settle(now, seat);
    }

    /// A participant tells how it shows tracks.
    pub(super) fn update_track_settings(
        &mut self,
        now: Instant,
        seat: Seat,
        update: &proto::UpdateTrackSettings,
    ) {
        let settings = TrackSettings::from(update);
        let limit = self.limits.subscriptions;
        for sid in &update.track_sids {
            let Some(participant) = self.participants.get_mut(&seat) else {
                return;
            };
            if participant.settings.len() >= limit && !participant.settings.contains_key(sid) {
                continue;
            }
            participant.settings.insert(sid.clone(), settings);
            self.renew_wish(seat, sid);
            self.update_dynacast(now, sid);
        }
    }

    pub(super) fn renew_wish(&mut self, seat: Seat, sid: &str) {
        let Some(subscriber) = self.participant(seat) else {
            return;
        };
        let settings = subscriber.settings.get(sid).copied();
        let adaptive = subscriber.adaptive_stream;
        let backup = subscriber.subscriptions.get(sid).is_some_and(|subscription| subscription.backup);
        let wish = self
            .by_track
            .get(sid)
            .and_then(|publisher| self.participant(*publisher))
            .and_then(|publisher| publisher.track(sid))
            .map(|track| layer_wish(track, backup, settings, adaptive));
        let Some(subscription) =
            self.participants.get_mut(&seat).and_then(|subscriber| subscriber.subscriptions.get_mut(sid))
        else {
            return;
        };
        let Some(wish) = wish.filter(|&wish| wish != subscription.wish) else {
            return;
        };

        subscription.wish = wish;
        if subscription.slot.is_flowing() {
            let down = subscription.down;
            self.command(MediaCommand::Wish { down, wish });
        }
    }

    /// A publisher decides who may receive its tracks.
    pub(super) fn set_subscription_rules(
        &mut self,
        now: Instant,
        seat: Seat,
        permission: proto::SubscriptionPermission,
    ) {
        let rules = &permission.track_permissions;
        let named: usize = rules.iter().map(|rule| rule.track_sids.len().max(1)).sum();
        if named > self.limits.permission_rules {
            self.respond(
                seat,
                0,
                request_response::Reason::LimitExceeded,
                "too many subscription permissions",
                None,
            );
            return;
        }
        let Some(publisher) = self.participants.get_mut(&seat) else {
            return;
        };
        let before = std::mem::replace(&mut publisher.rules, SubscriptionRules::new(permission));
        let after = publisher.rules.clone();
        let tracks: Vec<String> = publisher.live_tracks().map(|track| track.info.sid.clone()).collect();

        let others: Vec<(Seat, String, String)> = self
            .participants
            .iter()
            .filter(|(other, _)| **other != seat)
            .map(|(&other, participant)| (other, participant.sid.clone(), participant.identity.clone()))
            .collect();
        for (other, sid, identity) in others {
            let mut changed = false;
            for track in &tracks {
                let allowed = after.allow(&sid, &identity, track);
                if before.allow(&sid, &identity, track) != allowed {
                    self.tell_subscription_permission(other, track, allowed);
                    changed |= self.reconcile(other, track);
                }
            }
            if changed {
                self.settle(now, other);
            }
        }
        for track in &tracks {
            self.update_dynacast(now, track);
        }
    }

    /// Brings all subscriptions of a participant in line with its own permission.
    pub(super) fn reconcile_all(&mut self, now: Instant, seat: Seat) {
        self.subscribe_to_all(now, seat);
        self.settle(now, seat);
    }

    fn is_denied(&self, seat: Seat, sid: &str) -> bool {
        let publisher = self.by_track.get(sid).and_then(|&p| self.participant(p));
        let (Some(publisher), Some(subscriber)) = (publisher, self.participant(seat)) else {
            return false;
        };
        !publisher.rules.allow(&subscriber.sid, &subscriber.identity, sid)
    }

    fn tell_subscription_permission(&mut self, seat: Seat, sid: &str, allowed: bool) {
        let publisher = self.by_track.get(sid).and_then(|&p| self.participant(p));
        let Some(participant_sid) = publisher.map(|publisher| publisher.sid.clone()) else {
            return;
        };
        self.send(
            seat,
            signal_response::Message::SubscriptionPermissionUpdate(proto::SubscriptionPermissionUpdate {
                participant_sid,
                track_sid: sid.to_owned(),
                allowed,
            }),
        );
    }

    /// Works out which qualities of a video anybody wants, and tells its publisher.
    pub(super) fn update_dynacast(&mut self, now: Instant, sid: &str) {
        let Some(&publisher_seat) = self.by_track.get(sid) else {
            return;
        };
        let Some(track) = self
            .participant(publisher_seat)
            .and_then(|publisher| publisher.track(sid))
            .filter(|track| track.is_live() && track.kind() == MediaKind::Video)
        else {
            return;
        };
        let wanted = |backup: bool| {
            let served = |subscriber: &&Participant| {
                subscriber.subscriptions.get(sid).is_some_and(|subscription| subscription.backup == backup)
            };
            let quality = |subscriber: &Participant| {
                wanted_quality(track, subscriber.settings.get(sid).copied(), subscriber.adaptive_stream)
            };
            let qualities = self.participants.values().filter(served).filter_map(quality);
            qualities.max_by_key(|&quality| quality as i32)
        };
        let (first, second) = (wanted(false), wanted(true));

        let Some(track) =
            self.participants.get_mut(&publisher_seat).and_then(|publisher| publisher.track_mut(sid))
        else {
            return;
        };
        let mut announce = track.dynacast.set_wanted(now, first).is_some();
        let mut due = track.dynacast.poll_timeout();
        if let Some(backup) = &mut track.backup {
            announce |= backup.dynacast.set_wanted(now, second).is_some();
            due = due.into_iter().chain(backup.dynacast.poll_timeout()).min();
        }
        if let Some(at) = due {
            self.arm(at);
        }
        if announce {
            self.send_wanted_quality(publisher_seat, sid);
        }
    }

    /// Tells a publisher which qualities of a track it should send, in each of its codecs.
    pub(super) fn send_wanted_quality(&mut self, seat: Seat, sid: &str) {
        let Some(track) = self.participant(seat).and_then(|publisher| publisher.track(sid)) else {
            return;
        };
        // Unasked, everything is sent in the first codec.
        let first = qualities(track.dynacast.announced().unwrap_or(Some(VideoQuality::High)));
        let mut codecs = vec![proto::SubscribedCodec { codec: track.codec_name(), qualities: first.clone() }];
        if let Some(backup) = &track.backup {
            codecs.push(proto::SubscribedCodec {
                codec: codec_name(mime_name(backup.mime)),
                qualities: qualities(backup.dynacast.announced().flatten()),
            });
        }

        #[allow(deprecated)] // old clients read the first list
        let update = proto::SubscribedQualityUpdate {
            track_sid: sid.to_owned(),
            subscribed_qualities: first,
            subscribed_codecs: codecs,
        };
        self.send(seat, signal_response::Message::SubscribedQualityUpdate(update));
    }
}

fn qualities(wanted: Option<VideoQuality>) -> Vec<proto::SubscribedQuality> {
    let all = [VideoQuality::Low, VideoQuality::Medium, VideoQuality::High];
    let told = all.map(|quality| proto::SubscribedQuality {
        quality: quality as i32,
        enabled: dynacast::includes(wanted, quality),
    });
    told.into()
}
