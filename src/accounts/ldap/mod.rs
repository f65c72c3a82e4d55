//! The ministry's directory (LDAP, RFC 4511): who may sign in with its password, and who there is.
//!
//! What an entry means is in `entry.rs`, which is pure. A connection serves one question and ends; each step has its time.

mod entry;

use std::sync::Arc;
use std::time::Duration;

use ldap3::adapters::{Adapter, EntriesOnly, PagedResults};
use ldap3::{Ldap as Connection, LdapConnAsync, LdapConnSettings, Scope, SearchEntry};

pub use entry::Person;

use crate::config::Ldap as Config;

/// Why the directory did not answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LdapError {
    /// It cannot be reached, or does not do what was asked.
    #[error("the directory cannot be used: {0}")]
    Directory(#[from] ldap3::LdapError),
    /// The certificate by which it is known cannot be read.
    #[error("the certificates in {path} cannot be used: {reason}")]
    Certificates {
        /// In which file.
        path: String,
        /// Why not.
        reason: String,
    },
    /// It says what is no LDAP.
    #[error("the directory's answer cannot be read")]
    Nonsense,
    /// More people than a ministry has.
    #[error("the directory names more than {0} people; narrow [ldap] people")]
    Full(usize),
}

/// The way to the directory. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Directory {
    config: Arc<Config>,
    tls: Option<Arc<rustls::ClientConfig>>,
}

impl Directory {
    /// The directory of a configuration.
    ///
    /// # Errors
    /// When the certificates that the operator has named cannot be used.
    pub fn new(config: Config) -> Result<Self, LdapError> {
        let tls = config.ca.as_deref().map(trusting).transpose()?;
        Ok(Self { config: Arc::new(config), tls })
    }

    /// What the operator has said of it.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Whoever has this name there and this password; nobody when one of both is wrong.
    ///
    /// # Errors
    /// When the directory does not answer.
    pub async fn sign_in(&self, login: &str, password: &str) -> Result<Option<Person>, LdapError> {
        // A bind without a password is one of nobody, and succeeds (RFC 4513 §5.1.2).
        if password.is_empty() || login.trim().is_empty() || login.len() > LONGEST_LOGIN {
            return Ok(None);
        }
        let (directory, login, password) = (self.clone(), login.trim().to_owned(), password.to_owned());
        contained(async move { directory.bind_as(&login, &password).await }).await
    }

    async fn bind_as(&self, login: &str, password: &str) -> Result<Option<Person>, LdapError> {
        let filter = entry::filter_of_one(&self.config, login);
        let mut connection = self.connect().await?;
        let found = connection
            .with_timeout(PATIENCE)
            .search(&self.config.base, Scope::Subtree, &filter, entry::ATTRIBUTES)
            .await?
            .success()?
            .0;
        // What lies elsewhere is not followed.
        let entries = found.into_iter().filter(|one| !one.is_ref() && !one.is_intermediate());
        let mut people: Vec<SearchEntry> =
            entries.map(SearchEntry::construct).filter(|entry| !entry.dn.is_empty()).collect();
        // Of two that fit, neither is meant.
        let (Some(one), true) = (people.pop(), people.is_empty()) else {
            let _ = connection.unbind().await;
            return Ok(None);
        };
        let bound = connection.with_timeout(PATIENCE).simple_bind(&one.dn, password).await?;
        let _ = connection.unbind().await;
        match bound.rc {
            SUCCESS => Ok(Person::of(&self.config, &one)),
            INVALID_CREDENTIALS => Ok(None),
            _ => {
                bound.success()?;
                Ok(None)
            }
        }
    }

    /// Everybody whom the directory names and has not closed, page by page.
    ///
    /// # Errors
    /// When the directory does not answer, or names too many.
    pub async fn people(&self) -> Result<Vec<Person>, LdapError> {
        let directory = self.clone();
        contained(async move { directory.read_people().await }).await
    }

    async fn read_people(&self) -> Result<Vec<Person>, LdapError> {
        let filter = entry::filter_of_all(&self.config);
        let mut connection = self.connect().await?;
        let pages: Vec<Box<dyn Adapter<'_, &str, &[&str]>>> =
            vec![Box::new(EntriesOnly::new()), Box::new(PagedResults::new(PAGE))];
        let mut stream = connection
            .with_timeout(PATIENCE)
            .streaming_search_with(pages, &self.config.base, Scope::Subtree, &filter, entry::ATTRIBUTES)
            .await?;
        let mut people = Vec::new();
        while let Some(found) = stream.next().await? {
            if people.len() >= MOST_PEOPLE {
                return Err(LdapError::Full(MOST_PEOPLE));
            }
            people.extend(Person::of(&self.config, &SearchEntry::construct(found)));
        }
        stream.finish().await.success()?;
        let _ = connection.unbind().await;
        Ok(people)
    }

    /// A connection that may search.
    async fn connect(&self) -> Result<Connection, LdapError> {
        let config = &self.config;
        let start_tls = config.start_tls && config.url.starts_with("ldap:");
        let mut settings = LdapConnSettings::new().set_conn_timeout(PATIENCE).set_starttls(start_tls);
        if let Some(tls) = &self.tls {
            settings = settings.set_config(Arc::clone(tls));
        }
        let (driver, mut connection) = LdapConnAsync::with_settings(settings, &config.url).await?;
        tokio::spawn(async move {
            if let Err(error) = driver.drive().await {
                tracing::debug!(%error, "the connection to the directory broke");
            }
        });
        if !config.bind_dn.is_empty() {
            connection
                .with_timeout(PATIENCE)
                .simple_bind(&config.bind_dn, &config.bind_password)
                .await?
                .success()?;
        }
        Ok(connection)
    }
}

/// Lets a question run by itself: the parser of `ldap3` panics at what is no LDAP, which must end that question only.
async fn contained<T: Send + 'static>(
    question: impl Future<Output = Result<T, LdapError>> + Send + 'static,
) -> Result<T, LdapError> {
    tokio::spawn(question).await.map_err(|_| LdapError::Nonsense)?
}

/// TLS that trusts the certificates of a file, and no others.
fn trusting(path: &std::path::Path) -> Result<Arc<rustls::ClientConfig>, LdapError> {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject as _;
    let fault = |reason: String| LdapError::Certificates { path: path.display().to_string(), reason };
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| fault(error.to_string()))? {
        let certificate = certificate.map_err(|error| fault(error.to_string()))?;
        roots.add(certificate).map_err(|error| fault(error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(fault("there are none".to_owned()));
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| fault(error.to_string()))?;
    Ok(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}

const PATIENCE: Duration = Duration::from_secs(10);
const PAGE: i32 = 500;
const MOST_PEOPLE: usize = 50_000;
const LONGEST_LOGIN: usize = 254;
const SUCCESS: u32 = 0;
const INVALID_CREDENTIALS: u32 = 49;
