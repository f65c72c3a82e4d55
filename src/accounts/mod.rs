//! Who may use this server: accounts, their passwords, their sign-ins.

mod attempts;
mod password;
mod secret;
mod setup_link;
mod user;

pub use attempts::Attempts;
pub(crate) use attempts::client_of;
pub use password::{PasswordError, Passwords, check_password};
pub use secret::Secret;
pub(crate) use secret::hex;
pub use setup_link::{make_setup_link, setup_url};
pub(crate) use user::random_letters;
pub use user::{Email, InvalidText, Role, User, UserId, display_name, line_of_text};
