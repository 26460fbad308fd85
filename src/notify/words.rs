//! Every event in words: what happened, what was tried, what to do, and the command to look closer.

use jiff::{Timestamp, civil::DateTime};

use super::{
    alert::{Alert, Event, Missing, Next},
    message::{Fact, Level, Message},
};
use crate::{
    model::{Date, Period, RunId},
    sys::clock::england,
};

/// More faults than these are for the log.
const MOST_FAULTS: usize = 5;

impl Alert {
    /// The alert in words.
    pub fn message(&self) -> Message {
        let mut message = self.event.message();
        let about = [self.submission.clone(), self.period.map(in_words)].into_iter().flatten().collect::<Vec<_>>();
        let about = if about.is_empty() { self.council.clone() } else { about.join(", ") };
        message.subject = format!("{} – {about}", message.headline);
        let mut facts = vec![Fact::new("Council", &self.council)];
        facts.extend(self.submission.as_deref().map(|name| Fact::new("Submission", name)));
        facts.extend(self.period.map(|period| Fact::new("Reporting period", in_words(period))));
        facts.extend(self.event.run().map(|run| Fact::new("Run", run.as_str())));
        facts.append(&mut message.facts);
        facts.push(Fact::new("Noticed", civil(self.at)));
        message.facts = facts;
        message
    }
}

