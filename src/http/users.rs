//! `/api/users`: what administrators, and the IT officer of a post, do with accounts.

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use sip_gateway::Directory as _;
use sip_gateway_proto::plan::PostId;

use super::accounts::UserView;
use super::asked::{InPath, InQuery, said};
use super::client::Client;
use super::phones::{change as begin, commit};
use super::signed_in::{Keeper, People};
use super::{ApiError, Json};
use crate::accounts::{
    Email, InvalidText, Origin, Role, Scope, User, UserId, check_password, display_name, function, languages,
    may_give, rank,
};
use crate::app::App;
use crate::directory::fold;
use crate::store::PlanChange;

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    q: String,
    post: Option<i64>,
    after: Option<usize>,
    limit: Option<usize>,
}

#[derive(Serialize)]
pub(super) struct Users {
    users: Vec<UserView>,
    /// How many are found, on all pages.
    total: usize,
    /// Give it back as `after` for the next page; `null` on the last one.
    next: Option<usize>,
}

/// `GET /api/users`: those in whose name, address, function, extension or post every word is found.
pub(super) async fn list(
    State(app): State<App>,
    Keeper { scope, .. }: Keeper<People>,
    InQuery(asked): InQuery<Asked>,
) -> Result<Json<Users>, ApiError> {
    app.directory.refresh().await?;
    let plan = app.directory.plan();
    let text = fold(&asked.q.chars().take(MOST_TEXT).collect::<String>());
    let words: Vec<&str> = text.split_whitespace().collect();
    let found = |user: &User| {
        let post = user.post.and_then(|post| plan.post(post)).map_or("", |post| post.name.as_str());
        let extension = user.extension.as_deref().unwrap_or_default();
        let all =
            fold(&format!("{} {} {} {extension} {post}", user.name, user.email.as_str(), user.function));
        words.iter().all(|word| all.contains(word))
    };
    let mut users = app.store.users().await?;
    users.retain(|user| {
        scope.reaches(user.post)
            && asked.post.is_none_or(|post| user.post == Some(PostId(post)))
            && found(user)
    });
    let (after, limit) = (asked.after.unwrap_or(0), asked.limit.unwrap_or(PAGE).clamp(1, MOST_PAGE));
    let total = users.len();
    let next = (after.saturating_add(limit) < total).then(|| after + limit);
    let users = users.into_iter().skip(after).take(limit).map(|user| UserView::of(user, &plan)).collect();
    Ok(Json(Users { users, total, next }))
}

/// What may be said when an account is made, and changed later.
#[derive(Deserialize)]
pub(super) struct Person {
    name: Option<String>,
    email: Option<String>,
    role: Option<Role>,
    function: Option<String>,
    #[serde(default, deserialize_with = "said")]
    rank: Option<Option<u16>>,
    #[serde(default, deserialize_with = "said")]
    post: Option<Option<i64>>,
    languages: Option<Vec<String>>,
    #[serde(default, deserialize_with = "said")]
    extension: Option<Option<String>>,
    disabled: Option<bool>,
}

impl Person {
    fn on(self, user: User) -> Result<User, ApiError> {
        let field = |field| move |reason: InvalidText| ApiError::invalid(field, reason);
        Ok(User {
            name: self.name.map_or(Ok(user.name), |name| display_name(&name)).map_err(field("name"))?,
            email: self.email.map_or(Ok(user.email), |email| Email::new(&email)).map_err(field("email"))?,
            role: self.role.unwrap_or(user.role),
            function: self
                .function
                .map_or(Ok(user.function), |text| function(&text))
                .map_err(field("function"))?,
            rank: match self.rank {
                Some(number) => number.map(rank).transpose().map_err(field("rank"))?,
                None => user.rank,
            },
            post: self.post.map_or(user.post, |post| post.map(PostId)),
            languages: self
                .languages
                .map_or(Ok(user.languages), |codes| languages(&codes))
                .map_err(field("languages"))?,
            extension: match self.extension {
                Some(number) => {
                    number.map(|number| number.trim().to_owned()).filter(|number| !number.is_empty())
                }
                None => user.extension,
            },
            disabled: self.disabled.unwrap_or(user.disabled),
            ..user
        })
    }
}

