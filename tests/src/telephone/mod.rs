//! A desk phone over real sockets: SIP and G.711 over UDP, one call at a time, with a person's buttons.
//!
//! It lives in a task of its own. A scenario presses buttons, says what it waits for, and looks at what the phone has seen
//! and heard.

mod line;
mod sound;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::sync::{Notify, mpsc};

use crate::telephone::line::Line;

/// A phone, as a scenario holds it. Dropping it pulls the plug.
pub struct Telephone {
    seen: Arc<Seen>,
    buttons: mpsc::UnboundedSender<Button>,
}

/// What a phone has seen and heard so far.
#[derive(Default)]
pub struct Display {
    /// Whether it is registered.
    pub registered: bool,
    /// Who calls, while it rings: the number.
    pub rings: Option<String>,
    /// Whether a call stands.
    pub talking: bool,
    /// With what its last call was refused.
    pub refused: Option<u16>,
    /// Whether its last call was hung up by the other side, or taken by another phone.
    pub hung_up: bool,
    /// Whose names it was told to show within its call.
    pub shown: Vec<String>,
    /// Keys that were pressed towards it.
    pub keys: String,
    /// All it has heard in its call, at 8 kHz.
    pub heard: Vec<f32>,
}

impl Display {
    /// How strongly it hears a tone now.
    #[must_use]
    pub fn strength(&self, hertz: f32) -> f32 {
        let Some(begin) = self.heard.len().checked_sub(sound::RATE / 5) else { return 0.0 };
        crate::tone::strength_at(&self.heard[begin..], hertz, sound::RATE)
    }

    /// How loud it is now, 1 the loudest.
    #[must_use]
    pub fn loudness(&self) -> f32 {
        let Some(begin) = self.heard.len().checked_sub(sound::RATE / 5) else { return 0.0 };
        let last = &self.heard[begin..];
        (last.iter().map(|sample| sample * sample).sum::<f32>() / last.len() as f32).sqrt()
    }
}

#[derive(Default)]
struct Seen {
    display: Mutex<Display>,
    news: Notify,
}

/// What a person does with it.
enum Button {
    Dial(String),
    Answer,
    HangUp,
    Key(char),
    Speak(Option<f32>),
}

impl Telephone {
    /// A phone that registers an extension; its number is its user name.
    ///
    /// # Panics
    /// When it does not get through.
    pub async fn registered(server: SocketAddr, realm: &str, number: &str, password: &str) -> Self {
        let seen = Arc::new(Seen::default());
        let (buttons, pressed) = mpsc::unbounded_channel();
        let socket = || UdpSocket::bind("127.0.0.1:0");
        let (sip, rtp) = (socket().await.expect("a free port"), socket().await.expect("a free port"));
        sip.connect(server).await.expect("loopback leads there");
        let line = Line::new(Arc::clone(&seen), sip, rtp, realm, number, password);
        tokio::spawn(line.run(pressed));
        let phone = Self { seen, buttons };
        phone.until("it is registered", |display| display.registered).await;
        phone
    }

    /// Calls a number.
    pub fn dial(&self, number: &str) {
        self.press(Button::Dial(number.to_owned()));
    }

    /// Takes the call that rings.
    pub fn answer(&self) {
        self.press(Button::Answer);
    }

    /// Ends its call.
    pub fn hang_up(&self) {
        self.press(Button::HangUp);
    }

    /// Presses keys, one after the other, as events in RTP.
    pub fn keys(&self, keys: &str) {
        for key in keys.chars() {
            self.press(Button::Key(key));
        }
    }

    /// Speaks a tone, or nothing any more.
    pub fn speak(&self, hertz: Option<f32>) {
        self.press(Button::Speak(hertz));
    }

    /// What it has seen so far.
    ///
    /// # Panics
    /// When its task has failed.
    pub fn display(&self) -> MutexGuard<'_, Display> {
        self.seen.display.lock().expect("the phone has not failed")
    }

    /// Waits until something is seen or heard.
    ///
    /// # Panics
    /// When it is not, for long.
    pub async fn until(&self, what: &str, wanted: impl Fn(&Display) -> bool) {
        let wait = async {
            loop {
                let news = self.seen.news.notified();
                if wanted(&self.display()) {
                    return;
                }
                news.await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, wait).await;
        waited.unwrap_or_else(|_| panic!("a phone waited in vain until {what}"));
    }

    fn press(&self, button: Button) {
        self.buttons.send(button).unwrap_or_else(|_| panic!("the phone has not failed"));
    }
}

const PATIENCE: Duration = Duration::from_secs(30);
