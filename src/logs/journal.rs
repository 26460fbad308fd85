//! Entries of the journal, with fields by which they can be asked for.

use std::fmt::{Debug, Write};

use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id},
};
use tracing_subscriber::{Layer, layer::Context, registry::LookupSpan};

use super::events::{message_id, number};
use crate::sys::journal::Journal;

/// Writes every event as an entry: `journalctl CLD_RUN=… CLD_PLAN=… CLD_SUBMISSION=…`.
pub(super) struct Entries(pub(super) Journal);

/// What a run is known by, kept with its span.
struct OfRun {
    id: String,
    plan: Option<String>,
    submission: Option<String>,
}

/// What an event says.
#[derive(Default)]
struct Said {
    message: String,
    fields: Vec<(&'static str, String)>,
}

impl Said {
    fn field(&self, wanted: &str) -> Option<&str> {
        self.fields.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.as_str())
    }

    /// In one text, as in the other logs.
    fn text(&self) -> String {
        let mut text = self.message.clone();
        for (name, value) in &self.fields {
            let _ = write!(text, " {name}={value}");
        }
        text.trim().replace(|letter: char| letter.is_control() && letter != '\n', " ")
    }
}

impl Visit for Said {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let value = format!("{value:?}");
        match field.name() {
            "message" => self.message = value,
            name => self.fields.push((name, value)),
        }
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Entries {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut said = Said::default();
        attributes.record(&mut said);
        if let (Some(span), Some(run)) = (context.span(id), said.field("id")) {
            span.extensions_mut().insert(OfRun { id: run.to_owned(), plan: None, submission: None });
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut said = Said::default();
        event.record(&mut said);
        let of = |name| said.field(name).map(str::to_owned);
        let (mut run, mut plan, mut submission) = (of("run"), of("plan"), of("submission"));
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(known) = span.extensions_mut().get_mut::<OfRun>() {
                // The first line of a run says whose it is, for all that follow.
                for (said, kept) in [(&mut plan, &mut known.plan), (&mut submission, &mut known.submission)] {
                    if said.is_some() { kept.clone_from(said) } else { said.clone_from(kept) }
                }
                run = Some(known.id.clone());
            }
        }
        let (text, id) = (said.text(), number(event.metadata().name()).map(message_id));
        let mut entry = vec![
            ("MESSAGE", text.as_str()),
            ("PRIORITY", priority(*event.metadata().level())),
            ("SYSLOG_IDENTIFIER", "cld-agent"),
        ];
        let fields = [
            ("MESSAGE_ID", id.as_deref()),
            ("CLD_RUN", run.as_deref()),
            ("CLD_PLAN", plan.as_deref()),
            ("CLD_SUBMISSION", submission.as_deref()),
        ];
        entry.extend(fields.into_iter().filter_map(|(name, value)| Some((name, value?))));
        // There is nobody else to tell.
        let _ = self.0.write(&entry);
    }
}

/// As in `syslog(3)`.
const fn priority(level: Level) -> &'static str {
    match level {
        Level::ERROR => "3",
        Level::WARN => "4",
        Level::INFO => "6",
        Level::DEBUG | Level::TRACE => "7",
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixDatagram;

    use tracing::{error, info, info_span, subscriber::with_default};
    use tracing_subscriber::layer::SubscriberExt;

    use super::{
        super::events::{RUN_BEGINS, message_id},
        *,
    };

    #[test]
    fn an_entry_has_the_fields_by_which_it_is_asked_for_and_no_others() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let listener = UnixDatagram::bind(&path).unwrap();
        let subscriber = tracing_subscriber::registry().with(Entries(Journal::at(&path).unwrap()));
        with_default(subscriber, || {
            let run = info_span!("run", id = "20261005T050030Z");
            info!(name: RUN_BEGINS, parent: &run, submission = "adult", plan = "weekly", rows = 42, "it begins");
            info!(parent: &run, "all is read");
            error!("failed to read\nmapping.toml:3:1: no such key\u{1b}[2J");
        });
        let entry = || {
            let mut bytes = [0; 1024];
            let length = listener.recv(&mut bytes).unwrap();
            String::from_utf8_lossy(&bytes[..length]).into_owned()
        };
        let began = format!(
            "MESSAGE=it begins submission=adult plan=weekly rows=42\nPRIORITY=6\nSYSLOG_IDENTIFIER=cld-agent\n\
             MESSAGE_ID={}\nCLD_RUN=20261005T050030Z\nCLD_PLAN=weekly\nCLD_SUBMISSION=adult\n",
            message_id(1020)
        );
        assert_eq!(entry(), began);
        assert!(entry().ends_with("CLD_RUN=20261005T050030Z\nCLD_PLAN=weekly\nCLD_SUBMISSION=adult\n"));
        let failed = entry();
        assert!(failed.contains("failed to read\nmapping.toml:3:1: no such key [2J\nPRIORITY=3\n"), "{failed:?}");
        assert!(!failed.contains("CLD_"), "{failed:?}");
    }
}
