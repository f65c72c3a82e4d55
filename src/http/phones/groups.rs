//! `/api/admin/groups`.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use sip_gateway::Directory as _;
use sip_gateway_proto::plan::{PostId, RingGroup, RingStrategy};

use super::commit;
use crate::app::App;
use crate::directory::{GroupView, PlanError, blank, choice};
use crate::http::asked::{InPath, said};
use crate::http::client::Client;
use crate::http::signed_in::{Keeper, Phones};
use crate::http::{ApiError, Json};

#[derive(Serialize)]
pub(in crate::http) struct Groups {
    groups: Vec<GroupView>,
}

/// `GET /api/admin/groups`.
pub(in crate::http) async fn list(
    State(app): State<App>,
    Keeper { scope, .. }: Keeper<Phones>,
) -> Result<Json<Groups>, ApiError> {
    app.directory.refresh().await?;
    let plan = app.directory.plan();
    let groups = plan.groups.iter().filter(|group| scope.reaches(Some(group.post)));
    Ok(Json(Groups { groups: groups.map(|group| GroupView::of(group, &plan)).collect() }))
}

#[derive(Deserialize)]
pub(in crate::http) struct AddGroup {
    number: String,
    #[serde(flatten)]
    rest: GroupChange,
}

#[derive(Deserialize)]
pub(in crate::http) struct GroupChange {
    name: Option<String>,
    post: Option<i64>,
    strategy: Option<String>,
    members: Option<Vec<String>>,
    ring: Option<u64>,
    #[serde(default, deserialize_with = "said")]
    otherwise: Option<Option<String>>,
}

impl GroupChange {
    fn on(self, group: RingGroup) -> Result<RingGroup, PlanError> {
        let strategy = self.strategy.map(|word| choice::<RingStrategy>("strategy", &word)).transpose()?;
        Ok(RingGroup {
            name: self.name.unwrap_or(group.name),
            post: self.post.map_or(group.post, PostId),
            strategy: strategy.unwrap_or(group.strategy),
            members: self.members.unwrap_or(group.members),
            ring: self.ring.map_or(group.ring, Duration::from_secs),
            otherwise: self.otherwise.unwrap_or(group.otherwise),
            number: group.number,
        })
    }
}

/// `POST /api/admin/groups`.
pub(in crate::http) async fn add(
    State(app): State<App>,
    client: Client,
    by: Keeper<Phones>,
    Json(request): Json<AddGroup>,
) -> Result<(StatusCode, Json<GroupView>), ApiError> {
    let number = request.number.trim().to_owned();
    let group = request.rest.on(blank::group(&number, "", PostId(0)))?;
    by.at(Some(group.post))?;
    let mut change = super::change(&app, &by, &client).await?;
    change.add_group(group).await?;
    commit(&app, change).await?;
    Ok((StatusCode::CREATED, Json(shown(&app, &number)?)))
}

/// `PATCH /api/admin/groups/{number}`.
pub(in crate::http) async fn change(
    State(app): State<App>,
    client: Client,
    by: Keeper<Phones>,
    InPath(number): InPath<String>,
    Json(request): Json<GroupChange>,
) -> Result<Json<GroupView>, ApiError> {
    app.directory.refresh().await?;
    let plan = app.directory.plan();
    let group = plan.group(&number);
    let group = group.cloned().ok_or_else(|| ApiError::not_found("group"))?;
    by.at(Some(group.post))?;
    let group = request.on(group)?;
    by.at(Some(group.post))?;
    let mut change = super::change(&app, &by, &client).await?;
    change.change_group(group).await?;
    commit(&app, change).await?;
    Ok(Json(shown(&app, &number)?))
}

/// `DELETE /api/admin/groups/{number}`.
pub(in crate::http) async fn remove(
    State(app): State<App>,
    client: Client,
    by: Keeper<Phones>,
    InPath(number): InPath<String>,
) -> Result<StatusCode, ApiError> {
    app.directory.refresh().await?;
    let plan = app.directory.plan();
    let group = plan.group(&number).ok_or_else(|| ApiError::not_found("group"))?;
    by.at(Some(group.post))?;
    let mut change = super::change(&app, &by, &client).await?;
    change.remove_group(&number).await?;
    commit(&app, change).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn shown(app: &App, number: &str) -> Result<GroupView, ApiError> {
    let plan = app.directory.plan();
    let group = plan.group(number);
    Ok(GroupView::of(group.ok_or_else(|| ApiError::not_found("group"))?, &plan))
}
