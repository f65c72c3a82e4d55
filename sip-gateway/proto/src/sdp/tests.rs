//! What phones and browsers really send, and what we make of it.

use super::*;

const YEALINK: &str = "v=0\r\no=- 20013 20013 IN IP4 10.0.0.21\r\ns=SDP data\r\nc=IN IP4 10.0.0.21\r\nt=0 0\r\n\
    m=audio 11796 RTP/AVP 9 0 8 18 101\r\na=rtpmap:9 G722/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n\
    a=rtpmap:18 G729/8000\r\na=fmtp:18 annexb=no\r\na=fmtp:101 0-15\r\na=rtpmap:101 telephone-event/8000\r\n\
    a=ptime:20\r\na=sendrecv\r\n";

const DOUBLE: &str = "v=0\r\no=root 1 1 IN IP4 192.0.2.9\r\ns=call\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n\
    m=audio 50000 RTP/AVP 8 0\r\na=rtpmap:8 PCMA/8000\r\n\
    m=audio 50002 RTP/SAVP 8 0\r\na=crypto:4 AES_CM_128_HMAC_SHA1_32 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\n\
    a=crypto:5 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^31\r\n\
    m=video 50004 RTP/AVP 99\r\nb=TIAS:512000\r\na=rtpmap:99 H264/90000\r\n";

const BROWSER: &str = "v=0\r\no=mozilla 6 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n\
    a=fingerprint:sha-256 AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB\r\n\
    m=audio 9 UDP/TLS/RTP/SAVPF 111 9 110 126\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=ice-ufrag:abcd\r\n\
    a=ice-pwd:0123456789abcdefghijklmn\r\na=candidate:0 1 UDP 2122252543 10.0.0.5 5004 typ host\r\na=setup:actpass\r\n\
    a=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\na=rtpmap:9 G722/8000\r\n\
    a=rtpmap:110 telephone-event/48000\r\na=rtpmap:126 telephone-event/8000\r\n\
    m=video 0 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\n";

mod reading {
    use super::*;

    #[test]
    fn a_desk_phones_offer_is_read_field_by_field() {
        let audio = audio(YEALINK);

        assert_eq!(audio.rtp_address(), Some("10.0.0.21:11796".parse().unwrap()));
        assert_eq!(audio.rtcp_address(), Some("10.0.0.21:11797".parse().unwrap()));
        assert_eq!(
            audio.formats.iter().map(|format| format.codec.clone()).collect::<Vec<_>>(),
            [Codec::G722, Codec::Pcmu, Codec::Pcma, Codec::G729, Codec::TelephoneEvent(8_000)]
        );
        assert_eq!(audio.formats[4].parameters, "0-15");
        assert_eq!((audio.ptime, audio.direction), (Some(20), Direction::SendRecv));
    }

    #[test]
    fn static_payload_types_need_no_rtpmap_and_dynamic_ones_do() {
        let audio = audio("v=0\nm=audio 4000 RTP/AVP 0 8 9 13 18 101\n");

        let numbers: Vec<u8> = audio.formats.iter().map(|format| format.payload_type).collect();
        assert_eq!(numbers, [0, 8, 9, 13, 18]);
    }

    #[test]
    fn g722_that_tells_its_true_rate_is_still_g722() {
        assert_eq!(audio("v=0\nm=audio 4 RTP/AVP 9\na=rtpmap:9 G722/16000\n").formats[0].codec, Codec::G722);
    }

    #[test]
    fn all_forms_of_hold_are_understood() {
        for (lines, direction) in [
            ("a=sendonly", Direction::SendOnly),
            ("a=inactive", Direction::Inactive),
            ("c=IN IP4 0.0.0.0", Direction::SendOnly),
            ("c=IN IP4 0.0.0.0\na=recvonly", Direction::Inactive),
        ] {
            let text = format!("v=0\nc=IN IP4 192.0.2.1\nm=audio 4000 RTP/AVP 0\n{lines}\n");
            assert_eq!(audio(&text).effective_direction(), direction, "{lines}");
            assert!(audio(&text).is_hold(), "{lines}");
        }
        assert!(!audio("v=0\nc=IN IP4 192.0.2.1\na=recvonly\nm=audio 4000 RTP/AVP 0\n").is_hold());
    }

