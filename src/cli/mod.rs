//! The command line.

mod admin_link;
mod audit;
mod backup;
mod mail;
mod people;
mod phones;
mod serve;
mod tariff;
mod token;
mod user;

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Parser, Subcommand};

use crate::config::{self, Config};
use crate::http::tls::certificate;
use crate::store::Store;

/// Video conferences, desk phones and scheduled meetings in one program.
#[derive(Debug, Parser)]
#[command(name = "palabre", version, about)]
pub struct Cli {
    /// The configuration file; `palabre.toml` if there is one.
    #[arg(long, global = true, env = "PALABRE_CONFIG")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Starts the server.
    Serve,
    /// Says in one sentence what is wrong with the configuration.
    Check,
    /// Prints an access token for a client SDK or the room API.
    Token(token::Token),
    /// Adds, lists and removes accounts.
    #[command(subcommand)]
    User(user::User),
    /// Prints a fresh one-time administrator link.
    AdminLink,
    /// Says whether mails arrive.
    #[command(subcommand)]
    Mail(mail::Mail),
    /// Adds, lists and removes embassies and consulates.
    #[command(subcommand)]
    Post(phones::PostCommand),
    /// Adds, lists, forwards and removes desk phones' numbers.
    #[command(subcommand)]
    Extension(phones::ExtensionCommand),
    /// Adds, lists and removes numbers that ring several extensions.
    #[command(subcommand)]
    Group(phones::GroupCommand),
    /// Adds, lists and removes lines to the public network.
    #[command(subcommand)]
    Trunk(phones::TrunkCommand),
    /// Takes in what calls cost and did cost.
    #[command(subcommand)]
    Tariff(tariff::Tariff),
    /// Checks the audit log.
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Saves everything that the server keeps in one file, also while it runs.
    Backup(backup::Backup),
    /// Brings a backup back into an empty directory.
    Restore(backup::Restore),
    /// Says what the phones do, and did.
    #[command(subcommand)]
    Sip(phones::SipCommand),
}

impl Cli {
    /// Does what the command line says.
    ///
    /// # Errors
    /// What is in the way, for the person at the console.
    pub fn run(self) -> anyhow::Result<()> {
        let config = config::load(self.config.as_deref())?;
        let runtime = tokio::runtime::Runtime::new().context("the runtime could not start")?;
        let done = runtime.block_on(async {
            match self.command {
                Command::Serve => serve::run(config).await,
                Command::Check => check(&config),
                Command::Token(token) => token.run(&config),
                Command::User(user) => user.run(&config).await,
                Command::AdminLink => admin_link::run(&config).await,
                Command::Mail(mail) => mail.run(&config).await,
                Command::Post(post) => post.run(&config).await,
                Command::Extension(extension) => extension.run(&config).await,
                Command::Group(group) => group.run(&config).await,
                Command::Trunk(trunk) => trunk.run(&config).await,
                Command::Tariff(tariff) => tariff.run(&config).await,
                Command::Audit(audit) => audit.run(&config).await,
                Command::Backup(backup) => backup.run(&config).await,
                Command::Restore(restore) => restore.run(&config).await,
                Command::Sip(sip) => sip.run(&config).await,
            }
        });
        // Whatever still runs on a blocking thread is not worth waiting for.
        runtime.shutdown_background();
        done
    }
}

/// Everything that can be judged without starting.
fn check(config: &Config) -> anyhow::Result<()> {
    if config.https.cert.is_some() {
        certificate(config)?;
    }
    say(&format!(
        "The configuration is good: HTTP on {}, media from {}, state in {}.",
        config.http.listen,
        config.sfu.listen,
        config.store.dir.display()
    ))
}

