//! SQL Servers as people configure them.

use std::time::Duration;

use super::{
    super::{
        SqlServerSettings,
        sqlserver::{Addresses, Encryption, Endpoint, Guard, Intent, Trust, WithoutSnapshot},
    },
    *,
};

/// The settings of a SQL Server with the least that it needs and some lines more.
fn sql_server(more: &str) -> SourceKind {
    let settings = settings(&sql_server_file(more)).unwrap();
    settings.submissions[0].sources["case-system"].kind.clone()
}

fn sql_server_file(more: &str) -> String {
    let least = "type = \"sqlserver\"\nhost = \"sql01.council.example\"\ndatabase = \"Mosaic\"\nlogin = \"sql\"\n\
                 user = \"cld_reader\"\npassword = { env = \"CLD_SQL_PASSWORD\" }\n";
    with("type = \"sqlite\"\npath = \"case-system.db\"", &format!("{least}{more}"))
}

#[test]
fn a_sql_server_is_reached_as_its_settings_say() {
    let SourceKind::SqlServer(settings) = sql_server(
        "instance = \"LIVE\"\nencryption = \"strict\"\ntrust_any_certificate = \"a test server\"\n\
         intent = \"read-only\"\naddresses = \"at-once\"\npacket_size = 4096\nlock_timeout = \"1m 30s\"\n\
         without_snapshot = \"read-committed\"\nguard = \"rights\"\nfreshness_query = \"sql/fresh.sql\"\n\
         freshness = \"30h\"\n",
    ) else {
        panic!("it is another type")
    };
    assert_eq!(settings.endpoint, Endpoint::Instance("LIVE".to_owned()));
    assert_eq!((settings.encryption, settings.intent), (Encryption::Strict, Intent::ReadOnly));
    assert_eq!(settings.trust, Trust::Anyone { reason: "a test server".to_owned() });
    assert_eq!((settings.addresses, settings.packet_size), (Addresses::AtOnce, 4096));
    assert_eq!(settings.patience.lock, Duration::from_secs(90));
    assert_eq!((settings.without_snapshot, settings.guard), (WithoutSnapshot::ReadCommitted, Guard::Rights));
    let freshness = settings.freshness.unwrap();
    assert_eq!(freshness.file, Path::new("etc/sql/fresh.sql"));
    assert_eq!(freshness.oldest, Duration::from_secs(30 * 3600));
}

#[test]
fn what_is_wrong_with_a_sql_server_is_told_at_once_with_its_place() {
    insta::assert_snapshot!(faults(&sql_server_file(
        "port = 0\ninstance = \"\"\nencryption = \"off\"\nlock_timeout = \"90\"\ncommand_timeout = \"2 days\"\n\
         packet_size = 100\nguard = \"rights\"\ncount = \"query\"\nfreshness = \"1h\"\ntrust_any_certificate = \" \"\n"
    )));
    insta::assert_snapshot!(faults(&sql_server_file(
        "port = 1433\ninstance = \"LIVE\"\ncertificate_authority = \"ca.pem\"\ntrust_any_certificate = \"why\"\n"
    )));
    let entra = sql_server_file("authority = \"http://example.org\"\nclient_secret = \"in the open\"\n");
    insta::assert_snapshot!(faults(&entra.replace("login = \"sql\"", "login = \"entra\"")));
}

#[cfg(unix)]
#[test]
fn a_login_that_only_windows_has_is_refused_elsewhere() {
    let file = |login: &str| sql_server_file("").replace("login = \"sql\"", &format!("login = \"{login}\""));
    assert!(faults(&file("windows")).contains("agent.toml:12:9: 'login' cannot be \"windows\" on this system"));
    assert!(faults(&file("ntlm")).contains("agent.toml:12:9: 'login' cannot be \"ntlm\" on this system: only Windows"));
}

#[test]
fn the_shipped_file_shows_the_defaults_of_a_sql_server() {
    let shown = settings(&shipped_with_examples()).unwrap();
    let SourceKind::SqlServer(shown) = &shown.submissions[0].sources["warehouse"].kind else {
        panic!("it is another type")
    };
    let SourceKind::SqlServer(least) = sql_server("") else { panic!("it is another type") };
    let given = SqlServerSettings {
        trust: Trust::System,
        certificate_name: None,
        application_name: least.application_name.clone(),
        freshness: None,
        ..shown.as_ref().clone()
    };
    assert_eq!(given, *least);
}
