//! What diplomats dial, and where it leads.

use super::super::tests::inbound;
use super::super::tests::*;
use super::*;
use crate::plan::{Language, PostId, RoomNumber};

fn leads(caller: &str, dialled: &str) -> Route {
    ministry().route(Caller::Extension(caller), dialled)
}

fn comes_in(trunk: TrunkId, called: &str) -> Route {
    ministry().route(Caller::Trunk(trunk), called)
}

fn outside(caller: &str, dialled: &str) -> (String, Class, Vec<TrunkId>) {
    match leads(caller, dialled) {
        Route::Outside(outside) => {
            (outside.number, outside.class, outside.ways.iter().map(|way| way.trunk).collect())
        }
        other => panic!("{caller} dials {dialled}: {other:?}"),
    }
}

fn extension_of(number: &str) -> Route {
    Route::Extension(number.to_owned())
}

#[test]
fn extensions_call_each_other_across_all_posts() {
    assert_eq!(leads("201", "1001"), extension_of("1001"));
    assert_eq!(leads("402", "202"), extension_of("202"));
    assert_eq!(leads("1002", "200"), Route::Group("200".to_owned()));
    assert_eq!(leads("1002", "10-01"), extension_of("1001"));
    assert_eq!(leads("203", "201"), Route::Refused(Refusal::Rights { needs: Class::Internal }));
    assert_eq!(leads("999", "201"), Route::Refused(Refusal::UnknownCaller));
    for nobody in ["204", "", "alice", "1", "20", "2011", "00", "0", "+", &"1".repeat(1000)] {
        assert_eq!(leads("201", nobody), Route::Refused(Refusal::NoSuchNumber), "{nobody}");
    }
}

#[test]
fn emergency_calls_leave_by_the_callers_own_post_whatever_its_rights() {
    let trunks = |caller: &str, dialled: &str| match leads(caller, dialled) {
        Route::Emergency { number, ways } => (number, ways.iter().map(|way| way.trunk).collect::<Vec<_>>()),
        other => panic!("{caller} dials {dialled}: {other:?}"),
    };
    let paris = vec![PARIS_LINE, PARIS_SPARE];

    assert_eq!(trunks("203", "15"), ("15".to_owned(), paris.clone()));
    assert_eq!(trunks("203", "112"), ("112".to_owned(), paris.clone()));
    assert_eq!(trunks("203", "0112"), ("112".to_owned(), paris), "with the outside prefix");
    assert_eq!(trunks("402", "911"), ("911".to_owned(), vec![NEW_YORK_LINE]));
    assert_eq!(trunks("402", "9911"), ("911".to_owned(), vec![NEW_YORK_LINE]));
    assert_eq!(trunks("1002", "117"), ("117".to_owned(), vec![BENIN_LINE]));
    // Those who help must be able to call back.
    let Route::Emergency { ways, .. } = leads("201", "112") else { panic!() };
    assert_eq!(ways[0].caller_id.as_deref(), Some("+33142000001"));
    // What helps in New York is nothing in Paris; where there is no line, that is said, and no other post's is taken.
    assert_eq!(leads("201", "911"), Route::Refused(Refusal::NoSuchNumber));
    assert_eq!(trunks("501", "144"), ("144".to_owned(), Vec::new()));
}

#[test]
fn an_emergency_number_comes_before_everything_and_an_extension_before_all_the_rest() {
    let mut plan = ministry();
    plan.extensions.push(extension("112", "Nobody", PARIS, Class::Internal));
    plan.extensions.push(extension("0142", "Archives", PARIS, Class::Internal));
    plan.extensions.push(extension("0142685300", "Salle", PARIS, Class::Internal));
    plan.extensions.push(extension("*43", "Test", PARIS, Class::Internal));

    assert!(matches!(plan.route(Caller::Extension("201"), "112"), Route::Emergency { .. }));
    assert_eq!(plan.route(Caller::Extension("401"), "112"), extension_of("112"));
    for number in ["0142", "0142685300", "*43"] {
        assert_eq!(plan.route(Caller::Extension("202"), number), extension_of(number));
    }
}

