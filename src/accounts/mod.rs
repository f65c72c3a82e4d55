//! Who may use this server: accounts, their passwords, their sign-ins.

mod attempts;
mod duty;
pub mod ldap;
pub mod oidc;
mod password;
mod rights;
mod rules;
mod secret;
mod setup_link;
mod totp;
mod user;

pub use attempts::Attempts;
pub(crate) use attempts::client_of;
pub use duty::Duty;
pub use password::{PasswordError, Passwords};
pub use rights::{Deed, Scope, may_give};
pub use rules::check_password;
pub use secret::Secret;
pub(crate) use secret::hex;
pub use setup_link::{make_setup_link, setup_url};
pub use totp::{TotpSecret, recovery_codes, recovery_hash};
pub(crate) use user::random_letters;
pub use user::{
    Email, InvalidText, Origin, Role, User, UserId, display_name, function, languages, line_of_text, rank,
};
