//! How the written value of a key is read. Errors complete the sentence "`http.listen` cannot be used: …".

use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use signaling_proto::audio::{Ptime, Redundancy};

use super::MailEncryption;
use crate::accounts::{Email, Role};
use crate::savings::Goal;
use crate::tariffs::Currency;

pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        format!("{text:?} is not an IP address with a port, such as 127.0.0.1:7880 or [::1]:7880")
    })
}

pub(super) fn address_or_none(text: &str) -> Result<Option<SocketAddr>, String> {
    if text.is_empty() || text == "none" {
        return Ok(None);
    }
    address(text).map(Some)
}

/// Several, or none at all.
pub(super) fn listeners(text: &str) -> Result<Vec<SocketAddr>, String> {
    if text == "none" {
        return Ok(Vec::new());
    }
    list(text).map(address).collect()
}

/// Names of machines, or their addresses.
pub(super) fn hosts(text: &str) -> Result<Vec<String>, String> {
    list(text).map(host).collect()
}

pub(super) fn port(text: &str) -> Result<u16, String> {
    text.parse()
        .ok()
        .filter(|port| *port > 0)
        .ok_or_else(|| format!("{text:?} is not a port from 1 to 65535"))
}

pub(super) fn addresses(text: &str) -> Result<Vec<IpAddr>, String> {
    list(text).map(|item| item.parse().map_err(|_| format!("{item:?} is not an IP address"))).collect()
}

pub(super) fn roles(text: &str) -> Result<Vec<Role>, String> {
    list(text).map(role).collect()
}

fn role(word: &str) -> Result<Role, String> {
    Role::from_word(word).ok_or_else(|| {
        let words = Role::ALL.map(Role::as_str).join(", ");
        format!("{word:?} is not a role; the roles are {words}")
    })
}

/// Groups and what they may do, separated by semicolons, since names of groups hold commas and equals signs.
pub(super) fn group_roles(text: &str) -> Result<Vec<(String, Role)>, String> {
    let pairs = text.split(';').map(str::trim).filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (group, word) = pair.rsplit_once('=').ok_or_else(|| {
                format!("{pair:?} is not a group and its role, such as admins=administrator")
            })?;
            Ok((group.trim().to_owned(), role(word.trim())?))
        })
        .collect()
}

pub(super) fn yes_or_no(text: &str) -> Result<bool, String> {
    match text {
        "true" => Ok(true),
        "false" => Ok(false),
        other => Err(format!("{other:?} is neither true nor false")),
    }
}

/// An address of a directory.
pub(super) fn directory(text: &str) -> Result<String, String> {
    let host = text.strip_prefix("ldaps://").or_else(|| text.strip_prefix("ldap://"));
    match host.map(|host| host.trim_end_matches('/')) {
        Some(host) if !host.is_empty() && !host.contains(['/', '@', '?', ' ']) => {
            Ok(text.trim_end_matches('/').to_owned())
        }
        _ => Err(format!("{text:?} is not an address such as ldaps://ldap.example.org")),
    }
}

/// A question to a directory (RFC 4515), as far as its brackets go.
pub(super) fn filter(text: &str) -> Result<String, String> {
    let mut depth = 0_i32;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth <= 0 && at + c.len_utf8() < text.len() {
            depth = i32::MIN;
            break;
        }
    }
    if depth != 0 || text.is_empty() {
        return Err(format!("{text:?} is not a filter such as (objectClass=person)"));
    }
    Ok(text.to_owned())
}

pub(super) fn issuer(text: &str) -> Result<String, String> {
    if !is_protected(text) {
        return Err(format!("{text:?} is not an address such as https://id.example.org/realms/mae"));
    }
    Ok(text.trim_end_matches('/').to_owned())
}

/// Whether what is sent to an address can be read by nobody on the way: HTTPS, or the machine itself.
pub(crate) fn is_protected(address: &str) -> bool {
    let Ok(uri) = address.parse::<axum::http::Uri>() else { return false };
    let Some(authority) = uri.authority() else { return false };
    if authority.as_str().contains('@') {
        return false;
    }
    match uri.scheme_str() {
        Some("https") => true,
        Some("http") => matches!(authority.host(), "localhost" | "127.0.0.1" | "[::1]"),
        _ => false,
    }
}

pub(super) fn time_zone(text: &str) -> Result<String, String> {
    if crate::directory::is_zone(text) {
        return Ok(text.to_owned());
    }
    Err(format!("{text:?} is not the IANA name of a time zone, such as Africa/Porto-Novo"))
}

pub(super) fn currency(text: &str) -> Result<Currency, String> {
    Currency::parse(text).ok_or_else(|| format!("{text:?} is not the ISO code of a currency, such as XOF"))
}

