//! The office with a ministry's state: 10,000 users, 100 posts, 100,000 calls in a year.

use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result, ensure};
use jiff::Timestamp;
use palabre::accounts::{Email, Role, User};
use palabre::directory::blank;
use palabre::server::Server;
use palabre::store::{By, Import};
use palabre::tariffs::{rates, tariffs};
use palabre_tests::program;
use serde_json::json;
use sip_gateway::{Directory as _, Fact, LegState};
use sip_gateway_proto::call::{CallId, EndCause, LegId, MediaReport, RecordedRoute};
use sip_gateway_proto::plan::{Post, PostId};

use crate::machine::process_cpu_time;
use crate::report::{Report, Target};

const USERS: u32 = 10_000;
const POSTS: i64 = 100;
const CALLS: u64 = 100_000;

/// Adds the rows: how long the pages take on which everything is added up or searched.
pub(crate) fn measure(report: &mut Report) -> Result<()> {
    tokio::runtime::Runtime::new()?.block_on(async {
        let dir = tempfile::tempdir()?;
        let server = Server::start(program::config(dir.path())).await?;
        let done = measure_with(&server, report).await;
        server.stop().await;
        done
    })
}

async fn measure_with(server: &Server, report: &mut Report) -> Result<()> {
    let base = format!("http://{}", server.http);
    let client = reqwest::Client::builder().no_proxy().build()?;
    let link = server.administrator_link().await?.context("there is no administrator yet")?;
    let secret = link.rsplit('/').next().context("a link has a secret")?;
    let made = client
        .post(format!("{base}/api/setup/{secret}"))
        .header("origin", &base)
        .json(&json!({"name": "Awa", "email": "awa@example.org", "password": "a very long password"}))
        .send()
        .await?;
    let cookie = made.headers().get("set-cookie").context("it signs in")?.to_str()?.to_owned();
    let cookie = cookie.split(';').next().unwrap_or_default().to_owned();

    fill(server).await?;
    let begin = Instant::now();
    while server.app.savings.catch_up().await? > 0 {}
    report.row(
        "office: rating a call again",
        begin.elapsed().as_micros() as f64 / CALLS as f64,
        "µs",
        Target::None,
    );

    for (name, path, target) in [
        ("office: savings page, 100,000 calls", "/api/savings?month=2026-11", Target::AtMost(200.0)),
        ("office: savings of one post", "/api/savings?month=2026-11&post=7", Target::AtMost(200.0)),
        ("office: audit log by person", "/api/admin/audit?person=awa", Target::None),
    ] {
        let mut times = Vec::new();
        let worked = process_cpu_time(std::process::id().cast_signed())?;
        for _ in 0..21 {
            let begin = Instant::now();
            let answer = client.get(format!("{base}{path}")).header("cookie", &cookie).send().await?;
            ensure!(answer.status().is_success(), "{path} answered {}", answer.status());
            answer.bytes().await?;
            times.push(begin.elapsed().as_secs_f64() * 1_000.0);
        }
        // Of client and server together: what a busy machine does not change.
        let worked = process_cpu_time(std::process::id().cast_signed())? - worked;
        let worked = worked.as_secs_f64() * 1_000.0 / times.len() as f64;
        report.row(format!("{name}, processor"), worked, "ms", Target::None);
        times.sort_by(f64::total_cmp);
        report.row(name, times[times.len() / 2], "ms", target);
        report.row(format!("{name}, the slowest of 21"), times[times.len() - 1], "ms", target);
    }
    Ok(())
}

async fn fill(server: &Server) -> Result<()> {
    let (store, directory) = (&server.app.store, &server.app.directory);
    let now: Timestamp = "2026-11-30T12:00:00Z".parse()?;
    let countries = ["BJ", "FR", "US", "CN", "IN", "NG", "DE", "BR", "JP", "CI"];
    let mut change = store.change_plan(By::console(), now).await?;
    for post in 1..=POSTS {
        let country = countries[post as usize % countries.len()].to_owned();
        change.add_post(Post { country, ..blank::post(&format!("Poste {post}")) }).await?;
    }
    for number in 0..USERS {
        let post = PostId(i64::from(number) % POSTS + 1);
        let name = format!("{} {number}", ["Diop", "Kouassi", "Mensah", "Adjovi"][number as usize % 4]);
        change.add_extension(blank::extension(&format!("{}", 100_000 + number), &name, post)).await?;
    }
    change.commit().await?;
    directory.refresh().await?;
    for number in 0..USERS {
        let email = Email::new(&format!("u{number}@example.org")).context("an address")?;
        store.insert_user(&User::new(format!("Awa {number}"), email, Role::User, now), "", 100_000).await?;
    }

    let mut table = "kind,owner,prefix,currency,per_minute,first,next,rounding,from\n".to_owned();
    for post in 1..=POSTS {
        for (prefix, price) in [("229", "0.89"), ("33", "0.3"), ("1", "0.25"), ("86", "0.7"), ("91", "0.6")] {
            table += &format!("old,Poste {post},{prefix},EUR,{price},60,60,up,2017-01-01\n");
        }
    }
    let lines =
        tariffs(&table, &server.app.savings.owners()).map_err(|faults| anyhow::anyhow!("{faults:?}"))?;
    store.import_tariffs(&lines, Import::Add, &By::console(), now).await?;
    let lines = rates("currency,month,rate\nEUR,2017-01,655.957\n", server.app.savings.currency());
    let lines = lines.map_err(|faults| anyhow::anyhow!("{faults:?}"))?;
    store.import_rates(&lines, Import::Add, &By::console(), now).await?;

    let begin = SystemTime::UNIX_EPOCH + Duration::from_secs(1_764_547_200); // 2025-12-01
    for call in 1..=CALLS {
        for leg in legs(directory.run(), call, begin) {
            directory.record(Fact::Leg(Box::new(leg)));
        }
        if call % 20_000 == 0 {
            directory.flush().await?;
        }
    }
    directory.flush().await?;
    // What the rows say is of everything rated, not of what was rated on the way.
    while server.app.savings.catch_up().await? > 0 {}
    store.import_rates(&lines, Import::Add, &By::console(), now).await?;
    Ok(())
}

/// The two sides of a call between posts, spread over a year.
fn legs(run: u64, call: u64, begin: SystemTime) -> [LegState; 2] {
    let answered = begin + Duration::from_secs(call * 31_000_000 / CALLS);
    let (from, to) = (call * 7 % 100 + 1, call * 31 % 97 + 1);
    let leg = |number: u64, inbound, post: u64| LegState {
        run,
        call: CallId(call),
        leg: LegId(call * 2 + number),
        inbound,
        from: format!("{}", 100_000 + from),
        from_name: String::new(),
        dialled: format!("{}", 100_000 + to),
        to: format!("{}", 100_000 + to),
        route: RecordedRoute::OnNet { post: PostId(post.cast_signed()) },
        began: answered,
        ringing: None,
        answered: Some(answered),
        ended: Some((answered + Duration::from_secs(call % 1_800), EndCause::HungUp)),
        media: MediaReport { packets: (1_000, 1_000), lost: call % 40, ..MediaReport::default() },
    };
    [leg(0, true, from), leg(1, false, to)]
}
