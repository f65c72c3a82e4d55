//! `/api/admin/extensions` and the devices under them.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use sip_gateway::Directory as _;
use sip_gateway_proto::plan::{Class, DigestAlgorithm, Extension, Forwarding, PostId};

use super::commit;
use crate::accounts::Scope;
use crate::app::App;
use crate::directory::{ExtensionView, PhonePassword, PhoneServer, PlanError, blank, choice, phone_server};
use crate::http::asked::{InPath, said};
use crate::http::client::Client;
use crate::http::signed_in::{Keeper, Phones};
use crate::http::{ApiError, Json};

#[derive(Serialize)]
pub(in crate::http) struct Extensions {
    extensions: Vec<ExtensionView>,
}

/// `GET /api/admin/extensions`.
pub(in crate::http) async fn list(
    State(app): State<App>,
    Keeper { scope, .. }: Keeper<Phones>,
) -> Result<Json<Extensions>, ApiError> {
    app.directory.refresh().await?;
    let plan = app.directory.plan();
    let extensions = plan.extensions.iter().filter(|one| scope.reaches(Some(one.post)));
    let extensions = extensions.map(|one| ExtensionView::of(one, &plan)).collect();
    Ok(Json(Extensions { extensions }))
}

#[derive(Deserialize)]
pub(in crate::http) struct AddExtension {
    number: String,
    name: String,
    /// Not needed while there is only one.
    post: Option<i64>,
    #[serde(default)]
    label: String,
    password: Option<String>,
    #[serde(flatten)]
    rest: ExtensionChange,
}

#[derive(Deserialize)]
pub(in crate::http) struct ChangeExtension {
    name: Option<String>,
    post: Option<i64>,
    #[serde(flatten)]
    rest: ExtensionChange,
}

/// What may be said when an extension is added, and changed later.
#[derive(Deserialize)]
struct ExtensionChange {
    digest: Option<String>,
    rights: Option<String>,
    outside_calls: Option<u16>,
    forward: Option<Forward>,
    do_not_disturb: Option<bool>,
    #[serde(default, deserialize_with = "said")]
    pickup_group: Option<Option<String>>,
    #[serde(default, deserialize_with = "said")]
    voicemail_after: Option<Option<u64>>,
}

/// All forwards at once: what is not named is not forwarded.
#[derive(Deserialize)]
struct Forward {
    always: Option<String>,
    busy: Option<String>,
    no_answer: Option<String>,
    no_answer_after: Option<u64>,
}

impl ExtensionChange {
    fn on(self, extension: Extension) -> Result<Extension, PlanError> {
        let rights = self.rights.map(|word| choice::<Class>("rights", &word)).transpose()?;
        let digest = self.digest.map(|word| choice::<DigestAlgorithm>("digest", &word)).transpose()?;
        Ok(Extension {
            digest: digest.unwrap_or(extension.digest),
            rights: rights.unwrap_or(extension.rights),
            outside_calls: self.outside_calls.unwrap_or(extension.outside_calls),
            forward: self.forward.map_or(extension.forward, Forward::into),
            do_not_disturb: self.do_not_disturb.unwrap_or(extension.do_not_disturb),
            pickup_group: self.pickup_group.unwrap_or(extension.pickup_group),
            voicemail: match self.voicemail_after {
                Some(after) => after.map(Duration::from_secs),
                None => extension.voicemail,
            },
            ..extension
        })
    }
}

impl From<Forward> for Forwarding {
    fn from(forward: Forward) -> Self {
        Self {
            always: forward.always,
            busy: forward.busy,
            no_answer: forward.no_answer,
            no_answer_after: forward.no_answer_after.map(Duration::from_secs),
        }
    }
}

/// What somebody types into a phone; the password is never told again.
#[derive(Serialize)]
pub(in crate::http) struct Credentials {
    username: String,
    password: String,
    server: Option<PhoneServer>,
}

#[derive(Serialize)]
pub(in crate::http) struct Added {
    extension: ExtensionView,
    credentials: Credentials,
}

/// `POST /api/admin/extensions`: with one device, whose password is made unless given.
pub(in crate::http) async fn add(
    State(app): State<App>,
    client: Client,
    by: Keeper<Phones>,
    Json(request): Json<AddExtension>,
) -> Result<(StatusCode, Json<Added>), ApiError> {
    let password = password(request.password.as_deref())?;
    let mut change = super::change(&app, &by, &client).await?;
    let post = match request.post {
        Some(post) => PostId(post),
        None if let Scope::Post(own) = by.scope => own,
        None => match change.only_post().await? {
            Ok(Some(post)) => post,
            Ok(None) => return Err(ApiError::invalid_field("post", "there is no post yet; add one first")),
            Err(_) => return Err(ApiError::invalid_field("post", "there are several; say which one")),
        },
    };
    by.at(Some(post))?;
    let number = request.number.trim().to_owned();
    change.add_extension(request.rest.on(blank::extension(&number, &request.name, post))?).await?;
    let device = blank::device("", &request.label);
    let username = change.add_device(&number, device, &password, app.directory.realm()).await?;
    commit(&app, change).await?;
    let added = Added {
        extension: shown(&app, &number)?,
        credentials: credentials(&app, &client, username, &password),
    };
    Ok((StatusCode::CREATED, Json(added)))
}

