//! What we ask of the directory, and what an entry of it says about somebody.

use ldap3::{SearchEntry, ldap_escape};

use crate::accounts::{Email, Role, display_name, function, languages};
use crate::config::Ldap as Config;

/// Somebody as the directory describes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The name that stays, whatever else changes.
    pub subject: String,
    /// For signing in.
    pub email: Email,
    /// As others see it.
    pub name: String,
    /// What they do; `None` if the directory does not say it.
    pub function: Option<String>,
    /// What they speak; nothing if the directory does not say it.
    pub languages: Vec<String>,
    /// What their groups may do here; `None` where groups say nothing about that.
    pub role: Option<Role>,
}

impl Person {
    /// Somebody of an entry, if it has what an account needs: an address and a name.
    pub(super) fn of(config: &Config, entry: &SearchEntry) -> Option<Self> {
        let first = |name: &str| values(entry, name).next();
        let email = Email::new(first("mail")?).ok()?;
        let name = first("displayName").or_else(|| first("cn")).and_then(|name| display_name(name).ok())?;
        // Active Directory names by bytes.
        let id = first("entryUUID").map(str::to_owned).or_else(|| {
            let bytes = entry.bin_attrs.get("objectGUID")?.first()?;
            Some(crate::accounts::hex(bytes))
        });
        let spoken: Vec<&str> = values(entry, "preferredLanguage").filter_map(|tag| tag.get(..2)).collect();
        let groups: Vec<String> = values(entry, "memberOf").map(str::to_lowercase).collect();
        Some(Self {
            subject: format!("ldap:{}", id.unwrap_or_else(|| entry.dn.to_lowercase())),
            email,
            name,
            function: first("title").and_then(|title| function(title).ok()),
            languages: languages(&spoken).unwrap_or_default(),
            role: crate::config::role_of(&config.roles, &groups),
        })
    }
}

fn values<'a>(entry: &'a SearchEntry, name: &str) -> impl Iterator<Item = &'a str> {
    // Servers answer with the capitals of their schema.
    let named = entry.attrs.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(name));
    let named: Vec<&Vec<String>> = named.map(|(_, values)| values).collect();
    named.into_iter().flatten().map(String::as_str).filter(|value| !value.trim().is_empty())
}

/// One person by what was typed, which is never part of the question's grammar (RFC 4515 §3).
pub(super) fn filter_of_one(config: &Config, login: &str) -> String {
    let one = config.filter.replace("{login}", &ldap_escape(login));
    both(&filter_of_all(config), &one)
}

/// Everybody who is not closed.
pub(super) fn filter_of_all(config: &Config) -> String {
    if config.closed.is_empty() {
        return config.people.clone();
    }
    both(&config.people, &format!("(!{})", config.closed))
}

fn both(one: &str, other: &str) -> String {
    format!("(&{one}{other})")
}

pub(super) const ATTRIBUTES: &[&str] =
    &["mail", "cn", "displayName", "title", "preferredLanguage", "memberOf", "entryUUID", "objectGUID"];

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn what_was_typed_is_never_grammar() {
        let config = config();

        assert_eq!(
            filter_of_one(&config, "awa"),
            "(&(&(objectClass=person)(!(closed=TRUE)))(|(mail=awa)(uid=awa)))"
        );
        let typed = "*)(uid=*))(|(uid=*\\\0";
        let escaped = r"\2a\29\28uid=\2a\29\29\28|\28uid=\2a\5c\00";
        assert!(
            filter_of_one(&config, typed).contains(&format!("(mail={escaped})")),
            "{}",
            filter_of_one(&config, typed)
        );
    }

    #[test]
    fn an_entry_is_somebody_if_it_has_an_address_and_a_name() {
        let entry = |attrs: &[(&str, &[&str])]| SearchEntry {
            dn: "UID=awa,dc=example".to_owned(),
            attrs: attrs
                .iter()
                .map(|(name, values)| ((*name).to_owned(), values.iter().map(|v| (*v).to_owned()).collect()))
                .collect(),
            bin_attrs: HashMap::new(),
        };
        let config = config();

        let person = Person::of(
            &config,
            &entry(&[
                ("mail", &["Awa.Diop@Example.org"]),
                ("cn", &["Awa Diop"]),
                ("TITLE", &["Cheffe du protocole"]),
                ("preferredLanguage", &["fr-BJ"]),
                ("memberOf", &["CN=Protocole,ou=groups"]),
                ("entryUUID", &["1f"]),
            ]),
        )
        .unwrap();
        assert_eq!((person.subject.as_str(), person.email.as_str()), ("ldap:1f", "awa.diop@example.org"));
        assert_eq!(person.function.as_deref(), Some("Cheffe du protocole"));
        assert_eq!(person.languages, ["fr"]);
        assert_eq!(person.role, Some(Role::ProtocolOfficer));
        let plain = Person::of(&config, &entry(&[("mail", &["a@b.c"]), ("cn", &["A"])])).unwrap();
        assert_eq!((plain.subject.as_str(), plain.role), ("ldap:uid=awa,dc=example", Some(Role::User)));
        assert_eq!(Person::of(&config, &entry(&[("cn", &["A"])])), None);
        assert_eq!(Person::of(&config, &entry(&[("mail", &["a@b.c"]), ("cn", &["a\nb"])])), None);
    }

    fn config() -> Config {
        Config {
            people: "(objectClass=person)".to_owned(),
            filter: "(|(mail={login})(uid={login}))".to_owned(),
            closed: "(closed=TRUE)".to_owned(),
            roles: vec![("cn=protocole,ou=groups".to_owned(), Role::ProtocolOfficer)],
            ..crate::config::Config::default().ldap
        }
    }
}
