//! Codecs of which there are several profiles.

use super::*;

#[test]
fn an_h265_publisher_sends_main_pictures_with_its_own_parameters() {
    let mut session = session(&h265("sendonly", &[(104, "profile-id=2;level-id=93"), (106, MAIN)]));
    session.set_up_options("cam", UpOptions { codec: Some(Mime::H265), ..UpOptions::default() });

    let up = session.up("0").expect("sent");

    assert_eq!(mimes(&up.codecs), [(Mime::H265, 106)]);
    assert_eq!(up.codecs[0].fmtp, MAIN);
    let answer = session.answer(&local()).sdp;
    assert!(section(&answer, "0").contains(&format!("a=fmtp:106 {MAIN}").as_str()));
}

#[test]
fn h265_goes_to_viewers_of_the_same_profile_whatever_their_level() {
    let sent = Codec { payload_type: 106, mime: Mime::H265, fmtp: MAIN.to_owned(), ..vp8() };
    let viewed = |offered: &[(u8, &str)]| {
        let mut session = session(&h265("recvonly", offered));
        let mid = session.fill(DownMedia { codecs: vec![sent.clone()], ..camera("TR_1") })?;
        Ok::<_, FillError>(mimes(&session.down(&mid).expect("filled").codecs))
    };

    let other_level = "level-id=186;profile-id=1;tier-flag=0";
    assert_eq!(viewed(&[(100, "profile-id=2"), (102, other_level)]), Ok(vec![(Mime::H265, 102)]));
    assert_eq!(viewed(&[(100, "")]), Ok(vec![(Mime::H265, 100)]), "that is Main by default");
    assert_eq!(viewed(&[(100, "profile-id=2")]), Err(FillError::NoCommonCodec));
    assert_eq!(viewed(&[(100, "profile-id=1;tier-flag=1")]), Err(FillError::NoCommonCodec));
    assert_eq!(viewed(&[(100, "profile-id=1;tx-mode=MRST")]), Err(FillError::NoCommonCodec));
}

/// An offer of one section with payload types of H.265.
fn h265(direction: &str, codecs: &[(u8, &str)]) -> String {
    let types: Vec<String> = codecs.iter().map(|(payload_type, _)| payload_type.to_string()).collect();
    let mut text = format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n\
         m=video 9 UDP/TLS/RTP/SAVPF {}\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na={direction}\r\na=rtcp-mux\r\n\
         a=ice-ufrag:client\r\na=ice-pwd:aPasswordOfEnoughCharacters\r\na=setup:actpass\r\n\
         a=fingerprint:sha-256 {}\r\na=msid:- cam\r\n",
        types.join(" "),
        ["AB"; 32].join(":"),
    );
    for (payload_type, fmtp) in codecs {
        text += &format!("a=rtpmap:{payload_type} H265/90000\r\n");
        if !fmtp.is_empty() {
            text += &format!("a=fmtp:{payload_type} {fmtp}\r\n");
        }
    }
    text
}

const MAIN: &str = "level-id=93;profile-id=1;tier-flag=0;tx-mode=SRST";
