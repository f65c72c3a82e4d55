//! Tables: seats that calls want, the rooms' sound for all of them, and the news of both.

use std::collections::VecDeque;

use livekit_protocol as proto;
use palabre_tests::browser::View;
use sfu::direct::Direct;
use signaling::Rooms;
use signaling::voice::{EarTrack, SeatMedia};
use sip_gateway::media::TableId;
use sip_gateway::tables::{TableNews, Tables};
use sip_gateway_proto::call::{
    CallId, LegId, SeatCommand, SeatEnd, SeatEvent, SeatOrder, SeatStatus, Speaker,
};
use tokio::sync::mpsc::Receiver;

use crate::house::{House, ROOM, Voice, within};

#[tokio::test]
async fn two_phones_sit_at_one_table_which_ends_with_the_second() {
    let house = House::open().await;
    let mut phones = Phones::new(&house.rooms);
    phones.take(1, "phone-1");
    let first = phones.seated(1).await;
    let browser = house.browser("awa").await;
    browser.speak(700.0);
    phones.take(2, "phone-2");
    let second = phones.seated(2).await;
    assert_eq!(first.0, second.0, "one table for one room");

    let (table, mut ears) = phones.opened().await;
    assert_eq!(table, first.0);
    while phones.tracks(table).await.is_empty() {}
    within(ears.recv()).await.expect("the browser is heard");
    let mut voice = Voice::new(first.1, 440.0);
    let heard = browser.until("the first phone is heard", |view| view.strength("phone-1", 440.0) > 0.3);
    tokio::pin!(heard);
    loop {
        tokio::select! {
            () = &mut heard => break,
            () = voice.speak() => {}
        }
    }

    phones.tables.obey(SeatCommand::Leave { leg: LegId(1) });
    browser.until("the first has gone", |view| !view.others.contains_key("phone-1")).await;
    assert!(browser.view().others.contains_key("phone-2"));
    phones.tables.obey(SeatCommand::Leave { leg: LegId(2) });
    browser.until("the second has gone", |view| view.others.is_empty()).await;
    assert_eq!(phones.closed().await, table);
    while within(ears.recv()).await.is_some() {}
    assert!(phones.ends().is_empty(), "who is told to leave is not told that it left");
}

#[tokio::test]
async fn browsers_see_whose_phone_it_is_and_how_far_its_call() {
    let house = House::open().await;
    let mut phones = Phones::new(&house.rooms);
    phones.take(1, "phone-1");
    let _seat = phones.seated(1).await;
    let browser = house.browser("awa").await;
    browser.until("the phone is seen", |view| view.others.contains_key("phone-1")).await;
    let says = |view: &View, name: &str| view.others["phone-1"].attributes.get(name).cloned();
    for (name, value) in [
        ("sip.callID", "17"),
        ("sip.callStatus", "ringing"),
        ("sip.phoneNumber", "204"),
        ("palabre.extension", "204"),
        ("palabre.post", "Dakar"),
        ("palabre.leg", "1"),
    ] {
        assert_eq!(says(&browser.view(), name).as_deref(), Some(value), "{name}");
    }
    assert_eq!(says(&browser.view(), "palabre.role"), None);

    phones.tables.obey(SeatCommand::Status { leg: LegId(1), status: SeatStatus::Active });
    let active = |view: &View| says(view, "sip.callStatus").as_deref() == Some("active");
    browser.until("the call is answered", active).await;

    // Another phone takes the call, at the same seat.
    let ben =
        SeatOrder { name: "Ben".to_owned(), post: None, status: SeatStatus::Active, ..order("phone-1") };
    phones.tables.obey(SeatCommand::Take { leg: LegId(1), order: Box::new(ben) });
    let changed = |view: &View| view.others["phone-1"].name == "Ben" && says(view, "palabre.post").is_none();
    browser.until("it is Ben", changed).await;
}

