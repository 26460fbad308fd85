//! The page of a daemon: begun, moved and ended as the settings say.

use std::sync::Arc;

use jiff::Timestamp;

use super::{
    server::{PageError, Server},
    subject::Subject,
};
use crate::{
    config::{Settings, StatusPage},
    ledger::{Ledger, LedgerError},
    notify::{Alert, Event},
    sys::{
        clock::{Clock, civil_date},
        error::in_full,
    },
};

/// The page of a daemon.
#[derive(Default, Debug)]
pub struct Serving {
    /// What it was begun with.
    wanted: StatusPage,
    server: Option<Server>,
    /// Whether the log knows that it cannot be served.
    told: bool,
}

impl Serving {
    /// Serves what the settings say, where they say it, and tells the page that a round has ended. A page that cannot be served
    /// is tried again with the next round: the log hears of it once, people once a day.
    pub fn round(
        &mut self,
        settings: &Settings,
        ledger: &mut Ledger,
        (clock, now): (Clock, Timestamp),
    ) -> Result<(), LedgerError> {
        if self.wanted != settings.status_page {
            // The old port is free before the new one is taken.
            *self = Self { wanted: settings.status_page.clone(), server: None, told: false };
        }
        let Some(listen) = self.wanted.listen else { return Ok(()) };
        let subject = Subject::Installation(Arc::new(settings.clone()));
        if let Some(server) = &self.server {
            server.round(subject);
            return Ok(());
        }
        match Server::begin(listen, &self.wanted.hosts, subject, clock) {
            Ok(server) => {
                tracing::info!("the status page is at http://{}/", server.address());
                (self.server, self.told) = (Some(server), false);
                Ok(())
            }
            Err(error) => self.tell(&error, settings, ledger, now),
        }
    }

    fn tell(
        &mut self,
        error: &PageError,
        settings: &Settings,
        ledger: &mut Ledger,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        if !self.told {
            self.told = true;
            tracing::warn!("failed to {}", in_full(error));
        }
        let listen = self.wanted.listen.map(|listen| listen.to_string()).unwrap_or_default();
        let name = format!("page-not-served/{}/{listen}", civil_date(now).iso());
        let event = Event::PageNotServed { listen, why: error.to_string() };
        let council = settings.council.name.clone();
        let alert = Alert { council, submission: None, period: None, at: now, event };
        if ledger.said(&name)?.is_none() {
            ledger.alert_once(&name, &alert.to_queue(settings.notify.quiet_time))?;
        }
        Ok(())
    }
}
