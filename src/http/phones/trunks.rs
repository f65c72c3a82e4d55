//! `/api/admin/trunks`, `/api/admin/routes` and `/api/admin/numbers`.

use std::net::IpAddr;

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use sip_gateway::Directory as _;
use sip_gateway_proto::flow::Carrier;
use sip_gateway_proto::plan::{
    Class, IdentityProfile, InboundNumber, OutboundRoute, PostId, Trunk, TrunkCredentials, TrunkId,
};

use super::commit;
use crate::app::App;
use crate::directory::{InboundView, PlanError, RouteView, TrunkView, blank, choice};
use crate::http::asked::{InPath, InQuery, said};
use crate::http::client::Client;
use crate::http::signed_in::Administrator;
use crate::http::{ApiError, Json};

#[derive(Serialize)]
pub(in crate::http) struct Trunks {
    trunks: Vec<TrunkView>,
}

/// `GET /api/admin/trunks`.
pub(in crate::http) async fn list(
    State(app): State<App>,
    _: Administrator,
) -> Result<Json<Trunks>, ApiError> {
    app.directory.refresh().await?;
    let plan = app.directory.plan();
    Ok(Json(Trunks { trunks: plan.trunks.iter().map(|trunk| TrunkView::of(trunk, &plan)).collect() }))
}

#[derive(Deserialize)]
pub(in crate::http) struct TrunkChange {
    name: Option<String>,
    post: Option<i64>,
    host: Option<String>,
    #[serde(default, deserialize_with = "said")]
    port: Option<Option<u16>>,
    transport: Option<String>,
    #[serde(default, deserialize_with = "said")]
    username: Option<Option<String>>,
    password: Option<String>,
    register: Option<bool>,
    sources: Option<Vec<String>>,
    srtp: Option<bool>,
    #[serde(default, deserialize_with = "said")]
    caller_id: Option<Option<String>>,
    identity: Option<String>,
    calls: Option<u16>,
    rights: Option<String>,
    strip_plus: Option<bool>,
    show_name: Option<bool>,
}

impl TrunkChange {
    fn on(self, trunk: Trunk) -> Result<Trunk, PlanError> {
        let carrier = self.transport.map(|word| choice::<Carrier>("transport", &word)).transpose()?;
        let identity = self.identity.map(|word| choice::<IdentityProfile>("identity", &word)).transpose()?;
        let rights = self.rights.map(|word| choice::<Class>("rights", &word)).transpose()?;
        let sources = self.sources.map(|sources| addresses(&sources)).transpose()?;
        let credentials = credentials(self.username, self.password, trunk.credentials)?;
        Ok(Trunk {
            id: trunk.id,
            name: self.name.unwrap_or(trunk.name),
            post: self.post.map_or(trunk.post, PostId),
            host: self.host.unwrap_or(trunk.host),
            port: self.port.unwrap_or(trunk.port),
            carrier: carrier.unwrap_or(trunk.carrier),
            credentials,
            register: self.register.unwrap_or(trunk.register),
            sources: sources.unwrap_or(trunk.sources),
            srtp: self.srtp.unwrap_or(trunk.srtp),
            caller_id: self.caller_id.unwrap_or(trunk.caller_id),
            identity: identity.unwrap_or(trunk.identity),
            calls: self.calls.unwrap_or(trunk.calls),
            rights: rights.unwrap_or(trunk.rights),
            strip_plus: self.strip_plus.unwrap_or(trunk.strip_plus),
            show_name: self.show_name.unwrap_or(trunk.show_name),
        })
    }
}

/// The user name and password after a change that may name one, both or none of them.
fn credentials(
    username: Option<Option<String>>,
    password: Option<String>,
    before: Option<TrunkCredentials>,
) -> Result<Option<TrunkCredentials>, PlanError> {
    let password = password.filter(|password| !password.is_empty());
    let username = username.map(|username| username.filter(|username| !username.is_empty()));
    match (username, password, before) {
        (Some(None), None, _) => Ok(None),
        (Some(None), Some(_), _) | (None, Some(_), None) => {
            Err(PlanError::invalid("username", "the password needs a user name beside it"))
        }
        (Some(Some(username)), Some(password), _) => Ok(Some(TrunkCredentials { username, password })),
        (Some(Some(username)), None, Some(before)) => {
            Ok(Some(TrunkCredentials { username, password: before.password }))
        }
        (Some(Some(_)), None, None) => {
            Err(PlanError::invalid("password", "the user name needs a password beside it"))
        }
        (None, Some(password), Some(before)) => Ok(Some(TrunkCredentials { password, ..before })),
        (None, None, before) => Ok(before),
    }
}

fn addresses(texts: &[String]) -> Result<Vec<IpAddr>, PlanError> {
    let address = |text: &String| {
        let reason = || PlanError::invalid("sources", format!("{text:?} is not an IP address"));
        text.trim().parse().map_err(|_| reason())
    };
    texts.iter().filter(|text| !text.trim().is_empty()).map(address).collect()
}

/// `POST /api/admin/trunks`.
pub(in crate::http) async fn add(
    State(app): State<App>,
    client: Client,
    by: Administrator,
    Json(request): Json<TrunkChange>,
) -> Result<(StatusCode, Json<TrunkView>), ApiError> {
    let mut trunk = request.on(blank::trunk("", ""))?;
    let mut change = super::change(&app, &by, &client).await?;
    if trunk.post == PostId(0) {
        let only = change.only_post().await?.ok().flatten();
        trunk.post = only.ok_or_else(|| ApiError::invalid_field("post", "say which post's line it is"))?;
    }
    let id = change.add_trunk(trunk).await?;
    commit(&app, change).await?;
    Ok((StatusCode::CREATED, Json(shown(&app, id)?)))
}