#[tokio::test]
async fn a_phone_mutes_itself_and_opens_again_after_a_host_muted_it() {
    let house = House::open().await;
    let mut phones = Phones::new(&house.rooms);
    phones.take(1, "phone-1");
    let (_, media) = phones.seated(1).await;
    let browser = house.browser("awa").await;
    Voice::new(media, 440.0).speak().await;
    browser.until("its microphone is seen", |view| view.track("phone-1").is_some()).await;
    let muted = |view: &View| view.track("phone-1").is_some_and(|track| track.muted);

    phones.tables.obey(SeatCommand::Mute { leg: LegId(1), muted: true });
    browser.until("it is shown muted", muted).await;
    phones.tables.obey(SeatCommand::Mute { leg: LegId(1), muted: false });
    browser.until("it is shown open", |view| !muted(view)).await;

    let request = proto::MuteRoomTrackRequest {
        room: ROOM.to_owned(),
        identity: "phone-1".to_owned(),
        track_sid: browser.view().track("phone-1").unwrap().sid.clone(),
        muted: true,
    };
    house.rooms.mute_track(request).await.unwrap();
    assert_eq!(phones.event(1).await, SeatEvent::MutedByHost(true));
    browser.until("it is shown muted", muted).await;
    // The same word as the last one, which the host has overruled.
    phones.tables.obey(SeatCommand::Mute { leg: LegId(1), muted: false });
    browser.until("it is shown open", |view| !muted(view)).await;
}

#[tokio::test]
async fn hands_keys_and_speakers_are_news() {
    let house = House::open().await;
    let mut phones = Phones::new(&house.rooms);
    phones.take(1, "phone-1");
    let _seat = phones.seated(1).await;
    let browser = house.browser("awa").await;

    phones.tables.obey(SeatCommand::Hand { leg: LegId(1), raised: true });
    let raised = |view: &View| {
        view.others.get("phone-1").is_some_and(|phone| phone.attributes.contains_key("palabre.hand"))
    };
    browser.until("the hand is seen", raised).await;
    let lower = proto::UpdateParticipantRequest {
        room: ROOM.to_owned(),
        identity: "phone-1".to_owned(),
        attributes: [("palabre.hand".to_owned(), String::new())].into(),
        ..Default::default()
    };
    house.rooms.update_participant(lower).await.unwrap();
    assert_eq!(phones.event(1).await, SeatEvent::HandLowered);
    browser.press(10, "*");
    assert_eq!(phones.event(1).await, SeatEvent::Key('*'));
    browser.speak(700.0);
    let awa = Speaker { identity: "awa".to_owned(), name: "AWA".to_owned() };
    assert_eq!(phones.event(1).await, SeatEvent::Speaking(vec![awa]));
}

#[tokio::test]
async fn who_has_no_place_or_loses_it_is_told_why() {
    let house = House::open().await;
    let request =
        proto::CreateRoomRequest { name: ROOM.to_owned(), max_participants: 2, ..Default::default() };
    house.rooms.create_room(request).await.unwrap();
    let mut phones = Phones::new(&house.rooms);
    for (leg, identity) in [(1, "phone-1"), (2, "phone-2")] {
        phones.take(leg, identity);
        let _seat = phones.seated(leg).await;
    }

    phones.take(3, "phone-3");
    assert_eq!(phones.event(3).await, SeatEvent::Gone(SeatEnd::Full));
    house.rooms.remove_participant(ROOM, "phone-1").await.unwrap();
    assert_eq!(phones.event(1).await, SeatEvent::Gone(SeatEnd::Removed));
    house.rooms.delete_room(ROOM).await.unwrap();
    assert_eq!(phones.event(2).await, SeatEvent::Gone(SeatEnd::Ended));
    phones.closed().await;

    // Its seat can be taken anew.
    phones.take(1, "phone-1");
    let _seat = phones.seated(1).await;
}

#[tokio::test]
async fn a_phone_that_a_host_moves_sits_at_another_table() {
    let house = House::open().await;
    let mut phones = Phones::new(&house.rooms);
    phones.take(1, "phone-1");
    let (table, _media) = phones.seated(1).await;
    let request = proto::CreateRoomRequest { name: "plenary".to_owned(), ..Default::default() };
    house.rooms.create_room(request).await.unwrap();

    house.rooms.move_participant(ROOM, "phone-1", "plenary").await.unwrap();

    let (there, _media, event) = phones.seated_again(1).await;
    assert_ne!(there, table);
    assert_eq!(event, SeatEvent::Moved("plenary".to_owned()));
    assert_eq!(phones.closed().await, table);
    house.rooms.participant("plenary", "phone-1").await.unwrap();
}

