//! Rows of `trunks`, `outbound_routes` and `inbound_numbers`.

use sip_gateway_proto::plan::{InboundNumber, OutboundRoute, PostId, Trunk, TrunkCredentials, TrunkId};
use sqlx::Row;

use super::{PlanChange, join};
use crate::directory::{Choice as _, PlanError, check_inbound, check_route, check_trunk};
use crate::store::StoreError;

impl PlanChange {
    /// Adds a trunk, whatever its id; answers with the one it has now.
    ///
    /// # Errors
    /// [`PlanError::Taken`] when another trunk has this name.
    pub async fn add_trunk(&mut self, trunk: Trunk) -> Result<TrunkId, PlanError> {
        let trunk = check_trunk(trunk)?;
        self.room_for("trunks", "trunks", MOST_TRUNKS).await?;
        self.post_name(trunk.post).await?;
        let row = sqlx::query(
            "INSERT INTO trunks (name, post_id, host, carrier, register, sources, srtp, identity, calls, rights, strip_plus)
             VALUES (?, ?, '', 'udp', 0, '', 0, 'from', 0, 'none', 0) RETURNING id",
        )
        .bind(&trunk.name)
        .bind(trunk.post.0)
        .fetch_one(&mut *self.transaction)
        .await
        .map_err(|error| taken(error, &trunk.name))?;
        let id = TrunkId(row.try_get("id")?);
        self.write_trunk(&Trunk { id, ..trunk.clone() }).await?;
        self.note("trunk.add", &trunk.name).await?;
        Ok(id)
    }

    /// Gives a trunk all its values anew, its password too.
    ///
    /// # Errors
    /// [`PlanError::Unknown`] when there is no such trunk.
    pub async fn change_trunk(&mut self, trunk: Trunk) -> Result<(), PlanError> {
        let trunk = check_trunk(trunk)?;
        self.trunk_name(trunk.id).await?;
        self.post_name(trunk.post).await?;
        self.write_trunk(&trunk).await?;
        Ok(self.note("trunk.change", &trunk.name).await?)
    }

    /// Removes a trunk with its public numbers, and from the routes that take it.
    ///
    /// # Errors
    /// [`PlanError::Unknown`] when there is no such trunk.
    pub async fn remove_trunk(&mut self, id: TrunkId) -> Result<(), PlanError> {
        let name = self.trunk_name(id).await?;
        sqlx::query("DELETE FROM trunks WHERE id = ?").bind(id.0).execute(&mut *self.transaction).await?;
        sqlx::query(
            "DELETE FROM outbound_routes WHERE id NOT IN (SELECT route_id FROM outbound_route_trunks)",
        )
        .execute(&mut *self.transaction)
        .await?;
        Ok(self.note("trunk.remove", &name).await?)
    }

    /// The trunk of a name.
    ///
    /// # Errors
    /// [`PlanError::Unknown`] when there is none.
    pub async fn trunk_named(&mut self, name: &str) -> Result<TrunkId, PlanError> {
        let row = sqlx::query("SELECT id FROM trunks WHERE lower(name) = lower(?)")
            .bind(name.trim())
            .fetch_optional(&mut *self.transaction)
            .await?
            .ok_or_else(|| PlanError::unknown("trunk", name.trim()))?;
        Ok(TrunkId(row.try_get("id")?))
    }

    /// What a trunk identifies itself with, for changes that leave the password alone.
    ///
    /// # Errors
    /// When there is no such trunk, or the password cannot be read.
    pub async fn trunk_credentials(&mut self, id: TrunkId) -> Result<Option<TrunkCredentials>, PlanError> {
        let row = sqlx::query("SELECT username, password_sealed FROM trunks WHERE id = ?")
            .bind(id.0)
            .fetch_optional(&mut *self.transaction)
            .await?
            .ok_or_else(|| PlanError::unknown("trunk", id.0))?;
        let (Some(username), Some(sealed)) =
            (row.try_get("username")?, row.try_get::<Option<String>, _>("password_sealed")?)
        else {
            return Ok(None);
        };
        let password = self.vault.open(&place(id), &sealed).map_err(StoreError::from)?;
        Ok(Some(TrunkCredentials { username, password }))
    }

    async fn write_trunk(&mut self, trunk: &Trunk) -> Result<(), PlanError> {
        let sealed = trunk
            .credentials
            .as_ref()
            .map(|credentials| self.vault.seal(&place(trunk.id), &credentials.password))
            .transpose()
            .map_err(StoreError::from)?;
        sqlx::query(
            "UPDATE trunks SET name = ?, post_id = ?, host = ?, port = ?, carrier = ?, username = ?,
             password_sealed = ?, register = ?, sources = ?, srtp = ?, caller_id = ?, identity = ?, calls = ?,
             rights = ?, strip_plus = ?, show_name = ? WHERE id = ?",
        )
        .bind(&trunk.name)
        .bind(trunk.post.0)
        .bind(&trunk.host)
        .bind(trunk.port.map(i64::from))
        .bind(trunk.carrier.keyword())
        .bind(trunk.credentials.as_ref().map(|credentials| &credentials.username))
        .bind(sealed)
        .bind(trunk.register)
        .bind(join(&trunk.sources))
        .bind(trunk.srtp)
        .bind(&trunk.caller_id)
        .bind(trunk.identity.keyword())
        .bind(i64::from(trunk.calls))
        .bind(trunk.rights.keyword())
        .bind(trunk.strip_plus)
        .bind(trunk.show_name)
        .bind(trunk.id.0)
        .execute(&mut *self.transaction)
        .await
        .map_err(|error| taken(error, &trunk.name))?;
        Ok(())
    }

