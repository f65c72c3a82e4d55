//! Where in a plan a number, a name or an id is found: asked for every message, so looked up and not searched.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::OnceLock;

use super::number::{international, is_country};
use super::{Device, Extension, InboundNumber, Plan, Post, PostId, RingGroup, RoomNumber, Trunk, TrunkId};
use crate::plan::DigestAlgorithm;

/// The index of a plan, made when it is first asked. A plan that has been asked does not change any more; a clone of it
/// may, and makes its own index.
#[derive(Default)]
pub struct Index(OnceLock<Box<Places>>);

#[derive(Default)]
struct Places {
    extensions: HashMap<String, usize>,
    groups: HashMap<String, usize>,
    conference: HashSet<String>,
    rooms: HashMap<String, usize>,
    /// Extension and device of a user name.
    usernames: HashMap<String, (usize, usize)>,
    posts: HashMap<PostId, usize>,
    trunks: HashMap<TrunkId, usize>,
    /// The inbound numbers of each trunk, by number and by target.
    inbound: HashMap<TrunkId, HashMap<String, usize>>,
    targets: HashMap<TrunkId, HashMap<String, usize>>,
    /// Inbound numbers whatever the trunk.
    own_numbers: HashMap<String, usize>,
    sha256: usize,
}

impl Plan {
    /// The extension of that number.
    #[must_use]
    pub fn extension(&self, number: &str) -> Option<&Extension> {
        let found = self.places().extensions.get(number).and_then(|at| self.extensions.get(*at));
        debug_assert!(
            match found {
                Some(extension) => extension.number == number,
                None => self.extensions.iter().all(|extension| extension.number != number),
            },
            "a plan that has been asked does not change"
        );
        found
    }

    /// The group of that number.
    #[must_use]
    pub fn group(&self, number: &str) -> Option<&RingGroup> {
        self.groups.get(*self.places().groups.get(number)?)
    }

    /// Whether meetings are reached by that number with their PIN.
    #[must_use]
    pub fn is_conference(&self, number: &str) -> bool {
        self.places().conference.contains(number)
    }

    /// The meeting of that number.
    #[must_use]
    pub fn room(&self, number: &str) -> Option<&RoomNumber> {
        self.rooms.get(*self.places().rooms.get(number)?)
    }

    /// The device that has that user name, and the extension that it is for.
    #[must_use]
    pub fn device(&self, username: &str) -> Option<(&Extension, &Device)> {
        let (extension, device) = self.places().usernames.get(username)?;
        let extension = self.extensions.get(*extension)?;
        Some((extension, extension.devices.get(*device)?))
    }

    /// The number of the extension that goes by a name, which is its own or that of one of its devices; or the name itself.
    #[must_use]
    pub fn number_of<'a>(&'a self, name: &'a str) -> &'a str {
        if self.extension(name).is_some() {
            return name;
        }
        self.device(name).map_or(name, |(extension, _)| &extension.number)
    }

    /// The post of that id.
    #[must_use]
    pub fn post(&self, id: PostId) -> Option<&Post> {
        self.posts.get(*self.places().posts.get(&id)?)
    }

    /// The trunk of that id.
    #[must_use]
    pub fn trunk(&self, id: TrunkId) -> Option<&Trunk> {
        self.trunks.get(*self.places().trunks.get(&id)?)
    }

    /// What leads where of a number that comes in by a trunk; of the empty one, of all others.
    pub(super) fn inbound(&self, trunk: TrunkId, number: &str) -> Option<&InboundNumber> {
        self.inbound.get(*self.places().inbound.get(&trunk)?.get(number)?)
    }

    /// What a public number leads to, if it is one of ours.
    pub(super) fn own_number(&self, number: &str) -> Option<&InboundNumber> {
        self.inbound.get(*self.places().own_numbers.get(number)?)
    }

    /// The public number by which an extension is reached over a trunk.
    pub(crate) fn shown_number(&self, trunk: TrunkId, extension: &str) -> Option<&str> {
        let at = self.places().targets.get(&trunk)?.get(extension)?;
        Some(self.inbound.get(*at)?.number.as_str())
    }

    /// How many extensions use SHA-256, and how many there are: what a challenge to nobody is drawn from.
    #[must_use]
    pub fn sha256_extensions(&self) -> (usize, usize) {
        (self.places().sha256, self.extensions.len())
    }

    /// Of things that bear the same name the first counts; [`Plan::problems`] names the others.
    fn places(&self) -> &Places {
        self.index.0.get_or_init(|| {
            let mut places = Places::default();
            for (at, extension) in self.extensions.iter().enumerate() {
                places.extensions.entry(extension.number.clone()).or_insert(at);
                places.sha256 += usize::from(extension.digest == DigestAlgorithm::Sha256);
                for (device_at, device) in extension.devices.iter().enumerate() {
                    places.usernames.entry(device.username.clone()).or_insert((at, device_at));
                }
            }
            for (at, group) in self.groups.iter().enumerate() {
                places.groups.entry(group.number.clone()).or_insert(at);
            }
            places.conference.extend(self.conference.iter().cloned());
            for (at, room) in self.rooms.iter().enumerate() {
                places.rooms.entry(room.number.clone()).or_insert(at);
            }
            for (at, post) in self.posts.iter().enumerate() {
                // The metadata of all countries are read when they are first asked, which takes a while: better now
                // than when somebody waits for his call.
                is_country(&post.country);
                places.posts.entry(post.id).or_insert(at);
            }
            for (at, trunk) in self.trunks.iter().enumerate() {
                places.trunks.entry(trunk.id).or_insert(at);
            }
            for (at, inbound) in self.inbound.iter().enumerate() {
                let of_trunk = places.inbound.entry(inbound.trunk).or_default();
                let number = current(&inbound.number);
                of_trunk.entry(number.clone()).or_insert(at);
                if !inbound.number.is_empty() {
                    let targets = places.targets.entry(inbound.trunk).or_default();
                    targets.entry(inbound.target.clone()).or_insert(at);
                    places.own_numbers.entry(number).or_insert(at);
                }
            }
            Box::new(places)
        })
    }
}

/// A public number as it is since its country's numbering plan changed: calls come in with the number of today, whatever
/// was typed in years ago.
fn current(number: &str) -> String {
    let known = number.strip_prefix('+').and_then(international);
    known.map_or_else(|| number.to_owned(), |known| known.e164)
}

/// What is cloned may be changed, so it makes its own.
impl Clone for Index {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// It says nothing that the plan does not say.
impl PartialEq for Index {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Index {}

impl fmt::Debug for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Index")
    }
}
