//! From file and environment to a [`Config`]; what is wrong is told in one sentence.

use std::path::{Path, PathBuf};

use super::{Config, KEYS, Key};

/// Why a configuration cannot be used. Each message is one whole sentence for the operator.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("the configuration file {path} cannot be read: {reason}", path = path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        reason: std::io::Error,
    },
    /// The file is not TOML.
    #[error("the configuration is not TOML at line {line}: {reason}")]
    Syntax {
        /// Where, counted from 1.
        line: usize,
        /// What the parser said.
        reason: String,
    },
    /// A key that does not exist.
    #[error("there is no key `{name}`; did you mean `{nearest}`?")]
    Unknown {
        /// As written.
        name: String,
        /// The key that looks most like it.
        nearest: String,
    },
    /// A value that a key cannot take.
    #[error("`{name}` cannot be used: {reason}")]
    Value {
        /// Which key or environment variable.
        name: String,
        /// Why.
        reason: String,
    },
}

/// Reads the file named, or `palabre.toml` if there is one, then the environment.
///
/// # Errors
/// Says in one sentence what is wrong.
pub fn load(file: Option<&Path>) -> Result<Config, ConfigError> {
    let default = Path::new("palabre.toml");
    let file = file.or_else(|| default.exists().then_some(default));
    let text = match file {
        None => String::new(),
        Some(path) => std::fs::read_to_string(path)
            .map_err(|reason| ConfigError::Unreadable { path: path.to_owned(), reason })?,
    };
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    parse(&text, environment)
}

/// The configuration that a text of TOML and a set of environment variables make.
///
/// # Errors
/// Says in one sentence what is wrong.
pub fn parse(
    text: &str,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<Config, ConfigError> {
    let mut config = Config::default();
    apply_file(&mut config, text)?;

    // In the order of names, so that the same mistake is always told first.
    let variables: std::collections::BTreeMap<_, _> = environment.into_iter().collect();
    for (variable, value) in &variables {
        apply_variable(&mut config, variable, value)?;
    }

    check_whole(&config)?;
    Ok(config)
}

fn apply_file(config: &mut Config, text: &str) -> Result<(), ConfigError> {
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        let before = error.span().map_or(0, |span| span.start);
        ConfigError::Syntax {
            line: text[..before].matches('\n').count() + 1,
            reason: error.message().lines().collect::<Vec<_>>().join(", "),
        }
    })?;

    for (section, content) in table {
        let toml::Value::Table(content) = content else {
            return Err(unknown(&section));
        };
        for (name, value) in content {
            let full = format!("{section}.{name}");
            let value = written(&value).ok_or_else(|| ConfigError::Value {
                name: full.clone(),
                reason: "it must be a text, a number or a list of texts".to_owned(),
            })?;
            apply(config, &full, &value)?;
        }
    }
    Ok(())
}

fn apply_variable(config: &mut Config, variable: &str, value: &str) -> Result<(), ConfigError> {
    let Some(rest) = variable.strip_prefix("PALABRE_") else {
        return Ok(());
    };
    if let Some(name) = rest.strip_prefix("KEYS_") {
        return apply(config, &format!("keys.{name}"), value).map_err(|e| renamed(e, variable));
    }
    let Some(key) = KEYS.iter().find(|key| key.variable() == variable) else {
        // Others may use the prefix for purposes of their own, but a section's name is ours.
        let section = rest.split('_').next().unwrap_or_default();
        if !sections().any(|ours| ours.eq_ignore_ascii_case(section)) {
            return Ok(());
        }
        return Err(ConfigError::Unknown {
            name: variable.to_owned(),
            nearest: nearest(variable, KEYS.iter().map(Key::variable)),
        });
    };
    apply(config, key.name, value).map_err(|e| renamed(e, variable))
}

fn apply(config: &mut Config, name: &str, value: &str) -> Result<(), ConfigError> {
    let refuse = |reason| ConfigError::Value { name: name.to_owned(), reason };
    if let Some(key_name) = name.strip_prefix("keys.") {
        let inserted = config.keys.insert(key_name, value);
        return inserted.map_err(|error| refuse(error.to_string()));
    }
    let key = KEYS.iter().find(|key| key.name == name).ok_or_else(|| unknown(name))?;
    (key.apply)(config, value).map_err(refuse)
}

