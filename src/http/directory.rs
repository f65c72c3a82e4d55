//! `/api/directory`: who can be called.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use sip_gateway::Directory as _;
use sip_gateway_proto::plan::PostId;

use super::asked::{InPath, InQuery};
use super::signed_in::SignedIn;
use super::{ApiError, Json};
use crate::app::App;
use crate::directory::EntryView;

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    q: String,
    post: Option<i64>,
    after: Option<usize>,
    limit: Option<usize>,
}

#[derive(Serialize)]
pub(super) struct Entries {
    entries: Vec<EntryView>,
    posts: Vec<PlaceView>,
    /// Give it back as `after` for the next page; `null` on the last one.
    next: Option<usize>,
}

/// A post, as far as its clock goes.
#[derive(Serialize)]
struct PlaceView {
    id: i64,
    name: String,
    country: String,
    time_zone: String,
}

/// `GET /api/directory`.
pub(super) async fn search(
    State(app): State<App>,
    SignedIn { user, .. }: SignedIn,
    InQuery(asked): InQuery<Asked>,
) -> Result<Json<Entries>, ApiError> {
    app.directory.refresh().await?;
    let (plan, house) = (app.directory.plan(), app.directory.house());
    let (after, limit) = (asked.after.unwrap_or(0), asked.limit.unwrap_or(PAGE).clamp(1, MOST_PAGE));
    let text: String = asked.q.chars().take(MOST_TEXT).collect();
    let own = house.extension_of(&user.id);
    let all = app.directory.read(own, |reader| reader.search(&text, asked.post.map(PostId)));
    let next = (after.saturating_add(limit) < all.len()).then_some(after + limit);
    let posts = plan.posts.iter().map(|post| PlaceView {
        id: post.id.0,
        name: post.name.clone(),
        country: post.country.clone(),
        time_zone: house.time_zone(post).to_owned(),
    });
    Ok(Json(Entries {
        entries: all.into_iter().skip(after).take(limit).collect(),
        posts: posts.collect(),
        next,
    }))
}

/// `GET /api/directory/{number}`.
pub(super) async fn one(
    State(app): State<App>,
    SignedIn { user, .. }: SignedIn,
    InPath(number): InPath<String>,
) -> Result<Json<EntryView>, ApiError> {
    let house = app.directory.house();
    let entry = app.directory.read(house.extension_of(&user.id), |reader| reader.entry(&number));
    Ok(Json(entry.ok_or_else(|| ApiError::not_found("number"))?))
}

const PAGE: usize = 100;
const MOST_PAGE: usize = 500;
const MOST_TEXT: usize = 200;
