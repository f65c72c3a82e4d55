//! Rows of `extensions` and `devices`.

use sip_gateway_proto::plan::{Device, DigestAlgorithm, Extension, Forwarding};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{PlanChange, count};
use crate::directory::{
    Choice as _, PhonePassword, PlanError, check_device, check_extension, check_forwarding,
};
use crate::store::{StoreError, to_millis};

impl PlanChange {
    /// Adds an extension without its devices.
    ///
    /// # Errors
    /// [`PlanError::Taken`] when the number is taken.
    pub async fn add_extension(&mut self, extension: Extension) -> Result<(), PlanError> {
        let extension = check_extension(extension)?;
        self.room_for("extensions", "extensions", MOST_EXTENSIONS).await?;
        self.post_name(extension.post).await?;
        self.take_number(&extension.number, "extension").await?;
        sqlx::query(
            "INSERT INTO extensions (number, name, post_id, digest, rights, outside_calls, forward_always,
             forward_busy, forward_no_answer, forward_after_seconds, do_not_disturb, pickup_group,
             voicemail_after_seconds) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&extension.number)
        .bind(&extension.name)
        .bind(extension.post.0)
        .bind(extension.digest.keyword())
        .bind(extension.rights.keyword())
        .bind(i64::from(extension.outside_calls))
        .bind(&extension.forward.always)
        .bind(&extension.forward.busy)
        .bind(&extension.forward.no_answer)
        .bind(seconds(&extension.forward))
        .bind(extension.do_not_disturb)
        .bind(&extension.pickup_group)
        .bind(ring_before_mailbox(&extension))
        .execute(&mut *self.transaction)
        .await?;
        Ok(self.note("extension.add", &extension.number).await?)
    }

    /// Gives an extension all its values anew, but for its number and its devices. The digest algorithm can only change
    /// while there are no devices: their passwords are not known here.
    ///
    /// # Errors
    /// [`PlanError::Unknown`] when there is no such extension.
    pub async fn change_extension(&mut self, extension: Extension) -> Result<(), PlanError> {
        let extension = check_extension(extension)?;
        let number = &extension.number;
        self.post_name(extension.post).await?;
        if self.digest_of(number).await? != extension.digest && self.devices_of(number).await? > 0 {
            let reason = "the devices know their passwords by the other one; remove them first";
            return Err(PlanError::invalid("digest", reason));
        }
        sqlx::query(
            "UPDATE extensions SET name = ?, post_id = ?, digest = ?, rights = ?, outside_calls = ?,
             forward_always = ?, forward_busy = ?, forward_no_answer = ?, forward_after_seconds = ?,
             do_not_disturb = ?, pickup_group = ?, voicemail_after_seconds = ? WHERE number = ?",
        )
        .bind(&extension.name)
        .bind(extension.post.0)
        .bind(extension.digest.keyword())
        .bind(extension.rights.keyword())
        .bind(i64::from(extension.outside_calls))
        .bind(&extension.forward.always)
        .bind(&extension.forward.busy)
        .bind(&extension.forward.no_answer)
        .bind(seconds(&extension.forward))
        .bind(extension.do_not_disturb)
        .bind(&extension.pickup_group)
        .bind(ring_before_mailbox(&extension))
        .bind(number)
        .execute(&mut *self.transaction)
        .await?;
        Ok(self.note("extension.change", number).await?)
    }

    /// Sends an extension's calls elsewhere, or lets them come.
    ///
    /// # Errors
    /// [`PlanError::Unknown`] when there is no such extension.
    pub async fn forward_extension(&mut self, number: &str, forward: Forwarding) -> Result<(), PlanError> {
        let forward = check_forwarding(forward, number)?;
        let done = sqlx::query(
            "UPDATE extensions SET forward_always = ?, forward_busy = ?, forward_no_answer = ?,
             forward_after_seconds = ? WHERE number = ?",
        )
        .bind(&forward.always)
        .bind(&forward.busy)
        .bind(&forward.no_answer)
        .bind(seconds(&forward))
        .bind(number)
        .execute(&mut *self.transaction)
        .await?;
        if done.rows_affected() == 0 {
            return Err(PlanError::unknown("extension", number));
        }
        Ok(self.note("extension.forward", number).await?)
    }

    /// Tells callers that an extension is busy, or lets it ring.
    ///
    /// # Errors
    /// [`PlanError::Unknown`] when there is no such extension.
    pub async fn set_do_not_disturb(&mut self, number: &str, on: bool) -> Result<(), PlanError> {
        let done = sqlx::query("UPDATE extensions SET do_not_disturb = ? WHERE number = ?")
            .bind(on)
            .bind(number)
            .execute(&mut *self.transaction)
            .await?;
        if done.rows_affected() == 0 {
            return Err(PlanError::unknown("extension", number));
        }
        Ok(self.note("extension.do-not-disturb", number).await?)
    }

    /// Where an extension's calls go instead, and whether it wants none.
    ///
    /// # Errors
    /// [`PlanError::Unknown`] when there is no such extension.
    pub async fn forwarding_of(&mut self, number: &str) -> Result<(Forwarding, bool), PlanError> {
        let row = sqlx::query("SELECT * FROM extensions WHERE number = ?")
            .bind(number)
            .fetch_optional(&mut *self.transaction)
            .await?
            .ok_or_else(|| PlanError::unknown("extension", number))?;
        Ok((forwarding(&row)?, row.try_get("do_not_disturb")?))
    }

    /// Removes an extension with its devices, its registrations and its places in groups.
    ///
    /// # Errors
    /// [`PlanError::Needed`] while a public number leads to it, or a group would be empty.
    pub async fn remove_extension(&mut self, number: &str) -> Result<(), PlanError> {
        let alone = sqlx::query(
            "SELECT ring_group FROM ring_group_members AS mine WHERE extension = ? AND NOT EXISTS
             (SELECT 1 FROM ring_group_members AS other
              WHERE other.ring_group = mine.ring_group AND other.extension <> mine.extension) LIMIT 1",
        )
        .bind(number)
        .fetch_optional(&mut *self.transaction)
        .await?;
        if let Some(row) = alone {
            let group: String = row.try_get("ring_group")?;
            return Err(PlanError::Needed {
                what: format!("extension {number}"),
                needed_by: format!("it is the last member of group {group}"),
            });
        }
        self.free_number(number, "extension").await?;
        sqlx::query("DELETE FROM bindings WHERE aor = ?")
            .bind(number)
            .execute(&mut *self.transaction)
            .await?;
        Ok(self.note("extension.remove", number).await?)
    }

    /// Adds a device to an extension; of its password only a digest for this realm is kept. Answers with the user name:
    /// without one, it is the extension's number, and from the second device on a number is put behind it.
    ///
    /// # Errors
    /// [`PlanError::Taken`] when the user name is taken.
    pub async fn add_device(
        &mut self,
        extension: &str,
        device: Device,
        password: &PhonePassword,
        realm: &str,
    ) -> Result<String, PlanError> {
        let algorithm = self.digest_of(extension).await?;
        if self.devices_of(extension).await? >= MOST_DEVICES {
            return Err(PlanError::Full { what: "devices of this extension", limit: MOST_DEVICES });
        }
        let username =
            if device.username.is_empty() { self.free_username(extension).await? } else { device.username };
        let device = check_device(Device { username, ..device })?;
        let ha1 = password.ha1(algorithm, &device.username, realm);
        let sealed = self.vault.seal(&place(&device.username), &ha1.0).map_err(StoreError::from)?;
        sqlx::query(
            "INSERT INTO devices (username, extension, label, realm, ha1_sealed, created_at)
             VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(&device.username)
        .bind(extension)
        .bind(&device.label)
        .bind(realm)
        .bind(sealed)
        .bind(to_millis(self.at))
        .execute(&mut *self.transaction)
        .await
        .map_err(|error| match StoreError::from(error) {
            StoreError::Exists => {
                PlanError::Taken(format!("a device with the user name {:?}", device.username))
            }
            other => other.into(),
        })?;
        self.note("device.add", &device.username).await?;
        Ok(device.username)
    }

    /// Gives a device another password.
    ///
    /// # Errors
    /// [`PlanError::Unknown`] when there is no such device.
    pub async fn change_password(
        &mut self,
        extension: &str,
        username: &str,
        password: &PhonePassword,
        realm: &str,
    ) -> Result<(), PlanError> {
        let ha1 = password.ha1(self.digest_of(extension).await?, username, realm);
        let sealed = self.vault.seal(&place(username), &ha1.0).map_err(StoreError::from)?;
        let done =
            sqlx::query("UPDATE devices SET ha1_sealed = ?, realm = ? WHERE username = ? AND extension = ?")
                .bind(sealed)
                .bind(realm)
                .bind(username)
                .bind(extension)
                .execute(&mut *self.transaction)
                .await?;
        if done.rows_affected() == 0 {
            return Err(PlanError::unknown("device", username));
        }
        Ok(self.note("device.password", username).await?)
    }

    /// Removes a device of an extension with its registrations.
    ///
    /// # Errors
    /// [`PlanError::Unknown`] when there is no such device.
    pub async fn remove_device(&mut self, extension: &str, username: &str) -> Result<(), PlanError> {
        let done = sqlx::query("DELETE FROM devices WHERE username = ? AND extension = ?")
            .bind(username)
            .bind(extension)
            .execute(&mut *self.transaction)
            .await?;
        if done.rows_affected() == 0 {
            return Err(PlanError::unknown("device", username));
        }
        sqlx::query("DELETE FROM bindings WHERE device = ?")
            .bind(username)
            .execute(&mut *self.transaction)
            .await?;
        Ok(self.note("device.remove", username).await?)
    }

    async fn digest_of(&mut self, extension: &str) -> Result<DigestAlgorithm, PlanError> {
        let row = sqlx::query("SELECT digest FROM extensions WHERE number = ?")
            .bind(extension)
            .fetch_optional(&mut *self.transaction)
            .await?
            .ok_or_else(|| PlanError::unknown("extension", extension))?;
        Ok(DigestAlgorithm::from_word(row.try_get("digest")?).unwrap_or_default())
    }

    async fn devices_of(&mut self, extension: &str) -> Result<usize, PlanError> {
        let row = sqlx::query("SELECT count(*) FROM devices WHERE extension = ?")
            .bind(extension)
            .fetch_one(&mut *self.transaction)
            .await?;
        Ok(usize::try_from(row.try_get::<i64, _>(0)?).unwrap_or(0))
    }

    /// The extension's number, or the first of `201-2`, `201-3`, … that is free.
    async fn free_username(&mut self, extension: &str) -> Result<String, PlanError> {
        let mut name = extension.to_owned();
        for next in 2.. {
            let taken = sqlx::query("SELECT 1 FROM devices WHERE username = ?")
                .bind(&name)
                .fetch_optional(&mut *self.transaction)
                .await?;
            if taken.is_none() {
                break;
            }
            name = format!("{extension}-{next}");
        }
        Ok(name)
    }

    /// How many extensions there are.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn extensions(&mut self) -> Result<usize, PlanError> {
        Ok(count(&mut self.transaction, "SELECT count(*) FROM extensions").await?)
    }
}

pub(super) fn forwarding(row: &SqliteRow) -> Result<Forwarding, sqlx::Error> {
    let after: Option<i64> = row.try_get("forward_after_seconds")?;
    Ok(Forwarding {
        always: row.try_get("forward_always")?,
        busy: row.try_get("forward_busy")?,
        no_answer: row.try_get("forward_no_answer")?,
        no_answer_after: after.and_then(|s| u64::try_from(s).ok()).map(std::time::Duration::from_secs),
    })
}

fn ring_before_mailbox(extension: &Extension) -> Option<i64> {
    extension.voicemail.map(|after| i64::try_from(after.as_secs()).unwrap_or(i64::MAX))
}

fn seconds(forward: &Forwarding) -> Option<i64> {
    forward.no_answer_after.and_then(|after| i64::try_from(after.as_secs()).ok())
}

/// What the seal of a device's digest is bound to.
pub(super) fn place(username: &str) -> String {
    format!("the digest of device {username}")
}

const MOST_EXTENSIONS: usize = 50_000;
const MOST_DEVICES: usize = 10;
