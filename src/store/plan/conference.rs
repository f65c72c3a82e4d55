//! The numbers that lead into meetings, and whose extension is whose.

use sqlx::Row;

use super::PlanChange;
use crate::accounts::UserId;
use crate::directory::{PlanError, check_own_number};
use crate::meetings::MeetingCode;

impl PlanChange {
    /// Lets a number ask for a meeting's PIN or, if a meeting is named, lead there at once.
    ///
    /// # Errors
    /// [`PlanError::Taken`] when an extension or a group has it, [`PlanError::Invalid`] when there is no such meeting.
    pub async fn set_conference(
        &mut self,
        number: &str,
        meeting: Option<&MeetingCode>,
    ) -> Result<(), PlanError> {
        let number = check_own_number(number)?;
        let kind = if meeting.is_some() { "meeting" } else { "conference" };
        match self.kind_of(&number).await?.as_deref() {
            Some("conference" | "meeting") => {
                sqlx::query("UPDATE numbers SET kind = ? WHERE number = ?")
                    .bind(kind)
                    .bind(&number)
                    .execute(&mut *self.transaction)
                    .await?;
                sqlx::query("DELETE FROM meeting_numbers WHERE number = ?")
                    .bind(&number)
                    .execute(&mut *self.transaction)
                    .await?;
            }
            _ => {
                self.room_for_conference().await?;
                self.take_number(&number, kind).await?;
            }
        }
        if let Some(code) = meeting {
            let there = sqlx::query("SELECT 1 FROM meetings WHERE code = ?")
                .bind(code.as_str())
                .fetch_optional(&mut *self.transaction)
                .await?;
            if there.is_none() {
                return Err(PlanError::invalid("meeting", "there is no meeting with this code"));
            }
            sqlx::query("INSERT INTO meeting_numbers (number, meeting_code) VALUES (?, ?)")
                .bind(&number)
                .bind(code.as_str())
                .execute(&mut *self.transaction)
                .await?;
        }
        Ok(self.note("conference.set", &number).await?)
    }

    /// Gives a number of the conference back.
    ///
    /// # Errors
    /// [`PlanError::Needed`] while a public number leads to it.
    pub async fn remove_conference(&mut self, number: &str) -> Result<(), PlanError> {
        let kind = match self.kind_of(number).await?.as_deref() {
            Some("conference") => "conference",
            Some("meeting") => "meeting",
            _ => return Err(PlanError::unknown("number", number)),
        };
        self.free_number(number, kind).await?;
        Ok(self.note("conference.remove", number).await?)
    }

    /// Gives a user an extension to answer in the browser, or none.
    ///
    /// # Errors
    /// [`PlanError::Taken`] when it is another user's, [`PlanError::Invalid`] when there is no such extension.
    pub async fn set_user_extension(
        &mut self,
        user: &UserId,
        extension: Option<&str>,
    ) -> Result<(), PlanError> {
        if let Some(number) = extension {
            if self.kind_of(number).await?.as_deref() != Some("extension") {
                let reason = format!("there is no extension {number:?}");
                return Err(PlanError::invalid("extension", reason));
            }
            let other = sqlx::query("SELECT 1 FROM users WHERE extension = ? AND id <> ?")
                .bind(number)
                .bind(user.as_str())
                .fetch_optional(&mut *self.transaction)
                .await?;
            if other.is_some() {
                return Err(PlanError::Taken(format!("another account with the extension {number}")));
            }
        }
        let done = sqlx::query("UPDATE users SET extension = ? WHERE id = ?")
            .bind(extension)
            .bind(user.as_str())
            .execute(&mut *self.transaction)
            .await?;
        if done.rows_affected() == 0 {
            return Err(PlanError::unknown("user", user.as_str()));
        }
        Ok(self.note("user.extension", user.as_str()).await?)
    }

    /// Lets a post have another time than that of its country's capital; the empty name means that one.
    ///
    /// # Errors
    /// [`PlanError::Invalid`] when there is no such time zone.
    pub async fn set_time_zone(
        &mut self,
        post: sip_gateway_proto::plan::PostId,
        zone: &str,
    ) -> Result<(), PlanError> {
        let zone = zone.trim();
        if !zone.is_empty() && !crate::directory::is_zone(zone) {
            let reason = format!("{zone:?} is not the name of a time zone, such as Africa/Porto-Novo");
            return Err(PlanError::invalid("time_zone", reason));
        }
        sqlx::query("UPDATE posts SET time_zone = ? WHERE id = ?")
            .bind(zone)
            .bind(post.0)
            .execute(&mut *self.transaction)
            .await?;
        Ok(())
    }

    async fn kind_of(&mut self, number: &str) -> Result<Option<String>, PlanError> {
        let row = sqlx::query("SELECT kind FROM numbers WHERE number = ?")
            .bind(number)
            .fetch_optional(&mut *self.transaction)
            .await?;
        Ok(row.map(|row| row.try_get("kind")).transpose()?)
    }

    async fn room_for_conference(&mut self) -> Result<(), PlanError> {
        let query = "SELECT count(*) FROM numbers WHERE kind IN ('conference', 'meeting')";
        if super::count(&mut self.transaction, query).await? >= MOST_NUMBERS {
            return Err(PlanError::Full { what: "numbers of the conference", limit: MOST_NUMBERS });
        }
        Ok(())
    }
}

const MOST_NUMBERS: usize = 10_000;
