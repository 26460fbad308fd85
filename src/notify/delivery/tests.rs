use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use jiff::ToSpan;

use super::*;
use crate::{
    ledger::Queued,
    notify::{Alert, Event, raise},
};

const HOUR: Duration = Duration::from_secs(3600);

fn at(minutes: i64) -> Timestamp {
    "2026-11-24T06:00:00Z".parse::<Timestamp>().unwrap() + minutes.minutes()
}

/// A channel that answers as it is told, and then takes everything.
#[derive(Clone, Default)]
struct Scripted {
    name: &'static str,
    answers: Arc<Mutex<VecDeque<Option<Hope>>>>,
    got: Arc<Mutex<Vec<String>>>,
}

impl Scripted {
    fn new(name: &'static str, answers: &[Option<Hope>]) -> Self {
        let script = Self { name, ..Self::default() };
        script.answers(answers);
        script
    }

    fn answers(&self, answers: &[Option<Hope>]) {
        self.answers.lock().unwrap().extend(answers);
    }

    /// The folders of the alerts that it was asked to take, since this was asked last.
    fn got(&self) -> Vec<String> {
        std::mem::take(&mut *self.got.lock().unwrap())
    }
}

impl Channel for Scripted {
    fn name(&self) -> &str {
        self.name
    }

    fn send(&self, envelope: Envelope<'_>) -> Result<(), Undelivered> {
        let folder = envelope.message.facts.iter().find(|fact| fact.label == "Folder").unwrap();
        self.got.lock().unwrap().push(folder.value.clone());
        match self.answers.lock().unwrap().pop_front().flatten() {
            None => Ok(()),
            Some(hope) => Err(Undelivered { channel: self.name.to_owned(), hope, why: "so it is".to_owned() }),
        }
    }

    fn is_ready(&self) -> Result<(), Undelivered> {
        Ok(())
    }

    fn answers(&self) -> Result<(), Undelivered> {
        Ok(())
    }
}

struct Desk {
    _folder: tempfile::TempDir,
    ledger: Ledger,
    dispatch: Dispatch,
}

impl Desk {
    fn new(channels: &[&Scripted]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("ledger.db")).unwrap();
        let boxed = |channel: &&Scripted| Box::new((*channel).clone()) as Box<dyn Channel>;
        let dispatch = Dispatch {
            council: "Sunderland City Council".to_owned(),
            channels: channels.iter().map(boxed).collect(),
            digest_at: jiff::civil::time(7, 30, 0, 0),
            next_channel_after: 2 * HOUR,
        };
        Self { _folder: folder, ledger, dispatch }
    }

    /// Raises an alert that is told by the folder in it.
    fn raise(&mut self, folder: &str, minutes: i64) -> Queued {
        let alert = Alert {
            council: "Sunderland City Council".to_owned(),
            submission: None,
            period: None,
            at: at(minutes),
            event: Event::DiskLow { folder: folder.to_owned(), free: 1, needed: 2 },
        };
        raise(&mut self.ledger, &alert, 24 * HOUR).unwrap()
    }

    fn raise_all(&mut self, folders: &[&str]) {
        for folder in folders {
            assert_eq!(self.raise(folder, 0), Queued::AtOnce);
        }
    }

    fn deliver(&mut self, minutes: i64) -> Delivered {
        deliver(&mut self.ledger, &self.dispatch, Clock::Fixed(at(minutes)), &Shutdown::default()).unwrap()
    }
}

fn counts(delivered: Delivered) -> (usize, usize, usize) {
    (delivered.sent, delivered.waiting, delivered.refused)
}

#[test]
fn alerts_are_sent_once_in_their_order() {
    let mail = Scripted::new("mail", &[]);
    let mut desk = Desk::new(&[&mail]);
    desk.raise_all(&["a", "b", "c"]);
    assert_eq!(desk.deliver(0), Delivered { sent: 3, ..Delivered::default() });
    assert_eq!(mail.got(), ["a", "b", "c"]);
    assert_eq!(desk.deliver(1), Delivered::default());
    assert!(mail.got().is_empty());
}

