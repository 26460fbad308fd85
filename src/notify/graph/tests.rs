use super::*;
use crate::{
    config::notify::Addresses,
    notify::testing::{Answering, envelope, held, secret},
};

fn graph(entra: &Answering, service: &Answering) -> (tempfile::TempDir, Graph) {
    let (folder, secret) = secret("hush");
    let settings = GraphSettings {
        application: entra.application(secret),
        addresses: Addresses {
            from: "cld-agent@council.example".parse().unwrap(),
            to: vec!["it@council.example".parse().unwrap()],
            to_for: std::collections::BTreeMap::new(),
        },
        endpoint: service.uri(),
    };
    (
        folder,
        Graph { name: "office".to_owned(), settings, network: Network::default(), patience: Duration::from_secs(2) },
    )
}

fn sent(graph: &Graph) -> Result<(), Undelivered> {
    graph.send(envelope(&held().message()))
}

/// What a text in Base64 stands for.
fn decoded(text: &[u8]) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bits, mut held, mut bytes) = (0_u32, 0, Vec::new());
    for letter in text.iter().filter(|letter| **letter != b'=') {
        bits = bits << 6 | LETTERS.iter().position(|known| known == letter).expect("no letter of Base64") as u32;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
        }
    }
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_mail_is_handed_over_whole_with_an_id_that_stays() {
    let entra = Answering::begin(200, r#"{"access_token":"opensesame"}"#, &[]);
    let service = Answering::begin(202, "", &[]);
    let (_folder, graph) = graph(&entra, &service);
    for _ in 0..2 {
        sent(&graph).unwrap();
    }
    let got = service.requests();
    assert_eq!(got.len(), 2);
    for request in got {
        assert_eq!(request.url.path(), "/v1.0/users/cld-agent@council.example/sendMail");
        assert_eq!(request.headers["authorization"], "Bearer opensesame");
        assert_eq!(request.headers["content-type"], "text/plain");
        let mime = decoded(&request.body);
        for line in [
            "Message-ID: <0123abcd@council.example>",
            "To: it@council.example",
            "Content-Type: text/html; charset=utf-8",
        ] {
            assert!(mime.lines().any(|got| got == line), "{line} is not in {mime}");
        }
    }
    let form = String::from_utf8(entra.requests()[0].body.clone()).unwrap();
    assert!(form.contains("grant_type=client_credentials") && form.contains("client_secret=hush"), "{form}");
}

#[test]
fn what_graph_and_entra_answer_is_told_by_its_code_alone() {
    let token = r#"{"access_token":"opensesame"}"#;
    let ada = r#"{"error":"invalid_client","error_description":"Ada Fixture has left"}"#;
    for (of_entra, of_graph, headers, hope, why) in [
        ((200, token), (429, ada), &[("retry-after", "90")][..], Hope::After(90), "asked for patience (status 429)"),
        ((200, token), (503, ada), &[], Hope::Later, "asked for patience (status 503)"),
        ((200, token), (403, ada), &[], Hope::None, "(status 403); check that 'from' is a mailbox"),
        ((200, token), (404, ada), &[], Hope::None, "(status 404)"),
        ((401, ada), (202, ""), &[], Hope::None, "status 401 (invalid_client); check 'tenant'"),
        ((200, "{}"), (202, ""), &[], Hope::None, "holds no token"),
        ((503, ada), (202, ""), &[("retry-after", "7")], Hope::After(7), "it is busy (status 503)"),
        ((429, ada), (202, ""), &[], Hope::Later, "it is busy (status 429)"),
    ] {
        let entra = Answering::begin(of_entra.0, of_entra.1, headers);
        let service = Answering::begin(of_graph.0, of_graph.1, headers);
        let error = sent(&graph(&entra, &service).1).unwrap_err();
        assert!(error.hope == hope && error.to_string().contains(why), "{why}: {error:?}");
        assert!(!format!("{error} {error:?}").contains("Ada"), "{error:?}");
        assert!(!format!("{error} {error:?}").contains("opensesame"), "{error:?}");
    }
}

#[test]
fn whether_graph_lets_us_in_is_told_without_sending_anything() {
    let entra = Answering::begin(200, r#"{"access_token":"opensesame"}"#, &[]);
    let service = Answering::begin(202, "", &[]);
    let (_folder, graph) = graph(&entra, &service);
    graph.is_ready().unwrap();
    graph.answers().unwrap();
    assert!(service.requests().is_empty());
    entra.now_answers(401, "{}", &[]);
    assert_eq!(graph.answers().unwrap_err().hope, Hope::None);
}