    #[test]
    fn the_zero_address_of_a_browser_is_no_hold() {
        assert!(!audio(BROWSER).is_hold());
        assert_eq!(audio(BROWSER).rtp_address(), None);
    }

    #[test]
    fn sections_inherit_from_the_session_and_overrule_it() {
        let text = "v=0\nc=IN IP6 2001:db8::1\na=inactive\na=ptime:30\n\
                    m=audio 4000 RTP/AVP 0\nm=audio 4002 RTP/AVP 0\nc=IN IP4 192.0.2.1/127\na=sendrecv\na=ptime:20.0\n";
        let media = parse(text).media;

        assert_eq!((media[0].direction, media[0].ptime), (Direction::Inactive, Some(30)));
        assert_eq!(media[0].rtp_address(), Some("[2001:db8::1]:4000".parse().unwrap()));
        assert_eq!((media[1].direction, media[1].ptime), (Direction::SendRecv, Some(20)));
        assert_eq!(media[1].rtp_address(), Some("192.0.2.1:4002".parse().unwrap()));
    }

    #[test]
    fn oddities_are_forgiven() {
        let text = "v=0\nb=CT:xyz\no=a b c 1 2 IN IP4 h\nfoo\n=\na\nm=audio 4000/2 RTP/AVP 0 0 300 *\nb=\nb=AS:64\n\
                    c=IN IP4 phone.example\na=rtcp:4005 IN IP4 192.0.2.7\na=ptime:0\na=rtpmap:0\na=fmtp:\na=crypto:\n";
        let audio = audio(text);

        assert_eq!(audio.formats.len(), 1);
        assert_eq!((audio.address, audio.ptime), (None, None));
        assert_eq!(audio.rtcp, Some((4005, Some("192.0.2.7".parse().unwrap()))));
    }

    #[test]
    fn what_is_no_session_description_is_refused() {
        let many = format!("v=0\n{}", "m=audio 1 RTP/AVP 0\n".repeat(17));
        for (body, error) in [
            ("", SdpError::Version),
            ("hello", SdpError::Version),
            ("v=1\n", SdpError::Version),
            ("v=0\nm=audio x RTP/AVP 0\n", SdpError::MediaLine(2)),
            ("v=0\nm=audio 70000 RTP/AVP 0\n", SdpError::MediaLine(2)),
            ("v=0\nm=audio\n", SdpError::MediaLine(2)),
            (&many, SdpError::TooManySections),
            (&"v=0\n".repeat(5_000), SdpError::TooLong(20_000)),
        ] {
            assert_eq!(SessionDescription::parse(body.as_bytes()), Err(error));
        }
    }

    #[test]
    fn what_is_written_reads_the_same() {
        for text in [YEALINK, DOUBLE, BROWSER] {
            let description = answer(text, &local()).0;
            let mut again = parse(&description.to_string());
            // A closed section keeps no inherited address.
            for (again, before) in
                again.media.iter_mut().zip(&description.media).filter(|(_, of)| !of.is_open())
            {
                again.address = before.address;
                again.formats = before.formats.clone();
                again.fingerprints = before.fingerprints.clone();
            }
            assert_eq!(again, description);
        }
    }

    #[test]
    fn a_parameter_cannot_smuggle_in_a_line() {
        let audio =
            audio("v=0\nm=audio 1 RTP/AVP 97\na=rtpmap:97 AMR/8000\na=fmtp:97 x=1\rm=video 1 RTP/AVP 9\n");
        assert_eq!(audio.formats[0].parameters, "");
    }
}

mod answering {
    use super::*;

    #[test]
    fn one_codec_with_keys_is_answered_under_the_offerers_numbers() {
        let (answer, agreed) = answer(YEALINK, &local());

        let text = answer.to_string();
        assert!(text.contains("m=audio 20000 RTP/AVP 9 101\r\n"), "{text}");
        assert!(text.contains("a=fmtp:101 0-16\r\n"), "{text}");
        assert_eq!(agreed.send.codec, Codec::G722);
        assert_eq!(agreed.keys, Some(Telephony { clock_rate: 8_000, send_type: 101, receive_type: 101 }));
        assert_eq!(agreed.remote, Some("10.0.0.21:11796".parse().unwrap()));
        assert_eq!((agreed.direction, agreed.held), (Direction::SendRecv, false));
        assert_eq!(agreed.protection, Protection::Plain);
    }

