//! The tables of the plan as one [`Plan`], all of the same moment.

use std::collections::HashMap;
use std::time::Duration;

use sip_gateway_proto::flow::Carrier;
use sip_gateway_proto::plan::{
    Class, Device, DigestAlgorithm, Extension, Ha1, IdentityProfile, InboundNumber, OutboundRoute, Plan,
    Post, PostId, RingGroup, RingStrategy, RoomNumber, Trunk, TrunkCredentials, TrunkId,
};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::{extensions, trunks};
use crate::accounts::UserId;
use crate::directory::{Choice, Holder, House, Place};
use crate::store::vault::{Vault, VaultError};
use crate::store::{Store, StoreError};

/// A plan with the number of its last change.
#[derive(Debug)]
pub(crate) struct ReadPlan {
    pub(crate) plan: Plan,
    pub(crate) house: House,
    pub(crate) version: i64,
    /// What has a secret that cannot be used here.
    pub(crate) locked: Vec<Locked>,
}

/// Something in the store whose secret cannot be used. It must not keep the rest from running.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Locked {
    /// A device whose digest was made for another realm, or cannot be opened; it is not in the plan.
    Device(String),
    /// A trunk whose password cannot be opened; it is in the plan without one.
    Trunk(String),
}

impl Store {
    /// The plan for a realm.
    ///
    /// # Errors
    /// When the database fails, or the key of the secrets cannot be read.
    pub(crate) async fn read_plan(&self, realm: &str) -> Result<ReadPlan, StoreError> {
        // One transaction, so that nothing belongs to what is not there.
        let mut transaction = self.pool.begin().await?;
        let connection = &mut *transaction;
        let version = sqlx::query("SELECT version FROM plan_version").fetch_one(&mut *connection).await?;
        let mut locked = Vec::new();
        let mut devices = devices(connection, &self.vault, realm, &mut locked).await?;
        let mut plan = Plan {
            realm: realm.to_owned(),
            posts: rows(connection, "SELECT * FROM posts ORDER BY name", post).await?,
            extensions: rows(connection, "SELECT * FROM extensions ORDER BY number", extension).await?,
            groups: groups(connection).await?,
            conference: rows(
                connection,
                "SELECT number FROM numbers WHERE kind = 'conference' ORDER BY number",
                |row| Ok(row.try_get("number")?),
            )
            .await?,
            rooms: rows(
                connection,
                "SELECT number, meeting_code, title FROM meeting_numbers
                 JOIN meetings ON meetings.code = meeting_numbers.meeting_code ORDER BY number",
                meeting_number,
            )
            .await?,
            trunks: rows(connection, "SELECT * FROM trunks ORDER BY name", |row| {
                trunk(row, &self.vault, &mut locked)
            })
            .await?,
            routes: routes(connection).await?,
            inbound: rows(connection, "SELECT * FROM inbound_numbers ORDER BY trunk_id, number", inbound)
                .await?,
            ..Plan::default()
        };
        for extension in &mut plan.extensions {
            extension.devices = devices.remove(&extension.number).unwrap_or_default();
        }
        let house = house(connection).await?;
        transaction.commit().await?;
        Ok(ReadPlan { plan, house, version: version.try_get(0)?, locked })
    }
}

async fn rows<T>(
    connection: &mut SqliteConnection,
    query: &'static str,
    read: impl FnMut(&SqliteRow) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    sqlx::query(query).fetch_all(connection).await?.iter().map(read).collect()
}

fn post(row: &SqliteRow) -> Result<Post, StoreError> {
    Ok(Post {
        id: PostId(row.try_get("id")?),
        name: row.try_get("name")?,
        country: row.try_get("country")?,
        outside_prefix: row.try_get("outside_prefix")?,
        emergency: list(row.try_get("emergency")?).map(str::to_owned).collect(),
    })
}

fn meeting_number(row: &SqliteRow) -> Result<RoomNumber, StoreError> {
    Ok(RoomNumber {
        number: row.try_get("number")?,
        meeting: row.try_get("meeting_code")?,
        name: row.try_get("title")?,
    })
}

