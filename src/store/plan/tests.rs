use std::time::Duration;

use sip_gateway_proto::flow::Carrier;
use sip_gateway_proto::plan::{
    Class, DigestAlgorithm, Extension, Forwarding, InboundNumber, OutboundRoute, Plan, Post, PostId,
    RingGroup, RingStrategy, Trunk, TrunkCredentials,
};

use super::*;
use crate::directory::{PhonePassword, blank};

#[tokio::test]
async fn a_whole_plan_is_read_as_it_was_written() {
    let office = Office::new().await;
    let mut change = office.change().await;
    let post = Post { emergency: vec!["112".to_owned(), "117".to_owned()], ..blank::post("Cotonou") };
    let cotonou = change.add_post(post.clone()).await.unwrap();
    let paris = change.add_post(blank::post("Paris")).await.unwrap();
    let awa = Extension {
        digest: DigestAlgorithm::Sha256,
        rights: Class::International,
        forward: Forwarding {
            busy: Some("202".to_owned()),
            no_answer_after: Some(Duration::from_secs(25)),
            ..Forwarding::default()
        },
        pickup_group: Some("cabinet".to_owned()),
        ..blank::extension("201", "Awa", cotonou)
    };
    change.add_extension(awa.clone()).await.unwrap();
    change.add_extension(blank::extension("202", "Ben", paris)).await.unwrap();
    let group = RingGroup {
        members: vec!["202".to_owned(), "201".to_owned()],
        strategy: RingStrategy::InOrder,
        otherwise: Some("201".to_owned()),
        ..blank::group("300", "Accueil", cotonou)
    };
    change.add_group(group.clone()).await.unwrap();
    let trunk = Trunk {
        post: cotonou,
        carrier: Carrier::Tls,
        srtp: true,
        register: true,
        port: Some(5061),
        credentials: Some(TrunkCredentials { username: "u".to_owned(), password: "sésame".to_owned() }),
        sources: vec!["192.0.2.1".parse().unwrap(), "2001:db8::1".parse().unwrap()],
        caller_id: Some("+22921300000".to_owned()),
        ..blank::trunk("Opérateur", "sip.example.org")
    };
    let id = change.add_trunk(trunk.clone()).await.unwrap();
    let route = OutboundRoute { post: None, prefix: "+33".to_owned(), trunks: vec![id] };
    change.set_route(route.clone()).await.unwrap();
    let inbound = InboundNumber { trunk: id, number: "+22921300001".to_owned(), target: "300".to_owned() };
    change.set_inbound(inbound.clone()).await.unwrap();
    change.commit().await.unwrap();

    let plan = office.plan().await;

    assert_eq!(plan.posts, [Post { id: cotonou, ..post }, Post { id: paris, ..blank::post("Paris") }]);
    assert_eq!(plan.extensions, [awa, blank::extension("202", "Ben", paris)]);
    assert_eq!(plan.groups, [group]);
    assert_eq!(plan.trunks, [Trunk { id, ..trunk }]);
    assert_eq!((plan.routes, plan.inbound), (vec![route], vec![inbound]));
}

#[tokio::test]
async fn no_secret_is_readable_in_the_database() {
    let office = Office::new().await;
    let mut change = office.change().await;
    let post = change.add_post(blank::post("Cotonou")).await.unwrap();
    change.add_extension(blank::extension("201", "Awa", post)).await.unwrap();
    let password = PhonePassword::chosen("Not-In-The-File").unwrap();
    change.add_device("201", blank::device("", "Yealink"), &password, "palabre").await.unwrap();
    let credentials = TrunkCredentials { username: "u".to_owned(), password: "Nor-This-One".to_owned() };
    let trunk = Trunk { post, credentials: Some(credentials), ..blank::trunk("T", "sip.example.org") };
    change.add_trunk(trunk).await.unwrap();
    change.commit().await.unwrap();

    let device = office.plan().await.extensions[0].devices[0].clone();
    assert_eq!(device.ha1, password.ha1(DigestAlgorithm::Md5, "201", "palabre"));
    office.store.close().await;
    let file = std::fs::read(office.dir.path().join("palabre.sqlite")).unwrap();
    for secret in ["Not-In-The-File", "Nor-This-One", &device.ha1.0] {
        assert!(!file.windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret}");
    }
}