#[derive(Deserialize)]
pub(super) struct AddUser {
    #[serde(flatten)]
    person: Person,
    /// Made if not given.
    password: Option<String>,
    /// Whether its holder must choose another first of all.
    #[serde(default = "yes")]
    must_change: bool,
}

fn yes() -> bool {
    true
}

#[derive(Serialize)]
pub(super) struct Added {
    #[serde(flatten)]
    user: UserView,
    /// The password that was made; it is not told again.
    #[serde(skip_serializing_if = "Option::is_none")]
    initial_password: Option<String>,
}

/// `POST /api/users`.
pub(super) async fn add(
    State(app): State<App>,
    client: Client,
    by: Keeper<People>,
    Json(request): Json<AddUser>,
) -> Result<(StatusCode, Json<Added>), ApiError> {
    let AddUser { mut person, password, must_change } = request;
    let needed = |field, reason| ApiError::invalid(field, InvalidText(reason));
    let name = person.name.take().ok_or_else(|| needed("name", "it is missing"))?;
    let email = person.email.take().ok_or_else(|| needed("email", "it is missing"))?;
    if person.post.is_none()
        && let Scope::Post(own) = by.scope
    {
        person.post = Some(Some(own.0));
    }
    let blank = User::new(
        display_name(&name).map_err(|e| ApiError::invalid("name", e))?,
        Email::new(&email).map_err(|e| ApiError::invalid("email", e))?,
        Role::User,
        app.clock.now(),
    );
    let user = person.on(blank)?;
    let user = User { must_change: must_change || password.is_none(), ..user };
    may_become(&by, &user)?;
    let (initial, hash) = password_for(&app, password, &user).await?;

    let mut change = begin(&app, &by, &client).await?;
    extension_is_own(&by, &mut change, &user).await?;
    change.add_user(&user, &hash, app.config.limits.users).await?;
    commit(&app, change).await?;
    let user = UserView::of(user, &app.directory.plan());
    Ok((StatusCode::CREATED, Json(Added { user, initial_password: initial })))
}

/// `PATCH /api/users/{id}`.
pub(super) async fn change(
    State(app): State<App>,
    client: Client,
    by: Keeper<People>,
    InPath(id): InPath<String>,
    Json(request): Json<Person>,
) -> Result<Json<UserView>, ApiError> {
    let mut change = begin(&app, &by, &client).await?;
    let before = change.user(&UserId::shown(&id)).await?;
    let own = before.id == by.user.id;
    // Whoever looks after people may look after the own card, but not make more of it.
    if !own {
        may_manage(&by, &before)?;
    }
    let (role, post, extension) = (before.role, before.post, before.extension.clone());
    let user = request.on(before)?;
    if own && (user.role != role || user.disabled) {
        return Err(ApiError::not_allowed("Nobody can change the own role or disable the own account."));
    }
    if user.role != role || user.post != post {
        may_become(&by, &user)?;
    }
    change.change_user(&user).await?;
    if user.extension != extension {
        extension_is_own(&by, &mut change, &user).await?;
        change.set_user_extension(&user.id, user.extension.as_deref()).await?;
    }
    commit(&app, change).await?;
    Ok(Json(UserView::of(user, &app.directory.plan())))
}

