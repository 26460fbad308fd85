//! From the spool to somebody.

use std::time::Duration;

use jiff::{Timestamp, civil::Time};

use super::{
    Channel, Envelope, Graph, Hope, Message, Smtp, Undelivered, Webhook,
    alert::ELSEWHERE,
    digest::{digest, due},
};
use crate::{
    config::{
        Network, Notify, Settings,
        notify::{ChannelKind, ChannelSettings},
    },
    ledger::{AlertRow, AlertState, Answer, Delivery, Ledger, LedgerError},
    sys::{clock::Clock, failpoint, shutdown::Shutdown},
};

/// How alerts leave the spool.
pub struct Dispatch {
    /// The council's name, for the digest.
    pub council: String,
    /// The channels, the first to be asked first.
    pub channels: Vec<Box<dyn Channel>>,
    /// The time of day in England at which the digest is told.
    pub digest_at: Time,
    /// How long an alert waits for a channel that is out of reach before the next one is asked as well.
    pub next_channel_after: Duration,
}

impl Dispatch {
    /// As the configuration says.
    pub fn of(settings: &Settings) -> Self {
        let Notify { digest_at, next_channel_after, channels, .. } = &settings.notify;
        Self {
            council: settings.council.name.clone(),
            channels: channels.iter().map(|channel| way_to(channel, &settings.network)).collect(),
            digest_at: *digest_at,
            next_channel_after: *next_channel_after,
        }
    }
}

fn way_to(settings: &ChannelSettings, network: &Network) -> Box<dyn Channel> {
    let (name, network, patience) = (settings.name.clone(), network.clone(), settings.timeout);
    match &settings.kind {
        ChannelKind::Smtp(smtp) => Box::new(Smtp { name, settings: (**smtp).clone(), network, patience }),
        ChannelKind::Graph(graph) => Box::new(Graph { name, settings: (**graph).clone(), network, patience }),
        ChannelKind::Webhook(webhook) => Box::new(Webhook { name, settings: webhook.clone(), network, patience }),
    }
}

/// What became of the spool.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Delivered {
    /// Alerts that a channel took.
    pub sent: usize,
    /// Alerts that wait for a channel.
    pub waiting: usize,
    /// Alerts that no channel takes: the log tells of them.
    pub refused: usize,
    /// When it is worth while to ask again; `None` where nothing waits.
    pub next: Option<Timestamp>,
}

/// Sends what waits, in the order in which it was raised, and the digest when it is due.
///
/// Each alert goes to the first channel that takes it. One that refuses it for good is passed over; one that is out of reach
/// is waited for, longer each time, and the next one is asked as well once the alert has waited too long. Two alerts in a
/// row that a channel does not take now are its fault, and it rests; one alone does not keep others from being sent.
///
/// A process that dies between sending and writing that down sends again, under the same id.
pub fn deliver(
    ledger: &mut Ledger,
    dispatch: &Dispatch,
    clock: Clock,
    stop: &Shutdown,
) -> Result<Delivered, LedgerError> {
    // Of a copy of the agent nothing is heard but that it is one: the other sends what waits.
    let at_home = ledger.is_at_home()?;
    let next_digest = if at_home { tell_digest(ledger, dispatch, clock.now())? } else { None };
    let mut pass = Pass { dispatch, clock, lines: Vec::new(), next: next_digest };
    for channel in &dispatch.channels {
        pass.lines.push(Line::of(ledger.channel_rests(channel.name())?));
    }
    let mut delivered = Delivered::default();
    let waits = |row: &AlertRow| row.state == AlertState::Waiting && (at_home || row.kind == ELSEWHERE);
    for row in ledger.alerts_waiting()?.into_iter().filter(waits) {
        if stop.is_requested() {
            delivered.waiting += 1;
            pass.look_again(clock.now());
            continue;
        }
        match pass.offer(ledger, &row)? {
            Offered::Taken => delivered.sent += 1,
            Offered::Waits => delivered.waiting += 1,
            Offered::Refused => delivered.refused += 1,
        }
    }
    let next = pass.lines.iter().filter_map(Line::next).chain(pass.next).min();
    Ok(Delivered { next, ..delivered })
}

