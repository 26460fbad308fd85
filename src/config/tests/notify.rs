//! Who hears of what, as people write it.

use super::*;
use crate::config::notify::{ChannelKind, Heartbeat, KINDS, Security, SmtpLogin, WebhookFormat};

fn notify(text: &str) -> Result<Notify, Faults> {
    settings(&format!("{LEAST}{text}")).map(|settings| settings.notify)
}

const MAIL: &str = "[[notify.channel]]\nname = 'mail'\ntype = 'smtp'\nhost = 'relay'\nsecurity = 'starttls'\n\
                    from = 'agent@council.example'\nto = ['it@council.example']\n";

fn mail(old: &str, new: &str) -> String {
    assert!(MAIL.contains(old), "{old}");
    MAIL.replacen(old, new, 1)
}

#[test]
fn without_a_word_about_alerts_nobody_hears_of_them() {
    let hour = Duration::from_secs(3600);
    let expected = Notify {
        quiet_time: 24 * hour,
        digest_at: jiff::civil::time(7, 30, 0, 0),
        next_channel_after: 2 * hour,
        channels: Vec::new(),
        heartbeat: Heartbeat::default(),
    };
    assert_eq!(notify("").unwrap(), expected);
}

#[test]
fn the_shipped_examples_are_three_channels_and_a_heartbeat() {
    let shown = settings(&shipped_with_examples()).unwrap().notify;
    let [mail, office, teams] = &shown.channels[..] else { panic!("{:?}", shown.channels) };
    let ChannelKind::Smtp(smtp) = &mail.kind else { panic!("{mail:?}") };
    assert_eq!((smtp.port, smtp.security, mail.timeout), (25, Security::StartTls, Duration::from_secs(30)));
    assert!(matches!(&smtp.login, SmtpLogin::Password { user, .. } if user == "cld-agent"));
    let readers = |kind| smtp.addresses.readers(kind).iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(readers("ready"), ["data@council.example"]);
    assert_eq!(readers("failed"), ["it@council.example"]);
    let ChannelKind::Graph(graph) = &office.kind else { panic!("{office:?}") };
    assert_eq!(graph.endpoint, "https://graph.microsoft.com");
    assert_eq!(graph.application.authority, "https://login.microsoftonline.com");
    assert!(matches!(&teams.kind, ChannelKind::Webhook(hook) if hook.format == WebhookFormat::Teams));
    assert_eq!(shown.heartbeat.file.as_deref(), Some(Path::new("etc/heartbeat")));
    assert!(KINDS.is_sorted());
}

#[test]
fn a_mail_server_is_asked_at_the_port_that_its_security_has() {
    for (security, port) in [("none", 25), ("starttls", 587), ("tls", 465)] {
        let channels = notify(&mail("'starttls'", &format!("'{security}'"))).unwrap().channels;
        let ChannelKind::Smtp(smtp) = &channels[0].kind else { panic!("{channels:?}") };
        assert_eq!((smtp.port, &smtp.login, smtp.hello.as_str()), (port, &SmtpLogin::None, "council.example"));
    }
}

#[test]
fn what_is_wrong_with_a_channel_is_told_at_its_place() {
    let told = |text: &str| notify(text).expect_err(text).to_string();
    let texts = [
        mail("'relay'", "' '"),
        mail("security = 'starttls'\n", ""),
        mail("'starttls'", "'startls'"),
        mail("'starttls'", "'none'") + "login = 'password'\nuser = 'a'\npassword = { env = 'P' }\n",
        MAIL.to_owned() + "login = 'entra'\nuser = 'a'\n",
        mail("'agent@council.example'", "'the agent'"),
        mail("['it@council.example']", "[]"),
        mail("['it@council.example']", "['it@council.example', 'it']"),
        mail("to =", "too ="),
        MAIL.to_owned() + "to_for = { redy = ['a@b.example'], held = 'a@b.example', failed = [] }\n",
        MAIL.to_owned() + MAIL,
        MAIL.to_owned() + "password = 'correct horse'\n",
        "[[notify.channel]]\nname = 'hook'\ntype = 'webhook'\nurl = 'https://hooks.example/secret'\nformat = 'slack'\n"
            .to_owned(),
        "[[notify.channel]]\nname = 'hook'\ntype = 'pigeon'\n".to_owned(),
        "[notify]\nquiet_time = '1y'\ndigest_at = '7.30'\n[notify.heartbeat]\nurl = 'https://hc.example/secret'\n"
            .to_owned(),
        "[[notify.channel]]\nname = 'g'\ntype = 'graph'\nendpoint = 'http://graph.example'\n".to_owned(),
    ];
    let told: Vec<_> = texts.iter().map(|text| told(text)).collect();
    assert!(told.iter().all(|text| !text.contains("example/secret") && !text.contains("horse")), "{told:#?}");
    insta::assert_snapshot!(told.join("\n---\n"));
}
