//! Who may do what: the one table that every call asks.

use sip_gateway_proto::plan::PostId;

use super::{Role, User};

/// What not everybody may do. Whatever is not here, everybody who is signed in may do for themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// What concerns the whole house: posts, trunks and numbers, call records, settings, the audit log.
    Administer,
    /// Extensions, their devices, ring groups, where phones are.
    ManagePhones,
    /// Accounts, as far as [`may_give`] and [`User::may_manage`] go.
    ManagePeople,
    /// Meetings that somebody else holds.
    ScheduleForOthers,
}

/// Where a role may do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    Nowhere,
    OwnPost,
    Everywhere,
}

#[rustfmt::skip]
fn reach(role: Role, deed: Deed) -> Reach {
    use Deed::{Administer, ManagePeople, ManagePhones, ScheduleForOthers};
    use Reach::{Everywhere, Nowhere, OwnPost};
    match (role, deed) {
        (Role::Administrator,   Administer | ManagePhones | ManagePeople | ScheduleForOthers) => Everywhere,
        (Role::ItOfficer,       ManagePhones | ManagePeople)                                  => OwnPost,
        (Role::ItOfficer,       Administer | ScheduleForOthers)                               => Nowhere,
        (Role::ProtocolOfficer, ScheduleForOthers)                                            => Everywhere,
        (Role::ProtocolOfficer, Administer | ManagePhones | ManagePeople)                     => Nowhere,
        (Role::User,            Administer | ManagePhones | ManagePeople | ScheduleForOthers) => Nowhere,
    }
}

/// Whether whoever has a role may make somebody another. Nobody makes others more than they are.
#[must_use]
pub fn may_give(role: Role, given: Role) -> bool {
    match role {
        Role::Administrator => true,
        Role::ItOfficer => given == Role::User,
        Role::ProtocolOfficer | Role::User => false,
    }
}

/// Where somebody may do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// In the whole house.
    Everywhere,
    /// For what belongs to one post.
    Post(PostId),
}

impl Scope {
    /// Whether it reaches what belongs to a post, or to none.
    #[must_use]
    pub fn reaches(self, post: Option<PostId>) -> bool {
        match self {
            Self::Everywhere => true,
            Self::Post(own) => post == Some(own),
        }
    }
}

impl User {
    /// Where this user may do something; `None` for nowhere. An officer who has no post has none to look after.
    #[must_use]
    pub fn scope(&self, deed: Deed) -> Option<Scope> {
        match reach(self.role, deed) {
            Reach::Nowhere => None,
            Reach::OwnPost => self.post.map(Scope::Post),
            Reach::Everywhere => Some(Scope::Everywhere),
        }
    }

    /// Whether this user may do something that belongs to a post, or to none.
    #[must_use]
    pub fn may(&self, deed: Deed, post: Option<PostId>) -> bool {
        self.scope(deed).is_some_and(|scope| scope.reaches(post))
    }

    /// Whether this user may change or remove an account as it is now.
    #[must_use]
    pub fn may_manage(&self, other: &User) -> bool {
        self.may(Deed::ManagePeople, other.post) && may_give(self.role, other.role)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::super::Email;
    use super::*;

    const HERE: Option<PostId> = Some(PostId(1));
    const THERE: Option<PostId> = Some(PostId(2));

    #[test]
    fn the_table_of_roles_and_deeds() {
        use Deed::{Administer, ManagePeople, ManagePhones, ScheduleForOthers};
        let deeds = [Administer, ManagePhones, ManagePeople, ScheduleForOthers];
        // Own post, another post, no post.
        let row = |role| {
            let user = user(role, HERE);
            deeds.map(|deed| [HERE, THERE, None].map(|post| user.may(deed, post)))
        };
        let (no, own, all) = ([false; 3], [true, false, false], [true; 3]);

        assert_eq!(row(Role::Administrator), [all, all, all, all]);
        assert_eq!(row(Role::ItOfficer), [no, own, own, no]);
        assert_eq!(row(Role::ProtocolOfficer), [no, no, no, all]);
        assert_eq!(row(Role::User), [no, no, no, no]);
    }

    #[test]
    fn an_officer_without_a_post_looks_after_nothing() {
        let officer = user(Role::ItOfficer, None);

        for post in [HERE, None] {
            assert!(!officer.may(Deed::ManagePhones, post) && !officer.may(Deed::ManagePeople, post));
        }
    }

    #[test]
    fn an_officer_manages_the_users_of_the_post_and_nobody_above_them() {
        let officer = user(Role::ItOfficer, HERE);

        assert!(officer.may_manage(&user(Role::User, HERE)));
        assert!(!officer.may_manage(&user(Role::User, THERE)));
        assert!(!officer.may_manage(&user(Role::User, None)));
        for role in [Role::Administrator, Role::ItOfficer, Role::ProtocolOfficer] {
            assert!(!officer.may_manage(&user(role, HERE)), "{role:?}");
            assert!(!may_give(Role::ItOfficer, role), "{role:?}");
            assert!(user(Role::Administrator, None).may_manage(&user(role, HERE)), "{role:?}");
        }
        assert!(!user(Role::ProtocolOfficer, HERE).may_manage(&user(Role::User, HERE)));
    }

    fn user(role: Role, post: Option<PostId>) -> User {
        let email = Email::new("a@example.org").unwrap();
        User { post, ..User::new("A".to_owned(), email, role, Timestamp::UNIX_EPOCH) }
    }
}
