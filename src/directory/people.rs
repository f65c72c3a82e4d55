//! The directory as people read it: who can be called, where that is, what time it is there, whether it is a good moment.

use std::collections::HashMap;

use serde::Serialize;
use sip_gateway_proto::plan::{Extension, Plan, PostId, RingGroup};

use super::{House, PresenceWord, fold};

/// Somebody, or a group, that can be called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct EntryView {
    pub number: String,
    pub name: String,
    /// What whoever answers does in the house; empty if nobody has said so, and for a group.
    pub function: String,
    /// Where a person is written to, if somebody answers in the browser.
    pub email: Option<String>,
    pub post: i64,
    pub post_name: String,
    pub country: String,
    pub time_zone: String,
    pub kind: EntryKind,
    /// Nothing for a group.
    pub presence: Option<PresenceWord>,
    pub is_self: bool,
}

/// Where somebody works, as others in a meeting see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posting {
    /// The extension's number.
    pub extension: String,
    /// The name of its post.
    pub post: String,
}

/// What rings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EntryKind {
    /// One extension.
    Person,
    /// Several.
    Group,
}

/// Who looks, and whose moment it is: what entries need beside the plan.
pub struct Reader<'a> {
    /// The plan of the moment.
    pub plan: &'a Plan,
    /// What belongs to it.
    pub house: &'a House,
    /// Whether somebody can be called.
    pub presence: &'a dyn Fn(&Extension) -> PresenceWord,
    /// The extension of who looks.
    pub own: Option<&'a str>,
}

impl Reader<'_> {
    /// The entry of a number.
    #[must_use]
    pub fn entry(&self, number: &str) -> Option<EntryView> {
        let person = self.plan.extension(number).map(|extension| self.person(extension));
        person.or_else(|| self.plan.group(number).map(|group| self.group(group)))
    }

    /// Where the extension of a number is.
    #[must_use]
    pub fn posting(&self, number: &str) -> Option<Posting> {
        let extension = self.plan.extension(number)?;
        let post = self.plan.post(extension.post).map(|post| post.name.clone()).unwrap_or_default();
        Some(Posting { extension: extension.number.clone(), post })
    }

    /// The entries in which every word of a text is found, of one post or all, by post and name.
    #[must_use]
    pub fn search(&self, text: &str, post: Option<PostId>) -> Vec<EntryView> {
        let text = fold(text);
        let words: Vec<&str> = text.split_whitespace().take(MOST_WORDS).collect();
        // A post is folded once, not for each of its people.
        let posts: HashMap<PostId, String> = self
            .plan
            .posts
            .iter()
            .map(|post| (post.id, fold(&format!("{} {}", post.name, self.house.place(post.id).city))))
            .collect();
        let found = |number: &str, name: &str, at: PostId| {
            if post.is_some_and(|post| post != at) {
                return false;
            }
            let post = posts.get(&at).map_or("", String::as_str);
            let name = fold(&format!("{name} {}", self.function_of(number)));
            words.iter().all(|word| number.starts_with(word) || name.contains(word) || post.contains(word))
        };
        let persons = self.plan.extensions.iter();
        let groups = self.plan.groups.iter();
        let mut entries: Vec<EntryView> = persons
            .filter(|one| found(&one.number, &one.name, one.post))
            .map(|one| self.person(one))
            .chain(groups.filter(|one| found(&one.number, &one.name, one.post)).map(|one| self.group(one)))
            .collect();
        let post_of = |entry: &EntryView| posts.get(&PostId(entry.post)).map_or("", String::as_str);
        entries.sort_by_cached_key(|entry| (post_of(entry), fold(&entry.name), entry.number.clone()));
        entries
    }

    fn function_of(&self, number: &str) -> &str {
        self.house.holder_of(number).map_or("", |holder| holder.function.as_str())
    }

    fn person(&self, extension: &Extension) -> EntryView {
        let presence = Some((self.presence)(extension));
        self.view(&extension.number, &extension.name, extension.post, EntryKind::Person, presence)
    }

    fn group(&self, group: &RingGroup) -> EntryView {
        self.view(&group.number, &group.name, group.post, EntryKind::Group, None)
    }

    fn view(
        &self,
        number: &str,
        name: &str,
        at: PostId,
        kind: EntryKind,
        presence: Option<PresenceWord>,
    ) -> EntryView {
        let post = self.plan.post(at);
        EntryView {
            number: number.to_owned(),
            name: name.to_owned(),
            function: self.function_of(number).to_owned(),
            email: self.house.holder_of(number).map(|holder| holder.email.clone()),
            post: at.0,
            post_name: post.map(|post| post.name.clone()).unwrap_or_default(),
            country: post.map(|post| post.country.clone()).unwrap_or_default(),
            time_zone: post.map(|post| self.house.time_zone(post).to_owned()).unwrap_or_default(),
            kind,
            presence,
            is_self: self.own == Some(number),
        }
    }
}

const MOST_WORDS: usize = 10;

#[cfg(test)]
mod tests {
    use sip_gateway_proto::plan::Post;

    use super::super::{Holder, blank};
    use super::*;

    #[test]
    fn every_word_is_found_somewhere_whatever_its_accents() {
        let found = |text: &str| {
            let numbers: Vec<String> = search(text, None).into_iter().map(|entry| entry.number).collect();
            numbers.join(" ")
        };

        assert_eq!(found(""), "300 201 202");
        assert_eq!(found("ELEVE geneve"), "");
        assert_eq!(found("délégué"), "201");
        assert_eq!(found("delegue geneve"), "201");
        assert_eq!(found("20"), "201 202");
        assert_eq!(found("accueil"), "300");
        assert_eq!(found("premiere secretaire"), "202");
    }

    #[test]
    fn an_entry_says_where_and_in_which_time_it_is() {
        let entry = &search("201", None)[0];

        assert_eq!(
            (entry.post_name.as_str(), entry.time_zone.as_str()),
            ("Mission à Genève", "Europe/Zurich")
        );
        assert_eq!(entry.presence, Some(PresenceWord::Available));
        assert!(entry.is_self);
        assert_eq!(search("", Some(PostId(1)))[0].presence, None, "a group is nowhere");
    }

    fn search(text: &str, post: Option<PostId>) -> Vec<EntryView> {
        let mut plan = Plan::default();
        plan.posts.push(Post { id: PostId(1), ..blank::post("Ministère") });
        plan.posts
            .push(Post { id: PostId(2), country: "CH".to_owned(), ..blank::post("Mission à Genève") });
        plan.extensions.push(blank::extension("201", "Délégué permanent", PostId(2)));
        plan.extensions.push(blank::extension("202", "Standard", PostId(2)));
        plan.groups.push(blank::group("300", "Accueil", PostId(1)));
        let mut house = House::default();
        let holder = Holder { function: "Première secrétaire".to_owned(), ..Holder::default() };
        house.holders.insert("202".to_owned(), holder);
        let presence = |_: &Extension| PresenceWord::Available;
        Reader { plan: &plan, house: &house, presence: &presence, own: Some("201") }.search(text, post)
    }
}
