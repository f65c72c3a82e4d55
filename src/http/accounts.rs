//! `/api/sign-in`, `/api/sign-out` and `/api/me`.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};

use super::client::Client;
use super::signed_in::{CarriedSession, SignedIn, cookie, no_cookie};
use super::{ApiError, Json};
use crate::accounts::{Email, InvalidText, Role, Secret, User, check_password};
use crate::app::App;
use crate::metrics::SignInResult;

/// An account as everybody sees it who may.
#[derive(Debug, Serialize)]
pub(super) struct UserView {
    id: String,
    name: String,
    email: String,
    role: Role,
    extension: Option<String>,
}

impl From<User> for UserView {
    fn from(user: User) -> Self {
        Self {
            id: user.id.as_str().to_owned(),
            name: user.name,
            email: user.email.as_str().to_owned(),
            role: user.role,
            extension: user.extension,
        }
    }
}

#[derive(Deserialize)]
pub(super) struct SignIn {
    email: String,
    password: String,
}

type SetCookie = [(header::HeaderName, HeaderValue); 1];

/// `POST /api/sign-in`. Known and unknown users get the same answers after the same time.
pub(super) async fn sign_in(
    State(app): State<App>,
    client: Client,
    Json(request): Json<SignIn>,
) -> Result<(SetCookie, Json<UserView>), ApiError> {
    if let Err(wait) = app.gate.attempt_sign_in(client.address, &request.email) {
        // Not in the audit log: a flood must not fill it.
        app.counters.sign_in(SignInResult::Stopped);
        return Err(ApiError::too_many_attempts(wait));
    }

    let user = verify(&app, &request.email, request.password).await;
    app.counters.sign_in(if user.is_ok() { SignInResult::Good } else { SignInResult::Failed });
    let actor = user.as_ref().map_or("-", |user| user.id.as_str());
    let result = user.as_ref().map_or_else(|error| error.code, |_| "ok");
    app.audit(actor, "sign-in", "", &client, result).await?;

    let user = user?;
    app.gate.sign_in_succeeded(client.address, &request.email);
    let cookie = begin_session(&app, &client, &user).await?;
    Ok((cookie, Json(user.into())))
}

async fn verify(app: &App, email: &str, password: String) -> Result<User, ApiError> {
    // What cannot be an address is looked up as nobody's, and takes as long.
    let found = match Email::new(email) {
        Ok(email) => app.store.user_by_email(&email).await?,
        Err(_) => None,
    };
    let (user, stored) = found.unzip();
    let same = app.passwords.verify(password, stored).await?;
    user.filter(|_| same).ok_or_else(|| {
        let message = "The e-mail address or the password is wrong; check both and try again.";
        ApiError::new(StatusCode::UNAUTHORIZED, "wrong_credentials", message)
    })
}

/// Signs a user in: remembers the session and gives the browser its cookie.
pub(super) async fn begin_session(app: &App, client: &Client, user: &User) -> Result<SetCookie, ApiError> {
    let secret = Secret::random();
    app.store.insert_session(&secret.hash(), &user.id, app.clock.now(), MOST_SESSIONS).await?;
    let cookie = cookie(client, &secret, app.config.limits.session);
    Ok([(header::SET_COOKIE, cookie)])
}

/// `POST /api/sign-out`. Whoever is not signed in is signed out already.
pub(super) async fn sign_out(
    State(app): State<App>,
    client: Client,
    signed_in: Option<SignedIn>,
    CarriedSession(session): CarriedSession,
) -> Result<(StatusCode, SetCookie), ApiError> {
    if let Some(session) = session {
        app.store.delete_session(&session).await?;
    }
    if let Some(SignedIn { user, .. }) = signed_in {
        app.audit(user.id.as_str(), "sign-out", "", &client, "ok").await?;
    }
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, no_cookie(&client))]))
}

/// `GET /api/me`: `null` when nobody is signed in, which is no error for a page that asks.
pub(super) async fn me(signed_in: Option<SignedIn>) -> Json<Option<UserView>> {
    Json(signed_in.map(|signed_in| signed_in.user.into()))
}

#[derive(Deserialize)]
pub(super) struct ChangePassword {
    current: String,
    new: String,
}

/// `POST /api/me/password`: the other sign-ins of the user end.
pub(super) async fn change_password(
    State(app): State<App>,
    client: Client,
    SignedIn { user, session }: SignedIn,
    Json(request): Json<ChangePassword>,
) -> Result<StatusCode, ApiError> {
    let email = user.email.as_str();
    app.gate.attempt_sign_in(client.address, email).map_err(ApiError::too_many_attempts)?;
    if verify(&app, email, request.current).await.is_err() {
        app.audit(user.id.as_str(), "password", "", &client, "wrong_credentials").await?;
        return Err(ApiError::invalid("current", InvalidText("it is not the password of this account")));
    }
    app.gate.sign_in_succeeded(client.address, email);
    check_password(&request.new, user.role).map_err(|reason| ApiError::invalid("new", reason))?;

    let hash = app.passwords.hash(request.new).await?;
    app.store.change_password(&user.id, &hash, &session).await?;
    app.audit(user.id.as_str(), "password", "", &client, "ok").await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A person has some devices; whoever signs in more often loses the sign-ins not used for longest.
const MOST_SESSIONS: u32 = 20;
