//! Rows of `posts`.

use sip_gateway_proto::plan::{Post, PostId};
use sqlx::Row;

use super::{PlanChange, join};
use crate::directory::{Place, PlanError, check_place, check_post};
use crate::store::StoreError;

impl PlanChange {
    /// Adds a post, whatever its id; answers with the one it has now.
    ///
    /// # Errors
    /// [`PlanError::Taken`] when another post has this name.
    pub async fn add_post(&mut self, post: Post) -> Result<PostId, PlanError> {
        let post = check_post(post)?;
        self.room_for("posts", "posts", MOST_POSTS).await?;
        let row = sqlx::query(
            "INSERT INTO posts (name, country, outside_prefix, emergency) VALUES (?, ?, ?, ?) RETURNING id",
        )
        .bind(&post.name)
        .bind(&post.country)
        .bind(&post.outside_prefix)
        .bind(join(&post.emergency))
        .fetch_one(&mut *self.transaction)
        .await
        .map_err(|error| taken(error, &post.name))?;
        self.note("post.add", &post.name).await?;
        Ok(PostId(row.try_get("id").map_err(StoreError::from)?))
    }

    /// Gives a post all its values anew.
    ///
    /// # Errors
    /// [`PlanError::Unknown`] when there is no such post.
    pub async fn change_post(&mut self, post: Post) -> Result<(), PlanError> {
        let post = check_post(post)?;
        let done = sqlx::query(
            "UPDATE posts SET name = ?, country = ?, outside_prefix = ?, emergency = ? WHERE id = ?",
        )
        .bind(&post.name)
        .bind(&post.country)
        .bind(&post.outside_prefix)
        .bind(join(&post.emergency))
        .bind(post.id.0)
        .execute(&mut *self.transaction)
        .await
        .map_err(|error| taken(error, &post.name))?;
        if done.rows_affected() == 0 {
            return Err(PlanError::unknown("post", post.id.0));
        }
        Ok(self.note("post.change", &post.name).await?)
    }

    /// Says where a post is and what its link carries.
    ///
    /// # Errors
    /// [`PlanError::Invalid`] when that cannot be.
    pub async fn set_place(&mut self, id: PostId, place: Place) -> Result<(), PlanError> {
        let Place { city, down_kbit, up_kbit } = check_place(place)?;
        sqlx::query("UPDATE posts SET city = ?, down_kbit = ?, up_kbit = ? WHERE id = ?")
            .bind(city)
            .bind(down_kbit)
            .bind(up_kbit)
            .bind(id.0)
            .execute(&mut *self.transaction)
            .await?;
        Ok(())
    }

    /// Removes a post to which nothing belongs any more.
    ///
    /// # Errors
    /// [`PlanError::Needed`] while something does.
    pub async fn remove_post(&mut self, id: PostId) -> Result<(), PlanError> {
        let name = self.post_name(id).await?;
        for (table, what) in [
            ("extensions", "extensions"),
            ("ring_groups", "groups"),
            ("trunks", "trunks"),
            ("users", "accounts"),
        ] {
            let query = format!("SELECT 1 FROM {table} WHERE post_id = ? LIMIT 1");
            let needed = sqlx::query(sqlx::AssertSqlSafe(query))
                .bind(id.0)
                .fetch_optional(&mut *self.transaction)
                .await?;
            if needed.is_some() {
                return Err(PlanError::Needed {
                    what: format!("the post {name:?}"),
                    needed_by: format!("{what} still belong to it"),
                });
            }
        }
        sqlx::query("DELETE FROM posts WHERE id = ?").bind(id.0).execute(&mut *self.transaction).await?;
        Ok(self.note("post.remove", &name).await?)
    }

    /// The post of a name.
    ///
    /// # Errors
    /// [`PlanError::Unknown`] when there is none.
    pub async fn post_named(&mut self, name: &str) -> Result<PostId, PlanError> {
        let row = sqlx::query("SELECT id FROM posts WHERE lower(name) = lower(?)")
            .bind(name.trim())
            .fetch_optional(&mut *self.transaction)
            .await?
            .ok_or_else(|| PlanError::unknown("post", name.trim()))?;
        Ok(PostId(row.try_get("id")?))
    }

    /// The only post, or none; several are told by their number.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn only_post(&mut self) -> Result<Result<Option<PostId>, usize>, PlanError> {
        let rows = sqlx::query("SELECT id FROM posts").fetch_all(&mut *self.transaction).await?;
        match rows.as_slice() {
            [] => Ok(Ok(None)),
            [row] => Ok(Ok(Some(PostId(row.try_get("id")?)))),
            several => Ok(Err(several.len())),
        }
    }

    /// The name of a post, which shows that there is one.
    pub(super) async fn post_name(&mut self, id: PostId) -> Result<String, PlanError> {
        let row = sqlx::query("SELECT name FROM posts WHERE id = ?")
            .bind(id.0)
            .fetch_optional(&mut *self.transaction)
            .await?
            .ok_or_else(|| PlanError::unknown("post", id.0))?;
        Ok(row.try_get("name")?)
    }
}

fn taken(error: sqlx::Error, name: &str) -> PlanError {
    match StoreError::from(error) {
        StoreError::Exists => PlanError::Taken(format!("a post named {name:?}")),
        other => other.into(),
    }
}

const MOST_POSTS: usize = 1_000;