impl Event {
    fn message(&self) -> Message {
        match self {
            Self::Failed { run, what, attempt, next, advice, .. } => {
                failed(run, what, *attempt, next, advice.as_deref())
            }
            Self::Recovered { run, failed } => Message::new(Level::Good, "The run recovered")
                .happened(format!("It had failed {} and has now come to its end.", times(*failed)))
                .advise("Nothing.")
                .command(look_at(run)),
            Self::Held { run, reasons, approvable, folder } => held(run, reasons, *approvable, folder),
            Self::Ready { run, rows, folder, closes } => ready(run, *rows, folder, *closes),
            Self::Approved { run, reason, closes } => Message::new(Level::Action, "A held package was approved")
                .happened("It was held, and a person who may has let it go all the same:")
                .happened(reason.as_str())
                .fact("Window closes", day_in_words(*closes))
                .advise("Upload the file as the guide in the package says, then record it.")
                .command(format!("cld-agent submitted {run} --receipt \"…\"")),
            Self::Worse { run, what } => what
                .iter()
                .fold(Message::new(Level::Note, "The rehearsal found something new"), Message::happened)
                .advise("There is time: mend it before the period ends.")
                .command(look_at(run)),
            Self::WindowOpens { closes, planned } => window_opens(*closes, *planned),
            Self::WindowCloses { closes, left, missing } => window_closes(*closes, *left, *missing),
            Self::DidNotRun { plan, due, why } => Message::new(Level::Problem, "A planned run did not take place")
                .happened(format!("'{plan}' was due {}, and nothing ran.", at_in_words(*due)))
                .happened_if(why.as_deref())
                .advise("See whether the service runs, and whether the server was on.")
                .command("cld-agent status")
                .command("cld-agent run"),
            Self::Parked { plan, due, crashes } => parked(plan, *due, *crashes),
            Self::Expires { what, last, advice } => Message::new(Level::Action, "Something expires soon")
                .happened(format!("The last day of {what} is {}.", day_in_words(*last)))
                .advise(advice),
            Self::DiskLow { folder, free, needed } => Message::new(Level::Action, "The disk fills up")
                .happened(format!("{} are free where a run needs about {}.", megabytes(*free), megabytes(*needed)))
                .fact("Folder", folder)
                .advise("Make room before the next run.")
                .command("cld-agent purge --dry-run"),
            Self::PurgeComing { run, on, folder } => {
                Message::new(Level::Action, "A package that was not submitted will be deleted")
                    .happened(format!(
                        "Its window is long over. It is deleted on {}; its manifest stays.",
                        day_in_words(*on)
                    ))
                    .fact("Folder", folder)
                    .advise("If it was submitted, record it.")
                    .advise("If it is needed for something else, say so and until when.")
                    .command(format!("cld-agent submitted {run} --receipt \"…\""))
                    .command(format!("cld-agent retain {run} --until {} --reason \"…\"", a_month_after(*on).iso()))
            }
            Self::NotPurged { what } => Message::new(Level::Problem, "What is old enough could not be deleted")
                .happened(format!("The agent failed to {what}."))
                .tried("It is tried again tomorrow.")
                .advise("See whether a program holds the file open, and whether the agent may delete it.")
                .command("cld-agent purge --dry-run"),
            Self::PageNotServed { listen, why } => Message::new(Level::Note, "The status page is not served")
                .happened(format!("The agent failed to {why}. Everything else goes on."))
                .tried("It is tried again every minute.")
                .fact("Address", listen)
                .advise("End the other program, or give 'listen' in [status_page] another port.")
                .command("cld-agent status"),
            Self::DeskAway { folder, why } => Message::new(Level::Problem, "The desk folder is out of reach")
                .happened(format!("Copies are not brought there, and answers are not read: the agent failed to {why}."))
                .happened("Packages are made as ever, and lie on the server.")
                .tried("It is tried again by itself, at least every hour.")
                .fact("Folder", folder)
                .advise("See whether the share is there, has room, and lets the agent's account read and write."),
            Self::SettingsBroken { faults } => {
                let first = faults.iter().take(MOST_FAULTS);
                let message = Message::new(Level::Problem, "The settings have faults")
                    .happened("They were changed and cannot be used. The agent goes on with those it had.");
                let message = first.fold(message, |message, fault| message.happened(fault.as_str()));
                message
                    .advise("Mend the lines that are named; nothing has to be restarted.")
                    .command("cld-agent doctor")
            }
            Self::Elsewhere { machine } => Message::new(Level::Problem, "The agent is paused on another machine")
                .happened(
                    "It is at home on another machine: this one is a copy of that, or its data came out of a backup.",
                )
                .happened(
                    "Until somebody says that it is to go on here, nothing runs and nothing is sent a second time.",
                )
                .fact("This machine", machine)
                .advise("If the other machine still does the return, stop the agent on this one.")
                .advise("If this one takes its place, see that the agent runs nowhere else, then have it go on here.")
                .command("cld-agent adopt --reason \"…\""),
            Self::Test => Message::new(Level::Note, "A test alert")
                .happened("Somebody asked whether alerts arrive. This one did.")
                .advise("Nothing."),
        }
    }
}

fn failed(run: &RunId, what: &str, attempt: u32, next: &Next, advice: Option<&str>) -> Message {
    let again = match next {
        Next::Again(moment) => format!("It is tried again on {}.", civil(*moment)),
        Next::NextTurn(at) => format!("It is not tried again before its next turn, {}.", at_in_words(*at)),
        Next::Nothing => "It is not tried again by itself.".to_owned(),
    };
    let mut message = Message::new(Level::Problem, "The run failed")
        .happened(format!("The agent failed to {what}."))
        .happened("No package was made; what was staged before is as it was.")
        .tried(format!("It was tried {}.", times(attempt)))
        .tried(again)
        .command("cld-agent doctor")
        .command(look_at(run));
    if let Some(advice) = advice {
        message = message.advise(advice);
    }
    if matches!(next, Next::Again(_)) {
        message = message.advise("If it does not recover, somebody must look.");
    }
    message
}

fn held(run: &RunId, reasons: &[String], approvable: bool, folder: &str) -> Message {
    let message = Message::new(Level::Action, "The package is held")
        .happened("It was made and checked, and must not be submitted as it is:")
        .fact("Folder", folder)
        .advise("Read report.html in that folder, mend what it names, and run again.");
    let mut message = reasons.iter().fold(message, Message::happened);
    if approvable {
        message = message
            .advise("If it is right all the same, a person who may can let it go, with a reason.")
            .command(format!("cld-agent approve {run} --reason \"…\""));
    }
    message.command(look_at(run))
}

