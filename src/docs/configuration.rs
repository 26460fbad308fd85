//! `docs/configuration.md`.

use crate::config::DEFAULTS;

pub(super) fn text() -> String {
    format!(
        "# The configuration

One file, `agent.toml`, says whose return it is, where rows come from and where packages go. Below is the file that is
built into the program: what stands in it *is* the default, and the text above each setting is its documentation. A file of
your own needs only the settings marked REQUIRED and those that you change; `cld-agent demo` leaves a short one that works.

Several submissions in one file are several returns, each with its own mapping and sources: repeat `[[submission]]`. A
submission may have several sources; each query of its mapping names the one that answers it. Where a council changed its
case system within the year, give both systems and their days (`valid_from`, `valid_to`): each query is then asked only for
the part of the period that its source covers.

The list of restricted records (`exclusions`) is a CSV file with the columns `person_id,reason,expires`: the council's own
number for the person, a word or two that say why, and the last day on which the entry holds. Rows of these people are left
out and counted as *restricted record*; an entry that has expired is reported, not kept.

```toml
{}
```",
        DEFAULTS.trim_end()
    )
}
