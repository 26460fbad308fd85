use std::collections::BTreeMap;

use fastrand::Rng;

use super::*;
use crate::schedule::{
    Weekday, When,
    testing::{date, timetable},
};

const PATIENCE: Patience = Patience {
    make_up: SignedDuration::from_hours(14 * 24),
    first_wait: SignedDuration::from_mins(5),
    longest_wait: SignedDuration::from_hours(1),
    deadline: SignedDuration::from_hours(12),
    crashes: 3,
};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn extract() -> Plan {
    let when = When::WorkingDay { nth: 3, again: 5, at: "06:00".parse().unwrap() };
    Plan { name: "extract".to_owned(), purpose: Purpose::Extract, when }
}

fn rehearsal(when: When) -> Plan {
    Plan { name: "rehearsal".to_owned(), purpose: Purpose::Rehearsal, when }
}

fn weekly(weekday: Weekday, time: &str) -> When {
    When::Weekly(weekday, time.parse().unwrap())
}

fn cron(expression: &str) -> When {
    When::Cron(Box::new(expression.parse().unwrap()))
}

fn attempts(ends: &[AttemptEnd]) -> Vec<Attempt> {
    let attempt = |end: &AttemptEnd| Attempt {
        slot: "2026-10-05T06:00".to_owned(),
        period: "2025-10-01_2026-09-30".parse().unwrap(),
        end: *end,
    };
    ends.iter().map(attempt).collect()
}

/// What the extract plan asks for: `run`, `parked`, or the next moment.
fn asked(now: &str, ends: &[AttemptEnd], ready: &[Period]) -> String {
    let attempts = attempts(ends);
    let history = History { attempts: &attempts, ready, submitted: &[] };
    match due(at(now), &extract(), &timetable(&[]), history, &PATIENCE) {
        Due::Run(turn) => format!("run {}", turn.slot()),
        Due::At(moment) => moment.to_string(),
        Due::Parked(turn, _) => format!("parked {}", turn.slot()),
    }
}

#[test]
fn a_turn_is_run_once_and_tried_again_only_where_that_may_help() {
    use AttemptEnd::{Closed, Killed, MayPass, Running, Stopped};
    let ended = at("2026-10-05T05:20:00Z");
    // The third working day of October 2026 is Monday the 5th; 06:00 in England is 05:00 UTC.
    for (now, ends, expected) in [
        ("2026-10-05T04:59:59Z", &[][..], "2026-10-05T05:00:00Z"),
        ("2026-10-05T05:00:00Z", &[], "run 2026-10-05T06:00"),
        ("2026-10-05T05:30:00Z", &[Running], "2026-10-12T05:00:00Z"),
        ("2026-10-05T05:30:00Z", &[Closed], "2026-10-12T05:00:00Z"),
        // A failure that may pass: after 5 minutes, then after 10.
        ("2026-10-05T05:24:59Z", &[MayPass(ended)], "2026-10-05T05:25:00Z"),
        ("2026-10-05T05:25:00Z", &[MayPass(ended)], "run 2026-10-05T06:00"),
        ("2026-10-05T05:25:00Z", &[MayPass(ended), MayPass(ended)], "2026-10-05T05:30:00Z"),
        // Never after longer than an hour, and not past the deadline.
        ("2026-10-05T06:20:00Z", &[MayPass(ended); 9], "run 2026-10-05T06:00"),
        ("2026-10-05T17:00:00Z", &[MayPass(at("2026-10-05T16:59:00Z"))], "2026-10-12T05:00:00Z"),
        // Killed twice it may be tried again, three times it is parked; a verdict between begins the count anew.
        ("2026-10-05T05:30:00Z", &[Killed, Killed], "run 2026-10-05T06:00"),
        ("2026-10-05T05:30:00Z", &[Killed, Killed, Killed], "parked 2026-10-05T06:00"),
        ("2026-10-05T05:30:00Z", &[Killed, Killed, MayPass(ended), Killed], "run 2026-10-05T06:00"),
        // Whoever stops the service does no harm, however often.
        ("2026-10-05T05:30:00Z", &[Stopped, Stopped, Stopped, Stopped], "run 2026-10-05T06:00"),
        // Made up while that is of use.
        ("2026-10-10T12:00:00Z", &[], "run 2026-10-05T06:00"),
        ("2026-10-12T05:00:00Z", &[], "run 2026-10-12T06:00"),
    ] {
        assert_eq!(asked(now, ends, &[]), expected, "{now} after {ends:?}");
    }
}

