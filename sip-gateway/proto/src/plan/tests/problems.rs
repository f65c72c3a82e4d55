//! Plans with one mistake each, and what is said of it.

use super::super::tests::*;
use super::*;
use crate::plan::{Class, Language, PostId, RingGroup, RoomNumber, TrunkId};

#[test]
fn a_good_plan_has_only_the_problem_that_geneva_has_no_line() {
    assert_eq!(ministry().problems(), [Problem::NoTrunkForEmergency { post: "Genève".to_owned() }]);
}

fn problems_after(change: impl FnOnce(&mut Plan)) -> Vec<Problem> {
    let mut plan = ministry();
    plan.posts.retain(|post| post.id != GENEVA);
    plan.extensions.retain(|extension| extension.post != GENEVA);
    change(&mut plan);
    let problems = plan.problems();
    for problem in &problems {
        assert_ne!(problem.sentence(Language::French), problem.sentence(Language::English));
    }
    problems
}

#[test]
fn each_mistake_is_named() {
    let text = str::to_owned;
    assert_eq!(problems_after(|_| {}), []);
    assert_eq!(problems_after(|plan| plan.realm.clear()), [Problem::NoRealm]);
    assert_eq!(
        problems_after(|plan| plan.groups[0].number = text("201")),
        [
            Problem::DuplicateNumber { number: text("201") },
            Problem::UnknownTarget { of: text("+33142000002"), target: text("200") },
        ]
    );
    assert_eq!(
        problems_after(|plan| plan.conference = vec![text("201"), text("112")]),
        [
            Problem::EmergencyShadows { post: text("Paris"), number: text("112") },
            Problem::EmergencyShadows { post: text("Bruxelles"), number: text("112") },
            Problem::DuplicateNumber { number: text("201") },
        ]
    );
    assert_eq!(
        problems_after(|plan| {
            plan.rooms.push(RoomNumber { number: text("*70"), meeting: text("m"), name: text("Cabinet") });
            plan.inbound[0].target = text("*70");
        }),
        [Problem::CodeHidden { number: text("*70") }]
    );
    assert_eq!(
        problems_after(|plan| plan.extensions[1].devices[0].username = text("1001-desk")),
        [Problem::DuplicateUsername { username: text("1001-desk") }]
    );
    assert_eq!(
        problems_after(|plan| plan.inbound.push(inbound(PARIS_LINE, "+33142000001", "202"))),
        [Problem::DuplicatePublicNumber { number: text("+33142000001") }]
    );
    assert_eq!(
        problems_after(|plan| plan.extensions[0].post = PostId(99)),
        [Problem::UnknownPost { of: text("1001") }]
    );
    assert_eq!(
        problems_after(|plan| plan.posts[0].country = text("XX")),
        [Problem::UnknownCountry { post: text("Cotonou"), country: text("XX") }]
    );
    assert_eq!(
        problems_after(|plan| plan.routes[0].trunks.push(TrunkId(99))),
        [Problem::UnknownTrunk { of: text("*") }]
    );
    assert_eq!(
        problems_after(|plan| plan.groups[0].members.push(text("999"))),
        [Problem::UnknownTarget { of: text("200"), target: text("999") }]
    );
    assert_eq!(
        problems_after(|plan| plan.posts[0].emergency.clear()),
        [Problem::NoEmergencyNumber { post: text("Cotonou") }]
    );
    assert_eq!(
        problems_after(|plan| plan.trunks[0].caller_id = Some(text("0121300000"))),
        [Problem::NotE164 { of: text("Bénin"), number: text("0121300000") }]
    );
    assert_eq!(
        problems_after(|plan| plan.trunks[0].register = true),
        [Problem::NoCredentials { trunk: text("Bénin") }]
    );
    assert_eq!(
        problems_after(|plan| plan.extensions[0].digest = DigestAlgorithm::Sha256),
        [Problem::BadHa1 { username: text("1001-desk"), algorithm: DigestAlgorithm::Sha256 }]
    );
}

#[test]
fn extensions_that_cannot_be_called_are_named() {
    let added =
        |number: &str| problems_after(|plan| plan.extensions.push(extension(number, "", PARIS, Class::None)));
    let shadowed = |post: &str, number: &str| Problem::EmergencyShadows {
        post: post.to_owned(),
        number: number.to_owned(),
    };

    assert_eq!(added("112"), [shadowed("Paris", "112"), shadowed("Bruxelles", "112")]);
    assert_eq!(added("9911"), [shadowed("New York", "9911")]);
    assert_eq!(added("*43"), [Problem::CodeHidden { number: "*43".to_owned() }]);
}

#[test]
fn forwarding_into_nothing_and_in_circles_is_named() {
    let bad = problems_after(|plan| plan.extensions[3].forward.busy = Some("+3225010211".to_owned()));
    let expected = Problem::BadForward { extension: "202".to_owned(), target: "+3225010211".to_owned() };
    assert_eq!(bad, [expected], "he has no right to call there");

    let round = problems_after(|plan| {
        for (from, to) in [(2, "202"), (3, "1001"), (0, "201"), (5, "201")] {
            plan.extensions[from].forward.always = Some(to.to_owned());
        }
    });
    let of = |extension: &str| Problem::ForwardLoop { extension: extension.to_owned() };
    assert_eq!(round, [of("1001"), of("201"), of("202")]);
}

#[test]
fn a_group_that_leads_nowhere_is_named() {
    let nowhere = problems_after(|plan| {
        let group = RingGroup {
            number: "210".to_owned(),
            otherwise: Some("777".to_owned()),
            ..plan.groups[0].clone()
        };
        plan.groups.push(RingGroup { post: PostId(77), ..group });
    });

    assert_eq!(
        nowhere,
        [
            Problem::UnknownPost { of: "210".to_owned() },
            Problem::UnknownTarget { of: "210".to_owned(), target: "777".to_owned() },
        ]
    );
}
