//! Kamailio from Debian, doing the same work as a registrar and as a record-routing proxy.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use anyhow::Result;
use rustls::pki_types::CertificateDer;
use tempfile::TempDir;

use super::account::REALM;
use super::certificate::write_certificate;
use super::child::Server;
use super::palabre::free_ports;
use super::wire::wait_until_answers;

/// A running Kamailio.
#[derive(Debug)]
pub(crate) struct Kamailio {
    pub(crate) server: Server,
    pub(crate) udp: SocketAddr,
    pub(crate) tls: SocketAddr,
    /// What it shows to phones that come over TLS.
    pub(crate) certificate: CertificateDer<'static>,
    _directory: TempDir,
}

impl Kamailio {
    /// Starts it; nothing if it is not installed.
    pub(crate) fn start() -> Result<Option<Self>> {
        if !super::is_installed("kamailio") {
            return Ok(None);
        }
        let directory = tempfile::tempdir()?;
        let certificate = write_certificate(directory.path())?;
        let [udp, tls] = free_ports()?;
        let config = directory.path().join("kamailio.cfg");
        std::fs::write(&config, configuration(udp, tls, directory.path()))?;
        let mut command = Command::new("kamailio");
        // In the foreground; with memory enough for all transactions of half a minute.
        command.args(["-DD", "-E", "-m", "1024", "-M", "16", "-f"]).arg(&config);
        command.arg("-P").arg(directory.path().join("pid")).arg("-Y").arg(directory.path());
        let mut server = Server::start(command, &directory.path().join("log"))?;
        wait_until_answers(udp, &mut server)?;
        Ok(Some(Self { server, udp, tls, certificate, _directory: directory }))
    }
}

/// Passwords come from a formula instead of a database and bindings are kept in memory only: less work than ours. Nonces
/// are checked, their counts included, as ours are.
fn configuration(udp: SocketAddr, tls: SocketAddr, directory: &Path) -> String {
    let modules = [
        "tm",
        "tmx",
        "sl",
        "rr",
        "pv",
        "maxfwd",
        "usrloc",
        "registrar",
        "siputils",
        "textops",
        "auth",
        "tls",
    ];
    let directory = directory.display();
    let modules: String = modules.iter().map(|name| format!("loadmodule \"{name}.so\"\n")).collect();
    format!(
        r#"#!KAMAILIO
debug=-1
log_stderror=yes
children={CHILDREN}
listen=udp:{udp}
listen=tls:{tls}
enable_tls=yes
tcp_children={CHILDREN}
tcp_connection_lifetime=3605
auto_aliases=no
dns=no
rev_dns=no
{modules}
modparam("usrloc", "db_mode", 0)
modparam("usrloc", "hash_size", 14)
modparam("auth", "nonce_expire", 300)
modparam("auth", "qop", "auth")
modparam("auth", "nonce_count", 1)
modparam("tls", "tls_method", "TLSv1.2+")
modparam("tls", "certificate", "{directory}/cert.pem")
modparam("tls", "private_key", "{directory}/key.pem")
request_route {{
  if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
  force_rport();
  if (is_method("OPTIONS") && $rU == $null) {{ sl_send_reply("200", "OK"); exit; }}
  if (is_method("REGISTER")) {{
    if (!pv_auth_check("{REALM}", "secret-of-$au", "0", "1")) {{ auth_challenge("{REALM}", "1"); exit; }}
    consume_credentials();
    if (!save("location")) {{ sl_reply_error(); }}
    exit;
  }}
  if (has_totag()) {{
    if (loose_route()) {{ t_relay(); exit; }}
    if (is_method("ACK") && t_check_trans()) {{ t_relay(); exit; }}
    if (!is_method("ACK")) {{ sl_send_reply("404", "Not here"); }}
    exit;
  }}
  if (is_method("CANCEL")) {{ if (t_check_trans()) {{ t_relay(); }} exit; }}
  if (is_method("ACK")) {{ if (t_check_trans()) {{ t_relay(); }} exit; }}
  t_check_trans();
  if (is_method("INVITE")) {{
    if (!pv_auth_check("{REALM}", "secret-of-$au", "0", "1")) {{ auth_challenge("{REALM}", "1"); exit; }}
    consume_credentials();
    record_route();
  }}
  if (!lookup("location")) {{ sl_send_reply("404", "Not Found"); exit; }}
  if (!t_relay()) {{ sl_reply_error(); }}
}}
"#
    )
}

/// Processes that take datagrams: there is one core.
const CHILDREN: usize = 1;