    #[test]
    fn of_a_double_offer_the_encrypted_section_is_taken_and_the_others_close() {
        let (answer, agreed) = answer(DOUBLE, &local());

        let ports: Vec<u16> = answer.media.iter().map(|media| media.port).collect();
        assert_eq!(ports, [0, 20_000, 0]);
        let Protection::Sdes { local, remote } = agreed.protection else { panic!("{agreed:?}") };
        assert_eq!((local.tag, local.suite), (5, Suite::AesCm128HmacSha1_80));
        assert_eq!((remote.tag, local.key == remote.key), (5, false));
        assert!(answer.to_string().contains("m=video 0 RTP/AVP 99\r\n"));
    }

    #[test]
    fn of_a_double_offer_the_plain_section_is_taken_where_keys_would_be_read_by_others() {
        let unencrypted_signalling = LocalAudio { sdes: Vec::new(), ..local() };
        let (answer, agreed) = answer(DOUBLE, &unencrypted_signalling);

        assert_eq!(answer.media[0].port, 20_000);
        assert_eq!(agreed.protection, Protection::Plain);
    }

    #[test]
    fn every_profile_is_answered_in_kind() {
        let crypto = "a=crypto:3 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\n"
            .to_owned();
        let print = format!("a=setup:actpass\r\na=fingerprint:sha-256 {}\r\n", ["AB"; 32].join(":"));
        for (profile, lines, kind) in [
            ("RTP/AVP", "", "plain"),
            ("RTP/AVPF", "", "plain"),
            ("RTP/SAVP", crypto.as_str(), "sdes"),
            ("RTP/SAVPF", crypto.as_str(), "sdes"),
            ("UDP/TLS/RTP/SAVP", print.as_str(), "dtls"),
            ("UDP/TLS/RTP/SAVPF", print.as_str(), "dtls"),
        ] {
            let (answer, agreed) =
                answer(&format!("{}{lines}", YEALINK.replace("RTP/AVP", profile)), &local());

            let text = answer.to_string();
            assert!(text.contains(&format!("m=audio 20000 {profile} 9 101\r\n")), "{text}");
            let found = match agreed.protection {
                Protection::Plain => "plain",
                Protection::Sdes { .. } => "sdes",
                Protection::Dtls { .. } => "dtls",
            };
            assert_eq!(found, kind, "{profile}");
        }
    }

    #[test]
    fn policy_can_demand_encryption() {
        let strict = LocalAudio { plain: false, ..local() };
        let refused = Negotiator::new(1).handle_offer(&parse(YEALINK), &strict);

        assert_eq!(refused.unwrap_err(), NegotiationError::NoProtection);
    }

    #[test]
    fn a_browsers_offer_is_answered_as_ice_lite_and_dtls_server() {
        let (answer, agreed) = answer(BROWSER, &local());

        let text = answer.to_string();
        for line in ["a=ice-lite", "a=group:BUNDLE 0", "a=mid:0", "a=setup:passive", "a=rtcp-mux"] {
            assert!(text.contains(&format!("{line}\r\n")), "{line} in {text}");
        }
        let Protection::Dtls { fingerprints, client: false } = agreed.protection else {
            panic!("{agreed:?}")
        };
        assert_eq!(fingerprints[0].digest, [0xAB; 32]);
        assert_eq!(agreed.ice.map(|ice| ice.candidates.len()), Some(1));
        // G.722 stands first in what we bring, so keys go on its clock.
        assert_eq!(agreed.keys.map(|keys| keys.receive_type), Some(126));
    }

    #[test]
    fn keys_take_the_clock_of_the_speech() {
        let opus = LocalAudio {
            formats: vec![Format::new(96, Codec::Opus), Format::new(97, Codec::TelephoneEvent(48_000))],
            ..local()
        };
        let keys = answer(BROWSER, &opus).1.keys.expect("offered");

        assert_eq!((keys.clock_rate, keys.send_type), (48_000, 110));
    }

    #[test]
    fn keys_on_a_plain_profile_are_taken_up() {
        let offer = DOUBLE.replace("RTP/SAVP", "RTP/AVP").replacen(
            "m=audio 50000 RTP/AVP 8 0\r\na=rtpmap:8 PCMA/8000\r\n",
            "",
            1,
        );
        let (answer, agreed) = answer(&offer, &local());

        assert!(matches!(agreed.protection, Protection::Sdes { .. }));
        assert!(answer.to_string().contains("m=audio 20000 RTP/AVP 8\r\n"));
    }