/// What can only be judged when all keys are known.
fn check_whole(config: &Config) -> Result<(), ConfigError> {
    let missing = match (&config.https.cert, &config.https.key) {
        (Some(_), None) => Some(("https.cert", "https.key")),
        (None, Some(_)) => Some(("https.key", "https.cert")),
        _ => None,
    };
    if let Some((given, other)) = missing {
        return Err(ConfigError::Value {
            name: given.to_owned(),
            reason: format!("it needs `{other}` beside it"),
        });
    }
    for (on, missing, given, other) in [
        (config.ldap.is_on(), config.ldap.base.is_empty(), "ldap.url", "ldap.base"),
        (config.oidc.is_on(), config.oidc.client_secret.is_empty(), "oidc.issuer", "oidc.client_secret"),
    ] {
        if on && missing {
            return Err(ConfigError::Value {
                name: given.to_owned(),
                reason: format!("it needs `{other}` beside it"),
            });
        }
    }
    if let Some(key) = &config.webhook.key
        && config.keys.secret(key).is_none()
    {
        return Err(ConfigError::Value {
            name: "webhook.key".to_owned(),
            reason: format!("there is no key {key:?} in `[keys]`"),
        });
    }
    check_mail(&config.mail)
}

fn check_mail(mail: &super::Mail) -> Result<(), ConfigError> {
    let refuse = |name: &str, reason: &str| {
        Err(ConfigError::Value { name: name.to_owned(), reason: reason.to_owned() })
    };
    if mail.server.is_some() && mail.from.is_none() {
        return refuse("mail.server", "it needs `mail.from` beside it");
    }
    if mail.user.is_some() != mail.password.is_some() {
        return refuse("mail.user", "`mail.user` and `mail.password` need each other");
    }
    if mail.user.is_some() && mail.encryption == super::MailEncryption::None {
        return refuse("mail.user", "a password is not sent in the clear: choose another `mail.encryption`");
    }
    Ok(())
}

/// A TOML value as one would write it in the environment.
fn written(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(yes) => Some(yes.to_string()),
        toml::Value::Array(items) => items
            .iter()
            .map(|item| item.as_str().map(str::to_owned))
            .collect::<Option<Vec<_>>>()
            .map(|items| items.join(",")),
        _ => None,
    }
}

fn sections() -> impl Iterator<Item = &'static str> {
    KEYS.iter().map(|key| key.name.split('.').next().unwrap_or_default())
}

fn unknown(name: &str) -> ConfigError {
    ConfigError::Unknown {
        name: name.to_owned(),
        nearest: nearest(name, KEYS.iter().map(|key| key.name.to_owned())),
    }
}

fn nearest(name: &str, candidates: impl Iterator<Item = String>) -> String {
    candidates
        .max_by(|a, b| strsim::jaro_winkler(a, name).total_cmp(&strsim::jaro_winkler(b, name)))
        .expect("the table of keys is not empty")
}

