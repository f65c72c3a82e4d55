//! `/api/setup`: the one-time link that makes an administrator.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::Deserialize;

use super::accounts::{Me, begin_session};
use super::client::Client;
use super::{ApiError, Json};
use crate::accounts::{Email, Role, Secret, User, check_password, display_name};
use crate::app::App;
use crate::store::StoreError;

/// `GET /api/setup/{secret}`.
pub(super) async fn check(
    State(app): State<App>,
    client: Client,
    Path(secret): Path<String>,
) -> Result<StatusCode, ApiError> {
    good(&app, &client, &secret).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
pub(super) struct Setup {
    name: String,
    email: String,
    password: String,
}

/// `POST /api/setup/{secret}`: uses the link up for an administrator's account, who is then signed in.
pub(super) async fn complete(
    State(app): State<App>,
    client: Client,
    Path(secret): Path<String>,
    Json(request): Json<Setup>,
) -> Result<impl IntoResponse, ApiError> {
    let secret = good(&app, &client, &secret).await?;
    let name = display_name(&request.name).map_err(|e| ApiError::invalid("name", e))?;
    let email = Email::new(&request.email).map_err(|e| ApiError::invalid("email", e))?;
    check_password(&request.password, Role::Administrator, &[&name, email.as_str()])
        .map_err(|e| ApiError::invalid("password", e))?;

    let hash = app.passwords.hash(request.password).await?;
    let now = app.clock.now();
    let administrator = User::new(name, email, Role::Administrator, now);
    let used =
        app.store.use_setup_link(&secret.hash(), now, &administrator, &hash).await.map_err(|error| {
            match error {
                StoreError::Exists => {
                    ApiError::conflict("There is an account with this e-mail address already.")
                }
                other => other.into(),
            }
        })?;
    if !used {
        return Err(ApiError::not_found("link"));
    }

    let id = administrator.id.as_str();
    app.audit(id, "setup", id, &client, "ok").await?;
    let cookie = begin_session(&app, &client, &administrator).await?;
    Ok((StatusCode::CREATED, cookie, Json(Me::of(&app, administrator))))
}

async fn good(app: &App, client: &Client, secret: &str) -> Result<Secret, ApiError> {
    app.gate.attempt_setup(client.address).map_err(ApiError::too_many_attempts)?;
    let secret = Secret::shown(secret).ok_or_else(|| ApiError::not_found("link"))?;
    if !app.store.setup_link_is_good(&secret.hash(), app.clock.now()).await? {
        return Err(ApiError::not_found("link"));
    }
    Ok(secret)
}