/// `DELETE /api/users/{id}`: the account, its sign-ins and its meetings.
pub(super) async fn remove(
    State(app): State<App>,
    client: Client,
    by: Keeper<People>,
    InPath(id): InPath<String>,
) -> Result<StatusCode, ApiError> {
    let user = someone_else(&app, &by, &id).await?;
    let meetings = app.store.meetings_of(&user.id).await?;
    if !app.store.delete_user(&user.id).await? {
        return Err(ApiError::not_found("user"));
    }
    for meeting in meetings {
        app.close_meeting(&meeting.code).await?;
    }
    app.audit(by.user.id.as_str(), "user.remove", user.id.as_str(), &client, "ok").await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
pub(super) struct NewPassword {
    /// Made if not given.
    password: Option<String>,
}

#[derive(Serialize)]
pub(super) struct Given {
    #[serde(skip_serializing_if = "Option::is_none")]
    initial_password: Option<String>,
}

/// `POST /api/users/{id}/password`: its holder must change it first of all; all sign-ins end.
pub(super) async fn new_password(
    State(app): State<App>,
    client: Client,
    by: Keeper<People>,
    InPath(id): InPath<String>,
    Json(request): Json<NewPassword>,
) -> Result<Json<Given>, ApiError> {
    let user = someone_else(&app, &by, &id).await?;
    if user.origin != Origin::Local {
        return Err(ApiError::conflict("The password of this account is kept elsewhere; change it there."));
    }
    let (initial_password, hash) = password_for(&app, request.password, &user).await?;
    let mut change = begin(&app, &by, &client).await?;
    change.set_initial_password(&user.id, &hash).await?;
    commit(&app, change).await?;
    Ok(Json(Given { initial_password }))
}

/// `DELETE /api/users/{id}/second-factor`: for somebody who has lost it; all sign-ins end.
pub(super) async fn reset_second_factor(
    State(app): State<App>,
    client: Client,
    by: Keeper<People>,
    InPath(id): InPath<String>,
) -> Result<StatusCode, ApiError> {
    let user = someone_else(&app, &by, &id).await?;
    let mut change = begin(&app, &by, &client).await?;
    change.reset_second_factor(&user.id).await?;
    commit(&app, change).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Another account, which this keeper may manage.
async fn someone_else(app: &App, by: &Keeper<People>, id: &str) -> Result<User, ApiError> {
    let id = UserId::shown(id);
    if id == by.user.id {
        return Err(ApiError::not_allowed(
            "Nobody can do this to the own account; another administrator can.",
        ));
    }
    let user = app.store.user(&id).await?.ok_or_else(|| ApiError::not_found("user"))?;
    may_manage(by, &user)?;
    Ok(user)
}

fn may_manage(by: &Keeper<People>, user: &User) -> Result<(), ApiError> {
    if by.user.may_manage(user) {
        return Ok(());
    }
    Err(ApiError::not_allowed("This account is not one of those you look after."))
}

/// Refuses roles and posts that are not this keeper's to give.
fn may_become(by: &Keeper<People>, user: &User) -> Result<(), ApiError> {
    by.at(user.post)?;
    if may_give(by.user.role, user.role) {
        return Ok(());
    }
    Err(ApiError::not_allowed("This role is not yours to give; an administrator may."))
}

async fn extension_is_own(by: &Keeper<People>, change: &mut PlanChange, user: &User) -> Result<(), ApiError> {
    if let (Some(number), Scope::Post(_)) = (&user.extension, by.scope) {
        by.at(Some(change.post_of_extension(number).await?))?;
    }
    Ok(())
}

/// The hash of a password that was chosen, or of one that is made, which is then told.
async fn password_for(
    app: &App,
    chosen: Option<String>,
    user: &User,
) -> Result<(Option<String>, String), ApiError> {
    match chosen {
        Some(password) => {
            check_password(&password, user.role, &user.about())
                .map_err(|e| ApiError::invalid("password", e))?;
            Ok((None, app.passwords.hash(password).await?))
        }
        None => {
            let (password, hash) = app.passwords.initial().await?;
            Ok((Some(password), hash))
        }
    }
}

const PAGE: usize = 200;
const MOST_PAGE: usize = 1_000;
const MOST_TEXT: usize = 200;