/// `PATCH /api/admin/extensions/{number}`.
pub(in crate::http) async fn change(
    State(app): State<App>,
    client: Client,
    by: Keeper<Phones>,
    InPath(number): InPath<String>,
    Json(request): Json<ChangeExtension>,
) -> Result<Json<ExtensionView>, ApiError> {
    app.directory.refresh().await?;
    let plan = app.directory.plan();
    let before = plan.extension(&number);
    let mut extension = before.cloned().ok_or_else(|| ApiError::not_found("extension"))?;
    by.at(Some(extension.post))?;
    by.at(Some(request.post.map_or(extension.post, PostId)))?;
    extension.name = request.name.unwrap_or(extension.name);
    extension.post = request.post.map_or(extension.post, PostId);
    let mut change = super::change(&app, &by, &client).await?;
    change.change_extension(request.rest.on(extension)?).await?;
    commit(&app, change).await?;
    Ok(Json(shown(&app, &number)?))
}

/// `DELETE /api/admin/extensions/{number}`.
pub(in crate::http) async fn remove(
    State(app): State<App>,
    client: Client,
    by: Keeper<Phones>,
    InPath(number): InPath<String>,
) -> Result<StatusCode, ApiError> {
    let mut change = super::change(&app, &by, &client).await?;
    by.at(Some(change.post_of_extension(&number).await?))?;
    change.remove_extension(&number).await?;
    commit(&app, change).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
pub(in crate::http) struct AddDevice {
    #[serde(default)]
    username: String,
    #[serde(default)]
    label: String,
    password: Option<String>,
}

/// `POST /api/admin/extensions/{number}/devices`.
pub(in crate::http) async fn add_device(
    State(app): State<App>,
    client: Client,
    by: Keeper<Phones>,
    InPath(number): InPath<String>,
    Json(request): Json<AddDevice>,
) -> Result<(StatusCode, Json<Credentials>), ApiError> {
    let password = password(request.password.as_deref())?;
    let mut change = super::change(&app, &by, &client).await?;
    by.at(Some(change.post_of_extension(&number).await?))?;
    let device = blank::device(request.username.trim(), &request.label);
    let username = change.add_device(&number, device, &password, app.directory.realm()).await?;
    commit(&app, change).await?;
    Ok((StatusCode::CREATED, Json(credentials(&app, &client, username, &password))))
}

#[derive(Deserialize)]
pub(in crate::http) struct NewPassword {
    password: Option<String>,
}

/// `POST /api/admin/extensions/{number}/devices/{username}/password`.
pub(in crate::http) async fn new_password(
    State(app): State<App>,
    client: Client,
    by: Keeper<Phones>,
    InPath((number, username)): InPath<(String, String)>,
    Json(request): Json<NewPassword>,
) -> Result<Json<Credentials>, ApiError> {
    let password = password(request.password.as_deref())?;
    let mut change = super::change(&app, &by, &client).await?;
    by.at(Some(change.post_of_extension(&number).await?))?;
    change.change_password(&number, &username, &password, app.directory.realm()).await?;
    commit(&app, change).await?;
    Ok(Json(credentials(&app, &client, username, &password)))
}

/// `DELETE /api/admin/extensions/{number}/devices/{username}`.
pub(in crate::http) async fn remove_device(
    State(app): State<App>,
    client: Client,
    by: Keeper<Phones>,
    InPath((number, username)): InPath<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let mut change = super::change(&app, &by, &client).await?;
    by.at(Some(change.post_of_extension(&number).await?))?;
    change.remove_device(&number, &username).await?;
    commit(&app, change).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn password(chosen: Option<&str>) -> Result<PhonePassword, PlanError> {
    chosen.map_or_else(|| Ok(PhonePassword::random()), PhonePassword::chosen)
}

fn credentials(app: &App, client: &Client, username: String, password: &PhonePassword) -> Credentials {
    let server = phone_server(&app.config, Some(client.host()));
    Credentials { username, password: password.expose().to_owned(), server }
}

fn shown(app: &App, number: &str) -> Result<ExtensionView, ApiError> {
    let plan = app.directory.plan();
    let extension = plan.extension(number);
    Ok(ExtensionView::of(extension.ok_or_else(|| ApiError::not_found("extension"))?, &plan))
}
