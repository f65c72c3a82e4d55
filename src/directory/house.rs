//! What belongs to the numbering plan for people, and not for phones: whose an extension is, and what time it is at a post.

use std::collections::HashMap;

use sip_gateway_proto::plan::{Post, PostId};

use super::zone_of_country;
use crate::accounts::UserId;

/// What is known of a post beside its numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// Where it is; nothing if nobody has said so.
    pub city: String,
    /// What its link carries towards it, in kbit/s.
    pub down_kbit: Option<u32>,
    /// What its link carries away from it, in kbit/s.
    pub up_kbit: Option<u32>,
}

/// Whoever answers an extension in the browser, as colleagues see them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Holder {
    /// What they do in the house; nothing if nobody has said so.
    pub function: String,
    /// Where they are written to.
    pub email: String,
}

/// Read together with the plan, and replaced with it.
#[derive(Debug, Default)]
pub struct House {
    pub(crate) time_zones: HashMap<PostId, String>,
    pub(crate) places: HashMap<PostId, Place>,
    pub(crate) holders: HashMap<String, Holder>,
    pub(crate) users: HashMap<String, UserId>,
    pub(crate) extensions: HashMap<UserId, String>,
}

impl House {
    /// The IANA name of the time at a post.
    #[must_use]
    pub fn time_zone<'a>(&'a self, post: &Post) -> &'a str {
        match self.time_zones.get(&post.id) {
            Some(zone) => zone,
            None => zone_of_country(&post.country),
        }
    }

    /// What is known of a post.
    #[must_use]
    pub fn place(&self, post: PostId) -> Place {
        self.places.get(&post).cloned().unwrap_or_default()
    }

    /// Whoever answers an extension in the browser.
    #[must_use]
    pub fn holder_of(&self, extension: &str) -> Option<&Holder> {
        self.holders.get(extension)
    }

    /// Who answers an extension in the browser.
    #[must_use]
    pub fn user_of(&self, extension: &str) -> Option<&UserId> {
        self.users.get(extension)
    }

    /// What a user answers in the browser.
    #[must_use]
    pub fn extension_of(&self, user: &UserId) -> Option<&str> {
        self.extensions.get(user).map(String::as_str)
    }
}
