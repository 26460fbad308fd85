//! D007: younger than 18.

use super::super::{
    Context, Found,
    rule::{Kind, rule},
};
use crate::model::{Date, Field, Record};

rule! {
    /// # What it checks
    /// A service user or a carer is younger than 18 on the last day of the period, and was born by then.
    ///
    /// # Why it matters
    /// The collection is about adults. On a carer's row the date is often that of somebody else; of a young person in
    /// transition only the adult services' own events belong in the return.
    ///
    /// # How to fix it in the case system
    /// Correct the date of birth. Leave out events that children's services have recorded.
    ///
    /// # Example
    /// A carer born in 2016, because the form copied the date of birth of the child they live with.
    ///
    /// # Source
    /// CLD guidance, Release 1: adults, and carers in contact with the council (CONFIRMED); NHS England, central
    /// transformation principles, on dates of birth on carers' rows. Young carers and young people in transition may
    /// rightly be there (LIKELY).
    D007: "Younger than 18", Query, Record, since "0.1.0", Kind::Record(check),
    needs [ClientType "Service User", ClientType "Carer"]
}

fn check(record: &Record<'_>, context: &Context, found: &mut Found<'_>) {
    let [service_user, carer] = found.labels();
    let client_type = record.code(Field::ClientType);
    if client_type != Some(service_user) && client_type != Some(carer) {
        return;
    }
    let end = context.settings.period.end();
    // Few are near that age by the count of days alone, which is cheaper than an age.
    let under_age = |born: Date| end.days() - born.days() < 19 * 365 && (0..18).contains(&born.age_on(end));
    if record.date(Field::DateOfBirth).is_some_and(under_age) {
        found.at(Field::DateOfBirth);
    }
}
