//! Who is signed in, and who is host: extractors that handlers name in their arguments.

use std::convert::Infallible;
use std::marker::PhantomData;

use axum::extract::{FromRequestParts, OptionalFromRequestParts, Path};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use serde::Deserialize;
use sip_gateway_proto::plan::PostId;

use super::ApiError;
use super::client::Client;
use crate::accounts::{Deed, Duty, Scope, Secret, User};
use crate::app::App;
use crate::meetings::{Meeting, MeetingCode};

/// Somebody is signed in, perhaps with something to do before anything else.
#[derive(Debug, Clone)]
pub(super) struct Known {
    /// Who.
    pub user: User,
    /// The sign-in's name in the store.
    pub session: String,
}

impl FromRequestParts<App> for Known {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let session = session(parts).ok_or_else(ApiError::not_signed_in)?;
        let limits = &app.config.limits;
        let user = app
            .store
            .session_user(&session, app.clock.now(), limits.session_idle, limits.session)
            .await?
            .ok_or_else(ApiError::not_signed_in)?;
        Ok(Self { user, session })
    }
}

impl OptionalFromRequestParts<App> for Known {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Option<Self>, ApiError> {
        unless_nobody(<Self as FromRequestParts<App>>::from_request_parts(parts, app).await)
    }
}

/// Somebody is signed in and may go on.
#[derive(Debug, Clone)]
pub(super) struct SignedIn {
    /// Who.
    pub user: User,
    /// The sign-in's name in the store.
    pub session: String,
}

impl FromRequestParts<App> for SignedIn {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let Known { user, session } =
            <Known as FromRequestParts<App>>::from_request_parts(parts, app).await?;
        match user.duties(&app.config.accounts.second_factor).first() {
            Some(Duty::Password) => {
                let message = "The password was chosen by somebody else; change it first of all.";
                Err(ApiError::new(StatusCode::FORBIDDEN, "password_must_change", message))
            }
            Some(Duty::SecondFactor) => {
                let message = "This role needs a second factor; set one up first of all.";
                Err(ApiError::new(StatusCode::FORBIDDEN, "second_factor_missing", message))
            }
            None => Ok(Self { user, session }),
        }
    }
}

impl OptionalFromRequestParts<App> for SignedIn {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Option<Self>, ApiError> {
        unless_nobody(signed_in(parts, app).await)
    }
}

pub(super) fn unless_nobody<T>(who: Result<T, ApiError>) -> Result<Option<T>, ApiError> {
    match who {
        Ok(who) => Ok(Some(who)),
        Err(error) if error.code == "not_signed_in" => Ok(None),
        Err(error) => Err(error),
    }
}

/// An administrator is signed in.
#[derive(Debug, Clone)]
pub(super) struct Administrator {
    /// Who.
    pub user: User,
}

impl FromRequestParts<App> for Administrator {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let SignedIn { user, .. } = signed_in(parts, app).await?;
        match user.scope(Deed::Administer) {
            Some(Scope::Everywhere) => Ok(Self { user }),
            _ => Err(ApiError::not_allowed("Only an administrator may do this.")),
        }
    }
}

/// Somebody is signed in who may look after something, in the whole house or at one post.
#[derive(Debug, Clone)]
pub(super) struct Keeper<What> {
    /// Who.
    pub user: User,
    /// Where.
    pub scope: Scope,
    what: PhantomData<What>,
}

/// What a [`Keeper`] looks after.
pub(super) trait Kept {
    const DEED: Deed;
}

/// Extensions, devices, groups.
#[derive(Debug, Clone)]
pub(super) struct Phones;

impl Kept for Phones {
    const DEED: Deed = Deed::ManagePhones;
}

/// Accounts.
#[derive(Debug, Clone)]
pub(super) struct People;

impl Kept for People {
    const DEED: Deed = Deed::ManagePeople;
}

impl<What: Kept> FromRequestParts<App> for Keeper<What> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let SignedIn { user, .. } = signed_in(parts, app).await?;
        let scope = user.scope(What::DEED);
        let scope = scope
            .ok_or_else(|| ApiError::not_allowed("Only an administrator or an IT officer may do this."))?;
        Ok(Self { user, scope, what: PhantomData })
    }
}

impl<What> Keeper<What> {
    /// Refuses what does not belong to a post of this keeper.
    pub(super) fn at(&self, post: Option<PostId>) -> Result<(), ApiError> {
        if self.scope.reaches(post) {
            return Ok(());
        }
        Err(ApiError::not_allowed("It belongs to another post than yours; an administrator may do this."))
    }
}

/// Whoever changes something, for the audit log.
pub(super) trait Actor {
    fn actor(&self) -> &User;
}

impl Actor for Administrator {
    fn actor(&self) -> &User {
        &self.user
    }
}

impl<What> Actor for Keeper<What> {
    fn actor(&self) -> &User {
        &self.user
    }
}

/// The host of the meeting in the path is signed in.
#[derive(Debug, Clone)]
pub(super) struct HostOf {
    /// The meeting.
    pub meeting: Meeting,
    /// Its host.
    pub user: User,
}

impl FromRequestParts<App> for HostOf {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let SignedIn { user, .. } = signed_in(parts, app).await?;
        let AtMeeting { meeting } = AtMeeting::from_request_parts(parts, app).await?;
        if !meeting.is_host(Some(&user)) {
            return Err(ApiError::not_allowed("Only the host of the meeting may do this."));
        }
        Ok(Self { meeting, user })
    }
}

/// The meeting in the path exists.
#[derive(Debug, Clone)]
pub(super) struct AtMeeting {
    /// The meeting.
    pub meeting: Meeting,
}

impl FromRequestParts<App> for AtMeeting {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        #[derive(Deserialize)]
        struct InPath {
            code: String,
        }
        let not_found = || ApiError::not_found("meeting");

        let path = <Path<InPath> as FromRequestParts<App>>::from_request_parts(parts, app).await;
        let Path(path) = path.map_err(|_| not_found())?;
        let code = MeetingCode::parse(&path.code).ok_or_else(not_found)?;
        let meeting = app.store.meeting(&code).await?.ok_or_else(not_found)?;
        Ok(Self { meeting })
    }
}

async fn signed_in(parts: &mut Parts, app: &App) -> Result<SignedIn, ApiError> {
    <SignedIn as FromRequestParts<App>>::from_request_parts(parts, app).await
}

/// The name in the store of the sign-in that a request carries, if it carries what could be one.
pub(super) fn session(parts: &Parts) -> Option<String> {
    parts
        .headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
        .and_then(Secret::shown)
        .map(|secret| secret.hash())
}

/// The sign-in that a request carries, whether good or not.
#[derive(Debug, Clone)]
pub(super) struct CarriedSession(pub Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for CarriedSession {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(session(parts)))
    }
}

/// The `Set-Cookie` that signs a browser in.
pub(super) fn cookie(client: &Client, secret: &Secret, lifetime: std::time::Duration) -> HeaderValue {
    set_cookie(client, secret.expose(), lifetime.as_secs())
}

/// The `Set-Cookie` that makes a browser forget its sign-in.
pub(super) fn no_cookie(client: &Client) -> HeaderValue {
    set_cookie(client, "", 0)
}

fn set_cookie(client: &Client, value: &str, max_age: u64) -> HeaderValue {
    let secure = if client.is_secure() { "; Secure" } else { "" };
    format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={max_age}{secure}")
        .parse()
        .expect("a cookie of ours is plain ASCII")
}

const COOKIE: &str = "palabre_session";
