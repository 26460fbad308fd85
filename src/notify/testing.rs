//! What tests of several channels need.

use tokio::runtime::{Builder, Runtime};
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers::any};

use super::{Alert, Envelope, Event, Message};
use crate::{
    config::{EntraApplication, SecretRef},
    sys::fs::write_whole,
};

/// A service that gives one answer to everything.
pub(super) struct Answering {
    runtime: Runtime,
    server: MockServer,
}

impl Answering {
    pub(super) fn begin(status: u16, body: &str, headers: &[(&str, &str)]) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let server = runtime.block_on(MockServer::start());
        let answering = Self { runtime, server };
        answering.now_answers(status, body, headers);
        answering
    }

    /// Gives this answer from now on.
    pub(super) fn now_answers(&self, status: u16, body: &str, headers: &[(&str, &str)]) {
        let answer = ResponseTemplate::new(status).set_body_raw(body.to_owned(), "application/json");
        let answer = headers.iter().fold(answer, |answer, (name, value)| answer.insert_header(*name, *value));
        self.runtime.block_on(async {
            self.server.reset().await;
            Mock::given(any()).respond_with(answer).mount(&self.server).await;
        });
    }

    pub(super) fn uri(&self) -> String {
        self.server.uri()
    }

    pub(super) fn requests(&self) -> Vec<Request> {
        self.runtime.block_on(self.server.received_requests()).unwrap()
    }

    /// An application whose tokens this service gives.
    pub(super) fn application(&self, secret: SecretRef) -> EntraApplication {
        EntraApplication {
            tenant: "directory".to_owned(),
            client: "application".to_owned(),
            secret,
            authority: self.uri(),
        }
    }
}

/// A secret in a file of its own.
pub(super) fn secret(text: &str) -> (tempfile::TempDir, SecretRef) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    write_whole(&path, text.as_bytes()).unwrap();
    (folder, SecretRef::File(path))
}

/// An alert that has something of everything.
pub(super) fn held() -> Alert {
    Alert {
        council: "Sunderland City Council".to_owned(),
        submission: Some("quarterly".to_owned()),
        period: Some("2025-10-01_2026-09-30".parse().unwrap()),
        at: "2026-11-24T06:12:00Z".parse().unwrap(),
        event: Event::Held {
            run: crate::model::RunId::new("2026-11-24T06:00:00Z".parse().unwrap(), 1),
            reasons: vec![
                "Rows fell by 23.4 per cent against the last submission.".to_owned(),
                "Date_of_Birth fails in 61.0 per cent of the rows that must have it <ceiling: 50 per cent>.".to_owned(),
            ],
            approvable: true,
            folder: "/srv/cld/held/quarterly/2025-10-01_2026-09-30/20261124T060000Z".to_owned(),
        },
    }
}

pub(super) fn envelope(message: &Message) -> Envelope<'_> {
    Envelope { id: "0123abcd", message, kind: "held", at: held().at }
}
