//! Rows of `parties`, `seats` and `agenda_items`, as they are written: the table of a meeting.

use std::collections::HashMap;

use jiff::Span;
use sqlx::Row;
use sqlx::sqlite::SqliteConnection;

use super::schedules::LINK_HOURS;
use super::{Store, StoreError, to_millis};
use crate::accounts::Email;
use crate::meetings::MeetingCode;
use crate::meetings::schedule::{Party, Schedule, Seat};

impl Store {
    /// The rows of parties, seats and agenda; the schedule learns the numbers that they have.
    pub(super) async fn write_table(
        &self,
        transaction: &mut SqliteConnection,
        code: &MeetingCode,
        schedule: &mut Schedule,
    ) -> Result<(), StoreError> {
        let (_, over) = schedule.extent();
        let until = to_millis(over.checked_add(Span::new().hours(LINK_HOURS)).unwrap_or(over));
        for (position, party) in (0_i64..).zip(&mut schedule.parties) {
            party.id = write_party(transaction, code, position, party).await?;
            for (position, seat) in (0_i64..).zip(&mut party.seats) {
                seat.id = write_seat(transaction, party.id, position, seat, until).await?;
                self.write_links(transaction, seat).await?;
            }
        }
        // What is not at the table any more.
        let kept: HashMap<i64, Vec<i64>> = schedule
            .parties
            .iter()
            .map(|party| (party.id, party.seats.iter().map(|seat| seat.id).collect()))
            .collect();
        for before in seats_of(transaction, code).await? {
            if !kept.get(&before.0).is_some_and(|seats| seats.contains(&before.1)) {
                sqlx::query("DELETE FROM seats WHERE id = ?")
                    .bind(before.1)
                    .execute(&mut *transaction)
                    .await?;
            }
        }
        let parties = sqlx::query("SELECT id FROM parties WHERE meeting_code = ?")
            .bind(code.as_str())
            .fetch_all(&mut *transaction)
            .await?;
        for row in parties {
            let id: i64 = row.try_get("id")?;
            if !kept.contains_key(&id) {
                sqlx::query("DELETE FROM parties WHERE id = ?").bind(id).execute(&mut *transaction).await?;
            }
        }
        sqlx::query("DELETE FROM agenda_items WHERE meeting_code = ?")
            .bind(code.as_str())
            .execute(&mut *transaction)
            .await?;
        for (position, item) in (0_i64..).zip(&schedule.agenda) {
            sqlx::query("INSERT INTO agenda_items VALUES (?, ?, ?, ?)")
                .bind(code.as_str())
                .bind(position)
                .bind(&item.title)
                .bind(item.minutes)
                .execute(&mut *transaction)
                .await?;
        }
        Ok(())
    }
}

/// A new table has no numbers yet, whatever somebody says: they may be those of another meeting.
pub(super) fn forget_numbers(schedule: &mut Schedule) {
    for party in &mut schedule.parties {
        party.id = 0;
        for seat in &mut party.seats {
            seat.id = 0;
        }
    }
}

/// Takes over what seats have become since they were made; answers with those that are gone. A seat for another address is
/// another person's: its link and its answer are.
pub(super) fn carry_over(schedule: &mut Schedule, before: &Schedule) -> Vec<Seat> {
    let mut old: HashMap<i64, Seat> = before.seats().map(|(_, seat)| (seat.id, seat.clone())).collect();
    let same_time = schedule.timing == before.timing;
    let mut removed = Vec::new();
    for party in &mut schedule.parties {
        if !before.parties.iter().any(|known| known.id == party.id) {
            party.id = 0;
        }
        for seat in &mut party.seats {
            let Some(was) = old.remove(&seat.id) else {
                seat.id = 0;
                continue;
            };
            seat.issue = was.issue;
            if was.email == seat.email {
                (seat.has_link, seat.invited, seat.mail) = (was.has_link, was.invited, was.mail);
                // What was agreed to was another hour.
                seat.answer = was.answer.filter(|_| same_time);
            } else {
                seat.issue += 1;
                removed.push(was);
            }
        }
    }
    removed.extend(old.into_values());
    removed.retain(|seat| seat.invited.is_some());
    removed
}

async fn write_party(
    transaction: &mut SqliteConnection,
    code: &MeetingCode,
    position: i64,
    party: &Party,
) -> Result<i64, StoreError> {
    let known = (party.id > 0).then_some(party.id);
    let row = sqlx::query(
        "INSERT INTO parties (id, meeting_code, position, name, country, time_zone) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET position = excluded.position, name = excluded.name, country = excluded.country,
            time_zone = excluded.time_zone RETURNING id",
    )
    .bind(known)
    .bind(code.as_str())
    .bind(position)
    .bind(&party.name)
    .bind(party.country.as_deref())
    .bind(party.time_zone.as_deref())
    .fetch_one(transaction)
    .await?;
    Ok(row.try_get("id")?)
}

async fn write_seat(
    transaction: &mut SqliteConnection,
    party: i64,
    position: i64,
    seat: &Seat,
    until: i64,
) -> Result<i64, StoreError> {
    let known = (seat.id > 0).then_some(seat.id);
    let row = sqlx::query(
        "INSERT INTO seats (id, party_id, position, name, title, email, role, is_head, language, issue, link_until, invited_at,
            answer, answered_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET party_id = excluded.party_id, position = excluded.position, name = excluded.name,
            title = excluded.title, email = excluded.email, role = excluded.role, is_head = excluded.is_head,
            language = excluded.language, issue = excluded.issue, link_until = excluded.link_until,
            invited_at = excluded.invited_at, answer = excluded.answer, answered_at = excluded.answered_at
         RETURNING id",
    )
    .bind(known)
    .bind(party)
    .bind(position)
    .bind(&seat.name)
    .bind(&seat.title)
    .bind(seat.email.as_ref().map(Email::as_str))
    .bind(seat.role.as_str())
    .bind(seat.is_head)
    .bind(seat.language.as_str())
    .bind(seat.issue)
    .bind(until)
    .bind(seat.invited.map(to_millis))
    .bind(seat.answer.map(|(answer, _)| answer.as_str()))
    .bind(seat.answer.map(|(_, at)| to_millis(at)))
    .fetch_one(transaction)
    .await?;
    Ok(row.try_get("id")?)
}

/// Party and seat of every seat of a meeting.
async fn seats_of(
    transaction: &mut SqliteConnection,
    code: &MeetingCode,
) -> Result<Vec<(i64, i64)>, StoreError> {
    let rows = sqlx::query(
        "SELECT party_id, seats.id FROM seats JOIN parties ON parties.id = party_id WHERE meeting_code = ?",
    )
    .bind(code.as_str())
    .fetch_all(transaction)
    .await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}