/// Writes the digest down when it is due, and says when the next one is.
fn tell_digest(ledger: &mut Ledger, dispatch: &Dispatch, now: Timestamp) -> Result<Option<Timestamp>, LedgerError> {
    let counted = ledger.alerts_counted()?;
    let Some(first) = counted.iter().map(|row| row.raised).min() else { return Ok(None) };
    let due = due(first, dispatch.digest_at);
    if now < due {
        return Ok(Some(due));
    }
    ledger.queue_digest(&digest(&dispatch.council, &counted, now), &counted)?;
    Ok(None)
}

/// One go at the spool.
struct Pass<'d> {
    dispatch: &'d Dispatch,
    clock: Clock,
    /// One for each channel, in their order.
    lines: Vec<Line>,
    /// When there is something to do besides.
    next: Option<Timestamp>,
}

/// How the way to a channel is.
struct Line {
    /// When it may be asked again, as the ledger has it.
    rests: Option<Timestamp>,
    /// Whether it took nothing when it was asked before this pass: then it was not the alerts' fault.
    was_down: bool,
    /// Alerts in a row that it did not take now.
    in_vain: usize,
    /// When it may take one of the alerts that wait for it.
    awaited: Option<Timestamp>,
}

/// Alerts in a row after which it is the channel's fault.
const IN_VAIN: usize = 2;

impl Line {
    fn of(rests: Option<Timestamp>) -> Self {
        Self { rests, was_down: rests.is_some(), in_vain: 0, awaited: None }
    }

    /// When an alert may be tried that the channel gave this answer to, if not now.
    fn closed_until(&self, answer: Option<&Answer>, now: Timestamp) -> Option<Timestamp> {
        // After one alert in vain the next one is to show whose fault it is.
        let rests = self.rests.filter(|_| self.in_vain != 1);
        let put_off = answer.and_then(|answer| answer.not_before).filter(|_| !self.was_down);
        rests.max(put_off).filter(|until| *until > now)
    }

    fn await_until(&mut self, until: Timestamp) {
        self.awaited = Some(self.awaited.map_or(until, |awaited| awaited.min(until)));
    }

    /// When it is worth while to ask it again.
    fn next(&self) -> Option<Timestamp> {
        self.awaited.map(|awaited| self.rests.map_or(awaited, |rests| rests.max(awaited)))
    }
}

/// What became of an alert.
enum Offered {
    Taken,
    Waits,
    Refused,
}