async fn house(connection: &mut SqliteConnection) -> Result<House, StoreError> {
    let mut house = House::default();
    for row in &sqlx::query("SELECT id, time_zone, city, down_kbit, up_kbit FROM posts")
        .fetch_all(&mut *connection)
        .await?
    {
        let (id, zone) = (PostId(row.try_get("id")?), row.try_get::<String, _>("time_zone")?);
        if !zone.is_empty() {
            house.time_zones.insert(id, zone);
        }
        let (down_kbit, up_kbit) = (row.try_get("down_kbit")?, row.try_get("up_kbit")?);
        house.places.insert(id, Place { city: row.try_get("city")?, down_kbit, up_kbit });
    }
    for row in &sqlx::query("SELECT id, extension, function, email FROM users WHERE extension IS NOT NULL")
        .fetch_all(&mut *connection)
        .await?
    {
        let (user, extension): (String, String) = (row.try_get("id")?, row.try_get("extension")?);
        let user = UserId::from_stored(user);
        house.extensions.insert(user.clone(), extension.clone());
        let (function, email) = (row.try_get("function")?, row.try_get("email")?);
        house.holders.insert(extension.clone(), Holder { function, email });
        house.users.insert(extension, user);
    }
    Ok(house)
}

fn extension(row: &SqliteRow) -> Result<Extension, StoreError> {
    Ok(Extension {
        number: row.try_get("number")?,
        name: row.try_get("name")?,
        post: PostId(row.try_get("post_id")?),
        digest: word::<DigestAlgorithm>(row, "digest")?,
        devices: Vec::new(),
        rights: word::<Class>(row, "rights")?,
        outside_calls: number(row, "outside_calls")?,
        forward: extensions::forwarding(row)?,
        do_not_disturb: row.try_get("do_not_disturb")?,
        pickup_group: row.try_get("pickup_group")?,
        voicemail: row
            .try_get::<Option<i64>, _>("voicemail_after_seconds")?
            .map(|seconds| Duration::from_secs(seconds.cast_unsigned())),
    })
}

type DevicesByExtension = HashMap<String, Vec<Device>>;

async fn devices(
    connection: &mut SqliteConnection,
    vault: &Vault,
    realm: &str,
    locked: &mut Vec<Locked>,
) -> Result<DevicesByExtension, StoreError> {
    let mut devices = DevicesByExtension::new();
    let rows =
        sqlx::query("SELECT * FROM devices ORDER BY created_at, username").fetch_all(connection).await?;
    for row in &rows {
        let username: String = row.try_get("username")?;
        let is_ours = row.try_get::<&str, _>("realm")? == realm;
        let place = extensions::place(&username);
        let ha1 = if is_ours { unless_sealed(vault.open(&place, row.try_get("ha1_sealed")?))? } else { None };
        let Some(ha1) = ha1 else {
            locked.push(Locked::Device(username));
            continue;
        };
        let device = Device { username, ha1: Ha1(ha1), label: row.try_get("label")? };
        devices.entry(row.try_get("extension")?).or_default().push(device);
    }
    Ok(devices)
}

/// A secret that was sealed with another key is missed; a key that cannot be read is a fault.
fn unless_sealed(opened: Result<String, VaultError>) -> Result<Option<String>, VaultError> {
    match opened {
        Ok(secret) => Ok(Some(secret)),
        Err(VaultError::Sealed { .. }) => Ok(None),
        Err(fault) => Err(fault),
    }
}