#[tokio::test]
async fn a_lost_key_locks_what_it_sealed_and_nothing_else() {
    let office = Office::new().await;
    let mut change = office.change().await;
    let post = change.add_post(blank::post("Cotonou")).await.unwrap();
    change.add_extension(blank::extension("201", "Awa", post)).await.unwrap();
    change.add_device("201", blank::device("", ""), &PhonePassword::random(), "palabre").await.unwrap();
    let credentials = TrunkCredentials { username: "u".to_owned(), password: "p".to_owned() };
    let trunk = Trunk { post, credentials: Some(credentials), ..blank::trunk("Orange", "sip.example.org") };
    change.add_trunk(trunk).await.unwrap();
    change.commit().await.unwrap();
    std::fs::remove_file(office.dir.path().join("secrets.key")).unwrap();

    let restored = Store::open(office.dir.path()).await.unwrap().read_plan("palabre").await.unwrap();

    assert_eq!((restored.plan.extensions.len(), restored.plan.trunks.len()), (1, 1));
    assert_eq!(restored.locked, [Locked::Device("201".to_owned()), Locked::Trunk("Orange".to_owned())]);
    assert_eq!(restored.plan.trunks[0].credentials, None);
}

#[tokio::test]
async fn a_change_that_fails_halfway_leaves_nothing() {
    let office = Office::new().await;
    let mut change = office.change().await;
    let post = change.add_post(blank::post("Cotonou")).await.unwrap();
    change.add_extension(blank::extension("201", "Awa", post)).await.unwrap();
    let taken = change.add_extension(blank::extension("201", "Ben", post)).await.unwrap_err();
    assert_eq!(taken.to_string(), "there is an extension with the number 201 already");
    drop(change);

    let plan = office.plan().await;
    assert_eq!((plan.posts.len(), plan.extensions.len()), (0, 0));
    assert!(crate::audit::newest(&office.store, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_others_need_is_not_removed() {
    let office = Office::new().await;
    let mut change = office.change().await;
    let post = change.add_post(blank::post("Cotonou")).await.unwrap();
    change.add_extension(blank::extension("201", "Awa", post)).await.unwrap();
    change.add_extension(blank::extension("202", "Ben", post)).await.unwrap();
    let group = RingGroup { members: vec!["201".to_owned()], ..blank::group("300", "Accueil", post) };
    change.add_group(group).await.unwrap();
    let trunk = change.add_trunk(Trunk { post, ..blank::trunk("T", "192.0.2.1") }).await.unwrap();
    let inbound = |number: &str, target: &str| InboundNumber {
        trunk,
        number: number.to_owned(),
        target: target.to_owned(),
    };
    change.set_inbound(inbound("", "202")).await.unwrap();
    assert!(change.set_inbound(inbound("", "999")).await.is_err());

    let why = |error: PlanError| error.to_string();
    assert_eq!(
        why(change.remove_post(post).await.unwrap_err()),
        "the post \"Cotonou\" cannot be removed: extensions still belong to it"
    );
    assert_eq!(
        why(change.remove_extension("201").await.unwrap_err()),
        "extension 201 cannot be removed: it is the last member of group 300"
    );
    assert_eq!(
        why(change.remove_extension("202").await.unwrap_err()),
        "extension 202 cannot be removed: the other public numbers of a trunk still lead to it"
    );
    assert!(matches!(change.remove_extension("999").await, Err(PlanError::Unknown { .. })));

    change.remove_trunk(trunk).await.unwrap();
    change.remove_group("300").await.unwrap();
    change.remove_extension("201").await.unwrap();
    change.remove_extension("202").await.unwrap();
    change.remove_post(post).await.unwrap();
    change.commit().await.unwrap();
    let plan = office.plan().await;
    assert_eq!(plan, Plan { realm: "palabre".to_owned(), ..Plan::default() });
}

#[tokio::test]
async fn an_extension_has_several_devices_with_names_of_their_own() {
    let office = Office::new().await;
    let mut change = office.change().await;
    let post = change.add_post(blank::post("Cotonou")).await.unwrap();
    change.add_extension(blank::extension("201", "Awa", post)).await.unwrap();
    let password = PhonePassword::random();
    let mut names = Vec::new();
    for _ in 0..10 {
        names.push(change.add_device("201", blank::device("", ""), &password, "palabre").await.unwrap());
    }

    assert_eq!((names[0].as_str(), names[1].as_str(), names[9].as_str()), ("201", "201-2", "201-10"));
    let eleventh = change.add_device("201", blank::device("x", ""), &password, "palabre").await;
    assert!(matches!(eleventh, Err(PlanError::Full { .. })), "{eleventh:?}");
    change.remove_device("201", "201-2").await.unwrap();
    let taken = change.add_device("201", blank::device("201", ""), &password, "palabre").await.unwrap_err();
    assert!(matches!(taken, PlanError::Taken(_)), "{taken}");

    let other = Extension { digest: DigestAlgorithm::Sha256, ..blank::extension("201", "Awa", post) };
    let refused = change.change_extension(other).await.unwrap_err();
    assert!(matches!(refused, PlanError::Invalid { field: "digest", .. }), "{refused}");
}

#[tokio::test]
async fn a_route_is_replaced_and_goes_with_its_last_trunk() {
    let office = Office::new().await;
    let mut change = office.change().await;
    let post = change.add_post(blank::post("Cotonou")).await.unwrap();
    let one = change.add_trunk(Trunk { post, ..blank::trunk("One", "192.0.2.1") }).await.unwrap();
    let two = change.add_trunk(Trunk { post, ..blank::trunk("Two", "192.0.2.2") }).await.unwrap();
    let route = |post: Option<PostId>, trunks: &[_]| OutboundRoute {
        post,
        prefix: "+33".to_owned(),
        trunks: trunks.to_vec(),
    };
    change.set_route(route(None, &[one])).await.unwrap();
    change.set_route(route(None, &[two, one])).await.unwrap();
    change.set_route(route(Some(post), &[one])).await.unwrap();
    change.commit().await.unwrap();
    assert_eq!(office.plan().await.routes, [route(None, &[two, one]), route(Some(post), &[one])]);

    let mut change = office.change().await;
    change.remove_trunk(one).await.unwrap();
    change.commit().await.unwrap();

    assert_eq!(office.plan().await.routes, [route(None, &[two])]);
}

#[tokio::test]
async fn every_change_raises_the_version_and_is_in_the_audit_log() {
    let office = Office::new().await;
    let before = office.store.plan_version().await.unwrap();
    let mut change = office.change().await;
    let post = change.add_post(blank::post("Cotonou")).await.unwrap();
    change.change_post(Post { id: post, ..blank::post("Porto-Novo") }).await.unwrap();
    change.commit().await.unwrap();

    assert_eq!(office.store.plan_version().await.unwrap(), before + 1);
    let log = crate::audit::newest(&office.store, 10).await.unwrap();
    let told: Vec<_> = log.iter().map(|entry| (entry.action.as_str(), entry.object.as_str())).collect();
    assert_eq!(told, [("post.change", "Porto-Novo"), ("post.add", "Cotonou")]);
    let head = crate::audit::inspect(&office.store, None).await.unwrap().unwrap();
    assert_eq!(head.map(|head| head.entries), Some(2));
}

struct Office {
    store: Store,
    dir: tempfile::TempDir,
}

impl Office {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self { store: Store::open(dir.path()).await.unwrap(), dir }
    }

    async fn change(&self) -> PlanChange {
        self.store.change_plan(By::console(), Timestamp::now()).await.unwrap()
    }

    async fn plan(&self) -> Plan {
        self.store.read_plan("palabre").await.unwrap().plan
    }
}
