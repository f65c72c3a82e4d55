//! Accounts as a table.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use sip_gateway_proto::plan::{Plan, PostId};

use super::report::{Fault, Report, What};
use super::{ImportError, MOST_LINES, Separator};
use crate::accounts::{
    Email, Passwords, Role, Scope, User, display_name, function, languages, may_give, rank,
};
use crate::csv::{Line, Table};
use crate::store::{PlanChange, StoreError};

/// The columns, as they are exported.
pub const USER_COLUMNS: [&str; 9] =
    ["email", "name", "role", "function", "rank", "post", "extension", "languages", "disabled"];

/// How a table of accounts is brought in.
#[derive(Debug, Clone, Copy)]
pub struct Import<'a> {
    /// Who brings it in; `None` for whoever runs the machine, who may do everything.
    pub by: Option<&'a User>,
    /// Make passwords for new accounts, which their holders change first of all.
    pub passwords: bool,
    /// As many accounts as there may be.
    pub limit: usize,
    /// Now.
    pub now: Timestamp,
}

/// A password that was made, for whom.
pub type Made = (Email, String);

impl Import<'_> {
    /// Tries every line of a table in a change, which must be committed only if the report is good. With it come the
    /// passwords that were made.
    ///
    /// # Errors
    /// When the table cannot be read or the store fails.
    pub async fn run(&self, change: &mut PlanChange, text: &str) -> Result<(Report, Vec<Made>), ImportError> {
        let table = Table::read(text, &USER_COLUMNS, &["email"], MOST_LINES).map_err(ImportError::Table)?;
        let known = change.users().await?;
        let mut known: HashMap<Email, User> =
            known.into_iter().map(|user| (user.email.clone(), user)).collect();
        let posts = change.post_names().await?;
        let (mut report, mut made, mut seen) = (Report::default(), Vec::new(), HashSet::new());
        for (number, line) in table.lines() {
            let written = line.field("email").unwrap_or_default();
            let what = match Email::new(written) {
                Err(reason) => Err(Fault::at("email", reason)),
                Ok(email) if !seen.insert(email.clone()) => {
                    Err(Fault::at("email", "another line has this address, too"))
                }
                Ok(email) => {
                    let before = known.remove(&email);
                    self.line(change, &posts, before, email, line, &mut made).await?
                }
            };
            report.note(number, written, what);
        }
        report.close();
        Ok((report, made))
    }

    async fn line(
        &self,
        change: &mut PlanChange,
        posts: &HashMap<String, PostId>,
        before: Option<User>,
        email: Email,
        line: Line<'_>,
        made: &mut Vec<Made>,
    ) -> Result<Result<What, Fault>, ImportError> {
        let is_new = before.is_none();
        let was = before.clone();
        let blank = || User::new(String::new(), email, Role::User, self.now);
        let after = match self.read(posts, before.unwrap_or_else(blank), line) {
            Ok(after) => after,
            Err(fault) => return Ok(Err(fault)),
        };
        if was.as_ref() == Some(&after) {
            return Ok(Ok(What::Same));
        }
        if let Err(fault) = self.may(was.as_ref(), &after) {
            return Ok(Err(fault));
        }
        if let (Some(number), Some(Scope::Post(own))) = (&after.extension, self.scope())
            && was.as_ref().is_none_or(|was| was.extension != after.extension)
        {
            match change.post_of_extension(number).await {
                Ok(post) if post == own => {}
                Ok(_) => return Ok(Err(Fault::at("extension", "it belongs to another post than yours"))),
                Err(error) => return Ok(Err(Fault::of(error)?)),
            }
        }
        let done = if is_new {
            let hash = if self.passwords {
                let (password, hash) = Passwords::initial_now()?;
                made.push((after.email.clone(), password));
                hash
            } else {
                String::new()
            };
            change.add_user(&after, &hash, self.limit).await
        } else {
            change.change_user_and_extension(&after, was.and_then(|was| was.extension).as_deref()).await
        };
        match done {
            Ok(()) => Ok(Ok(if is_new { What::Add } else { What::Change })),
            Err(error) => Ok(Err(Fault::of(error)?)),
        }
    }

    /// The account as a line describes it: a column that is not there leaves what is, an empty field takes it away.
    fn read(&self, posts: &HashMap<String, PostId>, user: User, line: Line<'_>) -> Result<User, Fault> {
        let is_new = user.name.is_empty();
        let name = match line.field("name") {
            Some(name) if !name.is_empty() => display_name(name).map_err(|e| Fault::at("name", e))?,
            _ if is_new => return Err(Fault::at("name", "a new account needs one")),
            _ => user.name,
        };
        let role = match line.field("role") {
            None | Some("") => user.role,
            Some(word) => Role::from_word(&word.to_lowercase()).ok_or_else(|| {
                let words = Role::ALL.map(Role::as_str).join(", ");
                Fault::at("role", format!("{word:?} is not one of {words}"))
            })?,
        };
        let post = match line.field("post") {
            // An officer's people belong to the officer's post.
            None => user.post.or(match self.scope() {
                Some(Scope::Post(own)) => Some(own),
                _ => None,
            }),
            Some("") => None,
            Some(name) => Some(
                *posts
                    .get(&name.to_lowercase())
                    .ok_or_else(|| Fault::at("post", format!("there is no post named {name:?}")))?,
            ),
        };
        let rank = match line.field("rank") {
            None => user.rank,
            Some("") => None,
            Some(number) => {
                let wrong = || Fault::at("rank", format!("{number:?} is not a number from 1 to 9999"));
                let number = number.parse().map_err(|_| wrong())?;
                Some(rank(number).map_err(|_| wrong())?)
            }
        };
        let disabled = match line.field("disabled") {
            None => user.disabled,
            Some("" | "no" | "non" | "false" | "0") => false,
            Some("yes" | "oui" | "true" | "1") => true,
            Some(other) => return Err(Fault::at("disabled", format!("{other:?} is neither yes nor no"))),
        };
        Ok(User {
            name,
            role,
            post,
            rank,
            disabled,
            function: line
                .field("function")
                .map_or(Ok(user.function), function)
                .map_err(|e| Fault::at("function", e))?,
            languages: line
                .field("languages")
                .map_or(Ok(user.languages), |text| languages(&split(text)))
                .map_err(|e| Fault::at("languages", e))?,
            extension: match line.field("extension") {
                None => user.extension,
                Some(number) => Some(number.to_owned()).filter(|number| !number.is_empty()),
            },
            must_change: user.must_change || (is_new && self.passwords),
            ..user
        })
    }

    fn scope(&self) -> Option<Scope> {
        self.by.and_then(|by| by.scope(crate::accounts::Deed::ManagePeople))
    }

    /// Whether whoever brings the table in may do what the line says.
    fn may(&self, was: Option<&User>, after: &User) -> Result<(), Fault> {
        let Some(by) = self.by else { return Ok(()) };
        if let Some(was) = was {
            if was.id == by.id && (was.role != after.role || after.disabled) {
                return Err(Fault::at("role", "nobody changes the own role or disables the own account"));
            }
            if was.id != by.id && !by.may_manage(was) {
                return Err(Fault::at("email", "this account is not one of those you look after"));
            }
        }
        let own_card = was.is_some_and(|was| was.id == by.id && was.role == after.role);
        if !own_card && !may_give(by.role, after.role) {
            return Err(Fault::at("role", "it is not yours to give; an administrator may"));
        }
        if !by.may(crate::accounts::Deed::ManagePeople, after.post) {
            return Err(Fault::at("post", "it is another post than yours"));
        }
        Ok(())
    }
}