#[test]
fn outside_numbers_are_read_as_they_are_dialled_at_the_post() {
    let benin = "+2290195123456";
    for (caller, dialled) in [
        ("1001", "01 95 12 34 56"),
        ("1001", "+229 01 95 12 34 56"),
        ("1001", "95 12 34 56"), // as it was before November 2024
        ("201", "0 00229 01 95 12 34 56"),
        ("201", "00229 01 95 12 34 56"),
        ("201", "+2290195123456"),
        ("201", "0+2290195123456"),
        ("301", "0002290195123456"),
        ("401", "9 011 229 01 95 12 34 56"),
        ("401", "011 229 01 95 12 34 56"),
        ("401", "9 00229 01 95 12 34 56"),
        ("501", "9-00229-95123456"),
    ] {
        assert_eq!(outside(caller, dialled).0, benin, "{caller} dials {dialled}");
    }
    for (caller, dialled, number) in [
        ("201", "0 01 42 68 53 00", "+33142685300"),
        ("201", "001 42 68 53 00", "+33142685300"),
        ("201", "0 06 12 34 56 78", "+33612345678"),
        ("301", "0 02 501 02 11", "+3225010211"),
        ("402", "9 (212) 355-2000", "+12123552000"),
        ("402", "9 1 212 355 2000", "+12123552000"),
        ("501", "9 022 906 11 11", "+41229061111"),
    ] {
        assert_eq!(outside(caller, dialled).0, number, "{caller} dials {dialled}");
    }
}

#[test]
fn a_national_number_wants_the_outside_prefix_where_the_post_has_one() {
    assert_eq!(leads("401", "212 355 2000"), Route::Refused(Refusal::PrefixMissing));
    assert_eq!(leads("501", "022 906 11 11"), Route::Refused(Refusal::PrefixMissing));
    assert_eq!(leads("401", "2123"), Route::Refused(Refusal::NoSuchNumber));
}

#[test]
fn short_national_numbers_leave_by_the_own_post_if_the_caller_may_call_its_country() {
    for (caller, dialled, number, line) in [
        ("202", "0 3939", "3939", vec![PARIS_LINE, PARIS_SPARE]),
        ("202", "0116 000", "116000", vec![PARIS_LINE, PARIS_SPARE]),
        ("402", "9 411", "411", vec![NEW_YORK_LINE]),
        // Where no prefix is dialled, what is no number of ours may be one.
        ("1001", "166", "166", vec![BENIN_LINE]),
        ("1001", "7000", "7000", vec![BENIN_LINE]),
        // Known for their prices, and the spare line may not call so far.
        ("201", "0 118 218", "118218", vec![PARIS_LINE]),
    ] {
        let (told, _, mut trunks) = outside(caller, dialled);
        trunks.sort_unstable();
        assert_eq!((told.as_str(), trunks), (number, line), "{caller} dials {dialled}");
    }
    assert_eq!(outside("202", "0 3939").1, Class::National);

    let refused = |caller, dialled, refusal| {
        assert_eq!(leads(caller, dialled), Route::Refused(refusal), "{caller} dials {dialled}");
    };
    refused("1002", "166", Refusal::Rights { needs: Class::National });
    refused("203", "0 3939", Refusal::Rights { needs: Class::National });
    refused("202", "0 118 218", Refusal::Rights { needs: Class::International });
    // A number that nobody has among those of the house is no reason to bother a provider.
    refused("1001", "1009", Refusal::NoSuchNumber);
    refused("202", "299", Refusal::NoSuchNumber);
    refused("202", "3939", Refusal::NoSuchNumber);
    refused("202", "0 39390", Refusal::NoSuchNumber);
    refused("202", "0 39", Refusal::NoSuchNumber);
    refused("501", "9 1414", Refusal::NoTrunk);
    assert_eq!(
        ministry().explain(Caller::Extension("202"), "0 3939").sentences(Language::English),
        [
            "Extension 202 (Chancellerie) calls from Paris.",
            "No extension, group, meeting or code is 03939.",
            "0 is the outside prefix.",
            "3939 may be a short number in FR: it goes out by a trunk of the same post.",
            "It counts among national calls.",
            "The caller’s rights: national calls; it takes: national calls. This is allowed.",
            "The trunk “Paris” will be tried, with 3939, showing +33142000000.",
            "The trunk “Paris secours” will be tried, with 3939, showing no number.",
            "The call goes out to 3939.",
        ]
    );
}