async fn groups(connection: &mut SqliteConnection) -> Result<Vec<RingGroup>, StoreError> {
    let mut members: HashMap<String, Vec<String>> = HashMap::new();
    let found =
        sqlx::query("SELECT ring_group, extension FROM ring_group_members ORDER BY ring_group, position")
            .fetch_all(&mut *connection)
            .await?;
    for row in &found {
        members.entry(row.try_get("ring_group")?).or_default().push(row.try_get("extension")?);
    }
    rows(connection, "SELECT * FROM ring_groups ORDER BY number", |row| {
        let group: String = row.try_get("number")?;
        Ok(RingGroup {
            members: members.get(&group).cloned().unwrap_or_default(),
            number: group,
            name: row.try_get("name")?,
            post: PostId(row.try_get("post_id")?),
            strategy: word::<RingStrategy>(row, "strategy")?,
            ring: Duration::from_secs(number(row, "ring_seconds")?),
            otherwise: row.try_get("otherwise")?,
        })
    })
    .await
}

fn trunk(row: &SqliteRow, vault: &Vault, locked: &mut Vec<Locked>) -> Result<Trunk, StoreError> {
    let id = TrunkId(row.try_get("id")?);
    let username: Option<String> = row.try_get("username")?;
    let sealed: Option<String> = row.try_get("password_sealed")?;
    let credentials = match username.zip(sealed) {
        Some((username, sealed)) => {
            let opened = unless_sealed(vault.open(&trunks::place(id), &sealed))?;
            if opened.is_none() {
                locked.push(Locked::Trunk(row.try_get("name")?));
            }
            opened.map(|password| TrunkCredentials { username, password })
        }
        None => None,
    };
    let port: Option<i64> = row.try_get("port")?;
    Ok(Trunk {
        id,
        name: row.try_get("name")?,
        post: PostId(row.try_get("post_id")?),
        host: row.try_get("host")?,
        port: port.and_then(|port| u16::try_from(port).ok()),
        carrier: word::<Carrier>(row, "carrier")?,
        credentials,
        register: row.try_get("register")?,
        sources: list(row.try_get("sources")?).filter_map(|address| address.parse().ok()).collect(),
        srtp: row.try_get("srtp")?,
        caller_id: row.try_get("caller_id")?,
        identity: word::<IdentityProfile>(row, "identity")?,
        calls: number(row, "calls")?,
        rights: word::<Class>(row, "rights")?,
        strip_plus: row.try_get("strip_plus")?,
        show_name: row.try_get("show_name")?,
    })
}

async fn routes(connection: &mut SqliteConnection) -> Result<Vec<OutboundRoute>, StoreError> {
    let mut trunks: HashMap<i64, Vec<TrunkId>> = HashMap::new();
    let found =
        sqlx::query("SELECT route_id, trunk_id FROM outbound_route_trunks ORDER BY route_id, position")
            .fetch_all(&mut *connection)
            .await?;
    for row in &found {
        trunks.entry(row.try_get("route_id")?).or_default().push(TrunkId(row.try_get("trunk_id")?));
    }
    rows(connection, "SELECT * FROM outbound_routes ORDER BY prefix, post_id", |row| {
        let post: Option<i64> = row.try_get("post_id")?;
        Ok(OutboundRoute {
            post: post.map(PostId),
            prefix: row.try_get("prefix")?,
            trunks: trunks.get(&row.try_get("id")?).cloned().unwrap_or_default(),
        })
    })
    .await
}

fn inbound(row: &SqliteRow) -> Result<InboundNumber, StoreError> {
    Ok(InboundNumber {
        trunk: TrunkId(row.try_get("trunk_id")?),
        number: row.try_get("number")?,
        target: row.try_get("target")?,
    })
}

/// A stored choice; a word that only a newer program knows is a database from a newer program.
fn word<T: Choice>(row: &SqliteRow, column: &'static str) -> Result<T, StoreError> {
    let word: &str = row.try_get(column)?;
    T::from_word(word).ok_or_else(|| {
        let reason = format!("the word {word:?} in column {column} is unknown");
        StoreError::Database(sqlx::Error::ColumnDecode { index: column.to_owned(), source: reason.into() })
    })
}

fn number<T: TryFrom<i64> + Default>(row: &SqliteRow, column: &'static str) -> Result<T, StoreError> {
    Ok(T::try_from(row.try_get::<i64, _>(column)?).unwrap_or_default())
}

fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').filter(|item| !item.is_empty())
}