pub(super) fn goal(text: &str) -> Result<Goal, String> {
    let bounds = text
        .split_once('-')
        .and_then(|(from, to)| Some(Goal { from: from.trim().parse().ok()?, to: to.trim().parse().ok()? }));
    bounds
        .filter(|goal| goal.from <= goal.to && goal.to <= 100)
        .ok_or_else(|| format!("{text:?} is not a share from and to in per cent, such as 30-70"))
}

pub(super) fn path(text: &str) -> Result<PathBuf, String> {
    if text.is_empty() {
        return Err("it is empty and must name a file or directory".to_owned());
    }
    Ok(PathBuf::from(text))
}

pub(super) fn count(text: &str, least: usize, most: usize) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|number| (least..=most).contains(number))
        .ok_or_else(|| format!("{text:?} is not a number from {least} to {most}"))
}

/// A rate in kbit/s, within bounds.
pub(super) fn kbits(text: &str, least: usize, most: usize) -> Result<u32, String> {
    count(text, least, most).map(|kbits| u32::try_from(kbits).unwrap_or(u32::MAX))
}

/// How much sound a packet holds.
pub(super) fn ptime(text: &str) -> Result<Ptime, String> {
    let all = [Ptime::Ms20, Ptime::Ms40, Ptime::Ms60];
    let known = all.into_iter().find(|ptime| ptime.millis().to_string() == text);
    known.ok_or_else(|| format!("{text:?} is none of 20, 40 and 60 milliseconds"))
}

/// When packets of sound repeat those before them.
pub(super) fn redundancy(text: &str) -> Result<Redundancy, String> {
    match text {
        "loss" => Ok(Redundancy::OnLoss),
        "always" => Ok(Redundancy::Always),
        "never" => Ok(Redundancy::Never),
        other => Err(format!("{other:?} is none of loss, always and never")),
    }
}

/// A span of time such as `90s`, `15m`, `24h` or `7d`, within bounds written the same way.
pub(super) fn duration(text: &str, least: &str, most: &str) -> Result<Duration, String> {
    let bound = |bound| span(bound).expect("bounds are written by us");
    span(text).filter(|value| (bound(least)..=bound(most)).contains(value)).ok_or_else(|| {
        format!("{text:?} is not a span of time from {least} to {most}, such as 90s, 15m, 24h or 7d")
    })
}

/// Reads `90s`, `15m`, `24h` or `7d`.
pub(crate) fn span(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let seconds: u64 = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86400,
        _ => return None,
    };
    let number: u32 = number.parse().ok()?;
    Some(Duration::from_secs(u64::from(number) * seconds))
}

pub(super) fn level(text: &str) -> Result<String, String> {
    text.parse::<tracing_subscriber::EnvFilter>()
        .map(|_| text.to_owned())
        .map_err(|_| format!("{text:?} is not a log level, such as info or info,signaling=debug"))
}

/// A realm, which is also a domain in addresses (RFC 3261 §25.1).
pub(super) fn realm(text: &str) -> Result<String, String> {
    let usable = (1..=64).contains(&text.len())
        && text
            .split('.')
            .all(|label| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
    if !usable {
        return Err(format!("{text:?} is not a name such as palabre or phones.example.org"));
    }
    Ok(text.to_ascii_lowercase())
}

/// A range of ports for RTP and RTCP, which come in pairs of which the first is even (RFC 3550 §11).
pub(super) fn ports(text: &str) -> Result<RangeInclusive<u16>, String> {
    let range = text.split_once('-').and_then(|(first, last)| {
        let (first, last): (u16, u16) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
        (first >= 1024 && first % 2 == 0 && last > first).then_some(first..=last)
    });
    range.ok_or_else(|| {
        format!(
            "{text:?} is not a range of ports such as 10000-10999 that begins with an even one above 1023"
        )
    })
}

/// An origin: scheme and authority, nothing behind them.
pub(super) fn public_url(text: &str) -> Result<String, String> {
    let trimmed = text.trim_end_matches('/');
    let uri: Option<axum::http::Uri> = trimmed.parse().ok();
    let usable = uri.as_ref().is_some_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https"))
            && uri.authority().is_some_and(|a| !a.as_str().contains('@'))
            && uri.path() == "/"
            && uri.query().is_none()
    });
    if !usable {
        return Err(format!("{text:?} is not an address such as https://meet.example.org"));
    }
    Ok(trimmed.to_ascii_lowercase())
}

