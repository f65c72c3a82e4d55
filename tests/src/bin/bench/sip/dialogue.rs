//! What phones and a server say to each other when there is time: one message after the other.

use anyhow::{Context, Result, ensure};

use super::account::{Account, REALM};
use super::request::{Line, Request, registrar};
use super::text::{bracketed, field, fields, response, status};
use super::wire::Wire;

/// A way to a server.
pub(crate) trait Channel {
    /// `UDP` or `TLS`.
    fn transport(&self) -> &'static str;
    /// Where it sends from.
    fn local(&self) -> String;
    /// Sends a message.
    fn say(&mut self, message: &str) -> Result<()>;
    /// Waits for a message; others are thrown away.
    fn hear(&mut self, wanted: &dyn Fn(&str) -> bool) -> Result<String>;
}

/// Registers a phone.
pub(crate) fn register(channel: &mut dyn Channel, account: &mut Account) -> Result<()> {
    let (local, user) = (channel.local(), account.user.clone());
    let call_id = format!("{user}-registers");
    let line = Line { transport: channel.transport(), local: &local, user: &user, call_id: &call_id };
    for cseq in 1..=2 {
        let answer = account.answer("REGISTER", &registrar());
        channel.say(&line.register(cseq, &answer))?;
        let response = channel.hear(&|message| is_final(message, &call_id, cseq))?;
        match status(&response) {
            Some(200) => return Ok(()),
            Some(401) => account.challenged(&response)?,
            _ => anyhow::bail!("{user} may not register: {response}"),
        }
    }
    anyhow::bail!("{user} is challenged again")
}

/// Session descriptions of a call that stands: what the caller was answered, and what the callee was offered.
pub(crate) struct Sides {
    pub(crate) to_caller: String,
    pub(crate) to_callee: String,
}

/// Calls a phone, which takes the call.
pub(crate) fn call(
    from: &mut dyn Channel,
    account: &mut Account,
    to: &mut Wire,
    callee: &str,
    [offer, answer]: [&str; 2],
) -> Result<Sides> {
    let (local, user) = (from.local(), account.user.clone());
    let call_id = format!("{user}-calls");
    let line = Line { transport: from.transport(), local: &local, user: &user, call_id: &call_id };
    let uri = format!("sip:{callee}@{REALM}");
    let callee = format!("<{uri}>");
    let request = |method, uri: &str, cseq, to: &str, fields: &str, body: &str| {
        line.request(&Request { method, uri, cseq, to, fields, body })
    };
    let invite = |cseq, answer: String| {
        let fields = format!("{answer}Content-Type: application/sdp\r\n");
        request("INVITE", &uri, cseq, &callee, &fields, offer)
    };
    account.forget();
    from.say(&invite(1, String::new()))?;
    let challenge = from.hear(&|message| is_final(message, &call_id, 1))?;
    from.say(&request("ACK", &uri, 1, field(&challenge, "To").unwrap_or_default(), "", ""))?;
    account.challenged(&challenge).with_context(|| format!("{user} calls: {challenge}"))?;
    from.say(&invite(2, account.answer("INVITE", &uri)))?;

    let offered = to.hear(&|message| message.starts_with("INVITE "))?;
    let contact = field(&offered, "To").and_then(bracketed).unwrap_or_default().split('@').next();
    let contact = format!("Contact: <{}@{}>\r\n", contact.unwrap_or_default(), to.local());
    let accepted = format!("{contact}Content-Type: application/sdp\r\n");
    to.say(&response(&offered, "180 Ringing", "callee", &contact, ""))?;
    to.say(&response(&offered, "200 OK", "callee", &accepted, answer))?;

    let taken = from.hear(&|message| is_final(message, &call_id, 2))?;
    ensure!(status(&taken) == Some(200), "{user} may not call: {taken}");
    let target = field(&taken, "Contact").and_then(bracketed).context("no Contact")?;
    from.say(&request("ACK", target, 2, field(&taken, "To").unwrap_or_default(), &routes(&taken), ""))?;
    to.hear(&|message| message.starts_with("ACK "))?;
    Ok(Sides { to_caller: body(&taken), to_callee: body(&offered) })
}

/// The Route fields of a caller after the response that made the dialog (RFC 3261 §12.1.2).
pub(crate) fn routes(response: &str) -> String {
    let recorded: Vec<_> = fields(response, "Record-Route").collect();
    recorded.iter().rev().map(|route| format!("Route: {route}\r\n")).collect()
}

fn is_final(message: &str, call_id: &str, cseq: u32) -> bool {
    let of = field(message, "CSeq").and_then(|value| value.split(' ').next()?.parse::<u32>().ok());
    status(message).is_some_and(|status| status >= 200)
        && field(message, "Call-ID") == Some(call_id)
        && of == Some(cseq)
}

fn body(message: &str) -> String {
    message.split_once("\r\n\r\n").map_or_else(String::new, |(_, body)| body.to_owned())
}

impl Channel for Wire {
    fn transport(&self) -> &'static str {
        "UDP"
    }

    fn local(&self) -> String {
        self.local.to_string()
    }

    fn say(&mut self, message: &str) -> Result<()> {
        self.send(message);
        Ok(())
    }

    fn hear(&mut self, wanted: &dyn Fn(&str) -> bool) -> Result<String> {
        self.wait_for(wanted)
    }
}