/// All accounts of a scope as a table that can be brought back.
#[must_use]
pub fn export_users(users: &[User], plan: &Plan, separator: Separator) -> String {
    let mut text = separator.begin() + &separator.line(&USER_COLUMNS);
    for user in users {
        let post = user.post.and_then(|post| plan.post(post)).map_or("", |post| post.name.as_str());
        let rank = user.rank.map(|rank| rank.to_string()).unwrap_or_default();
        let languages = user.languages.join(" ");
        text += &separator.line(&[
            user.email.as_str(),
            &user.name,
            user.role.as_str(),
            &user.function,
            &rank,
            post,
            user.extension.as_deref().unwrap_or_default(),
            &languages,
            if user.disabled { "yes" } else { "no" },
        ]);
    }
    text
}

fn split(text: &str) -> Vec<&str> {
    text.split([' ', ',', ';', '/']).filter(|word| !word.is_empty()).collect()
}

impl PlanChange {
    async fn change_user_and_extension(
        &mut self,
        user: &User,
        before: Option<&str>,
    ) -> Result<(), crate::directory::PlanError> {
        self.change_user(user).await?;
        if user.extension.as_deref() != before {
            self.set_user_extension(&user.id, user.extension.as_deref()).await?;
        }
        Ok(())
    }

    /// The posts by their names, in lower case.
    async fn post_names(&mut self) -> Result<HashMap<String, PostId>, StoreError> {
        let posts = self.posts_by_name().await?;
        Ok(posts.into_iter().map(|(name, id)| (name.to_lowercase(), id)).collect())
    }
}
