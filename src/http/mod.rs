//! The HTTP surface: one file per group of calls, and what every request passes on its way.

mod accounts;
mod agenda;
mod approaches;
mod asked;
mod attendance;
mod audit;
mod calls;
mod client;
mod connection_test;
mod devices;
mod directors;
mod directory;
mod error;
mod events;
mod floor;
mod gatherings;
mod greetings;
mod history;
mod hosts;
mod invitations;
mod json;
mod knocks;
mod mail;
mod marking;
mod meetings;
mod messages;
mod oidc;
mod operation;
mod origin;
mod phones;
mod roles;
mod savings;
mod schedule_views;
mod schedules;
mod seats;
mod second_factor;
mod security;
mod serve;
mod setup;
mod signed_in;
mod sip_service;
mod spoken;
mod tables;
pub mod tls;
mod users;
mod web_client;

use axum::extract::DefaultBodyLimit;
use axum::routing::{get, patch, post, put};
use axum::{Router, middleware};

pub use client::Client;
pub use error::ApiError;
pub use json::Json;
pub use serve::{Listener, ServeError, bind, serve};

use crate::app::App;
use crate::people;

/// Everything the program answers over HTTP: the office under `/api`, the rooms' own routes as `signaling` brings
/// them, and the web client for the rest.
pub fn router(app: App, rooms: Router) -> Router {
    let api = Router::new()
        .route("/setup/{secret}", get(setup::check).post(setup::complete))
        .route("/sign-in", post(accounts::sign_in))
        .route("/sign-out", post(accounts::sign_out))
        .route("/oidc/start", get(oidc::start))
        .route("/oidc/callback", get(oidc::callback))
        .route("/me", get(accounts::me))
        .route("/me/password", post(accounts::change_password))
        .route("/me/second-factor", get(second_factor::standing).post(second_factor::begin))
        .route("/me/second-factor/confirm", post(second_factor::confirm))
        .route("/me/second-factor/remove", post(second_factor::remove))
        .route("/me/devices", get(devices::list).delete(devices::remove_others))
        .route("/me/devices/{id}", axum::routing::delete(devices::remove))
        .route("/users", get(users::list).post(users::add))
        .route("/users/directory", post(tables::import_directory))
        .route("/users.csv", get(tables::users))
        .route("/users/import", post(tables::import_users).layer(DefaultBodyLimit::max(people::MOST_BYTES)))
        .route("/users/{id}", patch(users::change).delete(users::remove))
        .route("/users/{id}/password", post(users::new_password))
        .route("/users/{id}/second-factor", axum::routing::delete(users::reset_second_factor))
        .route("/me/presence", put(history::set_presence))
        .route("/me/mail", get(mail::wishes).put(mail::set_wishes))
        .route("/admin/mail", get(mail::outbox))
        .route("/admin/mail/test", post(mail::test))
        .route("/admin/mail/{id}", axum::routing::delete(mail::forget))
        .route("/admin/mail/{id}/retry", post(mail::retry))
        .route("/directory", get(directory::search))
        .route("/directory/{number}", get(directory::one))
        .route("/events", get(events::watch))
        .route("/calls", post(calls::place))
        .route("/calls/{call}/answer", post(calls::answer))
        .route("/calls/{call}/join", post(calls::join))
        .route("/calls/{call}/decline", post(calls::decline))
        .route("/calls/{call}/hang-up", post(calls::hang_up))
        .route("/calls/{call}/leave", post(calls::leave))
        .route("/calls/{call}/hold", post(calls::hold))
        .route("/calls/{call}/transfer", post(calls::transfer))
        .route("/calls/{call}/keys", post(calls::keys))
        .route("/messages", get(messages::list))
        .route("/messages/{id}", axum::routing::delete(messages::delete))
        .route("/messages/{id}/sound", get(messages::sound))
        .route("/messages/{id}/heard", post(messages::heard))
        .route("/me/mailbox-pin", put(messages::set_own_pin))
        .route(
            "/me/greeting",
            get(greetings::get)
                .put(greetings::set)
                .delete(greetings::delete)
                .layer(DefaultBodyLimit::max(greetings::MOST_SOUND)),
        )
        .route("/me/greeting/sound", get(greetings::sound))
        .route("/calls/history", get(history::list))
        .route("/calls/history/seen", post(history::seen))
        .route("/meetings", get(meetings::list).post(meetings::create))
        .route("/meetings/{code}", get(meetings::door).patch(hosts::change).delete(meetings::remove))
        .route("/meetings/{code}/attendance", get(attendance::list))
        .route("/meetings/{code}/attendance.csv", get(attendance::table))
        .route("/meetings/{code}/agenda.csv", get(attendance::agenda))
        .route("/meetings/{code}/approach", post(approaches::begin))
        .route("/meetings/{code}/join", post(meetings::join))
        .route("/meetings/{code}/knocks", get(knocks::watch))
        .route("/meetings/{code}/knocks/admit", post(gatherings::admit))
        .route("/meetings/{code}/knocks/{ticket}", get(knocks::attend))
        .route("/meetings/{code}/knocks/{ticket}/gathering", post(gatherings::gather))
        .route("/meetings/{code}/knocks/{ticket}/admit", post(knocks::admit))
        .route("/meetings/{code}/knocks/{ticket}/refuse", post(knocks::refuse))
        .route("/meetings/{code}/participants/{identity}/mute", post(hosts::mute))
        .route("/meetings/{code}/participants/{identity}/remove", post(hosts::remove))
        .route("/meetings/{code}/participants/{identity}/role", put(roles::assign))
        .route("/meetings/{code}/end", post(hosts::end))
        .route("/meetings/{code}/agenda", put(floor::go_to))
        .route("/meetings/{code}/floor", put(floor::take).delete(floor::leave))
        .route("/meetings/{code}/floor/give", post(floor::give))
        .route("/meetings/{code}/floor/close", post(floor::close))
        .route("/meetings/{code}/participants/{identity}/lower-hand", post(floor::lower_hand))
        .route("/meetings/{code}/mute", post(hosts::mute_all))
        .route("/meetings/{code}/pin", post(hosts::new_pin))
        .route("/meetings/{code}/call", post(calls::call_out))
        .route("/meetings/{code}/call-me", post(calls::call_me))
        .route("/savings", get(savings::show))
        .route("/savings.csv", get(savings::sums))
        .route("/savings/records.csv", get(savings::records))
        .route("/markings", get(marking::list))
        .route("/agenda", get(agenda::list))
        .route("/me/calendar", get(agenda::feed).post(agenda::new_feed).delete(agenda::no_feed))
        .route("/schedules", post(schedules::add))
        .route("/schedules/preview", post(schedules::preview))
        .route("/meetings/{code}/schedule", get(schedules::show).put(schedules::change))
        .route("/meetings/{code}/occurrences/{original}", put(schedules::change_occurrence))
        .route(
            "/meetings/{code}/seats/{seat}/link",
            get(seats::link).post(seats::new_link).delete(seats::no_link),
        )
        .route("/invitations/{secret}", get(invitations::show))
        .route("/answers/{secret}", get(invitations::asked).post(invitations::answer))
        .route("/connection-test", post(connection_test::begin))
        .route("/server", get(operation::server))
        .nest("/admin", phones::router().merge(savings::router()).merge(audit::router()))
        .fallback(error::no_such_call)
        .method_not_allowed_fallback(error::no_such_call)
        .layer(middleware::from_fn_with_state(app.clone(), origin::check))
        .layer(middleware::from_fn(security::api_headers))
        .layer(DefaultBodyLimit::max(MOST_BODY));

    Router::new()
        .nest("/api", api)
        .route("/twirp/livekit.SIP/{method}", post(sip_service::call).fallback(sip_service::not_a_post))
        .route("/calendar/{secret}", get(agenda::calendar))
        .route("/health", get(operation::health))
        .route("/metrics", get(operation::metrics))
        .fallback(web_client::answer)
        .with_state(app.clone())
        .merge(rooms)
        .layer(middleware::from_fn(security::headers))
        .layer(middleware::from_fn(security::time_limit))
        .layer(middleware::from_fn_with_state(app, operation::count))
}

/// No call of ours needs more.
const MOST_BODY: usize = 64 * 1024;
