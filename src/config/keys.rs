//! The one table of configuration keys: name, default, meaning, and how its text becomes a value.

use super::value::{
    address, address_or_none, addresses, both_languages, count, currency, directory, duration, encryption,
    filter, goal, group_roles, host, hosts, issuer, level, line, listeners, mail_address, path, port, ports,
    public_url, realm, roles, time_zone, webhook_urls, yes_or_no,
};
use super::{Config, Password};

/// One key an operator may set.
pub struct Key {
    /// Section and name, `http.listen`.
    pub name: &'static str,
    /// What holds when it is not set, as one would write it; `None` when nothing holds.
    pub default: Option<&'static str>,
    /// One line for the operator.
    pub doc: &'static str,
    /// Puts a written value into the configuration.
    pub(super) apply: fn(&mut Config, &str) -> Result<(), String>,
}

impl Key {
    /// The environment variable that overrides this key: `PALABRE_HTTP_LISTEN` for `http.listen`.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("PALABRE_{}", self.name.replace('.', "_").to_uppercase())
    }
}

/// Every key but those of `[keys]`, whose names the operator chooses. Lists are written as TOML arrays, or separated
/// by commas in the environment.
#[rustfmt::skip]
pub const KEYS: &[Key] = &[
    Key { name: "http.listen", default: Some("127.0.0.1:7880"),
        doc: "Address of plain HTTP; keep it on the machine itself or behind a reverse proxy",
        apply: |c, v| set(&mut c.http.listen, address(v)) },
    Key { name: "http.public_url", default: None,
        doc: "How clients reach the server, `https://meet.example.org`; needed behind a reverse proxy that changes `Host`",
        apply: |c, v| set_some(&mut c.http.public_url, public_url(v)) },
    Key { name: "http.trusted_proxies", default: Some(""),
        doc: "Addresses of reverse proxies whose `X-Forwarded-For` is believed",
        apply: |c, v| set(&mut c.http.trusted_proxies, addresses(v)) },
    Key { name: "https.listen", default: Some("0.0.0.0:7443"),
        doc: "Address of HTTPS; `none` turns it off",
        apply: |c, v| set(&mut c.https.listen, address_or_none(v)) },
    Key { name: "https.cert", default: None,
        doc: "PEM file of the certificate chain; without it the server makes a certificate and keeps it in the store",
        apply: |c, v| set_some(&mut c.https.cert, path(v)) },
    Key { name: "https.key", default: None,
        doc: "PEM file of the certificate's private key",
        apply: |c, v| set_some(&mut c.https.key, path(v)) },
    Key { name: "sfu.listen", default: Some("0.0.0.0:7882"),
        doc: "UDP address of the first media thread; each further thread takes the next port",
        apply: |c, v| set(&mut c.sfu.listen, address(v)) },
    Key { name: "sfu.tcp", default: Some("0.0.0.0:7881"),
        doc: "TCP address of media for networks that block UDP; `none` turns it off",
        apply: |c, v| set(&mut c.sfu.tcp, address_or_none(v)) },
    Key { name: "sfu.advertise", default: Some(""),
        doc: "IP addresses announced to clients for media, for servers behind NAT; empty finds the machine's own",
        apply: |c, v| set(&mut c.sfu.advertise, addresses(v)) },
    Key { name: "sfu.shards", default: Some("0"),
        doc: "Number of media threads; 0 takes one per processor core",
        apply: |c, v| set(&mut c.sfu.shards, count(v, 0, 256)) },
    Key { name: "sfu.slack", default: Some("500"),
        doc: "How many participants and subscriptions more than the idlest a media thread may carry before the next participant of one of its rooms goes to another thread",
        apply: |c, v| set(&mut c.sfu.slack, count(v, 0, 1_000_000)) },
    Key { name: "turn.enabled", default: Some("true"),
        doc: "Whether there is a relay (TURN) for browsers whose network lets little out; it leads to this server's media and nowhere else",
        apply: |c, v| set(&mut c.turn.enabled, yes_or_no(v)) },
    Key { name: "turn.udp", default: Some("0.0.0.0:3478"),
        doc: "UDP addresses of the relay; `none` turns it off there",
        apply: |c, v| set(&mut c.turn.udp, listeners(v)) },
    Key { name: "turn.tcp", default: Some("0.0.0.0:3478"),
        doc: "TCP addresses of the relay; `none` turns it off there",
        apply: |c, v| set(&mut c.turn.tcp, listeners(v)) },
    Key { name: "turn.tls", default: Some("true"),
        doc: "The relay answers on the port of HTTPS as well, with its certificate: best where that is 443",
        apply: |c, v| set(&mut c.turn.tls, yes_or_no(v)) },
    Key { name: "turn.tls_port", default: None,
        doc: "That port as clients see it, if it is forwarded; the one of `https.listen` when not set",
        apply: |c, v| set_some(&mut c.turn.tls_port, port(v)) },
    Key { name: "turn.names", default: Some(""),
        doc: "Names or addresses by which clients reach the relay; empty takes the one of `http.public_url`, or the one by which they came",
        apply: |c, v| set(&mut c.turn.names, hosts(v)) },
    Key { name: "turn.allocations", default: Some("4096"),
        doc: "Relayed transports of all clients, and connections to the relay; each takes a port and a descriptor",
        apply: |c, v| set(&mut c.turn.allocations, count(v, 1, 50_000)) },
    Key { name: "turn.allocations_per_participant", default: Some("32"),
        doc: "Relayed transports of one participant; a browser takes some for each of its networks",
        apply: |c, v| set(&mut c.turn.allocations_per_participant, count(v, 1, 1_000)) },
    Key { name: "turn.allocations_per_address", default: Some("1024"),
        doc: "Relayed transports from one client address, behind which a whole post may sit",
        apply: |c, v| set(&mut c.turn.allocations_per_address, count(v, 1, 50_000)) },
    Key { name: "turn.rate", default: Some("16000"),
        doc: "What one relayed transport may carry each way, in kbit/s",
        apply: |c, v| set(&mut c.turn.rate, count(v, 64, 10_000_000)) },
    Key { name: "turn.credentials", default: Some("4h"),
        doc: "How long what a participant was given is good for beginning a relayed transport; it ends when the participant leaves",
        apply: |c, v| set(&mut c.turn.credentials, duration(v, "1m", "24h")) },
    Key { name: "sip.listen", default: Some("0.0.0.0:5060,[::]:5060"),
        doc: "UDP and TCP addresses for desk phones and trunks; `none` or nothing switches phones off",
        apply: |c, v| set(&mut c.sip.listen, listeners(v)) },
    Key { name: "sip.tls", default: Some("0.0.0.0:5061,[::]:5061"),
        doc: "TLS addresses for desk phones and trunks, with the certificate of HTTPS; `none` turns it off",
        apply: |c, v| set(&mut c.sip.tls, listeners(v)) },
    Key { name: "sip.ws", default: Some("none"),
        doc: "TCP addresses for SIP over WebSocket (RFC 7118); `none` turns it off",
        apply: |c, v| set(&mut c.sip.ws, listeners(v)) },
    Key { name: "sip.wss", default: Some("none"),
        doc: "TCP addresses for SIP over WebSocket under TLS, with the certificate of HTTPS; `none` turns it off",
        apply: |c, v| set(&mut c.sip.wss, listeners(v)) },
    Key { name: "sip.realm", default: Some("palabre"),
        doc: "Realm of the phones' passwords and domain of their addresses; when it changes, every phone needs a new password",
        apply: |c, v| set(&mut c.sip.realm, realm(v)) },
    Key { name: "sip.rtp_ports", default: Some("10000-10999"),
        doc: "UDP ports for phones' sound, two for each leg of a call; announced with the addresses of `sfu.advertise`",
        apply: |c, v| set(&mut c.sip.rtp_ports, ports(v)) },
    Key { name: "sip.prompts", default: None,
        doc: "Directory of recordings that take the place of spoken prompts: `fr/welcome.wav`, `en/muted.wav` and so on, named as in `sip-gateway/prompts`",
        apply: |c, v| set_some(&mut c.sip.prompts, path(v)) },
    Key { name: "sip.keep_calls", default: Some("365d"),
        doc: "How long call records are kept",
        apply: |c, v| set(&mut c.sip.keep_calls, duration(v, "1d", "3650d")) },
    Key { name: "sip.nonce_lifetime", default: Some("5m"),
        doc: "How long a phone may answer one challenge anew before it is given another",
        apply: |c, v| set(&mut c.sip.nonce_lifetime, duration(v, "1s", "24h")) },
    Key { name: "house.time_zone", default: Some("Africa/Porto-Novo"),
        doc: "IANA name of the time at headquarters: months of the savings page begin and end there",
        apply: |c, v| set(&mut c.house.time_zone, time_zone(v)) },
    Key { name: "house.currency", default: Some("XOF"),
        doc: "ISO code of the currency in which costs and savings are reckoned",
        apply: |c, v| set(&mut c.house.currency, currency(v)) },
    Key { name: "house.savings_goal", default: Some("30-70"),
        doc: "Share of the old cost that is to be saved, in per cent, from and to",
        apply: |c, v| set(&mut c.house.savings_goal, goal(v)) },
    Key { name: "store.dir", default: Some("data"),
        doc: "Directory of the database, the certificate, the generated key and recordings",
        apply: |c, v| set(&mut c.store.dir, path(v)) },
    Key { name: "accounts.second_factor", default: Some(""),
        doc: "Roles that need a code beside their password: `administrator`, `it-officer`, `protocol-officer`, `user`",
        apply: |c, v| set(&mut c.accounts.second_factor, roles(v)) },
    Key { name: "oidc.issuer", default: None,
        doc: "Address of the ministry's OpenID Connect issuer, `https://id.example.org/realms/mae`; our page is called back at `/api/oidc/callback`",
        apply: |c, v| set(&mut c.oidc.issuer, issuer(v)) },
    Key { name: "oidc.client_id", default: Some("palabre"),
        doc: "How the issuer knows this server",
        apply: |c, v| set(&mut c.oidc.client_id, Ok(v.to_owned())) },
    Key { name: "oidc.client_secret", default: None,
        doc: "With what this server proves that to the issuer",
        apply: |c, v| set(&mut c.oidc.client_secret, Ok(v.to_owned())) },
    Key { name: "oidc.name", default: Some("Connexion du ministère"),
        doc: "What the button on the sign-in page says",
        apply: |c, v| set(&mut c.oidc.name, Ok(v.to_owned())) },
    Key { name: "oidc.link", default: Some("true"),
        doc: "An account that is here already is found by its e-mail address, if the issuer has verified it",
        apply: |c, v| set(&mut c.oidc.link, yes_or_no(v)) },
    Key { name: "oidc.create", default: Some("false"),
        doc: "Whoever has no account here gets one",
        apply: |c, v| set(&mut c.oidc.create, yes_or_no(v)) },
    Key { name: "oidc.groups", default: Some("groups"),
        doc: "The claim in which the issuer names groups",
        apply: |c, v| set(&mut c.oidc.groups, Ok(v.to_owned())) },
    Key { name: "oidc.roles", default: None,
        doc: "What groups may do: `palabre-admins=administrator; protocole=protocol-officer`; when not set, administrators say it here",
        apply: |c, v| set(&mut c.oidc.roles, group_roles(v)) },
    Key { name: "ldap.url", default: None,
        doc: "Address of the ministry's directory, `ldaps://ldap.example.org` or `ldap://ldap.example.org`",
        apply: |c, v| set(&mut c.ldap.url, directory(v)) },
    Key { name: "ldap.start_tls", default: Some("true"),
        doc: "An `ldap:` connection is encrypted before anything is said; without it passwords travel in the clear",
        apply: |c, v| set(&mut c.ldap.start_tls, yes_or_no(v)) },
    Key { name: "ldap.ca", default: None,
        doc: "PEM file of the certificates that the directory's is signed with; those of the system when not set",
        apply: |c, v| set_some(&mut c.ldap.ca, path(v)) },
    Key { name: "ldap.bind_dn", default: None,
        doc: "As whom this server looks into the directory; as nobody when not set",
        apply: |c, v| set(&mut c.ldap.bind_dn, Ok(v.to_owned())) },
    Key { name: "ldap.bind_password", default: None,
        doc: "The password for that",
        apply: |c, v| set(&mut c.ldap.bind_password, Ok(v.to_owned())) },
    Key { name: "ldap.base", default: None,
        doc: "Below which entry people are, `ou=people,dc=example,dc=org`",
        apply: |c, v| set(&mut c.ldap.base, Ok(v.to_owned())) },
    Key { name: "ldap.people", default: Some("(objectClass=person)"),
        doc: "Which entries are people",
        apply: |c, v| set(&mut c.ldap.people, filter(v)) },
    Key { name: "ldap.filter", default: Some("(|(mail={login})(uid={login}))"),
        doc: "Whose entry it is that signs in as `{login}`; `(sAMAccountName={login})` for Active Directory",
        apply: |c, v| set(&mut c.ldap.filter, filter(v)) },
    Key { name: "ldap.closed", default: None,
        doc: "Which people may not sign in, `(userAccountControl:1.2.840.113556.1.4.803:=2)` for Active Directory",
        apply: |c, v| set(&mut c.ldap.closed, filter(v)) },
    Key { name: "ldap.roles", default: None,
        doc: "What groups (`memberOf`) may do: `cn=it,ou=groups,dc=example=it-officer; …`; when not set, administrators say it here",
        apply: |c, v| set(&mut c.ldap.roles, group_roles(&v.to_lowercase())) },
    Key { name: "ldap.sync", default: Some("1h"),
        doc: "How often accounts are made what the directory says; `0s` only when asked",
        apply: |c, v| set(&mut c.ldap.sync, duration(v, "0s", "30d")) },
    Key { name: "webhook.urls", default: Some(""),
        doc: "Where events of rooms are posted, signed; `http` or `https`",
        apply: |c, v| set(&mut c.webhook.urls, webhook_urls(v)) },
    Key { name: "webhook.key", default: None,
        doc: "Name of the key in `[keys]` that signs webhooks; the first one if not set",
        apply: |c, v| set_some(&mut c.webhook.key, Ok(v.to_owned())) },
    Key { name: "mail.server", default: None,
        doc: "Name of the SMTP server that takes our mails; without it no mail is sent",
        apply: |c, v| set_some(&mut c.mail.server, host(v)) },
    Key { name: "mail.port", default: Some("587"),
        doc: "Its port; 465 is usual with `tls`, 25 with `none`",
        apply: |c, v| set(&mut c.mail.port, count(v, 1, 65_535).map(|port| port as u16)) },
    Key { name: "mail.encryption", default: Some("starttls"),
        doc: "`starttls`, `tls` from the first byte on, or `none`, with which no password is sent",
        apply: |c, v| set(&mut c.mail.encryption, encryption(v)) },
    Key { name: "mail.authorities", default: None,
        doc: "PEM file of the authorities that the mail server's certificate must come from; the system's if not set",
        apply: |c, v| set_some(&mut c.mail.authorities, path(v)) },
    Key { name: "mail.user", default: None,
        doc: "With what we sign in at the mail server, if at all",
        apply: |c, v| set_some(&mut c.mail.user, line(v)) },
    Key { name: "mail.password", default: None,
        doc: "The password for it; better in the environment than in the file",
        apply: |c, v| set_some(&mut c.mail.password, line(v).map(Password)) },
    Key { name: "mail.from", default: None,
        doc: "Address from which mails come; answers to it should be read by somebody",
        apply: |c, v| set_some(&mut c.mail.from, mail_address(v)) },
    Key { name: "mail.name", default: Some("Palabre"),
        doc: "Name beside that address",
        apply: |c, v| set(&mut c.mail.name, line(v)) },
    Key { name: "marking.public", default: Some("link,accounts,guests,phones,recording,title"),
        doc: "What public meetings allow: `link` (whoever has the meeting's link), `accounts`, `guests` (with a link of their own), `phones`, `recording`, `title` (in mails), or `none`",
        apply: |c, v| c.markings.public.allow(v) },
    Key { name: "marking.public_label", default: Some("Public / Public"),
        doc: "How that marking is called, in French and English",
        apply: |c, v| set(&mut c.markings.public.label, both_languages(v)) },
    Key { name: "marking.public_audience", default: Some("Lien ouvert, téléphone et enregistrement permis / Open link, telephone and recording allowed"),
        doc: "For whom it is, in French and English",
        apply: |c, v| set(&mut c.markings.public.audience, both_languages(v)) },
    Key { name: "marking.internal", default: Some("accounts,guests,phones,title"),
        doc: "What internal meetings allow",
        apply: |c, v| c.markings.internal.allow(v) },
    Key { name: "marking.internal_label", default: Some("Interne / Internal"),
        doc: "How that marking is called",
        apply: |c, v| set(&mut c.markings.internal.label, both_languages(v)) },
    Key { name: "marking.internal_audience", default: Some("Comptes du Ministère et invités nommés / Accounts of the ministry and named guests"),
        doc: "For whom it is",
        apply: |c, v| set(&mut c.markings.internal.audience, both_languages(v)) },
    Key { name: "marking.restricted", default: Some("guests"),
        doc: "What restricted meetings allow; accounts that are named in the meeting always come in",
        apply: |c, v| c.markings.restricted.allow(v) },
    Key { name: "marking.restricted_label", default: Some("Diffusion restreinte / Restricted"),
        doc: "How that marking is called",
        apply: |c, v| set(&mut c.markings.restricted.label, both_languages(v)) },
    Key { name: "marking.restricted_audience", default: Some("Invités nommés seulement, ni téléphone ni enregistrement / Named guests only, neither telephone nor recording"),
        doc: "For whom it is",
        apply: |c, v| set(&mut c.markings.restricted.audience, both_languages(v)) },
    Key { name: "metrics.allow", default: Some("127.0.0.1,::1"),
        doc: "IP addresses that may read `/metrics`",
        apply: |c, v| set(&mut c.metrics.allow, addresses(v)) },
    Key { name: "limits.connections", default: Some("10000"),
        doc: "Open HTTP and WebSocket connections",
        apply: |c, v| set(&mut c.limits.connections, count(v, 10, 1_000_000)) },
    Key { name: "limits.rooms", default: Some("1000"),
        doc: "Rooms at the same time",
        apply: |c, v| set(&mut c.limits.rooms, count(v, 1, 1_000_000)) },
    Key { name: "limits.participants", default: Some("500"),
        doc: "Participants in one room",
        apply: |c, v| set(&mut c.limits.participants, count(v, 1, 100_000)) },
    Key { name: "limits.users", default: Some("100000"),
        doc: "Accounts",
        apply: |c, v| set(&mut c.limits.users, count(v, 1, 10_000_000)) },
    Key { name: "limits.meetings_per_user", default: Some("1000"),
        doc: "Meetings that one user may keep",
        apply: |c, v| set(&mut c.limits.meetings_per_user, count(v, 1, 1_000_000)) },
    Key { name: "limits.seats_per_meeting", default: Some("200"),
        doc: "Seats of all parties of one meeting together",
        apply: |c, v| set(&mut c.limits.seats_per_meeting, count(v, 2, 2_000)) },
    Key { name: "limits.knocks_per_meeting", default: Some("100"),
        doc: "Guests waiting at one meeting",
        apply: |c, v| set(&mut c.limits.knocks_per_meeting, count(v, 1, 10_000)) },
    Key { name: "limits.knocks_per_address", default: Some("30"),
        doc: "Requests to join per minute and client address",
        apply: |c, v| set(&mut c.limits.knocks_per_address, count(v, 1, 100_000)) },
    Key { name: "limits.sign_in_failures", default: Some("10"),
        doc: "Failed sign-ins per account in 15 minutes; three times as many per client address",
        apply: |c, v| set(&mut c.limits.sign_in_failures, count(v, 1, 10_000)) },
    Key { name: "limits.wrong_pins", default: Some("60"),
        doc: "Wrong meeting PINs an hour from all callers outside the house together",
        apply: |c, v| set(&mut c.limits.wrong_pins, count(v, 1, 1_000_000)) },
    Key { name: "limits.wrong_pins_per_caller", default: Some("10"),
        doc: "Wrong meeting PINs an hour from one caller",
        apply: |c, v| set(&mut c.limits.wrong_pins_per_caller, count(v, 1, 1_000_000)) },
    Key { name: "limits.session_idle", default: Some("24h"),
        doc: "A sign-in ends when unused for so long",
        apply: |c, v| set(&mut c.limits.session_idle, duration(v, "1m", "90d")) },
    Key { name: "limits.session", default: Some("7d"),
        doc: "A sign-in ends after so long in any case",
        apply: |c, v| set(&mut c.limits.session, duration(v, "1m", "365d")) },
    Key { name: "limits.drain", default: Some("10s"),
        doc: "How long a stop waits for participants to be told",
        apply: |c, v| set(&mut c.limits.drain, duration(v, "0s", "24h")) },
    Key { name: "log.level", default: Some("info"),
        doc: "`error`, `warn`, `info`, `debug` or `trace`, or per module: `info,signaling=debug`",
        apply: |c, v| set(&mut c.log.level, level(v)) },
];

