//! `/api/users`: what an administrator does with accounts.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use super::accounts::UserView;
use super::asked::said;
use super::client::Client;
use super::signed_in::Administrator;
use super::{ApiError, Json};
use crate::accounts::{Email, Role, User, UserId, check_password, display_name};
use crate::app::App;
use crate::store::{By, StoreError};

#[derive(Serialize)]
pub(super) struct Users {
    users: Vec<UserView>,
}

/// `GET /api/users`.
pub(super) async fn list(State(app): State<App>, _: Administrator) -> Result<Json<Users>, ApiError> {
    let users = app.store.users().await?;
    Ok(Json(Users { users: users.into_iter().map(UserView::from).collect() }))
}

#[derive(Deserialize)]
pub(super) struct AddUser {
    name: String,
    email: String,
    role: Role,
    password: String,
}

/// `POST /api/users`.
pub(super) async fn add(
    State(app): State<App>,
    client: Client,
    Administrator { user: by }: Administrator,
    Json(request): Json<AddUser>,
) -> Result<(StatusCode, Json<UserView>), ApiError> {
    let name = display_name(&request.name).map_err(|e| ApiError::invalid("name", e))?;
    let email = Email::new(&request.email).map_err(|e| ApiError::invalid("email", e))?;
    check_password(&request.password, request.role).map_err(|e| ApiError::invalid("password", e))?;

    let hash = app.passwords.hash(request.password).await?;
    let user = User::new(name, email, request.role, app.clock.now());
    app.store.insert_user(&user, &hash, app.config.limits.users).await.map_err(|error| match error {
        StoreError::Exists => ApiError::conflict("There is an account with this e-mail address already."),
        other => other.into(),
    })?;
    app.audit(by.id.as_str(), "user.add", user.id.as_str(), &client, "ok").await?;
    Ok((StatusCode::CREATED, Json(user.into())))
}

#[derive(Deserialize)]
pub(super) struct ChangeUser {
    #[serde(default, deserialize_with = "said")]
    extension: Option<Option<String>>,
}

/// `PATCH /api/users/{id}`: which extension the user answers in the browser.
pub(super) async fn change(
    State(app): State<App>,
    client: Client,
    Administrator { user: by }: Administrator,
    Path(id): Path<String>,
    Json(request): Json<ChangeUser>,
) -> Result<Json<UserView>, ApiError> {
    let id = UserId::shown(&id);
    if let Some(extension) = request.extension {
        let by = By { actor: by.id.as_str().to_owned(), address: Some(client.address) };
        let mut change = app.store.change_plan(by, app.clock.now()).await?;
        let extension = extension.as_deref().map(str::trim).filter(|number| !number.is_empty());
        change.set_user_extension(&id, extension).await?;
        change.commit().await?;
        app.directory.refresh().await?;
    }
    let user = app.store.user(&id).await?.ok_or_else(|| ApiError::not_found("user"))?;
    Ok(Json(user.into()))
}

/// `DELETE /api/users/{id}`: the account, its sign-ins and its meetings.
pub(super) async fn remove(
    State(app): State<App>,
    client: Client,
    Administrator { user: by }: Administrator,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let id = UserId::shown(&id);
    if id == by.id {
        return Err(ApiError::not_allowed("Nobody can remove the own account; another administrator can."));
    }
    let meetings = app.store.meetings_of(&id).await?;
    if !app.store.delete_user(&id).await? {
        return Err(ApiError::not_found("user"));
    }
    for meeting in meetings {
        app.close_meeting(&meeting.code).await?;
    }
    app.audit(by.id.as_str(), "user.remove", id.as_str(), &client, "ok").await?;
    Ok(StatusCode::NO_CONTENT)
}