#[test]
fn rights_say_how_far_a_call_goes() {
    assert_eq!(outside("202", "0 01 42 68 53 00").1, Class::National);
    assert_eq!(
        leads("202", "0 0032 2 501 02 11"),
        Route::Refused(Refusal::Rights { needs: Class::International })
    );
    assert_eq!(leads("1002", "01 95 12 34 56"), Route::Refused(Refusal::Rights { needs: Class::National }));
    // Canada has New York's country code and is another country; so is Guadeloupe for Paris's provider.
    assert_eq!(
        leads("402", "9 514 343 6111"),
        Route::Refused(Refusal::Rights { needs: Class::International })
    );
    assert_eq!(outside("402", "9 212 355 2000").1, Class::National);
    // A national number may cost more than the moon.
    assert_eq!(
        leads("202", "0 0899 70 12 34"),
        Route::Refused(Refusal::Rights { needs: Class::International })
    );
    // What may be in the country or not is taken as if it were not.
    assert_eq!(
        leads("1002", "02 95 12 34 56"),
        Route::Refused(Refusal::Rights { needs: Class::International })
    );
}

#[test]
fn the_longest_prefix_chooses_the_trunks_and_a_posts_own_route_before_that_of_all() {
    assert_eq!(outside("201", "0 01 42 68 53 00").2, [PARIS_SPARE, PARIS_LINE]);
    assert_eq!(outside("301", "0 0033 1 42 68 53 00").2, [PARIS_LINE]);
    assert_eq!(outside("201", "0 00229 01 95 12 34 56").2, [BENIN_LINE, PARIS_LINE]);
    assert_eq!(outside("1001", "+33 1 42 68 53 00").2, [BENIN_LINE]);
    assert_eq!(outside("1001", "+44 20 7946 0000").2, [BENIN_LINE]);
    assert_eq!(outside("301", "+44 20 7946 0000").2, [PARIS_LINE]);
    // The only trunk of the route goes no further than its country.
    assert_eq!(leads("201", "+882 16 12345678"), Route::Refused(Refusal::NoTrunk));

    let mut plan = ministry();
    plan.routes.clear();
    assert_eq!(plan.route(Caller::Extension("201"), "0142685300"), Route::Refused(Refusal::NoRoute));
}

#[test]
fn each_trunk_is_told_number_and_caller_as_it_wants_them() {
    let Route::Outside(outside) = leads("201", "0142685300") else { panic!() };
    let [spare, line] = &outside.ways[..] else { panic!("{outside:?}") };
    assert_eq!((spare.number.as_str(), spare.caller_id.as_deref()), ("+33142685300", None));
    assert_eq!(line.caller_id.as_deref(), Some("+33142000001"), "his own number");

    let Route::Outside(outside) = leads("202", "0142685300") else { panic!() };
    assert_eq!(outside.ways[1].caller_id.as_deref(), Some("+33142000000"), "the embassy's");

    let Route::Outside(outside) = leads("301", "0025010211") else { panic!() };
    assert_eq!(outside.ways[0].number, "3225010211", "without the plus");
}

#[test]
fn our_own_public_numbers_stay_in_the_house() {
    assert_eq!(leads("1001", "+33 1 42 00 00 01"), extension_of("201"));
    assert_eq!(
        leads("1002", "+33 1 42 00 00 02"),
        Route::Group("200".to_owned()),
        "though he may not call outside"
    );
    assert_eq!(leads("201", "0 00229 01 21 30 00 01"), extension_of("1001"));
}

