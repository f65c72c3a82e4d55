//! `/api/oidc`: signing in at the ministry's own page. Whatever goes wrong ends at our sign-in page with a word.

use axum::extract::State;
use axum::http::header::{COOKIE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use jiff::Timestamp;
use serde::Deserialize;

use super::ApiError;
use super::accounts::begin_session;
use super::asked::InQuery;
use super::client::Client;
use crate::accounts::oidc::{Attempt, Claims, Issuer, OidcError, Returned};
use crate::accounts::{Email, Origin, Role, User, display_name};
use crate::app::App;
use crate::store::By;

type Redirect = (StatusCode, [(HeaderName, HeaderValue); 2]);

#[derive(Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    next: String,
}

/// `GET /api/oidc/start?next=/…`: to the issuer.
pub(super) async fn start(
    State(app): State<App>,
    client: Client,
    InQuery(wanted): InQuery<Wanted>,
) -> Result<Redirect, ApiError> {
    let issuer = issuer(&app)?;
    app.gate.attempt_setup(client.address).map_err(ApiError::too_many_attempts)?;
    let metadata = match issuer.metadata().await {
        Ok(metadata) => metadata,
        Err(error) => {
            tracing::warn!(%error, "nobody can sign in at the issuer");
            return sign_in_page(&client, "oidc_unreachable");
        }
    };
    let origin = app.config.http.public_url.as_deref().unwrap_or(&client.origin);
    let attempt = Attempt::begin(origin, &wanted.next, app.clock.now().as_second());
    let kept = serde_json::to_string(&attempt).map_err(ApiError::internal)?;
    let kept = app.store.seal(UNDER_WAY, &kept)?;
    let address = attempt.address(&metadata, &issuer.config().client_id);
    redirect(&address, cookie(&client, &kept, 600))
}

/// `GET /api/oidc/callback`: from the issuer.
pub(super) async fn callback(
    State(app): State<App>,
    client: Client,
    headers: HeaderMap,
    InQuery(returned): InQuery<Returned>,
) -> Result<Redirect, ApiError> {
    let issuer = issuer(&app)?;
    app.gate.attempt_setup(client.address).map_err(ApiError::too_many_attempts)?;
    let signed_in = finish(&app, &client, issuer, &headers, &returned).await;
    let (actor, result) = match &signed_in {
        Ok((user, _)) => (user.id.as_str().to_owned(), "ok"),
        Err(End::Word(word)) => ("-".to_owned(), *word),
        Err(End::Fault(error)) => ("-".to_owned(), error.code),
    };
    app.audit(&actor, "sign-in.oidc", "", &client, result).await?;
    match signed_in {
        Ok((user, next)) => {
            let [(_, session)] = begin_session(&app, &client, &user).await?;
            redirect(&next, session)
        }
        Err(End::Word(word)) => sign_in_page(&client, word),
        Err(End::Fault(error)) => Err(error),
    }
}

/// How an attempt ends that does not sign in.
enum End {
    /// With a word for the sign-in page.
    Word(&'static str),
    /// With a fault of ours.
    Fault(ApiError),
}

impl<E: Into<ApiError>> From<E> for End {
    fn from(error: E) -> Self {
        Self::Fault(error.into())
    }
}

async fn finish(
    app: &App,
    client: &Client,
    issuer: &Issuer,
    headers: &HeaderMap,
    returned: &Returned,
) -> Result<(User, String), End> {
    let now = app.clock.now();
    let attempt = kept(app, headers).ok_or(End::Word("oidc_stray"))?;
    let claims = async {
        let metadata = issuer.metadata().await?;
        let code = attempt.code(returned, &metadata, now.as_second())?;
        issuer.claims(&attempt, code, now.as_second()).await
    };
    let claims = claims.await.map_err(|error| {
        tracing::warn!(%error, "somebody could not sign in at the issuer");
        End::Word(match error {
            OidcError::Issuer(_) => "oidc_unreachable",
            OidcError::Stray(_) => "oidc_stray",
            OidcError::Refused(_) => "oidc_refused",
            OidcError::Token(_) => "oidc_token",
        })
    })?;
    let user = account(app, client, issuer, &claims, now).await?;
    if user.disabled {
        return Err(End::Word("oidc_no_account"));
    }
    Ok((user, attempt.next().to_owned()))
}

/// Whose account this is: by the issuer's name for it, else by an address that the issuer has made sure of, else a new one
/// if the operator wants that.
async fn account(
    app: &App,
    client: &Client,
    issuer: &Issuer,
    claims: &Claims,
    now: Timestamp,
) -> Result<User, End> {
    let config = issuer.config();
    let subject = format!("{}#{}", config.issuer, claims.subject);
    let role = config.role_of(&claims.groups);
    let by = By { actor: "oidc".to_owned(), address: Some(client.address) };
    let mut change = app.store.change_plan(by, now).await?;
    if let Some(mut user) = change.user_by_subject(&subject).await? {
        // Groups say what somebody may do only where there is no other word for it.
        if let Some(role) = role
            && user.origin == Origin::Oidc
            && user.role != role
        {
            user.role = role;
            change.change_user(&user).await?;
            change.commit().await?;
        }
        return Ok(user);
    }
    let email = claims.verified_email.as_deref().and_then(|email| Email::new(email).ok());
    let email = email.ok_or(End::Word("oidc_no_email"))?;
    if let Some(user) = change.user_by_email(&email).await? {
        if !config.link {
            return Err(End::Word("oidc_no_account"));
        }
        if !change.link_subject(&user.id, &subject).await? {
            // It is somebody else's there.
            return Err(End::Word("oidc_no_account"));
        }
        change.commit().await?;
        return Ok(user);
    }
    if !config.create {
        return Err(End::Word("oidc_no_account"));
    }
    let name = claims.name.as_deref().and_then(|name| display_name(name).ok());
    let name = name.unwrap_or_else(|| email.as_str().split('@').next().unwrap_or_default().to_owned());
    let user = User { origin: Origin::Oidc, ..User::new(name, email, role.unwrap_or(Role::User), now) };
    change.add_user(&user, "", app.config.limits.users).await?;
    change.link_subject(&user.id, &subject).await?;
    change.commit().await?;
    Ok(user)
}

fn issuer(app: &App) -> Result<&Issuer, ApiError> {
    app.issuer.as_ref().ok_or_else(|| ApiError::not_found("way to sign in"))
}

/// The attempt that this browser has begun.
fn kept(app: &App, headers: &HeaderMap) -> Option<Attempt> {
    let sealed = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(NAME)?.strip_prefix('='))?;
    serde_json::from_str(&app.store.open_sealed(UNDER_WAY, sealed).ok()?).ok()
}

fn cookie(client: &Client, value: &str, seconds: u32) -> String {
    let secure = if client.is_secure() { "; Secure" } else { "" };
    format!("{NAME}={value}; Path=/api/oidc; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}")
}

fn sign_in_page(client: &Client, word: &str) -> Result<Redirect, ApiError> {
    redirect(&format!("/sign-in?error={word}"), cookie(client, "", 0))
}

fn redirect<C: TryInto<HeaderValue>>(to: &str, cookie: C) -> Result<Redirect, ApiError> {
    let location = HeaderValue::from_str(to).map_err(ApiError::internal)?;
    let cookie = cookie.try_into().map_err(|_| ApiError::internal("a cookie that is no header"))?;
    Ok((StatusCode::SEE_OTHER, [(LOCATION, location), (SET_COOKIE, cookie)]))
}

const NAME: &str = "palabre_oidc";
const UNDER_WAY: &str = "a sign-in that is under way";
