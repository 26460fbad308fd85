//! What a rehearsal found that the one before it had not, or less of.

use std::collections::BTreeMap;

use crate::{check::find, ledger::RehearsalFinding};

/// More findings of a rule are worth a word from this many on …
const FEWEST_MORE: u64 = 10;
/// … and from this share of what there was, in per cent.
const LEAST_SHARE: u64 = 10;

/// What is new or worse, a sentence each; nothing where somebody has read it all before. Without a rehearsal before, what
/// would hold a package is what is new.
pub(super) fn worse(
    before: Option<&BTreeMap<String, RehearsalFinding>>,
    now: &BTreeMap<String, RehearsalFinding>,
) -> Vec<String> {
    let told = now.iter().filter_map(|(rule, found)| {
        let then = before.map(|before| before.get(rule).copied().unwrap_or_default());
        let title = find(rule).map_or("a threshold of the policy", |rule| rule.title);
        let count = found.findings;
        match then {
            _ if found.holds && !then.is_some_and(|then| then.holds) => {
                Some(format!("{rule}, {title}: it would hold the package now."))
            }
            None => None,
            Some(RehearsalFinding { findings: 0, .. }) => Some(format!("{rule}, {title}: new, {count} found.")),
            Some(RehearsalFinding { findings, .. }) => {
                let more = count.saturating_sub(findings);
                let much = more >= FEWEST_MORE && more * 100 >= findings * LEAST_SHARE;
                much.then(|| format!("{rule}, {title}: {count} found, {findings} before."))
            }
        }
    });
    told.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(of: &[(&str, u64, bool)]) -> BTreeMap<String, RehearsalFinding> {
        let of = of.iter().map(|(rule, findings, holds)| {
            ((*rule).to_owned(), RehearsalFinding { findings: *findings, holds: *holds })
        });
        of.collect()
    }

    #[test]
    fn only_what_is_new_or_worse_is_told() {
        for (before, now, expected) in [
            (None, &[("L001", 500, false)][..], ""),
            (None, &[("L001", 500, false), ("P004", 1, true)], "P004"),
            (Some(&[("L001", 500, false)][..]), &[("L001", 500, false)], ""),
            (Some(&[("L001", 500, false)]), &[("L001", 549, false)], ""),
            (Some(&[("L001", 500, false)]), &[("L001", 550, false)], "L001"),
            (Some(&[("L001", 10, false)]), &[("L001", 19, false)], ""),
            (Some(&[("L001", 10, false)]), &[("L001", 20, false)], "L001"),
            (Some(&[("L001", 10, false)]), &[("L001", 10, false), ("T001", 1, false)], "T001"),
            (Some(&[("P004", 1, true)]), &[("P004", 1, true)], ""),
            (Some(&[("C001", 1, false)]), &[("C001", 1, true)], "C001"),
            (Some(&[("policy", 1, true)]), &[], ""),
        ] {
            let told = worse(before.map(found).as_ref(), &found(now));
            let rules: Vec<_> = told.iter().map(|line| line.split(',').next().unwrap()).collect();
            assert_eq!(rules.join(" "), expected, "{before:?} to {now:?}");
        }
    }
}