fn ready(run: &RunId, rows: u64, folder: &str, closes: Date) -> Message {
    let rows = if rows == 1 { "one row".to_owned() } else { format!("{rows} rows") };
    Message::new(Level::Action, "A package is ready to be submitted")
        .happened(format!("The upload file has {rows}. It was checked, and nothing holds it."))
        .fact("Folder", folder)
        .fact("Window closes", day_in_words(closes))
        .advise("Read report.html in that folder, then upload the file as the guide in it says.")
        .advise("Record it afterwards, so that reminders stop.")
        .command(format!("cld-agent submitted {run} --receipt \"…\""))
}

fn window_opens(closes: Date, planned: Option<DateTime>) -> Message {
    let message = Message::new(Level::Note, "The submission window opens").fact("Window closes", day_in_words(closes));
    match planned {
        Some(at) => message.happened(format!("The extract is planned for {}.", at_in_words(at))),
        None => message.advise("No extract is planned: run it by hand."),
    }
}

fn window_closes(closes: Date, left: Option<u16>, missing: Missing) -> Message {
    let what = match missing {
        Missing::Package => "no package is ready",
        Missing::Submission => "nobody has recorded a submission",
    };
    let (level, headline) = match left {
        None => (Level::Problem, format!("The submission window has closed and {what}")),
        Some(0) => (Level::Problem, format!("The submission window closes today and {what}")),
        Some(1) => (Level::Action, format!("The submission window closes on the next working day and {what}")),
        Some(left) => (Level::Action, format!("{left} working days are left and {what}")),
    };
    let mut message = Message::new(level, headline).fact("Window closes", day_in_words(closes));
    if left.is_none() {
        message = message.happened("A late file may still be used; nobody promises it.");
    }
    match missing {
        Missing::Package => message
            .advise("See why there is none, mend it, and run again.")
            .command("cld-agent status")
            .command("cld-agent run"),
        Missing::Submission => {
            message.advise("Upload the file; if that has been done, record it.").command("cld-agent status")
        }
    }
}

fn parked(plan: &str, due: DateTime, crashes: u32) -> Message {
    let turn = at_in_words(due);
    Message::new(Level::Problem, "A planned run was set aside")
        .happened(format!("'{plan}', due {turn}, ended the program {} without a word.", times(crashes)))
        .happened("It is not tried again; the service goes on with everything else.")
        .advise("Look at memory, disk and the log, then run it by hand.")
        .command("cld-agent doctor")
        .command("cld-agent run")
}

/// An example of a day until which something may be needed.
fn a_month_after(day: Date) -> Date {
    Date::from_days(day.days() + 30)
}

fn look_at(run: &RunId) -> String {
    format!("cld-agent runs --run {run}")
}

fn times(count: u32) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

/// `1 October 2025 to 30 September 2026`.
fn in_words(period: Period) -> String {
    let day = |date: Date| jiff::civil::Date::from(date).strftime("%-d %B %Y").to_string();
    format!("{} to {}", day(period.start()), day(period.end()))
}

/// `Friday 30 October 2026`.
fn day_in_words(date: Date) -> String {
    jiff::civil::Date::from(date).strftime("%A %-d %B %Y").to_string()
}

fn at_in_words(at: DateTime) -> String {
    at.strftime("%A %-d %B %Y at %H:%M").to_string()
}

/// A moment, in England's civil time.
pub(super) fn civil(moment: Timestamp) -> String {
    at_in_words(moment.to_zoned(england()).datetime())
}

fn megabytes(bytes: u64) -> String {
    format!("{} MB", bytes / 1_000_000)
}

#[cfg(test)]
mod tests;