/// Prints a line.
fn say(line: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

/// Opens the store of a server that may be running at the same time.
async fn open_store(config: &Config) -> anyhow::Result<Store> {
    Ok(Store::open(&config.store.dir).await?)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn run(dir: &Path, toml: &str, arguments: &[&str]) -> Result<(), String> {
        let file = dir.join("palabre.toml");
        std::fs::write(&file, format!("[store]\ndir = {dir:?}\n{toml}")).unwrap();
        let file = file.to_str().unwrap();
        let arguments = [&["palabre"], arguments, &["--config", file]].concat();
        let cli = Cli::try_parse_from(arguments).map_err(|error| error.to_string())?;
        cli.run().map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn check_says_what_is_wrong_in_one_sentence() {
        let dir = tempfile::tempdir().unwrap();
        let check = |toml: &str| run(dir.path(), toml, &["check"]);

        assert_eq!(check(""), Ok(()));
        let misspelt = check("[sfu]\nadvertize = []").unwrap_err();
        assert_eq!(misspelt, "there is no key `sfu.advertize`; did you mean `sfu.advertise`?");
        let no_file = check("[https]\ncert = \"/none.pem\"\nkey = \"/none.pem\"").unwrap_err();
        assert!(no_file.starts_with("/none.pem cannot be read as PEM: "), "{no_file}");
    }

    #[test]
    fn a_file_that_is_named_must_be_there() {
        let cli = Cli::try_parse_from(["palabre", "check", "--config", "/none.toml"]).unwrap();
        let error = cli.run().unwrap_err().to_string();

        assert!(error.starts_with("the configuration file /none.toml cannot be read: "), "{error}");
    }

    #[test]
    fn a_token_needs_a_key_that_is_there_and_a_sensible_time() {
        let dir = tempfile::tempdir().unwrap();
        let token = |more: &[&str]| {
            let arguments = [&["token", "--identity", "x", "--room", "y"], more].concat();
            run(dir.path(), "", &arguments)
        };

        assert_eq!(token(&[]), Ok(()), "a key is made if there is none, as the server does");
        assert_eq!(token(&["--key", "palabre", "--admin", "--valid-for", "2d"]), Ok(()));
        assert_eq!(token(&["--key", "other"]).unwrap_err(), "there is no key \"other\" in [keys]");
        assert!(token(&["--valid-for", "soon"]).is_err());
    }

    #[test]
    fn extensions_need_no_server_and_the_first_makes_its_post() {
        let dir = tempfile::tempdir().unwrap();
        let palabre = |arguments: &[&str]| run(dir.path(), "", arguments);

        assert_eq!(palabre(&["extension", "add", "201", "--name", "Awa"]), Ok(()));
        assert_eq!(palabre(&["post", "add", "Paris", "--country", "fr", "--emergency", "15,112"]), Ok(()));
        assert_eq!(
            palabre(&["extension", "add", "202", "--name", "Ben"]).unwrap_err(),
            "there are 2 posts: say which one with --post"
        );
        let ben = ["extension", "add", "202", "--name", "Ben", "--post", "paris", "--digest", "sha-256"];
        assert_eq!(palabre(&ben), Ok(()));
        assert_eq!(palabre(&ben).unwrap_err(), "there is an extension with the number 202 already");
        assert_eq!(palabre(&["extension", "device", "add", "202", "--label", "Wi-Fi", "--json"]), Ok(()));
        assert_eq!(palabre(&["extension", "device", "list", "202"]), Ok(()));
        assert_eq!(palabre(&["extension", "forward", "202", "noanswer", "201", "--after", "15s"]), Ok(()));
        assert_eq!(
            palabre(&["extension", "forward", "202", "busy", "202"]).unwrap_err(),
            "forward_busy cannot be used: an extension cannot be forwarded to itself"
        );
        assert_eq!(
            palabre(&["post", "remove", "Paris"]).unwrap_err(),
            "the post \"Paris\" cannot be removed: extensions still belong to it"
        );
        assert_eq!(palabre(&["extension", "list", "--json"]), Ok(()));
        assert_eq!(palabre(&["extension", "remove", "202"]), Ok(()));
        assert_eq!(palabre(&["extension", "remove", "202"]).unwrap_err(), "there is no extension \"202\"");
    }

    #[test]
    fn a_table_is_imported_whole_or_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("phones.csv");
        let import = |text: &str| {
            std::fs::write(&file, text).unwrap();
            run(dir.path(), "", &["extension", "import", file.to_str().unwrap()])
        };

        assert_eq!(
            import("number,name,rights\n201,Awa,\n202,Ben,everywhere\n20x,Coumba,").unwrap_err(),
            "nothing was added:\n  line 3: rights cannot be used: \"everywhere\" is not one of none, internal, national \
             or international\n  line 4: number cannot be used: \"20x\" is not a number of 2 to 10 digits"
        );
        assert_eq!(import("number,name\n201,Awa\n202,Ben"), Ok(()));
        assert_eq!(
            import("number,name\n203,Dan\n201,Awa").unwrap_err(),
            "nothing was added:\n  line 3: there is an extension with the number 201 already"
        );
        assert_eq!(
            run(dir.path(), "", &["extension", "remove", "203"]).unwrap_err(),
            "there is no extension \"203\""
        );
    }

    #[test]
    fn trunks_carry_routes_and_public_numbers() {
        let dir = tempfile::tempdir().unwrap();
        let palabre = |arguments: &[&str]| run(dir.path(), "", arguments);
        let add = ["trunk", "add", "Orange", "--host", "sip.example.org"];

        assert_eq!(palabre(&add), Ok(()));
        assert_eq!(palabre(&add).unwrap_err(), "there is a trunk named \"Orange\" already");
        assert_eq!(
            palabre(&[&add[..], &["--username", "u"]].concat()).unwrap_err(),
            "--username needs a password beside it: --password or --password-stdin"
        );
        assert_eq!(palabre(&["trunk", "route", "add", "any", "orange"]), Ok(()));
        assert_eq!(
            palabre(&["trunk", "route", "add", "+33", "Moov"]).unwrap_err(),
            "there is no trunk \"Moov\""
        );
        assert_eq!(palabre(&["extension", "add", "201", "--name", "Awa"]), Ok(()));
        let number = ["trunk", "number", "add", "+229 21 30 00 00", "--trunk", "Orange", "201"];
        assert_eq!(palabre(&number), Ok(()));
        for listed in
            [&["trunk", "list"][..], &["trunk", "route", "list"], &["trunk", "number", "list", "--json"]]
        {
            assert_eq!(palabre(listed), Ok(()));
        }
        assert_eq!(
            palabre(&["extension", "remove", "201"]).unwrap_err(),
            "extension 201 cannot be removed: the public number +22921300000 still leads to it"
        );
        assert_eq!(palabre(&["trunk", "number", "remove", "+22921300000", "--trunk", "Orange"]), Ok(()));
        assert_eq!(palabre(&["trunk", "route", "remove", "any"]), Ok(()));
        assert_eq!(palabre(&["trunk", "remove", "Orange"]), Ok(()));
    }

    #[test]
    fn what_the_phones_did_can_be_asked_before_they_did_anything() {
        let dir = tempfile::tempdir().unwrap();

        for asked in
            [&["sip", "registrations"][..], &["sip", "calls"], &["sip", "cdr"], &["sip", "cdr", "--csv"]]
        {
            assert_eq!(run(dir.path(), "", asked), Ok(()));
        }
    }

    #[test]
    fn tariffs_come_from_tables_that_are_whole() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("table.csv");
        let tariff = |kind: &str, text: &str, more: &[&str]| {
            std::fs::write(&file, text).unwrap();
            run(dir.path(), "", &[&["tariff", kind, file.to_str().unwrap()], more].concat())
        };
        let good = "kind,owner,prefix,currency,per_minute,from\nold,,229,EUR,0.89,2017-01-01\n";

        assert_eq!(tariff("import", good, &["--dry-run"]), Ok(()));
        assert_eq!(tariff("import", good, &["--replace"]), Ok(()));
        assert_eq!(
            tariff("import", &good.replace(",,", ",Rome,"), &[]).unwrap_err(),
            "nothing was taken in:\n  line 2: there is no post \"Rome\""
        );
        assert_eq!(tariff("rates", "currency,month,rate\nEUR,2017-01,655.957\n", &[]), Ok(()));
        assert!(tariff("rates", "currency,month,rate\nEUR,never,1\n", &[]).is_err());
    }

    #[test]
    fn a_backup_comes_back_with_a_log_that_is_whole() {
        let dir = tempfile::tempdir().unwrap();
        let archive = dir.path().join("backup.tar");
        let archive = archive.to_str().unwrap();
        let (house, other) = (dir.path().join("house"), dir.path().join("other"));
        for place in [&house, &other] {
            std::fs::create_dir(place).unwrap();
        }
        assert_eq!(run(&house, "", &["admin-link"]), Ok(()));
        assert_eq!(run(&house, "", &["audit", "verify"]), Ok(()));
        assert_eq!(run(&house, "", &["backup", archive]), Ok(()));
        assert!(run(&house, "", &["backup", archive]).unwrap_err().contains("exists already"));

        // The configuration lies in the directory, so that it is not empty.
        assert!(run(&other, "", &["restore", archive]).unwrap_err().contains("is not empty"));
        let head = "1:0000000000000000000000000000000000000000000000000000000000000000";
        let anew = run(&house, "", &["audit", "verify", "--expect", head]).unwrap_err();
        assert_eq!(
            anew,
            "entry 1 of the log has another hash than at the earlier check: the log was written anew"
        );
        assert!(run(&house, "", &["audit", "verify", "--expect", "1"]).is_err());
    }

    #[test]
    fn a_number_is_explained_without_calling_it() {
        let dir = tempfile::tempdir().unwrap();
        let palabre = |arguments: &[&str]| run(dir.path(), "", arguments);

        assert_eq!(palabre(&["extension", "add", "201", "--name", "Awa"]), Ok(()));
        assert_eq!(palabre(&["sip", "explain", "201", "112"]), Ok(()));
        assert_eq!(palabre(&["sip", "problems", "--json"]), Ok(()));
        assert_eq!(
            palabre(&["sip", "explain", "999", "112"]).unwrap_err(),
            "from cannot be used: \"999\" is neither an extension's number nor a trunk's name"
        );
    }

    #[test]
    fn numbers_lead_into_meetings_and_users_get_extensions() {
        let dir = tempfile::tempdir().unwrap();
        let palabre = |arguments: &[&str]| run(dir.path(), "", arguments);

        assert_eq!(palabre(&["extension", "add", "201", "--name", "Awa"]), Ok(()));
        assert_eq!(palabre(&["sip", "conference", "add", "800"]), Ok(()));
        assert_eq!(
            palabre(&["sip", "conference", "add", "201"]).unwrap_err(),
            "there is an extension with the number 201 already"
        );
        assert_eq!(
            palabre(&["sip", "conference", "add", "801", "--meeting", "abc-defg-hij"]).unwrap_err(),
            "meeting cannot be used: there is no meeting with this code"
        );
        assert_eq!(palabre(&["sip", "conference", "list", "--json"]), Ok(()));
        assert_eq!(
            palabre(&["extension", "add", "800", "--name", "Ben"]).unwrap_err(),
            "there is an entrance to meetings with the number 800 already"
        );
        assert_eq!(palabre(&["sip", "conference", "remove", "800"]), Ok(()));
        assert_eq!(
            palabre(&["sip", "conference", "remove", "800"]).unwrap_err(),
            "there is no number \"800\""
        );
        let change = ["user", "change", "--email", "awa@example.org", "--extension", "201"];
        assert_eq!(palabre(&change).unwrap_err(), "there is no account with this e-mail address");
    }

    #[test]
    fn without_a_mail_server_no_mail_is_tried() {
        let dir = tempfile::tempdir().unwrap();

        let unsent = run(dir.path(), "", &["mail", "test", "awa@example.org"]).unwrap_err();
        assert_eq!(unsent, "no mail is sent: `mail.server` is not configured");
    }

    #[test]
    fn accounts_are_listed_and_only_those_that_exist_are_removed() {
        let dir = tempfile::tempdir().unwrap();

        assert_eq!(run(dir.path(), "", &["user", "list"]), Ok(()));
        let unknown = run(dir.path(), "", &["user", "remove", "--email", "awa@example.org"]);
        assert_eq!(unknown.unwrap_err(), "there is no account with this e-mail address");
        assert_eq!(run(dir.path(), "", &["admin-link"]), Ok(()));
    }
}
