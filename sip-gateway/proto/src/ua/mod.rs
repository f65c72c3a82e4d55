//! What the server does as a user agent: it checks passwords and keeps the list of who can be reached where.

pub mod digest;
pub mod registrar;
