//! Rows of `seats`, found by their links, and the calendar feeds of users.

use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteConnection;

use super::{Store, StoreError, Tongue, to_millis};
use crate::accounts::{Secret, User, UserId};
use crate::meetings::schedule::{Answer, Badge, Schedule, Seat};
use crate::meetings::{Meeting, MeetingCode};

/// A seat that somebody has shown a link of.
#[derive(Debug, Clone)]
pub struct Invited {
    /// Of which meeting.
    pub meeting: Meeting,
    /// Its schedule.
    pub schedule: Schedule,
    /// Which seat.
    pub seat: Seat,
    /// What others see of it.
    pub badge: Badge,
}

impl Store {
    /// The secret in the link with which a seat's holder comes in.
    ///
    /// # Errors
    /// When the key cannot be read.
    pub fn invitation_secret(&self, seat: &Seat) -> Result<Secret, StoreError> {
        self.seat_secret("invitation", seat)
    }

    /// The secret in the link with which a seat's holder answers.
    ///
    /// # Errors
    /// When the key cannot be read.
    pub fn answer_secret(&self, seat: &Seat) -> Result<Secret, StoreError> {
        self.seat_secret("answer", seat)
    }

    fn seat_secret(&self, what: &str, seat: &Seat) -> Result<Secret, StoreError> {
        Ok(Secret::derived(self.vault.derive(&format!("{what} {} {}", seat.id, seat.issue))?))
    }

    /// Notes by what a seat's links are recognised.
    pub(super) async fn write_links(
        &self,
        connection: &mut SqliteConnection,
        seat: &Seat,
    ) -> Result<(), StoreError> {
        let link = seat.has_link.then(|| self.invitation_secret(seat)).transpose()?;
        sqlx::query("UPDATE seats SET link_hash = ?, answer_hash = ? WHERE id = ?")
            .bind(link.map(|link| link.hash()))
            .bind(self.answer_secret(seat)?.hash())
            .bind(seat.id)
            .execute(connection)
            .await?;
        Ok(())
    }

    /// The seat of a link to come in by, while it is good.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn invited_by_link(
        &self,
        link: &Secret,
        now: Timestamp,
    ) -> Result<Option<Invited>, StoreError> {
        let query = "SELECT meeting_code, seats.id FROM seats JOIN parties ON parties.id = party_id
                     WHERE link_hash = ? AND link_until > ?";
        self.invited_by(query, link, now).await
    }

    /// The seat of a link to answer by, while it is good.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn invited_by_answer(
        &self,
        link: &Secret,
        now: Timestamp,
    ) -> Result<Option<Invited>, StoreError> {
        let query = "SELECT meeting_code, seats.id FROM seats JOIN parties ON parties.id = party_id
                     WHERE answer_hash = ? AND link_until > ?";
        self.invited_by(query, link, now).await
    }

    async fn invited_by(
        &self,
        query: &'static str,
        link: &Secret,
        now: Timestamp,
    ) -> Result<Option<Invited>, StoreError> {
        let row =
            sqlx::query(query).bind(link.hash()).bind(to_millis(now)).fetch_optional(&self.pool).await?;
        let Some(row) = row else { return Ok(None) };
        let (code, id) = (MeetingCode::from_stored(row.try_get(0)?), row.try_get::<i64, _>(1)?);
        let (meeting, schedule) = (self.meeting(&code).await?, self.schedule(&code).await?);
        Ok(meeting.zip(schedule).and_then(|(meeting, schedule)| {
            let (_, seat) = schedule.seats().find(|(_, seat)| seat.id == id)?;
            let (seat, badge) = (seat.clone(), Badge::of(&schedule.parties, |seat| seat.id == id)?);
            Some(Invited { meeting, schedule, seat, badge })
        }))
    }

    /// The seat that a meeting has for a user, if it has one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn badge_of_user(&self, code: &MeetingCode, user: &User) -> Result<Option<Badge>, StoreError> {
        let schedule = self.schedule(code).await?;
        let own = |seat: &Seat| seat.email.as_ref() == Some(&user.email);
        Ok(schedule.and_then(|schedule| Badge::of(&schedule.parties, own)))
    }

    /// Whether a seat of a meeting has a link that is good.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn seat_is_open(&self, code: &MeetingCode, seat: i64) -> Result<bool, StoreError> {
        let row = sqlx::query(
            "SELECT 1 FROM seats JOIN parties ON parties.id = party_id
             WHERE seats.id = ? AND meeting_code = ? AND link_hash IS NOT NULL",
        )
        .bind(seat)
        .bind(code.as_str())
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.is_some())
    }

    /// Takes a seat's link back, or makes a new one; the old one leads nowhere. Answers with the seat, if there is one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn reissue_link(
        &self,
        code: &MeetingCode,
        id: i64,
        open: bool,
    ) -> Result<Option<Seat>, StoreError> {
        let mut transaction = self.begin().await?;
        let done = sqlx::query(
            "UPDATE seats SET issue = issue + 1 WHERE id = ?
             AND party_id IN (SELECT id FROM parties WHERE meeting_code = ?)",
        )
        .bind(id)
        .bind(code.as_str())
        .execute(&mut *transaction)
        .await?;
        if done.rows_affected() == 0 {
            return Ok(None);
        }
        let schedule = super::schedule_rows::read(&mut transaction, code).await?;
        let seat = schedule.and_then(|schedule| {
            let found = schedule.seats().find(|(_, seat)| seat.id == id).map(|(_, seat)| seat.clone());
            found.map(|seat| Seat { has_link: open, ..seat })
        });
        if let Some(seat) = &seat {
            self.write_links(&mut transaction, seat).await?;
        }
        transaction.commit().await?;
        Ok(seat)
    }

    /// Notes what a seat's holder answers.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn answer(&self, seat: i64, answer: Answer, now: Timestamp) -> Result<(), StoreError> {
        sqlx::query("UPDATE seats SET answer = ?, answered_at = ? WHERE id = ?")
            .bind(answer.as_str())
            .bind(to_millis(now))
            .bind(seat)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Gives a user's calendar a secret address, instead of the one before; or none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_feed(
        &self,
        user: &UserId,
        secret: Option<(&Secret, Tongue)>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let query = match secret {
            Some((secret, language)) => {
                sqlx::query("INSERT OR REPLACE INTO calendar_feeds VALUES (?, ?, ?, ?)")
                    .bind(user.as_str())
                    .bind(secret.hash())
                    .bind(language.as_str())
                    .bind(to_millis(now))
            }
            None => sqlx::query("DELETE FROM calendar_feeds WHERE user_id = ?").bind(user.as_str()),
        };
        query.execute(&self.pool).await?;
        Ok(())
    }

    /// Since when a user's calendar has a secret address.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn feed_since(&self, user: &UserId) -> Result<Option<Timestamp>, StoreError> {
        let row = sqlx::query("SELECT created_at FROM calendar_feeds WHERE user_id = ?")
            .bind(user.as_str())
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| Ok(super::from_millis(row.try_get(0)?))).transpose()
    }

    /// Whose calendar is read at a secret address, and in which language.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn feed_reader(&self, secret: &Secret) -> Result<Option<(User, Tongue)>, StoreError> {
        let row = sqlx::query("SELECT user_id, language FROM calendar_feeds WHERE secret_hash = ?")
            .bind(secret.hash())
            .fetch_optional(&self.pool)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let language = Tongue::from_stored(row.try_get(1)?);
        let user = self.user(&UserId::from_stored(row.try_get(0)?)).await?;
        Ok(user.map(|user| (user, language)))
    }
}