#[test]
fn a_period_that_has_its_package_is_not_extracted_again_by_itself() {
    let period: Period = "2025-10-01_2026-09-30".parse().unwrap();
    assert_eq!(asked("2026-10-12T05:00:00Z", &[], &[]), "run 2026-10-12T06:00");
    // The next one is that of the next period: the third working day of January.
    assert_eq!(asked("2026-10-12T05:00:00Z", &[], &[period]), "2027-01-06T06:00:00Z");
    // The first turn is had all the same: somebody may have tried things out before.
    assert_eq!(asked("2026-10-05T05:00:00Z", &[], &[period]), "run 2026-10-05T06:00");
    // Without one it goes on, late, until nobody would use the file any more.
    assert_eq!(asked("2026-11-09T06:00:00Z", &[], &[]), "run 2026-11-09T06:00");
    assert_eq!(asked("2026-11-24T06:00:00Z", &[], &[]), "2027-01-06T06:00:00Z");
}

#[test]
fn a_period_of_which_a_file_was_submitted_has_no_turn_at_all() {
    let period: Period = "2025-10-01_2026-09-30".parse().unwrap();
    let history = History { attempts: &[], ready: &[], submitted: &[period] };
    let asked = due(at("2026-10-05T05:00:00Z"), &extract(), &timetable(&[]), history, &PATIENCE);
    assert_eq!(asked, Due::At(at("2027-01-06T06:00:00Z")));
}

#[test]
fn a_rehearsal_judges_the_coming_period() {
    let now = at("2026-10-04T05:00:00Z");
    let plan = rehearsal(weekly(Weekday::Sunday, "06:00"));
    let nothing = History { attempts: &[], ready: &[], submitted: &[] };
    let Due::Run(turn) = due(now, &plan, &timetable(&[]), nothing, &PATIENCE) else { panic!("nothing is due") };
    assert_eq!(turn.round.period.to_string(), "2026-01-01_2026-12-31");
}

#[test]
fn a_cron_expression_is_read_in_the_civil_time_of_england() {
    let plan = Plan { purpose: Purpose::Extract, ..rehearsal(cron("30 1 * * SUN")) };
    let timetable = timetable(&[]);
    let turns = plan.turns(&timetable, date("2027-10-01"), date("2027-11-14"));
    let told: Vec<_> = turns.map(|turn| (turn.slot(), turn.first == First::Yes)).collect();
    let sundays = ["2027-10-03", "2027-10-10", "2027-10-17", "2027-10-24", "2027-10-31", "2027-11-07", "2027-11-14"];
    let expected: Vec<_> = sundays.iter().map(|day| (format!("{day}T01:30"), *day == "2027-10-03")).collect();
    assert_eq!(told, expected);
}

#[test]
fn the_hours_that_the_clocks_leave_out_or_repeat_make_one_moment() {
    for (civil, moment) in [
        ("2027-03-28T00:30", "2027-03-28T00:30:00Z"),
        ("2027-03-28T01:30", "2027-03-28T01:30:00Z"),
        ("2027-03-28T02:30", "2027-03-28T01:30:00Z"),
        ("2027-10-31T00:30", "2027-10-30T23:30:00Z"),
        ("2027-10-31T01:30", "2027-10-31T00:30:00Z"),
        ("2027-10-31T02:30", "2027-10-31T02:30:00Z"),
    ] {
        assert_eq!(instant(civil.parse().unwrap()), at(moment), "{civil}");
    }
}

/// A council over the years: its plans, its ledger, and a machine that is asked at odd moments.
struct Council {
    plans: Vec<Plan>,
    timetable: Timetable,
    attempts: Vec<Vec<Attempt>>,
    settled: Vec<Period>,
    ran: BTreeMap<(usize, String), u32>,
}

impl Council {
    fn new() -> Self {
        let plans = vec![
            extract(),
            // Clocks change on Sundays at 01:00 UTC.
            rehearsal(weekly(Weekday::Sunday, "01:30")),
            rehearsal(weekly(Weekday::Sunday, "00:30")),
            rehearsal(cron("0 2 * * SUN")),
            rehearsal(cron("15,45 1 * * SUN")),
            rehearsal(weekly(Weekday::Wednesday, "23:59")),
        ];
        let attempts = vec![Vec::new(); plans.len()];
        Self { plans, timetable: timetable(&[]), attempts, settled: Vec::new(), ran: BTreeMap::new() }
    }

    /// Asks every plan, runs what it wants, and says when it is to be asked again.
    fn ask(&mut self, now: Timestamp, mut end: impl FnMut() -> AttemptEnd) -> Timestamp {
        let mut next = Timestamp::MAX;
        for at in 0..self.plans.len() {
            let history = History { attempts: &self.attempts[at], ready: &self.settled, submitted: &[] };
            match due(now, &self.plans[at], &self.timetable, history, &PATIENCE) {
                Due::Run(turn) => {
                    let end = end();
                    if end == AttemptEnd::Closed {
                        *self.ran.entry((at, turn.slot())).or_default() += 1;
                        if self.plans[at].purpose == Purpose::Extract {
                            self.settled.push(turn.round.period);
                        }
                    }
                    self.attempts[at].push(Attempt { slot: turn.slot(), period: turn.round.period, end });
                    next = now;
                }
                Due::At(moment) | Due::Parked(_, moment) => next = next.min(moment),
            }
            let of_plan = &mut self.attempts[at];
            let old = of_plan.len().saturating_sub(40);
            of_plan.drain(..old);
        }
        next
    }
}

