//! A decision of the plan, told step by step: what an administrator asks when a call went elsewhere than expected.

use super::Class;
use super::code::ShortCode;
use super::route::Route;
use super::words::Language;

/// Where a number leads, and how that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// What was found, in order.
    pub steps: Vec<Step>,
    /// What follows.
    pub route: Route,
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// An extension calls.
    Caller {
        /// Its number.
        number: String,
        /// Its name.
        name: String,
        /// Its post's name, if the plan has the post.
        post: Option<String>,
    },
    /// A call comes in by a trunk.
    Trunk {
        /// The trunk's name.
        name: String,
    },
    /// It is an emergency number of the caller's post, so nothing stands in its way.
    Emergency {
        /// The number.
        number: String,
        /// The post's name.
        post: String,
    },
    /// It is a number of the house.
    Inside {
        /// Whose.
        kind: Where,
        /// The number.
        number: String,
        /// Its name.
        name: String,
        /// The name of its post, if the plan has the post.
        post: Option<String>,
    },
    /// It is a short code.
    Code(ShortCode),
    /// No extension, group, meeting or code has that number.
    NotInside {
        /// The number, without separators.
        number: String,
    },
    /// It begins with the post's outside prefix.
    OutsidePrefix {
        /// The prefix.
        prefix: String,
    },
    /// It was written as before the country's numbering plan changed.
    Completed {
        /// As it was.
        formerly: String,
        /// As it is.
        number: String,
    },
    /// It is a public number.
    Public {
        /// In E.164.
        number: String,
        /// The country by whose rules it was read.
        dialled_in: String,
        /// The country where it is, if it is certain.
        country: Option<String>,
    },
    /// It is a short number of the post's country.
    Service {
        /// As it is dialled there.
        number: String,
        /// The country.
        country: String,
    },
    /// It is a public number of ours.
    OwnNumber {
        /// In E.164.
        number: String,
    },
    /// All numbers of the trunk that have no entry of their own lead to one place.
    AnyNumber,
    /// It is none of the trunk's numbers.
    NotOurs {
        /// As it was dialled.
        number: String,
    },
    /// So far it goes.
    Class {
        /// How far.
        class: Class,
        /// Whether it costs more than its country says.
        premium: bool,
    },
    /// What the caller may do was compared with what it takes.
    Rights {
        /// What the caller may.
        has: Class,
        /// What it takes.
        needs: Class,
        /// Whether it suffices.
        granted: bool,
    },
    /// This route has the longest prefix.
    Route {
        /// The prefix.
        prefix: String,
        /// The name of the post that it is for; `None` if for all.
        post: Option<String>,
    },
    /// A trunk of the route may not carry the call.
    TrunkMayNot {
        /// Its name.
        trunk: String,
        /// What it takes.
        needs: Class,
    },
    /// A trunk will be tried.
    Way {
        /// Its name.
        trunk: String,
        /// The number as this trunk wants it.
        number: String,
        /// Which number of ours is shown.
        caller_id: Option<String>,
    },
}

/// What in the house has a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Where {
    /// An extension.
    Extension,
    /// A group.
    Group,
    /// All meetings.
    Conference,
    /// One meeting.
    Meeting,
}

impl Explanation {
    /// The steps and what follows, one sentence a line.
    #[must_use]
    pub fn sentences(&self, language: Language) -> Vec<String> {
        let steps = self.steps.iter().map(|step| step.sentence(language));
        steps.chain([self.route.sentence(language)]).collect()
    }
}