/// The table of keys as the README shows it.
#[must_use]
pub fn markdown_table() -> String {
    let mut table = String::from("| Key | Default | Meaning |\n|---|---|---|\n");
    for key in KEYS {
        let default = match key.default {
            None => String::new(),
            Some("") => "`[]`".to_owned(),
            // A bar would end the cell.
            Some(default) => format!("`{}`", default.replace('|', "\\|")),
        };
        table += &format!("| `{}` | {default} | {} |\n", key.name, key.doc);
    }
    table
        + "| `keys.NAME` | generated | Secret of the API key `NAME`, at least 32 characters; tokens are signed with it |\n"
}

fn set<T>(field: &mut T, value: Result<T, String>) -> Result<(), String> {
    *field = value?;
    Ok(())
}

fn set_some<T>(field: &mut Option<T>, value: Result<T, String>) -> Result<(), String> {
    *field = Some(value?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_shows_this_table() {
        let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md"));
        let readme = readme.expect("the README is there");

        assert!(
            readme.contains(&markdown_table()),
            "the README's configuration table should be:\n\n{}",
            markdown_table()
        );
    }

    #[test]
    fn every_key_is_there_once_and_has_a_variable_of_its_own() {
        let mut variables: Vec<String> = KEYS.iter().map(Key::variable).collect();
        variables.sort();
        let before = variables.len();
        variables.dedup();

        assert_eq!(variables.len(), before);
    }
}