#[test]
fn in_twenty_five_years_every_turn_is_had_exactly_once() {
    let mut council = Council::new();
    let (begin, end) = (at("2026-01-01T00:00:00Z"), at("2051-01-01T00:00:00Z"));
    let mut now = begin;
    while now < end {
        let next = council.ask(now, || AttemptEnd::Closed);
        // The driver never sleeps for longer than a day here, nor shorter than a second.
        let longest = now.saturating_add(SignedDuration::from_hours(24)).unwrap();
        now = next.min(longest).max(now.saturating_add(SignedDuration::from_secs(1)).unwrap());
    }
    let mut expected = BTreeMap::new();
    for (at, plan) in council.plans.iter().enumerate() {
        for turn in plan.turns(&council.timetable, date("2026-01-01"), date("2050-12-31")) {
            // Every period is settled by its first turn.
            if plan.purpose == Purpose::Rehearsal || turn.first == First::Yes {
                expected.insert((at, turn.slot()), 1);
            }
        }
    }
    assert!(expected.len() > 25 * (4 + 6 * 52), "{}", expected.len());
    // What was missed just before the first day has been made up.
    council.ran.retain(|(_, slot), _| slot.as_str() >= "2026");
    let differs = council.ran.iter().find(|(turn, times)| expected.get(*turn) != Some(times));
    assert_eq!(differs, None);
    assert_eq!(council.ran.len(), expected.len());
}

#[test]
fn however_long_the_machine_was_off_at_most_the_last_turn_is_made_up_once() {
    let mut rng = Rng::with_seed(7);
    for minutes in [1, 10, 90, 24 * 60, 8 * 24 * 60, 100 * 24 * 60, 400 * 24 * 60].into_iter().flat_map(|m| [m; 20]) {
        let mut council = Council::new();
        let off = at("2026-09-01T00:00:00Z") + SignedDuration::from_mins(rng.i64(0..60 * 24 * 60));
        council.ask(off, || AttemptEnd::Closed);
        let before = council.ran.clone();
        let on = off + SignedDuration::from_mins(minutes);
        for _ in 0..10 {
            council.ask(on, || AttemptEnd::Closed);
        }
        for (at, plan) in council.plans.iter().enumerate() {
            let made_up: Vec<_> =
                council.ran.iter().filter(|(key, _)| key.0 == at && !before.contains_key(*key)).collect();
            assert!(made_up.len() <= 1 && made_up.iter().all(|(_, times)| **times == 1), "{minutes}: {made_up:?}");
            // What was missed within the time for making up is not lost.
            let since = off.max(on - PATIENCE.make_up);
            let missed = plan
                .turns(&council.timetable, civil_date(since), civil_date(on))
                .filter(|turn| instant(turn.at) > since && instant(turn.at) <= on)
                .last();
            if let Some(turn) = missed.filter(|turn| turn.first == First::Yes) {
                assert!(council.ran.contains_key(&(at, turn.slot())), "{minutes}: {}", turn.slot());
            }
        }
    }
}

#[test]
fn clocks_that_are_set_back_double_nothing() {
    let mut rng = Rng::with_seed(11);
    let mut council = Council::new();
    let mut now = at("2026-09-01T00:00:00Z");
    for _ in 0..4000 {
        council.ask(now, || AttemptEnd::Closed);
        now += SignedDuration::from_mins(rng.i64(-180..400));
    }
    assert!(council.ran.len() > 100 && council.ran.values().all(|times| *times == 1));
}

#[test]
fn attempts_that_fail_or_are_killed_end_in_one_verdict_or_in_somebody_told() {
    let mut rng = Rng::with_seed(13);
    let mut council = Council::new();
    let mut now = at("2026-09-01T00:00:00Z");
    for _ in 0..20_000 {
        let (roll, moment) = (rng.u8(0..10), now);
        let next = council.ask(now, || match roll {
            0..4 => AttemptEnd::MayPass(moment),
            4..6 => AttemptEnd::Killed,
            _ => AttemptEnd::Closed,
        });
        now = next.min(now + SignedDuration::from_mins(rng.i64(1..60))).max(now + SignedDuration::from_mins(1));
    }
    assert!(council.ran.len() > 50 && council.ran.values().all(|times| *times == 1));
}