    #[test]
    fn a_hold_is_mirrored_and_so_is_its_end() {
        let mut negotiator = Negotiator::new(1);
        let mut exchange = |direction: &str| {
            let offer = YEALINK.replace("a=sendrecv", direction);
            let (answer, agreed) = negotiator.handle_offer(&parse(&offer), &local()).unwrap();
            (answer.media[0].direction, agreed.held)
        };

        assert_eq!(exchange("a=sendrecv"), (Direction::SendRecv, false));
        assert_eq!(exchange("a=sendonly"), (Direction::RecvOnly, true));
        assert_eq!(exchange("a=inactive"), (Direction::Inactive, true));
        assert_eq!(exchange("c=IN IP4 0.0.0.0"), (Direction::RecvOnly, true));
        assert_eq!(exchange("a=sendrecv"), (Direction::SendRecv, false));
    }

    #[test]
    fn the_version_rises_only_when_something_changes() {
        let mut negotiator = Negotiator::new(7);
        let mut version = |offer: &str| {
            let (answer, _) = negotiator.handle_offer(&parse(offer), &local()).unwrap();
            answer.origin.unwrap().version
        };
        let held = YEALINK.replace("a=sendrecv", "a=sendonly");

        assert_eq!(
            [version(YEALINK), version(YEALINK), version(&held), version(YEALINK)],
            ["7", "7", "8", "9"]
        );
    }

    #[test]
    fn what_cannot_be_answered_is_told_apart() {
        let refused = |offer: &str| Negotiator::new(1).handle_offer(&parse(offer), &local()).unwrap_err();

        assert_eq!(refused("v=0\nm=video 1 RTP/AVP 99\n"), NegotiationError::NoAudio);
        assert_eq!(refused("v=0\nm=audio 0 RTP/AVP 0\n"), NegotiationError::NoAudio);
        assert_eq!(refused("v=0\nm=audio 1 RTP/AVP 3 101\n"), NegotiationError::NoCodec);
        assert_eq!(refused("v=0\nm=audio 1 TCP/RTP/AVP 0\n"), NegotiationError::NoProtection);
        assert_eq!(refused("v=0\nm=audio 1 RTP/SAVP 0\n"), NegotiationError::NoProtection);
    }

    #[test]
    fn the_packet_length_obeys_both_limits_of_the_other_side() {
        let ptime = |lines: &str| answer(&YEALINK.replace("a=ptime:20\r\n", lines), &local()).1.ptime;

        assert_eq!([ptime(""), ptime("a=ptime:30\r\n"), ptime("a=ptime:5\r\n")], [20, 30, 10]);
        assert_eq!(ptime("a=ptime:60\r\na=maxptime:40\r\n"), 40);
        assert_eq!(ptime("a=maxptime:10\r\n"), 10);
    }
}

mod offering {
    use super::*;

    #[test]
    fn our_offer_is_answered_and_numbers_may_differ_per_direction() {
        let mut negotiator = Negotiator::new(1);
        let offer = negotiator.offer(local()).unwrap();
        assert!(offer.to_string().contains("m=audio 20000 RTP/AVP 9 8 0 101\r\n"));

        let answer = "v=0\nc=IN IP4 192.0.2.1\nm=audio 4000 RTP/AVP 8 96\na=rtpmap:96 telephone-event/8000\n";
        let agreed = negotiator.handle_answer(&parse(answer)).unwrap();

        assert_eq!(agreed.send.codec, Codec::Pcma);
        assert_eq!(agreed.keys, Some(Telephony { clock_rate: 8_000, send_type: 96, receive_type: 101 }));
        assert!(!negotiator.is_offering());
    }

    #[test]
    fn a_late_offer_is_one_of_ours_answered_in_the_ack() {
        let mut negotiator = Negotiator::new(1);
        let ours = LocalAudio { offering: Offering::Sdes, ..local() };
        let offer = negotiator.offer(ours).unwrap().to_string();
        assert!(offer.contains("m=audio 20000 RTP/SAVP 9 8 0 101\r\n"), "{offer}");
        assert!(offer.contains("a=crypto:1 AEAD_AES_128_GCM"), "{offer}");
        assert!(offer.contains("a=crypto:2 AES_CM_128_HMAC_SHA1_80"), "{offer}");

        let answer = "v=0\nc=IN IP4 192.0.2.1\nm=audio 4000 RTP/SAVP 0\n\
                      a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\n";
        let agreed = negotiator.handle_answer(&parse(answer)).unwrap();

        assert!(matches!(agreed.protection, Protection::Sdes { local, .. } if local.tag == 2));
    }

