//! Rows of `mail_wishes`: what users want by mail.

use serde::{Deserialize, Serialize};
use sqlx::Row;

use super::{Store, StoreError};
use crate::accounts::{Email, UserId};
use crate::directory::zone_of_country;

/// A language that we write in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tongue {
    /// French.
    #[default]
    Fr,
    /// English.
    En,
}

impl Tongue {
    /// Its ISO 639 code, as it is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fr => "fr",
            Self::En => "en",
        }
    }

    /// Reads a stored code.
    #[must_use]
    pub fn from_stored(code: &str) -> Self {
        if code == "en" { Self::En } else { Self::Fr }
    }
}

/// What a user wants by mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MailWishes {
    /// Messages that callers leave.
    pub voicemail: bool,
    /// In which language.
    pub language: Tongue,
}

/// Who wants the messages for an extension by mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailReader {
    /// By name.
    pub name: String,
    /// Where.
    pub email: Email,
    /// In which language.
    pub language: Tongue,
    /// The IANA name of the time where the extension is.
    pub time_zone: String,
}

impl Store {
    /// What a user wants by mail.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn mail_wishes(&self, user: &UserId) -> Result<MailWishes, StoreError> {
        let row = sqlx::query("SELECT * FROM mail_wishes WHERE user_id = ?")
            .bind(user.as_str())
            .fetch_optional(&self.pool)
            .await?;
        let Some(row) = row else { return Ok(MailWishes::default()) };
        Ok(MailWishes {
            voicemail: row.try_get("voicemail")?,
            language: Tongue::from_stored(row.try_get("language")?),
        })
    }

    /// Sets what a user wants by mail.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_mail_wishes(&self, user: &UserId, wishes: MailWishes) -> Result<(), StoreError> {
        sqlx::query("INSERT OR REPLACE INTO mail_wishes (user_id, voicemail, language) VALUES (?, ?, ?)")
            .bind(user.as_str())
            .bind(wishes.voicemail)
            .bind(wishes.language.as_str())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Who wants the messages for an extension by mail, if anybody does.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn mail_reader(&self, extension: &str) -> Result<Option<MailReader>, StoreError> {
        let row = sqlx::query(
            "SELECT users.name, users.email, mail_wishes.language, posts.time_zone, posts.country FROM users
             JOIN mail_wishes ON mail_wishes.user_id = users.id
             JOIN extensions ON extensions.number = users.extension
             JOIN posts ON posts.id = extensions.post_id
             WHERE users.extension = ? AND mail_wishes.voicemail = 1",
        )
        .bind(extension)
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let time_zone: String = row.try_get("time_zone")?;
        let capital = zone_of_country(row.try_get("country")?);
        Ok(Some(MailReader {
            time_zone: if time_zone.is_empty() { capital.to_owned() } else { time_zone },
            name: row.try_get("name")?,
            email: Email::from_stored(row.try_get("email")?),
            language: Tongue::from_stored(row.try_get("language")?),
        }))
    }
}