#[test]
fn a_relay_that_is_down_loses_nothing_and_is_asked_less_and_less() {
    let mail = Scripted::new("mail", &[]);
    let mut desk = Desk::new(&[&mail]);
    desk.raise_all(&["a", "b", "c"]);
    mail.answers(&[Some(Hope::Later); 20]);
    let (mut minute, mut waits) = (0, Vec::new());
    for _ in 0..8 {
        let delivered = desk.deliver(minute);
        assert_eq!(counts(delivered), (0, 3, 0));
        assert_eq!(mail.got(), ["a", "b"], "two are enough to know");
        assert_eq!(desk.deliver(minute), delivered, "nothing is asked before its time");
        let wait = delivered.next.unwrap().duration_since(at(minute)).as_secs();
        minute += wait / 60 + 1;
        waits.push(wait);
    }
    for (nth, wait) in waits.into_iter().enumerate() {
        let least = (60 << nth).min(1800);
        assert!((least..=least + least / 2 + 1).contains(&wait), "{nth}: {wait} s");
    }

    mail.answers.lock().unwrap().clear();
    desk.raise("d", minute);
    assert_eq!(counts(desk.deliver(minute)), (4, 0, 0));
    assert_eq!(mail.got(), ["a", "b", "c", "d"]);
}

#[test]
fn one_alert_that_is_put_off_does_not_keep_others_waiting() {
    let mail = Scripted::new("mail", &[Some(Hope::Later), None, None]);
    let mut desk = Desk::new(&[&mail]);
    desk.raise_all(&["a", "b", "c"]);
    let delivered = desk.deliver(0);
    assert_eq!((counts(delivered), mail.got()), ((2, 1, 0), ["a", "b", "c"].map(String::from).to_vec()));
    assert!(delivered.next.is_some_and(|next| next > at(0)));
    desk.raise("d", 0);
    assert_eq!(counts(desk.deliver(0)), (1, 1, 0));
    assert_eq!(mail.got(), ["d"]);
    assert_eq!(counts(desk.deliver(2)), (1, 0, 0));
    assert_eq!(mail.got(), ["a"]);
}

#[test]
fn a_channel_that_says_how_long_it_rests_is_left_alone_so_long() {
    let mail = Scripted::new("mail", &[Some(Hope::After(600))]);
    let mut desk = Desk::new(&[&mail]);
    desk.raise_all(&["a", "b"]);
    let delivered = desk.deliver(0);
    assert_eq!((counts(delivered), mail.got()), ((0, 2, 0), vec!["a".to_owned()]));
    assert!((at(10)..at(11)).contains(&delivered.next.unwrap()));
    desk.raise("c", 9);
    assert_eq!(counts(desk.deliver(9)), (0, 3, 0));
    assert!(mail.got().is_empty());
    assert_eq!(counts(desk.deliver(11)), (3, 0, 0));
    assert_eq!(mail.got(), ["a", "b", "c"]);
}

