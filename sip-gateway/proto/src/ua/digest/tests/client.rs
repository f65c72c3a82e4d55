//! Our side of trunks, asked by providers of all kinds.

use super::*;
use crate::message::StatusCode;
use crate::ua::digest::{Account, DigestServer, Protected, Verdict};
use std::time::Duration;

const NOW: Duration = Duration::from_secs(1_795_000_000);

fn client() -> DigestClient {
    let account = TrunkCredentials { username: "0022901".to_owned(), password: "hush".to_owned() };
    DigestClient::new(account, &[9; 32])
}

fn register() -> Request {
    Request::new(Method::Register, Uri::parse("sip:provider.example").expect("a uri"))
}

fn asks(status: StatusCode, header: &HeaderName, challenges: &[&str]) -> Response {
    challenges.iter().fold(Response::new(status), |response, text| response.with(header.clone(), text))
}

fn unauthorized(challenges: &[&str]) -> Response {
    asks(StatusCode::UNAUTHORIZED, &HeaderName::WwwAuthenticate, challenges)
}

fn credentials(request: &Request, header: &HeaderName) -> Vec<Credentials> {
    request.headers.credentials(header).expect("well-formed")
}

#[test]
fn a_server_of_ours_accepts_what_the_client_answers_time_and_again() {
    for algorithm in [DigestAlgorithm::Md5, DigestAlgorithm::Sha256] {
        let mut server = DigestServer::new([1; 32]);
        let mut client = client();
        let mut request = register();
        let challenge = server.challenge(NOW, "provider", algorithm, false);
        client.challenged(&request, &unauthorized(&[&challenge.to_string()])).expect("answerable");
        let known = ha1(algorithm, "0022901", "provider", "hush");

        for use_number in 1..=300 {
            client.authorize(&mut request);
            let answer = &credentials(&request, &HeaderName::Authorization)[0];
            assert_eq!(answer.nonce_count(), Some(use_number));
            let protected = Protected { realm: "provider", method: &request.method, uri: &request.uri };
            let account = Account { algorithm, ha1: &known };
            let verdict = server.check(NOW, &protected, answer, |_| Some(account));
            assert_eq!(verdict, Verdict::Accepted { username: "0022901".to_owned() });
        }
    }
}

#[test]
fn the_strongest_challenge_that_we_can_do_is_answered() {
    let mut client = client();
    let mut request = register();
    let response = unauthorized(&[
        r#"Digest realm="p", nonce="1", qop="auth", algorithm=MD5"#,
        r#"Digest realm="p", nonce="2", qop="auth", algorithm=SHA-512-256"#,
        r#"Digest realm="p", nonce="3", qop="auth-int", algorithm=SHA-256"#,
        r#"Digest realm="p", nonce="4", qop="auth-int,auth", algorithm=SHA-256, opaque="keep""#,
        r#"Digest realm="p", nonce="5", qop="auth", algorithm=SHA-256"#,
        r#"Bearer authz_server="https://x.example""#,
        r#"Digest broken"#,
    ]);

    client.challenged(&request, &response).expect("answerable");
    client.authorize(&mut request);

    let answers = credentials(&request, &HeaderName::Authorization);
    assert_eq!(answers.len(), 1);
    assert_eq!(answers[0].nonce().as_deref(), Some("4"));
    assert_eq!(answers[0].opaque().as_deref(), Some("keep"));
    assert_eq!(answers[0].qop().as_deref(), Some("auth"));
    assert_eq!(answers[0].algorithm().as_deref(), Some("SHA-256"));
}

