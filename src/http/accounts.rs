//! `/api/sign-in`, `/api/sign-out` and `/api/me`.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use sip_gateway::Directory as _;
use sip_gateway_proto::plan::Plan;

use super::client::Client;
use super::signed_in::{CarriedSession, Known, cookie, no_cookie};
use super::{ApiError, Json, second_factor};
use crate::accounts::ldap::Directory;
use crate::accounts::{Deed, Duty, Email, InvalidText, Origin, Role, Secret, User, check_password};
use crate::app::App;
use crate::directory::Hours;
use crate::metrics::SignInResult;
use crate::people::{What, put_person};
use crate::store::{By, SignedInFrom};

/// An account as everybody sees it who may.
#[derive(Debug, Serialize)]
pub(super) struct UserView {
    id: String,
    name: String,
    email: String,
    role: Role,
    function: String,
    rank: Option<u16>,
    post: Option<i64>,
    post_name: Option<String>,
    languages: Vec<String>,
    extension: Option<String>,
    origin: Origin,
    disabled: bool,
    must_change: bool,
    second_factor: bool,
}

impl UserView {
    /// An account at a post of this plan.
    pub(super) fn of(user: User, plan: &Plan) -> Self {
        Self {
            id: user.id.as_str().to_owned(),
            post_name: user.post.and_then(|post| plan.post(post)).map(|post| post.name.clone()),
            name: user.name,
            email: user.email.as_str().to_owned(),
            role: user.role,
            function: user.function,
            rank: user.rank,
            post: user.post.map(|post| post.0),
            languages: user.languages,
            extension: user.extension,
            origin: user.origin,
            disabled: user.disabled,
            must_change: user.must_change,
            second_factor: user.second_factor,
        }
    }
}

/// The own account, with what it may do and what it has to do first.
#[derive(Debug, Serialize)]
pub(super) struct Me {
    #[serde(flatten)]
    account: UserView,
    may: May,
    duties: Vec<Duty>,
    clocks: Vec<Hours>,
}

/// What pages need to know of `accounts::rights`: whether to show themselves.
#[derive(Debug, Serialize)]
struct May {
    administer: bool,
    manage_phones: bool,
    manage_people: bool,
    schedule_for_others: bool,
}