#[test]
fn calls_from_outside_lead_to_the_number_that_was_called_and_never_out_again() {
    for called in ["+33142000001", "0142000001", "33142000001", "0033142000001", "01 42 00 00 01"] {
        assert_eq!(comes_in(PARIS_LINE, called), extension_of("201"), "{called}");
    }
    assert_eq!(comes_in(PARIS_LINE, "+33142000002"), Route::Group("200".to_owned()));
    for other in ["+33142000099", "1001", "112", "*21*0142685300#", "+2290195123456", "anonymous", ""] {
        assert_eq!(comes_in(PARIS_LINE, other), extension_of("202"), "{other}");
    }
    assert_eq!(comes_in(BENIN_LINE, "0121300001"), extension_of("1001"));
    for other in ["+33142000001", "1001", "201", "117", "", "+2290195123456"] {
        assert_eq!(comes_in(BENIN_LINE, other), Route::Refused(Refusal::NotOurs), "{other}");
    }
    assert_eq!(comes_in(TrunkId(99), "1001"), Route::Refused(Refusal::UnknownCaller));
}

#[test]
fn meetings_are_reached_by_one_number_for_all_and_by_numbers_of_their_own() {
    let mut plan = ministry();
    plan.conference.push("700".to_owned());
    plan.rooms.push(RoomNumber {
        number: "701".to_owned(),
        meeting: "abc-defg-hij".to_owned(),
        name: "Cabinet".to_owned(),
    });
    plan.inbound.push(inbound(BENIN_LINE, "+2290121300002", "700"));
    let all = Route::Conference("700".to_owned());
    let one = Route::Meeting { number: "701".to_owned(), meeting: "abc-defg-hij".to_owned() };
    assert_eq!(plan.route(Caller::Extension("201"), "700"), all);
    assert_eq!(plan.route(Caller::Extension("201"), "701"), one);
    assert_eq!(plan.route(Caller::Trunk(BENIN_LINE), "+2290121300002"), all);
    assert_eq!(
        plan.route(Caller::Extension("201"), "0 00229 01 21 30 00 02"),
        all,
        "it costs nothing from inside"
    );
    assert!(matches!(plan.route(Caller::Extension("203"), "701"), Route::Refused(Refusal::Rights { .. })));
    assert_eq!(
        plan.route(Caller::Extension("201"), "*21*701#"),
        Route::Refused(Refusal::BadForward),
        "nobody is there to say who comes"
    );
    for (number, language, word) in [
        ("700", Language::French, "PIN"),
        ("700", Language::English, "PIN"),
        ("701", Language::French, "Cabinet"),
        ("701", Language::English, "Cabinet"),
    ] {
        let told = plan.explain(Caller::Extension("201"), number).sentences(language);
        assert!(told.iter().any(|sentence| sentence.contains(word)), "{told:?}");
    }
}

#[test]
fn short_codes_are_carried_out_and_forward_only_where_the_extension_may_call() {
    assert_eq!(leads("201", "*8"), Route::Code(ShortCode::GroupPickup));
    assert_eq!(leads("201", "*8 202"), Route::Code(ShortCode::DirectedPickup("202".to_owned())));
    assert_eq!(leads("201", "*8999"), Route::Refused(Refusal::NoSuchNumber));
    assert_eq!(leads("201", "*99"), Route::Refused(Refusal::NoSuchNumber));
    assert_eq!(leads("203", "*43"), Route::Refused(Refusal::Rights { needs: Class::Internal }));

    let forward = |number: &str| Route::Code(ShortCode::ForwardAlways(Some(number.to_owned())));
    assert_eq!(leads("202", "*21*201#"), forward("201"));
    assert_eq!(leads("202", "*21*00612345678#"), forward("00612345678"));
    assert_eq!(leads("202", "#21#"), Route::Code(ShortCode::ForwardAlways(None)));
    for bad in ["202", "999", "112", "0002290195123456"] {
        assert_eq!(leads("202", &format!("*21*{bad}#")), Route::Refused(Refusal::BadForward), "{bad}");
    }
}