pub(super) fn webhook_urls(text: &str) -> Result<Vec<String>, String> {
    list(text)
        .map(|item| {
            let uri: Option<axum::http::Uri> = item.parse().ok();
            uri.filter(|uri| matches!(uri.scheme_str(), Some("http" | "https")))
                .map(|_| item.to_owned())
                .ok_or_else(|| format!("{item:?} is not an http or https URL"))
        })
        .collect()
}

pub(super) fn encryption(text: &str) -> Result<MailEncryption, String> {
    match text {
        "starttls" => Ok(MailEncryption::StartTls),
        "tls" => Ok(MailEncryption::Tls),
        "none" => Ok(MailEncryption::None),
        _ => Err(format!("{text:?} is not one of starttls, tls and none")),
    }
}

/// The name or address of a machine.
pub(super) fn host(text: &str) -> Result<String, String> {
    let usable = (1..=253).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':'));
    if !usable {
        return Err(format!("{text:?} is not the name of a machine, such as mail.example.org"));
    }
    Ok(text.to_ascii_lowercase())
}

/// A text in French, a slash between spaces, and the same in English.
pub(super) fn both_languages(text: &str) -> Result<[String; 2], String> {
    let (french, english) = text.split_once(" / ").unwrap_or((text, text));
    Ok([line(french.trim())?, line(english.trim())?])
}

/// A text on one line.
pub(super) fn line(text: &str) -> Result<String, String> {
    if text.is_empty() || text.len() > 500 || text.chars().any(char::is_control) {
        return Err("it must have 1 to 500 characters on one line".to_owned());
    }
    Ok(text.to_owned())
}

pub(super) fn mail_address(text: &str) -> Result<Email, String> {
    let email = Email::new(text).map_err(|error| error.to_string())?;
    if !crate::mail::is_mailable(&email) {
        return Err(format!("{text:?} is not an e-mail address such as palabre@example.org"));
    }
    Ok(email)
}

fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_with_their_unit_and_held_to_their_bounds() {
        assert_eq!(duration("15m", "1m", "1h"), Ok(Duration::from_secs(15 * 60)));
        assert!(duration("2h", "1m", "1h").is_err());
        for bad in ["", "m", "15", "-1s", "1.5h", "é", "99999999999s"] {
            assert_eq!(span(bad), None, "{bad}");
        }
    }

    #[test]
    fn ports_for_sound_come_in_pairs() {
        assert_eq!(ports("10000-10999"), Ok(10_000..=10_999));
        for bad in ["", "10000", "10001-10999", "10999-10000", "80-90", "10000-99999", "10000-10000"] {
            assert!(ports(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_realm_can_stand_in_an_address() {
        assert_eq!(realm("Phones.example.ORG"), Ok("phones.example.org".to_owned()));
        for bad in ["", "a b", "a\"b", "a..b", "sip:a"] {
            assert!(realm(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn groups_have_roles_whatever_stands_in_their_names() {
        let roles = group_roles("cn=it,ou=groups=it-officer; admins = administrator ;").unwrap();
        assert_eq!(roles[0], ("cn=it,ou=groups".to_owned(), Role::ItOfficer));
        assert_eq!(roles[1], ("admins".to_owned(), Role::Administrator));
        assert!(group_roles("admins").is_err() && group_roles("admins=king").is_err());
    }

    #[test]
    fn a_directory_has_an_address_and_filters_have_their_brackets() {
        assert_eq!(directory("ldaps://ldap.example.org/").as_deref(), Ok("ldaps://ldap.example.org"));
        for bad in ["ldap.example.org", "ldap://", "https://x", "ldap://a@b", "ldap://x/y"] {
            assert!(directory(bad).is_err(), "{bad}");
        }
        assert!(filter("(|(mail={login})(uid={login}))").is_ok());
        for bad in ["", "mail=x", "(mail=x", "(a=b)(c=d)", "(a=b))", ")("] {
            assert!(filter(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_issuer_is_reached_in_secret() {
        assert_eq!(
            issuer("https://id.example.org/realms/mae/").as_deref(),
            Ok("https://id.example.org/realms/mae")
        );
        assert!(issuer("http://127.0.0.1:9000").is_ok());
        for bad in [
            "http://id.example.org",
            "https://a@b",
            "ldap://x",
            "id.example.org",
            "http://127.0.0.1.evil.example",
        ] {
            assert!(issuer(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_public_url_is_an_origin_and_nothing_more() {
        assert_eq!(public_url("https://Meet.example.org/"), Ok("https://meet.example.org".to_owned()));
        for bad in ["meet.example.org", "ftp://x", "https://x/y", "https://a@x", "https://x/?q"] {
            assert!(public_url(bad).is_err(), "{bad}");
        }
    }
}