impl Me {
    pub(super) fn of(app: &App, user: User) -> Self {
        let may = |deed| user.scope(deed).is_some();
        Self {
            may: May {
                administer: may(Deed::Administer),
                manage_phones: may(Deed::ManagePhones),
                manage_people: may(Deed::ManagePeople),
                schedule_for_others: may(Deed::ScheduleForOthers),
            },
            duties: user.duties(&app.config.accounts.second_factor),
            clocks: app.hours(&user),
            account: UserView::of(user, &app.directory.plan()),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct SignIn {
    email: String,
    password: String,
    /// Of the authenticator, or one for bad days; when it is missing, it is asked for.
    code: Option<String>,
}

pub(super) type SetCookie = [(header::HeaderName, HeaderValue); 1];

/// `POST /api/sign-in`. Known and unknown users get the same answers after the same time.
pub(super) async fn sign_in(
    State(app): State<App>,
    client: Client,
    Json(request): Json<SignIn>,
) -> Result<(SetCookie, Json<Me>), ApiError> {
    if let Err(wait) = app.gate.attempt_sign_in(client.address, &request.email) {
        // Not in the audit log: a flood must not fill it.
        app.counters.sign_in(SignInResult::Stopped);
        return Err(ApiError::too_many_attempts(wait));
    }

    let user = match verify(&app, &request.email, request.password).await {
        Ok(user) => second_step(&app, user, request.code.as_deref()).await,
        Err(error) => Err(error),
    };
    app.counters.sign_in(if user.is_ok() { SignInResult::Good } else { SignInResult::Failed });
    let actor = user.as_ref().map_or("-", |user| user.id.as_str());
    let result = user.as_ref().map_or_else(|error| error.code, |_| "ok");
    app.audit(actor, "sign-in", "", &client, result).await?;

    let user = user?;
    app.gate.sign_in_succeeded(client.address, &request.email);
    let cookie = begin_session(&app, &client, &user).await?;
    Ok((cookie, Json(Me::of(&app, user))))
}

/// Asks for a code where the account has a second factor. An attempt counts as failed until the code was right.
async fn second_step(app: &App, user: User, code: Option<&str>) -> Result<User, ApiError> {
    if !user.second_factor {
        return Ok(user);
    }
    let Some(code) = code.filter(|code| !code.trim().is_empty()) else {
        let message = "The password is right; the code of the authenticator is needed beside it.";
        return Err(ApiError::new(StatusCode::UNAUTHORIZED, "code_needed", message));
    };
    if second_factor::code_is_good(app, &user, code).await? {
        return Ok(user);
    }
    let message = "The code is wrong, or was used already; wait for the next one.";
    Err(ApiError::new(StatusCode::UNAUTHORIZED, "wrong_code", message))
}

/// Whose password this is. Known and unknown users take the same time.
pub(super) async fn verify(app: &App, email: &str, password: String) -> Result<User, ApiError> {
    // What cannot be an address is looked up as nobody's, and takes as long.
    let found = match Email::new(email) {
        Ok(email) => app.store.user_by_email(&email).await?,
        Err(_) => None,
    };
    let (user, stored) = found.unzip();
    // Nobody's password takes as long as anybody's, also where the directory is asked afterwards.
    let same = app.passwords.verify(password.clone(), stored).await?;
    let user = match (user, &app.ldap) {
        (None, Some(directory)) => directorys(app, directory, email, &password).await?,
        (Some(user), Some(directory)) if user.origin == Origin::Ldap => {
            directorys(app, directory, email, &password).await?.filter(|found| found.id == user.id)
        }
        (user, _) => user.filter(|_| same),
    };
    // Whether an account is disabled is told to nobody who does not know its password, and not to them either.
    user.filter(|user| !user.disabled).ok_or_else(|| {
        let message = "The e-mail address or the password is wrong; check both and try again.";
        ApiError::new(StatusCode::UNAUTHORIZED, "wrong_credentials", message)
    })
}

/// The account of whoever has this name and password in the directory, as the directory describes it now.
async fn directorys(
    app: &App,
    directory: &Directory,
    login: &str,
    password: &str,
) -> Result<Option<User>, ApiError> {
    let person =
        directory.sign_in(login, password).await.map_err(|error| ApiError::directory_away(&error))?;
    let Some(person) = person else { return Ok(None) };
    let (by, now) = (By { actor: "ldap".to_owned(), address: None }, app.clock.now());
    let mut change = app.store.change_plan(by, now).await?;
    let Some((user, what)) = put_person(&mut change, &person, app.config.limits.users, now).await? else {
        return Ok(None);
    };
    if what != What::Same {
        change.commit().await?;
        app.directory.refresh().await?;
    }
    Ok(Some(user))
}

/// Signs a user in: remembers the session and gives the browser its cookie.
pub(super) async fn begin_session(app: &App, client: &Client, user: &User) -> Result<SetCookie, ApiError> {
    let secret = Secret::random();
    let from = SignedInFrom { agent: client.agent.clone(), address: client.address.to_string() };
    app.store.insert_session(&secret.hash(), &user.id, &from, app.clock.now(), MOST_SESSIONS).await?;
    let cookie = cookie(client, &secret, app.config.limits.session);
    Ok([(header::SET_COOKIE, cookie)])
}

/// `POST /api/sign-out`. Whoever is not signed in is signed out already.
pub(super) async fn sign_out(
    State(app): State<App>,
    client: Client,
    signed_in: Option<Known>,
    CarriedSession(session): CarriedSession,
) -> Result<(StatusCode, SetCookie), ApiError> {
    if let Some(session) = session {
        app.store.delete_session(&session).await?;
    }
    if let Some(Known { user, .. }) = signed_in {
        app.audit(user.id.as_str(), "sign-out", "", &client, "ok").await?;
    }
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, no_cookie(&client))]))
}

/// `GET /api/me`: `null` when nobody is signed in, which is no error for a page that asks.
pub(super) async fn me(State(app): State<App>, signed_in: Option<Known>) -> Json<Option<Me>> {
    Json(signed_in.map(|Known { user, .. }| Me::of(&app, user)))
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
    Known { user, session }: Known,
    Json(request): Json<ChangePassword>,
) -> Result<StatusCode, ApiError> {
    if user.origin != Origin::Local {
        return Err(ApiError::conflict("The password of this account is kept elsewhere; change it there."));
    }
    let email = user.email.as_str();
    app.gate.attempt_sign_in(client.address, email).map_err(ApiError::too_many_attempts)?;
    if verify(&app, email, request.current).await.is_err() {
        app.audit(user.id.as_str(), "password", "", &client, "wrong_credentials").await?;
        return Err(ApiError::invalid("current", InvalidText("it is not the password of this account")));
    }
    app.gate.sign_in_succeeded(client.address, email);
    check_password(&request.new, user.role, &user.about())
        .map_err(|reason| ApiError::invalid("new", reason))?;

    let hash = app.passwords.hash(request.new).await?;
    app.store.change_password(&user.id, &hash, &session).await?;
    app.audit(user.id.as_str(), "password", "", &client, "ok").await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A person has some devices; whoever signs in more often loses the sign-ins not used for longest.
const MOST_SESSIONS: u32 = 20;