/// `PATCH /api/admin/trunks/{id}`: a password that is not given stays.
pub(in crate::http) async fn change(
    State(app): State<App>,
    client: Client,
    by: Administrator,
    InPath(id): InPath<i64>,
    Json(request): Json<TrunkChange>,
) -> Result<Json<TrunkView>, ApiError> {
    app.directory.refresh().await?;
    let plan = app.directory.plan();
    let trunk = plan.trunk(TrunkId(id));
    let trunk = request.on(trunk.cloned().ok_or_else(|| ApiError::not_found("trunk"))?)?;
    let mut change = super::change(&app, &by, &client).await?;
    change.change_trunk(trunk).await?;
    commit(&app, change).await?;
    Ok(Json(shown(&app, TrunkId(id))?))
}

/// `DELETE /api/admin/trunks/{id}`.
pub(in crate::http) async fn remove(
    State(app): State<App>,
    client: Client,
    by: Administrator,
    InPath(id): InPath<i64>,
) -> Result<StatusCode, ApiError> {
    let mut change = super::change(&app, &by, &client).await?;
    change.remove_trunk(TrunkId(id)).await?;
    commit(&app, change).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn shown(app: &App, id: TrunkId) -> Result<TrunkView, ApiError> {
    let plan = app.directory.plan();
    let trunk = plan.trunk(id);
    Ok(TrunkView::of(trunk.ok_or_else(|| ApiError::not_found("trunk"))?, &plan))
}

#[derive(Serialize)]
pub(in crate::http) struct Routes {
    routes: Vec<RouteView>,
}

/// `GET /api/admin/routes`.
pub(in crate::http) async fn routes(
    State(app): State<App>,
    _: Administrator,
) -> Result<Json<Routes>, ApiError> {
    app.directory.refresh().await?;
    let plan = app.directory.plan();
    Ok(Json(Routes { routes: plan.routes.iter().map(|route| RouteView::of(route, &plan)).collect() }))
}

#[derive(Deserialize)]
pub(in crate::http) struct SetRoute {
    post: Option<i64>,
    prefix: String,
    trunks: Vec<i64>,
}

/// `PUT /api/admin/routes`: instead of the route of this post to this prefix, if there is one.
pub(in crate::http) async fn set_route(
    State(app): State<App>,
    client: Client,
    by: Administrator,
    Json(request): Json<SetRoute>,
) -> Result<StatusCode, ApiError> {
    let mut change = super::change(&app, &by, &client).await?;
    let trunks = request.trunks.into_iter().map(TrunkId).collect();
    let route = OutboundRoute { post: request.post.map(PostId), prefix: request.prefix, trunks };
    change.set_route(route).await?;
    commit(&app, change).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
pub(in crate::http) struct WhichRoute {
    post: Option<i64>,
    #[serde(default)]
    prefix: String,
}

/// `DELETE /api/admin/routes?prefix=…&post=…`.
pub(in crate::http) async fn remove_route(
    State(app): State<App>,
    client: Client,
    by: Administrator,
    InQuery(which): InQuery<WhichRoute>,
) -> Result<StatusCode, ApiError> {
    let mut change = super::change(&app, &by, &client).await?;
    change.remove_route(which.post.map(PostId), &which.prefix).await?;
    commit(&app, change).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Serialize)]
pub(in crate::http) struct Numbers {
    numbers: Vec<InboundView>,
}

/// `GET /api/admin/numbers`.
pub(in crate::http) async fn numbers(
    State(app): State<App>,
    _: Administrator,
) -> Result<Json<Numbers>, ApiError> {
    app.directory.refresh().await?;
    let plan = app.directory.plan();
    let numbers = plan.inbound.iter().map(|inbound| InboundView::of(inbound, &plan)).collect();
    Ok(Json(Numbers { numbers }))
}

#[derive(Deserialize)]
pub(in crate::http) struct SetNumber {
    trunk: i64,
    #[serde(default)]
    number: String,
    target: String,
}

/// `PUT /api/admin/numbers`: a public number leads here now, wherever it led before.
pub(in crate::http) async fn set_number(
    State(app): State<App>,
    client: Client,
    by: Administrator,
    Json(request): Json<SetNumber>,
) -> Result<StatusCode, ApiError> {
    let mut change = super::change(&app, &by, &client).await?;
    let inbound =
        InboundNumber { trunk: TrunkId(request.trunk), number: request.number, target: request.target };
    change.set_inbound(inbound).await?;
    commit(&app, change).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
pub(in crate::http) struct WhichNumber {
    trunk: i64,
    #[serde(default)]
    number: String,
}

/// `DELETE /api/admin/numbers?trunk=…&number=…`.
pub(in crate::http) async fn remove_number(
    State(app): State<App>,
    client: Client,
    by: Administrator,
    InQuery(which): InQuery<WhichNumber>,
) -> Result<StatusCode, ApiError> {
    let mut change = super::change(&app, &by, &client).await?;
    change.remove_inbound(TrunkId(which.trunk), &which.number).await?;
    commit(&app, change).await?;
    Ok(StatusCode::NO_CONTENT)
}
