//! `/api/admin/phones` and `/api/admin/registrations`: where phones find us, and where they are.

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use sip_gateway::{Directory as _, Fact};
use sip_gateway_proto::plan::{Plan, PostId};

use crate::app::App;
use crate::directory::{PhoneServer, RegistrationView, phone_server};
use crate::http::asked::InQuery;
use crate::http::client::Client;
use crate::http::signed_in::{Keeper, Phones as PhonesKept};
use crate::http::{ApiError, Json};

#[derive(Serialize)]
pub(in crate::http) struct Phones {
    /// `null` while phones are switched off.
    server: Option<PhoneServer>,
}

/// `GET /api/admin/phones`.
pub(in crate::http) async fn server(
    State(app): State<App>,
    client: Client,
    _: Keeper<PhonesKept>,
) -> Json<Phones> {
    Json(Phones { server: phone_server(&app.config, Some(client.host())) })
}

#[derive(Serialize)]
pub(in crate::http) struct Registrations {
    registrations: Vec<RegistrationView>,
}

/// `GET /api/admin/registrations`.
pub(in crate::http) async fn list(
    State(app): State<App>,
    by: Keeper<PhonesKept>,
) -> Result<Json<Registrations>, ApiError> {
    // What was heard of phones in the last seconds may not be stored yet.
    app.directory.flush().await?;
    let bindings = app.store.bindings(app.clock.now()).await?;
    let plan = app.directory.plan();
    let own = bindings.iter().filter(|binding| by.scope.reaches(post_of(&plan, &binding.aor)));
    let registrations = own.take(MOST).map(RegistrationView::from).collect();
    Ok(Json(Registrations { registrations }))
}

#[derive(Deserialize)]
pub(in crate::http) struct Which {
    number: String,
    key: String,
}

/// `DELETE /api/admin/registrations?number=…&key=…`: the phone is not called any more until it registers again.
pub(in crate::http) async fn remove(
    State(app): State<App>,
    client: Client,
    by: Keeper<PhonesKept>,
    InQuery(which): InQuery<Which>,
) -> Result<StatusCode, ApiError> {
    app.directory.flush().await?;
    by.at(post_of(&app.directory.plan(), &which.number))?;
    if !app.store.delete_binding(&which.number, &which.key).await? {
        return Err(ApiError::not_found("registration"));
    }
    app.directory.record(Fact::Unbound { aor: which.number.clone(), key: which.key.clone() });
    app.directory.remove_binding(which.number.clone(), which.key);
    app.audit(by.user.id.as_str(), "registration.remove", &which.number, &client, "ok").await?;
    Ok(StatusCode::NO_CONTENT)
}

fn post_of(plan: &Plan, number: &str) -> Option<PostId> {
    plan.extension(number).map(|extension| extension.post)
}

/// What one page can show.
const MOST: usize = 5_000;
