//! Rows of `ring_groups` and `ring_group_members`.

use sip_gateway_proto::plan::RingGroup;

use super::PlanChange;
use crate::directory::{Choice as _, PlanError, check_group};

impl PlanChange {
    /// Adds a group that rings its members.
    ///
    /// # Errors
    /// [`PlanError::Taken`] when the number is taken, [`PlanError::Unknown`] when a member is not there.
    pub async fn add_group(&mut self, group: RingGroup) -> Result<(), PlanError> {
        let group = check_group(group)?;
        self.room_for("ring_groups", "groups", MOST_GROUPS).await?;
        self.take_number(&group.number, "group").await?;
        self.write_group(&group).await?;
        Ok(self.note("group.add", &group.number).await?)
    }

    /// Gives a group all its values anew, but for its number.
    ///
    /// # Errors
    /// [`PlanError::Unknown`] when there is no such group or member.
    pub async fn change_group(&mut self, group: RingGroup) -> Result<(), PlanError> {
        let group = check_group(group)?;
        let done = sqlx::query("DELETE FROM ring_groups WHERE number = ?")
            .bind(&group.number)
            .execute(&mut *self.transaction)
            .await?;
        if done.rows_affected() == 0 {
            return Err(PlanError::unknown("group", &group.number));
        }
        self.write_group(&group).await?;
        Ok(self.note("group.change", &group.number).await?)
    }

    /// Removes a group.
    ///
    /// # Errors
    /// [`PlanError::Needed`] while a public number leads to it.
    pub async fn remove_group(&mut self, number: &str) -> Result<(), PlanError> {
        self.free_number(number, "group").await?;
        Ok(self.note("group.remove", number).await?)
    }

    async fn write_group(&mut self, group: &RingGroup) -> Result<(), PlanError> {
        self.post_name(group.post).await?;
        sqlx::query(
            "INSERT INTO ring_groups (number, name, post_id, strategy, ring_seconds, otherwise)
             VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(&group.number)
        .bind(&group.name)
        .bind(group.post.0)
        .bind(group.strategy.keyword())
        .bind(i64::try_from(group.ring.as_secs()).unwrap_or(i64::MAX))
        .bind(&group.otherwise)
        .execute(&mut *self.transaction)
        .await?;
        for (position, member) in (0_i64..).zip(&group.members) {
            let done = sqlx::query(
                "INSERT INTO ring_group_members (ring_group, position, extension)
                 SELECT ?, ?, number FROM extensions WHERE number = ?",
            )
            .bind(&group.number)
            .bind(position)
            .bind(member)
            .execute(&mut *self.transaction)
            .await?;
            if done.rows_affected() == 0 {
                return Err(PlanError::invalid("members", format!("there is no extension {member:?}")));
            }
        }
        Ok(())
    }
}

const MOST_GROUPS: usize = 5_000;