impl Pass<'_> {
    /// Offers an alert to one channel after the other.
    fn offer(&mut self, ledger: &mut Ledger, row: &AlertRow) -> Result<Offered, LedgerError> {
        let Ok(message) = Message::from_json(&row.message) else {
            tracing::error!(alert = row.id, "an alert in the ledger cannot be read and is not sent");
            ledger.alert_refused(row.alert, self.clock.now())?;
            return Ok(Offered::Refused);
        };
        let mut waits = false;
        for (nth, channel) in self.dispatch.channels.iter().enumerate() {
            let answer = row.answers.iter().find(|answer| answer.channel == channel.name());
            if answer.is_some_and(|answer| answer.not_before.is_none()) {
                continue;
            }
            let now = self.clock.now();
            let until = match self.lines[nth].closed_until(answer, now) {
                Some(until) => until,
                None => match self.send(ledger, (row, &message), nth, channel.as_ref())? {
                    Sent::Taken => return Ok(Offered::Taken),
                    Sent::Refused => continue,
                    Sent::Later(until) => until,
                },
            };
            waits = true;
            self.lines[nth].await_until(until);
            let others_from = row.raised.saturating_add(self.dispatch.next_channel_after);
            if let Some(others_from) = others_from.ok().filter(|from| *from > now) {
                if nth + 1 < self.dispatch.channels.len() {
                    self.look_again(others_from);
                }
                break;
            }
        }
        if waits {
            return Ok(Offered::Waits);
        }
        let (subject, kind) = (message.subject.as_str(), row.kind.as_str());
        tracing::error!(alert = row.id, kind, subject, "no channel takes an alert; it is kept in the ledger");
        ledger.alert_refused(row.alert, self.clock.now())?;
        Ok(Offered::Refused)
    }

    /// Has a channel try, and writes down what became of it.
    fn send(
        &mut self,
        ledger: &mut Ledger,
        (row, message): (&AlertRow, &Message),
        nth: usize,
        channel: &dyn Channel,
    ) -> Result<Sent, LedgerError> {
        failpoint::reach(failpoint::ALERT_BEFORE_SENDING);
        let sent = channel.send(Envelope { id: &row.id, message, kind: &row.kind, at: row.raised });
        let now = self.clock.now();
        let Err(Undelivered { hope, why, .. }) = sent else {
            failpoint::reach(failpoint::ALERT_SENT);
            ledger.alert_tried(row.alert, channel.name(), Delivery::Taken, now)?;
            failpoint::reach(failpoint::ALERT_MARKED);
            (self.lines[nth].rests, self.lines[nth].in_vain) = (None, 0);
            tracing::info!(alert = row.id, kind = row.kind, channel = channel.name(), "an alert was sent");
            return Ok(Sent::Taken);
        };
        let (name, alert) = (channel.name(), row.id.as_str());
        let until = match hope {
            Hope::None => {
                tracing::error!(alert, channel = name, "a channel refused an alert: {why}");
                ledger.alert_tried(row.alert, name, Delivery::Refused(&why), now)?;
                failpoint::reach(failpoint::ALERT_REFUSED);
                return Ok(Sent::Refused);
            }
            Hope::Later => later(now, backoff(row.attempts, fastrand::f64())),
            Hope::After(seconds) => later(now, Duration::from_secs(seconds).min(LONGEST_ASKED)),
        };
        tracing::warn!(alert, channel = name, "an alert was not sent and is tried again: {why}");
        ledger.alert_tried(row.alert, name, Delivery::Later(&why, until), now)?;
        let line = &mut self.lines[nth];
        line.rests = line.rests.max(Some(until));
        line.in_vain = if matches!(hope, Hope::After(_)) { IN_VAIN } else { line.in_vain + 1 };
        Ok(Sent::Later(until))
    }

    fn look_again(&mut self, at: Timestamp) {
        self.next = Some(self.next.map_or(at, |next| next.min(at)));
    }
}

/// What a channel made of an alert.
enum Sent {
    Taken,
    Refused,
    Later(Timestamp),
}

const SHORTEST: Duration = Duration::from_secs(60);
const LONGEST: Duration = Duration::from_secs(30 * 60);
/// The most that a channel's own word counts for: an alert must not be lost to a slip of the pen.
const LONGEST_ASKED: Duration = Duration::from_secs(6 * 3600);

/// How long to wait after so many attempts in vain: twice as long each time, to a bound, and up to half as long again by
/// chance, so that agents which lost a relay together do not come back together.
fn backoff(attempts: u32, chance: f64) -> Duration {
    let time = SHORTEST.saturating_mul(1 << attempts.min(16)).min(LONGEST);
    time.mul_f64(1.0 + chance / 2.0)
}

fn later(now: Timestamp, time: Duration) -> Timestamp {
    // The ledger keeps whole seconds.
    let moment = now.saturating_add(time + Duration::from_millis(999)).unwrap_or(Timestamp::MAX);
    Timestamp::from_second(moment.as_second()).unwrap_or(moment)
}

#[cfg(test)]
mod tests;
