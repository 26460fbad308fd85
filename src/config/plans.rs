//! When a submission runs by itself, as the council wrote it.

use std::collections::BTreeSet;

use jiff::civil::Time;

use crate::{
    document::{Spanned, Table},
    schedule::{Plan, Purpose, Weekday, When},
};

const PURPOSES: [(&str, Purpose); 2] = [("extract", Purpose::Extract), ("rehearsal", Purpose::Rehearsal)];
pub(super) const WEEKDAYS: [(&str, Weekday); 7] = {
    let mut named = [("", Weekday::Monday); 7];
    let mut at = 0;
    while at < named.len() {
        named[at] = (Weekday::ALL[at].as_str(), Weekday::ALL[at]);
        at += 1;
    }
    named
};
/// What can say on which days a plan runs.
const DAYS: [&str; 3] = ["working_day", "weekday", "cron"];

/// The plans of a submission.
pub(super) fn plans(submission: &Table<'_>) -> Vec<Plan> {
    let mut seen = BTreeSet::new();
    let mut plans = Vec::new();
    for table in submission.tables("plan") {
        let name = table.need_text("name");
        if let Some(name) = &name
            && !seen.insert(name.value)
        {
            table.fault_at(name.span.clone(), format!("there are two plans '{}'", name.value));
        }
        let purpose = table.need_word("purpose", &PURPOSES);
        let when = when(&table);
        table.finish();
        if let (Some(name), Some(purpose), Some(when)) = (name, purpose, when) {
            plans.push(Plan { name: name.value.to_owned(), purpose, when });
        }
    }
    plans
}

fn when(table: &Table<'_>) -> Option<When> {
    let nth = table.integer("working_day", 1..=60);
    let again = table.integer("again_after", 0..=60);
    let weekday = table.word("weekday", &WEEKDAYS);
    let cron = table.text("cron");
    let at = table.text("at");
    let given: Vec<_> = DAYS.into_iter().filter(|key| table.has(key)).collect();
    let [only] = given[..] else {
        let fault = table.document().fault(table.span(), "a plan has one of 'working_day', 'weekday' and 'cron'");
        table.fault(fault.with_help("it says on which days the plan runs"));
        return None;
    };
    if let Some(again) = again.as_ref().filter(|_| only != "working_day") {
        table.fault_at(again.span.clone(), "'again_after' belongs to 'working_day'");
    }
    if only == "cron" {
        if let Some(at) = at {
            table.fault_at(at.span, "'at' does not belong to 'cron', which says the time itself");
        }
        return cron.and_then(|text| expression(table, &text));
    }
    let at = time(table, at)?;
    if let Some(weekday) = weekday {
        return Some(When::Weekly(weekday, at));
    }
    let again = again.map_or(0, |again| again.value as u16);
    nth.map(|nth| When::WorkingDay { nth: nth.value as u16, again, at })
}

fn expression(table: &Table<'_>, text: &Spanned<&str>) -> Option<When> {
    let parsed = text.value.parse();
    if parsed.is_err() {
        let fault = table.document().fault(text.span.clone(), "'cron' is not a cron expression");
        table.fault(fault.with_help("minute, hour, day of the month, month, day of the week: \"0 6 * * MON\""));
    }
    parsed.ok().map(|cron| When::Cron(Box::new(cron)))
}

fn time(table: &Table<'_>, text: Option<Spanned<&str>>) -> Option<Time> {
    let Some(text) = text else {
        table.fault_at(table.span(), "'at' is missing here: the time of day in England, such as \"06:00\"");
        return None;
    };
    time_of_day(table, "at", text)
}

/// A time of day, to the minute.
pub(super) fn time_of_day(table: &Table<'_>, key: &str, text: Spanned<&str>) -> Option<Time> {
    let time = Time::strptime("%H:%M", text.value).ok();
    if time.is_none() {
        table.fault_at(text.span, format!("'{key}' is not a time of day: write \"06:00\""));
    }
    time
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Document;

    fn read(text: &str) -> Result<Vec<Plan>, String> {
        let plans = Document::new("agent.toml", text).read_toml(|root| Some(plans(root)));
        plans.map_err(|faults| faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    }

    #[test]
    fn each_way_of_saying_when_is_read() {
        let text = "[[plan]]\nname = 'a'\npurpose = 'extract'\nworking_day = 3\nagain_after = 5\nat = '06:00'\n\
                    [[plan]]\nname = 'b'\npurpose = 'rehearsal'\nweekday = 'monday'\nat = '23:59'\n\
                    [[plan]]\nname = 'c'\npurpose = 'rehearsal'\ncron = '0 6 * * MON'\n";
        let plans = read(text).unwrap();
        let at = |hour, minute| jiff::civil::time(hour, minute, 0, 0);
        assert_eq!(plans[0].when, When::WorkingDay { nth: 3, again: 5, at: at(6, 0) });
        assert_eq!(plans[1].when, When::Weekly(Weekday::Monday, at(23, 59)));
        assert!(matches!(plans[2].when, When::Cron(_)));
        assert_eq!(read(""), Ok(Vec::new()));
    }

    #[test]
    fn what_is_wrong_with_a_plan_is_told_at_its_place() {
        let text = "[[plan]]\nname = 'a'\npurpose = 'extract'\nworking_day = 0\nat = '6 am'\n\
                    [[plan]]\nname = 'a'\npurpose = 'reherse'\nweekday = 'monday'\nworking_day = 1\n\
                    [[plan]]\nname = 'c'\npurpose = 'rehearsal'\ncron = 'every monday'\nat = '06:00'\nagain_after = 1\n\
                    [[plan]]\nname = 'd'\npurpose = 'rehearsal'\nweekday = 'monday'\n";
        insta::assert_snapshot!(read(text).unwrap_err());
    }
}