#[test]
fn what_one_channel_refuses_goes_to_the_next_and_what_all_refuse_is_kept() {
    let (mail, hook) = (Scripted::new("mail", &[Some(Hope::None)]), Scripted::new("hook", &[]));
    let mut desk = Desk::new(&[&mail, &hook]);
    desk.raise_all(&["a", "b"]);
    assert_eq!(counts(desk.deliver(0)), (2, 0, 0));
    assert_eq!((mail.got(), hook.got()), (vec!["a".into(), "b".into()], vec!["a".into()]));

    mail.answers(&[Some(Hope::None)]);
    hook.answers(&[Some(Hope::Later), Some(Hope::None)]);
    desk.raise("c", 1);
    assert_eq!(counts(desk.deliver(1)), (0, 1, 0));
    assert_eq!(counts(desk.deliver(9)), (0, 0, 1));
    assert_eq!((mail.got(), hook.got()), (vec!["c".into()], vec!["c".into(), "c".into()]));
    assert_eq!(desk.deliver(10), Delivered::default());
    let kept = desk.ledger.alerts_waiting().unwrap();
    let refused: Vec<_> = kept[0].answers.iter().map(|answer| (answer.channel.as_str(), answer.not_before)).collect();
    assert_eq!((kept[0].state, refused), (AlertState::Refused, vec![("hook", None), ("mail", None)]));

    assert_eq!(desk.ledger.alerts_again().unwrap(), 1);
    assert_eq!(counts(desk.deliver(11)), (1, 0, 0));
    assert_eq!(mail.got(), ["c"]);
}

#[test]
fn after_a_time_the_next_channel_is_asked_for_what_the_first_does_not_take() {
    let (mail, hook) = (Scripted::new("mail", &[Some(Hope::Later); 50]), Scripted::new("hook", &[]));
    let mut desk = Desk::new(&[&mail, &hook]);
    desk.raise("a", 0);
    let mut minute = 0;
    while minute < 120 {
        assert_eq!(counts(desk.deliver(minute)), (0, 1, 0));
        minute += 10;
    }
    assert!(hook.got().is_empty());
    assert_eq!(counts(desk.deliver(120)), (1, 0, 0));
    assert_eq!(hook.got(), ["a"]);
}

#[test]
fn without_a_channel_an_alert_is_kept_and_the_log_tells_it() {
    let mut desk = Desk::new(&[]);
    desk.raise("a", 0);
    assert_eq!(counts(desk.deliver(0)), (0, 0, 1));
    assert_eq!(desk.ledger.alerts_waiting().unwrap()[0].state, AlertState::Refused);
}

#[test]
fn of_a_storm_one_is_sent_and_a_digest_follows_in_the_morning() {
    let mail = Scripted::new("mail", &[]);
    let mut desk = Desk::new(&[&mail]);
    assert_eq!(desk.raise("a", 0), Queued::AtOnce);
    assert_eq!([1, 2, 3].map(|minute| desk.raise("a", minute)), [Queued::InDigest; 3]);
    let delivered = desk.deliver(4);
    assert_eq!((counts(delivered), delivered.next), ((1, 0, 0), Some(at(90))));
    assert_eq!(mail.got(), ["a"]);
    // The machine is off at half past seven, and a digest has no folder.
    let digests = desk.ledger.alerts_counted().unwrap().len();
    assert_eq!(digests, 3);
    tell_digest(&mut desk.ledger, &desk.dispatch, at(600)).unwrap();
    let waiting = desk.ledger.alerts_waiting().unwrap();
    assert_eq!((waiting.len(), waiting[0].kind.as_str()), (1, "digest"));
    assert!(desk.ledger.alerts_counted().unwrap().is_empty());
}

#[test]
fn whoever_stops_the_agent_need_not_wait_for_the_spool() {
    let mail = Scripted::new("mail", &[]);
    let mut desk = Desk::new(&[&mail]);
    desk.raise("a", 0);
    let stop = Shutdown::default();
    stop.request();
    let delivered = deliver(&mut desk.ledger, &desk.dispatch, Clock::Fixed(at(0)), &stop).unwrap();
    assert_eq!((counts(delivered), mail.got().len()), ((0, 1, 0), 0));
}

#[test]
fn attempts_come_less_and_less_often_to_a_bound() {
    let minutes = |attempts| backoff(attempts, 0.0).as_secs() / 60;
    assert_eq!([0, 1, 2, 3, 4, 5, 6, u32::MAX].map(minutes), [1, 2, 4, 8, 16, 30, 30, 30]);
    assert_eq!(backoff(0, 1.0), Duration::from_secs(90));
}
