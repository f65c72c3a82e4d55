//! What belongs to the numbering plan for people, and not for phones: whose an extension is, and what time it is at a post.

use std::collections::HashMap;

use sip_gateway_proto::plan::{Post, PostId};

use super::zone_of_country;
use crate::accounts::UserId;

/// Read together with the plan, and replaced with it.
#[derive(Debug, Default)]
pub struct House {
    pub(crate) time_zones: HashMap<PostId, String>,
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
