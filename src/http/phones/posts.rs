//! `/api/admin/posts`.

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use sip_gateway::Directory as _;
use sip_gateway_proto::plan::{Post, PostId};

use super::commit;
use crate::app::App;
use crate::directory::{Place, PlanError, PostView, blank};
use crate::http::asked::{InPath, said};
use crate::http::client::Client;
use crate::http::signed_in::{Administrator, Keeper, Phones};
use crate::http::{ApiError, Json};

#[derive(Serialize)]
pub(in crate::http) struct Posts {
    posts: Vec<PostView>,
}

/// `GET /api/admin/posts`.
pub(in crate::http) async fn list(
    State(app): State<App>,
    Keeper { scope, .. }: Keeper<Phones>,
) -> Result<Json<Posts>, ApiError> {
    app.directory.refresh().await?;
    let (plan, house) = (app.directory.plan(), app.directory.house());
    let posts = plan.posts.iter().filter(|post| scope.reaches(Some(post.id)));
    Ok(Json(Posts { posts: posts.map(|post| PostView::of(post, &plan, &house)).collect() }))
}

#[derive(Deserialize)]
pub(in crate::http) struct PostChange {
    name: Option<String>,
    country: Option<String>,
    outside_prefix: Option<String>,
    emergency: Option<Vec<String>>,
    time_zone: Option<String>,
    city: Option<String>,
    #[serde(default, deserialize_with = "said")]
    down_kbit: Option<Option<u32>>,
    #[serde(default, deserialize_with = "said")]
    up_kbit: Option<Option<u32>>,
}

impl PostChange {
    fn place(&self, place: Place) -> Place {
        Place {
            city: self.city.clone().unwrap_or(place.city),
            down_kbit: self.down_kbit.unwrap_or(place.down_kbit),
            up_kbit: self.up_kbit.unwrap_or(place.up_kbit),
        }
    }

    fn on(self, post: Post) -> Post {
        Post {
            id: post.id,
            name: self.name.unwrap_or(post.name),
            country: self.country.unwrap_or(post.country),
            outside_prefix: self.outside_prefix.unwrap_or(post.outside_prefix),
            emergency: self.emergency.unwrap_or(post.emergency),
        }
    }
}

/// `POST /api/admin/posts`.
pub(in crate::http) async fn add(
    State(app): State<App>,
    client: Client,
    by: Administrator,
    Json(request): Json<PostChange>,
) -> Result<(StatusCode, Json<PostView>), ApiError> {
    let zone = request.time_zone.clone();
    let place = request.place(Place::default());
    let post = request.on(Post { country: String::new(), ..blank::post("") });
    let mut change = super::change(&app, &by, &client).await?;
    let id = change.add_post(post).await?;
    change.set_time_zone(id, zone.as_deref().unwrap_or_default()).await?;
    change.set_place(id, place).await?;
    commit(&app, change).await?;
    Ok((StatusCode::CREATED, Json(shown(&app, id)?)))
}

/// `PATCH /api/admin/posts/{id}`.
pub(in crate::http) async fn change(
    State(app): State<App>,
    client: Client,
    by: Administrator,
    InPath(id): InPath<i64>,
    Json(request): Json<PostChange>,
) -> Result<Json<PostView>, ApiError> {
    app.directory.refresh().await?;
    let plan = app.directory.plan();
    let post = plan.post(PostId(id));
    let post = post.cloned().ok_or_else(|| ApiError::not_found("post"))?;
    let mut change = super::change(&app, &by, &client).await?;
    let zone = request.time_zone.clone();
    let place = request.place(app.directory.house().place(PostId(id)));
    change.change_post(request.on(post)).await?;
    change.set_place(PostId(id), place).await?;
    if let Some(zone) = zone {
        change.set_time_zone(PostId(id), &zone).await?;
    }
    commit(&app, change).await?;
    Ok(Json(shown(&app, PostId(id))?))
}

/// `DELETE /api/admin/posts/{id}`.
pub(in crate::http) async fn remove(
    State(app): State<App>,
    client: Client,
    by: Administrator,
    InPath(id): InPath<i64>,
) -> Result<StatusCode, ApiError> {
    let mut change = super::change(&app, &by, &client).await?;
    change.remove_post(PostId(id)).await?;
    commit(&app, change).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn shown(app: &App, id: PostId) -> Result<PostView, ApiError> {
    let (plan, house) = (app.directory.plan(), app.directory.house());
    let post = plan.post(id).ok_or_else(|| PlanError::unknown("post", id.0))?;
    Ok(PostView::of(post, &plan, &house))
}
