//! The directory of a whole ministry: ten thousand people at a hundred posts, brought in as tables and searched over HTTP.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use palabre::accounts::{Email, Passwords, Role, User};
use palabre::directory::blank;
use palabre::people::Import;
use palabre::server::Server;
use palabre::store::By;
use palabre_tests::program;
use reqwest::{Client, header};
use serde_json::{Value, json};

use super::report::{Report, Target};

pub(super) fn measure(report: &mut Report) -> Result<()> {
    tokio::runtime::Runtime::new()?.block_on(run(report))
}

async fn run(report: &mut Report) -> Result<()> {
    let dir = tempfile::tempdir()?;
    let server = Server::start(program::config(dir.path())).await?;
    let now = server.app.clock.now();
    let who = User::new("Awa".to_owned(), Email::new("awa@example.org")?, Role::Administrator, now);
    let (password, hash) = Passwords::initial_now()?;
    server.app.store.insert_user(&who, &hash, 10).await?;

    furnish(&server).await?;
    let began = Instant::now();
    import(&server, &people()).await?;
    let imported = began.elapsed();

    let base = format!("http://{}", server.http);
    let client = Client::builder().no_proxy().build()?;
    let me = json!({"email": "awa@example.org", "password": password});
    let answer = client.post(format!("{base}/api/sign-in")).header("origin", &base).json(&me).send().await?;
    let cookie = answer.headers().get(header::SET_COOKIE).context("a cookie")?.to_str()?.to_owned();
    let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
    let mut times = Vec::new();
    for round in 0..ROUNDS {
        // Accents, two words, a post, a number, and everybody.
        let sought = ["delegue", "secretaire%20poste%2042", "poste%2007", "1004", ""][round % 5];
        let began = Instant::now();
        let found: Value = client
            .get(format!("{base}/api/directory?q={sought}"))
            .header("cookie", &cookie)
            .send()
            .await?
            .json()
            .await?;
        times.push(began.elapsed());
        ensure!(
            found["entries"].as_array().is_some_and(|entries| !entries.is_empty()),
            "{sought} finds nobody"
        );
    }
    times.sort_unstable();
    let millis = |time: Duration| time.as_secs_f64() * 1000.0;
    report.row(
        "Directory of 10,000 people searched, slowest of 50",
        millis(times[times.len() - 1]),
        "ms",
        Target::AtMost(200.0),
    );
    report.row(
        "10,000 people imported as a table, with passwords",
        imported.as_secs_f64(),
        "s",
        Target::AtMost(10.0),
    );
    server.stop().await;
    Ok(())
}

/// A hundred posts, each with a hundred extensions.
async fn furnish(server: &Server) -> Result<()> {
    let store = &server.app.store;
    let mut change = store.change_plan(By::console(), server.app.clock.now()).await?;
    for post in 0..POSTS {
        let id = change.add_post(blank::post(&format!("Ambassade, poste {post:02}"))).await?;
        for person in 0..PEOPLE_OF_POST {
            let number = format!("1{:04}", post * PEOPLE_OF_POST + person);
            let extension =
                blank::extension(&number, &format!("{} {person}", FUNCTIONS[person % FUNCTIONS.len()]), id);
            change.add_extension(extension).await?;
        }
    }
    change.commit().await?;
    Ok(server.app.directory.refresh().await?)
}

fn people() -> String {
    let mut table = String::from("email,name,function,rank,post,extension,languages\n");
    for post in 0..POSTS {
        for person in 0..PEOPLE_OF_POST {
            let number = post * PEOPLE_OF_POST + person;
            let does = FUNCTIONS[person % FUNCTIONS.len()];
            let _ = writeln!(
                table,
                "p{number}@example.org,Élise N’Dour {number},{does},{},\"Ambassade, poste {post:02}\",1{number:04},fr en",
                person + 1
            );
        }
    }
    table
}

async fn import(server: &Server, table: &str) -> Result<()> {
    let store = &server.app.store;
    let now = server.app.clock.now();
    let mut change = store.change_plan(By::console(), now).await?;
    let import = Import { by: None, passwords: true, limit: 100_000, now };
    let (report, made) = import.run(&mut change, table).await?;
    ensure!(report.is_good() && made.len() == POSTS * PEOPLE_OF_POST, "{report:?}");
    change.commit().await?;
    Ok(server.app.directory.refresh().await?)
}

const POSTS: usize = 100;
const PEOPLE_OF_POST: usize = 100;
const ROUNDS: usize = 50;
const FUNCTIONS: [&str; 4] = ["Délégué permanent", "Première secrétaire", "Attaché", "Standard"];
