//! `/api/admin`: what administrators do with the phones. Every change is one transaction with its line in the audit log,
//! and is in the running plan when the answer is sent.

mod calls;
mod conference;
mod explain;
mod extensions;
mod groups;
mod posts;
mod registrations;
mod trunks;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::routing::{delete, get, patch, post, put};

use super::ApiError;
use super::client::Client;
use super::signed_in::Actor;
use crate::app::App;
use crate::directory::PlanError;
use crate::people;
use crate::store::{By, PlanChange};

/// The calls under `/api/admin`.
pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/phones", get(registrations::server))
        .route("/posts", get(posts::list).post(posts::add))
        .route("/posts.csv", get(super::tables::posts))
        .route(
            "/posts/import",
            post(super::tables::import_places).layer(DefaultBodyLimit::max(people::MOST_BYTES)),
        )
        .route("/posts/{id}", patch(posts::change).delete(posts::remove))
        .route("/extensions", get(extensions::list).post(extensions::add))
        .route("/extensions/{number}", patch(extensions::change).delete(extensions::remove))
        .route("/extensions/{number}/mailbox-pin", put(super::messages::set_pin_of))
        .route("/extensions/{number}/devices", post(extensions::add_device))
        .route("/extensions/{number}/devices/{username}", delete(extensions::remove_device))
        .route("/extensions/{number}/devices/{username}/password", post(extensions::new_password))
        .route("/conference", get(conference::list))
        .route("/conference/{number}", put(conference::set).delete(conference::remove))
        .route("/groups", get(groups::list).post(groups::add))
        .route("/groups/{number}", patch(groups::change).delete(groups::remove))
        .route("/trunks", get(trunks::list).post(trunks::add))
        .route("/trunks/{id}", patch(trunks::change).delete(trunks::remove))
        .route("/routes", get(trunks::routes).put(trunks::set_route).delete(trunks::remove_route))
        .route("/numbers", get(trunks::numbers).put(trunks::set_number).delete(trunks::remove_number))
        .route("/registrations", get(registrations::list).delete(registrations::remove))
        .route("/explain", get(explain::number))
        .route("/problems", get(explain::problems))
        .route("/calls", get(calls::live))
        .route("/cdr", get(calls::list))
        .route("/cdr.csv", get(calls::csv))
}

/// A change of the plan by whoever asks.
pub(super) async fn change(app: &App, by: &impl Actor, client: &Client) -> Result<PlanChange, ApiError> {
    let by = By { actor: by.actor().id.as_str().to_owned(), address: Some(client.address) };
    Ok(app.store.change_plan(by, app.clock.now()).await?)
}

/// Makes a change true, and lets the phones see it before the answer.
pub(super) async fn commit(app: &App, change: PlanChange) -> Result<(), ApiError> {
    change.commit().await?;
    Ok(app.directory.refresh().await?)
}

impl From<PlanError> for ApiError {
    fn from(error: PlanError) -> Self {
        match error {
            PlanError::Invalid { field, reason } => Self::invalid_field(field, &reason),
            PlanError::Unknown { what, .. } => Self::not_found(what),
            PlanError::Store(error) => error.into(),
            other @ PlanError::Needed { .. } => {
                Self::new(StatusCode::CONFLICT, "in_use", sentence(&other.to_string()))
            }
            other @ (PlanError::Taken(_) | PlanError::Full { .. }) => {
                Self::conflict(&sentence(&other.to_string()))
            }
        }
    }
}

/// A fragment as a sentence.
fn sentence(fragment: &str) -> String {
    let mut chars = fragment.chars();
    let first: String = chars.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}