#[tokio::test]
async fn ears_that_were_sent_away_come_back() {
    let house = House::open().await;
    let mut phones = Phones::new(&house.rooms);
    phones.take(1, "phone-1");
    let _seat = phones.seated(1).await;
    let (table, _ears) = phones.opened().await;

    house.rooms.remove_participant(ROOM, "phones:ears").await.unwrap();

    assert_eq!(phones.opened().await.0, table);
}

#[tokio::test]
async fn when_the_tables_end_all_phones_leave() {
    let house = House::open().await;
    let mut phones = Phones::new(&house.rooms);
    phones.take(1, "phone-1");
    let _seat = phones.seated(1).await;
    let browser = house.browser("awa").await;

    drop(phones);

    browser.until("the phone has gone", |view| view.others.is_empty()).await;
}

/// Tables, and their news that nobody has asked for yet.
struct Phones {
    tables: Tables,
    news: Receiver<TableNews>,
    unread: VecDeque<TableNews>,
}

impl Phones {
    fn new(rooms: &Rooms) -> Self {
        let (tables, news) = Tables::new(rooms.clone());
        Self { tables, news, unread: VecDeque::new() }
    }

    fn take(&mut self, leg: u64, identity: &str) {
        self.tables.obey(SeatCommand::Take { leg: LegId(leg), order: Box::new(order(identity)) });
    }

    async fn seated(&mut self, leg: u64) -> (TableId, SeatMedia) {
        let (table, media, event) = self.seated_again(leg).await;
        assert_eq!(event, SeatEvent::Entered);
        (table, media)
    }

    async fn seated_again(&mut self, wanted: u64) -> (TableId, SeatMedia, SeatEvent) {
        self.find(|news| match news {
            TableNews::Seated { leg, table, media, event } if leg.0 == wanted => Ok((table, media, event)),
            news => Err(news),
        })
        .await
    }

    async fn opened(&mut self) -> (TableId, Direct) {
        self.find(|news| match news {
            TableNews::Opened { table, ears } => Ok((table, ears)),
            news => Err(news),
        })
        .await
    }

    async fn tracks(&mut self, wanted: TableId) -> Vec<EarTrack> {
        self.find(|news| match news {
            TableNews::Tracks { table, tracks } if table == wanted => Ok(tracks),
            news => Err(news),
        })
        .await
    }

    async fn closed(&mut self) -> TableId {
        self.find(|news| match news {
            TableNews::Closed { table } => Ok(table),
            news => Err(news),
        })
        .await
    }

    async fn event(&mut self, wanted: u64) -> SeatEvent {
        self.find(|news| match news {
            TableNews::Event { leg, event } if leg.0 == wanted && event != SeatEvent::Listened => Ok(event),
            news => Err(news),
        })
        .await
    }

    /// The ends of seats that nobody has asked for.
    fn ends(&self) -> Vec<&TableNews> {
        let is_end = |news: &&TableNews| matches!(news, TableNews::Event { event: SeatEvent::Gone(_), .. });
        self.unread.iter().filter(is_end).collect()
    }

    /// The first of the news that the filter takes.
    async fn find<T>(&mut self, filter: impl Fn(TableNews) -> Result<T, TableNews>) -> T {
        for _ in 0..self.unread.len() {
            let news = self.unread.pop_front().expect("as many as were counted");
            match filter(news) {
                Ok(found) => return found,
                Err(news) => self.unread.push_back(news),
            }
        }
        loop {
            let news = within(self.news.recv()).await.expect("the tables go on");
            match filter(news) {
                Ok(found) => return found,
                Err(news) => self.unread.push_back(news),
            }
        }
    }
}

fn order(identity: &str) -> SeatOrder {
    SeatOrder {
        room: ROOM.to_owned(),
        call: CallId(17),
        identity: identity.to_owned(),
        name: "Awa".to_owned(),
        number: "204".to_owned(),
        extension: Some("204".to_owned()),
        post: Some("Dakar".to_owned()),
        role: None,
        encrypted: None,
        status: SeatStatus::Ringing,
    }
}