#[test]
fn a_decision_is_told_step_by_step_in_both_languages() {
    let plan = ministry();
    let told = |caller, dialled| plan.explain(caller, dialled).sentences(Language::English);
    assert_eq!(
        told(Caller::Extension("201"), "0 00229 95 12 34 56"),
        [
            "Extension 201 (Ambassadeur) calls from Paris.",
            "No extension, group, meeting or code is 00022995123456.",
            "0 is the outside prefix.",
            "+22995123456 is an old number, which has become +2290195123456.",
            "Dialled as in FR it is +2290195123456, country BJ.",
            "It counts among international calls.",
            "The caller’s rights: international calls; it takes: international calls. This is allowed.",
            "The route +229 of every post applies.",
            "The trunk “Bénin” will be tried, with +2290195123456, showing +2290121300000.",
            "The trunk “Paris” will be tried, with +2290195123456, showing +33142000001.",
            "The call goes out to +2290195123456.",
        ]
    );
    assert_eq!(
        plan.explain(Caller::Extension("202"), "+3225010211").sentences(Language::French),
        [
            "Le poste téléphonique 202 (Chancellerie) appelle depuis Paris.",
            "Aucun poste, groupe, réunion ou code n’est +3225010211.",
            "Composé comme en FR, c’est +3225010211, pays BE.",
            "Cela relève des appels internationaux.",
            "Droits de l’appelant : appels nationaux ; il faut : appels internationaux. Ce n’est pas permis.",
            "L’appel est refusé : il y faut le droit aux appels internationaux.",
        ]
    );
    assert_eq!(
        told(Caller::Trunk(PARIS_LINE), "0142000001"),
        [
            "The call comes in by the trunk “Paris”.",
            "+33142000001 is a number of ours.",
            "201 is the extension of Ambassadeur, Paris.",
            "The call rings at 201.",
        ]
    );
}

#[test]
fn whatever_is_dialled_leads_somewhere_or_nowhere_and_tells_why() {
    let mut plan = ministry();
    plan.posts.retain(|post| post.name != "New York");
    let callers = ["1001", "201", "203", "401", "501"].map(Caller::Extension);
    let callers = callers.into_iter().chain([PARIS_LINE, BENIN_LINE, NEW_YORK_LINE].map(Caller::Trunk));
    let keys: Vec<char> = "0011223344556789+*#- é٣a".chars().collect();
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut draw = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % u64::try_from(below).expect("small")).expect("small")
    };

    for caller in callers {
        for _ in 0..2000 {
            let dialled: String = (0..draw(18)).map(|_| keys[draw(keys.len())]).collect();
            let explanation = plan.explain(caller, &dialled);
            assert!(!explanation.steps.is_empty());
            for language in [Language::French, Language::English] {
                assert!(explanation.sentences(language).iter().all(|sentence| sentence.ends_with('.')));
            }
            if let (Caller::Trunk(_), Route::Outside(_) | Route::Emergency { .. } | Route::Code(_)) =
                (caller, &explanation.route)
            {
                panic!("{dialled}: nobody calls through us");
            }
        }
    }
}

#[test]
fn a_plan_that_was_cloned_and_changed_is_asked_anew() {
    let plan = ministry();
    assert!(plan.extension("204").is_none() && plan.device("201-desk").is_some());

    let mut next = plan.clone();
    next.extensions.push(extension("204", "Stagiaire", PostId(2), Class::Internal));

    assert_eq!(next.route(Caller::Extension("201"), "204"), extension_of("204"));
    assert_ne!(plan, next);
}

#[test]
fn a_number_of_ours_written_as_it_was_before_its_plan_changed_still_rings() {
    let mut plan = ministry();
    plan.inbound.push(inbound(BENIN_LINE, "+22921301001", "1001"));

    for called in ["+2290121301001", "+22921301001", "21301001"] {
        assert_eq!(
            plan.route(Caller::Trunk(BENIN_LINE), called),
            Route::Extension("1001".to_owned()),
            "{called}"
        );
    }
}