    async fn trunk_name(&mut self, id: TrunkId) -> Result<String, PlanError> {
        let row = sqlx::query("SELECT name FROM trunks WHERE id = ?")
            .bind(id.0)
            .fetch_optional(&mut *self.transaction)
            .await?
            .ok_or_else(|| PlanError::unknown("trunk", id.0))?;
        Ok(row.try_get("name")?)
    }

    /// Says which trunks calls of a post to a prefix take, instead of what was said before.
    ///
    /// # Errors
    /// [`PlanError::Unknown`] when a trunk or the post is not there.
    pub async fn set_route(&mut self, route: OutboundRoute) -> Result<(), PlanError> {
        let route = check_route(route)?;
        if let Some(post) = route.post {
            self.post_name(post).await?;
        }
        self.delete_route(route.post, &route.prefix).await?;
        self.room_for("outbound_routes", "routes", MOST_ROUTES).await?;
        let row = sqlx::query("INSERT INTO outbound_routes (post_id, prefix) VALUES (?, ?) RETURNING id")
            .bind(route.post.map(|post| post.0))
            .bind(&route.prefix)
            .fetch_one(&mut *self.transaction)
            .await?;
        let id: i64 = row.try_get("id")?;
        for (position, trunk) in (0_i64..).zip(&route.trunks) {
            self.trunk_name(*trunk).await?;
            sqlx::query("INSERT INTO outbound_route_trunks (route_id, position, trunk_id) VALUES (?, ?, ?)")
                .bind(id)
                .bind(position)
                .bind(trunk.0)
                .execute(&mut *self.transaction)
                .await?;
        }
        Ok(self.note("route.set", &route.prefix).await?)
    }

    /// Removes the route of a post to a prefix.
    ///
    /// # Errors
    /// [`PlanError::Unknown`] when there is none.
    pub async fn remove_route(&mut self, post: Option<PostId>, prefix: &str) -> Result<(), PlanError> {
        if !self.delete_route(post, prefix).await? {
            return Err(PlanError::unknown("route", prefix));
        }
        Ok(self.note("route.remove", prefix).await?)
    }

    async fn delete_route(&mut self, post: Option<PostId>, prefix: &str) -> Result<bool, PlanError> {
        let done = match post {
            Some(post) => {
                sqlx::query("DELETE FROM outbound_routes WHERE post_id = ? AND prefix = ?")
                    .bind(post.0)
                    .bind(prefix)
                    .execute(&mut *self.transaction)
                    .await?
            }
            None => {
                sqlx::query("DELETE FROM outbound_routes WHERE post_id IS NULL AND prefix = ?")
                    .bind(prefix)
                    .execute(&mut *self.transaction)
                    .await?
            }
        };
        Ok(done.rows_affected() > 0)
    }

    /// Lets a public number of a trunk lead to an extension or a group, instead of where it led before.
    ///
    /// # Errors
    /// [`PlanError::Unknown`] when the trunk is not there, [`PlanError::Invalid`] when the target is not.
    pub async fn set_inbound(&mut self, inbound: InboundNumber) -> Result<(), PlanError> {
        let inbound = check_inbound(inbound)?;
        self.room_for("inbound_numbers", "public numbers", MOST_INBOUND).await?;
        self.trunk_name(inbound.trunk).await?;
        let target = sqlx::query("SELECT 1 FROM numbers WHERE number = ?")
            .bind(&inbound.target)
            .fetch_optional(&mut *self.transaction)
            .await?;
        if target.is_none() {
            let reason = format!("there is no extension or group {:?}", inbound.target);
            return Err(PlanError::invalid("target", reason));
        }
        sqlx::query(
            "INSERT INTO inbound_numbers (trunk_id, number, target) VALUES (?, ?, ?)
             ON CONFLICT (trunk_id, number) DO UPDATE SET target = excluded.target",
        )
        .bind(inbound.trunk.0)
        .bind(&inbound.number)
        .bind(&inbound.target)
        .execute(&mut *self.transaction)
        .await?;
        Ok(self.note("inbound.set", &inbound.number).await?)
    }

    /// Lets a public number lead nowhere.
    ///
    /// # Errors
    /// [`PlanError::Unknown`] when it does already.
    pub async fn remove_inbound(&mut self, trunk: TrunkId, number: &str) -> Result<(), PlanError> {
        let done = sqlx::query("DELETE FROM inbound_numbers WHERE trunk_id = ? AND number = ?")
            .bind(trunk.0)
            .bind(number)
            .execute(&mut *self.transaction)
            .await?;
        if done.rows_affected() == 0 {
            return Err(PlanError::unknown("public number", number));
        }
        Ok(self.note("inbound.remove", number).await?)
    }
}

fn taken(error: sqlx::Error, name: &str) -> PlanError {
    match StoreError::from(error) {
        StoreError::Exists => PlanError::Taken(format!("a trunk named {name:?}")),
        other => other.into(),
    }
}

/// What the seal of a trunk's password is bound to.
pub(super) fn place(id: TrunkId) -> String {
    format!("the password of trunk {}", id.0)
}

const MOST_TRUNKS: usize = 1_000;
const MOST_ROUTES: usize = 10_000;
const MOST_INBOUND: usize = 50_000;
