//! `/api/me/second-factor`: the code beside the password.

use axum::extract::State;
use axum::http::StatusCode;
use qrcode::{Color, QrCode};
use serde::{Deserialize, Serialize};

use super::accounts::verify;
use super::client::Client;
use super::signed_in::{Known, SignedIn};
use super::{ApiError, Json};
use crate::accounts::{InvalidText, TotpSecret, User, recovery_codes, recovery_hash};
use crate::app::App;
use crate::audit;
use crate::store::By;

#[derive(Deserialize)]
pub(super) struct WithPassword {
    current: String,
}

/// What goes into an authenticator, as text and as a picture; it is not told again.
#[derive(Serialize)]
pub(super) struct Offered {
    secret: String,
    uri: String,
    qr: Picture,
}

/// A QR code: a square of so many modules, the dark ones as a path of SVG.
#[derive(Debug, Serialize)]
struct Picture {
    size: usize,
    path: String,
}

/// `POST /api/me/second-factor`: a fresh secret, which is asked for only once it is confirmed.
pub(super) async fn begin(
    State(app): State<App>,
    client: Client,
    Known { user, .. }: Known,
    Json(request): Json<WithPassword>,
) -> Result<Json<Offered>, ApiError> {
    prove(&app, &client, &user, request.current, "second-factor.begin").await?;
    if user.second_factor {
        return Err(ApiError::conflict("There is a second factor already; remove it first."));
    }
    let secret = TotpSecret::random();
    app.store.begin_second_factor(&user.id, &secret).await?;
    let uri = secret.uri(HOUSE, user.email.as_str());
    let qr = picture(&uri).map_err(ApiError::internal)?;
    Ok(Json(Offered { secret: secret.base32(), uri, qr }))
}

#[derive(Deserialize)]
pub(super) struct WithCode {
    code: String,
}

#[derive(Serialize)]
pub(super) struct Confirmed {
    recovery_codes: Vec<String>,
}

/// `POST /api/me/second-factor/confirm`: the authenticator knows the secret; its codes are asked for from now on.
pub(super) async fn confirm(
    State(app): State<App>,
    client: Client,
    Known { user, session }: Known,
    Json(request): Json<WithCode>,
) -> Result<Json<Confirmed>, ApiError> {
    let email = user.email.as_str();
    app.gate.attempt_sign_in(client.address, email).map_err(ApiError::too_many_attempts)?;
    let missing = || ApiError::conflict("There is no second factor that waits to be confirmed; begin anew.");
    let now = app.clock.now();
    let secret = app.store.pending_second_factor(&user.id).await?.ok_or_else(missing)?;
    let Some(step) = secret.step_of(&request.code, now, 0) else { return Err(wrong_code_at("code")) };
    app.gate.sign_in_succeeded(client.address, email);
    let codes = recovery_codes();
    let hashes: Vec<String> = codes.iter().filter_map(|code| recovery_hash(code)).collect();
    let entry = entry(&user, "second-factor", &client);
    if !app.store.confirm_second_factor(&user.id, step, &hashes, now, &entry).await? {
        return Err(missing());
    }
    // Whoever is signed in elsewhere has not shown a code.
    app.store.delete_other_sessions(&user.id, &session).await?;
    Ok(Json(Confirmed { recovery_codes: codes }))
}

#[derive(Deserialize)]
pub(super) struct WithBoth {
    current: String,
    code: String,
}

/// `POST /api/me/second-factor/remove`: whoever is signed in shows both once more; all sign-ins end.
pub(super) async fn remove(
    State(app): State<App>,
    client: Client,
    SignedIn { user, .. }: SignedIn,
    Json(request): Json<WithBoth>,
) -> Result<StatusCode, ApiError> {
    prove(&app, &client, &user, request.current, "second-factor.remove").await?;
    app.gate.attempt_sign_in(client.address, user.email.as_str()).map_err(ApiError::too_many_attempts)?;
    if !code_is_good(&app, &user, &request.code).await? {
        return Err(wrong_code_at("code"));
    }
    app.gate.sign_in_succeeded(client.address, user.email.as_str());
    let by = By { actor: user.id.as_str().to_owned(), address: Some(client.address) };
    let mut change = app.store.change_plan(by, app.clock.now()).await?;
    change.reset_second_factor(&user.id).await?;
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Serialize)]
pub(super) struct Standing {
    enabled: bool,
    recovery_codes_left: u32,
}

/// `GET /api/me/second-factor`.
pub(super) async fn standing(
    State(app): State<App>,
    Known { user, .. }: Known,
) -> Result<Json<Standing>, ApiError> {
    let left = app.store.recovery_codes_left(&user.id).await?;
    Ok(Json(Standing { enabled: user.second_factor, recovery_codes_left: left }))
}

/// Whether a code is the authenticator's, or one of those for bad days; it is used up.
pub(super) async fn code_is_good(app: &App, user: &User, code: &str) -> Result<bool, ApiError> {
    let Some((secret, last)) = app.store.second_factor(&user.id).await? else { return Ok(false) };
    if let Some(step) = secret.step_of(code, app.clock.now(), last) {
        return Ok(app.store.use_second_factor(&user.id, step).await?);
    }
    match recovery_hash(code) {
        Some(hash) => Ok(app.store.use_recovery_code(&user.id, &hash).await?),
        None => Ok(false),
    }
}

/// Lets go on whoever knows the password of the own account.
async fn prove(
    app: &App,
    client: &Client,
    user: &User,
    password: String,
    action: &'static str,
) -> Result<(), ApiError> {
    let email = user.email.as_str();
    app.gate.attempt_sign_in(client.address, email).map_err(ApiError::too_many_attempts)?;
    if verify(app, email, password).await.is_err() {
        app.audit(user.id.as_str(), action, "", client, "wrong_credentials").await?;
        return Err(ApiError::invalid("current", InvalidText("it is not the password of this account")));
    }
    app.gate.sign_in_succeeded(client.address, email);
    Ok(())
}

fn wrong_code_at(field: &'static str) -> ApiError {
    ApiError::invalid(field, InvalidText("it is not the code of this moment, or it was used already"))
}

fn entry(user: &User, action: &'static str, client: &Client) -> audit::Entry {
    audit::Entry {
        actor: user.id.as_str().to_owned(),
        action,
        object: String::new(),
        address: Some(client.address),
        result: "ok",
    }
}

fn picture(text: &str) -> Result<Picture, qrcode::types::QrError> {
    let code = QrCode::new(text)?;
    let width = code.width();
    let mut path = String::new();
    for (at, color) in code.to_colors().into_iter().enumerate() {
        if color == Color::Dark {
            // The standard wants four light modules around.
            path += &format!("M{} {}h1v1h-1z", at % width + 4, at / width + 4);
        }
    }
    Ok(Picture { size: width + 8, path })
}

/// How authenticators name us.
const HOUSE: &str = "Palabre";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_has_its_three_corners_within_a_light_border() {
        let picture = picture("otpauth://totp/Palabre:awa?secret=GEZDGNBV").unwrap();

        let last = picture.size - 5;
        for corner in ["M4 4h1".to_owned(), format!("M{last} 4h1"), format!("M4 {last}h1")] {
            assert!(picture.path.contains(&corner), "{corner}");
        }
        assert!(!picture.path.contains("M3 ") && !picture.path.contains(&format!("M{} ", last + 1)));
    }
}
