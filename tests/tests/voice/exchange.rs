//! A telephone exchange on loopback, with rooms, and an office that knows one PIN.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use palabre_tests::telephone::Telephone;
use sip_gateway::transport::Listener;
use sip_gateway::{Binding, Directory, Fact, Phones, PhonesConfig, PhonesHandle, udp_and_tcp};
use sip_gateway_proto::call::{DoorWord, Entry, LegId, PlaceCall, Placed, ScreenEvent, ScreenNews, Visitor};
use sip_gateway_proto::flow::Carrier;
use sip_gateway_proto::plan::{
    Class, Device, DigestAlgorithm, Extension, Forwarding, Language, Plan, Post, PostId,
};
use sip_gateway_proto::ua::digest::ha1;
use tokio::sync::mpsc;

use crate::house::{House, ROOM, within};

/// Phones and rooms, and what browsers would be told.
pub(crate) struct Exchange {
    pub(crate) house: House,
    pub(crate) phones: PhonesHandle,
    news: mpsc::UnboundedReceiver<ScreenNews>,
    address: SocketAddr,
    _running: Phones,
}

impl Exchange {
    /// Opens one with these extensions; 700 asks for a PIN.
    pub(crate) async fn open(numbers: &[&str], ports: std::ops::RangeInclusive<u16>) -> Self {
        let house = House::with_voices(3).await;
        let (told, news) = mpsc::unbounded_channel();
        let desk = Desk { plan: Arc::new(plan(numbers)), told };
        let config = PhonesConfig {
            listeners: udp_and_tcp("127.0.0.1:0".parse().expect("an address"))[..1].to_vec(),
            identity: None,
            trust: None,
            nonce_lifetime: Duration::from_secs(600),
            rtp_ports: ports,
            advertise: Vec::new(),
            media_workers: 1,
            prompts: None,
            recordings: None,
            run: 1,
        };
        let running = Phones::start(config, Arc::new(desk), house.rooms.clone()).expect("free ports");
        let udp = |listener: &&Listener| listener.carrier == Carrier::Udp;
        let address = running.listeners().iter().find(udp).expect("it listens").address;
        Self { house, phones: running.handle(), news, address, _running: running }
    }

    /// The phone of an extension.
    pub(crate) async fn phone(&self, number: &str) -> Telephone {
        Telephone::registered(self.address, REALM, number, &password(number)).await
    }

    /// An extension calls from a browser.
    pub(crate) async fn place(&self, from: &str, dialled: &str) -> Placed {
        let (from, dialled) = (from.to_owned(), dialled.to_owned());
        let order = PlaceCall { from, room: None, dialled, on_behalf: None, identity: None };
        self.phones.place(order).await.expect("it can be called")
    }

    /// Waits until browsers are told something that the filter knows; gives the room end and its room.
    pub(crate) async fn told(&mut self, wanted: impl Fn(&ScreenEvent) -> bool) -> (LegId, String) {
        let found = async {
            loop {
                let news = self.news.recv().await.expect("phones are running");
                if wanted(&news.event) {
                    return (news.leg, news.room);
                }
            }
        };
        within(found).await
    }
}

/// The office.
struct Desk {
    plan: Arc<Plan>,
    told: mpsc::UnboundedSender<ScreenNews>,
}

impl Directory for Desk {
    fn plan(&self) -> Arc<Plan> {
        Arc::clone(&self.plan)
    }

    fn bindings(&self) -> Vec<Binding> {
        Vec::new()
    }

    fn enter(&self, visitor: Visitor, entry: Entry) -> mpsc::Receiver<DoorWord> {
        let (words, receiver) = mpsc::channel(4);
        tokio::spawn(async move {
            let admitted = DoorWord::Admitted {
                room: ROOM.to_owned(),
                name: visitor.name,
                role: "guest".to_owned(),
                language: Some(Language::French),
            };
            let word = if entry == Entry::Pin(PIN.to_owned()) { admitted } else { DoorWord::Wrong };
            // The phone may have hung up.
            let _ = words.send(word).await;
            words.closed().await;
        });
        receiver
    }

    fn screen(&self, news: ScreenNews) {
        // A scenario that has ended reads no news.
        let _ = self.told.send(news);
    }

    fn record(&self, _: Fact) {}
}

fn plan(numbers: &[&str]) -> Plan {
    let extension = |number: &&str| Extension {
        number: (*number).to_owned(),
        name: format!("Bureau {number}"),
        post: PostId(1),
        digest: DigestAlgorithm::Md5,
        devices: vec![Device {
            username: (*number).to_owned(),
            ha1: ha1(DigestAlgorithm::Md5, number, REALM, &password(number)),
            label: String::new(),
        }],
        rights: Class::Internal,
        outside_calls: 0,
        forward: Forwarding::default(),
        do_not_disturb: false,
        pickup_group: None,
        voicemail: None,
    };
    Plan {
        realm: REALM.to_owned(),
        posts: vec![Post {
            id: PostId(1),
            name: "Cotonou".to_owned(),
            country: "BJ".to_owned(),
            outside_prefix: String::new(),
            emergency: vec!["117".to_owned()],
        }],
        extensions: numbers.iter().map(extension).collect(),
        conference: vec!["700".to_owned()],
        ..Plan::default()
    }
}

fn password(number: &str) -> String {
    format!("secret of {number}")
}

/// The PIN of the one meeting.
pub(crate) const PIN: &str = "48151623";
const REALM: &str = "mfa.example";
