//! What the ledger knows of a plan, as the schedule wants to know it.

use jiff::{SignedDuration, Timestamp};

use crate::{
    config::Submission,
    ledger::{Ledger, LedgerError, Outcome, RunRow, RunState},
    model::Period,
    schedule::{Attempt, AttemptEnd, Due, History, Plan, Quiet, Timetable, Turn, due, instant, needless, next_turn},
    sys::clock::civil_date,
};

/// A plan with what the ledger knows of it.
#[derive(Debug)]
pub(super) struct PlanHistory {
    /// Its runs of the last weeks, in order.
    pub(super) runs: Vec<RunRow>,
    attempts: Vec<Attempt>,
    ready: Vec<Period>,
    submitted: Vec<Period>,
    /// Since when the agent keeps the plan: what was due before is nobody's miss.
    pub(super) kept_since: Timestamp,
}

/// How long attempts are looked back at: longer than a turn can be open.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(24 * 120);

impl PlanHistory {
    /// Reads it; a plan that is new is kept from now on.
    pub(super) fn read(
        ledger: &Ledger,
        submission: &Submission,
        plan: &Plan,
        now: Timestamp,
    ) -> Result<Self, LedgerError> {
        let since = now.saturating_sub(LOOK_BACK).unwrap_or(Timestamp::MIN);
        let runs = ledger.attempts(&submission.name, &plan.name, since)?;
        let kept_since = ledger.said(&kept(submission, plan))?.unwrap_or(now);
        let (ready, submitted) = ledger.settled(&submission.name)?;
        Ok(Self { attempts: runs.iter().filter_map(attempt).collect(), ready, submitted, runs, kept_since })
    }

    pub(super) fn history(&self) -> History<'_> {
        History { attempts: &self.attempts, ready: &self.ready, submitted: &self.submitted }
    }

    /// Whether a run for the turn has begun, however it ended.
    fn was_tried(&self, turn: &Turn) -> bool {
        let slot = turn.slot();
        self.attempts.iter().any(|attempt| attempt.slot == slot)
    }

    /// What the plan asks for now. What was due before the agent kept the plan is not made up, and nothing begins in a
    /// quiet time.
    pub(super) fn due(
        &self,
        now: Timestamp,
        submission: &Submission,
        plan: &Plan,
        timetable: &Timetable,
        quiet: Quiet<'_>,
    ) -> Due {
        let asked = due(now, plan, timetable, self.history(), &submission.unattended.patience);
        match asked {
            Due::Run(turn) if instant(turn.at) < self.kept_since => {
                Due::At(next_turn(now, plan, timetable, self.history()))
            }
            Due::Run(_) if quiet.free_from(now) > now => Due::At(quiet.free_from(now)),
            asked => asked,
        }
    }

    /// The last turn that has passed since the agent keeps the plan, unless its period needed none.
    fn last_turn(&self, now: Timestamp, plan: &Plan, timetable: &Timetable) -> Option<Turn> {
        let since = self.kept_since.max(now.saturating_sub(LOOK_BACK).unwrap_or(Timestamp::MIN));
        let turns = plan.turns(timetable, civil_date(since), civil_date(now));
        let passed = turns.filter(|turn| (since..=now).contains(&instant(turn.at)));
        passed.filter(|turn| !needless(plan, turn, self.history())).last()
    }

    /// The last turn, if it should have had its run by now and had none.
    pub(super) fn missed(
        &self,
        now: Timestamp,
        submission: &Submission,
        plan: &Plan,
        timetable: &Timetable,
        quiet: Quiet<'_>,
    ) -> Option<Turn> {
        let turn = self.last_turn(now, plan, timetable)?;
        let free = quiet.free_from(instant(turn.at));
        let overdue = free.saturating_add(submission.unattended.overdue_after).unwrap_or(Timestamp::MAX);
        (overdue <= now && !self.was_tried(&turn)).then_some(turn)
    }
}

/// Under what the ledger remembers since when a plan is kept.
pub(super) fn kept(submission: &Submission, plan: &Plan) -> String {
    format!("kept/{}/{}", submission.name, plan.name)
}

/// A run as an attempt at its turn, if it was for one.
fn attempt(run: &RunRow) -> Option<Attempt> {
    let end = match (run.state, run.ended) {
        (RunState::Running, _) | (_, None) => AttemptEnd::Running,
        (RunState::Ended(Outcome::Failed), Some(ended)) if run.may_pass => AttemptEnd::MayPass(ended),
        (RunState::Ended(Outcome::Released | Outcome::Held | Outcome::Failed), _) => AttemptEnd::Closed,
        // Whoever was asked to stop has said so; whoever was killed could not.
        (RunState::Ended(Outcome::Stopped), _) if run.exit_code.is_some() => AttemptEnd::Stopped,
        (RunState::Ended(Outcome::Stopped), _) => AttemptEnd::Killed,
    };
    Some(Attempt { slot: run.slot.clone()?, period: run.period, end })
}