    #[test]
    fn an_answer_that_drops_the_encryption_is_refused_unless_that_was_left_open() {
        let answer = parse("v=0\nc=IN IP4 192.0.2.1\nm=audio 4000 RTP/AVP 0\n");
        let offered = |offering: Offering| {
            let mut negotiator = Negotiator::new(1);
            negotiator.offer(LocalAudio { offering, ..local() }).unwrap();
            negotiator.handle_answer(&answer).map(|agreed| agreed.protection)
        };

        assert_eq!(offered(Offering::Sdes), Err(NegotiationError::NoProtection));
        assert_eq!(offered(Offering::Dtls), Err(NegotiationError::NoProtection));
        assert_eq!(offered(Offering::Opportunistic), Ok(Protection::Plain));
    }

    #[test]
    fn two_offers_that_cross_are_a_glare() {
        let mut negotiator = Negotiator::new(1);
        negotiator.offer(local()).unwrap();

        assert_eq!(negotiator.offer(local()).unwrap_err(), NegotiationError::Glare);
        assert_eq!(negotiator.handle_offer(&parse(YEALINK), &local()).unwrap_err(), NegotiationError::Glare);
        negotiator.withdraw();
        assert!(negotiator.handle_offer(&parse(YEALINK), &local()).is_ok());
        assert_eq!(negotiator.handle_answer(&parse(YEALINK)).unwrap_err(), NegotiationError::Unasked);
    }

    #[test]
    fn a_later_offer_keeps_the_place_of_every_section() {
        let mut negotiator = Negotiator::new(1);
        negotiator.handle_offer(&parse(DOUBLE), &local()).unwrap();
        let hold = LocalAudio { direction: Direction::SendOnly, ..local() };
        let offer = negotiator.offer(hold).unwrap();

        let ports: Vec<u16> = offer.media.iter().map(|media| media.port).collect();
        assert_eq!(ports, [0, 20_000, 0]);
        assert!(offer.to_string().ends_with("m=video 0 RTP/AVP 99\r\n"));

        let answer = DOUBLE.replace("50002 RTP/SAVP", "50002 RTP/AVP").replace("m=audio 50000", "m=audio 0");
        let agreed = negotiator.handle_answer(&parse(&format!("{answer}a=recvonly\n"))).unwrap();
        assert_eq!(agreed.direction, Direction::SendOnly);
    }
}

fn parse(text: &str) -> SessionDescription {
    SessionDescription::parse(text.as_bytes()).unwrap()
}

fn audio(text: &str) -> Media {
    parse(text).media.into_iter().find(|media| media.kind == Kind::Audio).unwrap()
}

fn answer(offer: &str, local: &LocalAudio) -> (SessionDescription, Agreed) {
    Negotiator::new(1).handle_offer(&parse(offer), local).unwrap()
}

fn local() -> LocalAudio {
    let codecs = [(9, Codec::G722), (8, Codec::Pcma), (0, Codec::Pcmu), (101, Codec::TelephoneEvent(8_000))];
    let sdes = [Suite::AeadAes128Gcm, Suite::AesCm128HmacSha1_80];
    let ice = Ice {
        ufrag: "ours".into(),
        pwd: "abcdefghijklmnopqrstuvwx".into(),
        candidates: vec!["1 1 UDP 1 h".into()],
    };
    LocalAudio {
        address: "198.51.100.1:20000".parse().unwrap(),
        formats: codecs.into_iter().map(|(number, codec)| Format::new(number, codec)).collect(),
        direction: Direction::SendRecv,
        ptime: 20,
        offering: Offering::Plain,
        plain: true,
        sdes: sdes.into_iter().filter_map(|suite| Crypto::new(1, suite, &[7; 46])).collect(),
        dtls: Some(LocalDtls { fingerprint: Fingerprint { hash: "sha-256".into(), digest: vec![1; 32] } }),
        ice: Some(ice),
    }
}