/// The same error under the name by which the operator wrote the value.
fn renamed(error: ConfigError, variable: &str) -> ConfigError {
    match error {
        ConfigError::Value { reason, .. } => ConfigError::Value { name: variable.to_owned(), reason },
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn file(text: &str) -> Result<Config, String> {
        parse(text, []).map_err(|error| error.to_string())
    }

    fn environment(variables: &[(&str, &str)]) -> Result<Config, String> {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        parse("", variables).map_err(|error| error.to_string())
    }

    #[test]
    fn mail_needs_a_sender_and_never_shows_its_password() {
        let lone = file("[mail]\nserver = \"mail.example.org\"").unwrap_err();
        assert_eq!(lone, "`mail.server` cannot be used: it needs `mail.from` beside it");
        let clear = "[mail]\nserver = \"m\"\nfrom = \"a@b.org\"\nuser = \"u\"\npassword = \"sésame\"\nencryption = \"none\"";
        assert!(file(clear).unwrap_err().contains("not sent in the clear"));
        let config = file(&clear.replace("none", "tls")).unwrap();
        assert_eq!(config.mail.encryption, crate::config::MailEncryption::Tls);
        assert!(!format!("{config:?}").contains("sésame"));
        assert!(file("[mail]\nfrom = \"a<b@c\"").is_err());
    }

    #[test]
    fn nothing_configured_gives_the_documented_defaults() {
        let config = file("").expect("an empty file is valid");

        assert_eq!(config.http.listen.to_string(), "127.0.0.1:7880");
        assert_eq!(config.https.listen.map(|a| a.port()), Some(7443));
        assert_eq!(config.sfu.listen.port(), 7882);
        assert_eq!(config.sfu.tcp.map(|a| a.port()), Some(7881));
        assert_eq!(config.store.dir, Path::new("data"));
        assert_eq!(config.limits.session_idle, Duration::from_secs(86_400));
        assert!(config.keys.first().is_none() && config.webhook.urls.is_empty());
        assert_eq!(
            config.sip.listen.iter().map(std::net::SocketAddr::port).collect::<Vec<_>>(),
            [5060, 5060]
        );
        assert_eq!(config.sip.rtp_ports, 10_000..=10_999);
    }

    #[test]
    fn an_empty_address_switches_phones_off() {
        for text in ["[sip]\nlisten = \"\"", "[sip]\nlisten = \"none\""] {
            assert!(!file(text).expect("valid").sip.is_on(), "{text}");
        }
        assert!(file("").expect("valid").sip.is_on());
    }

    #[test]
    fn the_environment_overrides_the_file() {
        let text = "[http]\nlisten = \"127.0.0.1:1\"\n[sfu]\nshards = 3";
        let variables = [("PALABRE_HTTP_LISTEN".to_owned(), "127.0.0.1:2".to_owned())];

        let config = parse(text, variables).expect("valid");

        assert_eq!((config.http.listen.port(), config.sfu.shards), (2, 3));
    }

    #[test]
    fn lists_are_arrays_in_the_file_and_separated_by_commas_in_the_environment() {
        let from_file = file("[sfu]\nadvertise = [\"192.0.2.1\", \"2001:db8::1\"]").expect("valid");
        let from_environment =
            environment(&[("PALABRE_SFU_ADVERTISE", "192.0.2.1, 2001:db8::1")]).expect("valid");

        assert_eq!(from_file.sfu.advertise.len(), 2);
        assert_eq!(from_file.sfu.advertise, from_environment.sfu.advertise);
    }

    #[test]
    fn an_unknown_key_is_refused_with_the_name_it_was_probably_meant_to_have() {
        assert_eq!(
            file("[http]\nlistne = \"x\"").unwrap_err(),
            "there is no key `http.listne`; did you mean `http.listen`?"
        );
        assert_eq!(
            environment(&[("PALABRE_HTTP_LISTNE", "x")]).unwrap_err(),
            "there is no key `PALABRE_HTTP_LISTNE`; did you mean `PALABRE_HTTP_LISTEN`?"
        );
        assert!(file("listen = 3").is_err());
    }

    #[test]
    fn variables_of_others_with_our_prefix_are_left_alone() {
        assert!(environment(&[("PALABRE_SERVICE_HOST", "x"), ("PATH", "y")]).is_ok());
    }

    #[test]
    fn a_mistake_is_told_in_one_sentence_that_names_the_key() {
        for (text, sentence) in [
            (
                "[http]\nlisten = \"localhost\"",
                "`http.listen` cannot be used: \"localhost\" is not an IP address with a port, such as 127.0.0.1:7880 or [::1]:7880",
            ),
            (
                "[keys]\nmine = \"short\"",
                "`keys.mine` cannot be used: the secret of API key \"mine\" has 5 characters, at least 32 are needed",
            ),
            ("[https]\ncert = \"a.pem\"", "`https.cert` cannot be used: it needs `https.key` beside it"),
            (
                "[webhook]\nkey = \"nobody\"",
                "`webhook.key` cannot be used: there is no key \"nobody\" in `[keys]`",
            ),
            (
                "[audio]\nptime = 30",
                "`audio.ptime` cannot be used: \"30\" is none of 20, 40 and 60 milliseconds",
            ),
            (
                "[audio]\nthin_bitrate = 5",
                "`audio.thin_bitrate` cannot be used: \"5\" is not a number from 6 to 510",
            ),
            (
                "[audio]\nred = \"sometimes\"",
                "`audio.red` cannot be used: \"sometimes\" is none of loss, always and never",
            ),
            ("[audio]\nvoices = 101", "`audio.voices` cannot be used: \"101\" is not a number from 0 to 100"),
            (
                "[sfu]\nshards = 1.5",
                "`sfu.shards` cannot be used: it must be a text, a number or a list of texts",
            ),
        ] {
            assert_eq!(file(text).unwrap_err(), sentence);
        }
        assert!(
            file("[http]\n\nlisten = \n")
                .unwrap_err()
                .starts_with("the configuration is not TOML at line 3: ")
        );
    }

    #[test]
    fn secrets_do_not_appear_in_debug_output() {
        let secret = "0123456789abcdef0123456789abcdef";
        let config = environment(&[("PALABRE_KEYS_mine", secret)]).expect("valid");

        assert_eq!(config.keys.secret("mine").unwrap().expose(), secret);
        assert!(!format!("{config:?}").contains(secret));
    }
}
