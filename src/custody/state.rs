//! From one state of a package to the next: a pure function.

use crate::ledger::PackageState;

/// What happens to a package.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// Somebody lets it go in spite of what held it.
    Approve,
    /// Somebody records that it was submitted.
    Submit,
    /// Somebody records that the centre accepted it.
    Accept,
    /// Somebody records that the centre rejected it.
    Reject,
    /// Somebody takes it back.
    Withdraw,
}

/// Why a step cannot be taken. Reads on from "failed to … run …:".
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// It has been taken.
    #[error("that is recorded already")]
    Already,
    /// It was released: there is nothing to approve.
    #[error("nothing holds it; submit it")]
    NotHeld,
    /// A held package is not to be submitted.
    #[error("it is held; have it approved, or mend what holds it and run again")]
    Held,
    /// Nothing is accepted or rejected that was not submitted.
    #[error("it is not recorded as submitted; record that first, with `cld-agent submitted`")]
    NotSubmitted,
    /// It has left the way to submission.
    #[error("it was withdrawn; run again for another")]
    Withdrawn,
    /// Another has taken its place.
    #[error("a later package has taken its place; use that one")]
    Superseded,
}

/// Where a package stands after a step.
///
/// What people record is what happened outside: a package that was superseded meanwhile may have been submitted all the
/// same, and the centre's word may change.
pub const fn next(state: PackageState, step: Step) -> Result<PackageState, Refusal> {
    use PackageState::{Accepted, Held, Ready, Rejected, Submitted, Superseded, Withdrawn};
    match (state, step) {
        (Withdrawn, Step::Withdraw)
        | (Submitted | Accepted, Step::Submit)
        | (Accepted, Step::Accept)
        | (Rejected, Step::Reject) => Err(Refusal::Already),
        (Withdrawn, _) => Err(Refusal::Withdrawn),
        (_, Step::Withdraw) => Ok(Withdrawn),

        (Held, Step::Approve) => Ok(Ready),
        (Superseded, Step::Approve) => Err(Refusal::Superseded),
        (Ready | Submitted | Accepted | Rejected, Step::Approve) => Err(Refusal::NotHeld),

        (Held, Step::Submit) => Err(Refusal::Held),
        (Ready | Rejected | Superseded, Step::Submit) => Ok(Submitted),

        (Ready | Held | Superseded, Step::Accept | Step::Reject) => Err(Refusal::NotSubmitted),
        (Submitted | Rejected, Step::Accept) => Ok(Accepted),
        (Submitted | Accepted, Step::Reject) => Ok(Rejected),
    }
}

#[cfg(test)]
mod tests {
    use super::{Refusal::*, *};

    #[test]
    fn every_step_from_every_state() {
        use PackageState::*;
        const STEPS: [Step; 5] = [Step::Approve, Step::Submit, Step::Accept, Step::Reject, Step::Withdraw];
        #[rustfmt::skip]
        let table = [
            // from        approve                   submit              accept             reject             withdraw
            (Ready,      [Err(NotHeld),              Ok(Submitted),      Err(NotSubmitted), Err(NotSubmitted), Ok(Withdrawn)]),
            (Held,       [Ok(Ready),                 Err(Refusal::Held), Err(NotSubmitted), Err(NotSubmitted), Ok(Withdrawn)]),
            (Submitted,  [Err(NotHeld),              Err(Already),       Ok(Accepted),      Ok(Rejected),      Ok(Withdrawn)]),
            (Accepted,   [Err(NotHeld),              Err(Already),       Err(Already),      Ok(Rejected),      Ok(Withdrawn)]),
            (Rejected,   [Err(NotHeld),              Ok(Submitted),      Ok(Accepted),      Err(Already),      Ok(Withdrawn)]),
            (Superseded, [Err(Refusal::Superseded),  Ok(Submitted),      Err(NotSubmitted), Err(NotSubmitted), Ok(Withdrawn)]),
            (Withdrawn,  [Err(Refusal::Withdrawn), Err(Refusal::Withdrawn), Err(Refusal::Withdrawn), Err(Refusal::Withdrawn), Err(Already)]),
        ];
        assert_eq!(table.map(|(state, _)| state), [Ready, Held, Submitted, Accepted, Rejected, Superseded, Withdrawn]);
        for (state, expected) in table {
            assert_eq!(STEPS.map(|step| next(state, step)), expected, "{state:?}");
        }
    }
}
