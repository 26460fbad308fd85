use super::*;
use crate::notify::{
    Hope,
    testing::{Answering, envelope, held, secret},
};

const SIGNED: &str = "?sig=opensesame";

fn webhook(address: &str, format: WebhookFormat) -> (tempfile::TempDir, Webhook) {
    let (folder, url) = secret(address);
    let settings = WebhookSettings { url, format };
    (
        folder,
        Webhook {
            name: "teams".to_owned(),
            settings,
            network: Network::default(),
            patience: Duration::from_millis(500),
        },
    )
}

fn sent(webhook: &Webhook) -> Result<(), Undelivered> {
    webhook.send(envelope(&held().message()))
}

#[test]
fn teams_gets_a_card_and_programs_get_the_message() {
    let service = Answering::begin(202, "", &[]);
    for format in [WebhookFormat::Teams, WebhookFormat::Json] {
        sent(&webhook(&format!("{}/hook{SIGNED}", service.uri()), format).1).unwrap();
    }
    let [card, plain] = &service.requests()[..] else { panic!("two were sent") };
    let read = |body: &[u8]| serde_json::from_slice::<Value>(body).unwrap();
    insta::assert_snapshot!("card", serde_json::to_string_pretty(&read(&card.body)).unwrap());
    insta::assert_snapshot!("plain", serde_json::to_string_pretty(&read(&plain.body)).unwrap());
    assert!(card.body.len() < 28_000, "Teams takes no more");
}

#[test]
fn what_a_webhook_answers_is_told_by_its_code_and_its_address_never() {
    for (status, headers, hope, why) in [
        (429, &[("retry-after", "30")][..], Hope::After(30), "asked for patience (status 429)"),
        (500, &[], Hope::Later, "asked for patience (status 500)"),
        (302, &[("location", "http://127.0.0.1:1/")], Hope::None, "sends us elsewhere (status 302)"),
        (410, &[], Hope::None, "refused (status 410); check its address"),
    ] {
        let service = Answering::begin(status, "no Ada Fixture here", headers);
        let (_folder, webhook) = webhook(&format!("{}/hook{SIGNED}", service.uri()), WebhookFormat::Json);
        let error = sent(&webhook).unwrap_err();
        assert!(error.hope == hope && error.to_string().contains(why), "{why}: {error:?}");
        let told = format!("{error} {error:?} {webhook:?}");
        assert!(["Ada", "opensesame", &service.uri()].iter().all(|secret| !told.contains(secret)), "{told}");
    }
}

#[test]
fn an_address_that_nobody_answers_is_never_told() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let stalls = silent.local_addr().unwrap().port();
    for (address, hope, why) in [
        (format!("http://127.0.0.1:{port}/{SIGNED}"), Hope::Later, "cannot be reached"),
        (format!("http://127.0.0.1:{stalls}/{SIGNED}"), Hope::Later, "did not answer in time"),
        (format!("opensesame{SIGNED}"), Hope::None, "no address that can be asked"),
    ] {
        let (_folder, webhook) = webhook(&address, WebhookFormat::Teams);
        webhook.is_ready().unwrap();
        for error in [sent(&webhook).unwrap_err(), webhook.answers().unwrap_err()] {
            assert!(error.hope == hope && error.to_string().contains(why), "{why}: {error:?}");
            assert!(!format!("{error} {error:?}").contains("opensesame"), "{error:?}");
        }
    }
    drop(silent);
}

#[test]
fn whether_a_webhook_answers_is_told_without_sending_anything() {
    let service = Answering::begin(405, "", &[]);
    let (folder, webhook) = webhook(&service.uri(), WebhookFormat::Teams);
    webhook.answers().unwrap();
    assert_eq!(service.requests()[0].method.as_str(), "HEAD");
    drop(folder);
    for error in [webhook.is_ready().unwrap_err(), webhook.answers().unwrap_err(), sent(&webhook).unwrap_err()] {
        assert!(error.hope == Hope::None && error.to_string().contains("read the secret in"), "{error}");
    }
}
