//! Who runs a meeting: its host, and whoever sits there as chair or protocol officer, with an account or without.
//!
//! Whoever has no account shows the token that let them in. It says who they are; what they may do is asked of the plan
//! at every call, so that a seat that loses its role loses the rights at once.

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;

use super::ApiError;
use super::signed_in::{AtMeeting, SignedIn, unless_nobody};
use crate::accounts::User;
use crate::app::App;
use crate::meetings::schedule::SeatRole;
use crate::meetings::{Admission, Meeting, Rights};
use crate::store::StoreError;

/// Somebody who runs the meeting in the path.
#[derive(Debug, Clone)]
pub(super) struct DirectorOf {
    /// The meeting.
    pub meeting: Meeting,
    /// As whom the director is inside.
    pub identity: String,
    /// What the seat does there.
    pub role: Option<SeatRole>,
    /// The account, of whoever has one.
    user: Option<User>,
}

impl DirectorOf {
    /// Who it is, for the audit log.
    pub(super) fn actor(&self) -> &str {
        self.user.as_ref().map_or(&self.identity, |user| user.id.as_str())
    }

    /// Whether it is the meeting's host.
    pub(super) fn is_host(&self) -> bool {
        self.meeting.is_host(self.user.as_ref())
    }
}

impl FromRequestParts<App> for DirectorOf {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let signed_in = <SignedIn as FromRequestParts<App>>::from_request_parts(parts, app).await;
        let user = unless_nobody(signed_in)?.map(|signed_in| signed_in.user);
        let shown = bearer(parts);
        if user.is_none() && shown.is_none() {
            return Err(ApiError::not_signed_in());
        }
        let AtMeeting { meeting } = AtMeeting::from_request_parts(parts, app).await?;
        let shown = shown.and_then(|token| app.tokens.previous(&meeting, &token, app.clock.now()));
        let (identity, role) = match (&user, shown) {
            (Some(user), shown) => {
                let role = role_of_user(app, &meeting, user, shown.as_ref()).await?;
                (Admission::identity_of(&user.id), role)
            }
            (None, Some(guest)) if guest.is_guest() => {
                let role = role_of_guest(app, &meeting, &guest).await?;
                (guest.identity, role)
            }
            // What a user may do takes the user's sign-in.
            (None, _) => return Err(ApiError::not_signed_in()),
        };
        if !Rights::of(meeting.is_host(user.as_ref()), role).directs {
            return Err(ApiError::not_allowed(
                "Only the host, the chair and the protocol officer of the meeting may do this.",
            ));
        }
        Ok(Self { meeting, identity, role, user })
    }
}

/// What a user does in a meeting: on the seat that is meant for the user, or on that of the link that was followed.
async fn role_of_user(
    app: &App,
    meeting: &Meeting,
    user: &User,
    shown: Option<&Admission>,
) -> Result<Option<SeatRole>, StoreError> {
    let identity = Admission::identity_of(&user.id);
    if app.store.is_removed(&meeting.code, &identity).await? {
        return Ok(None);
    }
    let sits = shown.filter(|shown| shown.identity == identity).and_then(|shown| shown.badge.as_ref());
    if let Some(badge) = sits
        && app.store.seat_is_open(&meeting.code, badge.seat).await?
    {
        return app.store.seat_role(&meeting.code, badge.seat).await;
    }
    match app.store.badge_of_user(&meeting.code, user).await? {
        Some(badge) => Ok(Some(badge.role)),
        None => app.store.assigned_role(&meeting.code, &identity).await,
    }
}

/// What a guest does in a meeting, as long as the guest may be there.
async fn role_of_guest(
    app: &App,
    meeting: &Meeting,
    guest: &Admission,
) -> Result<Option<SeatRole>, StoreError> {
    if app.store.is_removed(&meeting.code, &guest.identity).await? {
        return Ok(None);
    }
    match Admission::seat_of(&guest.identity) {
        None => app.store.assigned_role(&meeting.code, &guest.identity).await,
        // A link that was taken back directs nothing.
        Some(seat) if !app.store.seat_is_open(&meeting.code, seat).await? => Ok(None),
        Some(seat) => app.store.seat_role(&meeting.code, seat).await,
    }
}

/// The token that a request shows (RFC 6750 §2.1).
fn bearer(parts: &Parts) -> Option<String> {
    let shown = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = shown.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}