#[test]
fn what_nobody_can_answer_is_said_so() {
    let request = register();
    assert_eq!(client().challenged(&request, &unauthorized(&[])), Err(Unanswerable::NoChallenge));
    let foreign = unauthorized(&[r#"Digest realm="p", nonce="1", algorithm=AKAv1-MD5"#]);
    assert_eq!(client().challenged(&request, &foreign), Err(Unanswerable::Unsupported));
    let whole = unauthorized(&[r#"Digest realm="p", nonce="1", qop="auth-int""#]);
    assert_eq!(client().challenged(&request, &whole), Err(Unanswerable::Unsupported));
}

#[test]
fn a_server_without_qop_is_answered_as_in_the_old_days() {
    let mut client = client();
    let mut request = register();
    client.challenged(&request, &unauthorized(&[r#"Digest realm="p", nonce="1""#])).expect("answerable");
    client.authorize(&mut request);

    let answer = &credentials(&request, &HeaderName::Authorization)[0];
    assert_eq!((answer.qop(), answer.raw_nc(), answer.cnonce()), (None, None, None));
    let ha1 = ha1(DigestAlgorithm::Md5, "0022901", "p", "hush");
    let plain = Answered { method: "REGISTER", uri: "sip:provider.example", nonce: "1", counted: None };
    assert_eq!(answer.response().as_deref(), Some(response(DigestAlgorithm::Md5, &ha1.0, &plain).as_str()));
}

#[test]
fn a_wrong_password_is_tried_once() {
    let mut client = client();
    let mut request = register();
    client
        .challenged(&request, &unauthorized(&[r#"Digest realm="p", nonce="1", qop="auth""#]))
        .expect("first");
    client.authorize(&mut request);

    let again = unauthorized(&[r#"Digest realm="p", nonce="2", qop="auth""#]);
    assert_eq!(client.challenged(&request, &again), Err(Unanswerable::Refused));
}

#[test]
fn a_stale_nonce_is_replaced_and_counted_anew() {
    let mut client = client();
    let mut request = register();
    client
        .challenged(&request, &unauthorized(&[r#"Digest realm="p", nonce="1", qop="auth""#]))
        .expect("first");
    client.authorize(&mut request);
    client.authorize(&mut request);

    // Said, and not said.
    for (nonce, stale) in [("2", ", stale=true"), ("3", "")] {
        let text = format!(r#"Digest realm="p", nonce="{nonce}", qop="auth"{stale}"#);
        client.challenged(&request, &unauthorized(&[&text])).expect("answerable");
        client.authorize(&mut request);
        let answer = &credentials(&request, &HeaderName::Authorization)[0];
        assert_eq!((answer.nonce().as_deref(), answer.nonce_count()), (Some(nonce), Some(1)));
        client.authorize(&mut request);
    }
}

#[test]
fn a_server_that_calls_everything_stale_is_not_asked_for_ever() {
    let mut client = client();
    let mut request = register();
    let mut attempts = 0;
    loop {
        let text = format!(r#"Digest realm="p", nonce="{attempts}", qop="auth", stale=true"#);
        match client.challenged(&request, &unauthorized(&[&text])) {
            Ok(()) => client.authorize(&mut request),
            Err(error) => break assert_eq!(error, Unanswerable::Refused),
        }
        attempts += 1;
        assert!(attempts < 10);
    }
}

#[test]
fn a_proxy_and_the_server_behind_it_are_both_answered() {
    let mut client = client();
    let mut request = register();
    let proxy = asks(
        StatusCode::PROXY_AUTHENTICATION_REQUIRED,
        &HeaderName::ProxyAuthenticate,
        &[r#"Digest realm="edge", nonce="1", qop="auth""#],
    );
    client.challenged(&request, &proxy).expect("answerable");
    client.authorize(&mut request);
    client
        .challenged(&request, &unauthorized(&[r#"Digest realm="core", nonce="2", qop="auth""#]))
        .expect("answerable");
    client.authorize(&mut request);

    assert_eq!(credentials(&request, &HeaderName::ProxyAuthorization)[0].nonce_count(), Some(2));
    assert_eq!(credentials(&request, &HeaderName::Authorization)[0].realm().as_deref(), Some("core"));
}

#[test]
fn no_password_is_shown_and_no_client_nonce_used_twice() {
    let mut client = client();
    let request = register();
    client
        .challenged(&request, &unauthorized(&[r#"Digest realm="p", nonce="1", qop="auth""#]))
        .expect("first");

    assert!(!format!("{client:?}").contains("hush"));
    let mut cnonce = || {
        let answers = client.answer(&request.method, &request.uri);
        answers[0].1.cnonce().map(std::borrow::Cow::into_owned)
    };
    assert_ne!(cnonce(), cnonce());
}
