//! The directory's people as accounts: at a sign-in one, in an import all.

use std::collections::HashSet;

use jiff::Timestamp;

use super::ImportError;
use super::report::{Fault, Report, What};
use crate::accounts::ldap::Person;
use crate::accounts::{Origin, Role, User};
use crate::directory::PlanError;
use crate::store::PlanChange;

/// Makes the accounts of the directory what it says now, in a change: new ones, changed ones, and those closed here that
/// it does not name any more. Nobody else's account is touched.
///
/// # Errors
/// When the store fails.
pub async fn import_people(
    change: &mut PlanChange,
    people: &[Person],
    limit: usize,
    now: Timestamp,
) -> Result<Report, ImportError> {
    if people.is_empty() {
        // A wrong base or filter must not sign a ministry out.
        return Err(ImportError::Table("the directory names nobody; see [ldap] base and people".to_owned()));
    }
    let mut report = Report::default();
    let mut named = HashSet::new();
    for (at, person) in people.iter().enumerate() {
        named.insert(person.subject.clone());
        let what = match put(change, person, limit, now).await {
            Ok(Some((_, what))) => Ok(what),
            Ok(None) => {
                Err(Fault::at("email", "another account, which is not the directory's, has this address"))
            }
            Err(error) => Err(Fault::of(error)?),
        };
        report.note(at + 1, person.email.as_str(), what);
    }
    for (user, subject) in change.users_of(Origin::Ldap).await? {
        if !named.contains(&subject) && !user.disabled {
            let email = user.email.as_str().to_owned();
            change.close_by_directory(&user.id).await?;
            report.note(0, &email, Ok(What::Change));
        }
    }
    report.close();
    Ok(report)
}

/// The account of somebody in the directory, as the directory describes it now; `None` where the address is that of an
/// account which is not the directory's.
///
/// # Errors
/// When the account cannot be made or changed.
pub async fn put(
    change: &mut PlanChange,
    person: &Person,
    limit: usize,
    now: Timestamp,
) -> Result<Option<(User, What)>, PlanError> {
    if let Some(mut user) = change.user_by_subject(&person.subject).await? {
        let opened = user.disabled && change.open_by_directory(&user.id).await?;
        user.disabled &= !opened;
        let after = described(person, user.clone());
        if after == user {
            return Ok(Some((user, if opened { What::Change } else { What::Same })));
        }
        change.change_user(&after).await?;
        return Ok(Some((after, What::Change)));
    }
    if change.user_by_email(&person.email).await?.is_some() {
        return Ok(None);
    }
    let blank = User::new(person.name.clone(), person.email.clone(), Role::User, now);
    let user = User { origin: Origin::Ldap, ..described(person, blank) };
    change.add_user(&user, "", limit).await?;
    change.link_subject(&user.id, &person.subject).await?;
    Ok(Some((user, What::Add)))
}

/// What the directory says goes; what it does not say is ours.
fn described(person: &Person, user: User) -> User {
    User {
        name: person.name.clone(),
        email: person.email.clone(),
        function: person.function.clone().unwrap_or(user.function),
        languages: if person.languages.is_empty() { user.languages } else { person.languages.clone() },
        role: person.role.unwrap_or(user.role),
        ..user
    }
}
